"""What heats the arrays under a wiring that is still to be chosen: the model that wiring for temperature searches on.

A cell draws spikes of its row x share of its synapse x what its place lets through. In `espine` mode that is exact. In
`device` mode the place is worked out once, with all cells at their mean conductance; the figures use exact currents.
"""

from collections.abc import Callable

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F64
from snnmap.hardware import Hardware
from snnmap.ir import OperatingPoint, Schedule, Sdfg, SpikeGraph
from snnmap.physics import pcm
from snnmap.physics.espine import EspineCell, spike_power
from snnmap.physics.thermal import Sheet
from snnmap.pipeline.objectives import Mode
from snnmap.reliability.crossbars import read_currents
from snnmap.reliability.espine import endured_among_neighbours, espine_twin
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
    twin = espine_twin(hardware.technology)
    shape = (hardware.rows, hardware.columns)
    if twin is not None and mode == "espine":
        drawn = spike_power(shape, EspineCell.of(twin)).cell
        return CellPower(share=None, background=0.0, place=drawn / drawn.max(), sheet=Sheet.of(twin))
    low, high = hardware.technology["g_min"], hardware.technology["g_max"]
    conductance = pcm.conductance(view.share, low, high)
    share = conductance / high
    place = passed(float(conductance.mean()), hardware)
    return CellPower(share=share, background=low / high, place=place, sheet=Sheet.of(hardware.technology))


def passed(conductance: float, hardware: Hardware) -> F64:
    """Power of every cell, all at `conductance` S, over that without wires, largest 1 (R, C)."""
    current = read_currents(np.full((hardware.rows, hardware.columns), conductance), hardware)
    power: F64 = np.square(current / current.max())
    return power
