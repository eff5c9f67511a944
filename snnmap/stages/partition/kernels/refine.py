"""Searches that improve an assignment of atoms to clusters: sweeps of single moves, emptied clusters.

All start from and leave a legal `State`, none ever ends at a higher cost than it began with, and each returns the cost
it saved. The order in which atoms are visited is drawn by the caller: sorted input stalls such searches.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.state import (
    COLUMNS,
    ROWS,
    SYNAPSES,
    Limits,
    Problem,
    Scratch,
    State,
    has_sibling,
    legal,
    lift,
    place,
    wide,
)
from snnmap.stages.partition.kernels.survey import clear, survey

TRIES = 6


@njit
def saving_at(state: State, limits: Limits, scratch: Scratch, k: int) -> int:
    """Saving of cluster k in `scratch`, less the crossbar that only the lifted atom would keep alive."""
    return int(scratch.saving[k] - (limits.crossbar if state.head[k] < 0 else 0))


@njit
def best_target(
    problem: Problem,
    state: State,
    limits: Limits,
    scratch: Scratch,
    atom: int,
    found: int,
    origin: int,
    floor: int,
    certain: bool,
) -> int:
    """Surveyed cluster with room, other than `origin`, with the largest saving above `floor`, or -1.

    certain
        Legal too; otherwise that is left to whoever moves.
    """
    saving, shared, touched, usage = scratch.saving, scratch.shared, scratch.touched, state.usage
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    rows = problem.row_ptr[atom + 1] - problem.row_ptr[atom]
    split = problem.atom_ptr[piece + 1] - problem.atom_ptr[piece] > 1
    rows_left, synapses_left = limits.rows - rows, limits.synapses - rows * size
    for _ in range(TRIES):
        best, most = wide(-1), floor
        for t in range(found):
            k = touched[t]
            if saving[k] < most or k == origin or (saving[k] == most and (best < 0 or k > best)):
                continue
            if usage[k, ROWS] - shared[k] > rows_left or usage[k, SYNAPSES] > synapses_left:
                continue
            if usage[k, COLUMNS] + size > limits.columns and not (
                split and has_sibling(problem.piece, problem.atom_ptr, state.cluster, atom, k)
            ):
                continue
            best, most = k, saving[k]
        if best < 0 or not certain or legal(problem, state, atom, best):
            return best
        saving[best] = floor
    return -1


@njit
def sweep(problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64) -> int:
    """Move every atom, in `order`, to the cluster where it costs least; returns the cost saved."""
    saved = 0
    for atom in order:
        origin = lift(problem, state, atom)
        found = survey(problem, state, limits, scratch, atom)
        own = saving_at(state, limits, scratch, origin)
        target = best_target(problem, state, limits, scratch, atom, found, origin, own, True)
        if target >= 0:
            saved += scratch.saving[target] - own
        place(problem, state, atom, target if target >= 0 else origin)
        clear(scratch, found)
    return saved


@njit
def empty_clusters(problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64) -> int:
    """Dissolve clusters, in `order`, whose atoms find room elsewhere for no more than a crossbar's worth."""
    saved = 0
    log = np.empty(len(problem.piece), np.int64)
    for k in order:
        gain, moved = wide(0), 0
        while state.head[k] >= 0:
            atom = state.head[k]
            lift(problem, state, atom)
            found = survey(problem, state, limits, scratch, atom)
            own = saving_at(state, limits, scratch, k)
            target = best_target(
                problem, state, limits, scratch, atom, found, k, own - limits.crossbar - 1 - gain, True
            )
            if target >= 0:
                gain += scratch.saving[target] - own
            clear(scratch, found)
            if target < 0:
                place(problem, state, atom, k)
                break
            place(problem, state, atom, target)
            log[moved] = atom
            moved += 1
        if state.head[k] < 0 and gain >= 0:
            saved += gain
            continue
        for m in range(moved - 1, -1, -1):
            lift(problem, state, log[m])
            place(problem, state, log[m], k)
    return saved
