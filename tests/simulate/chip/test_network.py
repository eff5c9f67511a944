"""Random placed networks against oracles: token by token without a network, and flit by flit over every link."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dataflow
from support.executed import BITS, mapping_of
from support.schedule_cases import random_case

from snnmap.hardware import Quantity
from snnmap.simulate.chip.execution import Settings, run
from snnmap.simulate.chip.machine import ARBITRATIONS, machine_of
from snnmap.simulate.chip.trace import Worst, thinned, trace_of

SEEDS = st.integers(0, 2**32 - 1)
FLITS = {"spike": 1, "sum": 2}


def placed(seed, *, end_of_step=False, **options):
    """A random case and its machine; sums take two flits."""
    case = random_case(seed, **options)
    values = {**case.hardware.values, **{key: Quantity(n, "1", "test") for key, n in BITS.items()}}
    values["sum_bits"] = Quantity(64, "1", "test")
    hardware = replace(case.hardware, values=values, noc="best-effort", end_of_step=end_of_step)
    mapping = mapping_of(case.graph.network, case.clustering, case.placement.tile, hardware)
    return case, machine_of(mapping, case.graph, hardware)


def key_of(name):
    if name == "input":
        return name
    cluster, level, phase = name.split("/")
    return int(cluster[1:]), int(level[1:]), phase


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 3))
def test_without_a_network_firings_are_those_of_a_dataflow_graph(seed, shared, buffer_tokens):
    case, machine = placed(seed, shared=shared, buffer_tokens=buffer_tokens, hop_time=0, flit_time=0)
    names = list(machine.names)
    number = {key_of(name): a for a, name in enumerate(names)}
    needed = dataflow.dependencies(case.synapses, case.level, case.biases, case.externals, case.clusters, case.home)
    channels = [(a, a, 1, 1, 1) for a in range(len(names))]
    for (sender, receiver), delayed in needed.items():
        own = sender[:2] == receiver[:2] and sender[2] == "read"
        room = 1 if own else buffer_tokens - delayed
        channels += [(number[sender], number[receiver], 1, 1, delayed), (number[receiver], number[sender], 1, 1, room)]
    for order in machine.program.order:
        turn = order.tolist()
        ends = zip(turn, [*turn[1:], turn[0]], strict=True)
        channels += [(a, b, 1, 1, int(k == len(turn) - 1)) for k, (a, b) in enumerate(ends)]
    trace = trace_of(machine.workings, case.graph.events, range(2))
    times = np.random.default_rng(seed).integers(0, 9, (trace.steps, len(names)))
    expected = dataflow.simulate(len(names), channels, lambda a, k: int(times[k, a]), [trace.steps] * len(names))
    execution = run(machine, trace, np.arange(trace.steps), times=times)
    assert execution.start.T.tolist() == expected


def emissions(case):
    """(step of the window, kind, number, producer, origin, destination tiles) of all that travels."""
    tile, port = case.placement.tile.tolist(), ("port", case.hardware.port)
    place = [(t % 3, t // 3) for t in tile]
    for (frame, step), now in case.emitted.items():
        before = case.emitted.get((frame, step - 1), {})
        for source, number in now.items():
            inside = source >= case.externals
            sender = case.home.get(source)
            listeners = [k for k, (rows, _) in enumerate(case.clusters) if source in rows]
            goals = {place[k] for k in listeners if not inside or tile[k] != tile[sender]}
            producer = (sender, case.level[source], "fire") if inside else "input"
            if goals:
                yield 4 * frame + step, "spike", number, producer, place[sender] if inside else port, goals
        for k, (rows, columns) in enumerate(case.clusters):
            for n in columns:
                inputs = {s for s in rows if (s, n) in case.synapses and s not in case.biases}
                late = {s for s in inputs if s >= case.externals and case.level[s] >= case.level[n]}
                sends = (inputs - late) & set(now) or late & set(before)
                if case.home[n] != k and tile[case.home[n]] != tile[k] and sends:
                    goal = {place[case.home[n]]}
                    yield 4 * frame + step, "sum", 1, (k, case.level[n], "read"), place[k], goal


def everyone(case):
    """Producer to its origin and the tiles of all distant clusters that listen to it."""
    tile = case.placement.tile.tolist()
    place = [(t % 3, t // 3) for t in tile]
    needed = dataflow.dependencies(case.synapses, case.level, case.biases, case.externals, case.clusters, case.home)
    found = {}
    for sender, receiver in needed:
        if sender == "input":
            found.setdefault(sender, (("port", case.hardware.port), set()))[1].add(place[receiver[0]])
        elif tile[sender[0]] != tile[receiver[0]]:
            found.setdefault(sender, (place[sender[0]], set()))[1].add(place[receiver[0]])
    return found


def link_of(number):
    """A link of a mesh of 3 x 3 as the oracle names it."""
    if number == 54:
        return "port", (0, 1)
    if number >= 45:
        return "out", ((number - 45) % 3, (number - 45) // 3)
    if number >= 36:
        return "into", ((number - 36) % 3, (number - 36) // 3)
    x, y = number // 4 % 3, number // 4 // 3
    dx, dy = [(1, 0), (-1, 0), (0, 1), (0, -1)][number % 4]
    return (x, y), (x + dx, y + dy)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.booleans(), st.booleans(), st.sampled_from(ARBITRATIONS), st.integers(1, 3))
def test_every_flit_crosses_every_link_of_its_tree_once(seed, shared, end_of_step, arbitration, buffers):
    case, machine = placed(seed, shared=shared, end_of_step=end_of_step)
    trace = trace_of(machine.workings, case.graph.events, range(2))
    once = Settings(arbitration=arbitration, buffers=buffers)
    execution = run(machine, trace, np.arange(trace.steps), once)
    expected, sent = Counter(), 0
    for _, kind, number, _, origin, goals in emissions(case):
        flits = number * FLITS[kind]
        sent += flits
        expected.update(dict.fromkeys(dataflow.links_of(origin, goals), flits))
    if end_of_step:
        for origin, goals in everyone(case).values():
            sent += trace.steps
            expected.update(dict.fromkeys(dataflow.links_of(origin, goals), trace.steps))
    crossed = {link_of(n): int(c) for n, c in zip(execution.link, execution.crossed, strict=True) if c}
    assert crossed == dict(expected)
    assert execution.sent == sent
    again = run(machine, trace, np.arange(trace.steps), once)
    assert np.array_equal(execution.start, again.start)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans())
def test_the_worst_step_is_that_of_every_read_and_producer(seed, shared):
    case, machine = placed(seed, shared=shared)
    worst = Worst(machine.workings)
    for frame in range(2):
        worst.see(trace_of(machine.workings, case.graph.events, [frame]))
    trace = worst.trace()
    now = {}
    for step, kind, number, producer, _, _ in emissions(case):
        now[producer, step] = now.get((producer, step), 0) + number * FLITS[kind]
    names = [key_of(name) for name in machine.names]
    assert trace.sent()[0].tolist() == [max([n for (p, _), n in now.items() if p == name], default=0) for name in names]
    for a, (k, level, _) in enumerate(names[: machine.program.cast.reads]):
        rows, columns = case.clusters[k]
        heard = {s for s, n in case.synapses if s in rows and n in columns and case.level[n] == level}
        late = {s for s in heard if s >= case.externals and case.level[s] >= level}
        most = max(
            sum(n for s, n in case.emitted[f, t].items() if s in heard - late)
            + sum(n for s, n in case.emitted.get((f, t - 1), {}).items() if s in late)
            for f, t in case.emitted
        )
        assert trace.rows[0, a] == most + len(heard & case.biases)


def test_events_are_dropped_at_random_and_no_others_come():
    case, _ = placed(3)
    events = case.graph.events
    kept = thinned(events, np.random.default_rng(0), 0.5)
    assert 0 < len(kept.step) < len(events.step)
    before, after = (
        set(zip(e.frame_of_event().tolist(), e.step.tolist(), e.source.tolist(), e.value.tolist(), strict=True))
        for e in (events, kept)
    )
    assert after < before
    assert len(thinned(events, np.random.default_rng(0), 0.0).step) == len(events.step)


@pytest.mark.parametrize("changed", [{"order": "missing"}, {"order": "elsewhere"}])
def test_orders_that_are_not_those_of_the_clusters_are_refused(changed):
    from snnmap.core.errors import InputError

    case, machine = placed(5)
    schedule = machine.mapping.schedule
    order, tiles = schedule.order, schedule.tiles
    wrong = (
        replace(schedule, order=(order[0][1:], *order[1:]))
        if changed["order"] == "missing"
        else replace(schedule, tiles=tiles[::-1].copy())
    )
    with pytest.raises(InputError, match="verify it"):
        machine_of(replace(machine.mapping, schedule=wrong), case.graph, machine.hardware)
