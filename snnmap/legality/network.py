"""The rules of the network in `verify`: no message may be promised to arrive before all that it meets lets it.

`network-slots`: on a network of time slots every source that must travel has a connection of its sender that holds all
its distant clusters, with slots for the busiest step and the flit that ends it, and no link carries two flits in one
slot. `network-time`: a message ends no earlier than the last slot of its connections after its sender has ended, or, on
a best-effort network, than behind all flits that its route meets, or behind gates than its bound (`gates`).
`network-buffers`: that bound is claimed where there are gates, and for routers with enough room only.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import distinct_columns
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SlotTable, SpikeGraph, Violation
from snnmap.legality.gates import needed_behind_gates
from snnmap.legality.recount import Recount
from snnmap.legality.sent import (
    Flits,
    Integers,
    Sent,
    chips_of,
    leaves_chip,
    link_flits,
    port_tile,
    sent,
    ticks_of_links,
    walked,
)
from snnmap.legality.times import PORT, busiest, cluster_of, message_name

SHOWN = 3


def network_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> list[Violation]:
    """Violations of the rules of this module, of a dataflow graph whose shape is right."""
    carried = sent(mapping, graph, counted)
    if hardware.noc == "tdm":
        return _without_gates(mapping) + _slot_violations(mapping, graph, hardware, carried)
    steps = mapping.schedule.block
    flits = {key: steps * count for key, count in link_flits(mapping, graph, hardware, carried).items()}
    if hardware.noc == "gated":
        return _gate_violations(mapping, hardware, carried, flits)
    return _without_gates(mapping) + _too_fast(mapping, _behind_others(mapping, hardware, carried, flits))


def _without_gates(mapping: Mapping) -> list[Violation]:
    """A bound that the network does not have."""
    if mapping.schedule.buffers is None:
        return []
    return [Violation("network-buffers", "schedule", "a bound on message times", "the network has no gates")]


def _too_fast(mapping: Mapping, least: dict[str, int]) -> list[Violation]:
    """Messages that are promised to last fewer ticks than `least`."""
    time = dict(zip(mapping.sdfg.name, mapping.sdfg.time.tolist(), strict=True))
    wrong = [
        Violation("network-time", name, f"{time.get(name, 'no such actor')} ticks", f"at least {ticks} are needed")
        for name, ticks in sorted(least.items())
        if time.get(name, -1) < ticks
    ]
    return wrong[:SHOWN]


def _gate_violations(mapping: Mapping, hardware: Hardware, carried: Sent, flits: Flits) -> list[Violation]:
    """On a network behind gates: messages that are too fast, and routers that need more room than the mapping says."""
    promised, speaks = mapping.schedule.buffers, any(name.startswith("noc/") for name in mapping.sdfg.name)
    if not speaks:
        return []
    if promised is None or mapping.schedule.period_denominator != 1:
        return [Violation("network-buffers", "schedule", "no times of gates", f"{hardware.name} has gates")]
    need = needed_behind_gates(mapping, hardware, carried, flits)
    wrong = _too_fast(mapping, need.ticks)
    if promised < need.buffers:
        asked, there = f"buffers of {promised} flits", f"up to {need.buffers} can be on their way over a link at once"
        wrong.append(Violation("network-buffers", "schedule", asked, there))
    return wrong


def _behind_others(mapping: Mapping, hardware: Hardware, carried: Sent, loads: Flits) -> dict[str, int]:
    """Ticks of every message of a best-effort network by name: hops, and the flits that its route meets."""
    tile, port = mapping.placement.tile.astype(np.int64), len(carried.actor) - 1
    origin = np.append(tile[carried.cluster_of[:port]], port_tile(hardware))
    ends = np.stack([np.append(carried.sender, carried.sum_sender), np.append(carried.cluster, carried.sum_cluster)])
    sender, cluster = distinct_columns(ends)
    way = walked(origin[sender], tile[cluster], sender == port, hardware)
    by_link: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (link, other), flits in loads.items():
        by_link[link].append((other, flits))
    met: list[dict[int, int]] = [{} for _ in sender]
    times = ticks_of_links(mapping, hardware)
    leaves = leaves_chip(way.link, hardware)
    for route, link, border in zip(way.route.tolist(), way.link.tolist(), leaves.tolist(), strict=True):
        most, each = met[route], times.border_flit if border else times.flit
        for other, flits in by_link[link]:
            if flits * each > most.get(other, 0):
                most[other] = flits * each
    crossed = np.bincount(way.route[leaves], minlength=len(sender))
    hops = np.bincount(way.route, minlength=len(sender)) - 2 - crossed
    return {
        message_name(carried.actor[s], k): int(h) * times.hop + int(c) * times.border_hop + sum(most.values())
        for s, k, h, c, most in zip(sender.tolist(), cluster.tolist(), hops, crossed, met, strict=True)
    }


class Demand(NamedTuple):
    """What the table must offer: flits per connection, and the connections of every message."""

    flits: dict[int, int]
    of_message: dict[str, list[int]]


def _slot_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, carried: Sent) -> list[Violation]:
    table = mapping.schedule.slots
    if table is None:
        speaks = bool(len(carried.sums) or len(carried.source))
        silent = not hardware.end_of_step and not np.any(carried.sums) and not np.any(graph.worst_step[carried.source])
        missing = [Violation("network-slots", "schedule", "no slot table", f"{hardware.name} sends in time slots")]
        return missing if speaks and not silent else []
    wrong = _table_shape(mapping, table, hardware)
    if wrong:
        return wrong
    demand, wrong = _demand(mapping, graph, hardware, carried, table)
    owned = np.add.reduceat(table.flits, table.run_ptr[:-1])
    steps = mapping.schedule.block
    for q, flits in sorted(demand.flits.items()):
        if owned[q] < steps * flits:
            there = f"{steps} times its busiest step of {flits}" if steps > 1 else f"its busiest step needs {flits}"
            wrong.append(_slots(mapping, table, q, f"{owned[q]} slots", there))
    return wrong[:SHOWN] or _met_twice(mapping, table, hardware) + _too_fast(
        mapping, _last_slots(mapping, table, demand, hardware)
    )


def _slots(mapping: Mapping, table: SlotTable, q: int, asked: str, there: str) -> Violation:
    return Violation("network-slots", f"connection {q} of {mapping.sdfg.name[table.producer[q]]}", asked, there)


def _table_shape(mapping: Mapping, table: SlotTable, hardware: Hardware) -> list[Violation]:
    """What would make the other rules meaningless."""
    schedule, connections = mapping.schedule, len(table.producer)
    period = schedule.period_numerator, schedule.period_denominator
    sizes = np.diff(table.run_ptr), np.diff(table.target_ptr)
    owner = np.repeat(np.arange(connections), sizes[0])
    last = table.first + table.flits
    same = owner[1:] == owner[:-1]
    times, several = ticks_of_links(mapping, hardware), hardware.chips.grid != (1, 1)
    hop, _, border_hop, border_flit = (-(-ticks // max(1, table.slot)) for ticks in times)
    said = (table.border_hop is not None, table.border_flit is not None)
    names = [mapping.sdfg.name[p] for p in table.producer.tolist()]
    broken = {
        "a table that is not as long as the period": (table.length * table.slot, 1) != period,
        "slots shorter than a flit": table.slot < max(1, times.flit),
        "fewer slots than a hop takes": table.hop < hop,
        "no slots of links between chips, or some where there is one chip": said != (several, several),
        "fewer slots than a hop between chips takes": several and (table.border_hop or 0) < border_hop,
        "fewer slots than a flit between chips takes": several and (table.border_flit or 0) < max(1, border_flit),
        "a connection without slots or targets": bool(connections == 0 or min(s.min() for s in sizes) < 1),
        "a slot outside the table, or listed twice": bool(
            np.any(table.first < 0) or np.any(last > table.length) or np.any(last[:-1][same] > table.first[1:][same])
        ),
        "a target that does not exist": bool(
            np.any(table.target < 0) or np.any(table.target >= mapping.clustering.clusters)
        ),
        "a sender that is no cluster's and not the port": any(n.startswith("noc/") for n in names),
    }
    return [Violation("network-slots", "table", what, "compile again") for what, is_so in broken.items() if is_so]


def _demand(
    mapping: Mapping, graph: SpikeGraph, hardware: Hardware, carried: Sent, table: SlotTable
) -> tuple[Demand, list[Violation]]:
    """Flits that every connection must hold: each source goes by the one of its clusters, or by one that holds them."""
    by_sender: dict[str, dict[frozenset[int], int]] = defaultdict(dict)
    for q, producer in enumerate(table.producer.tolist()):
        targets = frozenset(table.target[table.target_ptr[q] : table.target_ptr[q + 1]].tolist())
        by_sender[mapping.sdfg.name[producer]].setdefault(targets, q)
    goals: dict[tuple[int, int], set[int]] = defaultdict(set)
    for sender, source, cluster in zip(*(a.tolist() for a in carried[2:5]), strict=True):
        if hardware.end_of_step or graph.worst_step[source] > 0:
            goals[sender, source].add(cluster)
    wrong: list[Violation] = []
    of_message: dict[str, list[int]] = defaultdict(list)
    source_of, connection_of = [], []
    for (sender, source), clusters in goals.items():
        q = _connection(by_sender[carried.actor[sender]], frozenset(clusters))
        if q < 0:
            there = f"clusters {sorted(clusters)} hear it"
            wrong.append(Violation("network-slots", f"source {source}", "no connection", there))
            continue
        source_of.append(source)
        connection_of.append(q)
        for cluster in clusters:
            of_message[message_name(carried.actor[sender], cluster)].append(q)
    most = busiest([np.array(connection_of, np.int64)], np.array(source_of, np.int64), graph)
    flits = {key[0]: n * hardware.spike_flits + hardware.end_of_step for key, n in most.items()}
    for sender, cluster, sums in zip(*(a.tolist() for a in carried[5:]), strict=True):
        if sums == 0 and not hardware.end_of_step:
            continue
        q = by_sender[carried.actor[sender]].get(frozenset([cluster]), -1)
        if q < 0:
            there = "its columns have homes there"
            wrong.append(Violation("network-slots", f"{carried.actor[sender]} -> c{cluster}", "no connection", there))
            continue
        flits[q] = sums * hardware.sum_flits + hardware.end_of_step
        of_message[message_name(carried.actor[sender], cluster)].append(q)
    return Demand(flits, {name: sorted(set(qs)) for name, qs in of_message.items()}), wrong


def _connection(offered: dict[frozenset[int], int], clusters: frozenset[int]) -> int:
    if clusters in offered:
        return offered[clusters]
    holding = [q for targets, q in offered.items() if clusters <= targets]
    return holding[0] if len(holding) == 1 else -1


def _entry_slots(table: SlotTable) -> tuple[Integers, Integers]:
    """Connection and slot of every flit that may enter."""
    run = np.repeat(np.arange(len(table.first)), table.flits)
    within = np.arange(len(run)) - np.repeat(np.cumsum(table.flits) - table.flits, table.flits)
    owner = np.repeat(np.arange(len(table.producer)), np.diff(table.run_ptr))
    return owner[run], table.first[run] + within


def _met_twice(mapping: Mapping, table: SlotTable, hardware: Hardware) -> list[Violation]:
    """Links on which two flits would meet in one slot."""
    tile = mapping.placement.tile.astype(np.int64)
    names = [mapping.sdfg.name[p] for p in table.producer.tolist()]
    at_port = np.array([name == PORT for name in names])
    port = port_tile(hardware)
    origin = np.array([port if n == PORT else tile[cluster_of(n)] for n in names])
    owner = np.repeat(np.arange(len(names)), np.diff(table.target_ptr))
    way = walked(origin[owner], tile[table.target], at_port[owner], hardware)
    reached = (way.depth - way.borders) * table.hop + way.borders * (table.border_hop or 0)
    tree = distinct_columns(np.stack([owner[way.route], way.link, reached]))
    connection, slot = _entry_slots(table)
    count = np.bincount(connection, minlength=len(names))
    first = np.cumsum(count) - count
    size = count[tree[0]]
    at = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first[tree[0]], size)
    held = np.where(leaves_chip(tree[1], hardware), table.border_flit or 1, 1)
    lasts = np.repeat(held, size)
    later = np.arange(int(lasts.sum())) - np.repeat(np.cumsum(lasts) - lasts, lasts)
    begin, link = slot[at] + np.repeat(tree[2], size), np.repeat(tree[1], size)
    used = (np.repeat(begin, lasts) + later) % table.length + np.repeat(link, lasts) * table.length
    taken, times = np.unique(used, return_counts=True)
    return [
        Violation("network-slots", f"link {u // table.length}", f"{n} flits in slot {u % table.length}", "one fits")
        for u, n in zip(taken[times > 1][:SHOWN].tolist(), times[times > 1].tolist(), strict=False)
    ]


def _last_slots(mapping: Mapping, table: SlotTable, demand: Demand, hardware: Hardware) -> dict[str, int]:
    """Ticks that every message needs by name: from its start to the last of its slots after its sender has ended."""
    flow, start = mapping.sdfg, mapping.schedule.start
    number = {name: index for index, name in enumerate(flow.name)}
    tile, width = mapping.placement.tile.tolist(), hardware.mesh_width
    connection, slot = _entry_slots(table)
    edge = np.searchsorted(connection, np.arange(len(table.producer) + 1))
    least: dict[str, int] = {}
    for name, connections in demand.of_message.items():
        sender, _, receiver = name[len("noc/") :].partition(">")
        if name not in number:
            least[name] = 0
            continue
        producer = number[sender]
        x, y = (
            hardware.port if sender == PORT else (tile[cluster_of(sender)] % width, tile[cluster_of(sender)] // width)
        )
        goal = tile[cluster_of(receiver)]
        hops = abs(goal % width - x) + abs(goal // width - y)
        (from_x, from_y), (to_x, to_y) = (chips_of(np.array(t), hardware) for t in (y * width + x, goal))
        crossed = int(abs(to_x - from_x) + abs(to_y - from_y))
        ready = -(-(int(start[producer]) + int(flow.time[producer])) // table.slot)
        waits = max(int(((slot[edge[q] : edge[q + 1]] - ready) % table.length).max()) for q in connections)
        over = (hops - crossed) * table.hop + crossed * (table.border_hop or 0)
        end = (ready + waits + 1 + over) * table.slot
        least[name] = end - int(start[number[name]])
    return least
