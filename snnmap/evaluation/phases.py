"""Figures of a network in phases: writes, times, energy and life of a frame, beside what no plan can beat.

Times add up: programming, then all steps of a frame with the exchanges between, phase by phase. What waits between
phases lies in memory outside the tiles, whose own energy and area are not counted, as those of the weights are not.
"""

import math
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from snnmap.analysis.phases import (
    PhaseTimes,
    Waits,
    chunks,
    exchange_flits,
    exchange_hops,
    least_writes,
    phase_times,
    value_bits,
    waits,
)
from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64, I64, row_of_entry
from snnmap.evaluation.figures import added, rounded
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.hardware import Hardware
from snnmap.ir import Metric, Network, SpikeGraph
from snnmap.ir.phases import Phased
from snnmap.physics.endurance import write_endurance
from snnmap.physics.energy import write_energy
from snnmap.reliability.crossbars import cells_in_array
from snnmap.reliability.wear import failure_times


class PhaseRow(NamedTuple):
    """One phase of the report."""

    layers: tuple[str, ...]
    """Populations whose neurons have columns."""
    crossbars: int
    residents: int
    writes: int
    """Cells that a frame writes for it, in all arrays."""
    times: PhaseTimes
    chunk: int
    wait: Waits
    """What it leaves to later phases, and takes from earlier ones, for every step."""
    kept_bits: int
    """Bits of a frame that it leaves to later phases."""

    def document(self, number: int) -> dict[str, Any]:
        """Everything, JSON-able, in SI units; `number` of the phase, from 1."""
        return {
            "phase": number,
            "layers": list(self.layers),
            "crossbars": self.crossbars,
            "residents": self.residents,
            "cell_writes": self.writes,
            "chunk": self.chunk,
            "kept_bits": self.kept_bits,
            "programming_s": self.times.program,
            "period_s": self.times.period,
            "latency_s": self.times.latency,
            "exchange_s": self.times.exchange,
            "steps_s": self.times.steps,
        }


class Written(NamedTuple):
    """What programming the clusters of a phase writes."""

    cells: I64
    """(K,) cells of every cluster, in all arrays."""
    cluster: I64
    """Of every weight that is programmed."""
    place: I64
    """Its place on the chip: ((tile x R) + row) x C + column."""


def written(view: View) -> Written:
    """What programming the clusters of a phase's mapping writes."""
    own, hardware = view.folded, view.hardware
    clustering, wiring, cells = own.mapping.clustering, own.mapping.wiring, own.cells
    entry = cells.row()
    cluster = row_of_entry(clustering.row_ptr)[entry]
    tile = own.mapping.placement.tile.astype(np.int64)[cluster]
    place = (tile * hardware.rows + wiring.row[entry]) * hardware.columns + wiring.column[cells.column]
    return Written(cells_in_array(own.clusters, hardware) * hardware.weights.arrays, cluster, place)


class Least(NamedTuple):
    """What a network takes at least in phases on one chip, whatever the partition."""

    phases: int
    cell_writes: int
    """Of a frame, in all arrays."""
    lifetime_frames: float | None
    """At most, of the most written cell, median, by programming alone; none in `espine` mode."""


def phases_at_least(network: Network, crossbars: int, hardware: Hardware) -> Least | None:
    """What a network of at least so many crossbars takes in phases; none if it fits at once, or phases are not for it.

    All weights but those of T - 1 crossbars are written in every frame, on no more than all cells of T.
    """
    if not _are_for(hardware, crossbars):
        return None
    weights = hardware.weights
    each = weights.arrays * weights.planes * weights.slices
    written = max(0, network.synapses - (hardware.tiles - 1) * hardware.cells)
    return _least(crossbars, written, each, hardware)


def phases_of(view: ClusteringView, crossbars: int, hardware: Hardware) -> Least | None:
    """As `phases_at_least`, of a partition that there is; `crossbars`: of any, at least."""
    if not _are_for(hardware, crossbars):
        return None
    cells, weights = cells_in_array(view.folded or view, hardware), hardware.weights
    each = weights.planes * weights.slices
    written = least_writes(cells, hardware.tiles) // each
    return _least(crossbars, written, each * weights.arrays, hardware)


def _are_for(hardware: Hardware, crossbars: int) -> bool:
    """Whether phases are for a chip with so many crossbars to hold."""
    return not hardware.adaptive and not hardware.chips.several and crossbars > hardware.tiles


def _least(crossbars: int, weights: int, each: int, hardware: Hardware) -> Least:
    """Phases of so many crossbars, writing so many weights of `each` cells a frame."""
    often = max(1, -(-weights // (hardware.tiles * hardware.cells)))
    espine = hardware.technology.mode == "espine"
    life = None if espine else _pulses(hardware) / (often * hardware["program_pulses"])
    return Least(-(-crossbars // hardware.tiles), weights * each, life)


def _pulses(hardware: Hardware) -> float:
    """Median write pulses of a cell to its failure."""
    technology = hardware.technology
    return write_endurance(
        technology["endurance"],
        technology["reset_time"],
        technology["endurance_reference_time"],
        technology["endurance_exponent"],
    )


def phase_rows(phased: Phased, graph: SpikeGraph, found: Sequence[Written], hardware: Hardware) -> tuple[PhaseRow, ...]:
    """What every phase takes."""
    names = [p.name for p in phased.workload.populations]
    first = np.array([p.first for p in phased.workload.populations])
    rows = []
    for phase, wait, resident, own in zip(
        phased.phases, waits(phased.phases, graph, hardware), phased.residents(), found, strict=True
    ):
        layer = np.unique(np.searchsorted(first, phase.neurons, side="right") - 1)
        rows.append(
            PhaseRow(
                layers=tuple(names[k] for k in layer.tolist()),
                crossbars=phase.mapping.clustering.clusters,
                residents=int(resident.sum()),
                writes=int(own.cells[~resident].sum()),
                times=phase_times(phase, wait, resident, hardware),
                chunk=phase.chunk,
                wait=wait,
                kept_bits=int(wait.out.sum()) * graph.steps,
            )
        )
    return tuple(rows)


def phased_figures(
    phased: Phased, graph: SpikeGraph, rows: Sequence[PhaseRow], found: Sequence[Written], hardware: Hardware
) -> list[Metric]:
    """Figures of all phases together."""
    bound = least_writes(np.concatenate([own.cells for own in found]), hardware.tiles)
    frame = sum(row.times.total for row in rows)
    worth = all(is_guaranteed(phase.mapping, hardware) for phase in phased.phases)
    said = "guaranteed" if worth else "estimate"
    crossbars, writes = sum(row.crossbars for row in rows), sum(row.writes for row in rows)
    return [
        Metric("phases", len(rows), "", "the tiles are programmed anew between them"),
        Metric("phases_at_least", -(-crossbars // hardware.tiles), "", "crossbars / tiles"),
        Metric("crossbars", crossbars, "", "clusters of the partition"),
        Metric("mesh_tiles", hardware.tiles, "", "tiles of the chip"),
        Metric("residents", sum(row.residents for row in rows), "", "crossbars that are programmed once for good"),
        Metric("cell_writes", writes, "", "cells that a frame programs, in all arrays"),
        Metric("cell_writes_bound", bound, "", "of these crossbars no plan writes fewer"),
        Metric(
            "cell_writes_gap_share", rounded(writes / bound - 1) if bound else 0.0, "1", "cell_writes over its bound"
        ),
        Metric("frame_s", rounded(frame), "s", f"{said}: programming and all steps of a frame, phase by phase"),
        Metric("throughput_frames_per_s", rounded(1 / frame) if frame else None, "1/s", said),
        Metric("programming_s", rounded(sum(row.times.program for row in rows)), "s", "of a frame"),
        Metric("kept_bits", _most_kept(phased, graph, hardware), "", "most that waits outside the tiles at once"),
        *_energies(phased, graph.steps, rows, hardware),
        *_life(max(frame, graph.steps * graph.dt), writes_of_places(phased, found, hardware), hardware),
    ]


def _most_kept(phased: Phased, graph: SpikeGraph, hardware: Hardware) -> int:
    """Bits that wait outside at once, at most: from the phase that makes them to the last that takes them."""
    network, bits = graph.network, int(hardware["sum_bits"])
    width, last = value_bits(graph, hardware), phased.last()
    needed = np.full(network.sources, -1, np.int64)
    for number, phase in enumerate(phased.phases):
        needed[phase.inputs] = number
    held = np.zeros(len(phased.phases) + 1, np.int64)
    fires = last >= 0
    long = fires & (needed > last)
    np.add.at(held, last[long], width[long])
    np.add.at(held, needed[long], -width[long])
    for number, phase in enumerate(phased.phases):
        later = last[phase.neurons]
        held[number] += bits * int(np.count_nonzero(later > number))
        np.add.at(held, later[later > number], -bits)
    return int(np.cumsum(held).max(initial=0)) * graph.steps


def _energies(phased: Phased, every: int, rows: Sequence[PhaseRow], hardware: Hardware) -> list[Metric]:
    """Dynamic energy of all phases, of what waits, of programming and of leakage meanwhile, J a frame."""
    dynamic = [_number(phase.mapping.figures, "energy_J") for phase in phased.phases]
    moved = 0.0
    for row in rows:
        for steps in chunks(every, row.chunk):
            bits = sum(int(side.sum()) for side in exchange_flits(row.wait, steps, hardware)) * hardware["flit_bits"]
            hops = exchange_hops(row.wait, steps, hardware)
            moved += hops * hardware["hop_energy"] + bits * hardware["buffer_energy"]
    found = [
        Metric("energy_run_J", added(dynamic), "J", "dynamic energy of all phases, per frame"),
        Metric("energy_exchange_J", rounded(moved), "J", "hops and buffers of what waits between phases, per frame"),
    ]
    technology = hardware.technology
    if technology.mode == "espine":
        return found
    writes = sum(row.writes for row in rows)
    programming = rounded(writes * write_energy(technology, hardware["program_pulses"]))
    leaking = [
        _number(phase.mapping.figures, "device_leakage_W") * row.times.total
        for phase, row in zip(phased.phases, rows, strict=True)
    ]
    parts = (*(float(metric.value or 0) for metric in found), programming, rounded(math.fsum(leaking)))
    return [
        *found,
        Metric("device_energy_programming_J", programming, "J", "cell_writes, per frame", mode="device"),
        Metric("device_energy_leakage_J", parts[-1], "J", "of all tiles, per frame", mode="device"),
        Metric("device_energy_total_J", added(parts), "J", "all of it, per frame", mode="device"),
    ]


def _number(figures: MappingType[str, float | int | str | None], name: str) -> float:
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _life(pace: float, times: I64, hardware: Hardware) -> list[Metric]:
    """How often a frame, every `pace` seconds, writes a place, and how long cells last, in `device` mode."""
    technology = hardware.technology
    often = int(times.max(initial=0))
    metrics = [Metric("writes_of_one_cell", often, "", "most times that a frame writes a cell")]
    if technology.mode == "espine" or not often:
        return metrics
    endurance = _pulses(hardware)
    number, cells = np.unique(times[times > 0], return_counts=True)
    lives: F64 = (endurance * pace / (number * hardware["program_pulses"])).astype(np.float64)
    arrays = hardware.weights.arrays * hardware.weights.slices
    low, middle, high = failure_times(lives, technology["endurance_sigma"], 1, (0.1, 0.5, 0.9), cells * arrays)
    basis = "programming alone; a frame each steps x dt, or as fast as guaranteed"
    frames = rounded(endurance / (often * hardware["program_pulses"]))
    return [
        *metrics,
        Metric("device_lifetime_frames", frames, "", "most written cell, median", mode="device"),
        Metric(
            "device_lifetime_s", rounded(float(lives.min())), "s", f"most written cell, median; {basis}", mode="device"
        ),
        Metric(
            "device_first_failure_s",
            rounded(middle),
            "s",
            f"50 %; {basis}",
            band=(rounded(low), rounded(high)),
            mode="device",
        ),
    ]


def writes_of_places(phased: Phased, found: Sequence[Written], hardware: Hardware) -> I64:
    """How often a frame writes each weight's place, int64 (T x R x C,); residents are not written."""
    times = np.zeros(hardware.tiles * hardware.rows * hardware.columns, np.int64)
    for own, resident in zip(found, phased.residents(), strict=True):
        times += np.bincount(own.place[~resident[own.cluster]], minlength=len(times))
    return times
