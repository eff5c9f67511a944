"""Flits in the slots of a table: none waits inside the network, and two that meet on a link are a fault; raw arrays."""

from typing import NamedTuple

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.agenda import FAULT, FAULT_SLOT, KINDS, SENT, SLOT, push
from snnmap.simulate.kernels.routers import (
    COUNT,
    CROSSED,
    EXIT,
    NONE,
    RUN_STEP,
    SLOT_TICKS,
    TABLE,
    Links,
    Traffic,
    dequeued,
    leaves,
    queued,
)

HEAD_RUN, LAST_RUN, FREE_SLOT, QUEUE_FIELDS = range(4)
"""Rows of `queue`: first and last run of flits of a connection, first slot that it has not used yet."""


class Slots(NamedTuple):
    """Slots of every connection, and what is in them."""

    run_ptr: I64
    first: I64
    flits: I64
    """Runs of slots of a connection: first slot, ascending, and how many; none passes the end of the table."""
    queue: I64
    """(QUEUE_FIELDS, connections)"""
    taken: I64
    """(links, span) slot of the last flit that crossed a link, by slot modulo span; -1 for none. A flit takes all its
    links when it enters, and reaches none of them later than `span` - 1 slots from then."""


@njit
def enqueue(slots: Slots, moving: Traffic, rules: I64, heap: I64, clock: I64, run: tuple[int, int, int]) -> None:
    """`run` = (connection, flits, step): let flits wait for the slots of their connection."""
    stream, flits, step = run
    waiting = slots.queue[HEAD_RUN, stream] != NONE
    entry = queued(moving.pool, slots.queue[HEAD_RUN], slots.queue[LAST_RUN], stream, clock)
    moving.pool[COUNT, entry], moving.pool[RUN_STEP, entry] = flits, step
    clock[SENT] += flits
    if not waiting:
        await_slot(slots, rules, heap, clock, stream)


@njit
def await_slot(slots: Slots, rules: I64, heap: I64, clock: I64, stream: int) -> None:
    """Wait for the first slot of a connection that has neither begun nor been used."""
    soonest = max(-(-clock[0] // rules[SLOT_TICKS]), slots.queue[FREE_SLOT, stream])
    turn, rest = soonest // rules[TABLE], soonest % rules[TABLE]
    low, high = slots.run_ptr[stream], slots.run_ptr[stream + 1]
    while low < high:  # first run that ends behind `rest`
        middle = (low + high) // 2
        if slots.first[middle] + slots.flits[middle] > rest:
            high = middle
        else:
            low = middle + 1
    if low == slots.run_ptr[stream + 1]:
        turn, rest, low = turn + 1, 0, slots.run_ptr[stream]
    slot = turn * rules[TABLE] + max(rest, slots.first[low])
    slots.queue[FREE_SLOT, stream] = slot + 1
    push(heap, clock, slot * rules[SLOT_TICKS], SLOT + KINDS * stream)


@njit
def enter(links: Links, slots: Slots, moving: Traffic, rules: I64, heap: I64, clock: I64, stream: int) -> None:
    """The slot of a connection begins: its next flit crosses all links of its tree, each in its turn."""
    slot = slots.queue[FREE_SLOT, stream] - 1
    entry = slots.queue[HEAD_RUN, stream]
    step, span = moving.pool[RUN_STEP, entry], slots.taken.shape[1]
    for node in range(links.stream_ptr[stream], links.stream_ptr[stream + 1]):
        link, at = links.link[node], slot + links.offset[node]
        if slots.taken[link, at % span] == at and clock[FAULT] == NONE:
            clock[FAULT], clock[FAULT_SLOT] = link, at
        slots.taken[link, at % span] = at
        moving.link[CROSSED, link] += 1
        if links.kind[link] == EXIT:
            leaves(links, moving, rules, heap, clock, (node, step, (at + 1) * rules[SLOT_TICKS]))
    moving.pool[COUNT, entry] -= 1
    if moving.pool[COUNT, entry] == 0:
        dequeued(moving.pool, slots.queue[HEAD_RUN], stream, clock)
    if slots.queue[HEAD_RUN, stream] != NONE:
        await_slot(slots, rules, heap, clock, stream)
