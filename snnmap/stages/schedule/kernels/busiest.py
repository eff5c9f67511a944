"""Loops that find the busiest step of actors and of producers on links; raw arrays only."""

import numpy as np

from snnmap.core.arrays import F32, I32, I64, Bool
from snnmap.core.jit import njit


@njit
def busiest(frame: I64, step: I32, source: I32, value: F32, counted: Bool, ptr: I64, slot: I64, slots: int) -> I64:
    """Most events in any one (frame, step) that fall into each slot, int64 (slots,).

    An event of source s falls once into every slot of `slot[ptr[s]:ptr[s + 1]]`; with `counted[s]` its value is a
    number of events. Events are sorted by frame, then step.
    """
    most = np.zeros(slots, np.int64)
    now = np.zeros(slots, np.int64)
    for f in range(len(frame) - 1):
        begin = frame[f]
        while begin < frame[f + 1]:
            end = begin
            while end < frame[f + 1] and step[end] == step[begin]:
                s = source[end]
                times = np.int64(np.ceil(abs(value[end]))) if counted[s] else np.int64(1)
                for at in range(ptr[s], ptr[s + 1]):
                    now[slot[at]] += times
                    most[slot[at]] = max(most[slot[at]], now[slot[at]])
                end += 1
            for event in range(begin, end):
                for at in range(ptr[source[event]], ptr[source[event] + 1]):
                    now[slot[at]] = 0
            begin = end
    return most


@njit
def share_slots(order: I64, producer: I64, ptr: I64, link: I64, links: int, slot: I64, slot_link: I64) -> int:
    """Number the distinct (producer, link) pairs of all trees; fills `slot` of every tree link and `slot_link`.

    `order` lists the trees so that those of one producer are neighbours. Returns the number of slots.
    """
    owner = np.full(links, -1, np.int64)
    number = np.zeros(links, np.int64)
    slots = 0
    for g in order:
        for at in range(ptr[g], ptr[g + 1]):
            if owner[link[at]] != producer[g]:
                owner[link[at]] = producer[g]
                number[link[at]] = slots
                slot_link[slots] = link[at]
                slots += 1
            slot[at] = number[link[at]]
    return slots
