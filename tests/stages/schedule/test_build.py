"""The dataflow graph of a placed clustering against dependencies, busiest steps and link loads counted from sets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import active_rows, dependencies, link_flits, links_of
from support.schedule_cases import NANO, chip, random_case

from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.stages.schedule import build_sdfg

PICO = {key: 1000 * ns for key, ns in NANO.items()}
SEEDS = st.integers(0, 2**32 - 1)


def key_of(name):
    if name == "input":
        return name
    cluster, level, phase = name.split("/")
    return int(cluster[1:]), int(level[1:]), phase


def links_between(sdfg):
    """{(sender, receiver): tokens} forwards, the same backwards (credit), and {(sender, cluster): message time}."""
    tokens = {}
    for s, t, n in zip(sdfg.producer.tolist(), sdfg.consumer.tolist(), sdfg.tokens.tolist(), strict=True):
        tokens.setdefault((s, t), set()).add(n)
    message = {a for a, name in enumerate(sdfg.name) if name.startswith("noc/")}
    direct, through, time = {}, {}, {}
    for (s, t), n in tokens.items():
        if s != t and not {s, t} & message:
            direct[key_of(sdfg.name[s]), key_of(sdfg.name[t])] = n
        if s in message and s != t:
            (sender,) = [a for a, b in tokens if b == s and a != s]
            assert tokens[sender, s] == {0}
            through[key_of(sdfg.name[sender]), key_of(sdfg.name[t])] = n
            receiver = int(sdfg.name[s].rpartition(">c")[2])
            assert receiver == key_of(sdfg.name[t])[0]
            time[key_of(sdfg.name[sender]), receiver] = int(sdfg.time[s])
    return direct, through, time


def tile_of(case, key):
    return case.hardware.port if key == "input" else divmod(int(case.placement.tile[key[0]]), 3)[::-1]


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 3))
def test_channels_are_the_dependencies_and_their_credit(seed, shared, buffer_tokens):
    case = random_case(seed, shared=shared, buffer_tokens=buffer_tokens)
    needed = dependencies(case.synapses, case.level, case.biases, case.externals, case.clusters, case.home)
    sdfg = build_sdfg(*case.stage)
    direct, through, _ = links_between(sdfg)
    expected = {}
    for (sender, receiver), delayed in needed.items():
        far = sender == "input" or tile_of(case, sender) != tile_of(case, receiver)
        own = sender[:2] == receiver[:2] and sender[2] == "read"
        if far:
            assert through.pop((sender, receiver)) == {delayed}
        else:
            expected.setdefault((sender, receiver), set()).add(delayed)
        expected.setdefault((receiver, sender), set()).add(1 if own else buffer_tokens - delayed)
    assert not through
    assert direct == expected
    loops = sdfg.producer == sdfg.consumer
    assert sorted(sdfg.producer[loops]) == list(range(len(sdfg.name)))
    assert np.all(sdfg.tokens[loops] == 1)
    maximum_cycle_ratio(sdfg)  # free of deadlock


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_times_are_those_of_the_busiest_steps(seed):
    case, converting = random_case(seed, adc_time=7), 7_000 * (1 + seed % 4)
    case = replace(case, hardware=case.hardware.with_value("adc_columns", 1 + seed % 4))
    sdfg = build_sdfg(*case.stage)
    time = {name: int(t) for name, t in zip(sdfg.name, sdfg.time, strict=True)}
    rows = active_rows(case.synapses, case.level, case.biases, case.externals, case.clusters, case.emitted)
    reads = {(k, level): n for (k, level), n in rows.items()}
    for (k, level), active in reads.items():
        assert time.pop(f"c{k}/l{level}/read") == PICO["read_time"] + converting + PICO["row_time"] * active
        at_home = sum(1 for n, h in case.home.items() if h == k and case.level[n] == level)
        arriving = sum(
            1
            for other, (_, columns) in enumerate(case.clusters)
            for n in columns
            if other != k and case.home[n] == k and case.level[n] == level
        )
        expected = PICO["column_time"] * at_home + PICO["merge_time"] * arriving
        assert time.pop(f"c{k}/l{level}/fire", 0) == expected
    assert time.pop("input") == 0
    assert all(name.startswith("noc/") for name in time)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans())
def test_best_effort_messages_wait_for_every_flit_that_their_route_meets_once(seed, end_of_step):
    case = random_case(seed, noc="best-effort")
    case = replace(case, hardware=replace(case.hardware, end_of_step=end_of_step))
    _, _, time = links_between(build_sdfg(*case.stage))
    flits = link_flits(*sent_messages(case), case.emitted, int(end_of_step))
    for (sender, receiver), ticks in time.items():
        origin, goal = tile_of(case, sender), tile_of(case, (receiver,))
        path = links_of(("port", origin) if sender == "input" else origin, {goal})
        producers = {producer for link in path for producer in flits[link]}
        met = sum(max(flits[link][producer] for link in path) for producer in producers)
        assert ticks == PICO["hop_time"] * (len(path) - 2) + PICO["flit_time"] * met


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_messages_in_time_slots_take_no_less_than_the_flits_of_their_own_route(seed):
    case = random_case(seed)
    _, _, time = links_between(build_sdfg(*case.stage))
    flits = link_flits(*sent_messages(case), case.emitted, 1)
    for (sender, receiver), ticks in time.items():
        origin, goal = tile_of(case, sender), tile_of(case, (receiver,))
        path = links_of(("port", origin) if sender == "input" else origin, {goal})
        slots = ticks / PICO["flit_time"] - 2 * (len(path) - 2)  # a hop of 5 ns takes two slots of 4 ns
        leaving = flits["out", goal][sender]
        assert slots == int(slots)
        if leaving == 1:
            assert slots >= 1
        if len(path) == 2 or sender[-1] == "read":
            assert slots <= sum(flits[link][sender] for link in path)


def sent_messages(case):
    """What `oracles.dataflow.link_flits` takes."""
    sendings = {}
    for source in range(len(case.level)):
        listeners = [
            k
            for k, (rows, columns) in enumerate(case.clusters)
            if source in rows and any((source, n) in case.synapses for n in columns)
        ]
        if source in case.biases or not listeners:
            continue
        external = source < case.externals
        producer = "input" if external else (case.home[source], case.level[source], "fire")
        origin = ("port", case.hardware.port) if external else tile_of(case, (case.home[source],))
        goals = {tile_of(case, (k,)) for k in listeners} - (set() if external else {origin})
        sendings[source] = (producer, origin, goals)
    sums = []
    for k, (rows, columns) in enumerate(case.clusters):
        away = [(case.home[n], case.level[n], n) for n in columns if case.home[n] != k]
        for home, level in sorted({a[:2] for a in away}):
            members = [n for *key, n in away if tuple(key) == (home, level)]
            in_window = sum(
                sum(any(s in rows and (s, n) in case.synapses for s in now) for now in case.emitted.values())
                for h, _, n in away
                if h == home
            )
            ends = tile_of(case, (k,)), tile_of(case, (home,))
            sums.append(((k, level, "read"), *ends, min(len(members), in_window)))
    return sendings, sums


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_without_events_times_are_bounds(seed):
    cases = (random_case(seed, keep_events=keep, noc="best-effort") for keep in (True, False))
    exact, bound = (build_sdfg(*case.stage) for case in cases)
    assert exact.name == bound.name
    assert np.all(bound.time >= exact.time)
    reads = [a for a, name in enumerate(bound.name) if name.endswith("/read")]
    case = random_case(seed)
    for a in reads:
        k, level, _ = key_of(bound.name[a])
        rows, columns = case.clusters[k]
        here = {s for s, n in case.synapses if s in rows and n in columns and case.level[n] == level}
        most = sum(max((now.get(s, 0) for now in case.emitted.values()), default=0) for s in here)
        most += len(here & case.biases)
        assert bound.time[a] == PICO["read_time"] + PICO["row_time"] * most


def test_shared_tiles_pay_for_programming():
    case = random_case(3, shared=True)
    alone = build_sdfg(*random_case(3).stage)
    shared = build_sdfg(*case.stage)
    count = np.bincount(case.placement.tile)
    assert count.max() > 1
    for a, name in enumerate(shared.name):
        if not name.endswith("/read"):
            continue
        k = key_of(name)[0]
        extra = PICO["program_time"] * len(case.clusters[k][0]) if count[case.placement.tile[k]] > 1 else 0
        assert shared.time[a] == alone.time[alone.name.index(name)] + extra


def test_unusable_hardware_is_refused():
    case = random_case(5)
    moved = case.traffic
    with pytest.raises(InputError, match="at least 1 message"):
        build_sdfg(case.graph, chip(buffer_tokens=0), case.clustering, case.placement, moved)
    outside = Placement(case.placement.tile + 9)
    with pytest.raises(InputError, match="9 tiles"):
        build_sdfg(case.graph, case.hardware, case.clustering, outside, moved)
    bare = chip()
    lacking = {key: value for key, value in bare.values.items() if key != "row_time"}
    with pytest.raises(InputError, match="row_time"):
        build_sdfg(case.graph, replace(bare, values=lacking), case.clustering, case.placement, moved)
