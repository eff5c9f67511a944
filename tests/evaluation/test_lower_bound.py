"""The lower bound is below every order of every tile, by brute force; what it leaves out, and what it says."""

from dataclasses import replace
from itertools import permutations, product
from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import largest_ratio
from support.dataflow_graphs import channel_list
from support.schedule_cases import random_case, view_of
from support.several_chips import divided

import snnmap
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.lower_bound import MESSAGE, lower_bound, without_orders, zero_load
from snnmap.pipeline.compile import Compiled
from snnmap.render.timing import limited_by
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule, build_sdfg, with_orders
from snnmap.stages.schedule.rounds import retimed

SEEDS = st.integers(0, 2**32 - 1)
ORDERS = 150
"""Most orders tried by brute force."""


def scheduled(case):
    return ListSchedule(swaps=15)(case.problem, Run(np.random.default_rng(0)))


def tiles_of(sdfg):
    return [
        [a for a, r in enumerate(sdfg.resource.tolist()) if r == t] for t in sorted({*sdfg.resource.tolist()} - {-1})
    ]


def kept(case, worst, orders):
    """Times with each read programmed only behind one of another cluster; `worst` programs every read."""
    time = worst.time.tolist()
    cluster = [int(n[1:].split("/")[0]) if n.endswith("/read") else -1 for n in worst.name]
    for order in orders:
        reads = [a for a in order if cluster[a] >= 0]
        shared = len({int(worst.name[a][1:].split("/")[0]) for a in order}) > 1
        for before, read in zip(reads[-1:] + reads, reads, strict=False):
            if shared and cluster[before] == cluster[read]:
                time[read] -= 50_000 * len(case.clusters[cluster[read]][0])
    return time


def fastest(case):
    """Ticks per step of the best order of all, messages waiting for nobody."""
    worst = build_sdfg(*case.stage)
    ratios = []
    for orders in product(*(permutations(t) for t in tiles_of(worst))):
        time = kept(case, worst, orders)
        ratio = largest_ratio(len(time), channel_list(with_orders(worst, orders)), time)
        ratios += [] if ratio is None else [ratio]
    return min(ratios)


@pytest.mark.parametrize("buffer_tokens", [1, 2])
def test_no_order_of_the_tiles_is_faster(buffer_tokens):
    tried = 0
    for seed in range(150):
        case = random_case(seed, shared=True, buffer_tokens=buffer_tokens)
        sdfg, schedule = scheduled(case)
        if not 1 < prod(factorial(len(tile)) for tile in tiles_of(sdfg)) <= ORDERS:
            continue
        found = lower_bound(view_of(case, sdfg, schedule))
        period = schedule.period_numerator * sdfg.tick
        best = float(fastest(case)) * 1e-12
        assert found.seconds <= best * (1 + 1e-9)
        assert best <= period * (1 + 1e-9)
        assert found.gap == pytest.approx(period / found.seconds - 1, abs=1e-9)
        tried += 1
    assert tried > 10


def test_the_bound_is_often_met_and_both_reasons_occur():
    reasons, met = set(), 0
    for seed in range(90):
        case = random_case(seed, shared=bool(seed % 2), flit_time=1 + 19 * (seed % 3 == 0))
        found = lower_bound(view_of(case, *scheduled(case)))
        reasons.add(found.tile is None)
        met += found.gap < 1e-9
        assert found.gap >= 0
        assert (found.tile is None) == bool(found.cycle)
    assert reasons == {True, False}
    assert met > 10


def test_it_is_the_larger_of_work_and_cycles_with_programming_where_it_cannot_be_avoided():
    reasons = set()
    for seed in range(60):
        case = random_case(seed, shared=True, buffer_tokens=1, hop_time=0, flit_time=0, row_time=60, column_time=90)
        sdfg, schedule = scheduled(case)
        worst = build_sdfg(*case.stage)
        cluster = [int(n[1:].split("/")[0]) if n.endswith("/read") else -1 for n in worst.name]
        work, time = [], worst.time.tolist()
        for actors in tiles_of(worst):
            clusters = {int(worst.name[a][1:].split("/")[0]) for a in actors}
            programming = {k: 50_000 * len(case.clusters[k][0]) if len(clusters) > 1 else 0 for k in clusters}
            reads = [a for a in actors if cluster[a] >= 0]
            for a in reads:
                time[a] -= programming[cluster[a]]
            work.append(sum(time[a] for a in actors) + sum(programming.values()))
            for a in reads:
                time[a] += programming[cluster[a]] if cluster.count(cluster[a]) == 1 else 0
        cycles = maximum_cycle_ratio(replace(worst, time=np.array(time)))[0]
        found = lower_bound(view_of(case, sdfg, schedule))
        assert found.seconds == pytest.approx(float(max(*work, cycles)) * 1e-12)
        reasons.add((found.tile is None, cycles > max(work)))
    assert reasons == {(True, True), (False, False)}


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans())
def test_taking_the_orders_out_gives_the_graph_before_they_went_in(seed, shared):
    case = random_case(seed, shared=shared)
    sdfg, schedule = scheduled(case)
    unordered = retimed(build_sdfg(*case.stage), schedule.lags())
    assert sorted(channel_list(without_orders(sdfg, schedule))) == sorted(channel_list(unordered))


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans())
def test_messages_alone_last_as_long_as_the_scheduler_says_without_contention(seed, shared):
    case = random_case(seed, shared=shared)
    actors, ticks = zero_load(view_of(case, *scheduled(case)))
    assert ticks.tolist() == build_sdfg(*case.stage).time[actors].tolist()


GRIDS = st.sampled_from([(3, 1), (1, 3), (3, 3)])


@settings(max_examples=30, deadline=None)
@given(SEEDS, GRIDS, st.booleans())
def test_messages_alone_between_chips_last_as_long_and_others_no_longer(seed, grid, end_of_step):
    """Of a message within a chip its flits may follow each other slowly because some go on to another chip."""
    case = random_case(seed)
    case = replace(case, hardware=divided(replace(case.hardware, end_of_step=end_of_step), *grid))
    view = view_of(case, *scheduled(case))
    actors, ticks = zero_load(view)
    expected = build_sdfg(*case.stage).time[actors]
    ends = [MESSAGE.fullmatch(view.mapping.sdfg.name[a]) for a in actors.tolist()]
    tile, mesh = case.placement.tile, case.hardware.topology
    origin = [case.hardware.port_tile if m[2] is None else int(tile[int(m[2])]) for m in ends]
    crosses = np.array([mesh.borders(a, int(tile[int(m[5])])) > 0 for a, m in zip(origin, ends, strict=True)], bool)
    assert ticks[crosses].tolist() == expected[crosses].tolist()
    assert np.all(ticks <= expected)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans(), st.one_of(st.just((1, 1)), GRIDS))
def test_on_a_best_effort_network_they_are_never_longer_than_behind_others(seed, shared, grid):
    case = random_case(seed, shared=shared, noc="best-effort")
    case = replace(case, hardware=divided(case.hardware, *grid))
    sdfg, schedule = scheduled(case)
    actors, ticks = zero_load(view_of(case, sdfg, schedule))
    assert np.all(ticks <= sdfg.time[actors])
    assert np.all(ticks >= 0)


def test_it_stands_beside_the_period(compiled: Compiled) -> None:
    found = bottleneck(compiled.view)
    assert found is not None
    assert found.least is not None
    metrics = {m.name: m for m in snnmap.evaluate(compiled.mapping, compiled.graph, compiled.hardware).metrics}
    bound, gap = metrics["period_bound_s"], metrics["period_gap_share"]
    assert (bound.unit, gap.unit) == ("s", "1")
    assert bound.value == pytest.approx(found.least.seconds)
    assert gap.value == pytest.approx(metrics["period_s"].value / bound.value - 1, abs=1e-8)
    assert "no schedule" in bound.basis
    said = limited_by(found)[-1]
    assert said.startswith("lower bound")
    assert said.endswith("% above it")


def test_nothing_to_do_has_no_bound(compiled: Compiled) -> None:
    mapping = compiled.mapping
    idle = replace(mapping, sdfg=replace(mapping.sdfg, time=np.zeros_like(mapping.sdfg.time)))
    assert lower_bound(replace(compiled.view, mapping=replace(idle, schedule=replace(idle.schedule, order=())))) is None
