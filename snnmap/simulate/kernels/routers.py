"""Flits through routers that arbitrate: buffers behind links, credits, copies of multicast flits; raw arrays only.

Every link between tiles ends in a buffer of some flits, every way in (a tile's interface, the port) is a buffer without
limit. A link is given, whenever it is free and the buffer behind it has room, to one of the buffers in front of it
whose first flit asks for it. A flit leaves its buffer when the last of its copies has started: until then those behind
it wait.
"""

from typing import NamedTuple

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.agenda import HEAD, KINDS, LINKS, MESSAGE, POOL, RECEIVED, SENT, WAKE, note, push

NONE = -1
INPUTS = 6
"""Ways into a router: links of four directions, the tile's interface, the port."""
BETWEEN, EXIT, ENTRY = 0, 1, 2
"""Kinds of links."""
ROUND_ROBIN, FIXED, OLDEST, YOUNGEST = 0, 1, 2, 3

FLIT, HOP, BUFFER, ARBITRATION, SLOT_TICKS, TABLE, WINDOW, TOKENS, TIMED, STEPS, RULES = range(11)
"""Entries of `rules`: ticks of a flit on a link and from a link to the next; flits of a buffer; arbitration; ticks of a
slot and slots of the table; steps of a message that can be on their way; messages of a channel; whether slots are used;
steps to run."""

WANT, FREE_AT, WOKEN, LAST, USED, FIRST, HELD, LEFT, CROSSED, LINK_FIELDS = range(10)
"""Rows of `link`: bit mask of the ways that ask for the link; tick when it is free; tick for which it is woken; way
that had it last; flits in the buffer behind it or on the way there; first of them (of a way in: its first and, in
`USED`, its last run); how many of them are there; copies of the first that have not started; flits that crossed it."""

AT, STEP, BORN, READY = 0, 1, 2, 3
"""Rows of `ring`: node, step and tick of production of a flit, tick when it is at the router."""
NEXT, RUN_NODE, COUNT, RUN_STEP, RUN_BORN = 0, 1, 2, 3, 4
"""Rows of `pool`: runs of flits in a way in, linked lists."""


class Links(NamedTuple):
    """Trees of links, each a set of nodes; O links, those in use only."""

    kind: I64
    way: I64
    """(O,) `BETWEEN`, `EXIT` or `ENTRY`; as which of the `INPUTS` it comes into its router, -1 for exits."""
    feed: I64
    """(O, INPUTS) links that come into the router where a link starts, or -1."""
    link: I64
    """(nodes,) link of every node."""
    child_ptr: I64
    child: I64
    """Nodes behind every node."""
    exit_ptr: I64
    message: I64
    """Messages that leave the network at every node."""
    offset: I64
    """(nodes,) slots from entering the network."""
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


@njit
def produce(links: Links, moving: Traffic, rules: I64, heap: I64, clock: I64, run: tuple[int, int, int]) -> None:
    """`run` = (stream, flits, step): put flits into the way in of a stream."""
    stream, flits, step = run
    root = links.stream_ptr[stream]
    way_in = links.link[root]
    entry = queued(moving.pool, moving.link[FIRST], moving.link[USED], way_in, clock)
    moving.pool[RUN_NODE, entry], moving.pool[COUNT, entry] = root, flits
    moving.pool[RUN_STEP, entry], moving.pool[RUN_BORN, entry] = step, clock[0]
    clock[SENT] += flits
    if moving.link[FIRST, way_in] == entry:
        comes(links, moving, rules, heap, clock, way_in)


@njit
def queued(pool: I64, first: I64, last: I64, queue: int, clock: I64) -> int:
    """A fresh entry of the pool at the end of a queue."""
    entry: int = clock[POOL]
    clock[POOL] = pool[NEXT, entry]
    pool[NEXT, entry] = NONE
    if first[queue] == NONE:
        first[queue] = entry
    else:
        pool[NEXT, last[queue]] = entry
    last[queue] = entry
    return entry


@njit
def dequeued(pool: I64, first: I64, queue: int, clock: I64) -> None:
    """Give the first entry of a queue back to the pool."""
    entry = first[queue]
    first[queue] = pool[NEXT, entry]
    pool[NEXT, entry] = clock[POOL]
    clock[POOL] = entry


@njit
def front(links: Links, moving: Traffic, rules: I64, buffer: int) -> tuple[int, int, int]:
    """Node, step and tick of production of the first flit of a buffer."""
    first = moving.link[FIRST, buffer]
    if links.kind[buffer] == ENTRY:
        return moving.pool[RUN_NODE, first], moving.pool[RUN_STEP, first], moving.pool[RUN_BORN, first]
    at = buffer * rules[BUFFER] + first
    return moving.ring[AT, at], moving.ring[STEP, at], moving.ring[BORN, at]


@njit
def comes(links: Links, moving: Traffic, rules: I64, heap: I64, clock: I64, buffer: int) -> None:
    """A flit is the first of a buffer: it asks for its next links, or will once it is there."""
    if links.kind[buffer] == ENTRY:
        ready = moving.link[FREE_AT, buffer]
    else:
        ready = moving.ring[READY, buffer * rules[BUFFER] + moving.link[FIRST, buffer]]
    if ready > clock[0]:
        push(heap, clock, ready, HEAD + KINDS * buffer)
    else:
        ask(links, moving, rules, clock, buffer)


@njit
def ask(links: Links, moving: Traffic, rules: I64, clock: I64, buffer: int) -> None:
    """The first flit of a buffer asks for all its next links."""
    if links.kind[buffer] == ENTRY:
        moving.link[FREE_AT, buffer] = clock[0] + rules[FLIT]
        moving.link[CROSSED, buffer] += 1
    node = front(links, moving, rules, buffer)[0]
    moving.link[LEFT, buffer] = links.child_ptr[node + 1] - links.child_ptr[node]
    for k in range(links.child_ptr[node], links.child_ptr[node + 1]):
        link = links.link[links.child[k]]
        moving.link[WANT, link] |= 1 << links.way[buffer]
        note(moving.listed, clock, LINKS, link)


@njit
def serve(links: Links, moving: Traffic, rules: I64, heap: I64, clock: I64, link: int) -> None:
    """Give a link to one of the buffers that ask for it, if it is free and there is room behind it."""
    state, now = moving.link, clock[0]
    if state[WANT, link] == 0:
        return
    if state[FREE_AT, link] > now:
        if state[WOKEN, link] != state[FREE_AT, link]:
            state[WOKEN, link] = state[FREE_AT, link]
            push(heap, clock, state[FREE_AT, link], WAKE + KINDS * link)
        return
    between = links.kind[link] == BETWEEN
    if between and state[USED, link] >= rules[BUFFER]:
        return
    way = chosen(links, moving, rules, link)
    buffer = links.feed[link, way]
    node, step, born = front(links, moving, rules, buffer)
    at = links.child_ptr[node]
    while links.link[links.child[at]] != link:
        at += 1
    node = links.child[at]
    state[WANT, link] &= ~(1 << way)
    state[LAST, link] = way
    state[FREE_AT, link] = now + rules[FLIT]
    state[CROSSED, link] += 1
    if between:
        state[USED, link] += 1
        size = rules[BUFFER]
        at = link * size + (state[FIRST, link] + state[HELD, link]) % size
        moving.ring[AT, at], moving.ring[STEP, at] = node, step
        moving.ring[BORN, at], moving.ring[READY, at] = born, now + rules[HOP]
        state[HELD, link] += 1
        if state[HELD, link] == 1:
            comes(links, moving, rules, heap, clock, link)
    else:
        leaves(links, moving, rules, heap, clock, (node, step, now + rules[FLIT]))
    state[LEFT, buffer] -= 1
    if state[LEFT, buffer] == 0:
        withdrawn(links, moving, rules, heap, clock, buffer)
    note(moving.listed, clock, LINKS, link)


@njit
def withdrawn(links: Links, moving: Traffic, rules: I64, heap: I64, clock: I64, buffer: int) -> None:
    """The first flit has left a buffer: there is room for another, and the next one is first."""
    state = moving.link
    if links.kind[buffer] == ENTRY:
        entry = state[FIRST, buffer]
        moving.pool[COUNT, entry] -= 1
        if moving.pool[COUNT, entry] == 0:
            dequeued(moving.pool, state[FIRST], buffer, clock)
        if state[FIRST, buffer] != NONE:
            comes(links, moving, rules, heap, clock, buffer)
        return
    state[FIRST, buffer] = (state[FIRST, buffer] + 1) % rules[BUFFER]
    state[HELD, buffer] -= 1
    state[USED, buffer] -= 1
    note(moving.listed, clock, LINKS, buffer)
    if state[HELD, buffer] > 0:
        comes(links, moving, rules, heap, clock, buffer)


@njit
def leaves(links: Links, moving: Traffic, rules: I64, heap: I64, clock: I64, flit: tuple[int, int, int]) -> None:
    """`flit` = (node, step, tick when it is out): count it for the messages that leave the network there."""
    node, step, out = flit
    clock[RECEIVED] += 1
    for k in range(links.exit_ptr[node], links.exit_ptr[node + 1]):
        at = links.message[k] * rules[WINDOW] + step % rules[WINDOW]
        moving.due[at] -= 1
        if moving.due[at] == 0:
            push(heap, clock, out, MESSAGE + KINDS * at)


@njit
def chosen(links: Links, moving: Traffic, rules: I64, link: int) -> int:
    """Which of the ways that ask for a link gets it."""
    want, rule = moving.link[WANT, link], rules[ARBITRATION]
    best, best_step, best_born = NONE, rules[0], rules[0]  # of one type
    first = moving.link[LAST, link] + 1 if rule == ROUND_ROBIN else 0
    for k in range(INPUTS):
        way = (first + k) % INPUTS
        if want & (1 << way) == 0:
            continue
        if rule < OLDEST:
            return way
        _, step, born = front(links, moving, rules, links.feed[link, way])
        older = step < best_step or (step == best_step and born < best_born)
        younger = step > best_step or (step == best_step and born > best_born)
        if best == NONE or (older if rule == OLDEST else younger):
            best, best_step, best_born = way, step, born
    return best
