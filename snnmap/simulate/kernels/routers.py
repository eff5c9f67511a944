"""Flits through routers that arbitrate: buffers behind links, credits, copies of multicast flits; raw arrays only.

Every link between tiles ends in a buffer of some flits, every way in (a tile's interface, the port) is a buffer without
limit. A link is given, whenever it is free and the buffer behind it has room, to one of the buffers in front of it
whose first flit asks for it. A flit leaves its buffer when the last of its copies has started: until then those behind
it wait.

Arrays go from function to function one by one, not in records: numba would count references to each at every use, which
took half of the time.
"""

from typing import NamedTuple

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.agenda import HEAD, KINDS, LINKS, MESSAGE, NOW, POOL, RECEIVED, SENT, WAKE, note, push

NONE = -1
INPUTS = 6
"""Ways into a router: links of four directions, the tile's interface, the port."""
BETWEEN, EXIT, ENTRY = 0, 1, 2
"""Kinds of links."""
ROUND_ROBIN, FIXED, OLDEST, YOUNGEST = 0, 1, 2, 3

BUFFER, ARBITRATION, SLOT_TICKS, TABLE, WINDOW, TOKENS, TIMED, STEPS, PERIOD, RULES = range(10)
"""Entries of `rules`: flits of a buffer; arbitration; ticks of a slot and slots of the table; steps of a message that
can be on their way; messages of a channel; whether slots are used; steps to run; ticks from one opening of a gate into
the network to the next, 0 without gates."""

KIND, WAY, FLIT, HOP, HELD_SLOTS, FEED, WAY_FIELDS = 0, 1, 2, 3, 4, 5, 5 + INPUTS
"""Columns of `ways` (O,): kind of a link; as which of the `INPUTS` it comes into its router, -1 for exits; ticks of a
flit on it and from it to the next; slots of a flit on it; and, one each, the links that come into the router where it
starts, or -1."""

LINK, CHILD, LEAVING, OFFSET, NODE_FIELDS = range(5)
"""Columns of `nodes` (V + 1,): link of a node; first of the nodes behind it in `child`; first of the messages that
leave the network there in `message`; slots from entering the network."""

WANT, FREE_AT, WOKEN, LAST, USED, FIRST, HELD, LEFT, CROSSED, AT, STEP, BORN, LINK_FIELDS = range(13)
"""Columns of `link` (O,): bit mask of the ways that ask for the link; tick when it is free; tick for which it is woken;
way that had it last; flits in the buffer behind it or on the way there; first of them (of a way in: its first and, in
`USED`, its last run); how many of them are there; copies of the first that have not started; flits that crossed the
link; node, step and tick of production of the first."""

RING_AT, RING_STEP, RING_BORN, READY, RING_FIELDS = range(5)
"""Columns of `ring` (O x BUFFER,): node, step and tick of production of a flit, tick when it is at the router."""
NEXT, RUN_NODE, COUNT, RUN_STEP, RUN_BORN, RUN_FIELDS = range(6)
"""Columns of `pool`: runs of flits in a way in, linked lists."""


class Links(NamedTuple):
    """Trees of links, each a set of nodes; O links, those in use only; V nodes."""

    ways: I64
    nodes: I64
    child: I64
    message: I64
    stream_ptr: I64
    """(streams + 1,) first node of every stream, which is its way in."""


class Traffic(NamedTuple):
    """What is on its way."""

    link: I64
    ring: I64
    pool: I64
    due: I64
    """Flits of every message and step of its window that have not left the network yet."""
    listed: I64
    """(2, O) links to look at."""


@njit
def produce(
    ways: I64,
    nodes: I64,
    child: I64,
    link: I64,
    ring: I64,
    pool: I64,
    listed: I64,
    rules: I64,
    heap: I64,
    clock: I64,
    root: int,
    flits: int,
    step: int,
) -> None:
    """Put flits of the stream whose first node is `root` into its way in."""
    way_in = nodes[root, LINK]
    entry = queued(pool, link, way_in, FIRST, USED, clock)
    pool[entry, RUN_NODE], pool[entry, COUNT] = root, flits
    pool[entry, RUN_STEP], pool[entry, RUN_BORN] = step, clock[NOW]
    clock[SENT] += flits
    if link[way_in, FIRST] == entry:
        comes(ways, nodes, child, link, ring, pool, listed, rules, heap, clock, way_in)


@njit
def queued(pool: I64, queues: I64, queue: int, first: int, last: int, clock: I64) -> int:
    """A fresh entry of the pool at the end of a queue, whose ends stand in the columns `first` and `last`."""
    entry: int = clock[POOL]
    clock[POOL] = pool[entry, NEXT]
    pool[entry, NEXT] = NONE
    if queues[queue, first] == NONE:
        queues[queue, first] = entry
    else:
        pool[queues[queue, last], NEXT] = entry
    queues[queue, last] = entry
    return entry


@njit
def spent(pool: I64, queues: I64, queue: int, first: int, clock: I64) -> None:
    """A flit less in the first run of a queue; an empty run goes back to the pool."""
    entry = queues[queue, first]
    pool[entry, COUNT] -= 1
    if pool[entry, COUNT] == 0:
        queues[queue, first] = pool[entry, NEXT]
        pool[entry, NEXT] = clock[POOL]
        clock[POOL] = entry


@njit
def comes(
    ways: I64,
    nodes: I64,
    child: I64,
    link: I64,
    ring: I64,
    pool: I64,
    listed: I64,
    rules: I64,
    heap: I64,
    clock: I64,
    buffer: int,
) -> None:
    """Another flit is the first of a buffer: it asks for its next links, or will once it is there."""
    first = link[buffer, FIRST]
    if ways[buffer, KIND] == ENTRY:
        ready = link[buffer, FREE_AT]
        link[buffer, AT], link[buffer, STEP] = pool[first, RUN_NODE], pool[first, RUN_STEP]
        link[buffer, BORN] = pool[first, RUN_BORN]
    else:
        at = buffer * rules[BUFFER] + first
        ready = ring[at, READY]
        link[buffer, AT], link[buffer, STEP] = ring[at, RING_AT], ring[at, RING_STEP]
        link[buffer, BORN] = ring[at, RING_BORN]
    if ready > clock[NOW]:
        push(heap, clock, ready, HEAD + KINDS * buffer)
    else:
        ask(ways, nodes, child, link, listed, clock, buffer)


@njit
def ask(ways: I64, nodes: I64, child: I64, link: I64, listed: I64, clock: I64, buffer: int) -> None:
    """The first flit of a buffer asks for all its next links."""
    if ways[buffer, KIND] == ENTRY:
        link[buffer, FREE_AT] = clock[NOW] + ways[buffer, FLIT]
        link[buffer, CROSSED] += 1
    node, bit = link[buffer, AT], 1 << ways[buffer, WAY]
    link[buffer, LEFT] = nodes[node + 1, CHILD] - nodes[node, CHILD]
    for k in range(nodes[node, CHILD], nodes[node + 1, CHILD]):
        wanted = nodes[child[k], LINK]
        link[wanted, WANT] |= bit
        note(listed, clock, LINKS, wanted)


@njit
def serve(
    ways: I64,
    nodes: I64,
    child: I64,
    message: I64,
    link: I64,
    ring: I64,
    pool: I64,
    due: I64,
    listed: I64,
    rules: I64,
    heap: I64,
    clock: I64,
    given: int,
) -> None:
    """Give a link to one of the buffers that ask for it, if it is free and there is room behind it."""
    now = clock[NOW]
    if link[given, WANT] == 0:
        return
    if link[given, FREE_AT] > now:
        if link[given, WOKEN] != link[given, FREE_AT]:
            link[given, WOKEN] = link[given, FREE_AT]
            push(heap, clock, link[given, FREE_AT], WAKE + KINDS * given)
        return
    between, size = ways[given, KIND] == BETWEEN, rules[BUFFER]
    if between and link[given, USED] >= size:
        return
    way = chosen(ways, link, rules[ARBITRATION], given)
    buffer = ways[given, FEED + way]
    k = nodes[link[buffer, AT], CHILD]
    while nodes[child[k], LINK] != given:
        k += 1
    node, step = child[k], link[buffer, STEP]
    link[given, WANT] ^= 1 << way
    link[given, LAST] = way
    link[given, FREE_AT] = now + ways[given, FLIT]
    link[given, CROSSED] += 1
    if between:
        at = link[given, FIRST] + link[given, HELD]
        at = given * size + (at if at < size else at - size)
        ring[at, RING_AT], ring[at, RING_STEP] = node, step
        ring[at, RING_BORN], ring[at, READY] = link[buffer, BORN], now + ways[given, HOP]
        link[given, USED] += 1
        link[given, HELD] += 1
        if link[given, HELD] == 1:
            comes(ways, nodes, child, link, ring, pool, listed, rules, heap, clock, given)
    else:
        clock[RECEIVED] += 1
        leaves(nodes, message, due, rules, heap, clock, node, step, now + ways[given, FLIT])
    link[buffer, LEFT] -= 1
    if link[buffer, LEFT] == 0:
        withdrawn(ways, nodes, child, link, ring, pool, listed, rules, heap, clock, buffer)
    note(listed, clock, LINKS, given)


@njit
def withdrawn(
    ways: I64,
    nodes: I64,
    child: I64,
    link: I64,
    ring: I64,
    pool: I64,
    listed: I64,
    rules: I64,
    heap: I64,
    clock: I64,
    buffer: int,
) -> None:
    """The first flit has left a buffer: there is room for another, and the next one is first."""
    if ways[buffer, KIND] == ENTRY:
        spent(pool, link, buffer, FIRST, clock)
        more = link[buffer, FIRST] != NONE
    else:
        following = link[buffer, FIRST] + 1
        link[buffer, FIRST] = following if following < rules[BUFFER] else 0
        link[buffer, HELD] -= 1
        link[buffer, USED] -= 1
        note(listed, clock, LINKS, buffer)
        more = link[buffer, HELD] > 0
    if more:
        comes(ways, nodes, child, link, ring, pool, listed, rules, heap, clock, buffer)


@njit
def leaves(
    nodes: I64, message: I64, due: I64, rules: I64, heap: I64, clock: I64, node: int, step: int, out: int
) -> None:
    """A flit of a step is out of the network at tick `out`: count it for the messages that leave it at `node`."""
    place = step % rules[WINDOW]
    for k in range(nodes[node, LEAVING], nodes[node + 1, LEAVING]):
        at = message[k] * rules[WINDOW] + place
        due[at] -= 1
        if due[at] == 0:
            push(heap, clock, out, MESSAGE + KINDS * at)


@njit
def chosen(ways: I64, link: I64, rule: int, given: int) -> int:
    """Which of the ways that ask for a link gets it."""
    want, best, first = link[given, WANT], NONE, 0
    if rule == ROUND_ROBIN:
        first = link[given, LAST] + 1
    for k in range(first, first + INPUTS):
        way = k if k < INPUTS else k - INPUTS
        if want & (1 << way) == 0:
            continue
        if best == NONE:
            best = way
            if rule < OLDEST:
                break
            continue
        here, there = ways[given, FEED + way], ways[given, FEED + best]
        later = link[here, STEP] - link[there, STEP]
        if later == 0:
            later = link[here, BORN] - link[there, BORN]
        if (later < 0 and rule == OLDEST) or (later > 0 and rule == YOUNGEST):
            best = way
    return best
