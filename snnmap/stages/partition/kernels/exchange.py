"""Kernighan-Lin exchanges: atoms of two clusters change places, for crossbars that are full, where no move fits.

`swap_sweep` takes any exchange that saves, of parts of cut input lists too; sequences of moves between two clusters are
in `between`. It leaves a legal `State` and returns the cost saved.

Source: Kernighan, Lin, An efficient heuristic procedure for partitioning graphs, BSTJ 49(2), 1970.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.state import (
    Limits,
    Problem,
    Scratch,
    State,
    fits,
    legal,
    lift,
    listeners,
    place,
    sums_at,
    wide,
)
from snnmap.stages.partition.kernels.survey import clear, survey

SEATS = 16
"""Atoms in the way that are tried as partners of one exchange."""


@njit
def saving_in(problem: Problem, state: State, limits: Limits, atom: int, k: int) -> tuple[int, int]:
    """Saving of the lifted `atom` in cluster k, as `survey` would find it, and the rows it shares there."""
    key, heard, home, cluster = state.key, state.heard, state.home, state.cluster
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    saving, shared = 0, 0
    for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
        source = wide(problem.row[r])
        here = listeners(key, heard, k, source) > 0
        if here:
            shared += 1
        if home[source] == atom:
            continue
        inside = home[source] >= 0 and cluster[home[source]] == k
        if limits.unicast:
            saving += problem.weight[source] * size if inside else 0
        elif inside or here:
            saving += problem.weight[source]
    if state.homes[atom] > 0:
        for m in range(problem.member_ptr[piece], problem.member_ptr[piece + 1]):
            neuron = problem.member[m]
            if home[neuron] == atom:
                copies = listeners(key, heard, k, neuron)
                saving += problem.weight[neuron] * (copies if limits.unicast else min(copies, 1))
    if problem.atom_ptr[piece + 1] - problem.atom_ptr[piece] > 1:
        steps, homes = sums_at(problem, state, atom, k)
        own = problem.active[atom]
        joined = (size - homes - state.homes[atom]) * min(limits.window, steps + own)
        saving += (
            (size - state.homes[atom]) * min(limits.window, own) - joined + (size - homes) * min(limits.window, steps)
        )
    return saving, shared


@njit
def settle(problem: Problem, state: State, limits: Limits, atom: int, k: int) -> tuple[bool, int]:
    """Place the lifted `atom` in cluster k if it may go there: whether, and its saving."""
    saving, shared = saving_in(problem, state, limits, atom, k)
    if not fits(problem, state, limits, atom, k, shared) or not legal(problem, state, atom, k):
        return False, 0
    place(problem, state, atom, k)
    return True, saving


@njit
def exchange(problem: Problem, state: State, limits: Limits, one: int, other: int, floor: int, keep: bool) -> int:
    """Gain of swapping two atoms of different clusters, `floor` if not above it or illegal; done only if `keep`."""
    here, there = lift(problem, state, one), lift(problem, state, other)
    before, _ = saving_in(problem, state, limits, one, here)
    place(problem, state, one, here)
    also, _ = saving_in(problem, state, limits, other, there)
    lift(problem, state, one)
    gain = floor
    moved, after = settle(problem, state, limits, one, there)
    if moved:
        back, last = settle(problem, state, limits, other, here)
        gain = max(floor, after + last - before - also) if back else floor
        if keep and gain > floor:
            return gain
        if back:
            lift(problem, state, other)
        lift(problem, state, one)
    place(problem, state, one, here)
    place(problem, state, other, there)
    return gain


@njit
def swap_sweep(problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64, budget: int) -> int:
    """Where an atom would gain but does not fit, let it trade places with one that is in its way.

    budget
        Exchanges to try at most.
    """
    saved = 0
    seats, wanted = np.empty(SEATS, np.int64), np.empty(2, np.int64)
    for atom in order:
        if budget <= 0:
            break
        origin = lift(problem, state, atom)
        found = survey(problem, state, limits, scratch, atom)
        own = scratch.saving[origin]
        count = 0
        while count < len(wanted):
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
        gain = wide(0)
        for w in range(count):
            taken, other = 0, state.head[wanted[w]]
            while other >= 0 and taken < SEATS:
                seats[taken] = other
                taken += 1
                other = state.after[other]
            for s in range(taken):
                if gain == 0:
                    budget -= 1
                    gain = exchange(problem, state, limits, atom, seats[s], wide(0), True)
            if gain > 0:
                break
        saved += gain
    return saved
