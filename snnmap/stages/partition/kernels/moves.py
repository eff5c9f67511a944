"""Fiduccia-Mattheyses pass, merging of clusters and choice of homes on the state of `kernels.partition`."""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.refine import best_target, saving_at
from snnmap.stages.partition.kernels.state import (
    COLUMNS,
    LONG,
    ROWS,
    SPLITS,
    SYNAPSES,
    Limits,
    Problem,
    Scratch,
    State,
    lift,
    listeners,
    place,
    sums_at,
    wide,
)
from snnmap.stages.partition.kernels.survey import clear, survey, touch

MIDDLE = 128
NEIGHBOURS = 48
"""Gains that are brought up to date after one move; all others are checked when they come up."""
POOL = 512
"""Emptiest clusters that are offered to every other for merging."""
LOWEST = -(2**60)


@njit
def level(gain: int) -> int:
    """Gain bucket, 0..255: sign, power of two and its next two bits, so that int64 gains need few buckets."""
    size = abs(gain)
    if size < 4:
        return MIDDLE + gain
    power = 0
    while size >> power >= 8:
        power += 1
    step = min(127, 4 * power + (size >> power))
    return MIDDLE + step if gain > 0 else MIDDLE - step


@njit
def unlink(head: I64, after: I64, before: I64, where: I64, atom: int) -> None:
    """Take `atom` out of its bucket."""
    if before[atom] >= 0:
        after[before[atom]] = after[atom]
    else:
        head[where[atom]] = after[atom]
    if after[atom] >= 0:
        before[after[atom]] = before[atom]
    where[atom] = -1


@njit
def link(head: I64, after: I64, before: I64, where: I64, atom: int, bucket: int) -> None:
    """Put `atom` on top of a bucket."""
    where[atom] = bucket
    after[atom], before[atom] = head[bucket], -1
    if head[bucket] >= 0:
        before[head[bucket]] = atom
    head[bucket] = atom


@njit
def outlook(
    problem: Problem, state: State, limits: Limits, scratch: Scratch, atom: int, certain: bool
) -> tuple[int, int]:
    """Best other cluster of the placed `atom`, or -1, and the gain of moving there; legal if `certain`."""
    origin = lift(problem, state, atom)
    found = survey(problem, state, limits, scratch, atom)
    own = saving_at(state, limits, scratch, origin)
    target = best_target(problem, state, limits, scratch, atom, found, origin, wide(LOWEST), certain)
    gain = scratch.saving[target] - own if target >= 0 else LOWEST
    clear(scratch, found)
    place(problem, state, atom, origin)
    return target, gain


@njit
def fm_pass(
    problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64, widest: int, patience: int
) -> int:
    """One pass: best move first, even if it costs, each atom once; back to the best prefix. Returns the cost saved.

    Stops `patience` moves after the last improvement. Nets of more than `widest` atoms do not wake their neighbours.
    Source: Fiduccia, Mattheyses, A linear-time heuristic for improving network partitions, DAC 1982.
    """
    atoms = len(problem.piece)
    head = np.full(2 * MIDDLE, -1, np.int64)
    after, before = np.full(atoms, -1, np.int64), np.full(atoms, -1, np.int64)
    where = np.full(atoms, -1, np.int64)
    locked = np.zeros(atoms, np.bool_)
    log, origins = np.empty(atoms, np.int64), np.empty(atoms, np.int64)
    for atom in order:
        target, gain = outlook(problem, state, limits, scratch, atom, False)
        if target >= 0:
            link(head, after, before, where, atom, level(gain))
    moves, total, best, best_moves = 0, wide(0), wide(0), 0
    top = 2 * MIDDLE - 1
    while top >= 0 and moves - best_moves <= patience:
        atom = head[top]
        if atom < 0:
            top -= 1
            continue
        unlink(head, after, before, where, atom)
        target, gain = outlook(problem, state, limits, scratch, atom, True)
        if target < 0:
            continue
        if level(gain) < top:
            link(head, after, before, where, atom, level(gain))
            continue
        origins[moves] = lift(problem, state, atom)
        place(problem, state, atom, target)
        locked[atom] = True
        log[moves] = atom
        moves += 1
        total += gain
        if total > best:
            best, best_moves = total, moves
        budget = NEIGHBOURS
        for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
            source = wide(problem.row[r])
            first, last = problem.net_ptr[source], problem.net_ptr[source + 1]
            if last - first > widest or problem.weight[source] == 0:
                continue
            for n in range(first, last):
                other = wide(problem.net_atom[n])
                if budget == 0 or locked[other] or other == atom:
                    continue
                budget -= 1
                if where[other] >= 0:
                    unlink(head, after, before, where, other)
                target, gain = outlook(problem, state, limits, scratch, other, False)
                if target >= 0:
                    link(head, after, before, where, other, level(gain))
                    top = max(top, level(gain))
            if budget == 0:
                break
    for m in range(moves - 1, best_moves - 1, -1):
        lift(problem, state, log[m])
        place(problem, state, log[m], origins[m])
    return best


@njit
def survey_merge(problem: Problem, state: State, scratch: Scratch, k: int) -> int:
    """Fill `scratch` with the rows that other clusters share with k and the messages that merging would save."""
    found = 0
    for slot in range(state.key.shape[1]):
        source = wide(state.key[k, slot])
        if source < 0:
            continue
        weight = problem.weight[source]
        nest = state.cluster[state.home[source]] if state.home[source] >= 0 else -1
        if nest >= 0 and nest != k and listeners(state.key, state.heard, nest, source) == 0:
            found = touch(scratch.shared, scratch.touched, nest, found)
            scratch.saving[nest] += weight
        if state.listed[source] > LONG:
            continue
        for h in range(problem.net_ptr[source], problem.net_ptr[source] + state.listed[source]):
            other = wide(state.holder[h])
            if other != k:
                found = touch(scratch.shared, scratch.touched, other, found)
                scratch.shared[other] += 1
                scratch.saving[other] += weight
    atom = state.head[k]
    while atom >= 0:
        piece = problem.piece[atom]
        for m in range(problem.member_ptr[piece], problem.member_ptr[piece + 1]):
            neuron = problem.member[m]
            if state.home[neuron] != atom or listeners(state.key, state.heard, k, neuron) > 0:
                continue
            for h in range(problem.net_ptr[neuron], problem.net_ptr[neuron] + min(LONG, state.listed[neuron])):
                found = touch(scratch.shared, scratch.touched, wide(state.holder[h]), found)
                scratch.saving[state.holder[h]] += problem.weight[neuron]
        atom = state.after[atom]
    return found


@njit
def parts_clash(problem: Problem, state: State, k: int, m: int) -> bool:
    """Whether a part, in neither cluster, of a neuron with a column in k listens to a row of m."""
    if state.usage[k, SPLITS] == 0:
        return False
    atom = state.head[k]
    while atom >= 0:
        piece = problem.piece[atom]
        for other in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
            if state.cluster[other] == k or state.cluster[other] == m:
                continue
            for r in range(problem.row_ptr[other], problem.row_ptr[other + 1]):
                if listeners(state.key, state.heard, m, wide(problem.row[r])) > 0:
                    return True
        atom = state.after[atom]
    return False


@njit
def room_for(state: State, limits: Limits, k: int, m: int, shared: int) -> bool:
    """Whether clusters k and m fit one crossbar when they share that many rows."""
    return bool(
        state.usage[k, ROWS] + state.usage[m, ROWS] - shared <= limits.rows
        and state.usage[k, COLUMNS] + state.usage[m, COLUMNS] <= limits.columns
        and state.usage[k, SYNAPSES] + state.usage[m, SYNAPSES] <= limits.synapses
    )


@njit
def best_partner(
    problem: Problem, state: State, limits: Limits, scratch: Scratch, fill: I64, k: int, found: int
) -> int:
    """Cluster that k may be merged into: the one that saves most, then the fullest, then the first; or -1."""
    touched, count = scratch.touched, 0
    for t in range(found):  # those with room first
        m = touched[t]
        if m != k and room_for(state, limits, k, m, scratch.shared[m]):
            touched[t], touched[count] = touched[count], m
            count += 1
    while count > 0:
        at, best = 0, touched[0]
        for t in range(1, count):
            m = touched[t]
            if (scratch.saving[m], fill[m], -m) > (scratch.saving[best], fill[best], -best):
                at, best = t, m
        if not (parts_clash(problem, state, k, best) or parts_clash(problem, state, best, k)):
            return int(best)
        count -= 1
        touched[at], touched[count] = touched[count], best
    return -1


@njit
def merge_clusters(problem: Problem, state: State, limits: Limits, scratch: Scratch, order: I64) -> int:
    """Merge pairs that fit one crossbar, in `order`, with the partner that saves most, then fills best.

    Merging never costs messages. Returns the number of merges.
    """
    fill = state.usage[:, ROWS] + state.usage[:, COLUMNS]
    alive = order[state.head[order] >= 0]
    after = np.arange(1, len(alive) + 1)  # next of `alive` that still is, from -1 on at the end
    before = np.arange(-1, len(alive) - 1)
    first, merges = 0, 0
    for turn in range(len(alive)):
        k = alive[turn]
        found = survey_merge(problem, state, scratch, k)
        place_in_order = first
        for _ in range(min(POOL, len(alive) - merges)):
            found = touch(scratch.shared, scratch.touched, alive[place_in_order], found)
            place_in_order = after[place_in_order]
        best = best_partner(problem, state, limits, scratch, fill, k, found)
        clear(scratch, found)
        if best < 0:
            continue
        while state.head[k] >= 0:
            atom = state.head[k]
            lift(problem, state, atom)
            place(problem, state, atom, best)
        fill[best] = state.usage[best, ROWS] + state.usage[best, COLUMNS]
        merges += 1
        if turn == first:
            first = after[turn]
        else:
            after[before[turn]] = after[turn]
        if after[turn] < len(alive):
            before[after[turn]] = before[turn]
    return merges


@njit
def choose_homes(problem: Problem, state: State, limits: Limits) -> None:
    """Let every split neuron fire where that saves most messages; its present home wins ties."""
    for piece in range(len(problem.atom_ptr) - 1):
        first, last = problem.atom_ptr[piece], problem.atom_ptr[piece + 1]
        if last - first == 1:
            continue
        for m in range(problem.member_ptr[piece], problem.member_ptr[piece + 1]):
            neuron = problem.member[m]
            best, most = -1, np.int64(-1)
            for turn in range(first - 1, last):
                atom = state.home[neuron] if turn < first else turn
                k = state.cluster[atom]
                steps, _ = sums_at(problem, state, atom, k)
                columns = listeners(state.key, state.heard, k, neuron)
                worth = problem.weight[neuron] * (columns if limits.unicast else min(columns, 1))
                worth += min(limits.window, steps + problem.active[atom])
                if worth > most:
                    best, most = atom, worth
            state.homes[state.home[neuron]] -= 1
            state.homes[best] += 1
            state.home[neuron] = best
