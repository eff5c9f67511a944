"""Searches that improve an assignment of atoms to clusters: sweeps, Kernighan-Lin exchanges, emptied clusters.

All start from and leave a legal `State`, none ever ends at a higher cost than it began with, and each returns the cost
it saved. The order in which atoms are visited is drawn by the caller: sorted input stalls such searches.
"""

import numpy as np

from snnmap.arrays import I64
from snnmap.kernels.jit import njit
from snnmap.kernels.partition import (
    COLUMNS,
    ROWS,
    SYNAPSES,
    Limits,
    Problem,
    Scratch,
    State,
    clear,
    fits,
    has_sibling,
    legal,
    lift,
    place,
    survey,
    wide,
)

TRIES = 6
BUCKETS = 256
SEATS = 16
"""Blocking atoms that are tried as partners of one swap."""


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
def saving_in(problem: Problem, state: State, limits: Limits, scratch: Scratch, atom: int, k: int) -> tuple[int, int]:
    """Saving of the lifted `atom` in cluster k alone, and the rows it shares there."""
    found = survey(problem, state, limits, scratch, atom)
    saving, shared = scratch.saving[k], max(scratch.shared[k], 0)
    clear(scratch, found)
    return saving, shared


@njit
def swap_sweep(problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64) -> int:
    """Kernighan-Lin exchanges: where an atom gains but does not fit, trade places with one that is in its way."""
    saved = 0
    wanted = np.empty(TRIES, np.int64)
    seats = np.empty(SEATS, np.int64)
    for atom in order:
        origin = lift(problem, state, atom)
        found = survey(problem, state, limits, scratch, atom)
        own = scratch.saving[origin]
        count = 0
        for _ in range(2):
            best = -1
            for t in range(found):
                k = scratch.touched[t]
                if k != origin and scratch.saving[k] > own and (best < 0 or scratch.saving[k] > scratch.saving[best]):
                    best = k
            if best < 0:
                break
            wanted[count] = best
            count += 1
            scratch.saving[best] = own
        clear(scratch, found)
        place(problem, state, atom, origin)
        for w in range(count):
            k = wanted[w]
            taken, other = 0, state.head[k]
            while other >= 0 and taken < SEATS:
                seats[taken] = other
                taken += 1
                other = state.after[other]
            gain = 0
            for s in range(taken):
                gain = exchange(problem, state, limits, scratch, atom, seats[s])
                if gain > 0:
                    break
            if gain > 0:
                saved += gain
                break
    return saved


@njit
def exchange(problem: Problem, state: State, limits: Limits, scratch: Scratch, one: int, other: int) -> int:
    """Swap two atoms of different clusters if that is legal and saves cost; returns the saving, 0 if left alone."""
    here, there = lift(problem, state, one), lift(problem, state, other)
    before_one, _ = saving_in(problem, state, limits, scratch, one, here)
    place(problem, state, one, here)
    before_other, _ = saving_in(problem, state, limits, scratch, other, there)
    lift(problem, state, one)
    after_one, shared = saving_in(problem, state, limits, scratch, one, there)
    moved = fits(problem, state, limits, one, there, shared) and legal(problem, state, one, there)
    if moved:
        place(problem, state, one, there)
        after_other, shared = saving_in(problem, state, limits, scratch, other, here)
        gain = after_one + after_other - before_one - before_other
        if gain > 0 and fits(problem, state, limits, other, here, shared) and legal(problem, state, other, here):
            place(problem, state, other, here)
            return gain
        lift(problem, state, one)
    place(problem, state, one, here)
    place(problem, state, other, there)
    return 0


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
