"""Loops of the wiring search, on one crossbar: m row entries, n column entries, R x C physical lines.

A cell scores quality / activity, in float64: one division, so the same bits everywhere.
"""

import numpy as np

from snnmap.core.arrays import F64, I32, I64, Bool
from snnmap.core.jit import njit


@njit
def line_scores(ptr: I64, other: I32, at: I64, quality: F64, activity: F64, by_row: bool) -> F64:
    """Worst score of every line entry on every physical line, float64 (entries, physical lines).

    Parameters
    ----------
    ptr, other
        CSR: entries of the crossing direction that each line entry has a cell with.
    at
        Physical line of every crossing entry.
    quality
        (R, C), or its transpose for columns.
    activity
        Of each line entry if `by_row`, of each crossing entry otherwise. Silent cells score infinity.
    """
    lines = quality.shape[0]
    scores = np.full((len(ptr) - 1, lines), np.inf)
    for entry in range(len(ptr) - 1):
        for k in range(ptr[entry], ptr[entry + 1]):
            spikes = activity[entry] if by_row else activity[other[k]]
            if spikes == 0.0:
                continue
            q = at[other[k]]
            for p in range(lines):
                score = quality[p, q] / spikes
                scores[entry, p] = min(scores[entry, p], score)
    return scores


@njit
def entry_score(
    entry: int, line: int, ptr: I64, other: I32, at: I64, quality: F64, activity: F64, by_row: bool
) -> float:
    """Worst score of one line entry on physical `line`; arguments as `line_scores`."""
    worst = np.inf
    for k in range(ptr[entry], ptr[entry + 1]):
        spikes = activity[entry] if by_row else activity[other[k]]
        if spikes > 0.0:
            worst = min(worst, quality[line, at[other[k]]] / spikes)
    return worst


@njit
def descend(
    ptr: I64, other: I32, at: I64, own: I64, holder: I64, quality: F64, activity: F64, by_row: bool, sweeps: int
) -> bool:
    """Move the worst line entry to a free line, or swap it with another, while that raises the pair's minimum.

    `own` (entries,) is the physical line of every entry and `holder` (lines,) the entry on every line or -1; both are
    changed in place. Returns whether anything moved.
    """
    entries, lines = len(own), len(holder)
    score = np.empty(entries)
    for e in range(entries):
        score[e] = entry_score(e, own[e], ptr, other, at, quality, activity, by_row)
    moved = False
    for _ in range(sweeps * entries):
        worst = 0
        for e in range(1, entries):
            if score[e] < score[worst]:
                worst = e
        best_line, best_gain = -1, score[worst]
        for p in range(lines):
            if p == own[worst]:
                continue
            here = entry_score(worst, p, ptr, other, at, quality, activity, by_row)
            if here <= best_gain:
                continue
            if holder[p] >= 0:
                here = min(here, entry_score(holder[p], own[worst], ptr, other, at, quality, activity, by_row))
            if here > best_gain:
                best_line, best_gain = p, here
        if best_line < 0:
            return moved
        partner, left = holder[best_line], own[worst]
        own[worst], holder[best_line], holder[left] = best_line, worst, partner
        score[worst] = entry_score(worst, best_line, ptr, other, at, quality, activity, by_row)
        if partner >= 0:
            own[partner] = left
            score[partner] = entry_score(partner, left, ptr, other, at, quality, activity, by_row)
        moved = True
    return moved


@njit
def augment(allowed: Bool, entry: int, match: I64, seen: Bool, parent: I64, queue: I64) -> bool:
    """Breadth-first search of an augmenting path for `entry` in the bipartite graph `allowed` (entries, lines).

    `match` (lines,) holds the entry on every line or -1 and is changed if a path is found.
    """
    lines = allowed.shape[1]
    seen[:] = False
    head, tail = 0, 1
    queue[0] = entry
    while head < tail:
        e = queue[head]
        head += 1
        for p in range(lines):
            if not allowed[e, p] or seen[p]:
                continue
            seen[p] = True
            parent[p] = e
            if match[p] >= 0:
                queue[tail] = match[p]
                tail += 1
                continue
            line = p
            while line >= 0:
                holder = parent[line]
                previous = -1
                for q in range(lines):
                    if match[q] == holder:
                        previous = q
                        break
                match[line] = holder
                line = previous
            return True
    return False


@njit
def matches_all(allowed: Bool, match: I64) -> bool:
    """Whether every entry can have an allowed line of its own; `match` (lines,) then holds one such matching."""
    entries, lines = allowed.shape
    match[:] = -1
    seen = np.zeros(lines, np.bool_)
    parent = np.empty(lines, np.int64)
    queue = np.empty(entries + 1, np.int64)
    for e in range(entries):
        free = -1
        for p in range(lines):
            if allowed[e, p] and match[p] < 0:
                free = p
                break
        if free >= 0:
            match[free] = e
        elif not augment(allowed, e, match, seen, parent, queue):
            return False
    return True


@njit
def bottleneck(scores: F64, levels: F64) -> I64:
    """Assignment of entries to lines (entries <= lines) whose least score is as large as can be, int64 (entries,).

    `levels` are the distinct values of `scores`, ascending. Exact: binary search over the levels, each decided by a
    maximum bipartite matching (Gross 1959).
    """
    entries, lines = scores.shape
    match, best = np.empty(lines, np.int64), np.empty(lines, np.int64)
    low, high = 0, len(levels) - 1
    matches_all(scores >= levels[0], best)
    while low < high:
        middle = (low + high + 1) // 2
        if matches_all(scores >= levels[middle], match):
            low = middle
            best[:] = match
        else:
            high = middle - 1
    own = np.empty(entries, np.int64)
    for p in range(lines):
        if best[p] >= 0:
            own[best[p]] = p
    return own
