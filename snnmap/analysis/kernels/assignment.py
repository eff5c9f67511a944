"""Bottleneck assignment: entries to lines so that the least score is greatest; raw arrays only."""

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.jit import njit


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
