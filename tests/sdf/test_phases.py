"""Cyclo-static graphs fire as their tokens do, with and without overlap."""

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import run_phases
from support.phased_graphs import cyclostatic, phased_graph

from snnmap.core.errors import InputError
from snnmap.ir import Sdfg
from snnmap.sdf.phases import firings
from snnmap.sdf.simulate import self_timed
from snnmap.sdf.throughput import analyse


def single(found):
    """Firings as a graph of rate 1."""
    ones = np.ones(len(found.producer), np.int64)
    names = tuple(str(k) for k in range(len(found.time)))
    nowhere = np.full(len(names), -1, np.int32)
    return Sdfg(names, found.time, nowhere, found.producer, found.consumer, ones, ones, found.tokens, 1.0)


@settings(max_examples=150, deadline=None)
@given(cyclostatic(), st.booleans())
def test_firings_start_as_the_tokens_let_them(case, overlap):
    time, channels = case
    graph, rounds = phased_graph(time, channels), 4
    answer = analyse(graph, auto_concurrency=overlap)
    repeat = answer.repetition
    for s, t, made, taken, _ in channels:
        assert repeat[s] // len(made) * sum(made) == repeat[t] // len(taken) * sum(taken)
    ran = run_phases(time, channels, [rounds * r for r in repeat], overlap)
    complete = all(len(start) == rounds * r for start, r in zip(ran, repeat, strict=True))
    assert answer.live == complete
    if not complete:
        return
    cycles = tuple(r // len(t) for r, t in zip(repeat, time, strict=True))
    start = self_timed(single(firings(graph, cycles, overlap)), rounds)
    for a, (first, last) in enumerate(zip(answer.first, answer.first[1:], strict=False)):
        assert start[:, first:last].reshape(-1).tolist() == ran[a]


def test_by_hand():
    # a makes 0, 2, 1 in phases of 1, 4, 1 ticks; b takes 1, 2 in phases of 3, 1 ticks
    time, channels = [[1, 4, 1], [3, 1]], [(0, 1, [0, 2, 1], [1, 2], 0)]
    found = firings(phased_graph(time, channels), (1, 1), auto_concurrency=False)
    listed = sorted(zip(found.producer.tolist(), found.consumer.tolist(), found.tokens.tolist(), strict=True))
    assert listed == [(0, 1, 0), (1, 2, 0), (1, 3, 0), (2, 0, 1), (2, 4, 0), (3, 4, 0), (4, 3, 1)]
    assert found.time.tolist() == [1, 4, 1, 3, 1]
    assert analyse(phased_graph(time, channels)).period == 6


def test_a_long_phase_holds_back_the_tokens_of_the_short_one_behind_it():
    # a starts both phases at once; the token of the second is there after 1 tick, but stands behind that of the first
    time, channels = [[9, 1], [1]], [(0, 0, [1, 1], [1, 1], 2), (0, 1, [1, 1], [1], 0), (1, 0, [1], [1, 1], 3)]
    assert run_phases(time, channels, [2, 2], overlap=True) == [[0, 0], [9, 9]]
    found = firings(phased_graph(time, channels), (1, 2), auto_concurrency=True)
    listed = list(zip(found.producer.tolist(), found.consumer.tolist(), found.tokens.tolist(), strict=True))
    assert (0, 3, 0) in listed
    assert (1, 3, 0) in listed


@pytest.mark.parametrize("overlap", [True, False])
def test_an_iteration_of_too_many_firings_is_refused_with_their_number(overlap):
    chain = [(k, k + 1, [100], [1], 0) for k in range(4)]
    edges = sum(accumulate([100] * 4, lambda a, b: a * b)) + (0 if overlap else 101_010_101)
    with pytest.raises(InputError, match=rf"gives 101,010,101 firings and {edges:,} channels; at most 20,000,000"):
        analyse(phased_graph([[1]] * 5, chain), auto_concurrency=overlap)
