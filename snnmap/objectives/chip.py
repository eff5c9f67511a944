"""Placement terms of the chip's physics: heat, leakage, and the endurance of individual tiles.

A term is normalised so that weight 1 makes its spread over placements about as large as the traffic's: all messages
going one link. Powers are those of the clusters alone (array reads and firing neurons); the routers' share depends on
the routes and is left to the traffic cost. Constants are quantised, so that searches stay in integers.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.arrays import F64, I64
from snnmap.cells import programmed_cells, weight_share
from snnmap.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph, Traffic
from snnmap.objectives import Term, linear, pairwise
from snnmap.physics.leakage import Leakage
from snnmap.physics.pcm import conductance
from snnmap.physics.thermal import ChipThermal

LEVELS = 1024
"""Steps that distances are quantised to at most."""
LARGEST_MESH = 2048
"""Tiles up to which the tile-to-tile resistances are written out."""


@dataclass(frozen=True, slots=True, eq=False)
class ChipView:
    """What a placement term may look at."""

    graph: SpikeGraph
    clustering: Clustering
    hardware: Hardware
    """Sized."""
    traffic: Traffic
    factors: F64
    """Endurance of every tile over the nominal one (T,)."""


def cluster_power(view: ChipView) -> F64:
    """Mean power of every cluster at one step per dt: array reads at ideal wires, and its firing neurons; W (K,)."""
    graph, clustering, hardware = view.graph, view.clustering, view.hardware
    technology, network = hardware.technology, graph.network
    cells = programmed_cells(network, clustering)
    share = weight_share(network)[cells.synapse]
    low = technology["g_min"]
    extra = conductance(share, low, technology["g_max"]) - low
    per_row = np.bincount(cells.row(), weights=extra, minlength=len(clustering.row_source)).astype(np.float64)
    rows = np.diff(clustering.row_ptr)
    per_row = per_row + low * np.repeat(np.diff(clustering.column_ptr), rows)
    pulse = hardware["read_voltage"] ** 2 * hardware["read_time"]
    of_row = np.repeat(np.arange(clustering.clusters), rows)
    energy = np.bincount(of_row, weights=per_row * graph.spikes[clustering.row_source] * pulse)
    fired = np.bincount(clustering.home, weights=graph.spikes[network.externals :], minlength=clustering.clusters)
    power: F64 = (energy + fired * hardware["neuron_energy"]) / (graph.window * graph.dt)
    return power


def resistances(hardware: Hardware) -> F64:
    """Tile-to-tile thermal resistances above the smallest, which every pair has in common; K/W (T, T).

    Raises
    ------
    InputError
        If the mesh is too large to write them out.
    """
    if hardware.tiles > LARGEST_MESH:
        raise InputError(f"thermal objectives take up to {LARGEST_MESH} tiles; the chip has {hardware.tiles}")
    side = hardware.technology["cell_pitch"] * float(np.sqrt(hardware.rows * hardware.columns))
    matrix = ChipThermal.of(hardware, (hardware.mesh_width, hardware.mesh_height), side).matrix()
    above: F64 = matrix - matrix.min()
    return above


def thermal(view: ChipView, weight: float) -> Term:
    """Power-weighted temperature, sum over i, j of P_i R_ij P_j: spreads hot clusters, flattens the gradient.

    Source: Titirsha and Das, Thermal-aware compilation, arXiv 2010.04773, with tile-to-tile resistances (M5).
    """
    power = cluster_power(view)
    return _scaled_pairs(np.outer(power, power), resistances(view.hardware), view, weight)


def leakage(view: ChipView, weight: float) -> Term:
    """Leakage of the tiles in use, to first order: sum over i of dP_leak/dT x sum over j of R_ij P_j."""
    power, hardware = cluster_power(view), view.hardware
    law = Leakage.of(hardware, hardware.technology, hardware.leaking_width)
    slope = float(law.slope(hardware["ambient_temperature"]))
    return _scaled_pairs(np.broadcast_to(slope * power, (len(power), len(power))), resistances(hardware), view, weight)


def lifetime(view: ChipView, weight: float) -> Term:
    """Busy clusters on enduring tiles: the busiest row of each over the tile's endurance, cubed.

    The cube stands for the maximum, which no sum is: one bad pairing outweighs many fair ones.
    """
    graph, clustering = view.graph, view.clustering
    of_row = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))
    busiest = np.zeros(clustering.clusters)
    np.maximum.at(busiest, of_row, graph.spikes[clustering.row_source].astype(np.float64))
    wear = np.outer(busiest / max(1.0, busiest.max()), 1.0 / view.factors) ** 3
    unit = weight * max(1, view.traffic.delivered) / max(1e-300, float(wear.mean()) * len(busiest))
    return linear(_rounded(wear * unit))


TERMS = {"thermal": thermal, "leakage": leakage, "lifetime": lifetime}
"""Terms that can be weighed into any objective, by name."""


def _scaled_pairs(flow: F64, distance: F64, view: ChipView, weight: float) -> Term:
    """Quantised term whose spread over placements is about `weight` times the delivered messages."""
    largest = (float(flow.max(initial=0.0)), float(distance.max(initial=0.0)))
    if min(largest) <= 0.0 or weight <= 0.0:
        return linear(np.zeros((len(flow), view.hardware.tiles), np.int64))
    shares, far = flow / largest[0], distance / largest[1]
    spread = float(shares.sum()) * float(far.std())
    product = weight * max(1, view.traffic.delivered) / max(1e-300, spread)
    levels = min(float(LEVELS), float(np.sqrt(product)))
    return pairwise(_rounded(shares * (product / levels)), _rounded(far * levels))


def _rounded(values: F64) -> I64:
    return np.rint(values).astype(np.int64)
