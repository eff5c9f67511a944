"""Currents and heat of the arrays of a mapping, and the events that power its tiles: what temperature starts from."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F32, F64, I32, I64, Bool
from snnmap.hardware import Hardware
from snnmap.physics import thermal
from snnmap.physics.energy import row_read_energy, write_energy
from snnmap.physics.fields import Field
from snnmap.reliability.crossbars import Array, array_of, cells_in_array, other_sign_energy
from snnmap.reliability.events import Events, energies, tile_events
from snnmap.reliability.sample import Sample


class UsedCells(NamedTuple):
    """Programmed cells of one crossbar, (n,) each; 32-bit, for there may be 10^8 on a chip."""

    rest: F32
    """Rise of what surrounds the cell above the tile, K: the sheet's average (PHYSICS M4)."""
    pulse: F32
    """Further rise at the end of a read, K (PHYSICS M3)."""
    duty: F32
    """Share of the time under read."""
    voltage: F32
    """Across the cell during a read, V."""
    share: F32
    """Conductance over g_max."""
    first: Bool
    """Whether no earlier cluster on the tile uses the same memory cell."""
    writers: I32
    """Clusters on the tile that program this memory cell, itself included."""
    bears: Bool
    """Whether a weight is off if the cell is: of a pair the one of the weight's sign."""


@dataclass(frozen=True, slots=True, eq=False)
class Heated:
    """Arrays of all clusters before the tiles' temperatures are known."""

    cells: list[UsedCells]
    """Of every cluster; none of those that another one of a sample stands for."""
    programmed: I64
    """Cells of every cluster that are programmed in one array (K,)."""
    arrays: int
    """Arrays of a tile, programmed alike."""
    rise: F64
    """Rise of every cluster's crossbar above its tile, averaged over time and cells, K (K,)."""
    gradient: F64
    """Hottest minus coolest place of that crossbar, averaged over time, K (K,)."""
    spot: F64
    """Rise of its hottest cell above its tile, averaged over time, K (K,)."""
    energy: F64
    """Reads over the window of the array that holds the weights, cells and wires, J (K,)."""
    other: F64
    """Reads over the window of an array that holds the other sign, J (K,)."""
    events: Events
    """On every tile (T,)."""
    sample: Sample | None = None
    """Which clusters were evaluated; none: all."""


_NONE = np.zeros(0, np.float32)
_NO = np.zeros(0, bool)
NO_CELLS = UsedCells(_NONE, _NONE, _NONE, _NONE, _NONE, _NO, np.zeros(0, np.int32), _NO)
"""Of a cluster that is not in the sample."""


def heat(view: View, sample: Sample | None = None) -> Heated:
    """Currents, rises and reads of the arrays of all clusters; of those of a sample, and the others by `completed`.

    Clusters that take turns on a tile heat the same array: a turn is short against the array's time constant, so the
    average powers add up. A crossbar that is used several times is one array, read in all of them.
    """
    view = view.folded
    clusters, hardware = view.mapping.clustering.clusters, view.hardware
    of_cluster: dict[int, UsedCells] = {}
    rise, gradient, spot, energy = (np.zeros(clusters) for _ in range(4))
    for group in view.clusters_by_tile if sample is None else sample.groups(view.clusters_by_tile):
        arrays = [array_of(view, int(k)) for k in group]
        cells, field = heated_tile(arrays, hardware)
        rise[group], gradient[group], spot[group] = field.mean, field.gradient, field.spot
        for k, array, used in zip(group, arrays, cells, strict=True):
            of_cluster[int(k)] = used
            reads = row_read_energy(array.current, hardware["read_voltage"], hardware["read_time"])
            energy[k] = float(reads @ array.spikes)
    of_clusters = [of_cluster.get(k, NO_CELLS) for k in range(clusters)]
    programmed = cells_in_array(view.clusters, hardware)
    other = other_sign_energy(view.clusters, hardware)
    alike = hardware.weights.arrays
    found = Heated(of_clusters, programmed, alike, rise, gradient, spot, energy, other, tile_events(view))
    return found if sample is None else completed(found, sample)


def completed(heated: Heated, sample: Sample) -> Heated:
    """Rises and reads of the clusters that are not in the sample too, in proportion to their known reads."""
    rise, gradient, spot, energy = (
        sample.filled(values, sample.known.energy)
        for values in (heated.rise, heated.gradient, heated.spot, heated.energy)
    )
    return replace(heated, rise=rise, gradient=gradient, spot=spot, energy=energy, sample=sample)


def heated_tile(arrays: list[Array], hardware: Hardware) -> tuple[list[UsedCells], Field]:
    """Used cells of the clusters of one tile, and the rise of their common array."""
    technology, sheet = hardware.technology, thermal.Sheet.of(hardware.technology)
    resistance = technology["thermal_resistance"]
    power = [thermal.cell_power(a.current, a.G) for a in arrays]
    average = np.sum([p * a.duty[:, None] for p, a in zip(power, arrays, strict=True)], axis=0)
    field = Field(thermal.sheet_rise(sheet, average), average * resistance)
    writers = np.sum([a.used for a in arrays], axis=0)
    seen = np.zeros(writers.shape, bool)
    cells = []
    for array, watts in zip(arrays, power, strict=True):
        used, duty = array.used, np.broadcast_to(array.duty[:, None], array.used.shape)
        pulse = thermal.cell_rise(watts[used], resistance, technology["thermal_time"], hardware["read_time"])
        cells.append(
            UsedCells(
                rest=_single(field.around[used]),
                pulse=_single(pulse),
                duty=_single(duty[used]),
                voltage=_single(array.current[used] / array.G[used]),
                share=_single(array.G[used] / technology["g_max"]),
                first=~seen[used],
                writers=writers[used].astype(np.int32),
                bears=array.bears[used],
            )
        )
        seen |= used
    return cells, field


def _single(values: F64) -> F32:
    return values.astype(np.float32)


def read_power(view: View, heated: Heated) -> F64:
    """Power of reads of the arrays that hold the weights, W (T,): what goes through the array's constriction."""
    tile, tiles = view.mapping.placement.tile, view.hardware.tiles
    return np.bincount(tile, weights=heated.energy, minlength=tiles).astype(np.float64) / view.seconds


def event_power(view: View, events: Events) -> F64:
    """Power of all events, spread over the tile, W (T,): neurons, network, merging, converters, drivers, buffers."""
    power: F64 = np.sum(list(energies(events, view.hardware).values()), axis=0) / view.seconds
    return power


def tile_power(view: View, heated: Heated) -> F64:
    """Power of reads and all events, W (T,); the other sign's reads are spread over the tile."""
    tile, tiles = view.mapping.placement.tile, view.hardware.tiles
    other = np.bincount(tile, weights=heated.other, minlength=tiles).astype(np.float64) / view.seconds
    return read_power(view, heated) + other + event_power(view, heated.events)


def reprogramming_power(view: View, heated: Heated) -> F64:
    """Power of time multiplexing, W (T,): all cells of every weight of a cluster once per block of steps.

    Cells that must go back to g_min before another cluster's turn take one RESET pulse, not `program_pulses`: left out.
    """
    tile, hardware = view.mapping.placement.tile, view.hardware
    shared = view.clusters_on_tile[tile] > 1
    written = np.where(shared, written_cells(heated), 0)
    count = np.bincount(tile, weights=written, minlength=hardware.tiles).astype(np.float64)
    each = write_energy(hardware.technology, hardware["program_pulses"])
    power: F64 = count * each / (view.seconds_per_step * view.mapping.schedule.block)
    return power


def written_cells(heated: Heated) -> I64:
    """Cells of every cluster that are written together, int64 (K,), in all arrays."""
    written: I64 = heated.arrays * heated.programmed
    return written
