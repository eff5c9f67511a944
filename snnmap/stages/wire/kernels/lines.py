"""Loops of the wiring search, on one crossbar: m row entries, n column entries, R x C physical lines.

A cell scores quality / activity, in float64: one division, so the same bits everywhere.
"""

import numpy as np

from snnmap.core.arrays import F64, I32, I64
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
