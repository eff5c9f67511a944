"""Kernighan-Lin: atoms of two clusters change places, for crossbars that are full and where no single move fits.

`swap_sweep` takes any exchange that saves; `pair_pass` is Kernighan and Lin's sequence between two clusters: the best
exchange first, even if it costs, each atom once, back to the best prefix. Both leave a legal `State` and return the
cost saved.

Source: Kernighan, Lin, An efficient heuristic procedure for partitioning graphs, BSTJ 49(2), 1970.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.moves import survey_merge
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
FRONT = 3
"""Atoms of either cluster, and partner clusters, that a pass looks at."""
STALL = 6
"""Exchanges that a pass goes on without an improvement."""
LOWEST = -(2**60)


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


@njit
def keenest(
    problem: Problem, state: State, limits: Limits, k: int, away: int, locked: I64, stamp: int, chosen: I64
) -> int:
    """Fill `chosen` with the unlocked atoms of cluster k that would gain most in `away`; returns how many."""
    count = 0
    gains = np.empty(FRONT, np.int64)
    atom = state.head[k]
    while atom >= 0:
        after = state.after[atom]
        if locked[atom] != stamp:
            lift(problem, state, atom)
            here, _ = saving_in(problem, state, limits, atom, k)
            there, _ = saving_in(problem, state, limits, atom, away)
            place(problem, state, atom, k)  # at the head of the list, which is not visited again
            gain = there - here
            at = count if count < FRONT else FRONT - 1
            if count < FRONT or gain > gains[at]:
                count = min(count + 1, FRONT)
                while at > 0 and gains[at - 1] < gain:
                    gains[at], chosen[at] = gains[at - 1], chosen[at - 1]
                    at -= 1
                gains[at], chosen[at] = gain, atom
        atom = after
    return count


@njit
def pair_pass(
    problem: Problem, state: State, limits: Limits, k: int, m: int, locked: I64, stamp: int, log: I64
) -> tuple[int, int]:
    """Sequence of best exchanges between clusters k and m, back to its best prefix; cost saved, exchanges tried."""
    ours, theirs = np.empty(FRONT, np.int64), np.empty(FRONT, np.int64)
    total, best, kept, steps, tried = wide(0), wide(0), 0, 0, 0
    while 2 * steps + 1 < len(log) and steps - kept <= STALL:
        mine = keenest(problem, state, limits, k, m, locked, stamp, ours)
        yours = keenest(problem, state, limits, m, k, locked, stamp, theirs)
        most, one, other = wide(LOWEST), wide(-1), wide(-1)
        for a in range(mine):
            for b in range(yours):
                tried += 1
                gain = exchange(problem, state, limits, ours[a], theirs[b], most, False)
                if gain > most:
                    most, one, other = gain, ours[a], theirs[b]
        if one < 0:
            break
        exchange(problem, state, limits, one, other, wide(LOWEST), True)
        locked[one], locked[other] = stamp, stamp
        log[2 * steps], log[2 * steps + 1] = one, other
        steps += 1
        total += most
        if total > best:
            best, kept = total, steps
    for step in range(steps - 1, kept - 1, -1):
        one, other = log[2 * step], log[2 * step + 1]
        home, away = state.cluster[other], state.cluster[one]
        lift(problem, state, one)
        lift(problem, state, other)
        place(problem, state, one, home)
        place(problem, state, other, away)
    return best, tried


@njit
def pairs_sweep(problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64, budget: int) -> int:
    """`pair_pass` of every cluster, in `order`, with those it shares most messages with; cost saved.

    budget
        Exchanges to try at most.
    """
    saved = 0
    locked, log = np.full(len(problem.piece), -1, np.int64), np.empty(128, np.int64)
    partner = np.empty(FRONT, np.int64)
    stamp = wide(0)
    for k in order:
        if budget <= 0:
            break
        if state.head[k] < 0:
            continue
        found = survey_merge(problem, state, scratch, k)
        count = 0
        while count < FRONT:
            best = -1
            for t in range(found):
                m = scratch.touched[t]
                if scratch.saving[m] > 0 and (best < 0 or scratch.saving[m] > scratch.saving[best]):
                    best = m
            if best < 0:
                break
            partner[count] = best
            scratch.saving[best] = 0
            count += 1
        clear(scratch, found)
        for c in range(count):
            gain, tried = pair_pass(problem, state, limits, k, partner[c], locked, stamp, log)
            saved += gain
            budget -= tried
            stamp += 1
    return saved
