"""Recounted figures: what counts as the same, and figures at the edge of what can be counted."""

from dataclasses import replace

import numpy as np
import pytest

from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Violation
from snnmap.legality import figures
from snnmap.legality.figures import TOLERANCE, differing, figure_violations
from snnmap.legality.recount import recount
from snnmap.pipeline.compile import Compiled


@pytest.mark.parametrize(
    ("reported", "counted", "same"),
    [
        (3, 3, True),
        (3, 4, False),
        (3.0, 3, False),
        (True, 1, False),
        (True, 1.0, False),
        ("1.0", 1.0, False),
        (None, 1.0, False),
        (1, 1.0, True),
        (0.0, 0.0, True),
        (0.0, 1e-300, False),
        (2.0 * (1 + 0.9e-6), 2.0, True),
        (2.0 * (1 - 0.9e-6), 2.0, True),
        (2.0 * (1 + 1.1e-6), 2.0, False),
        (2.0 * (1 - 1.1e-6), 2.0, False),
        (-2.0, 2.0, False),
        (float("inf"), 2.0, False),
        (float("nan"), 2.0, False),
    ],
)
def test_reals_agree_to_a_millionth_and_counts_exactly(reported: object, counted: float, same: bool) -> None:
    assert TOLERANCE == 1e-6
    found = differing({"x": reported}, {"x": counted})
    assert [(v.rule, v.where, v.asked) for v in found] == [("figures", "x", f"reported {reported}")] * (not same)


def recounted(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Figures that differ."""
    return figure_violations(mapping, graph, hardware, recount(graph, mapping.clustering))


def test_a_figure_that_is_not_reported_differs(compiled: Compiled) -> None:
    assert [v.where for v in differing({}, {"x": 1, "y": 2.0})] == ["x", "y"]
    for name in (
        "hops",
        "energy_J",
        "energy_adc_J",
        "energy_dac_J",
        "energy_buffer_J",
        "operations_per_J",
        "latency_s",
    ):
        fewer = {key: value for key, value in compiled.mapping.figures.items() if key != name}
        found = recounted(replace(compiled.mapping, figures=fewer), compiled.graph, compiled.hardware)
        assert [v.where for v in found] == [name]


def weighted(compiled: Compiled, weight: np.ndarray) -> float:
    """Array energy that is recounted with other weights."""
    graph = replace(compiled.graph, network=replace(compiled.graph.network, weight=weight))
    found = recounted(replace(compiled.mapping, figures={}), graph, compiled.hardware)
    return float(next(v.available for v in found if v.where == "energy_array_J").removeprefix("recounted "))


def test_cells_conduct_by_their_share_of_the_largest_weight_into_a_population(compiled: Compiled) -> None:
    """Twice, or a thousandth of, every weight is the same; no weight at all leaves the background alone."""
    network, mapping, hardware = compiled.graph.network, compiled.mapping, compiled.hardware
    told = mapping.figures["energy_array_J"]
    for scale in (2.0, 0.001):
        assert weighted(compiled, network.weight * scale) == pytest.approx(told)
    clustering, technology = mapping.clustering, hardware.technology
    rows = [int(compiled.graph.spikes[clustering.row_source[clustering.rows_of(k)]].sum()) for k in range(11)]
    background = sum(n * m for n, m in zip(rows, np.diff(clustering.column_ptr).tolist(), strict=True))
    joules = 2 * background * technology["g_min"] * hardware["read_voltage"] ** 2 * hardware["read_time"]
    assert weighted(compiled, network.weight * 0.0) == pytest.approx(joules / compiled.graph.frames)


@pytest.mark.parametrize("block", [1, 7])
def test_trees_and_energies_are_whole_however_little_is_counted_at_a_time(
    compiled: Compiled, monkeypatch, block
) -> None:
    monkeypatch.setattr(figures, "BLOCK", block)
    asked = (compiled.mapping, compiled.graph, compiled.hardware)
    assert recounted(*asked) == []
    assert figures._messages(*asked)["hops"] == compiled.mapping.figures["hops"] > 7
