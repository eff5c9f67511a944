"""Each rule of the dataflow graph at its edge: what is just enough passes, one tick or token beyond it does not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, Sdfg, Violation
from snnmap.legality.dataflow import SHOWN, dataflow_violations
from snnmap.legality.recount import recount
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled


def found(
    mapping: Mapping, compiled: Compiled, rule: str = "schedule-", hardware: Hardware | None = None
) -> list[Violation]:
    counted = recount(compiled.graph, mapping.clustering)
    wrong = dataflow_violations(mapping, compiled.graph, hardware or compiled.hardware, counted)
    return [v for v in wrong if v.rule.startswith(rule)]


def with_flow(mapping: Mapping, **changes: object) -> Mapping:
    return replace(mapping, sdfg=replace(mapping.sdfg, **changes))


def with_schedule(mapping: Mapping, **changes: object) -> Mapping:
    return replace(mapping, schedule=replace(mapping.schedule, **changes))


def set_at(values: np.ndarray, index: int, value: int) -> np.ndarray:
    changed = values.copy()
    changed[index] = value
    return changed


def only(flow: Sdfg, channels: np.ndarray) -> Sdfg:
    fields = ("producer", "consumer", "production", "consumption", "tokens")
    return replace(flow, **{name: getattr(flow, name)[channels] for name in fields})


def joined(flow: Sdfg, tokens: np.ndarray) -> Sdfg:
    """`flow` with every channel a second time, `tokens` on the copies."""
    fields = ("producer", "consumer", "production", "consumption")
    both = {name: np.tile(getattr(flow, name), 2) for name in fields}
    return replace(flow, **both, tokens=np.concatenate([flow.tokens, tokens]))


@pytest.fixture(scope="module")
def best_effort(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path = tmp_path_factory.mktemp("noc") / "chip.toml"
    path.write_text(small_workload.CHIP + 'noc = "best-effort"\n')
    return snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(path)))


@pytest.mark.parametrize("tokens", [0, 1, 2])
def test_a_consumer_starts_when_its_producer_has_ended_and_no_tick_earlier(compiled: Compiled, tokens: int) -> None:
    """One channel alone, between every fifth pair of actors that have one."""
    mapping, flow, schedule = compiled.mapping, compiled.mapping.sdfg, compiled.mapping.schedule
    apart = np.flatnonzero(flow.producer != flow.consumer)[::5]
    for channel in apart.tolist():
        a, b = int(flow.producer[channel]), int(flow.consumer[channel])
        alone = replace(mapping, sdfg=replace(only(flow, np.array([channel])), tokens=np.array([tokens])))
        ends = int(schedule.start[a] + flow.time[a]) - tokens * schedule.period_numerator
        for early in (0, 1):
            start = set_at(schedule.start, b, ends - early)
            told = found(with_schedule(alone, start=start), compiled, "schedule-start")
            where = f"{flow.name[a]} -> {flow.name[b]}"
            assert [(v.where, v.asked) for v in told] == [(where, "starts 1 ticks too early")] * early


def test_a_period_that_is_a_fraction_gives_fractions_of_ticks(compiled: Compiled) -> None:
    """With one token and a period of 7 / 2, a consumer of a producer that ends at 10 may start at 7, not at 6."""
    mapping, flow = compiled.mapping, compiled.mapping.sdfg
    channel = int(np.flatnonzero(flow.producer != flow.consumer)[0])
    a, b = int(flow.producer[channel]), int(flow.consumer[channel])
    alone = replace(only(flow, np.array([channel])), tokens=np.array([1]), time=set_at(flow.time, a, 4))
    for start, early in ((7, []), (6, ["starts 0.5 ticks too early"]), (5, ["starts 1.5 ticks too early"])):
        starts = set_at(set_at(mapping.schedule.start, a, 6), b, start)
        slow = with_schedule(mapping, start=starts, period_numerator=7, period_denominator=2)
        assert [v.asked for v in found(replace(slow, sdfg=alone), compiled, "schedule-start")] == early


def dependencies(compiled: Compiled) -> Iterator[tuple[str, str]]:
    """Pairs of actors of which one needs the other: all with a channel there and a bounded one back."""
    flow = compiled.mapping.sdfg
    pairs = {(flow.name[a], flow.name[b]) for a, b in zip(flow.producer, flow.consumer, strict=True) if a != b}
    for a, b in sorted(pairs):
        if b.startswith("noc/") or (a.endswith("/fire") and a.partition("/")[0] == b.partition("/")[0]):
            continue  # a fire gives its own cluster's sample registers back
        path = a.removeprefix("noc/").rpartition(">c")[0] if a.startswith("noc/") else a
        if (b, path) in pairs and (a.startswith("noc/") or a.endswith("/read") != b.endswith("/read")):
            yield path, b


def between(flow: Sdfg, producer: str, consumer: str) -> np.ndarray:
    """Which channels there are from one actor to another; those of a tile's order may double those of a dependency."""
    return (flow.producer == flow.name.index(producer)) & (flow.consumer == flow.name.index(consumer))


def test_every_dependency_has_as_many_tokens_as_it_may_and_every_receiver_as_much_room(compiled: Compiled) -> None:
    """One token more on any channel of a dependency, and on any channel back, is refused by its rule."""
    mapping, flow = compiled.mapping, compiled.mapping.sdfg
    assert found(mapping, compiled) == []
    pairs = list(dependencies(compiled))
    assert len(pairs) > 40
    for producer, consumer in pairs[::2]:
        message = f"noc/{producer}>c{consumer[1:].partition('/')[0]}"
        ahead = (message, consumer) if message in flow.name else (producer, consumer)
        for ends, rule in ((ahead, "schedule-dependency"), ((consumer, producer), "schedule-buffer")):
            these = between(flow, *ends)
            more = with_flow(mapping, tokens=flow.tokens + these)
            told = found(more, compiled, rule)
            assert [v.where for v in told] == [f"{producer} -> {consumer}"], (ends, rule)
            gone = replace(mapping, sdfg=only(flow, ~these))
            assert f"{producer} -> {consumer}" in {v.where for v in found(gone, compiled, rule)}


def test_of_two_channels_between_the_same_actors_the_one_with_fewer_tokens_counts(compiled: Compiled) -> None:
    mapping, flow = compiled.mapping, compiled.mapping.sdfg
    assert found(replace(mapping, sdfg=joined(flow, flow.tokens + 1)), compiled) == []
    assert verify(replace(mapping, sdfg=joined(flow, flow.tokens + 1)), compiled.graph, compiled.hardware) == []


def test_at_most_three_of_a_kind_are_named(compiled: Compiled) -> None:
    mapping, flow, schedule = compiled.mapping, compiled.mapping.sdfg, compiled.mapping.schedule
    none = replace(mapping, sdfg=only(flow, np.zeros(0, np.int64)))
    assert len(found(none, compiled, "schedule-dependency")) == SHOWN == 3
    roomy = with_flow(mapping, tokens=flow.tokens + 5 * (flow.tokens > 0))
    assert len(found(roomy, compiled, "schedule-buffer")) == 3
    hasty = with_flow(mapping, time=np.minimum(flow.time, 1))
    assert len(found(hasty, compiled, "schedule-time")) == 3
    assert len(found(with_schedule(mapping, start=schedule.start * 0), compiled, "schedule-start")) == 3
    lost = with_flow(mapping, resource=flow.resource * 0 + 10**6)
    assert len(found(lost, compiled, "schedule-order")) == 3


def test_a_tile_may_be_busy_for_a_whole_period_and_no_tick_longer(compiled: Compiled) -> None:
    mapping, flow, schedule = compiled.mapping, compiled.mapping.sdfg, compiled.mapping.schedule
    order = next(o for o in schedule.order if len(o) > 1)
    first, last = order[0], order[-1]
    ends = int(schedule.start[first]) + schedule.period_numerator
    for late in (0, 1):
        start = set_at(schedule.start, last, ends - int(flow.time[last]) + late)
        told = [v.asked for v in found(with_schedule(mapping, start=start), compiled, "schedule-order")]
        assert told == ["firings overlap"] * late


@pytest.mark.parametrize("kind", ["compiled", "best_effort"])
def test_a_named_cycle_that_is_not_the_longest_is_refused_and_another_as_long_is_not(
    kind: str, request: pytest.FixtureRequest
) -> None:
    mapped: Compiled = request.getfixturevalue(kind)
    mapping, flow, critical = mapped.mapping, mapped.mapping.sdfg, mapped.mapping.schedule.critical
    for first in range(len(critical)):
        turned = with_schedule(mapping, critical=(*critical[first:], *critical[:first]))
        assert found(turned, mapped, "schedule-period") == []
    shorter = [a for a in range(len(flow.name)) if a not in critical and flow.time[a] > 0][::7]
    for actor in shorter:
        assert len(found(with_schedule(mapping, critical=(actor,)), mapped, "schedule-period")) == 1


def test_a_cycle_of_two_tokens_counts_half(compiled: Compiled) -> None:
    """An actor beside the longest cycle, two tokens on its channel to itself: its time must be twice the cycle's."""
    mapping, flow, schedule = compiled.mapping, compiled.mapping.sdfg, compiled.mapping.schedule
    longest = int(flow.time[list(schedule.critical)].sum())
    actor = next(a for a, name in enumerate(flow.name) if name.endswith("/read") and a not in schedule.critical)
    own = between(flow, flow.name[actor], flow.name[actor])
    within = np.isin(flow.producer, schedule.critical) & np.isin(flow.consumer, schedule.critical)
    tokens = np.where(own, 2, flow.tokens)
    for time, refused in ((2 * longest, False), (2 * longest - 1, True)):
        apart = only(replace(flow, tokens=tokens, time=set_at(flow.time, actor, time)), own | within)
        claimed = with_schedule(replace(mapping, sdfg=apart), critical=(actor,))
        assert bool(found(claimed, compiled, "schedule-period")) is refused


def test_a_cycle_longer_than_the_period_or_without_tokens_is_refused(compiled: Compiled) -> None:
    mapping, flow, schedule = compiled.mapping, compiled.mapping.sdfg, compiled.mapping.schedule
    longest = int(flow.time[list(schedule.critical)].sum())
    for by, refused in ((0, False), (-1, True)):
        hurried = with_schedule(mapping, period_numerator=longest + by)
        assert bool(found(hurried, compiled, "schedule-period")) is refused
    free = with_flow(mapping, tokens=flow.tokens * 0)
    assert len(found(free, compiled, "schedule-period")) == 1


def test_the_smallest_numbers_that_make_sense_are_no_fault_of_shape(compiled: Compiled) -> None:
    mapping, flow = compiled.mapping, compiled.mapping.sdfg
    for changed in (
        with_schedule(mapping, period_numerator=1),
        with_flow(mapping, time=flow.time * 0),
        with_flow(mapping, tokens=flow.tokens * 0),
        with_flow(mapping, tick=1e-300),
    ):
        assert found(changed, compiled, "schedule-shape") == []
    beyond = f"c{mapping.clustering.clusters}/l1/read"
    for changed in (
        with_schedule(mapping, period_denominator=0),
        with_flow(mapping, name=(*flow.name[:-1], beyond)),
        with_flow(mapping, consumption=set_at(flow.consumption, 0, 2)),
        with_flow(mapping, producer=set_at(flow.producer, 0, len(flow.name))),
        with_schedule(mapping, order=((-1,), *mapping.schedule.order[1:])),
    ):
        assert len(found(changed, compiled, "schedule-shape")) == 1


def test_the_latency_is_from_the_first_start_to_the_last_end(compiled: Compiled) -> None:
    schedule = compiled.mapping.schedule
    for shift in (0, 5):
        moved = with_schedule(compiled.mapping, start=schedule.start + shift)
        assert found(moved, compiled, "schedule-latency") == []
    for by in (-1, 1):
        longer = with_schedule(compiled.mapping, latency=schedule.latency + by)
        assert [v.available for v in found(longer, compiled, "schedule-latency")] == [f"it is {schedule.latency}"]


def test_clusters_that_wait_to_fire_are_counted_per_tile(compiled: Compiled, tmp_path: Path) -> None:
    """Three clusters read before any of them fires: three registers are enough, two are not."""
    chip = tmp_path / "shared.toml"
    chip.write_text(
        small_workload.CHIP + "clusters_per_tile = 6\nsample_registers = 6\n[mesh]\nwidth = 2\nheight = 1\n"
    )
    mapped = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)))
    names = mapped.mapping.sdfg.name
    needed = []
    for order in mapped.mapping.schedule.order:
        read, most = [], 0
        for name in (names[a] for a in order):
            if name.endswith("/read") and name.replace("/read", "/fire") in names:
                read.append(name)
            else:
                read = [r for r in read if r.replace("/read", "/fire") != name]
            most = max(most, len({r.partition("/")[0] for r in read}))
        needed.append(most)
    assert max(needed) > 1
    for registers in range(1, 7):
        fewer = replace(mapped.hardware, sample_registers=registers)
        told = found(mapped.mapping, mapped, "schedule-samples", fewer)
        assert [v.asked for v in told] == [f"{n} sets of sample registers" for n in needed if n > registers]
