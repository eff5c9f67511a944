"""Fiduccia-Mattheyses between two sides: vertices change sides, best first, even at a loss; back to the best prefix.

Exact for crossbars: `Rows` holds what decides how many rows a side needs and where parts of cut input lists forbid
one. Within a pass a side may hold a little more than it can (a soft limit), so that full crossbars can trade; no more
goes into it then, and what counts in the end is the state with the least that is too much, then the fewest messages.

Source: Fiduccia, Mattheyses, A linear-time heuristic for improving network partitions, DAC 1982.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I32, I64, Bool
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.heap import pop, push, rise, sink
from snnmap.stages.partition.kernels.hypergraph import Hypergraph
from snnmap.stages.partition.kernels.state import wide

REFUSED = 8
"""Best vertices of a side that may be found not to fit before the side gives none to this move."""
LOWEST = -(2**60)


class Rows(NamedTuple):
    """What rows the vertices of a `Hypergraph` (V, E, Q) need. Empty where no limit of rows can bind."""

    hears: Bool
    """(Q,) at `vertex_net`: whether the source of the net is a row of the vertex."""
    own: I64
    """(V,) rows that no net stands for, because no other vertex hears them."""
    cells: I64
    """(V,)"""
    bar_ptr: I64
    """(V + 1,)"""
    bar: I32
    """Nets that must not be rows on the side of the vertex: those of its neurons' other parts."""


class Room(NamedTuple):
    """What two sides hold."""

    columns: I64
    """(2,)"""
    rows: int
    cells: int
    more: int
    """Columns beyond that within a pass."""
    more_rows: int


@njit
def no_rows() -> Rows:
    """For graphs whose rows have no limit."""
    none = np.zeros(0, np.int64)
    return Rows(np.zeros(0, np.bool_), none, none, none, np.zeros(0, np.int32))


class Held(NamedTuple):
    """What the sides hold now. Last axis: the sides."""

    pins: I32
    """(E, 2)"""
    heard: I32
    """(E, 2) vertices that have the net as a row."""
    barred: I32
    """(E, 2) vertices that forbid it."""
    used: I64
    """(3, 2) columns, rows, cells."""


@njit
def held_by(graph: Hypergraph, rows: Rows, side: I64) -> Held:
    """What the sides hold of vertices on `side` (V,)."""
    nets, limited = len(graph.weight), len(rows.own) > 0
    kept = nets if limited else 0
    pins, used = np.zeros((nets, 2), np.int32), np.zeros((3, 2), np.int64)
    held = Held(pins, np.zeros((kept, 2), np.int32), np.zeros((kept, 2), np.int32), used)
    for vertex in range(len(side)):
        here = side[vertex]
        used[0, here] += graph.width[vertex]
        for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
            pins[graph.vertex_net[k], here] += 1
        if limited:
            shift_rows(graph, rows, held, vertex, here, 1)
    return held


@njit
def shift_rows(graph: Hypergraph, rows: Rows, held: Held, vertex: int, side: int, change: int) -> None:
    """Put the rows of `vertex` on a side (change 1) or take them off (-1)."""
    used, heard = held.used, held.heard
    used[1, side] += change * rows.own[vertex]
    used[2, side] += change * rows.cells[vertex]
    for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
        if rows.hears[k]:
            net = graph.vertex_net[k]
            if heard[net, side] == (0 if change > 0 else 1):
                used[1, side] += change
            heard[net, side] += change
    for b in range(rows.bar_ptr[vertex], rows.bar_ptr[vertex + 1]):
        held.barred[rows.bar[b], side] += change


@njit
def rows_fit(graph: Hypergraph, rows: Rows, room: Room, held: Held, vertex: int, side: int) -> bool:
    """Whether a side has rows and cells for `vertex`, and every synapse stays realised once."""
    heard, barred = held.heard, held.barred
    fresh = rows.own[vertex]
    if held.used[2, side] + rows.cells[vertex] > room.cells or held.used[1, side] + fresh > room.rows + room.more_rows:
        return False
    for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
        if rows.hears[k]:
            net = graph.vertex_net[k]
            if barred[net, side] > 0:
                return False
            if heard[net, side] == 0:
                fresh += 1
    if held.used[1, side] + fresh > room.rows + room.more_rows:
        return False
    for b in range(rows.bar_ptr[vertex], rows.bar_ptr[vertex + 1]):  # noqa: SIM110  numba has no generator expressions
        if heard[rows.bar[b], side] > 0:
            return False
    return True


class Queue(NamedTuple):
    """Vertices that may still change sides in this pass, by side."""

    heap: I64
    """(2, V)"""
    size: I64
    """(2,)"""
    place: I64
    """(V,)"""
    gain: I64
    """(V,) messages saved on the other side."""
    waiting: I64
    """(2, REFUSED) vertices that did not fit, until the next move."""
    waits: I64
    """(2,)"""


@njit
def queued(graph: Hypergraph, held: Held, side: I64, queue: Queue) -> None:
    """Put all vertices into the queue."""
    pins, weight = held.pins, graph.weight
    queue.size[:] = 0
    queue.waits[:] = 0
    for vertex in range(len(side)):
        here, gain = side[vertex], wide(0)
        for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
            net = graph.vertex_net[k]
            if pins[net, 1 - here] == 0:
                gain -= weight[net]
            elif pins[net, here] == 1:
                gain += weight[net]
        queue.gain[vertex] = gain
        queue.size[here] = push(queue.heap[here], queue.place, queue.gain, queue.size[here], vertex)


@njit
def offered(graph: Hypergraph, rows: Rows, room: Room, held: Held, queue: Queue, here: int) -> bool:
    """Whether the first vertex of a side fits the other; those before it that do not are set aside."""
    away = 1 - here
    left = room.columns[away] + room.more - held.used[0, away]
    while queue.size[here] > 0:
        vertex = queue.heap[here, 0]
        fits = graph.width[vertex] <= left
        if fits and len(rows.own) > 0:
            fits = rows_fit(graph, rows, room, held, vertex, away)
        if fits:
            return True
        if queue.waits[here] == REFUSED:
            return False
        queue.waiting[here, queue.waits[here]] = vertex
        queue.waits[here] += 1
        queue.size[here] = pop(queue.heap[here], queue.place, queue.gain, queue.size[here])
    return False


@njit
def excess(room: Room, used: I64, side: int) -> int:
    """Columns and rows beyond what a side holds."""
    return int(max(0, used[0, side] - room.columns[side]) + max(0, used[1, side] - room.rows))


@njit
def next_vertex(graph: Hypergraph, rows: Rows, room: Room, held: Held, queue: Queue) -> int:
    """Vertex that moves next, taken from the queue: the best that fits, from the fuller side of equals; -1 if none."""
    best, most = -1, wide(LOWEST)
    for here in range(2):
        if excess(room, held.used, 1 - here) > 0 or not offered(graph, rows, room, held, queue, here):
            continue
        gain = queue.gain[queue.heap[here, 0]]
        if gain > most or (gain == most and held.used[0, here] > held.used[0, 1 - here]):
            best, most = here, gain
    if best < 0:
        return -1
    vertex = queue.heap[best, 0]
    queue.size[best] = pop(queue.heap[best], queue.place, queue.gain, queue.size[best])
    for here in range(2):
        for w in range(queue.waits[here]):
            other = queue.waiting[here, w]
            queue.size[here] = push(queue.heap[here], queue.place, queue.gain, queue.size[here], other)
    queue.waits[:] = 0
    return int(vertex)


@njit
def cross(graph: Hypergraph, rows: Rows, held: Held, queue: Queue, side: I64, vertex: int) -> None:
    """Move `vertex` to the other side; gains of those who share its nets follow."""
    here, away = side[vertex], 1 - side[vertex]
    pins, place, gain, heap, size = held.pins, queue.place, queue.gain, queue.heap, queue.size
    net_ptr, pin = graph.net_ptr, graph.pin
    for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
        net = graph.vertex_net[k]
        weight, there, left = graph.weight[net], pins[net, away], pins[net, here] - 1
        pins[net, away] = there + 1
        pins[net, here] = left
        if (there > 1 and left > 1) or weight == 0:
            continue
        for i in range(net_ptr[net], net_ptr[net + 1]):
            other = wide(pin[i])
            own = side[other]
            change = wide(0)
            if there == 0:
                change += weight
            elif there == 1 and own == away:
                change -= weight
            if left == 0:
                change -= weight
            elif left == 1 and own == here:
                change += weight
            if change == 0 or other == vertex:
                continue
            gain[other] += change
            if place[other] < 0:
                continue
            if change > 0:
                rise(heap[own], place, gain, place[other])
            else:
                sink(heap[own], place, gain, place[other], size[own])
    move(graph, rows, held, side, vertex)


@njit
def move(graph: Hypergraph, rows: Rows, held: Held, side: I64, vertex: int) -> None:
    """Columns and rows of `vertex`, which changes sides."""
    here, away = side[vertex], 1 - side[vertex]
    held.used[0, here] -= graph.width[vertex]
    held.used[0, away] += graph.width[vertex]
    if len(rows.own) > 0:
        shift_rows(graph, rows, held, vertex, here, -1)
        shift_rows(graph, rows, held, vertex, away, 1)
    side[vertex] = away


@njit
def two_way(graph: Hypergraph, rows: Rows, room: Room, side: I64, patience: int, passes: int) -> int:
    """Improve `side` (V,) in place; returns the messages saved, which are negative where a side was too full.

    patience
        Moves that a pass goes on without an improvement.
    """
    count = len(side)
    held = held_by(graph, rows, side)
    queue = Queue(
        np.empty((2, count), np.int64),
        np.zeros(2, np.int64),
        np.full(count, -1, np.int64),
        np.empty(count, np.int64),
        np.empty((2, REFUSED), np.int64),
        np.zeros(2, np.int64),
    )
    log, saved = np.empty(count, np.int64), wide(0)
    for _ in range(passes):
        queued(graph, held, side, queue)
        total, best, moves, kept = wide(0), wide(0), 0, 0
        start = excess(room, held.used, 0) + excess(room, held.used, 1)
        least = start
        while moves - kept <= patience:
            vertex = next_vertex(graph, rows, room, held, queue)
            if vertex < 0:
                break
            total += queue.gain[vertex]
            cross(graph, rows, held, queue, side, vertex)
            log[moves] = vertex
            moves += 1
            over = excess(room, held.used, 0) + excess(room, held.used, 1)
            if over < least or (over == least and total > best):
                best, least, kept = total, over, moves
        for m in range(moves - 1, kept - 1, -1):
            vertex = log[m]
            for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
                held.pins[graph.vertex_net[k], side[vertex]] -= 1
                held.pins[graph.vertex_net[k], 1 - side[vertex]] += 1
            move(graph, rows, held, side, vertex)
        for v in range(count):
            queue.place[v] = -1
        saved += best
        if best <= 0 and least == start:
            break
    return saved
