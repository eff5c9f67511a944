"""Cycle ratios, deadlock, periodic starts, expansion and self-timed execution against enumeration and tokens."""

from fractions import Fraction
from itertools import pairwise
from math import gcd

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import largest_ratio, simulate

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.ir import Sdfg
from snnmap.sdf import expand
from snnmap.sdf.graph import channels_of
from snnmap.sdf.kernels.cycles import policy_iteration
from snnmap.stages.schedule import maximum_cycle_ratio, periodic, repetition_vector, self_timed


def sdfg(time, channels, tick=1e-12):
    columns = list(zip(*channels, strict=True)) if channels else [()] * 5
    source, target, production, consumption, tokens = (np.array(c, np.int64) for c in columns)
    return Sdfg(
        tuple(f"a{k}" for k in range(len(time))),
        np.array(time, np.int64),
        np.full(len(time), -1, np.int32),
        source.astype(np.int32),
        target.astype(np.int32),
        production,
        consumption,
        tokens,
        tick,
    )


@st.composite
def graphs(draw, loops=False):
    actors = draw(st.integers(1, 6))
    time = draw(st.lists(st.integers(0, 20), min_size=actors, max_size=actors))
    end = st.integers(0, actors - 1)
    channels = draw(st.lists(st.tuples(end, end, st.just(1), st.just(1), st.integers(0, 3)), max_size=14))
    return time, channels + [(a, a, 1, 1, 1) for a in range(actors) if loops]


def live(draw_result):
    time, channels = draw_result
    return largest_ratio(len(time), channels, time) is not None


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


@settings(max_examples=100, deadline=None)
@given(graphs().filter(live))
def test_the_proposal_is_already_the_ratio_on_small_graphs(case):
    time, channels = case
    graph = sdfg(time, channels)
    found = channels_of(graph)
    cycle = policy_iteration(found.origin, found.target, found.tokens, graph.time, 1000).tolist()
    tokens = [min(c[4] for c in channels if c[:2] == (a, b)) for a, b in pairwise([*cycle, *cycle[:1]])]
    proposed = Fraction(sum(time[a] for a in cycle), sum(tokens)) if cycle else 0
    assert proposed == largest_ratio(len(time), channels, time)


@settings(max_examples=100, deadline=None)
@given(graphs(loops=True).filter(live))
def test_periodic_starts_satisfy_every_channel_and_are_the_earliest(case):
    time, channels = case
    found = periodic(sdfg(time, channels))
    start = [Fraction(int(s), found.scale) for s in found.start]
    binding = [False] * len(time)
    for source, target, _, _, tokens in channels:
        slack = start[target] - (start[source] + time[source] - tokens * found.period)
        assert slack >= 0
        binding[target] |= slack == 0
    assert all(s == 0 or bound for s, bound in zip(start, binding, strict=True))


@settings(max_examples=60, deadline=None)
@given(graphs(loops=True).filter(live), st.integers(0, 2**32 - 1))
def test_execution_equals_tokens_and_never_falls_below_the_guarantee(case, seed):
    time, channels = case
    steps = 12
    graph, rng = sdfg(time, channels), np.random.default_rng(seed)
    times = rng.integers(0, np.array(time) + 1, (steps, len(time)))
    start = self_timed(graph, steps, times)
    told = simulate(len(time), channels, lambda a, k: int(times[k, a]), [steps] * len(time))
    assert start.T.tolist() == told
    found = periodic(graph)
    for n in range(steps):
        for a in range(len(time)):
            assert start[n, a] <= Fraction(int(found.start[a]), found.scale) + n * found.period


@settings(max_examples=60, deadline=None)
@given(graphs(loops=True).filter(live))
def test_execution_at_worst_case_times_reaches_exactly_the_ratio(case):
    time, channels = case
    found = periodic(sdfg(time, channels))
    told = simulate(len(time), channels, lambda a, _: time[a], [40] * len(time))
    assert self_timed(sdfg(time, channels), 40).T.tolist() == told
    for a in found.critical:
        for n in range(40):
            assert told[a][n] <= Fraction(int(found.start[a]), found.scale) + n * found.period
    if found.critical:
        a = found.critical[0]
        turns = sum(
            min(c[4] for c in channels if c[:2] == pair) for pair in pairwise([*found.critical, found.critical[0]])
        )
        for n in range(0, 40 - turns, turns):
            assert told[a][n + turns] - told[a][n] >= turns * found.period


def test_a_longer_execution_time_would_break_the_guarantee():
    graph = sdfg([3, 4], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1), (0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])
    found = periodic(graph)
    assert found.period == 7
    start = self_timed(graph, 10, np.array([3, 5]))
    assert start[9, 0] > found.start[0] + 9 * found.period


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


@st.composite
def multirate(draw):
    """A consistent graph: rates from a repetition vector, self-channels, tokens that mostly keep it live."""
    actors = draw(st.integers(1, 4))
    repeat = draw(st.lists(st.integers(1, 4), min_size=actors, max_size=actors))
    time = draw(st.lists(st.integers(0, 9), min_size=actors, max_size=actors))
    channels = [(a, a, 1, 1, 1) for a in range(actors)]
    for _ in range(draw(st.integers(0, 5))):
        s, t = draw(st.integers(0, actors - 1)), draw(st.integers(0, actors - 1))
        scale = draw(st.integers(1, 2))
        production, consumption = repeat[t] * scale, repeat[s] * scale
        least = 0 if s < t else consumption * repeat[t]
        channels.append((s, t, production, consumption, least + draw(st.integers(0, 4))))
    return time, channels


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
    told = simulate(
        len(time),
        channels,
        lambda a, k: int(times[k // repeat[a], first[a] + k % repeat[a]]),
        [rounds * r for r in repeat],
    )
    for a in range(len(time)):
        assert start[:, first[a] : first[a + 1]].reshape(-1).tolist() == told[a]


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


def test_malformed_graphs_are_refused():
    good = sdfg([1, 2], [(0, 1, 1, 1, 0)])
    with pytest.raises(InputError, match="outside the 2"):
        periodic(sdfg([1, 2], [(0, 2, 1, 1, 0)]))
    with pytest.raises(InputError, match="negative"):
        periodic(sdfg([1, -2], [(0, 1, 1, 1, 0)]))
    with pytest.raises(InputError, match="rate below 1"):
        maximum_cycle_ratio(sdfg([1, 2], [(0, 1, 0, 1, 0)]))
    with pytest.raises(InputError, match="expand"):
        periodic(sdfg([1, 2], [(0, 1, 2, 1, 0)]))
    with pytest.raises(InputError, match="shape"):
        self_timed(good, 3, np.ones((2, 2), np.int64))
