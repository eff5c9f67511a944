"""Rounds: lags keep every cycle ratio and every buffer, and let shared tiles work all the time."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.schedule_cases import random_case

from snnmap.ir import Placement
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule, build_sdfg
from snnmap.stages.schedule import list_schedule as module
from snnmap.stages.schedule.links import placed_on
from snnmap.stages.schedule.rounds import lags_of, retimed

SEEDS = st.integers(0, 2**32 - 1)


def ways(case):
    placed = placed_on(case.graph, case.hardware, case.clustering, case.placement)
    return placed, lags_of(placed, case.hardware.buffer_tokens)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 4))
def test_lags_leave_no_channel_short_and_every_cycle_as_it_is(seed, forward, buffer_tokens):
    case = random_case(seed, shared=True, forward=forward, buffer_tokens=buffer_tokens)
    sdfg = build_sdfg(*case.stage)
    placed, lags = ways(case)
    actors = placed.actors
    for lag in lags:
        later = retimed(sdfg, lag)
        assert later.tokens.min() >= 0
        assert maximum_cycle_ratio(later)[0] == maximum_cycle_ratio(sdfg)[0]
        assert lag.min() == lag[actors.port] == 0
        assert np.array_equal(lag[actors.port + 1 :], lag[placed.messages.producer])
        for k in range(len(case.clusters)):
            assert len(set(lag[: actors.port][actors.cluster() == k].tolist())) == 1


def test_spikes_wait_a_round_and_sums_as_well_where_buffers_allow():
    """A chain of clusters: every link of the first way is a round, of the second those that carry spikes."""
    seen = 0
    for seed in range(60):
        case = random_case(seed, shared=True, forward=True, buffer_tokens=8)
        placed, lags = ways(case)
        if len(lags) < 2:
            continue
        links = placed.links
        cluster = np.append(placed.actors.cluster(), -1)
        apart = (cluster[links.producer] != cluster[links.consumer]) & (links.producer != placed.actors.port)
        for lag, waits in zip(lags, (np.ones(len(apart), bool), links.columns == 0), strict=True):
            gap = lag[links.consumer] - lag[links.producer]
            together = lag[links.consumer] == lag[links.producer]
            assert np.all(gap[apart & waits & ~together] >= 1)
            assert np.all(gap >= 0)
        seen += 1
    assert seen > 3


def test_too_few_buffers_allow_no_lag_over_a_shortcut():
    """A source that is heard one and three rounds later needs room for three blocks."""
    short = long = 0
    for seed in range(60):
        few, many = (ways(random_case(seed, shared=True, forward=True, buffer_tokens=b)) for b in (1, 9))
        assert len(few[1]) <= len(many[1])
        short += len(few[1])
        long += len(many[1])
    assert short < long


def test_shared_tiles_come_down_to_their_work(monkeypatch):
    """With rounds some schedules meet the bound that no order of one round meets; none is slower."""
    better = 0
    for seed in range(30):
        case = random_case(seed, shared=True, forward=True, program_time=500, hop_time=40)
        few = Placement(case.placement.tile % 3)
        case = replace(case, placement=few, hardware=replace(case.hardware, sample_registers=9))
        sdfg, with_rounds = ListSchedule(swaps=0)(case.problem, Run(np.random.default_rng(0)))
        with monkeypatch.context() as patch:
            patch.setattr(module, "lags_of", lambda placed, tokens: [])
            flat, without = ListSchedule(swaps=0)(case.problem, Run(np.random.default_rng(0)))
        periods = [
            Fraction(s.period_numerator, s.period_denominator) * Fraction(f.tick)
            for f, s in ((sdfg, with_rounds), (flat, without))
        ]
        assert without.lag is None
        assert periods[0] <= periods[1]
        better += periods[0] < periods[1]
    assert better > 5
