"""Lifetime and temperature of a mapping by eSpine's equations: every spike wears the cell.

Two temperatures are told apart. A cell is worn at its temperature *while a spike passes* (own self-heating, what its
neighbours add on average, and the silicon below); that is what endurance sees. Periphery sees the *average over time*
of the array it stands beside, so leakage settles there: at the temperature of a spike, 500 to 800 K, transistors do not
leak by the fitted law, nor work at all. The paper's headline of 11.4 K is a difference of such averages [thermalaware].
The air is at the paper's ambient; package and mesh are the chip's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.analysis.wiring import crossbar_of, upper_bound
from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware, Technology, load_technology, technology_names
from snnmap.ir import Mapping
from snnmap.physics import espine, thermal
from snnmap.physics.fields import Field
from snnmap.physics.leakage import Leakage, Settled, settle
from snnmap.reliability.crossbars import passes_of, tile_variation
from snnmap.reliability.device import chip_thermal
from snnmap.reliability.heat import event_power, tile_events


@dataclass(frozen=True, slots=True, eq=False)
class EspineState:
    """The chip under a mapping, `espine` mode."""

    lifetime: F64
    """Frames until the weakest cell of every cluster has spent its endurance, (K,)."""
    bound: F64
    """The same with every cell placed freely and no heat from neighbours: no wiring does better, (K,)."""
    temperature: F64
    """Of every cluster's crossbar, averaged over time and its cells, K (K,)."""
    spiking: F64
    """Of the cells of every cluster while a spike passes them, averaged over spikes, K (K,)."""
    hottest: float
    """Hottest cell while a spike passes it, K."""
    leakage: F64
    """Of the periphery of every tile, at the average temperature of its array, W (T,)."""
    tile_temperature: F64
    """Silicon under the array of every tile, K (T,)."""
    dynamic: F64
    """Spikes through the arrays, neurons, routers, merging, W (T,)."""
    gain: float
    """Leakage loop gain; 1 is thermal runaway."""
    gradient: F64
    """Hottest minus coolest place of every cluster's crossbar, averaged over time, K (K,)."""
    spot: float
    """Hottest cell, averaged over time, K."""


def espine_twin(technology: Technology) -> Technology | None:
    """Technology of the same node with the paper's constants, or none (only PCM nodes have one)."""
    if technology.mode == "espine":
        return technology
    name = f"espine-{technology.name}"
    return load_technology(name).operated(technology.twin_values) if name in technology_names() else None


def espine_quality(hardware: Hardware) -> F64:
    """Spikes that every cell survives by eSpine's equations, (R, C).

    Raises
    ------
    InputError
        If the chip's technology has no espine twin.
    """
    twin = espine_twin(hardware.technology)
    if twin is None:
        known = ", ".join(n for n in technology_names() if n.startswith("espine-"))
        raise InputError(
            f"objective espine needs eSpine's constants, which technology {hardware.technology.name!r} has not; "
            f"use a node with an espine twin ({known})"
        )
    return espine.endurance_map((hardware.rows, hardware.columns), espine.EspineCell.of(twin))


class SpikedTile(NamedTuple):
    """Cells of one tile under the spikes of all clusters that take turns on it, (R, C) each."""

    clusters: I64
    passes: list[F64]
    """Spikes through every cell over the window, of each cluster."""
    duty: F64
    """Share of the time that a spike passes a cell."""


class Heating(NamedTuple):
    """What one spike does to the cells of an array, (R, C) each, and how heat leaves them."""

    cell: espine.EspineCell
    own: F64
    """Rise after a spike, K."""
    power: espine.SpikePower
    sheet: thermal.Sheet

    @classmethod
    def of(cls, hardware: Hardware, technology: Technology) -> "Heating":
        """Of a chip at a technology with `mode = "espine"`."""
        cell, shape = espine.EspineCell.of(technology), (hardware.rows, hardware.columns)
        own, _ = espine.self_heating(espine.path_currents(shape, cell), cell)
        return cls(cell, own, espine.spike_power(shape, cell), thermal.Sheet.of(technology))

    def average(self, duty: F64) -> Field:
        """Rise of every cell above the silicon below averaged over time: the sheet's, and the cell's own.

        Power counts in full: what a pulse too short to reach the steady rise has stored leaves after it.
        """
        own = thermal.mean_cell_rise(self.power.cell, self.cell.thermal_resistance, duty)
        return Field(thermal.sheet_rise(self.sheet, self.power.cell * duty), own)

    def in_a_spike(self, duty: F64) -> F64:
        """Rise of every cell above the silicon below at the end of a spike, K (R, C)."""
        return thermal.coupled_rise(self.sheet, self.own, self.power.cell, duty)


def spiked_tiles(view: View, spike_time: float) -> Iterator[SpikedTile]:
    """The tiles in use. Clusters that take turns on a tile wear and heat the same cells: their spikes add up."""
    for group in view.clusters_by_tile:
        passes = [passes_of(view, int(k)) for k in group]
        total = passes[0] if len(passes) == 1 else np.sum(passes, axis=0)
        yield SpikedTile(group, passes, np.minimum(total * spike_time / view.seconds, 1.0))


def espine_state(view: View, technology: Technology, *, bounds: bool = True) -> EspineState:
    """Lifetime and temperature by eSpine's equations, `espine` mode, over the chip's package.

    The bounds take longer than all else; without `bounds` they are infinite.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    mapping, graph, hardware = view.mapping, view.graph, view.hardware
    heating, clusters = Heating.of(hardware, technology), mapping.clustering.clusters
    settled, arrays, dynamic = _settled(view, heating, technology)
    silicon = settled.temperature - arrays.mean
    tile_of = mapping.placement.tile
    lifetime, spiking, hottest = (np.zeros(clusters) for _ in range(3))
    for tile in spiked_tiles(view, heating.cell.spike_time):
        below = silicon[tile_of[tile.clusters[0]]]
        kelvin = below + heating.in_a_spike(tile.duty)
        endurance = espine.espine_endurance(kelvin, heating.cell.gamma)
        total = np.sum(tile.passes, axis=0)
        hottest[tile.clusters] = kelvin[total > 0].max(initial=below)
        for k, mine in zip(tile.clusters, tile.passes, strict=True):
            lifetime[k] = espine.effective_lifetime(endurance, np.where(mine > 0, total, 0.0))
            spiking[k] = weighted_mean(kelvin, mine) if mine.any() else below
    factors = _factors(mapping, hardware) * graph.frames
    bound = _bounds(view, heating.cell) if bounds else np.full(clusters, np.inf)
    return EspineState(
        lifetime=lifetime * factors,
        bound=bound * factors,
        temperature=settled.temperature[tile_of],
        spiking=spiking,
        hottest=float(hottest.max()),
        leakage=settled.leakage,
        tile_temperature=silicon,
        dynamic=dynamic,
        gain=settled.gain,
        gradient=arrays.gradient[tile_of],
        spot=float((silicon + arrays.spot)[tile_of].max()),
    )


class Arrays(NamedTuple):
    """Arrays of all tiles, averaged over time, K (T,) each; 0 where no spike passes."""

    mean: F64
    """Rise above the silicon below."""
    gradient: F64
    spot: F64
    """Rise of the hottest cell."""


def _settled(view: View, heating: Heating, technology: Technology) -> tuple[Settled, Arrays, F64]:
    """Average temperature and leakage, the arrays above their silicon, and dynamic power, W (T,)."""
    hardware = view.hardware
    arrays, power = Arrays(*(np.zeros(hardware.tiles) for _ in range(3))), np.zeros(hardware.tiles)
    for tile in spiked_tiles(view, heating.cell.spike_time):
        at = view.mapping.placement.tile[tile.clusters[0]]
        field = heating.average(tile.duty)
        arrays.mean[at], arrays.gradient[at], arrays.spot[at] = field.mean, field.gradient, field.spot
        power[at] = float((heating.power.source * tile.duty).sum())
    dynamic = power + event_power(view, tile_events(view))
    chip, law = chip_thermal(hardware, technology), Leakage.of(technology, hardware.leaking_width)
    above = chip.constriction(power) + arrays.mean
    return settle(chip, dynamic, law, heating.cell.ambient, above), arrays, dynamic


def _bounds(view: View, cell: espine.EspineCell) -> F64:
    """Windows that the weakest cell of every cluster lasts with all cells placed freely and no heat around, (K,)."""
    clustering = view.mapping.clustering
    lasts = espine.endurance_map((view.hardware.rows, view.hardware.columns), cell)
    crossbars = (crossbar_of(view.graph, clustering, view.cells, k) for k in range(clustering.clusters))
    return np.array([upper_bound(crossbar, lasts) for crossbar in crossbars])


def weighted_mean(values: F64, weights: F64) -> float:
    """Mean of `values` weighted by `weights` (same shape); 0 if all weights are."""
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total else 0.0


def _factors(mapping: Mapping, hardware: Hardware) -> F64:
    tile: I64 = mapping.placement.tile.astype(np.int64)
    return tile_variation(hardware, mapping.chip.variation_seed)[tile]
