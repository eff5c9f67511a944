"""A first half of a hypergraph: vertices join it one by one, those that its nets pull most first."""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.heap import pop, push, rise
from snnmap.stages.partition.kernels.hypergraph import Hypergraph
from snnmap.stages.partition.kernels.state import wide

FINE = 720_720
"""Pull of one message of a net is this over its other vertices: a whole number for nets of up to 16 vertices."""
LARGE = 64
"""Nets of more vertices pull when the first and when the last but one of them joins, not in between."""


@njit
def grown_half(graph: Hypergraph, start: int, most: int, side: I64) -> None:
    """Fill `side` (V,): 0 for vertices that joined the half of `start`, at most `most` columns, 1 for the others.

    Greedy hypergraph growing, as Catalyurek, Aykanat, IEEE TPDS 10(7), 1999, begin.
    """
    count = len(side)
    side[:] = 1
    pull, heap, place = np.zeros(count, np.int64), np.empty(count, np.int64), np.full(count, -1, np.int64)
    done, joined = np.zeros(count, np.bool_), np.zeros(len(graph.weight), np.int64)
    size, load, at, vertex = 0, 0, 0, wide(start)
    while vertex >= 0 and load < most:
        done[vertex] = True
        if load + graph.width[vertex] <= most:
            side[vertex] = 0
            load += graph.width[vertex]
            for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
                net = graph.vertex_net[k]
                first, last = graph.net_ptr[net], graph.net_ptr[net + 1]
                joined[net] += 1
                left = last - first - joined[net]
                if joined[net] > 1 and left > 1 and last - first > LARGE:
                    continue
                worth = graph.weight[net] * FINE // (last - first - 1) + (graph.weight[net] * FINE if left == 1 else 0)
                for i in range(first, last):
                    other = wide(graph.pin[i])
                    if done[other]:
                        continue
                    pull[other] += worth
                    if place[other] < 0:
                        size = push(heap, place, pull, size, other)
                    else:
                        rise(heap, place, pull, place[other])
        vertex = wide(-1)
        if size > 0:
            vertex = heap[0]
            size = pop(heap, place, pull, size)
        while vertex < 0 and at < count:
            vertex = wide(at) if not done[at] else -1
            at += 1
