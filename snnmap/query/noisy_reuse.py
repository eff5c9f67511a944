"""How accurate a network stays in cells that miss, where kernels stand once and where every synapse has a cell.

Both ways are compiled and run on drawn chips as `accuracy` does it, with cells of the same spread, with the cells that
hold no synapse as devices and without. A kernel's error is the same at every position, so it does not average out; a
window of many positions leaves cells without a synapse, whose errors add up. Which of the two costs more is what is
measured here.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from snnmap.analysis.convolution import is_shared
from snnmap.analysis.view import View
from snnmap.core.arrays import Bool
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.evaluation.accuracy import accuracy, change_interval
from snnmap.ir import Workload
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.compile import compile as compiled
from snnmap.pipeline.drawn import DrawnChips
from snnmap.pipeline.options import CompileOptions, Conv
from snnmap.pipeline.profile import profile

WAYS: tuple[Conv, ...] = ("dense", "unrolled")
FRESH = 1.0
"""Age of the cells, s; they do not drift here."""


class Asked(NamedTuple):
    """What is run."""

    spreads: Sequence[float]
    """Standard deviations of cells, shares of g_max."""
    devices: int
    seed: int


def noisy_reuse(
    workload: Workload, chip: tuple[str, str | None], asked: Asked, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """A record for every spread, without off-cells and with them: both ways, and how they differ, with intervals.

    `chip`: as `CompileOptions.hardware` and its technology.

    Raises
    ------
    InputError
        If no layer is a convolution, or the network says nothing that could be right or wrong.
    InfeasibleError
        If one of the ways does not fit the chip.
    """
    if not is_shared(workload.network):
        raise InputError(
            "no layer is a convolution: there is nothing to hold once, and nothing to compare; leave --noise"
        )
    graph = profile(workload, progress=progress)
    if graph.predictions is None:
        raise InputError("the network has no outputs whose largest is its answer; accuracy cannot be compared")
    hardware, technology = chip
    views = {}
    for way in WAYS:
        options = CompileOptions(hardware=hardware, technology=technology, seed=asked.seed, conv=way)
        made = compiled(graph, options, progress=progress)
        views[way] = View(made.mapping, made.graph, made.hardware)
    found = []
    for spread in asked.spreads:
        for off in (False, True):
            drawing = AccuracyOptions(
                effects="programming,off" if off else "programming",
                devices=asked.devices,
                ages=(FRESH,),
                programming_sd=spread,
                seed=asked.seed,
            )
            chips = {way: DrawnChips.of(view, graph, drawing, progress) for way, view in views.items()}
            tables = {way: drawn.correct(FRESH, progress) for way, drawn in chips.items()}
            found.append({"spread": spread, "off_cells": off, **_record(tables, chips["dense"].ideal, asked.seed)})
    return found


def _record(tables: dict[Conv, Bool], ideal: Bool, seed: int) -> dict[str, Any]:
    """Accuracy of both ways, and of dense less unrolled, chip by chip and frame by frame."""
    found: dict[str, Any] = {}
    for way, correct in tables.items():
        measured = accuracy(correct, ideal, rng=stream(seed, "accuracy"))
        found["ideal"], found["frames"], found["devices"] = measured.ideal, measured.frames, measured.chips
        found[way] = {"mean": measured.mean, "interval": list(measured.interval), "change": measured.change}
    gap = tables["dense"].astype(np.int64) - tables["unrolled"].astype(np.int64)
    ends = change_interval(gap, rng=stream(seed, "difference"))
    return found | {"dense_less_unrolled": float(gap.mean()), "difference_interval": list(ends)}
