"""Rates: repetition vectors, and graphs of rate 1 that fire as tokens do."""

from fractions import Fraction
from math import gcd

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import simulate
from support.dataflow_graphs import multirate, sdfg

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.sdf.expand import expand, repetition_vector
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.sdf.simulate import self_timed


def connected(actors, channels):
    graph = nx.Graph()
    graph.add_nodes_from(range(actors))
    graph.add_edges_from(channel[:2] for channel in channels)
    return nx.connected_components(graph)


@settings(max_examples=60, deadline=None)
@given(multirate(), st.integers(0, 2**32 - 1))
def test_expansion_fires_as_the_tokens_do(case, seed):
    time, channels = case
    graph = sdfg(time, channels)
    repeat, rounds = repetition_vector(graph), 5
    for source, target, production, consumption, _ in channels:
        assert repeat[source] * production == repeat[target] * consumption
    assert all(gcd(*(repeat[a] for a in part)) == 1 for part in connected(len(time), channels))
    expanded = expand(graph)
    assert expanded.actor.tolist() == [a for a, r in enumerate(repeat) for _ in range(r)]
    times = np.random.default_rng(seed).integers(0, expanded.graph.time + 1, (rounds, len(expanded.actor)))
    first = np.concatenate([[0], np.cumsum(repeat)])
    start = self_timed(expanded.graph, rounds, times)
    ran = simulate(
        len(time),
        channels,
        lambda a, k: int(times[k // repeat[a], first[a] + k % repeat[a]]),
        [rounds * r for r in repeat],
    )
    for a in range(len(time)):
        assert start[:, first[a] : first[a + 1]].reshape(-1).tolist() == ran[a]


def test_multirate_ratio_by_hand():
    # a (1 tick) makes 2 tokens, b (3 ticks) takes 3: a fires 3 times, b twice per iteration; room for 4 tokens
    channels = [(0, 0, 1, 1, 1), (1, 1, 1, 1, 1), (0, 1, 2, 3, 0), (1, 0, 3, 2, 4)]
    assert repetition_vector(sdfg([1, 3], channels)) == (3, 2)
    ratio, cycle = maximum_cycle_ratio(sdfg([1, 3], channels))
    start = simulate(2, channels, lambda a, _: (1, 3)[a], [600, 400])
    assert Fraction(start[1][399] - start[1][199], 100) == ratio
    assert set(cycle) <= {0, 1}
    with pytest.raises(InfeasibleError, match="deadlock"):
        maximum_cycle_ratio(sdfg([1, 3], [*channels[:3], (1, 0, 3, 2, 2)]))
    with pytest.raises(InputError, match="inconsistent"):
        maximum_cycle_ratio(sdfg([1, 3], [*channels, (0, 1, 1, 1, 0)]))
