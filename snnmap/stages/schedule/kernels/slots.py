"""Loops that give flits their slots while a step is scheduled in order of time; raw arrays only."""

import heapq

import numpy as np

from snnmap.core.arrays import I64, Bool
from snnmap.core.jit import njit

NONE = -1


@njit
def is_free(links: I64, shift: I64, held: I64, first: int, last: int, at: int, busy: Bool) -> bool:
    """Whether a flit that enters in slot `at` finds all links `links[first:last]` of its tree free, as long as held."""
    length = busy.shape[1]
    for k in range(first, last):
        for later in range(held[k]):
            if busy[links[k], (at + shift[k] + later) % length]:
                return False
    return True


@njit
def take(
    ready: int, flits: int, links: I64, shift: I64, held: I64, first: int, last: int, busy: Bool, chosen: I64
) -> bool:
    """Take the earliest free slots from `ready` on for a connection, into `chosen`; False if a turn has too few."""
    length = busy.shape[1]
    taken = 0
    for at in range(ready, ready + length):
        if is_free(links, shift, held, first, last, at, busy):
            for k in range(first, last):
                for later in range(held[k]):
                    busy[links[k], (at + shift[k] + later) % length] = True
            chosen[taken] = at
            taken += 1
            if taken == flits:
                return True
    return False


@njit
def fill_table(
    ptr: I64,
    consumer: I64,
    tokens: I64,
    time: I64,
    begin: I64,
    carried_ptr: I64,
    carried: I64,
    away: I64,
    chosen_ptr: I64,
    tree_ptr: I64,
    links: I64,
    shift: I64,
    held: I64,
    slot: int,
    busy: Bool,
    finish: I64,
    chosen: I64,
) -> bool:
    """Schedule one step in order of time, giving every connection the first slots after its producer; False if full.

    Parameters
    ----------
    ptr, consumer, tokens : CSR by actor
        Channels; those without tokens order the step and must have no cycle.
    time : (A,)
        Ticks of every actor; the last M are messages, whose time is found here.
    begin, finish : (A,)
        In: no actor starts earlier than `begin`. Out: start and end, ticks.
    carried_ptr, carried : CSR by message
        Connections that carry it.
    away : (M,)
        Slots from the link into the network to the link out of it.
    chosen_ptr : (Q + 1,)
        First slot of every connection in `chosen`, which takes slots from the start of the step on.
    tree_ptr, links, shift, held : CSR by connection
        Row of `busy` of every link of the tree, slots until a flit crosses it, and slots that it takes there.
    busy : (links, L)
        All false on entry.
    """
    actors, messages = len(time), len(away)
    waiting = np.zeros(actors, np.int64)
    for channel in range(len(consumer)):
        if tokens[channel] == 0:
            waiting[consumer[channel]] += 1
    placed = np.zeros(len(chosen_ptr) - 1, np.bool_)
    ready: list[tuple[int, int]] = [(0, 0)][:0]  # numba cannot type an empty list
    for actor in range(actors):
        if waiting[actor] == 0:
            heapq.heappush(ready, (begin[actor], actor))
    while ready:
        now, actor = heapq.heappop(ready)
        end = now + time[actor]
        message = actor - (actors - messages)
        if message >= 0:
            end = now
            for k in range(carried_ptr[message], carried_ptr[message + 1]):
                q = carried[k]
                if not placed[q]:
                    placed[q] = True
                    own = chosen[chosen_ptr[q] : chosen_ptr[q + 1]]
                    first, last = tree_ptr[q], tree_ptr[q + 1]
                    if not take(-(-now // slot), len(own), links, shift, held, first, last, busy, own):
                        return False
                end = max(end, (chosen[chosen_ptr[q + 1] - 1] + 1 + away[message]) * slot)
        finish[actor] = end
        for channel in range(ptr[actor], ptr[actor + 1]):
            if tokens[channel] == 0:
                after = consumer[channel]
                begin[after] = max(begin[after], end)
                waiting[after] -= 1
                if waiting[after] == 0:
                    heapq.heappush(ready, (begin[after], after))
    return True
