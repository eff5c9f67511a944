"""Blocks and rounds are recounted: times, slots, memory, lags; what leaves something out to gain a tick is refused."""

from dataclasses import replace

import numpy as np
import pytest
from support.schedule_cases import mapping_of, random_case

from snnmap.hardware import Quantity
from snnmap.ir import Placement
from snnmap.legality.dataflow import dataflow_violations
from snnmap.legality.recount import recount
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule
from snnmap.stages.schedule.blocks import waiting_bits
from snnmap.stages.schedule.links import placed_on


def violated(case, sdfg, schedule, hardware=None):
    mapping = mapping_of(case, sdfg, schedule)
    found = dataflow_violations(mapping, case.graph, hardware or case.hardware, recount(case.graph, case.clustering))
    return {violation.rule for violation in found}


def roomy(case, memory_bits):
    values = {**case.hardware.values, "memory_bits": Quantity(memory_bits, "1", "test")}
    return replace(case, hardware=replace(case.hardware, values=values, sample_registers=9))


def blocked(noc):
    """Cases in blocks of 4 steps on three tiles, some of them with lags: case, graph, schedule."""
    for seed in range(12):
        case = roomy(random_case(seed, shared=True, forward=True, noc=noc, program_time=400), 10**9)
        case = replace(case, placement=Placement(case.placement.tile % 3))
        sdfg, schedule = ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))
        if schedule.block == 4:
            yield case, sdfg, schedule


@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
def test_what_the_scheduler_makes_is_legal_and_a_tick_less_is_not(noc):
    lagging = quick = 0
    for case, sdfg, schedule in blocked(noc):
        assert violated(case, sdfg, schedule) == set()
        lagging += schedule.lag is not None
        own = np.flatnonzero(sdfg.resource >= 0)
        for actor in own[:: max(1, len(own) // 5)]:
            time = sdfg.time.copy()
            time[actor] -= 1
            assert "schedule-time" in violated(case, replace(sdfg, time=time), schedule)
        messages = [a for a, name in enumerate(sdfg.name) if name.startswith("noc/") and sdfg.time[a]]
        for message in messages[:2]:
            time = sdfg.time.copy()
            time[message] -= 1
            quick += "network-time" in violated(case, replace(sdfg, time=time), schedule)
    assert lagging > 1
    assert quick > 8


def test_slots_of_every_step_of_a_block_are_asked_for():
    tried = 0
    for case, sdfg, schedule in blocked("tdm"):
        if schedule.slots is None:
            continue
        flits = schedule.slots.flits.copy()
        if flits.max() == 1:
            continue
        flits[np.argmax(flits)] -= 1
        fewer = replace(schedule, slots=replace(schedule.slots, flits=flits))
        assert "network-slots" in violated(case, sdfg, fewer)
        tried += 1
    assert tried > 2


def test_blocks_that_make_no_frame_or_overflow_the_memory_are_refused():
    for case, sdfg, schedule in blocked("tdm"):
        assert "schedule-block" in violated(case, sdfg, replace(schedule, block=3))
        assert "schedule-time" in violated(case, sdfg, replace(schedule, block=8))
        placed = placed_on(case.graph, case.hardware, case.clustering, case.placement)
        needed = 4 * int(waiting_bits(case.graph, case.hardware, placed).max())
        assert violated(case, sdfg, schedule, roomy(case, needed).hardware) == set()
        assert violated(case, sdfg, schedule, roomy(case, needed - 1).hardware) == {"schedule-block"}


def test_a_recurrent_network_has_no_blocks():
    case = roomy(random_case(1, shared=True), 10**9)
    sdfg, schedule = ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))
    assert schedule.block == 1
    forged = replace(sdfg, time=2 * sdfg.time)
    later = replace(schedule, block=2, start=2 * schedule.start, period_numerator=2 * schedule.period_numerator)
    assert "schedule-block" in violated(case, forged, later)


def test_lags_are_part_of_what_a_channel_allows():
    seen = 0
    for case, sdfg, schedule in blocked("best-effort"):
        if schedule.lag is None:
            continue
        seen += 1
        assert "schedule-dependency" in violated(case, sdfg, replace(schedule, lag=None))
        assert "schedule-shape" in violated(case, sdfg, replace(schedule, lag=schedule.lag[:-1]))
        assert "schedule-shape" in violated(case, sdfg, replace(schedule, lag=schedule.lag - 1))
        assert "schedule-latency" in violated(case, sdfg, replace(schedule, latency=schedule.latency - 1))
        fires = [a for a, name in enumerate(sdfg.name) if name.endswith("/fire")]
        apart = schedule.lag.copy()
        apart[fires] += 1
        assert violated(case, sdfg, replace(schedule, lag=apart)) & {"schedule-samples", "schedule-dependency"}
    assert seen > 1
