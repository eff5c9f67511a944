"""Cycle ratios, deadlock and periodic starts against all cycles."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from oracles.dataflow import largest_ratio
from support.dataflow_graphs import channel_list, graphs, live, sdfg

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.sdf.graph import channels_of
from snnmap.sdf.kernels.cycles import policy_iteration
from snnmap.sdf.ratio import maximum_cycle_ratio, periodic


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_ratio_equals_that_of_all_cycles_or_deadlock_is_named(case):
    time, channels = case
    expected = largest_ratio(len(time), channels, time)
    if expected is None:
        with pytest.raises(InfeasibleError, match=r"deadlock") as raised:
            maximum_cycle_ratio(sdfg(time, channels))
        names = raised.value.resource.removeprefix("initial tokens on the cycle ").split(" -> ")
        for a, b in pairwise(names):
            assert any((f"a{c[0]}", f"a{c[1]}", c[4]) == (a, b, 0) for c in channels)
        return
    ratio, cycle = maximum_cycle_ratio(sdfg(time, channels))
    assert ratio == expected
    if not cycle:
        assert ratio == 0
        return
    tokens = [min(c[4] for c in channels if c[:2] == (a, b)) for a, b in pairwise([*cycle, cycle[0]])]
    assert Fraction(sum(time[a] for a in cycle), sum(tokens)) == ratio


@pytest.mark.parametrize("patience", [0, 2, 1000])
@settings(max_examples=70, deadline=None)
@given(graphs().filter(live))
def test_the_proposal_is_already_the_ratio_on_small_graphs(patience, case):
    time, channels = case
    assert proposed(sdfg(time, channels), patience, 1000) == largest_ratio(len(time), channels, time)


def proposed(graph, patience, rounds):
    """Ratio of the cycle that policy iteration proposes after so many rounds."""
    sorted_ = channels_of(graph)
    ends = (sorted_.ptr, sorted_.producer, sorted_.consumer, sorted_.tokens)
    cycle = policy_iteration(*ends, graph.time, sorted_.order, patience, rounds).tolist()
    channels = channel_list(graph)
    tokens = [min(c[4] for c in channels if c[:2] == (a, b)) for a, b in pairwise([*cycle, *cycle[:1]])]
    return Fraction(sum(graph.time[a] for a in cycle), sum(tokens)) if cycle else 0


def test_a_long_walk_without_tokens_is_found_at_once_when_patience_ends():
    actors = 300
    rng = np.random.default_rng(0)
    walk = [(k, k + 1, 1, 1, 0) for k in range(actors - 1)]
    back = [(int(a), int(b), 1, 1, 1) for a, b in rng.integers(0, actors, (500, 2)) if a >= b]
    graph = sdfg(rng.integers(1, 100, actors), [*walk, *back, (actors - 1, 0, 1, 1, 1)])
    whole = int(graph.time.sum())
    assert proposed(graph, 0, 1) == whole
    assert proposed(graph, 1000, 5) < whole
    assert proposed(graph, 3, 5) == whole
    assert maximum_cycle_ratio(graph)[0] == whole


def test_channels_are_sorted_alike_as_one_number_and_as_three():
    rng = np.random.default_rng(4)
    channels = [(0, 0, 1, 1, 1)] + [(int(a), int(b), 1, 1, int(n)) for a, b, n in rng.integers(0, 9, (200, 3)) if n]
    few = channels_of(sdfg([1] * 9, channels))
    wide = channels_of(sdfg([1] * 9, [*channels, (0, 0, 1, 1, 2**60)]))
    for name in ("ptr", "producer", "consumer", "tokens", "order"):
        assert getattr(few, name).tolist() == getattr(wide, name).tolist()
    pairs = list(zip(few.producer.tolist(), few.consumer.tolist(), strict=True))
    assert pairs == sorted({c[:2] for c in channels})
    assert few.tokens.tolist() == [min(c[4] for c in channels if c[:2] == pair) for pair in pairs]


@settings(max_examples=100, deadline=None)
@given(graphs(loops=True).filter(live))
def test_periodic_starts_satisfy_every_channel_and_are_the_earliest(case):
    time, channels = case
    schedule = periodic(sdfg(time, channels))
    start = [Fraction(int(s), schedule.scale) for s in schedule.start]
    binding = [False] * len(time)
    for source, target, _, _, tokens in channels:
        slack = start[target] - (start[source] + time[source] - tokens * schedule.period)
        assert slack >= 0
        binding[target] |= slack == 0
    assert all(s == 0 or bound for s, bound in zip(start, binding, strict=True))


def test_buffers_trade_tokens_for_throughput():
    def pipeline(buffer):
        loops = [(a, a, 1, 1, 1) for a in range(3)]
        chain = [(0, 1, 1, 1, 0), (1, 2, 1, 1, 0), (1, 0, 1, 1, buffer), (2, 1, 1, 1, buffer)]
        return maximum_cycle_ratio(sdfg([5, 8, 6], chain + loops))

    assert pipeline(1)[0] == 14
    assert sorted(pipeline(1)[1]) == [1, 2]
    assert pipeline(2) == (Fraction(8), (1,))
    assert pipeline(9) == (Fraction(8), (1,))


def test_fractional_ratio_and_disconnected_parts():
    channels = [(0, 1, 1, 1, 1), (1, 0, 1, 1, 1), (2, 2, 1, 1, 3)]
    ratio, cycle = maximum_cycle_ratio(sdfg([3, 4, 10], channels))
    assert (ratio, sorted(cycle)) == (Fraction(7, 2), [0, 1])
    assert maximum_cycle_ratio(sdfg([3, 4, 11], channels)) == (Fraction(11, 3), (2,))
    assert maximum_cycle_ratio(sdfg([], [])) == (Fraction(0), ())


def test_exact_where_floating_point_is_not():
    close = 10**12
    channels = [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1000), (2, 3, 1, 1, 0), (3, 2, 1, 1, 1000)]
    ratio, cycle = maximum_cycle_ratio(sdfg([close, close, close, close + 1], channels))
    assert (ratio, sorted(cycle)) == (Fraction(2 * close + 1, 1000), [2, 3])
    with pytest.raises(InputError, match="coarser tick"):
        maximum_cycle_ratio(sdfg([2**60, 1], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 7)]))
