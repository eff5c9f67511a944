"""Exact throughput: proofs that integers check, published graphs, and answers that are no numbers."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import proves, run_phases
from support.dataflow_graphs import multirate, sdfg
from support.phased_graphs import cyclostatic, phased_graph, serial

from snnmap.core.errors import InputError
from snnmap.sdf.phases import phased
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.sdf.throughput import analyse


def proof(answer, time, channels):
    """What `proves` takes, from the JSON document alone."""
    document = answer.document()
    number = {name: k for k, name in enumerate(answer.graph.actor)}
    fires = [document["repetition_vector"][name] for name in number]
    start = [document["start_times"][name] for name in number]
    cycle = [(number[hop["actor"]], hop["firing"], hop["tokens"]) for hop in document["critical_cycle"]]
    scale = document["start_times_per_tick"]
    bounds = channels + (serial(time) if document["auto_concurrency"] == "off" else [])
    return time, bounds, fires, start, int(Fraction(document["period"]) * scale), scale, cycle


@settings(max_examples=200, deadline=None)
@given(cyclostatic(), st.booleans())
def test_the_proof_holds_and_that_of_a_shorter_period_does_not(case, overlap):
    time, channels = case
    answer = analyse(phased_graph(time, channels), auto_concurrency=overlap)
    if not answer.period:
        assert answer.throughput == (None if answer.live else 0)
        return
    time, bounds, fires, start, period, scale, cycle = proof(answer, time, channels)
    assert proves(time, bounds, fires, start, period, scale, cycle)
    assert not proves(time, bounds, fires, start, period - 1, scale, cycle)
    assert not proves(time, bounds, fires, start, period + 1, scale, cycle)
    assert not proves(time, bounds, fires, start, period, scale, [])
    late = [[s + ((a, k) == cycle[0][:2]) for k, s in enumerate(own)] for a, own in enumerate(start)]
    assert len(cycle) == 1 or not proves(time, bounds, fires, late, period, scale, cycle)


@settings(max_examples=60, deadline=None)
@given(cyclostatic())
def test_tokens_run_at_that_rate(case):
    time, channels = case
    answer = analyse(phased_graph(time, channels))
    if not answer.period or len(answer.graph.actor) == 0:
        return
    turns, rounds = sum(answer.lags), 60
    ran = run_phases(time, channels, [rounds * r for r in answer.repetition], overlap=False)
    actor = int(np.searchsorted(answer.first, answer.critical[0], side="right")) - 1
    starts = ran[actor][answer.critical[0] - answer.first[actor] :: answer.repetition[actor]]
    assert starts[-1] - starts[-1 - turns] >= turns * answer.period  # on a critical cycle, and never faster
    for n, start in enumerate(starts):
        assert start <= Fraction(int(answer.start[answer.critical[0]]), answer.scale) + n * answer.period


@settings(max_examples=60, deadline=None)
@given(multirate())
def test_of_one_phase_each_it_is_the_ratio_of_the_rates(case):
    time, channels = case
    graph = sdfg(time, channels)
    answer = analyse(phased(graph, "g"))
    if answer.live:
        assert (
            answer.period == maximum_cycle_ratio(graph)[0] == analyse(phased(graph, "g"), auto_concurrency=True).period
        )


def chain(time, rates):
    """A chain of actors of one phase each, with unbounded buffers."""
    return phased_graph([[t] for t in time], [(k, k + 1, [p], [c], 0) for k, (p, c) in enumerate(rates)])


def test_h263_decoder():
    """Rates and times as in Stuijk, Geilen & Basten, DAC 2006 (recalled): a frame of 594 blocks."""
    answer = analyse(chain([26018, 559, 486, 10958], [(594, 1), (1, 1), (1, 594)]))
    assert answer.repetition == (1, 594, 594, 1)
    assert answer.period == 594 * 559
    assert set(answer.critical_firings()) == {("a1", k) for k in range(594)}


def test_sample_rate_converter():
    """CD to DAT in five stages: Murthy, Bhattacharyya & Lee, Formal Methods in System Design 11, 1997."""
    answer = analyse(chain([1] * 6, [(1, 1), (2, 3), (2, 7), (8, 7), (5, 1)]))
    assert answer.repetition == (147, 147, 98, 28, 32, 160)
    assert sum(answer.repetition) == 612
    assert answer.throughput == Fraction(1, 160)


@pytest.mark.parametrize(("buffers", "period"), [((4, 2), 7), ((6, 2), 6), ((6, 3), 5), ((7, 3), 4)])
def test_buffers_against_throughput(buffers, period):
    """The Pareto points of the example of Stuijk, Geilen & Basten, DAC 2006: space is claimed when a firing starts."""
    forward = [(0, 1, [2], [3], 0), (1, 2, [1], [2], 0)]
    back = [(1, 0, [3], [2], buffers[0]), (2, 1, [2], [1], buffers[1])]
    answer = analyse(phased_graph([[1], [2], [2]], forward + back))
    assert answer.repetition == (3, 2, 1)
    assert answer.period == period


@pytest.mark.parametrize(
    ("rates", "buffers", "total"),
    [
        ([(1, 1), (2, 3), (2, 7), (8, 7), (5, 1)], [1, 4, 8, 14, 5], 32),
        ([(2376, 1), (1, 1), (1, 2376)], [2376, 1, 2376], 4753),
    ],
    ids=["sample rate", "h263"],
)
def test_smallest_buffers_that_keep_a_graph_alive(rates, buffers, total):
    """Totals as in the table of Stuijk, Geilen & Basten, DAC 2006 (recalled); one token less anywhere is a deadlock."""

    def bounded(sizes):
        channels = [(k, k + 1, [p], [c], 0) for k, (p, c) in enumerate(rates)]
        channels += [(k + 1, k, [c], [p], size) for k, ((p, c), size) in enumerate(zip(rates, sizes, strict=True))]
        return analyse(phased_graph([[1]] * (len(rates) + 1), channels))

    assert sum(buffers) == total
    assert bounded(buffers).live
    for k in range(len(buffers)):
        assert not bounded([size - (k == j) for j, size in enumerate(buffers)]).live


def test_slowest_component_of_a_graph_that_is_not_strongly_connected():
    answer = analyse(phased_graph([[3], [10], [4], [8]], [(0, 1, [2], [1], 0), (2, 3, [1], [1], 0)]))
    assert answer.repetition == (1, 2, 1, 1)
    assert answer.period == 20
    assert {actor for actor, _ in answer.critical_firings()} == {"a1"}


def test_inconsistent_deadlocked_and_unbounded_graphs_are_answers():
    pair = [(0, 1, [2], [3], 0), (1, 0, [3], [2], 1)]
    dead = analyse(phased_graph([[1], [1]], pair))
    assert (dead.consistent, dead.live, dead.throughput, dead.period) == (True, False, 0, None)
    assert dead.reason.startswith("deadlock: no firing of the cycle a")
    assert "a1#0" in dead.reason
    wrong = analyse(phased_graph([[1], [1]], [*pair, (0, 1, [1], [1], 0)]))
    assert (wrong.consistent, wrong.live, wrong.throughput, wrong.repetition) == (False, None, None, ())
    assert wrong.reason.startswith("rates are inconsistent on channel c")
    free = analyse(phased_graph([[5], [1]], [(0, 1, [2], [3], 0)]), auto_concurrency=True)
    assert (free.consistent, free.live, free.throughput, free.period) == (True, True, None, 0)
    assert free.reason.startswith("unbounded")
    assert analyse(phased_graph([[5], [1]], [(0, 1, [2], [3], 0)])).period == 15


def test_more_initial_tokens_than_can_bind_change_nothing():
    graph = [(0, 1, [1], [1], 0), (1, 0, [1], [1], 10**12)]
    assert analyse(phased_graph([[15 * 10**6], [7]], graph)).period == 15 * 10**6  # their product is beyond 64 bits


@pytest.mark.parametrize(
    ("time", "channels", "said"),
    [
        ([[1], [2]], [(0, 2, [1], [1], 0)], "outside the 2"),
        ([[1], [2]], [(0, 1, [1, 1], [1], 0)], "do not match the phases"),
        ([[1], [2]], [(0, 1, [-1], [1], 0)], "negative"),
        ([[1], [2]], [(0, 1, [0], [1], 0)], "moves no token"),
        ([[1], []], [], "do not belong to the phases"),
        ([[1], [-2]], [], "negative time"),
        ([[1], [2]], [(0, 1, [2**62], [1], 0)], "too large"),
        ([[1], [2]], [(0, 1, [2**61], [2**61], 2**62)], "64 bits"),
        ([[2**60], [2**62]], [], "coarser tick"),
    ],
)
def test_malformed_graphs_are_refused(time, channels, said):
    with pytest.raises(InputError, match=said):
        analyse(phased_graph(time, channels))


def test_two_actors_of_one_name_are_refused():
    with pytest.raises(InputError, match="same name"):
        analyse(replace(phased_graph([[1], [2]], []), actor=("a", "a")))


def test_rates_that_grow_without_bound_are_refused_at_once():
    count = 400
    channels = [(k, k + 1, [2**40 - 1], [2**40 - 3], 0) for k in range(count)]
    with pytest.raises(InputError, match=r"above 2\^4096"):
        analyse(phased_graph([[1]] * (count + 1), channels))
