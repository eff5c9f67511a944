"""A best-effort network behind gates: message times that no arbitration exceeds, and the buffers that they need.

A gate lets what a producer sends in a step into the network when the producer would end at its worst, a step a period.
So every step of every message is released at a time that is known, and is on its way for the time that is promised to
it; `flits on the way` are those of the steps whose times on the way overlap.

**Bound.** A message is through after

    hops x hop_time + flit_time x (flits on the way that entered where it does and no later, and that join its route),

where a flit joins at a router that it reaches over another link than the route does, once for each link that it then
crosses and that flits cross which came over the route's: its first flit holds up all behind it, wherever it goes.
Of several chips hop_time is that of each hop, and flits that leave a router of the route over a link to another chip,
which flits of the route's take too, count the difference of that link's flit_time as well.

**Proof** (`docs/DESIGN.md`). Pay multiplexing only once (Schmitt, Zdarsky & Fidler, INFOCOM 2008), here for queues per
incoming link, whose first flit holds up those behind it until its last copy has left.

**Buffers.** A queue is busy for no longer than the flits that cross its link or join behind it take; in that time it
gains no more than joins, and a flit per flit_time of the hop. Nor can it hold more than is on the way over its link,
which is all that is known of a queue that fills faster than it empties, between a chip's link and one to another chip.
`Gated.buffers` is the most of any link between tiles; with fewer the times are an estimate again.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64, frozen, offsets, ranges, row_of_entry
from snnmap.core.errors import InfeasibleError
from snnmap.hardware import Hardware, Mesh
from snnmap.ir import Sdfg
from snnmap.sdf.graph import Channels, channels_of
from snnmap.sdf.ratio import periodic
from snnmap.stages.schedule.links import Placed
from snnmap.stages.schedule.network import Loads, flying, link_times, routes
from snnmap.stages.schedule.search import LONGEST, shortest

ROUNDS = 100
"""Most times that starts and message times are worked out anew at one period."""
HALVINGS = 10
"""Periods tried between the longest that failed and the shortest that fits."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What the times are found for, as the kernels read it. M messages."""

    channels: Channels
    time: I64
    """(A,) ticks; messages as if they were alone."""
    first: int
    """Actor number of the first message."""
    turns: "Turns"
    sender: I64
    """(M,) actor that sends."""
    flying: I64
    """(M,) ticks over hops."""
    silent: I64
    """Messages that never carry a flit."""
    met_ptr: I64
    met: I64
    """Turns whose flits a message may wait for, CSR by message."""
    slow_ptr: I64
    slow: I64
    """Turns from a router of its route to another chip, CSR by message."""
    queues: "Queues"
    flit: int
    longer: int
    """Ticks of a flit on a link of a chip, and by how much one between chips takes longer."""


class Turns(NamedTuple):
    """Ways on from a link to another that flits take. U turns, by the first link, then the second."""

    before: I64
    link: I64
    """(U,) links; none, -1, before the first of all."""
    ptr: I64
    producer: I64
    flits: I64
    """Who takes a turn, and how many flits of its busiest step, CSR."""


class Queues(NamedTuple):
    """Queues behind links between tiles."""

    link: I64
    """(W,)"""
    load_ptr: I64
    load: I64
    """Turns that lead over the link of each."""
    join_ptr: I64
    join: I64
    """Turns of others onto the links that follow it."""
    hop: I64
    fills: I64
    """(W,) ticks of a hop and of a flit on the link."""
    empties: I64
    """(W,) ticks of a flit on the slowest link that flits take out of the queue."""


class Gated(NamedTuple):
    """Message times and a schedule that keep each other."""

    time: I64
    start: I64
    """(A,) ticks."""
    period: int
    buffers: int
    """Flits that a router must hold per incoming link."""


def with_gates(sdfg: Sdfg, hardware: Hardware, placed: Placed, loads: Loads) -> tuple[Sdfg, Gated]:
    """The graph with message times that are a bound behind gates, and its schedule.

    Parameters
    ----------
    sdfg
        Rate-1 graph with the tiles' orders; of the times of its messages nothing is used.
    loads
        Flits of every producer on every link in its busiest step.

    Raises
    ------
    InfeasibleError
        If no period of `LONGEST` times the bound is long enough.
    """
    problem = _problem(sdfg, hardware, placed, loads)
    turns = problem.turns
    crossing = np.zeros(hardware.topology.links, np.int64)
    np.add.at(crossing, turns.link[row_of_entry(turns.ptr)], turns.flits)
    crossing *= _lasting(hardware, np.arange(len(crossing)))
    alone = replace(sdfg, time=frozen(problem.time, np.int64))
    bound = max(1, ceil(periodic(alone).period), int(crossing.max()))

    def refused(period: int) -> InfeasibleError:
        return InfeasibleError("ticks of a period", period, LONGEST * bound, "Use a chip with more tiles.")

    found = shortest(bound, lambda period: _fitted(problem, period), HALVINGS, refused)
    return replace(sdfg, time=frozen(found.time, np.int64)), found


def _problem(sdfg: Sdfg, hardware: Hardware, placed: Placed, loads: Loads) -> Problem:
    messages, mesh, times = placed.messages, hardware.topology, link_times(hardware)
    over = flying(hardware, messages, times)
    own = _own_flits(loads, mesh.exit(messages.goal), messages.producer)
    time, first = sdfg.time.copy(), placed.actors.port + 1
    time[first:] = np.where(own > 0, over + own * min(times.flit, times.border_flit), 0)
    turns = turns_of(mesh, hardware.port_tile, loads)
    ptr, link = routes(hardware, messages)
    return Problem(
        channels_of(sdfg),
        time,
        first,
        turns,
        messages.producer,
        over,
        np.flatnonzero(own == 0),
        *_met(turns, ptr, link, mesh.links),
        *_leaving(turns, ptr, link, mesh),
        _queues(hardware, turns),
        times.flit,
        max(0, times.border_flit - times.flit),
    )


def _lasting(hardware: Hardware, link: I64) -> I64:
    """Ticks of a flit on links."""
    times = link_times(hardware)
    return np.where(hardware.topology.is_border(link), times.border_flit, times.flit)


def _slowest(hardware: Hardware, turns: Turns) -> I64:
    """Ticks of a flit on the slowest link that flits take behind every link, int64 (links,); on a chip at least."""
    slowest = np.full(hardware.topology.links, link_times(hardware).flit, np.int64)
    inside = turns.before >= 0
    np.maximum.at(slowest, turns.before[inside], _lasting(hardware, turns.link[inside]))
    return slowest


def _queues(hardware: Hardware, turns: Turns) -> Queues:
    mesh, times = hardware.topology, link_times(hardware)
    between = np.unique(turns.link[turns.link < mesh.entry(0)])
    each = np.arange(len(between) + 1)
    return Queues(
        between,
        *_onto(turns, each, between, mesh.links),
        *_joining(turns, each, between, mesh.links),
        np.where(mesh.is_border(between), times.border_hop, times.hop),
        _lasting(hardware, between),
        _slowest(hardware, turns)[between],
    )


def _own_flits(loads: Loads, link: I64, producer: I64) -> I64:
    """Flits of producers on a link each that they send over, if only in steps that never come."""
    span = int(loads.producer.max()) + 1
    key = row_of_entry(loads.ptr) * span + loads.producer
    at = np.searchsorted(key, link * span + producer)
    assert np.array_equal(key[at], link * span + producer), "a message crosses a link that nobody loads"
    return loads.flits[at]


def turns_of(mesh: Mesh, port_tile: int, loads: Loads) -> Turns:
    """Turns of all flits; the links of a producer form a tree, so that one link leads to each."""
    link, sends = row_of_entry(loads.ptr), loads.flits > 0
    link, producer, flits = link[sends], loads.producer[sends], loads.flits[sends]
    begin, end = mesh.ends(link, port_tile)
    into, out = np.flatnonzero(end >= 0), np.flatnonzero(begin >= 0)
    arriving = producer[into] * mesh.tiles + end[into]
    order = np.argsort(arriving)
    before = np.full(len(link), -1, np.int64)
    before[out] = link[into[order[np.searchsorted(arriving[order], producer[out] * mesh.tiles + begin[out])]]]
    turn, own = np.unique((before + 1) * mesh.links + link, return_inverse=True)
    order = np.argsort(own.reshape(-1), kind="stable")
    ptr = offsets(np.bincount(own.reshape(-1), minlength=len(turn)))
    return Turns(turn // mesh.links - 1, turn % mesh.links, ptr, producer[order], flits[order])


def _met(turns: Turns, ptr: I64, route: I64, links: int) -> tuple[I64, I64]:
    """Turns whose flits a message may wait for, CSR by route: into the network where it enters, and those that join."""
    entry_ptr, entry = _onto(turns, ptr, route, links, first=True)
    join_ptr, join = _joining(turns, ptr, route, links)
    of = np.append(row_of_entry(entry_ptr), row_of_entry(join_ptr))
    order = np.argsort(of, kind="stable")
    return offsets(np.bincount(of, minlength=len(ptr) - 1)), np.append(entry, join)[order]


def _onto(turns: Turns, ptr: I64, link: I64, links: int, *, first: bool = False) -> tuple[I64, I64]:
    """Turns onto the links of CSR rows; of those with a link before them, or with none."""
    kind = np.flatnonzero((turns.before < 0) == first)
    order = kind[np.argsort(turns.link[kind], kind="stable")]
    by_link = offsets(np.bincount(turns.link[kind], minlength=links))
    count = np.diff(by_link)[link]
    rows = np.bincount(row_of_entry(ptr), count, len(ptr) - 1).astype(np.int64)
    return offsets(rows), order[ranges(by_link[link], count)]


def _joining(turns: Turns, ptr: I64, link: I64, links: int) -> tuple[I64, I64]:
    """Turns of others onto the links that follow those of CSR rows."""
    inside = np.flatnonzero(turns.before >= 0)
    by_before = offsets(np.bincount(turns.before[inside], minlength=links))
    count = np.diff(by_before)[link]
    follower = inside[ranges(by_before[link], count)]
    row, behind = np.repeat(row_of_entry(ptr), count), np.repeat(link, count)
    each = np.arange(len(follower) + 1)
    onto_ptr, onto = _onto(turns, each, turns.link[follower], links)
    at = row_of_entry(onto_ptr)
    others = turns.before[onto] != behind[at]
    return offsets(np.bincount(row[at[others]], minlength=len(ptr) - 1)), onto[others]


def _leaving(turns: Turns, ptr: I64, link: I64, mesh: Mesh) -> tuple[I64, I64]:
    """Turns onto links to other chips that follow the links of CSR rows, whoever takes them."""
    follows = np.flatnonzero((turns.before >= 0) & mesh.is_border(turns.link))
    by_before = offsets(np.bincount(turns.before[follows], minlength=mesh.links))
    order = follows[np.argsort(turns.before[follows], kind="stable")]
    count = np.diff(by_before)[link]
    row, onto = np.repeat(row_of_entry(ptr), count), turns.link[order[ranges(by_before[link], count)]]
    rows = offsets(np.bincount(row, minlength=len(ptr) - 1))
    every_ptr, every = _onto(turns, rows, onto, mesh.links)
    return every_ptr, every


def _fitted(problem: Problem, period: int) -> Gated | None:
    """Times and starts at a period that keep each other, or None if none were found."""
    from snnmap.sdf.kernels.cycles import longest_paths

    channels, first = problem.channels, problem.first
    time, start = problem.time.copy(), np.zeros(len(problem.time), np.int64)
    for _ in range(ROUNDS):
        weight = time[channels.producer] - period * channels.tokens
        if len(longest_paths(channels.ptr, channels.consumer, weight, channels.order, start)):
            return None
        release = start + time
        needed = _needed(problem, release, period)
        if needed is None:
            return None
        if np.all(needed <= time[first:]):
            time[first:] = needed
            return Gated(time, start, period, _buffers(problem, release, needed, period))
        time[first:] = np.maximum(time[first:], needed)
    return None


def _needed(problem: Problem, release: I64, period: int) -> I64 | None:
    """Least times of the messages (M,) at which none is late, given when producers end; None past a period."""
    from snnmap.stages.schedule.kernels.gates import flits_beside

    turns, time = problem.turns, problem.time[problem.first :].copy()
    while True:
        stays = _stays(problem, time)

        def beside(ptr: I64, met: I64, now: I64 = time, stays: I64 = stays) -> I64:
            return flits_beside(
                ptr,
                met,
                turns.before,
                turns.ptr,
                turns.producer,
                turns.flits,
                problem.sender,
                release,
                stays,
                now,
                period,
            )

        longer = problem.flying + problem.flit * beside(problem.met_ptr, problem.met)
        if len(problem.slow):
            longer += problem.longer * beside(problem.slow_ptr, problem.slow)
        longer[problem.silent] = 0
        if int(longer.max()) > period:
            return None
        if np.array_equal(longer, time):
            return time
        time = longer


def _stays(problem: Problem, time: I64) -> I64:
    """How long the steps of every actor are on their way, int64 (A,)."""
    stays = np.zeros(len(problem.time), np.int64)
    np.maximum.at(stays, problem.sender, time)
    return stays


def _buffers(problem: Problem, release: I64, time: I64, period: int) -> int:
    """Flits that every queue has room for, if it is never full."""
    from snnmap.stages.schedule.kernels.gates import most_waiting

    turns, queues = problem.turns, problem.queues
    most = most_waiting(
        queues.load_ptr,
        queues.load,
        queues.join_ptr,
        queues.join,
        turns.ptr,
        turns.producer,
        turns.flits,
        release,
        _stays(problem, time),
        period,
        queues.empties,
        queues.fills,
        queues.hop,
    )
    return max(1, int(most.max(initial=0)))
