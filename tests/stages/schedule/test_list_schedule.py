"""Static orders: legal, never better than their bound, what they promise is kept, and the verifier agrees."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles.dataflow import largest_ratio, simulate
from support.dataflow_graphs import channel_list
from support.schedule_cases import mapping_of, random_case

from snnmap.ir import Sdfg
from snnmap.legality.dataflow import dataflow_violations
from snnmap.legality.recount import recount
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.sdf.simulate import self_timed
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ALGORITHMS, ListSchedule, build_sdfg, tile_orders, with_orders

SEEDS = st.integers(0, 2**32 - 1)


QUICK = {"list": ListSchedule(swaps=15)}
"""Every registered algorithm, with little search."""


def test_every_algorithm_is_tested():
    assert QUICK.keys() == ALGORITHMS.keys()


def scheduled(case, algorithm="list", seed=0):
    return QUICK[algorithm](case.problem, Run(np.random.default_rng(seed)))


def violations(case, sdfg, schedule):
    """What the verifier's schedule rules say."""
    mapping = mapping_of(case, sdfg, schedule)
    return dataflow_violations(mapping, case.graph, case.hardware, recount(case.graph, case.clustering))


@pytest.mark.parametrize("algorithm", QUICK)
@settings(max_examples=25, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 3))
def test_schedule_is_legal_and_the_verifier_agrees(algorithm, seed, shared, buffer_tokens):
    case = random_case(seed, shared=shared, buffer_tokens=buffer_tokens)
    sdfg, schedule = scheduled(case, algorithm)
    assert violations(case, sdfg, schedule) == []
    assert schedule.start.min() == 0
    begin = schedule.start + schedule.lags() * schedule.period_numerator
    assert schedule.latency == (begin + sdfg.time).max() - begin.min()
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    for producer, consumer, _, _, tokens in channel_list(sdfg):
        assert schedule.start[consumer] >= schedule.start[producer] + sdfg.time[producer] - tokens * period
    placed = {t: {a for a, r in enumerate(sdfg.resource.tolist()) if r == t} for t in schedule.tiles.tolist()}
    assert sum(map(len, placed.values())) == int(np.sum(sdfg.resource >= 0))
    edges = {(s, t): n for s, t, _, _, n in sorted(channel_list(sdfg), key=lambda c: -c[-1])}
    for tile, order in zip(schedule.tiles.tolist(), schedule.order, strict=True):
        assert set(order) == placed[tile]
        assert len(order) == len(placed[tile])
        assert all(edges[a, b] == 0 for a, b in pairwise(order))
        assert edges[order[-1], order[0]] <= 1


def test_the_verifier_says_no_to_a_shorter_period_and_an_early_start():
    case = random_case(11)
    sdfg, schedule = scheduled(case)
    shorter = replace(schedule, period_numerator=schedule.period_numerator - 1)
    late = np.array(schedule.start)
    late[np.argmax(late)] -= 1
    for wrong in (shorter, replace(schedule, start=late)):
        assert violations(case, sdfg, wrong)


@pytest.mark.parametrize("algorithm", QUICK)
def test_equal_seeds_give_equal_schedules(algorithm):
    case = random_case(17, shared=True)
    (first, one), (second, two) = (scheduled(case, algorithm, seed=4) for _ in range(2))
    assert one.order == two.order
    assert one.start.tobytes() == two.start.tobytes()
    assert (one.period_numerator, one.critical, first.name) == (two.period_numerator, two.critical, second.name)


@settings(max_examples=15, deadline=None)
@given(SEEDS, SEEDS)
def test_any_times_up_to_the_worst_case_keep_the_guarantee(seed, draw):
    case = random_case(seed, shared=True)
    sdfg, schedule = scheduled(case)
    rng, steps = np.random.default_rng(draw), 8
    times = rng.integers(0, sdfg.time + 1, (steps, len(sdfg.time)))
    start = self_timed(sdfg, steps, times)
    ran = simulate(len(sdfg.time), channel_list(sdfg), lambda a, k: int(times[k, a]), [steps] * len(sdfg.time))
    assert start.T.tolist() == ran
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    for n in range(steps):
        assert np.all(start[n] <= schedule.start + n * period)
        assert (start[n] + times[n]).max() <= schedule.latency + n * period


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_order_costs_throughput_and_buffers_and_time_are_monotone(seed):
    tight, sdfg = (build_sdfg(*random_case(seed, buffer_tokens=b).stage) for b in (1, 4))
    orders = tile_orders(tight, np.zeros(len(tight.time), np.int64))
    ordered = maximum_cycle_ratio(with_orders(sdfg, orders))[0]
    assert ordered <= maximum_cycle_ratio(with_orders(tight, orders))[0]
    assert ordered >= maximum_cycle_ratio(sdfg)[0]
    slower = replace(sdfg, time=sdfg.time + 7)
    assert maximum_cycle_ratio(with_orders(slower, orders))[0] >= ordered


def test_time_is_scaled_where_the_period_is_a_fraction():
    for seed in range(200):
        case = random_case(seed, buffer_tokens=2, hop_time=137, noc="best-effort")
        sdfg, schedule = scheduled(case)
        if sdfg.tick < 1e-12:
            break
    else:
        pytest.fail("no case with a fractional period")
    scale = round(1e-12 / sdfg.tick)
    assert schedule.period_denominator == 1
    assert np.all(sdfg.time % scale == 0)
    assert schedule.period_numerator % scale != 0
    assert violations(case, sdfg, schedule) == []


@st.composite
def shared_work(draw):
    """Up to 6 actors on two tiles with forward channels and one back: small enough for every order."""
    actors = draw(st.integers(2, 6))
    time = draw(st.lists(st.integers(1, 9), min_size=actors, max_size=actors))
    tile = draw(st.lists(st.integers(0, 1), min_size=actors, max_size=actors))
    pairs = draw(st.lists(st.tuples(st.integers(0, actors - 1), st.integers(0, actors - 1)), max_size=8))
    channels = [(s, t, 1, 1, int(s >= t)) for s, t in pairs] + [(a, a, 1, 1, 1) for a in range(actors)]
    columns = [np.array(c, np.int64) for c in zip(*channels, strict=True)]
    s, t, p, c, n = columns
    names = tuple(f"a{a}" for a in range(actors))
    return Sdfg(names, np.array(time), np.array(tile, np.int32), s.astype(np.int32), t.astype(np.int32), p, c, n, 1e-12)


def best_of_all_orders(sdfg):
    tiles = [[a for a, r in enumerate(sdfg.resource.tolist()) if r == t] for t in range(2)]
    ratios = []
    for orders in product(*(permutations(t) for t in tiles)):
        ratio = largest_ratio(len(sdfg.time), channel_list(with_orders(sdfg, orders)), sdfg.time.tolist())
        ratios += [] if ratio is None else [ratio]
    return min(ratios)


@settings(max_examples=25, deadline=None)
@given(shared_work())
def test_no_order_beats_the_best_of_all_and_every_order_is_live(sdfg):
    orders = tile_orders(sdfg, np.arange(len(sdfg.time))[::-1].copy())
    found = maximum_cycle_ratio(with_orders(sdfg, orders))[0]
    assert found == largest_ratio(len(sdfg.time), channel_list(with_orders(sdfg, orders)), sdfg.time.tolist())
    assert found >= best_of_all_orders(sdfg)


def test_list_order_follows_priority_and_waits_for_tokens():
    s, t, n = np.array([0, 1, 2, 3, 0]), np.array([0, 1, 2, 3, 3]), np.array([1, 1, 1, 1, 0])
    ones = np.ones(5, np.int64)
    sdfg = Sdfg(("a", "b", "c", "d"), np.array([5, 2, 2, 1]), np.array([0, 1, 1, 1]), s, t, ones, ones, n, 1e-12)
    assert tile_orders(sdfg, np.array([0, 1, 2, 9])) == ((0,), (2, 1, 3))
    assert tile_orders(sdfg, np.array([0, 2, 1, 9])) == ((0,), (1, 2, 3))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_reads_of_one_cluster_in_a_row_are_programmed_once(seed):
    case = random_case(seed, shared=True)
    worst = build_sdfg(*case.stage)
    sdfg, schedule = scheduled(case)
    assume(np.bincount(case.placement.tile).max() > 1)
    scale = round(1e-12 / sdfg.tick)
    cluster = [int(name[1:].split("/")[0]) if name.endswith("/read") else -1 for name in sdfg.name]
    for order in schedule.order:
        reads = [a for a in order if cluster[a] >= 0]
        for before, read in zip([reads[-1], *reads], reads, strict=False):
            shared = np.sum(case.placement.tile == case.placement.tile[cluster[read]]) > 1
            again = shared and cluster[before] == cluster[read]
            saved = 50_000 * len(case.clusters[cluster[read]][0]) if again else 0
            assert sdfg.time[read] == scale * (worst.time[read] - saved)


def test_swaps_shorten_the_period_and_stop_at_the_bound():
    gained = 0
    for seed in range(8):
        case = random_case(seed, shared=True)
        costs = []
        for swaps in (0, 40):
            sdfg, schedule = ListSchedule(swaps=swaps)(case.problem, Run(np.random.default_rng(1)))
            assert violations(case, sdfg, schedule) == []
            costs.append(schedule.period_numerator * sdfg.tick)
        assert costs[1] <= costs[0] * (1 + 1e-12)
        gained += costs[1] < costs[0] * (1 - 1e-9)
    assert gained > 0


def test_one_cluster_of_one_level_per_tile_meets_the_bound_without_a_draw():
    case = random_case(21, noc="best-effort")
    assert all(len({case.level[n] for n in columns}) == 1 for _, columns in case.clusters)
    rng = np.random.default_rng(1)
    sdfg, schedule = ListSchedule()(case.problem, Run(rng))
    bound = maximum_cycle_ratio(build_sdfg(*case.stage))[0]
    assert schedule.period_numerator * sdfg.tick == pytest.approx(float(bound) * 1e-12)
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state
