"""Placement terms of the chip's physics: heat, leakage, and the endurance of individual tiles.

A term is scaled so that at weight 1 its standard deviation over random placements equals that of the traffic's hops: a
weight says what share of the choice a term has, whatever its unit. A term that no placement changes is all zeros.
Powers are those of the clusters alone: array reads and their converters, firing neurons, merging, buffers, and the
first link of every message they send; what later links of a route dissipate depends on the routes and is left to the
traffic cost. Constants are quantised, so that searches stay in integers.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.analysis.routes import tree_hops
from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F64, I32, I64
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Placement
from snnmap.physics.espine import EspineCell
from snnmap.physics.thermal import Sheet
from snnmap.reliability.crossbars import row_energy
from snnmap.reliability.device import chip_thermal
from snnmap.reliability.events import cluster_events, energies
from snnmap.stages.protocols import Term, TileHeat, linear

SAMPLES = 48
"""Random placements that terms are scaled by; always the same ones, so no generator is asked for."""
LINKS = ("noc", "chip_links")
"""Parts of the dynamic energy that depend on routes."""
LARGEST_MESH = 2048
"""Tiles up to which the tile-to-tile resistances are written out."""


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """What a placement term may look at."""

    view: ClusteringView
    hardware: Hardware
    """Sized."""
    factors: F64
    """Endurance of every tile over the nominal one (T,)."""
    border: int = 1
    """Links that a link between chips counts as in the placement."""


def cluster_power(chip: Chip) -> F64:
    """Mean power of every cluster at one step per dt, W (K,).

    Array reads at ideal wires, its firing neurons, the router and link that every message leaves its tile by, the
    partial sums that it merges, its converters, drivers and buffers.
    """
    graph, clustering, hardware = chip.view.graph, chip.view.clustering, chip.hardware
    of_row = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))
    array = np.bincount(of_row, weights=row_energy(chip.view, hardware), minlength=clustering.clusters)
    energy = np.sum([array, *energies(cluster_events(chip.view), hardware).values()], axis=0)
    power: F64 = energy / (graph.window * graph.dt)
    return power


def tile_heat(view: ClusteringView, hardware: Hardware) -> TileHeat:
    """What heats the tiles under a placement that is still to be chosen, at one step per dt, `hardware` sized."""
    clustering = view.clustering
    of_row = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))
    array = np.bincount(of_row, weights=row_energy(view, hardware), minlength=clustering.clusters)
    parts = energies(cluster_events(view), hardware)
    energy: F64 = np.sum([array, *(parts[name] for name in parts if name not in LINKS)], axis=0)  # routes are open
    seconds, chip = view.graph.window * view.graph.dt, chip_thermal(hardware, hardware.technology)
    technology = hardware.technology
    own = (
        technology["thermal_resistance"]
        if technology.mode == "device"
        else EspineCell.of(technology).thermal_resistance
    )
    above = chip.own + (1.0 / Sheet.of(technology).vertical + own) / (hardware.word_lines * hardware.bit_lines)
    crossing = hardware["chip_hop_energy"] if hardware.chips.several else 0.0
    hop = hardware["hop_energy"]
    return TileHeat(energy / seconds, array / seconds, hop / seconds, above, chip, crossing / seconds)


def resistances(hardware: Hardware) -> F64:
    """Tile-to-tile thermal resistances R, K/W (T, T): rise of tile j per watt in tile k (PHYSICS M5).

    Raises
    ------
    InputError
        If the mesh is too large to write them out.
    """
    if hardware.tiles > LARGEST_MESH:
        raise InputError(f"thermal objectives take up to {LARGEST_MESH} tiles; the chip has {hardware.tiles}")
    return chip_thermal(hardware, hardware.technology).matrix()


def thermal(chip: Chip, weight: float) -> Term:
    """Power-weighted temperature, P R P = sum over i, j of P_i R_ij P_j: keeps hot clusters apart.

    Source: Titirsha and Das, Thermal-aware compilation, arXiv 2010.04773, with tile-to-tile resistances (PHYSICS M5).
    """
    return _pairs(cluster_power(chip), resistances(chip.hardware), chip, weight)


def leakage(chip: Chip, weight: float) -> Term:
    """What placement changes of the leakage of all tiles: the sum of squared rises, P R R P.

    All tiles leak alike, used or not. The first order, dP/dT x sum of rises, is the same for every placement: no heat
    leaves at the edges, so a watt warms all tiles together alike wherever it is spent (the columns of R have one sum).
    Leakage is convex in temperature, so the second order, 1/2 d2P/dT2 x sum of squared rises, decides: evenness.
    """
    matrix = resistances(chip.hardware)
    return _pairs(cluster_power(chip), matrix @ matrix, chip, weight)


def lifetime(chip: Chip, weight: float) -> Term:
    """Busy clusters on enduring tiles: the busiest row of each over the tile's endurance, cubed.

    The cube stands for the maximum, which no sum is: one bad pairing outweighs many fair ones. Spikes wear cells in
    `espine` mode and disturb them in OxRAM; PCM in `device` mode is worn by writes, which reading does not cause.
    """
    graph, clustering = chip.view.graph, chip.view.clustering
    of_row = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))
    busiest = np.zeros(clustering.clusters)
    np.maximum.at(busiest, of_row, graph.spikes[clustering.row_source].astype(np.float64))
    wear = np.outer(busiest / max(1.0, busiest.max()), chip.factors.min() / chip.factors) ** 3
    costs = np.array([wear[np.arange(len(tile)), tile].sum() for tile in _placements(chip)])
    return linear(_rounded(wear * _scale(costs, chip, weight)))


TERMS = {"thermal": thermal, "leakage": leakage, "lifetime": lifetime}
"""Terms that can be weighed into any objective, by name."""


def _pairs(power: F64, distance: F64, chip: Chip, weight: float) -> Term:
    """Term sum over i, j of power_i power_j distance, `distance` symmetric (T, T), quantised.

    A constant in `distance` costs every placement alike and is taken out. What a cluster costs by itself goes into the
    preference, so that pairs need not span the diagonal, which is far larger, unless clusters share tiles.
    """
    alone = np.diagonal(distance) - np.diagonal(distance).min()
    apart = distance - distance.min()
    if chip.hardware.clusters_per_tile == 1:
        np.fill_diagonal(apart, 0.0)
    share, largest = power / max(float(power.max(initial=0.0)), 1e-300), max(float(apart.max()), 1e-300)
    pairs = np.outer(share, share)
    np.fill_diagonal(pairs, 0.0)
    preference, far = np.outer(share**2, alone / largest), apart / largest
    own = np.arange(len(share))
    costs = [(pairs * far[np.ix_(t, t)]).sum() + preference[own, t].sum() for t in _placements(chip)]
    scale = _scale(np.array(costs), chip, weight)
    fine = float(np.sqrt(scale))
    return Term(_rounded(pairs * fine), _rounded(far * fine), _rounded(preference * scale))


def _scale(costs: F64, chip: Chip, weight: float) -> float:
    """Factor that gives `costs`, of the sampled placements, `weight` times the deviation of the traffic's hops."""
    spread = float(costs.std())
    if weight <= 0.0 or spread <= 1e-9 * float(np.abs(costs).max(initial=0.0)):
        return 0.0
    traffic = chip.view.traffic
    hops = [
        int((tree_hops(traffic, Placement(tile), chip.hardware, chip.border) * traffic.messages).sum())
        for tile in _placements(chip)
    ]
    return weight * max(1.0, float(np.std(hops))) / spread


def _placements(chip: Chip) -> list[I32]:
    """`SAMPLES` random placements, (K,) each."""
    rng = np.random.Generator(np.random.PCG64(0))
    slots = np.repeat(np.arange(chip.hardware.tiles, dtype=np.int32), chip.hardware.clusters_per_tile)
    return [rng.permutation(slots)[: chip.view.clustering.clusters] for _ in range(SAMPLES)]


def _rounded(values: F64) -> I64:
    return np.rint(values).astype(np.int64)
