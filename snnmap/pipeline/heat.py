"""What heats the arrays under a wiring that is still to be chosen: the model that wiring for temperature searches on.

A cell draws spikes of its row x share of its synapse x what its place lets through. In `espine` mode that is exact. In
`device` mode the place is worked out once, with all cells at their mean conductance; the figures use exact currents.
Where a weight takes several cells of an array, they count as one at their mean place, in a sheet of such crossings.
"""

from collections.abc import Callable

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F64
from snnmap.hardware import Hardware
from snnmap.ir import OperatingPoint, Schedule, Sdfg, SpikeGraph
from snnmap.physics import encoding, pcm
from snnmap.physics.espine import EspineCell, spike_power
from snnmap.physics.thermal import Sheet
from snnmap.pipeline.objectives import Mode, Quality
from snnmap.reliability.crossbars import held, read_currents
from snnmap.reliability.espine import endured_among_neighbours, espine_quality, espine_twin
from snnmap.reliability.lines import array_shape, coarse, pooled
from snnmap.stages.protocols import CellPower


def cell_powers(view: ClusteringView, hardware: Hardware, modes: tuple[Mode, ...]) -> tuple[CellPower, ...]:
    """What cells draw in each of `modes` that the technology has, or in the other if it has none of them."""
    technology = hardware.technology
    having: list[Mode] = [] if espine_twin(technology) is None else ["espine"]
    having += ["device"] if technology.mode == "device" else []
    return tuple(cell_power(view, hardware, mode) for mode in [m for m in modes if m in having] or having)


def stirring(
    hardware: Hardware, graph: SpikeGraph, point: OperatingPoint, scheduled: tuple[Sdfg, Schedule]
) -> Callable[[F64], F64]:
    """What eSpine's endurance is among neighbours, by the spikes through the cells of a crossbar, at `point`."""
    sdfg, schedule = scheduled
    period = schedule.period_numerator / schedule.period_denominator * sdfg.tick
    step = graph.dt if point.step_time is None else point.step_time
    return endured_among_neighbours(hardware, graph.window * max(step, period))


def cell_power(view: ClusteringView, hardware: Hardware, mode: Mode) -> CellPower:
    """What cells draw in `mode`, which the technology has."""
    twin, weights = espine_twin(hardware.technology), hardware.weights
    if twin is not None and mode == "espine":
        drawn = pooled(spike_power(array_shape(hardware), EspineCell.of(twin)).cell, hardware, np.mean)
        sheet = coarse(Sheet.of(twin), weights)
        return CellPower(share=None, background=0.0, place=drawn / drawn.max(), sheet=sheet)
    low, high = hardware.technology["g_min"], hardware.technology["g_max"]
    every = np.arange(view.graph.network.synapses)
    conductance = pcm.conductance(held(view, every, hardware), low, high)
    rest = float(pcm.conductance(encoding.rest(weights.encoding), low, high))
    return CellPower(
        share=conductance.sum(axis=(0, 1)) / high,
        background=weights.planes * weights.slices * rest / high,
        place=passed(float(conductance.mean()), hardware),
        sheet=coarse(Sheet.of(hardware.technology), weights),
    )


def passed(conductance: float, hardware: Hardware) -> F64:
    """Power of every crossing, all cells at `conductance` S, over that without wires, largest cell 1 (R, C)."""
    current = read_currents(np.full(array_shape(hardware), conductance), hardware)
    return pooled(np.square(current / current.max()), hardware, np.mean)


def cell_quality(hardware: Hardware, kind: Quality) -> F64:
    """How long the first cell of each crossing lasts at unit activity, up to a factor, (R, C).

    `current`: least read current over that of the cell, all cells at g_max, exact wires. `endurance`: spikes that the
    cell survives by eSpine's equations at the espine twin of the technology.

    Raises
    ------
    InputError
        If the technology has no espine twin.
    """
    if kind == "endurance":
        return espine_quality(hardware)
    current = read_currents(np.full(array_shape(hardware), hardware.technology["g_max"]), hardware)
    return pooled(current.min() / current, hardware, np.min)
