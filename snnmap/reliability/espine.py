"""Lifetime and temperature of a mapping by eSpine's equations: every spike wears the cell.

Two temperatures are told apart. A cell is worn at its temperature *while a spike passes* (own self-heating, plus what
its neighbours add on average); that is what endurance sees. Periphery sees the *average over time* of the array it
stands beside, so leakage is evaluated there: at the temperature of a spike, 500 to 800 K, transistors do not leak by
the fitted law, nor work at all. The paper's headline of 11.4 K is a difference of such averages [thermalaware].
"""

from dataclasses import dataclass

import numpy as np

from snnmap.analysis.view import View
from snnmap.analysis.wiring import crossbar_of, upper_bound
from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware, Technology, load_technology, technology_names
from snnmap.ir import Mapping
from snnmap.physics import espine, thermal
from snnmap.physics.leakage import Leakage
from snnmap.reliability.crossbars import passes_of, tile_variation


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
    """Of the periphery of tiles in use, at the average temperature of their arrays; 0 elsewhere, W (T,)."""


def espine_twin(technology: Technology) -> Technology | None:
    """Technology of the same node with the paper's constants, or none (only PCM nodes have one)."""
    if technology.mode == "espine":
        return technology
    name = f"espine-{technology.name}"
    return load_technology(name) if name in technology_names() else None


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


def espine_state(view: View, technology: Technology, *, bounds: bool = True) -> EspineState:
    """Lifetime and temperature by eSpine's equations, `espine` mode; the paper knows no tile-to-tile coupling.

    Clusters that take turns on a tile wear and heat the same cells: their spikes add up. The bounds take longer than
    all else; without `bounds` they are infinite.
    """
    mapping, graph, hardware = view.mapping, view.graph, view.hardware
    cell, shape = espine.EspineCell.of(technology), (hardware.rows, hardware.columns)
    lasts = espine.endurance_map(shape, cell)
    own, _ = espine.self_heating(espine.path_currents(shape, cell), cell)
    sheet = thermal.Sheet.of(technology)
    law = Leakage.of(hardware, technology, hardware.leaking_width)
    clusters = mapping.clustering.clusters
    lifetime, average, spiking = (np.zeros(clusters) for _ in range(3))
    leakage, hottest = np.zeros(hardware.tiles), cell.ambient
    for group in view.clusters_by_tile:
        passes = [passes_of(view, int(k)) for k in group]
        total = passes[0] if len(passes) == 1 else np.sum(passes, axis=0)
        duty = np.minimum(total * cell.spike_time / view.seconds, 1.0)
        rise = thermal.coupled_rise(sheet, own, cell.thermal_resistance, duty)
        endurance = espine.espine_endurance(cell.ambient + rise, cell.gamma)
        hottest = max(hottest, cell.ambient + float(rise[total > 0].max(initial=0.0)))
        average[group] = cell.ambient + mean_rise(sheet, own, cell.thermal_resistance, duty)
        leakage[mapping.placement.tile[group[0]]] = law.power(average[group[0]])
        for k, mine in zip(group, passes, strict=True):
            lifetime[k] = espine.effective_lifetime(endurance, np.where(mine > 0, total, 0.0))
            spiking[k] = cell.ambient + weighted_mean(rise, mine)
    factors = _factors(mapping, hardware) * graph.frames
    bound = np.full(clusters, np.inf)
    if bounds:
        crossbars = (crossbar_of(graph, mapping.clustering, view.cells, k) for k in range(clusters))
        bound = np.array([upper_bound(crossbar, lasts) for crossbar in crossbars])
    return EspineState(lifetime * factors, bound * factors, average, spiking, hottest, leakage)


def mean_rise(sheet: thermal.Sheet, own: F64, resistance: float, duty: F64) -> float:
    """Rise of an array above ambient averaged over time and cells, K.

    Cells dissipate own / R_th a share `duty` of the time: the sheet's rise, and their own for that share. By the
    sheet's conservation of heat its mean rise is mean power / vertical conductance.
    """
    power = thermal.mean_cell_rise(own, 1.0 / resistance, duty)
    return float(power.mean()) / sheet.vertical + float((own * duty).mean())


def weighted_mean(values: F64, weights: F64) -> float:
    """Mean of `values` weighted by `weights` (same shape); 0 if all weights are."""
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total else 0.0


def _factors(mapping: Mapping, hardware: Hardware) -> F64:
    tile: I64 = mapping.placement.tile.astype(np.int64)
    return tile_variation(hardware, mapping.chip.variation_seed)[tile]
