"""What limits a mapping: the longest cycle, its slowest actor, what that does, and what it gains if it is faster."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from support.schedule_cases import random_case, view_of

import snnmap
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.buffers import buffered
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.evaluation.lower_bound import without_orders
from snnmap.ir import Sdfg
from snnmap.pipeline.compile import Compiled
from snnmap.render.timing import holds_for, limited_by, timing_document
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule


def test_the_slowest_actor_of_the_critical_cycle_is_named(compiled: Compiled) -> None:
    found = bottleneck(compiled.view)
    assert found is not None
    flow, critical = compiled.mapping.sdfg, compiled.mapping.schedule.critical
    assert [name for name, _ in found.cycle] == [flow.name[a] for a in critical]
    assert found.actor == max(found.cycle, key=lambda part: part[1])[0]
    tokens_time = sum(seconds for _, seconds in found.cycle)
    assert found.period <= tokens_time * (1 + 1e-9) or len(critical) > 1
    said = limited_by(found)
    assert found.actor in said[0]
    assert found.cycle[0][0] in said[1]


@pytest.mark.parametrize("kind", ["merge", "compute", "decoding", "reading", "converting", "network"])
def test_every_kind_of_actor_is_counted_from_the_mapping(compiled: Compiled, kind: str) -> None:
    """An actor on the critical cycle alone: its kind and number are those of the clustering and the chip."""
    mapping, hardware, flow = compiled.mapping, compiled.hardware, compiled.mapping.sdfg
    counted = {}
    for actor, name in enumerate(flow.name):
        if name == "input" or flow.time[actor] == 0:
            continue
        alone = replace(mapping, schedule=replace(mapping.schedule, critical=(actor,)))
        found = bottleneck(replace(compiled.view, mapping=alone))
        assert found is not None
        assert found.seconds <= flow.time[actor] * flow.tick * (1 + 1e-9)
        counted.setdefault(found.kind, []).append((actor, found))
    if kind == "network":
        assert all(found.tile is None and found.actor.startswith("noc/") for _, found in counted[kind])
        return
    key = {"merge": "merge_time", "compute": "column_time", "decoding": "row_time", "reading": "read_time"}
    key = {**key, "converting": "adc_time"}[kind]
    for actor, found in counted.get(kind, []):
        assert found.tile == flow.resource[actor]
        assert found.seconds == pytest.approx(found.count * hardware[key])
        parts = {"merge_time": "fire", "column_time": "fire", "row_time": "read", "read_time": "read"}
        parts["adc_time"] = "read"
        assert found.actor.endswith(parts[key])
    assert counted.get("reading") or counted.get("decoding")


def test_partial_sums_limit_the_default_mapping_of_the_first_example(compiled: Compiled) -> None:
    clustering, network = compiled.mapping.clustering, compiled.graph.network
    level = network.level_of()[clustering.column_neuron]
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    home = clustering.home[clustering.column_neuron - network.externals]
    flow = compiled.mapping.sdfg
    for actor, name in enumerate(flow.name):
        if not name.endswith("/fire"):
            continue
        k, own = int(name[1:].partition("/")[0]), int(name.split("/l")[1].partition("/")[0])
        arriving = int(np.sum((home == k) & (cluster != k) & (level == own)))
        at_home = int(np.sum((home == k) & (cluster == k) & (level == own)))
        hardware = compiled.hardware
        assert flow.time[actor] == pytest.approx(
            (arriving * hardware["merge_time"] + at_home * hardware["column_time"]) / flow.tick
        )


def test_a_tenth_less_of_the_limiting_part_gives_the_cycle_that_is_said(compiled: Compiled) -> None:
    found = bottleneck(compiled.view)
    assert found is not None
    flow = compiled.mapping.sdfg
    time = flow.time.copy()
    time[flow.name.index(found.actor)] -= round(0.1 * found.seconds / flow.tick)
    assert found.faster == pytest.approx(float(maximum_cycle_ratio(replace(flow, time=time))[0]) * flow.tick)
    assert found.faster <= found.period


def test_only_slot_tables_and_single_tiles_guarantee(compiled: Compiled) -> None:
    mapping = compiled.mapping
    routers = replace(compiled.hardware, noc="best-effort")
    assert is_guaranteed(mapping, compiled.hardware)
    assert not is_guaranteed(mapping, routers)
    silent = replace(mapping, sdfg=replace(mapping.sdfg, name=tuple(f"c{a}" for a in range(len(mapping.sdfg.name)))))
    assert is_guaranteed(silent, routers)
    assert "no busier than those of the 30 profiled frames" in holds_for(30, "tdm", guaranteed=True)
    assert "no guarantee" in holds_for(30, "best-effort", guaranteed=False)


def test_metrics_say_what_they_are_worth(compiled: Compiled) -> None:
    basis = {metric.name: metric.basis for metric in snnmap.evaluate(*_of(compiled)).metrics}
    assert "slot table" in basis["period_s"]
    assert basis["throughput_steps_per_s"] == "guaranteed"
    routers = replace(compiled.hardware, noc="best-effort")
    basis = {m.name: m.basis for m in snnmap.evaluate(compiled.mapping, compiled.graph, routers).metrics}
    assert basis["throughput_steps_per_s"] == "estimate"


def _of(compiled: Compiled) -> tuple[object, ...]:
    return compiled.mapping, compiled.graph, compiled.hardware


def pairs(graph: Sdfg) -> set[tuple[int, int, int]]:
    return set(zip(graph.producer.tolist(), graph.consumer.tolist(), graph.tokens.tolist(), strict=True))


def tight(graph: Sdfg, source: int, target: int) -> tuple[int, int, int]:
    return source, target, min(t for a, b, t in pairs(graph) if (a, b) == (source, target))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("order", {"shared": True, "program_time": 0, "buffer_tokens": 3, "noc": "best-effort"}),
        ("buffer", {"buffer_tokens": 1, "hop_time": 90, "noc": "best-effort"}),
        ("programming", {"shared": True, "program_time": 900}),
        ("network", {"flit_time": 300, "noc": "best-effort"}),
        ("merge", {"merge_time": 900, "hop_time": 0, "flit_time": 1, "buffer_tokens": 3}),
        ("compute", {"column_time": 900, "hop_time": 0, "flit_time": 1, "buffer_tokens": 3}),
    ],
)
def test_every_class_has_a_mapping_and_its_cycle_shows_it(kind: str, given: dict[str, Any]) -> None:
    seen = 0
    for seed in range(60):
        case = random_case(seed, **given)
        sdfg, schedule = ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))
        view = view_of(case, sdfg, schedule)
        found = bottleneck(view)
        assert found is not None
        if found.binding != kind:
            continue
        seen += 1
        cycle = [*schedule.critical, schedule.critical[0]]
        edges = [tight(sdfg, a, b) for a, b in pairwise(cycle)]
        orders = {e for order in schedule.order for e in pairwise((*order, order[0])) if len(order) > 1}
        whole = any(set(schedule.critical) == set(order) for order in schedule.order)
        without = pairs(buffered(view).unbounded(without_orders(sdfg, schedule))) if kind != "buffer" else set()
        if kind == "buffer":
            free = pairs(buffered(view).unbounded(sdfg))
            assert any(edge not in free for edge in edges)
            roomy = random_case(seed, **{**given, "buffer_tokens": 9})
            wide, other = ListSchedule(swaps=5)(roomy.problem, Run(np.random.default_rng(0)))
            assert other.period_numerator * wide.tick <= found.period * (1 + 1e-9)
        elif kind == "order":
            assert not whole
            assert any((a, b) in orders and (a, b, t) not in without for a, b, t in edges)
        else:
            assert whole or all(edge in pairs(sdfg) for edge in edges)
        assert timing_document(None, found)["limited_by"]["class"] == kind
        said = limited_by(found)[1]
        assert ("full buffer" in said, "order of a tile" in said) == (kind == "buffer", kind == "order")
    assert seen
