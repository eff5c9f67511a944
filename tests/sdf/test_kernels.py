"""Loops on dataflow graphs that only propose: where they start from, against every walk."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from support.dataflow_graphs import graphs, live, sdfg

from snnmap.sdf.graph import channels_of
from snnmap.sdf.kernels.cycles import closed_walk, longest_walks


def started(case):
    """Channels, lengths of the longest walks without tokens, their last channels, and the cycle that is closed."""
    graph = sdfg(*case)
    c = channels_of(graph)
    d, via = np.empty(len(graph.time)), np.empty(len(graph.time), np.int64)
    longest_walks(c.ptr, c.consumer, c.tokens, graph.time, c.order, d, via)
    cycle = closed_walk(c.producer, c.consumer, c.tokens, graph.time, c.order, d, via)
    return graph, c, d, via, cycle.tolist()


@settings(max_examples=100, deadline=None)
@given(graphs().filter(live))
def test_the_best_cycle_that_one_channel_closes(case):
    judged(case)


def test_the_same_where_many_walks_branch():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        pairs = rng.integers(0, 14, (40, 2)).tolist()
        channels = [(a, b, 1, 1, int(rng.integers(0, 2)) if a < b else int(rng.integers(1, 4))) for a, b in pairs]
        judged((rng.integers(0, 9, 14).tolist(), channels))


def judged(case):
    graph, c, d, via, cycle = started(case)
    time = graph.time.tolist()
    behind = {}
    for v in c.order.tolist():
        u = int(c.producer[via[v]]) if via[v] >= 0 else None
        behind[v] = [*(behind[u] if u is not None else []), v]
        assert d[v] == sum(time[a] for a in behind[v][:-1])
    ends = list(zip(c.producer.tolist(), c.consumer.tolist(), c.tokens.tolist(), strict=True))
    for u, v, n in ends:
        assert n > 0 or d[v] >= d[u] + time[u]
    closed = [
        Fraction(sum(time[a] for a in behind[u][behind[u].index(v) :]), n) for u, v, n in ends if n and v in behind[u]
    ]
    best = max(closed, default=Fraction(0))
    tokens = sum(next(n for u, v, n in ends if (u, v) == pair) for pair in pairwise([*cycle, *cycle[:1]]))
    assert (Fraction(sum(time[a] for a in cycle), tokens) if cycle else 0) == best
