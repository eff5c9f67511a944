"""Loop of wiring for little error: exchanges of two lines of one side of a crossbar, in integers: sums are exact."""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit


@njit
def descend(flow: I64, reach: I64, linear: I64, entry: I64, passes: int) -> int:
    """Exchange lines while that lowers sum of flow[u, v] reach[u, v] + sum of linear[entry of u, u], over lines u, v.

    Parameters
    ----------
    flow
        (N, N) symmetric, between what stands on two lines; changed along with `entry`.
    reach
        (N, N) symmetric, by line.
    linear
        (N, N) by entry and line.
    entry
        (N,) entry on every line, those that are none included; changed.
    passes
        Most passes over all pairs.

    Returns
    -------
    int
        What was saved.
    """
    n = len(entry)
    saved = int(np.int64(0))
    for _ in range(passes):
        before = saved
        for u in range(n):
            for v in range(u + 1, n):
                a, b = entry[u], entry[v]
                mine, other, here, there = flow[u], flow[v], reach[u], reach[v]
                shared = int(np.int64(0))
                for w in range(n):
                    shared += (mine[w] - other[w]) * (there[w] - here[w])
                shared -= (mine[u] - other[u]) * (there[u] - here[u]) + (mine[v] - other[v]) * (there[v] - here[v])
                change = 2 * shared + (mine[u] - other[v]) * (there[v] - here[u])
                change += linear[a, v] - linear[a, u] + linear[b, u] - linear[b, v]
                if change < 0:
                    entry[u], entry[v] = b, a
                    for w in range(n):
                        flow[u, w], flow[v, w] = flow[v, w], flow[u, w]
                    for w in range(n):
                        flow[w, u], flow[w, v] = flow[w, v], flow[w, u]
                    saved -= change
        if saved == before:
            break
    return saved
