"""What a best-effort network behind gates needs, recounted: the ticks of every message, and room in the routers.

What a sender sends in a step enters when it ends in the schedule, and is on its way until the last of its messages
ends. A message arrives no later than behind its hops and all flits, of the steps that are on their way while it is,
that enter where it does or join its route: at a router that they reach over another link, once for each link that they
cross there and that flits cross which came over the route's. A queue holds no more flits than can be on their way over
its link at once, and gains no more while it is busy than join behind it. Why is in `docs/DESIGN.md`. A link between
chips takes times of its own: flits that leave a router of the route over one that others of the route take count by how
much longer it takes them as well, and a queue that fills faster than it empties is bounded by what is on its way alone.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import distinct_columns
from snnmap.hardware import Hardware
from snnmap.ir import Mapping
from snnmap.legality.sent import (
    Flits,
    Integers,
    LinkTicks,
    Sent,
    leaves_chip,
    port_tile,
    ticks_of_links,
    walked,
)
from snnmap.legality.times import message_name

LONGEST_BUSY = 8
"""Periods beyond which a busy time of a queue is not followed."""


class Need(NamedTuple):
    """What must be promised at least."""

    ticks: dict[str, int]
    """By message: from its start to its end."""
    buffers: int
    """Flits per incoming link of a router."""


class OnTheWay(NamedTuple):
    """When the steps of senders are on their way."""

    release: Integers
    stays: Integers
    """(senders,) ticks: when the first enters, and for how long it may be there."""
    period: int

    def steps(self, sender: Integers, begin: int, end: int) -> Integers:
        """Steps of every sender that are on their way at some time between `begin` and `end`."""
        last = -((self.release[sender] - end) // self.period) - 1
        first = (begin - self.release[sender] - self.stays[sender]) // self.period + 1
        steps: Integers = np.maximum(last - first + 1, 0)
        return steps

    def flits(self, sender: Integers, count: Integers, begin: int, end: int) -> int:
        """Flits of the steps of senders that are on their way then, `count` in a step of each."""
        return int((self.steps(sender, begin, end) * count).sum())

    def within(self, time: int, sender: Integers, count: Integers) -> int:
        """Most flits of senders that can be on their way in some time, wherever it lies; `count` in a step of each."""
        return int((((time + self.stays[sender]) // self.period + 1) * count).sum())


def needed_behind_gates(mapping: Mapping, hardware: Hardware, carried: Sent, flits: Flits) -> Need:
    """What messages and routers need; of a mapping whose dataflow graph has all senders."""
    flow, start = mapping.sdfg, mapping.schedule.start
    number = {name: a for a, name in enumerate(flow.name)}
    tile, port = mapping.placement.tile.astype(np.int64), len(carried.actor) - 1
    origin = np.append(tile[carried.cluster_of[:port]], port_tile(hardware))
    ends = np.stack([np.append(carried.sender, carried.sum_sender), np.append(carried.cluster, carried.sum_cluster)])
    sender, cluster = distinct_columns(ends)
    names = [message_name(carried.actor[s], k) for s, k in zip(sender.tolist(), cluster.tolist(), strict=True)]
    period = max(1, mapping.schedule.period_numerator)
    begun = start + mapping.schedule.lags() * period
    ended = (begun + flow.time).tolist()
    release = np.array([ended[number[name]] if name in number else 0 for name in carried.actor], np.int64)
    there = np.array([ended[number[name]] if name in number else 0 for name in names], np.int64)
    stays = np.zeros(len(release), np.int64)
    np.maximum.at(stays, sender, there - release[sender])
    on_the_way = OnTheWay(release, stays, period)
    routes = _routes(hardware, origin[sender], tile[cluster], sender == port)
    turns = _turns(routes, sender.tolist(), flits)
    times = ticks_of_links(mapping, hardware)
    rates = _rates(turns, hardware, times)
    longer = max(0, times.border_flit - times.flit)
    least: dict[str, int] = {}
    for m, name in enumerate(names):
        begin, route = int(release[sender[m]]), routes[m]
        if flits.get((route[-1], int(sender[m])), 0) == 0:
            least[name] = 0
            continue
        entering = turns.taken[-1, route[0]]
        behind = on_the_way.flits(*entering, begin, begin + 1)  # first come, first in
        for link in route[:-1]:
            behind += sum(on_the_way.flits(*turn, begin, int(there[m])) for turn in turns.joining(link))
        crossed = sum(link in rates.borders for link in route)
        over = (len(route) - 2 - crossed) * times.hop + crossed * times.border_hop
        leaving = (onto for link in route[:-1] for onto in turns.behind.get(link, []) if onto in rates.borders)
        every = (turns.taken[one, onto] for onto in leaving for one in turns.onto[onto] if one >= 0)
        slow = sum(on_the_way.flits(*turn, begin, int(there[m])) for turn in every)
        least[name] = (
            begin + over + behind * times.flit + slow * longer - (int(begun[number[name]]) if name in number else 0)
        )
    between = [link for link in turns.onto if link < 4 * hardware.tiles]
    return Need(least, max([1, *(_room(turns, on_the_way, link, rates) for link in between)]))


class Rates(NamedTuple):
    """How fast the queue behind a link fills and empties."""

    times: LinkTicks
    borders: frozenset[int]
    """Links between chips."""
    slow: dict[int, int]
    """Link -> ticks of a flit on the slowest link behind it, where that leads to another chip; no less than on one."""


def _rates(turns: "Turns", hardware: Hardware, times: LinkTicks) -> Rates:
    onto = np.array(sorted(turns.onto), np.int64)
    borders = frozenset(onto[leaves_chip(onto, hardware)].tolist())
    slower = max(times.flit, times.border_flit)
    return Rates(times, borders, {one: slower for one, on in turns.taken if on in borders})


class Turns(NamedTuple):
    """Ways on from a link to another that flits take, -1 into the network; senders and their flits of each."""

    taken: dict[tuple[int, int], tuple[Integers, Integers]]
    onto: dict[int, list[int]]
    """Link -> links before it."""
    behind: dict[int, list[int]]
    """Link -> links that follow it."""

    def joining(self, link: int) -> list[tuple[Integers, Integers]]:
        """Who crosses what follows a link, and has come over another."""
        return [self.taken[one, on] for on in self.behind[link] for one in self.onto[on] if one != link]


def _turns(routes: list[list[int]], sender: list[int], flits: Flits) -> Turns:
    taken: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for own, route in zip(sender, routes, strict=True):
        for turn in zip([-1, *route[:-1]], route, strict=True):
            if flits.get((turn[1], own), 0):
                taken[turn][own] = flits[turn[1], own]
    onto: dict[int, list[int]] = defaultdict(list)
    behind: dict[int, list[int]] = defaultdict(list)
    for one, other in sorted(taken):
        onto[other].append(one)
        behind[one].append(other)
    counted = {turn: np.array(list(own.items()), np.int64).T for turn, own in taken.items()}
    return Turns({turn: (both[0], both[1]) for turn, both in counted.items()}, onto, behind)


def _routes(hardware: Hardware, origin: Integers, goal: Integers, from_port: Integers) -> list[list[int]]:
    """Links of every route, in order."""
    way = walked(origin, goal, from_port, hardware)
    between = way.link < 4 * hardware.tiles
    turn = np.where(between, way.depth + 1, np.where(way.depth == 0, 0, way.depth + 1))
    turn = np.where((way.link >= 5 * hardware.tiles) & (way.link < 6 * hardware.tiles), way.depth + 1, turn)
    order = np.lexsort((turn, way.route))
    edge = np.searchsorted(way.route[order], np.arange(len(origin) + 1))
    links = way.link[order].tolist()
    return [links[a:b] for a, b in zip(edge[:-1].tolist(), edge[1:].tolist(), strict=True)]


def _room(turns: Turns, on_the_way: OnTheWay, link: int, rates: Rates) -> int:
    """Flits that can be in the queue behind a link or on the link at a time, if no queue is ever full."""
    parts = [turns.taken[one, link] for one in turns.onto[link]]
    senders, count = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    entering = on_the_way.release[senders].tolist()
    most = max(on_the_way.flits(senders, count, t, t + 1) for t in entering)
    hop, flit, border_hop, border_flit = rates.times
    hop, fills = (border_hop, border_flit) if link in rates.borders else (hop, flit)
    empties = rates.slow.get(link, flit)
    busy, before, joined = 0, -1, 0
    while before < busy < LONGEST_BUSY * on_the_way.period:
        before = busy
        joined = sum(on_the_way.within(busy, *part) for part in turns.joining(link))
        busy = empties * (joined + on_the_way.within(busy, senders, count))
    if busy >= LONGEST_BUSY * on_the_way.period or fills < empties:
        return most
    return min(most, joined + 1 + (hop // fills if fills else 0))
