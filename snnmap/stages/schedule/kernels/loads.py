"""Loops over the flits that messages meet on their way; raw arrays only."""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit


@njit
def flits_met(ptr: I64, link: I64, load_ptr: I64, producer: I64, flits: I64, producers: int) -> I64:
    """Flits of all producers that share a link with every route, each counted once, at its most; int64 (routes,).

    `ptr`, `link`: CSR of routes; `load_ptr`, `producer`, `flits`: CSR by link of what every producer sends over it, or
    how long that takes.
    """
    met = np.zeros(len(ptr) - 1, np.int64)
    seen = np.full(producers, -1, np.int64)
    most = np.zeros(producers, np.int64)
    for route in range(len(met)):
        for at in range(ptr[route], ptr[route + 1]):
            for k in range(load_ptr[link[at]], load_ptr[link[at] + 1]):
                p = producer[k]
                if seen[p] != route:
                    seen[p], most[p] = route, 0
                if flits[k] > most[p]:
                    met[route] += flits[k] - most[p]
                    most[p] = flits[k]
    return met
