"""Rows of a comparison: what stands in the place of figures that are not to be quoted."""

from dataclasses import dataclass
from typing import Any

from snnmap.ir import Judgement
from snnmap.render.tables import compared

YEAR = 31_557_600.0


@dataclass(frozen=True)
class Cell:
    metric: str
    value: Any
    ratio: float | None = None
    difference: float | None = None
    judgement: Judgement | None = None


def rows(*cells):
    return [row for _, listed in compared(cells) for row in listed]


def beyond(value):
    return Cell("device_lifetime_s", value, 1.0, None, Judgement("device_lifetime_s", "beyond horizon", 10 * YEAR))


def test_equal_values_ratios_and_differences():
    assert rows(Cell("hops", 100), Cell("hops", 100, 1.0), Cell("hops", 150, 1.5)) == [
        ("  hops (links crossed)", "100", "=", "150"),
        ("    ratio", "", "", "x 1.500"),
    ]
    name = "device_temperature_average_K"
    assert rows(Cell(name, 318.5, None, 0.0), Cell(name, 318.4, None, -0.1))[1] == ("    difference", "", "-100 mK")


def test_beyond_the_horizon_no_number_is_shown_and_so_no_unit():
    words = "  lifetime, most written cell, median"
    assert rows(beyond(1e6 * YEAR), beyond(2e6 * YEAR)) == [(words, "> 10 years", "> 10 years")]
    mixed = rows(Cell("device_lifetime_s", 2 * YEAR), beyond(1e6 * YEAR))
    assert mixed[0] == (f"{words}, years", "2", "> 10 years")


def test_what_makes_a_chip_useless_is_marked():
    worn = Judgement("device_first_failure_s", "worn out early", 86_400.0)
    assert rows(Cell("device_first_failure_s", 1.2, None, None, worn))[0][1] == "1.2 (!)"
    hot = Judgement("espine_temperature_hottest_K", "outside model", 810.0)
    cells = [Cell("espine_temperature_hottest_K", v, None, None, j) for v, j in ((2273.0, hot), (793.6, None))]
    assert rows(*cells)[0] == ("  hottest cell while a spike passes, K", "above 810 K", "793.6")
