"""The cut of a clustering into phases, and its residents."""

import heapq
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.phases import least_writes
from snnmap.core.arrays import F64, I64, Bool, offsets
from snnmap.core.errors import InfeasibleError, InputError


@dataclass(frozen=True, slots=True, eq=False)
class PhaseProblem:
    """Clusters that are to run on fewer tiles than there are clusters, one phase after the other."""

    tiles: int
    pairs: I64
    """(2, P) clusters of which the first must not run in a later phase than the second."""
    order: I64
    """(K,) who comes first of those that wait for nobody: lower first."""
    cells: I64
    """(K,) cells that programming a cluster writes."""
    program: F64
    """(K,) seconds that this takes."""
    step: F64
    """(K,) seconds of a step of its own."""
    stored: F64
    """(K,) seconds a step to put away what it sends to later phases."""
    steps: int
    """Of a frame."""


class Choice(NamedTuple):
    """A plan in numbers."""

    writes: int
    phases: int
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A cut into phases."""

    phase: I64
    """(K,) phase of every cluster."""
    resident: Bool
    """(K,) whether it has a tile to itself in all phases."""
    writes: int
    """Cells that a frame writes."""
    bound: int
    """That no plan of these clusters on these tiles is below."""
    seconds: float
    """Of a frame, as the search counts it."""
    choices: tuple[Choice, ...] = ()
    """Plans of which none writes less and is faster, fewest writes first."""


def cut_into_phases(problem: PhaseProblem, within: float = 0.1) -> Cut:
    """The fastest of the plans whose cell writes are no more than `within` above the bound; else that with fewest.

    Raises
    ------
    InputError
        If `within` is negative.
    InfeasibleError
        If more clusters need each other than there are tiles.
    """
    if not within >= 0:
        raise InputError(f"within is {within}; it must be 0 (fewest cell writes) or more, inf for the fastest plan")
    clusters, tiles = len(problem.cells), problem.tiles
    if clusters <= tiles:
        return Cut(np.zeros(clusters, np.int64), np.ones(clusters, bool), 0, 0, _alone(problem))
    group = _in_order(problem)
    _must_fit(group, tiles)
    bound = least_writes(problem.cells, tiles)
    largest = np.lexsort((np.arange(clusters), -problem.program, -problem.cells))
    plans = [_plan(problem, group, largest[:residents], bound) for residents in range(tiles)]
    found = [plan for plan in plans if plan is not None]
    near = [plan for plan in found if plan.writes <= (1 + within) * bound]
    best = min(near, key=_time_first) if near else min(found, key=lambda plan: (plan.writes, plan.seconds))
    return replace(best, choices=_choices(found))


def _time_first(plan: Cut) -> tuple[float, int]:
    return plan.seconds, plan.writes


def _choices(found: list[Cut]) -> tuple[Choice, ...]:
    """The plans that no other beats in writes and time."""
    kept: list[Choice] = []
    for plan in sorted(found, key=lambda plan: (plan.writes, plan.seconds)):
        if not kept or plan.seconds < kept[-1].seconds:
            kept.append(Choice(plan.writes, int(plan.phase.max()) + 1, plan.seconds))
    return tuple(kept)


def _alone(problem: PhaseProblem) -> float:
    """Seconds of a frame where every cluster has a tile."""
    return float(problem.steps * problem.step.max(initial=0.0))


def _must_fit(group: I64, tiles: int) -> None:
    """Refuse clusters that need each other and are more than the tiles."""
    largest = int(np.bincount(group).max())
    if largest > tiles:
        raise InfeasibleError(
            "tiles for clusters that need each other in one phase",
            largest,
            tiles,
            "Neurons that hear each other in a ring run together: use more tiles or larger crossbars, or cut the ring.",
        )


def _in_order(problem: PhaseProblem) -> I64:
    """Number of every cluster's group, int64 (K,): those that need each other share one, nobody waits for a later."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    clusters, (before, after) = len(problem.cells), problem.pairs
    pattern = coo_array((np.ones(len(before)), (before, after)), (clusters, clusters))
    ring = connected_components(pattern, connection="strong")[1].astype(np.int64)
    groups = int(ring.max(initial=-1)) + 1
    ends = np.unique(ring[problem.pairs], axis=1)
    ends = ends[:, ends[0] != ends[1]]
    waiting = np.bincount(ends[1], minlength=groups)
    first = offsets(np.bincount(ends[0], minlength=groups))
    rank = np.full(groups, np.iinfo(np.int64).max)
    np.minimum.at(rank, ring, problem.order)
    ready = [(int(rank[g]), g) for g in np.flatnonzero(waiting == 0).tolist()]
    heapq.heapify(ready)
    place = np.zeros(groups, np.int64)
    for number in range(groups):
        _, g = heapq.heappop(ready)
        place[g] = number
        for other in ends[1, first[g] : first[g + 1]].tolist():
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, (int(rank[other]), other))
    numbers: I64 = place[ring]
    return numbers


def _plan(problem: PhaseProblem, group: I64, residents: I64, bound: int) -> Cut | None:
    """The best cut with these residents; none if clusters that need each other do not fit beside them."""
    from snnmap.stages.phase.kernels.cuts import best_cuts

    clusters, groups = len(group), int(group.max()) + 1
    resident = np.zeros(clusters, bool)
    resident[residents] = True
    sequence = np.argsort(group, kind="stable")
    last = np.full(clusters, -1, np.int64)
    np.maximum.at(last, problem.pairs[0], group[problem.pairs[1]])
    start = np.zeros(groups + 1, np.int64)
    seconds = best_cuts(
        offsets(np.bincount(group, minlength=groups)),
        problem.program[sequence],
        problem.step[sequence],
        problem.stored[sequence],
        last[sequence],
        (~resident[sequence]).astype(np.int64),
        problem.tiles - len(residents),
        problem.steps,
        start,
    )
    if not np.isfinite(seconds):
        return None
    cuts = np.zeros(groups, np.int64)
    end = groups
    while end > 0:
        cuts[start[end]] = 1
        end = int(start[end])
    writes = int(problem.cells[~resident].sum())
    return Cut((np.cumsum(cuts) - 1)[group], resident, writes, bound, seconds)
