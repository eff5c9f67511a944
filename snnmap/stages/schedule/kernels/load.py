"""Loops that find busiest steps: events per slot and step, and the links of XY routes; raw arrays only.

Links of tile t are numbered 6 t + direction: 0 east, 1 west, 2 north (y + 1), 3 south, 4 from the tile into the
network, 5 from the network into the tile; 6 T is the chip's input port.
"""

import numpy as np

from snnmap.core.arrays import F32, I32, I64, Bool
from snnmap.core.jit import njit

EAST, WEST, NORTH, SOUTH, INTO, OUT = 0, 1, 2, 3, 4, 5
PER_TILE = 6


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
def next_link(tile: int, goal: int, width: int) -> tuple[int, int]:
    """Direction of the XY route from `tile` towards `goal` (different), and the tile that it leads to."""
    x, goal_x = tile % width, goal % width
    if x < goal_x:
        return EAST, tile + 1
    if x > goal_x:
        return WEST, tile - 1
    if tile < goal:
        return NORTH, tile + width
    return SOUTH, tile - width


@njit
def tree_links(ptr: I64, goal: I64, origin: I64, injection: I64, width: int, stamp: I64, fill: bool, link: I64) -> I64:
    """Distinct links of each of G multicast trees: their offsets (G + 1,), and with `fill` the links themselves.

    Tree g goes from tile `origin[g]`, entering over link `injection[g]`, to the tiles `goal[ptr[g]:ptr[g + 1]]`.
    `stamp` (links,) is filled with -1.
    """
    out = np.zeros(len(ptr), np.int64)
    count = 0
    for g in range(len(ptr) - 1):
        if ptr[g] < ptr[g + 1]:
            if fill:
                link[count] = injection[g]
            count += 1
        for t in range(ptr[g], ptr[g + 1]):
            tile = origin[g]
            while tile != goal[t]:
                direction, following = next_link(tile, goal[t], width)
                at = tile * PER_TILE + direction
                tile = following
                if stamp[at] != g:
                    stamp[at] = g
                    if fill:
                        link[count] = at
                    count += 1
            at = tile * PER_TILE + OUT
            if stamp[at] != g:
                stamp[at] = g
                if fill:
                    link[count] = at
                count += 1
        out[g + 1] = count
    return out


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


@njit
def route_peak(origin: I64, goal: I64, injection: I64, width: int, load: I64) -> I64:
    """Largest `load` on the links from `origin` over `injection` to `goal` of every route, int64 (routes,)."""
    peak = np.zeros(len(origin), np.int64)
    for r in range(len(origin)):
        tile = origin[r]
        peak[r] = load[injection[r]]
        while tile != goal[r]:
            direction, following = next_link(tile, goal[r], width)
            peak[r] = max(peak[r], load[tile * PER_TILE + direction])
            tile = following
        peak[r] = max(peak[r], load[tile * PER_TILE + OUT])
    return peak
