"""Slot tables: no two flits on a link in a slot, every message behind its last slot, periods no longer than needed."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import links_of
from support import executed
from support.machines import mesh
from support.schedule_cases import NANO, chip, random_case

from snnmap.analysis.view import ClusteringView
from snnmap.hardware import Quantity
from snnmap.ir import Clustering, Network, Placement, Population, SpikeGraph, Spikes
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.stages.protocols import Run, ScheduleProblem
from snnmap.stages.schedule import ListSchedule, build_sdfg

SEEDS = st.integers(0, 2**32 - 1)
SLOT, HOP = 4_000, 2
"""Ticks of a flit, and slots of a hop of 5 ns."""


def scheduled(case):
    return ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))


def entry_slots(table, q):
    runs = range(table.run_ptr[q], table.run_ptr[q + 1])
    return [int(table.first[r]) + i for r in runs for i in range(int(table.flits[r]))]


def position(case, name):
    """Where an actor sends from, as the oracle's routes want it."""
    if name == "input":
        return ("port", case.hardware.port)
    return divmod(int(case.placement.tile[int(name[1:].partition("/")[0])]), 3)[::-1]


def goal(case, cluster):
    return divmod(int(case.placement.tile[cluster]), 3)[::-1]


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.booleans(), st.integers(1, 40))
def test_no_link_carries_two_flits_in_a_slot_and_messages_end_with_their_last(seed, shared, end_of_step, hop):
    case = random_case(seed, shared=shared, hop_time=hop)
    case = replace(case, hardware=replace(case.hardware, end_of_step=end_of_step))
    sdfg, schedule = scheduled(case)
    table = schedule.slots
    if table is None:
        assert not end_of_step or not any(name.startswith("noc/") for name in sdfg.name)
        return
    assert (table.slot, table.hop) == (SLOT, -(-hop // 4))
    assert table.length * table.slot == schedule.period_numerator
    used = Counter()
    last = {}
    start = dict(zip(sdfg.name, schedule.start.tolist(), strict=True))
    time = dict(zip(sdfg.name, sdfg.time.tolist(), strict=True))
    for q, producer in enumerate(table.producer.tolist()):
        name, slots = sdfg.name[producer], entry_slots(table, q)
        targets = table.target[table.target_ptr[q] : table.target_ptr[q + 1]].tolist()
        origin = position(case, name)
        depth = {}
        for cluster in targets:
            to = goal(case, cluster)
            place = origin[1] if origin[0] == "port" else origin
            depth |= {link: distance(place, link) for link in links_of(origin, {to})}
            ready = -(-(start[name] + time[name]) // SLOT)
            done = max(ready + (s - ready) % table.length for s in slots) + 1 + distance(place, ("out", to)) * table.hop
            key = f"noc/{name}>c{cluster}"
            last[key] = max(last.get(key, 0), done * SLOT)
        used.update((link, (s + d * table.hop) % table.length) for link, d in depth.items() for s in slots)
    assert max(used.values()) == 1
    for name, ticks in last.items():
        assert start[name] + time[name] == ticks


def distance(origin, link):
    """Links between tiles that a flit from `origin` has crossed before it starts on `link`."""
    kind, at = link
    if kind in {"into", "port"}:
        return 0
    at = at if kind == "out" else kind
    return abs(at[0] - origin[0]) + abs(at[1] - origin[1])


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_the_period_is_no_shorter_than_its_bounds(seed):
    case = random_case(seed)
    sdfg, schedule = scheduled(case)
    assert schedule.period_numerator >= maximum_cycle_ratio(build_sdfg(*case.stage))[0]
    assert schedule.period_numerator >= maximum_cycle_ratio(sdfg)[0]
    critical = sdfg.time[list(schedule.critical)].sum()
    assert Fraction(int(critical), 1) >= maximum_cycle_ratio(sdfg)[0]


def test_tables_are_seldom_much_longer_than_the_bound():
    """Forty random chips whose network is as busy as their tiles, against messages that never wait."""
    gaps = []
    for seed in range(40):
        case = random_case(seed)
        _, schedule = scheduled(case)
        gaps.append(schedule.period_numerator / float(maximum_cycle_ratio(build_sdfg(*case.stage))[0]))
    assert np.median(gaps) <= 1.2
    assert max(gaps) <= 1.8


def pair(hop_time, end_of_step, emits):
    """Two inputs to two neurons on two tiles, the port at the first: both hear input 0, the second input 1 as well."""
    network = Network(
        (Population("in", "input", "input", 0, (2,), 0), Population("n", "neuron", "recorded", 2, (2,), 1)),
        [0, 2, 3, 3, 3],
        [2, 3, 3],
        np.ones(3),
        np.ones(2),
        (1,),
    )
    events = Spikes([0, len(emits)], [0] * len(emits), emits, np.ones(len(emits)), steps=1, dt=1e-3)
    spikes = np.bincount(np.array(emits, np.int64), minlength=4)
    graph = SpikeGraph(
        network, spikes, spikes, spikes, spikes, frames=1, steps=1, dt=1e-3, events=events, accuracy=None
    )
    clustering = Clustering([0, 1, 3], [0, 0, 1], [0, 1, 2], [2, 3], [0, 1])
    hardware = replace(
        mesh(2, 1),
        end_of_step=end_of_step,
        values={**chip().values, "hop_time": Quantity(hop_time * 1e-9, "s", "test")},
    )
    problem = ScheduleProblem(ClusteringView(graph, clustering), Placement([0, 1]), hardware)
    return ListSchedule()(problem, Run(np.random.default_rng(0)))


@pytest.mark.parametrize("end_of_step", [True, False])
def test_a_timeline_by_hand(end_of_step):
    sdfg, schedule = pair(5, end_of_step, [0, 1])
    time = dict(zip(sdfg.name, sdfg.time.tolist(), strict=True))
    table = schedule.slots
    flits = sorted(len(entry_slots(table, q)) for q in range(len(table.producer)))
    whole = 2 + end_of_step  # both inputs in one connection: fewer slots on fewer links
    two = [1 + end_of_step, 1 + end_of_step]
    assert flits in ([whole], two)
    sent = sum(flits)
    assert time["noc/input>c1"] == (sent + HOP) * SLOT
    assert time["c1/l1/read"] == 1000 * (NANO["read_time"] + 2 * NANO["row_time"])
    assert schedule.start[sdfg.name.index("c1/l1/read")] == (sent + HOP) * SLOT


def test_a_silent_network_without_ends_of_steps_needs_no_table():
    sdfg, schedule = pair(5, False, [])
    assert schedule.slots is None
    assert dict(zip(sdfg.name, sdfg.time.tolist(), strict=True))["noc/input>c1"] == 0


def test_a_network_in_which_nothing_travels_has_no_table():
    network = executed.network_of(0, [1], {(0, 0)})
    graph, clustering = executed.graph_of(network, [[{0: 1}, {}]]), executed.clustering_of(network, [({0}, {0})])
    problem = ScheduleProblem(ClusteringView(graph, clustering), Placement([0]), executed.chip(noc="tdm"))
    sdfg, schedule = ListSchedule()(problem, Run(np.random.default_rng(0)))
    assert schedule.slots is None
    assert schedule.period_numerator * sdfg.tick == pytest.approx(20e-9 + 1e-9 + 2e-9)
