"""Loops that find the busiest step of actors and of producers on links; raw arrays only."""

import numpy as np

from snnmap.core.arrays import F32, I32, I64, Bool
from snnmap.core.jit import njit


@njit
def busiest(
    frame: I64, step: I32, source: I32, value: F32, counted: Bool, ptr: I64, slot: I64, late: Bool, slots: int
) -> I64:
    """Most events in any one (frame, step) that fall into each slot, int64 (slots,).

    An event of source s falls once into every slot of `slot[ptr[s]:ptr[s + 1]]`, where `late` in the step after; with
    `counted[s]` its value is a number of events. Events are sorted by frame, then step.
    """
    most = np.zeros(slots, np.int64)
    total = np.zeros((2, slots), np.int64)  # of the step at hand and the next, even and odd ones in turn
    of_step = np.full((2, slots), -1, np.int64)
    span = step.max() + 2 if len(step) else 2  # what is late in the last step of a frame is in none of the next
    for f in range(len(frame) - 1):
        for event in range(frame[f], frame[f + 1]):
            s = source[event]
            times = np.int64(np.ceil(abs(value[event]))) if counted[s] else np.int64(1)
            for at in range(ptr[s], ptr[s + 1]):
                here, when = slot[at], f * span + step[event] + late[at]
                if of_step[when % 2, here] != when:
                    of_step[when % 2, here] = when
                    total[when % 2, here] = 0
                total[when % 2, here] += times
                most[here] = max(most[here], total[when % 2, here])
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
