"""What limits a mapping: the longest cycle, its slowest actor, what that does, and what it gains if it is faster."""

from dataclasses import replace

import numpy as np
import pytest

import snnmap
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.pipeline.compile import Compiled
from snnmap.render.timing import holds_for, limited_by
from snnmap.sdf.ratio import maximum_cycle_ratio


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


@pytest.mark.parametrize("kind", ["merge", "compute", "decoding", "reading", "network"])
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
    key = {"merge": "merge_time", "compute": "column_time", "decoding": "row_time", "reading": "read_time"}[kind]
    for actor, found in counted.get(kind, []):
        assert found.tile == flow.resource[actor]
        assert found.seconds == pytest.approx(found.count * hardware[key])
        parts = {"merge_time": "fire", "column_time": "fire", "row_time": "read", "read_time": "read"}
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
