"""What happens next on the simulated chip: events in order of time, and the lists of what is to be looked at now.

A binary heap of (time, code) in an array of (events, 2), so that a run can stop after any event and go on later. An
event is one of the kinds below, of an index; events of one tick come by code, so that a run repeats itself exactly.
"""

from snnmap.core.arrays import I64
from snnmap.core.jit import njit

KINDS = 8
END, HEAD, WAKE, MESSAGE, GATE, SLOT, RELEASE = 0, 1, 2, 3, 4, 5, 6
"""A firing ends; a flit comes to the front of a buffer; a link is free again; a message is complete; the port may send;
a connection's next slot begins; what an actor sends may enter the network."""

NOW, EVENTS, PLACES, LINKS, POOL, HANDLED, SENT, RECEIVED, FAULT, FAULT_SLOT, CLOCKS = range(11)
"""Entries of `clock`: tick; events in the heap; entries in the lists of places and links to look at; first unused entry
of the pool of runs; events handled; flits sent; copies of flits received; link on which two flits met, or -1, and
slot."""


@njit
def push(heap: I64, clock: I64, time: int, code: int) -> None:
    """Add an event."""
    k = clock[EVENTS]
    clock[EVENTS] += 1
    while k > 0:
        up = (k - 1) >> 1
        if heap[up, 0] < time or (heap[up, 0] == time and heap[up, 1] <= code):
            break
        heap[k, 0], heap[k, 1] = heap[up, 0], heap[up, 1]
        k = up
    heap[k, 0], heap[k, 1] = time, code


@njit
def pop(heap: I64, clock: I64) -> int:
    """Take the code of the first event out of the heap, which must hold one."""
    first: int = heap[0, 1]
    clock[EVENTS] -= 1
    events = clock[EVENTS]
    time, code = heap[events, 0], heap[events, 1]
    k = 0
    while True:
        down = 2 * k + 1
        if down >= events:
            break
        other = down + 1
        if other < events and (
            heap[other, 0] < heap[down, 0] or (heap[other, 0] == heap[down, 0] and heap[other, 1] < heap[down, 1])
        ):
            down = other
        if heap[down, 0] > time or (heap[down, 0] == time and heap[down, 1] >= code):
            break
        heap[k, 0], heap[k, 1] = heap[down, 0], heap[down, 1]
        k = down
    heap[k, 0], heap[k, 1] = time, code
    return first


@njit
def note(listed: I64, clock: I64, kind: int, index: int) -> None:
    """Put `index` on the list of `kind` (`PLACES`, `LINKS`) if it is not there; `listed`, (2, indices): list, mark."""
    if listed[1, index] == 0:
        listed[1, index] = 1
        listed[0, clock[kind]] = index
        clock[kind] += 1


@njit
def noted(listed: I64, clock: I64, kind: int) -> int:
    """Take the index that was noted last off the list of `kind`, which must hold one."""
    clock[kind] -= 1
    index: int = listed[0, clock[kind]]
    listed[1, index] = 0
    return index
