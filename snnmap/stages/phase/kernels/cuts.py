"""Where a sequence of clusters is best cut into phases, by dynamic programming; raw arrays only."""

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.jit import njit


@njit
def best_cuts(
    ptr: I64, program: F64, step: F64, stored: F64, last: I64, moves: I64, capacity: int, steps: int, out: I64
) -> float:
    """Seconds of the best cut of G groups into phases, infinite if there is none.

    `ptr` (G + 1,) is the first cluster of every group, in the order of the clusters; `program`, `step` (K,) are seconds
    to program a cluster and of a step, `stored` (K,) seconds a step to put away what later groups than the phase's hear
    of it, `last` (K,) the last group that hears it; `moves` (K,) is 1 if the cluster is programmed anew. A phase has at
    most `capacity` of those. It takes the longest of its programmings, and `steps` times the longest of its steps and
    what it puts away. `out` (G + 1,): the first group of the phase that ends before group g.
    """
    groups = len(ptr) - 1
    best = np.full(groups + 1, np.inf)
    best[0] = 0.0
    for end in range(1, groups + 1):
        count = 0
        programming, longest, away = 0.0, 0.0, 0.0
        for first in range(end - 1, -1, -1):
            for k in range(ptr[first], ptr[first + 1]):
                count += moves[k]
                longest = max(longest, step[k])
                if moves[k] == 1:
                    programming = max(programming, program[k])
                if last[k] >= end:
                    away += stored[k]
            if count > capacity:
                break
            seconds = best[first] + programming + steps * (longest + away)
            if seconds < best[end]:
                best[end] = seconds
                out[end] = first
    return float(best[groups])
