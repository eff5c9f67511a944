"""What is promised behind gates is recounted: times that are too short and routers that are too small are refused."""

from dataclasses import replace

import numpy as np
import pytest
from support import small_workload
from support.executed import BITS
from support.schedule_cases import mapping_of, random_case
from support.several_chips import divided

import snnmap
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.hardware import Quantity
from snnmap.ir import Mapping
from snnmap.legality.dataflow import dataflow_violations
from snnmap.legality.network import network_violations
from snnmap.legality.recount import recount
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule


@pytest.fixture(scope="module")
def gated(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path = tmp_path_factory.mktemp("gates") / "chip.toml"
    path.write_text(small_workload.CHIP + 'noc = "gated"\n')
    return snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(path)))


def rules(mapping: Mapping, mapped: Compiled, **chip: object) -> set[str]:
    return {v.rule for v in verify(mapping, mapped.graph, replace(mapped.hardware, **chip))}


def needed(mapped: Compiled) -> int:
    assert mapped.mapping.schedule.buffers is not None
    return mapped.mapping.schedule.buffers


def test_it_is_a_guarantee_where_the_routers_have_room(gated: Compiled) -> None:
    assert needed(gated) > gated.hardware["router_buffer_flits"]
    assert not is_guaranteed(gated.mapping, gated.hardware)
    for flits, holds in ((needed(gated) - 1, False), (needed(gated), True)):
        assert is_guaranteed(gated.mapping, gated.hardware.with_value("router_buffer_flits", flits)) == holds


def test_one_flit_of_room_fewer_or_none_is_refused(gated: Compiled) -> None:
    for claimed in (needed(gated) - 1, None):
        schedule = replace(gated.mapping.schedule, buffers=claimed)
        assert "network-buffers" in rules(replace(gated.mapping, schedule=schedule), gated)
    more = replace(gated.mapping.schedule, buffers=needed(gated) + 1)
    assert rules(replace(gated.mapping, schedule=more), gated) == set()


def test_a_bound_is_refused_where_there_are_no_gates(compiled: Compiled, gated: Compiled) -> None:
    claimed = replace(compiled.mapping, schedule=replace(compiled.mapping.schedule, buffers=99))
    assert rules(claimed, compiled) == {"network-buffers"}
    assert not is_guaranteed(gated.mapping, replace(gated.hardware, noc="best-effort"))


def test_all_contention_taken_out_is_refused(gated: Compiled) -> None:
    flow = gated.mapping.sdfg
    message = np.array([name.startswith("noc/") for name in flow.name])
    alone = replace(flow, time=np.where(message, np.minimum(flow.time, 8000), flow.time))
    assert "network-time" in rules(replace(gated.mapping, sdfg=alone), gated)


def test_gates_that_open_more_often_or_at_other_times_are_refused(gated: Compiled) -> None:
    schedule, flow = gated.mapping.schedule, gated.mapping.sdfg
    critical = sum(int(flow.time[a]) for a in schedule.critical)
    assert critical <= schedule.period_numerator
    assert rules(replace(gated.mapping, schedule=replace(schedule, period_numerator=critical // 2)), gated)
    halved = replace(schedule, period_denominator=2, period_numerator=2 * schedule.period_numerator)
    assert "network-buffers" in rules(replace(gated.mapping, schedule=halved), gated)
    late = schedule.start.copy()
    producer = flow.name.index("input")
    late[producer] += 1  # its messages now begin before it has ended
    assert rules(replace(gated.mapping, schedule=replace(schedule, start=late)), gated)


def test_who_lists_a_cycle_that_is_not_the_longest_is_refused(gated: Compiled) -> None:
    mapping = gated.mapping
    longest = mapping.sdfg.time[list(mapping.schedule.critical)].sum()
    short = next(a for a, ticks in enumerate(mapping.sdfg.time) if 0 < ticks < longest)
    claimed = replace(mapping.schedule, critical=(short,))
    assert "schedule-period" in rules(replace(mapping, schedule=claimed), gated)


@pytest.mark.parametrize("grid", [(1, 1), (3, 1), (1, 3), (3, 3)])
@pytest.mark.parametrize("seed", [0, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15])
def test_times_and_room_of_random_networks_are_the_schedulers_own(seed: int, grid: tuple[int, int]) -> None:
    """One tick less for any message, and one flit of room less, is refused: on shared tiles too, with long spikes."""
    case = random_case(seed, noc="gated", shared=bool(seed % 2), buffer_tokens=1 + seed % 3)
    bits = {**BITS, "spike_bits": (32, 70)[seed // 2 % 2]}
    values = {**case.hardware.values, **{key: Quantity(float(n), "1", "test") for key, n in bits.items()}}
    hardware = replace(case.hardware, values=values, end_of_step=bool(seed // 4 % 2), sample_registers=9)
    hardware = divided(hardware, *grid)
    case = replace(case, hardware=hardware)
    sdfg, schedule = ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))
    counted = recount(case.graph, case.clustering)
    assert dataflow_violations(mapping_of(case, sdfg, schedule), case.graph, hardware, counted) == []
    for message in (a for a, name in enumerate(sdfg.name) if name.startswith("noc/") and sdfg.time[a]):
        time = sdfg.time.copy()
        time[message] -= 1
        hasty = mapping_of(case, replace(sdfg, time=time), schedule)
        found = network_violations(hasty, case.graph, hardware, counted)
        assert sdfg.name[message] in {v.where for v in found if v.rule == "network-time"}
    fewer = mapping_of(case, sdfg, replace(schedule, buffers=schedule.buffers - 1))
    found = network_violations(fewer, case.graph, hardware, counted)
    assert [(v.rule, v.asked) for v in found] == [("network-buffers", f"buffers of {schedule.buffers - 1} flits")]
