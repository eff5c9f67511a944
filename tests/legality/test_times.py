"""Busiest steps against a count event by event, late ones in the step after."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import FIRST, FRAMES, STEPS, random_graph
from support.schedule_cases import mapping_of, random_case

from snnmap.ir import SpikeGraph, Spikes
from snnmap.legality.recount import recount
from snnmap.legality.times import busiest, time_violations
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule


def with_events(rng: np.random.Generator) -> tuple[SpikeGraph, list[tuple[int, int, int, float]]]:
    """A graph whose sources emit 1 or, some of them, up to 4 at once, some of the others a fraction; and its events."""
    graph = random_graph(rng)[0]
    events = graph.events
    assert events is not None
    several = rng.random(graph.network.sources) < 0.4
    value = np.where(several[events.source], rng.integers(1, 5, len(events.source)), 0.25)
    worst = np.ones(graph.network.sources, np.int64)
    np.maximum.at(worst, events.source, value.astype(np.int64))
    frame = np.repeat(np.arange(FRAMES), np.diff(events.frame))
    rows = zip(frame.tolist(), events.step.tolist(), events.source.tolist(), value.tolist(), strict=True)
    graph = replace(
        graph, worst_step=worst, events=Spikes(events.frame, events.step, events.source, value, STEPS, 1e-3)
    )
    return graph, list(rows)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_busiest_step_is_that_of_a_count_event_by_event(seed: int, shifted: bool) -> None:
    rng = np.random.default_rng(seed)
    graph, events = with_events(rng)
    size = int(rng.integers(0, 25))
    keys = [rng.integers(-1, 3, size), rng.integers(0, 2, size)]
    source = rng.integers(0, graph.network.sources, size)
    late = rng.random(size) < 0.5 if shifted else None
    expected: dict[tuple[int, int], int] = {}
    for key in set(zip(keys[0].tolist(), keys[1].tolist(), strict=True)):
        mine = [n for n in range(size) if (keys[0][n], keys[1][n]) == key]
        in_step: dict[tuple[int, int], float] = {}
        for n in mine:
            for frame, step, s, value in events:
                if s == source[n]:
                    at = (frame, step + (late is not None and bool(late[n])))
                    in_step[at] = in_step.get(at, 0.0) + (value if graph.worst_step[s] > 1 else 1.0)
        expected[key] = int(max(in_step.values(), default=0))
    assert busiest(keys, source, graph, late) == expected
    whole = replace(graph, events=None)
    sums = {
        key: sum(int(graph.worst_step[source[n]]) for n in range(size) if (keys[0][n], keys[1][n]) == key)
        for key in expected
    }
    assert busiest(keys, source, whole, late) == sums


def test_no_source_at_all_is_busy_nowhere() -> None:
    graph = random_case(1).graph
    none = np.zeros(0, np.int64)
    assert busiest([none, none], none, graph) == {}
    assert busiest([none], none, replace(graph, events=None)) == {}


def test_a_source_that_spikes_in_the_last_step_is_heard_in_the_step_after_and_not_in_the_next_frame() -> None:
    graph = random_graph(np.random.default_rng(0))[0]
    events = Spikes([0, 1, 2], [STEPS - 1, 0], [0, 1], [1.0, 1.0], STEPS, 1e-3)
    graph = replace(graph, events=events, worst_step=np.ones(FIRST + 9, np.int64))
    key = [np.zeros(2, np.int64)]
    for late, most in (([True, False], 1), ([False, False], 1), ([False, True], 1)):
        assert busiest(key, np.array([0, 1]), graph, np.array(late)) == {(0,): most}
    together = replace(graph, events=Spikes([0, 2, 2], [1, 2], [0, 1], [1.0, 1.0], STEPS, 1e-3))
    for late, most in (([True, False], 2), ([False, False], 1), ([True, True], 1)):
        assert busiest(key, np.array([0, 1]), together, np.array(late)) == {(0,): most}


@pytest.mark.parametrize(("columns", "fast"), [(1, False), (2, True), (300, True)])
def test_a_read_without_all_conversions_of_a_converter_is_refused(columns: int, fast: bool) -> None:
    case = random_case(3, adc_time=2)
    sdfg, schedule = ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))
    mapping, counted = mapping_of(case, sdfg, schedule), recount(case.graph, case.clustering)
    found = time_violations(mapping, case.graph, case.hardware.with_value("adc_columns", columns), counted)
    assert bool(found) == fast
    assert all(v.where.endswith("/read") for v in found)
    few = replace(case.hardware, bit_lines=1).with_value("adc_columns", columns)  # one column, one conversion
    assert time_violations(mapping, case.graph, few, counted) == []


@pytest.mark.parametrize("seed", range(10))
def test_reads_and_fires_of_random_networks_last_as_long_as_the_scheduler_says(seed: int) -> None:
    """One tick less for any of them is refused by name, on shared tiles and without events of the profile too."""
    case = random_case(seed, shared=bool(seed % 2), keep_events=seed % 3 > 0, program_time=50 + seed, adc_time=seed)
    case = replace(case, hardware=replace(case.hardware.with_value("adc_columns", 1 + seed % 5), sample_registers=9))
    sdfg, schedule = ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))
    counted = recount(case.graph, case.clustering)
    whole = mapping_of(case, sdfg, schedule)
    assert time_violations(whole, case.graph, case.hardware, counted) == []
    for actor in (a for a, name in enumerate(sdfg.name) if name.startswith("c")):
        time = sdfg.time.copy()
        time[actor] -= 1
        hasty = replace(whole, sdfg=replace(sdfg, time=time))
        found = time_violations(hasty, case.graph, case.hardware, counted)
        assert [(v.rule, v.where) for v in found] == [("schedule-time", sdfg.name[actor])]
    none = replace(whole, sdfg=replace(sdfg, time=sdfg.time * 0))
    assert len(time_violations(none, case.graph, case.hardware, counted)) == 3
    gone = replace(whole, sdfg=replace(sdfg, name=tuple(f"noc/{name}" for name in sdfg.name)))
    assert time_violations(gone, case.graph, case.hardware, counted)[0].asked == "no such actor"
