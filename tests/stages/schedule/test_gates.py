"""Bounds of messages behind gates, worked out by hand: flits of 4 ns, hops of 5 ns, reads 20 + 1 per row, fires 2."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.executed import chip, clustering_of, graph_of, network_of
from support.promises import scheduled

from snnmap.analysis.view import ClusteringView
from snnmap.ir import Placement
from snnmap.stages.protocols import Run, ScheduleProblem
from snnmap.stages.schedule import ListSchedule


def gated(network, frames, clusters, tile, hardware):
    """Nanoseconds of every message by name, and the schedule in picoseconds."""
    clustering, graph = clustering_of(network, clusters), graph_of(network, frames)
    problem = ScheduleProblem(ClusteringView(graph, clustering), Placement(np.array(tile)), hardware)
    sdfg, schedule = ListSchedule()(problem, Run(np.random.default_rng(0)))
    messages = [a for a, name in enumerate(sdfg.name) if name.startswith("noc/")]
    return {sdfg.name[a]: int(sdfg.time[a]) / 1000 for a in messages}, schedule


def two_producers(first=1, second=1, **changed):
    """A neuron on tile 0, `second` on tile 1 of which one spikes, to tiles 2 and 3 over the link between 1 and 2."""
    levels = [1] * (1 + second) + [2, 2]
    b = range(1, 1 + second)
    goals = (1 + second, 2 + second)
    network = network_of(0, levels, {(n, n) for n in range(1 + second)} | {(0, goals[0])} | {(n, goals[1]) for n in b})
    clusters = [({0}, {0}), (set(b), set(b)), ({0}, {goals[0]}), (set(b), {goals[1]})]
    return gated(
        network, [[{0: first, 1: 4} if first else {1: 4}]], clusters, [0, 1, 2, 3], chip(noc="gated", **changed)
    )


def test_flits_that_join_a_route_are_waited_for_once():
    found, schedule = two_producers(first=4)
    # two hops each, own flits and those of the other, which join between tiles 1 and 2 and go on
    assert found == {"noc/c0/l1/fire>c2": 10 + 4 * (4 + 4), "noc/c1/l1/fire>c3": 10 + 4 * (4 + 4)}
    assert schedule.period_numerator >= 22_000
    # before the link from 1 to 2 a queue of 4, which 4 others hold up; behind it 8 could be, but none joins there
    assert schedule.buffers == 4


def test_flits_that_end_a_step_count_where_the_chip_has_them():
    found, _ = two_producers(first=4, end_of_step=True)
    assert found["noc/c0/l1/fire>c2"] == 10 + 4 * (5 + 5)


def test_steps_that_are_never_on_the_way_together_do_not_add_up():
    # b has 30 neurons to update and is through long after a; and the period is no longer than its work
    found, _ = two_producers(first=4, second=30, column_time=20)
    assert found["noc/c0/l1/fire>c2"] == 10 + 4 * 4


def test_who_is_held_up_by_another_that_turns_off_waits_for_it():
    # neurons 0 and 1 on tile 0, to tile 2 in the east and tile 5 in the north of tile 1; neuron 2 from there eastward
    network = network_of(0, [1, 1, 1, 2, 2, 2], {(0, 0), (1, 1), (2, 2), (0, 3), (1, 4), (2, 5)})
    clusters = [({0, 1}, {0, 1}), ({2}, {2}), ({0}, {3}), ({1}, {4}), ({2}, {5})]
    hardware = chip(4, 2, noc="gated")
    found, _ = gated(network, [[{0: 3, 1: 1, 2: 10}]], clusters, [0, 1, 2, 5, 3], hardware)
    assert found["noc/c0/l1/fire>c3"] == 10 + 4 * (3 + 1 + 10)  # though none of the ten goes north
    none_turns, _ = gated(network, [[{1: 1, 2: 10}]], clusters, [0, 1, 2, 5, 3], hardware)
    assert none_turns["noc/c0/l1/fire>c3"] == 10 + 4


def test_a_copy_counts_once_on_its_own_way_and_on_every_link_where_it_joins():
    # a on tile 0 to tiles 1 and 2; b on tile 1 to tiles 0 and 2
    network = network_of(0, [1, 1, 2, 2, 2], {(0, 0), (1, 1), (0, 2), (0, 3), (1, 3), (1, 4)})
    clusters = [({0}, {0}), ({1}, {1}), ({0}, {2}), ({0, 1}, {3}), ({1}, {4})]
    found, _ = gated(network, [[{0: 2, 1: 3}]], clusters, [0, 1, 4, 2, 3], chip(5, noc="gated"))
    assert found["noc/c0/l1/fire>c3"] == 10 + 4 * (2 + 3)
    assert found["noc/c1/l1/fire>c4"] == 10 + 4 * (3 + 2)


def test_what_never_spikes_takes_no_time():
    found, schedule = two_producers(first=0)
    assert found["noc/c0/l1/fire>c2"] == 0
    assert schedule.buffers == 2  # one on its way over the hop, one that follows


def test_without_messages_there_are_no_gates():
    network = network_of(0, [1, 2], {(0, 0), (0, 1)})
    found, schedule = gated(network, [[{0: 1}]], [({0}, {0}), ({0}, {1})], [0, 0], chip(noc="gated"))
    assert (found, schedule.buffers) == ({}, None)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_schedule_meets_every_channel_and_no_link_is_overloaded(seed):
    _, machine = scheduled(np.random.default_rng(seed), "gated")
    flow, schedule = machine.mapping.sdfg, machine.mapping.schedule
    end = schedule.start + flow.time
    period = schedule.period_numerator
    assert np.all(
        schedule.start[flow.consumer] * schedule.period_denominator + period * flow.tokens >= end[flow.producer]
    )
    if schedule.buffers is None:
        return
    for a, name in enumerate(flow.name):
        if name.startswith("noc/"):  # a gate opens when who sends would end at its worst
            assert schedule.start[a] == end[flow.name.index(name[4:].partition(">")[0])]
            assert flow.time[a] <= period


@pytest.mark.parametrize("flits", [1, 7])
def test_the_period_is_no_shorter_than_the_busiest_link(flits):
    found, schedule = two_producers(first=flits, flit_time=400)
    assert schedule.period_numerator >= (flits + 4) * 400_000
    assert max(found.values()) <= schedule.period_numerator / 1000
