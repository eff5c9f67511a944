"""The run of a mapped chip: tiles fire their actors in turn, messages travel; raw arrays only.

The whole state is in arrays, so that a run can be left after some events and taken up again.
"""

from typing import NamedTuple

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.agenda import (
    END,
    EVENTS,
    FAULT,
    GATE,
    HANDLED,
    HEAD,
    KINDS,
    LINKS,
    MESSAGE,
    NOW,
    PLACES,
    RELEASE,
    SLOT,
    WAKE,
    note,
    noted,
    pop,
    push,
)
from snnmap.simulate.kernels.routers import (
    LEAVING,
    NONE,
    PERIOD,
    STEPS,
    TIMED,
    TOKENS,
    WINDOW,
    Links,
    Traffic,
    ask,
    produce,
    serve,
)
from snnmap.simulate.kernels.slots import FILLED, Slots, enqueue, enter

TURN, ROUND, BUSY, STARTED, ENDED, GATED, RELEASED, ACTOR_FIELDS = range(8)
"""Rows of `actor`: place in the order of a tile, how often it was gone through, and whether it works (by tile); firings
begun and over, firings for which the port was asked to open, and firings whose flits were sent (by actor)."""


class Chip(NamedTuple):
    """Who fires where, and who waits for whom. A actors, C channels; the port is an actor at a place of its own."""

    order_ptr: I64
    order: I64
    """Actors of every place, in turn."""
    place: I64
    partner: I64
    """(A,) place; read or fire of the same cluster and level, or -1."""
    ahead: I64
    """(A,) firings by which the partner must be ahead: 1 for fires, 0 for reads."""
    lag: I64
    """(A,) rounds that go by before its first firing."""
    into_ptr: I64
    into: I64
    out_ptr: I64
    out: I64
    """Channels into and out of every actor."""
    delayed: I64
    message: I64
    """(C,) 1 if the token is that of the step before; message that brings it."""
    wake_ptr: I64
    wake: I64
    """Places to look at when a firing of an actor ends."""
    near_ptr: I64
    near: I64
    far_ptr: I64
    far: I64
    """Messages of every actor: those that are there at once, those that cross the network."""
    told_ptr: I64
    told: I64
    """Places to look at when a message is complete."""
    release: I64
    """(A,) tick at which an actor's gate into the network opens for its first step."""
    known: I64
    """(messages,) tick before which a message of the first step is not known to be complete; steps come a period later
    each."""


class Data(NamedTuple):
    """Times and flits. I steps to run, S of the data, A actors."""

    row: I64
    """(I,) step of the data in every step."""
    time: I64
    """(I, A) ticks of every firing."""
    gate: I64
    """(I,) tick before which the port does not send."""
    run_ptr: I64
    stream: I32
    flits: I32
    """Runs of flits that an actor sends in a step of the data, CSR by step x A + actor."""


class Firing(NamedTuple):
    """Where the actors are."""

    actor: I64
    held: I64
    """(C,) messages that take up room at the receiver."""
    arrived: I64
    """(messages,) steps that are complete, all before too."""
    complete: I64
    """By message and step of its window: whether it is."""
    start: I64
    end: I64
    """(I, A) ticks, -1 until then."""
    listed: I64


@njit
def may_start(chip: Chip, data: Data, firing: Firing, rules: I64, heap: I64, clock: I64, actor: int) -> bool:
    """Whether all that the next firing of an actor waits for is there."""
    n = firing.actor[STARTED, actor]
    partner = chip.partner[actor]
    if partner != NONE and firing.actor[ENDED, partner] < n + chip.ahead[actor]:
        return False
    for k in range(chip.into_ptr[actor], chip.into_ptr[actor + 1]):
        channel = chip.into[k]
        if firing.arrived[chip.message[channel]] <= n - chip.delayed[channel]:
            return False
    for k in range(chip.out_ptr[actor], chip.out_ptr[actor + 1]):
        if firing.held[chip.out[k]] >= rules[TOKENS]:
            return False
    if actor == len(chip.place) - 1 and data.gate[n] > clock[NOW]:
        if firing.actor[GATED, actor] <= n:
            firing.actor[GATED, actor] = n + 1
            push(heap, clock, data.gate[n], GATE)
        return False
    return True


@njit
def turn(chip: Chip, firing: Firing, place: int) -> None:
    """It is the next actor's turn at a place."""
    firing.actor[TURN, place] += 1
    if firing.actor[TURN, place] == chip.order_ptr[place + 1] - chip.order_ptr[place]:
        firing.actor[TURN, place] = 0
        firing.actor[ROUND, place] += 1


@njit
def look(chip: Chip, data: Data, firing: Firing, rules: I64, heap: I64, clock: I64, place: int) -> None:
    """Start the actor whose turn it is at a place, if it can; those that have no firing in this round are passed."""
    first, size = chip.order_ptr[place], chip.order_ptr[place + 1] - chip.order_ptr[place]
    if firing.actor[BUSY, place] or size == 0:
        return
    actor = chip.order[first + firing.actor[TURN, place]]
    passed = 0
    while firing.actor[ROUND, place] < chip.lag[actor] or firing.actor[STARTED, actor] == rules[STEPS]:
        turn(chip, firing, place)
        actor = chip.order[first + firing.actor[TURN, place]]
        passed = passed + 1 if firing.actor[STARTED, actor] == rules[STEPS] else 0
        if passed > size:
            return
    n = firing.actor[STARTED, actor]
    if not may_start(chip, data, firing, rules, heap, clock, actor):
        return
    for k in range(chip.out_ptr[actor], chip.out_ptr[actor + 1]):
        firing.held[chip.out[k]] += 1
    firing.actor[STARTED, actor] += 1
    firing.actor[BUSY, place] = 1
    firing.start[n, actor] = clock[NOW]
    push(heap, clock, clock[NOW] + data.time[n, actor], END + KINDS * actor)


@njit
def finish(
    chip: Chip,
    data: Data,
    links: Links,
    slots: Slots,
    firing: Firing,
    moving: Traffic,
    rules: I64,
    heap: I64,
    clock: I64,
    actor: int,
) -> None:
    """A firing ends: its tile goes on, what it took is free again, what it made is sent, once its gate is open."""
    place, n = chip.place[actor], firing.actor[ENDED, actor]
    firing.end[n, actor] = clock[NOW]
    firing.actor[ENDED, actor] += 1
    firing.actor[BUSY, place] = 0
    turn(chip, firing, place)
    for k in range(chip.into_ptr[actor], chip.into_ptr[actor + 1]):
        firing.held[chip.into[k]] -= 1
    for k in range(chip.near_ptr[actor], chip.near_ptr[actor + 1]):
        firing.arrived[chip.near[k]] += 1
    for k in range(chip.wake_ptr[actor], chip.wake_ptr[actor + 1]):
        note(firing.listed, clock, PLACES, chip.wake[k])
    opens = chip.release[actor] + n * rules[PERIOD]
    if rules[PERIOD] > 0 and opens > clock[NOW] and chip.far_ptr[actor] < chip.far_ptr[actor + 1]:
        push(heap, clock, opens, RELEASE + KINDS * actor)
    else:
        send(chip, data, links, slots, firing, moving, rules, heap, clock, actor)


@njit
def send(
    chip: Chip,
    data: Data,
    links: Links,
    slots: Slots,
    firing: Firing,
    moving: Traffic,
    rules: I64,
    heap: I64,
    clock: I64,
    actor: int,
) -> None:
    """What the next firing of an actor has made enters the network, or waits for its slots."""
    ways, nodes, child = links.ways, links.nodes, links.child
    link, ring, pool, listed = moving.link, moving.ring, moving.pool, moving.listed
    run_ptr, first, owned, queue = slots.run_ptr, slots.first, slots.flits, slots.queue
    n = firing.actor[RELEASED, actor]
    firing.actor[RELEASED, actor] += 1
    at, place = data.row[n] * len(chip.place) + actor, n % rules[WINDOW]
    for run in range(data.run_ptr[at], data.run_ptr[at + 1]):
        awaited(links, moving.due, rules, data.stream[run], data.flits[run], place)
        if rules[TIMED]:
            queue[data.stream[run], FILLED] += data.flits[run]
    for k in range(slots.own_ptr[actor], slots.own_ptr[actor + 1]):
        blank = slots.counted[slots.own[k]] - queue[slots.own[k], FILLED]
        awaited(links, moving.due, rules, slots.own[k], max(0, blank), place)
    for k in range(chip.far_ptr[actor], chip.far_ptr[actor + 1]):
        sent = chip.far[k] * rules[WINDOW] + place
        if moving.due[sent] == 0:
            push(heap, clock, clock[NOW], MESSAGE + KINDS * sent)
    for run in range(data.run_ptr[at], data.run_ptr[at + 1]):
        stream, flits = data.stream[run], data.flits[run]
        if rules[TIMED]:
            enqueue(run_ptr, first, owned, queue, pool, rules, heap, clock, stream, flits, n, False)
        else:
            root = links.stream_ptr[stream]
            produce(ways, nodes, child, link, ring, pool, listed, rules, heap, clock, root, flits, n)
    for k in range(slots.own_ptr[actor], slots.own_ptr[actor + 1]):
        stream = slots.own[k]
        blank = slots.counted[stream] - queue[stream, FILLED]
        queue[stream, FILLED] = 0
        if blank > 0:
            enqueue(run_ptr, first, owned, queue, pool, rules, heap, clock, stream, blank, n, True)


@njit
def awaited(links: Links, due: I64, rules: I64, stream: int, flits: int, place: int) -> None:
    """Flits of a stream are on their way to all who receive it."""
    nodes, message = links.nodes, links.message
    for node in range(links.stream_ptr[stream], links.stream_ptr[stream + 1]):
        for k in range(nodes[node, LEAVING], nodes[node + 1, LEAVING]):
            due[message[k] * rules[WINDOW] + place] += flits


@njit
def receive(chip: Chip, firing: Firing, rules: I64, heap: I64, clock: I64, at: int) -> None:
    """A message of a step is complete, once that is known; tokens count when those of all steps before are there."""
    message = at // rules[WINDOW]
    step = firing.arrived[message] + (at - firing.arrived[message]) % rules[WINDOW]
    known = chip.known[message] + step * rules[PERIOD]
    if known > clock[NOW]:
        push(heap, clock, known, MESSAGE + KINDS * at)
        return
    firing.complete[at] = 1
    while True:
        at = message * rules[WINDOW] + firing.arrived[message] % rules[WINDOW]
        if firing.complete[at] == 0:
            break
        firing.complete[at] = 0
        firing.arrived[message] += 1
    for k in range(chip.told_ptr[message], chip.told_ptr[message + 1]):
        note(firing.listed, clock, PLACES, chip.told[k])


@njit
def run_chip(
    chip: Chip,
    data: Data,
    links: Links,
    slots: Slots,
    firing: Firing,
    moving: Traffic,
    rules: I64,
    heap: I64,
    clock: I64,
    events: int,
) -> bool:
    """Handle up to `events` events, or until two flits meet; returns whether the chip has come to rest.

    All that happens in a tick comes before any link of that tick is given away, so that arbitration sees all that ask.
    """
    ways, nodes, child, message, stream_ptr = links.ways, links.nodes, links.child, links.message, links.stream_ptr
    link, ring, pool, due, listed = moving.link, moving.ring, moving.pool, moving.due, moving.listed
    run_ptr, first, owned, queue, taken = slots.run_ptr, slots.first, slots.flits, slots.queue, slots.taken
    limit = clock[HANDLED] + events
    while clock[HANDLED] < limit and clock[FAULT] == NONE:
        if clock[EVENTS] and heap[0, 0] == clock[NOW]:
            code = pop(heap, clock)
            kind, index = code % KINDS, code // KINDS
            clock[HANDLED] += 1
            if kind == END:
                finish(chip, data, links, slots, firing, moving, rules, heap, clock, index)
            elif kind == HEAD:
                ask(ways, nodes, child, link, listed, clock, index)
            elif kind == WAKE:
                note(listed, clock, LINKS, index)
            elif kind == MESSAGE:
                receive(chip, firing, rules, heap, clock, index)
            elif kind == RELEASE:
                send(chip, data, links, slots, firing, moving, rules, heap, clock, index)
            elif kind == GATE:
                note(firing.listed, clock, PLACES, len(chip.order_ptr) - 2)
            elif kind == SLOT:
                enter(
                    ways,
                    nodes,
                    message,
                    stream_ptr,
                    run_ptr,
                    first,
                    owned,
                    queue,
                    taken,
                    link,
                    pool,
                    due,
                    rules,
                    heap,
                    clock,
                    index,
                )
        elif clock[PLACES]:
            look(chip, data, firing, rules, heap, clock, noted(firing.listed, clock, PLACES))
        elif clock[LINKS]:
            index = noted(listed, clock, LINKS)
            serve(ways, nodes, child, message, link, ring, pool, due, listed, rules, heap, clock, index)
        elif clock[EVENTS]:
            clock[NOW] = heap[0, 0]
        else:
            return True
    return False
