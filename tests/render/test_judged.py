"""Words of judgements, and figures as a reader sees them."""

import pytest

from snnmap.ir import Judgement, Reading
from snnmap.render.judged import heading, remarks, shown

YEAR = 31_557_600.0
AIR = {"device": 318.15, "espine": 298.0}


def read(*judgements, pace="real time"):
    return Reading(AIR, 1e-3, pace, judgements)


@pytest.mark.parametrize(
    ("name", "value", "judgement", "expected"),
    [
        ("device_temperature_average_K", 318.150579, None, "318.2 K (+579 uK)"),
        (
            "espine_temperature_hottest_K",
            2273.0,
            Judgement("espine_temperature_hottest_K", "outside model", 810.0),
            "above 810 K: outside the model",
        ),
        (
            "device_first_failure_s",
            153.88 * YEAR,
            Judgement("device_first_failure_s", "beyond horizon", 10 * YEAR),
            "> 10 years",
        ),
        (
            "device_lifetime_s",
            None,
            Judgement("device_lifetime_s", "beyond horizon", 10 * YEAR),
            "> 10 years",
        ),
        (
            "device_lifetime_s",
            154 * YEAR,
            Judgement("device_lifetime_s", "beyond horizon", 10 * YEAR, (86_400.0, 25e6 * YEAR)),
            "> 10 years (1 day to 25 million years)",
        ),
        ("device_lifetime_s", 3.35 * 3600, Judgement("device_lifetime_s", "worn out early", 86_400.0), "3.35 hours"),
        ("energy_J", 166.95e-9, None, "167 nJ"),
        ("messages", 6_386_598, None, "6,386,598"),
    ],
)
def test_shown(name, value, judgement, expected):
    assert shown(name, value, read(*([judgement] if judgement else []))) == expected


def test_without_a_reading_figures_stand_as_they_are():
    assert shown("espine_temperature_hottest_K", 2273.0, None) == "2273 K"
    assert heading("device mode", None) == ("device mode",)


def test_headings_of_modes_say_pace_and_air():
    assert heading("device mode", read()) == ("device mode", "step 1 ms, real time; air 318.15 K")
    assert "as fast as guaranteed" in heading("espine mode", read(pace="as fast as guaranteed"))[1]
    assert heading("size", read()) == ("size",)


def test_remarks_warn_first_and_name_the_figures():
    lines = remarks(
        read(
            Judgement("espine_temperature_hottest_K", "outside model", 810.0),
            Judgement("device_first_failure_s", "worn out early", 86_400.0),
            Judgement("device_energy_programming_J", "re-programming dominates", 1.7e-6),
            Judgement("espine_lifetime_frames", "within one frame", 1.0),
            Judgement("device_lifetime_s", "beyond horizon", 10 * YEAR),
        )
    )
    assert [line.partition(":")[0] for line in lines] == ["warning"] * 3 + ["note"] * 3
    assert any("first failure, 50 % probability" in line and "within a day" in line for line in lines)
    assert any("more than all other energy (1.7 uJ)" in line for line in lines)
    assert any("less than one frame" in line for line in lines)
    assert any("melting point of 810 K" in line and "gamma is calibrated at 65 nm only" in line for line in lines)
    assert any("318.15 K" in line and "298 K" in line for line in lines)


def test_no_judgement_no_warning():
    assert [line for line in remarks(read()) if line.startswith("warning")] == []
