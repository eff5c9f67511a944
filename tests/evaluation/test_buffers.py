"""Buffers of a mapping: its channels against those counted from the network, and that fewer messages break it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import dependencies
from support.schedule_cases import mapping_of, random_case, view_of

from snnmap.evaluation.buffers import buffered, kept
from snnmap.legality.dataflow import dataflow_violations
from snnmap.legality.recount import recount
from snnmap.sdf.ratio import maximum_cycle_ratio, periodic
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule

SEEDS = st.integers(0, 2**32 - 1)


def scheduled(case):
    return ListSchedule(swaps=10)(case.problem, Run(np.random.default_rng(0)))


def named(actor):
    """As the oracle names it."""
    if actor == "input":
        return actor
    cluster, level, phase = actor.split("/")
    return int(cluster[1:]), int(level[1:]), phase


@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 3))
def test_every_channel_of_the_network_has_a_buffer_and_nothing_else(noc, seed, shared, buffer_tokens):
    case = random_case(seed, shared=shared, buffer_tokens=buffer_tokens, noc=noc)
    sdfg, schedule = scheduled(case)
    found = buffered(view_of(case, sdfg, schedule))
    lag = schedule.lags()
    delayed = found.delayed - lag[found.consumer] + lag[found.producer]
    columns = zip(found.producer.tolist(), found.consumer.tolist(), delayed.tolist(), strict=True)
    ends = {(named(sdfg.name[p]), named(sdfg.name[c])): d for p, c, d in columns}
    network = (case.synapses, case.level, case.biases, case.externals, case.clusters, case.home)
    samples = {((k, level, "read"), (k, level, "fire")) for k in range(len(case.clusters)) for level in case.level}
    expected = {pair: d for pair, d in dependencies(*network).items() if pair not in samples}
    assert ends == expected
    assert len(ends) == len(found.producer)
    assert len(set(found.credit.tolist())) == len(found.credit)
    assert (sdfg.tokens[found.credit] + found.delayed).tolist() == [buffer_tokens] * len(ends)
    assert sdfg.producer[found.credit].tolist() == found.consumer.tolist()
    assert found.tile.tolist() == sdfg.resource[found.consumer].tolist()


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans(), st.sampled_from(["tdm", "best-effort"]))
def test_the_schedule_is_legal_with_no_more_messages_and_none_of_them_can_go(seed, shared, noc):
    case = random_case(seed, shared=shared, buffer_tokens=3, noc=noc)
    sdfg, schedule = scheduled(case)
    view = view_of(case, sdfg, schedule)
    found = buffered(view)
    needed = kept(view, found)
    assert np.all((needed >= 1) & (needed <= 3))
    tokens = np.array(sdfg.tokens)
    tokens[found.credit] = needed - found.delayed
    fewer = replace(sdfg, tokens=np.array(tokens))
    schedule = replace(schedule, critical=periodic(fewer).critical)  # of fewer messages another cycle may be longest
    counted = recount(case.graph, case.clustering)
    assert dataflow_violations(mapping_of(case, fewer, schedule), case.graph, case.hardware, counted) == []
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    assert maximum_cycle_ratio(fewer)[0] <= period
    for k in np.flatnonzero(needed > np.maximum(found.delayed, 1)).tolist()[:4]:
        tokens[found.credit[k]] -= 1
        broken = mapping_of(case, replace(sdfg, tokens=np.array(tokens)), schedule)
        wrong = dataflow_violations(broken, case.graph, case.hardware, counted)
        assert any(violation.rule == "schedule-start" for violation in wrong)
        tokens[found.credit[k]] += 1


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.booleans())
def test_the_graph_without_credits_is_that_of_endless_buffers(seed, shared):
    case = random_case(seed, shared=shared, noc="best-effort")
    sdfg, schedule = scheduled(case)
    found = buffered(view_of(case, sdfg, schedule))
    endless = np.array(sdfg.tokens)
    endless[found.credit] += 1000
    assert maximum_cycle_ratio(found.unbounded(sdfg))[0] == maximum_cycle_ratio(replace(sdfg, tokens=endless))[0]


def test_bits_are_those_of_the_busiest_step_counted_from_events():
    for seed in range(15):
        case = random_case(seed)
        sdfg, schedule = scheduled(case)
        view = view_of(case, sdfg, schedule)
        view = view.at(view.hardware.with_value("sum_bits", 64.0))
        found = buffered(view)
        for p, c, bits in zip(found.producer.tolist(), found.consumer.tolist(), found.bits.tolist(), strict=True):
            sender, goal = named(sdfg.name[p]), named(sdfg.name[c])
            rows = case.clusters[goal[0]][0]
            if sender != "input" and sender[2] == "read":
                there = case.clusters[sender[0]][1]
                columns = sum(case.home[n] == goal[0] and case.level[n] == sender[1] for n in there)
                assert bits <= 64 * columns
                continue
            own = {s for s in rows if s < case.externals} - case.biases
            if sender != "input":
                own = {n for n, k in case.home.items() if k == sender[0] and case.level[n] == sender[1]} & rows
            assert bits == 32 * max(sum(now.get(s, 0) for s in own) for now in case.emitted.values())
