"""Placement for cool tiles: among the placements with as few hops, one whose hottest crossbar is cooler."""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.analysis.routes import link_loads
from snnmap.core.arrays import F64, I32, I64
from snnmap.hardware import Hardware
from snnmap.ir import Placement
from snnmap.stages.place.anneal import Anneal
from snnmap.stages.place.search import Search, start_search
from snnmap.stages.protocols import PlacementProblem, Run, TileHeat

TRIES = 2000
"""Exchanges whose temperatures are worked out, at most."""
PAIRS = 200_000
"""Pairs of slots looked at for exchanges that cost no hop, at most; drawn at random beyond."""
GAIN = 1e-9
"""Share of the hottest rise that an exchange must gain: less is rounding."""


@dataclass(frozen=True, slots=True)
class Cool(Anneal):
    """`Anneal`, then exchanges that cost no hop and cool the hottest crossbar, or all on average if that stays.

    Power is that of reads, neurons, merging and of every router and link on the way, so exact but for what leakage
    adds; exchanges that would add a hop, hence power, or heat the hottest crossbar are refused. Few hops come first
    because all crossbars share the heat path of the package: where a watt is spent matters less than whether.

    Source of the objective: Titirsha and Das, Thermal-aware compilation, arXiv 2010.04773; the chip is PHYSICS M5's.
    """

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Placement with no more hops than `Anneal` finds; without knowledge of the heat, that one. Errors as there."""
        placement = Anneal.__call__(self, problem, run)
        if problem.heat is None or problem.clusters == 0:
            return placement
        search = start_search(_from(problem, placement), run)
        return cooled(search, problem, problem.heat(), run)


def _from(problem: PlacementProblem, start: Placement) -> PlacementProblem:
    return replace(problem, start=start)


def cooled(search: Search, problem: PlacementProblem, heat: TileHeat, run: Run) -> Placement:
    """Descend from where `search` is on (hottest, mean) temperature, over exchanges that do not raise its cost."""
    from snnmap.stages.place.kernels.swaps import next_level, undo

    hardware = problem.hardware.sized(problem.clusters)
    board, state = search.board, search.state
    least = temperatures(problem, heat, state.tile, hardware)
    tries, improved = 0, True
    while improved and tries < TRIES and not run.late:
        improved = False
        pairs = _pairs(len(state.slot), state.slot, len(state.occupant), run.rng)
        at = next_level(board, state, pairs, 0)
        while at >= 0 and tries < TRIES:
            tries += 1
            rises = temperatures(problem, heat, state.tile, hardware)
            if cooler(rises, least):
                least, improved = rises, True
            else:
                undo(board, state, pairs[at])
            at = next_level(board, state, pairs, at + 1)
        if at >= 0:
            undo(board, state, pairs[at])
    return Placement(state.tile.copy())


def _pairs(clusters: int, slot: I32, slots: int, rng: np.random.Generator) -> I64:
    """Slots of all clusters with all other slots, in random order, `PAIRS` at most (n, 2)."""
    every = clusters * slots
    chosen = rng.permutation(every) if every <= PAIRS else rng.integers(0, every, PAIRS)
    return np.stack([slot[chosen // slots].astype(np.int64), chosen % slots], axis=1)


def temperatures(problem: PlacementProblem, heat: TileHeat, tile: I32, hardware: Hardware) -> F64:
    """Rise above the air of every cluster's crossbar, averaged over its cells, K (K,)."""
    loads = link_loads(problem.traffic, Placement(tile.copy()), hardware)
    border = hardware.topology.is_border(np.arange(loads.size).reshape(loads.shape))
    crossed = np.where(border, loads, 0).sum(axis=1)
    sent = heat.message * (loads.sum(axis=1) - crossed) + heat.crossing * crossed
    power = np.bincount(tile, weights=heat.power, minlength=hardware.tiles) + sent
    array = np.bincount(tile, weights=heat.array, minlength=hardware.tiles)
    rise: F64 = (heat.chip.rise(power) + heat.above * array)[tile]
    return rise


def cooler(one: F64, other: F64) -> bool:
    """Whether temperatures `one` (K,) are better than `other`: a cooler hottest, or as hot and a cooler mean."""
    least = GAIN * float(other.max())
    if abs(one.max() - other.max()) > least:
        return bool(one.max() < other.max())
    return bool(one.mean() < other.mean() - least)
