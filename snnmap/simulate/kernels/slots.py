"""Flits in the slots of a table: none waits inside the network, and two that meet on a link are a fault; raw arrays."""

from typing import NamedTuple

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.agenda import FAULT, FAULT_SLOT, KINDS, NOW, RECEIVED, SENT, SLOT, push
from snnmap.simulate.kernels.routers import (
    COUNT,
    CROSSED,
    EXIT,
    HELD_SLOTS,
    KIND,
    LINK,
    NONE,
    OFFSET,
    RUN_NODE,
    RUN_STEP,
    SLOT_TICKS,
    TABLE,
    leaves,
    queued,
    spent,
)

HEAD_RUN, LAST_RUN, FREE_SLOT, FILLED, QUEUE_FIELDS = range(5)
"""Columns of `queue` (connections,): first and last run of flits of a connection, first slot that it has not used,
flits of the step that is being sent."""


class Slots(NamedTuple):
    """Slots of every connection, and what is in them."""

    run_ptr: I64
    first: I64
    flits: I64
    """Runs of slots of a connection: first slot, ascending, and how many; none passes the end of the table."""
    queue: I64
    taken: I64
    """(links, span) slot of the last flit that crossed a link, by slot modulo span; -1 for none. A flit takes all its
    links when it enters, and holds none of them later than `span` - 1 slots from then."""
    counted: I64
    """Slots that a step of a connection takes, used or not: receivers count them; 0 where a flit ends a step."""
    own_ptr: I64
    own: I64
    """Connections of every actor, CSR."""


@njit
def enqueue(
    run_ptr: I64,
    first: I64,
    slots: I64,
    queue: I64,
    pool: I64,
    rules: I64,
    heap: I64,
    clock: I64,
    stream: int,
    flits: int,
    step: int,
    blank: bool,
) -> None:
    """Let flits wait for the slots of their connection, or slots that pass `blank`."""
    waiting = queue[stream, HEAD_RUN] != NONE
    entry = queued(pool, queue, stream, HEAD_RUN, LAST_RUN, clock)
    pool[entry, COUNT], pool[entry, RUN_STEP], pool[entry, RUN_NODE] = flits, step, int(blank)
    if not blank:
        clock[SENT] += flits
    if not waiting:
        await_slot(run_ptr, first, slots, queue, rules, heap, clock, stream)


@njit
def await_slot(
    run_ptr: I64, first: I64, slots: I64, queue: I64, rules: I64, heap: I64, clock: I64, stream: int
) -> None:
    """Wait for the first slot of a connection that has neither begun nor been used."""
    soonest = max(-(-clock[NOW] // rules[SLOT_TICKS]), queue[stream, FREE_SLOT])
    turn, rest = soonest // rules[TABLE], soonest % rules[TABLE]
    low, high = run_ptr[stream], run_ptr[stream + 1]
    while low < high:  # first run that ends behind `rest`
        middle = (low + high) // 2
        if first[middle] + slots[middle] > rest:
            high = middle
        else:
            low = middle + 1
    if low == run_ptr[stream + 1]:
        turn, rest, low = turn + 1, 0, run_ptr[stream]
    slot = turn * rules[TABLE] + max(rest, first[low])
    queue[stream, FREE_SLOT] = slot + 1
    push(heap, clock, slot * rules[SLOT_TICKS], SLOT + KINDS * stream)


@njit
def enter(
    ways: I64,
    nodes: I64,
    message: I64,
    stream_ptr: I64,
    run_ptr: I64,
    first: I64,
    slots: I64,
    queue: I64,
    taken: I64,
    link: I64,
    pool: I64,
    due: I64,
    rules: I64,
    heap: I64,
    clock: I64,
    stream: int,
) -> None:
    """The slot of a connection begins: its next flit, if any, crosses all links of its tree, each in its turn."""
    slot = queue[stream, FREE_SLOT] - 1
    head, span = queue[stream, HEAD_RUN], taken.shape[1]
    step, flits = pool[head, RUN_STEP], 1 - pool[head, RUN_NODE]
    for node in range(stream_ptr[stream], stream_ptr[stream + 1]):
        crossed, at = nodes[node, LINK], slot + nodes[node, OFFSET]
        if flits:
            for held in range(at, at + ways[crossed, HELD_SLOTS]):
                if taken[crossed, held % span] == held and clock[FAULT] == NONE:
                    clock[FAULT], clock[FAULT_SLOT] = crossed, held
                taken[crossed, held % span] = held
        link[crossed, CROSSED] += flits
        if ways[crossed, KIND] == EXIT:
            clock[RECEIVED] += flits
            leaves(nodes, message, due, rules, heap, clock, node, step, (at + 1) * rules[SLOT_TICKS])
    spent(pool, queue, stream, HEAD_RUN, clock)
    if queue[stream, HEAD_RUN] != NONE:
        await_slot(run_ptr, first, slots, queue, rules, heap, clock, stream)
