"""The schedule rules of `verify`: is each dependency in the dataflow graph, does the schedule keep what it promises?

A periodic schedule with start s_a and period P is legal if s_target + tokens x P >= s_source + time_source on every
channel; it is as fast as any if some cycle of channels has total time / total tokens equal to P. Both together certify
the throughput without repeating the scheduler's search. Actors are named `c<cluster>/l<level>/read` and `.../fire`.
"""

from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Violation

SHOWN = 3
PORT = "input"

Key = tuple[str, str]


def dataflow_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """`schedule-dependency`, `schedule-time`, `schedule-order`, `schedule-start` and `schedule-period` violations."""
    found = _rates(mapping)
    if found:
        return found
    listened = _listened_levels(mapping, graph)
    found = _dependencies(mapping, graph, listened)
    found += _times(mapping, graph, hardware)
    found += _order(mapping)
    return found + _starts(mapping) + _period(mapping)


def _rates(mapping: Mapping) -> list[Violation]:
    flow = mapping.sdfg
    if np.any(flow.production != 1) or np.any(flow.consumption != 1):
        return [Violation("schedule-dependency", "dataflow", "a rate other than 1", "steps are the iteration")]
    return []


def _listened_levels(mapping: Mapping, graph: SpikeGraph) -> list[dict[int, set[int]]]:
    """Per cluster: source -> levels of the columns there that it has a synapse to."""
    network, clustering, level = graph.network, mapping.clustering, graph.network.level_of()
    here = np.zeros(network.sources, bool)
    listened: list[dict[int, set[int]]] = []
    for k in range(clustering.clusters):
        columns = clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]]
        here[columns] = True
        rows: dict[int, set[int]] = {}
        for source in clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]].tolist():
            targets = network.post[network.indptr[source] : network.indptr[source + 1]]
            rows[source] = set(np.unique(level[targets[here[targets]]]).tolist())
        here[columns] = False
        listened.append(rows)
    return listened


def _needed(mapping: Mapping, graph: SpikeGraph, listened: list[dict[int, set[int]]]) -> dict[Key, int]:
    """(producer, consumer) actor names -> most initial tokens the dependency allows."""
    network, clustering, level = graph.network, mapping.clustering, graph.network.level_of()
    bias, externals = network.is_bias(), network.externals
    needed: dict[Key, int] = {}
    for k, rows in enumerate(listened):
        for source, target_levels in rows.items():
            if bias[source]:
                continue
            own = int(level[source])
            sender = PORT if source < externals else f"c{clustering.home[source - externals]}/l{own}/fire"
            for target_level in target_levels:
                key = (sender, f"c{k}/l{target_level}/read")
                allowed = int(source >= externals and target_level <= own)
                needed[key] = min(needed.get(key, allowed), allowed)
    column_cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    homes = clustering.home[clustering.column_neuron - externals]
    triples = np.stack([column_cluster, homes, level[clustering.column_neuron]])
    for k, home, own in np.unique(triples, axis=1).T.tolist():
        needed[(f"c{k}/l{own}/read", f"c{home}/l{own}/fire")] = 0
    return needed


def _dependencies(mapping: Mapping, graph: SpikeGraph, listened: list[dict[int, set[int]]]) -> list[Violation]:
    """Every dependency must be a channel, or two through a message actor, with no more tokens than it allows."""
    flow = mapping.sdfg
    offered: dict[Key, int] = {}
    onward: dict[int, list[tuple[int, int]]] = defaultdict(list)
    ends = list(zip(flow.source.tolist(), flow.target.tolist(), flow.tokens.tolist(), strict=True))
    for source, target, tokens in ends:
        onward[source].append((target, tokens))
    message = [not name.startswith("c") and name != PORT for name in flow.name]
    for source, target, tokens in ends:
        steps = [(target, tokens)]
        if message[target]:
            steps = [(end, tokens + more) for end, more in onward[target] if end != target]
        for end, total in steps:
            key = (flow.name[source], flow.name[end])
            offered[key] = min(offered.get(key, total), total)
    found: list[Violation] = []
    for (sender, receiver), allowed in sorted(_needed(mapping, graph, listened).items()):
        tokens_there = offered.get((sender, receiver))
        if tokens_there is None or tokens_there > allowed:
            said = "no channel" if tokens_there is None else f"{tokens_there} initial tokens"
            where = f"{sender} -> {receiver}"
            found.append(Violation("schedule-dependency", where, said, f"a channel with at most {allowed} is needed"))
    return found[:SHOWN]


def _times(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """A read must last its array read plus one decode per row of the busiest profiled step (if events are known)."""
    flow, clustering, events = mapping.sdfg, mapping.clustering, graph.events
    if events is None:
        return []
    index = {name: a for a, name in enumerate(flow.name)}
    level = graph.network.level_of()
    step = events.frame_of_event() * events.steps + events.step
    row_ticks = round(hardware["row_time"] / flow.tick)
    read_ticks = round(hardware["read_time"] / flow.tick)
    found: list[Violation] = []
    order = np.argsort(events.source, kind="stable")
    sorted_source = events.source[order]
    for k, levels in enumerate(_column_levels(clustering, level)):
        rows = clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]]
        if len(levels) != 1:
            continue  # a mixed cluster decodes per level; its levels are bounded by the dependency rule only
        first = np.searchsorted(sorted_source, rows, side="left")
        last = np.searchsorted(sorted_source, rows, side="right")
        at = [order[a:b] for a, b in zip(first, last, strict=True)]
        busiest = _busiest(step[np.concatenate(at)]) if at else 0
        actor = index.get(f"c{k}/l{levels[0]}/read")
        least = read_ticks + row_ticks * busiest
        if actor is None or flow.time[actor] < least:
            told = "no such actor" if actor is None else f"{flow.time[actor]} ticks"
            found.append(Violation("schedule-time", f"c{k}/l{levels[0]}/read", told, f"at least {least} are needed"))
    return found[:SHOWN]


def _column_levels(clustering: Any, level: Any) -> list[list[int]]:
    return [
        np.unique(level[clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]]]).tolist()
        for k in range(clustering.clusters)
    ]


def _busiest(steps: Any) -> int:
    return int(np.unique(steps, return_counts=True)[1].max(initial=0))


def _order(mapping: Mapping) -> list[Violation]:
    """Each tile's order holds each of its actors once, and they do not overlap within a period."""
    flow, schedule = mapping.sdfg, mapping.schedule
    found: list[Violation] = []
    on_tile: dict[int, list[int]] = defaultdict(list)
    for actor, tile in enumerate(flow.resource.tolist()):
        if tile >= 0:
            on_tile[tile].append(actor)
    told = dict(zip(schedule.tiles.tolist(), schedule.order, strict=True))
    if set(told) != set(on_tile):
        return [Violation("schedule-order", "tiles", f"orders for {len(told)} tiles", f"{len(on_tile)} have actors")]
    for tile, actors in told.items():
        if sorted(actors) != on_tile[tile]:
            asked = f"{len(actors)} firings"
            found.append(
                Violation("schedule-order", f"tile {tile}", asked, f"its {len(on_tile[tile])} actors, once each")
            )
            continue
        finish = schedule.start[list(actors)] + flow.time[list(actors)]
        busy = Fraction(int(finish[-1] - schedule.start[actors[0]]))
        if np.any(schedule.start[list(actors[1:])] < finish[:-1]) or busy > _stated(mapping):
            found.append(Violation("schedule-order", f"tile {tile}", "firings overlap", "one at a time on a tile"))
    return found


def _stated(mapping: Mapping) -> Fraction:
    return Fraction(mapping.schedule.period_numerator, mapping.schedule.period_denominator)


def _starts(mapping: Mapping) -> list[Violation]:
    flow, start, period = mapping.sdfg, mapping.schedule.start, _stated(mapping)
    slack_known = start[flow.target] - start[flow.source] - flow.time[flow.source]
    late = [
        h
        for h, (slack, tokens) in enumerate(zip(slack_known.tolist(), flow.tokens.tolist(), strict=True))
        if slack + tokens * period < 0
    ]
    return [
        Violation(
            "schedule-start",
            f"{flow.name[flow.source[h]]} -> {flow.name[flow.target[h]]}",
            f"starts {float(-(slack_known[h] + flow.tokens[h] * period)):g} ticks too early",
            "a consumer starts after its producer ends",
        )
        for h in late[:SHOWN]
    ]


def _period(mapping: Mapping) -> list[Violation]:
    """The named critical cycle must exist and have exactly the stated ratio."""
    flow, critical = mapping.sdfg, mapping.schedule.critical
    tokens_of: dict[tuple[int, int], int] = {}
    for source, target, tokens in zip(flow.source.tolist(), flow.target.tolist(), flow.tokens.tolist(), strict=True):
        tokens_of[source, target] = min(tokens_of.get((source, target), tokens), tokens)
    total = 0
    for source, target in zip(critical, (*critical[1:], *critical[:1]), strict=True):
        if (source, target) not in tokens_of:
            where = f"{flow.name[source]} -> {flow.name[target]}"
            return [Violation("schedule-period", where, "critical cycle uses it", "there is no such channel")]
        total += tokens_of[source, target]
    time = int(flow.time[list(critical)].sum())
    if total <= 0 or Fraction(time, total) != _stated(mapping):
        asked = f"period {_stated(mapping)} ticks"
        return [Violation("schedule-period", "critical cycle", asked, f"its time is {time} over {total} tokens")]
    return []
