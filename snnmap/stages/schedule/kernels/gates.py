"""Loops over the flits that may be on their way at once behind gates; raw arrays only."""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit

LONGEST_BUSY = 8
"""Periods beyond which nobody looks for the end of a busy time."""


@njit
def flits_beside(
    ptr: I64,
    turn: I64,
    before: I64,
    load_ptr: I64,
    producer: I64,
    flits: I64,
    sender: I64,
    release: I64,
    stays: I64,
    time: I64,
    period: int,
) -> I64:
    """Flits of the turns of every message, of all steps that are on their way while it is, int64 (messages,).

    `ptr`, `turn`: CSR by message; `before` (turns,): -1 where they lead into the network, one behind the other, so that
    steps that come later do not count; `load_ptr`, `producer`, `flits`: CSR by turn. A step of actor p is on its way
    for `stays[p]` from `release[p]` on, every `period`; message m for `time[m]` from the release of `sender[m]` on.
    """
    total = np.zeros(len(ptr) - 1, np.int64)
    for message in range(len(total)):
        for at in range(ptr[message], ptr[message + 1]):
            last = time[message] - 1 if before[turn[at]] >= 0 else 0
            for k in range(load_ptr[turn[at]], load_ptr[turn[at] + 1]):
                later = release[producer[k]] - release[sender[message]]
                steps = (last - later) // period - (-stays[producer[k]] - later) // period
                if steps > 0:
                    total[message] += steps * flits[k]
    return total


@njit
def most_waiting(
    own_ptr: I64,
    own: I64,
    join_ptr: I64,
    join: I64,
    load_ptr: I64,
    producer: I64,
    flits: I64,
    release: I64,
    stays: I64,
    period: int,
    empties: I64,
    fills: I64,
    hop: I64,
) -> I64:
    """The most flits in every queue or on their link to it, if none is ever full, int64 (queues,).

    `own_ptr`, `own`, `join_ptr`, `join`: CSR by queue of the turns onto its link, and of those that join behind it. No
    more than can be on their way over its link at once; nor than join while it is busy and a `hop` takes to be filled,
    if a flit takes no less to come, `fills`, than to leave over the slowest link, `empties` (queues,).
    """
    most = np.zeros(len(own_ptr) - 1, np.int64)
    for queue in range(len(most)):
        first, last = own_ptr[queue], own_ptr[queue + 1]
        for one in range(first, last):
            for entering in range(load_ptr[own[one]], load_ptr[own[one] + 1]):
                begin = release[producer[entering]]
                total = 0
                for at in range(first, last):
                    for k in range(load_ptr[own[at]], load_ptr[own[at] + 1]):
                        if (begin - release[producer[k]]) % period < stays[producer[k]]:
                            total += flits[k]
                most[queue] = max(most[queue], total)
        busy, before, joined = 0, -1, 0
        while before < busy < LONGEST_BUSY * period:
            before = busy
            joined = in_window(join_ptr, join, load_ptr, producer, flits, stays, period, queue, busy)
            all_of_it = joined + in_window(own_ptr, own, load_ptr, producer, flits, stays, period, queue, busy)
            busy = empties[queue] * all_of_it
        if busy < LONGEST_BUSY * period and fills[queue] >= empties[queue]:
            most[queue] = min(most[queue], joined + 1 + (hop[queue] // fills[queue] if fills[queue] else 0))
    return most


@njit
def in_window(
    ptr: I64, turn: I64, load_ptr: I64, producer: I64, flits: I64, stays: I64, period: int, row: int, length: int
) -> int:
    """Flits of a row's turns, of all steps that can be on their way in a time of some length, wherever it lies."""
    total = 0
    for at in range(ptr[row], ptr[row + 1]):
        for k in range(load_ptr[turn[at]], load_ptr[turn[at] + 1]):
            total += ((length + stays[producer[k]]) // period + 1) * flits[k]
    return total
