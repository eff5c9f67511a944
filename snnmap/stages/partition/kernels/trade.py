"""Rows change places between crossbars: what that does to their heat and to the messages; raw arrays only.

A *seat* is a place for a row in one cluster, empty or taken; the seats of a *group* all have cells with the same
neurons, so that sources may trade them. Heat of a row is spikes x cells. What a column sends is counted exactly: every
*class* of columns with equal rows in one cluster keeps how many of its rows are active in each step.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I32, I64, Bool
from snnmap.core.jit import njit

GAIN = 1e-9
"""Share of the unevenness that a trade must gain: less is rounding."""


class Seats(NamedTuple):
    """Never written. G groups, Q seats, N sources, K clusters, L classes of columns that send sums."""

    group_ptr: I64
    """(G + 1,) first seat of every group."""
    cluster: I64
    """(Q,)"""
    width: I64
    """(Q,) cells of a row there."""
    place: I64
    """(Q,) which of the group's clusters that is."""
    class_ptr: I64
    """(Q + 1,) classes whose columns have cells with a row there, at `classes`."""
    classes: I64
    senders: I64
    """(L,) columns of every class that send their sums away."""
    heat: I64
    """(N,) spikes."""
    weight: I64
    """(N,) messages to every foreign crossbar that listens: spikes, 0 for biases and inputs, which travel anyway."""
    home: I64
    """(N,) cluster that a source fires in, -1 for inputs."""
    step_ptr: I64
    step: I64
    """Steps in which every source is active, CSR; none for biases."""
    rows: int
    """Lines of a crossbar."""
    synapses: int
    """Cells of a crossbar that may be programmed."""


class Seated(NamedTuple):
    """Who sits where; written by trades."""

    source: I64
    """(Q,) or -1."""
    allowed: Bool
    """(Q, places) where the source of a seat may go; travels with it."""
    drawn: F64
    """(Q,) what the row of a seat draws, by the conductances of its cells; travels with it."""
    taken: I64
    """(K,) rows."""
    programmed: I64
    """(K,) cells."""
    total: F64
    square: F64
    """(K,) sums of the heat of rows and of its square."""
    power: F64
    """(K,) sum of what rows draw."""
    active: I32
    """(L, window) rows of every class that are active in each step."""


@njit
def unevenness(total: float, square: float, rows: int) -> float:
    """Standard deviation of the heat of all lines of a crossbar, empty ones included."""
    return float(np.sqrt(max(0.0, square / rows - (total / rows) ** 2)))


@njit
def swap_steps(active: I32, step_ptr: I64, step: I64, out: int, into: int) -> int:
    """Take the steps of source `out` from one class (window,), add those of `into` (either -1); change of its sums."""
    change = 0
    if out >= 0:
        for e in range(step_ptr[out], step_ptr[out + 1]):
            active[step[e]] -= 1
            change -= active[step[e]] == 0
    if into >= 0:
        for e in range(step_ptr[into], step_ptr[into + 1]):
            change += active[step[e]] == 0
            active[step[e]] += 1
    return change


@njit
def sums_change(seats: Seats, active: I32, seat: int, out: int, into: int) -> int:
    """Change of the partial sums sent by the columns of a seat if `into` takes it from `out`; made in `active`."""
    change = 0
    for c in range(seats.class_ptr[seat], seats.class_ptr[seat + 1]):
        k = seats.classes[c]
        change += seats.senders[k] * swap_steps(active[k], seats.step_ptr, seats.step, out, into)
    return change


@njit
def fits(seats: Seats, seated: Seated, here: int, there: int) -> bool:
    """Whether the source of seat `here` may go to seat `there`, which may be empty, as far as rules and room go."""
    if not seated.allowed[here, seats.place[there]]:
        return False
    if seated.source[there] >= 0:
        return bool(seated.allowed[there, seats.place[here]])
    to = seats.cluster[there]
    return bool(seated.taken[to] < seats.rows and seated.programmed[to] + seats.width[there] <= seats.synapses)


@njit
def above(seated: Seated, k: int, heat: float, power: float, limit: F64) -> bool:
    """Whether cluster k passes a limit by `heat` or `power` more."""
    hotter = heat > 0.0 and seated.total[k] + heat > limit[0]
    return bool(hotter or (power > 0.0 and seated.power[k] + power > limit[1]))


@njit
def travels(seats: Seats, source: int, here: int, there: int) -> int:
    """Change of the messages that a source's spikes cost if its row goes from cluster `here` to `there`."""
    if source < 0:
        return 0
    return int(seats.weight[source] * (int(seats.home[source] != there) - int(seats.home[source] != here)))


@njit
def trade(seats: Seats, seated: Seated, order: I64, limit: F64, spare: int) -> tuple[int, int]:
    """Descend on the sum of the clusters' unevenness; returns trades made and what is left of `spare`.

    limit
        (2,) heat, and power drawn, that no trade may lift a cluster above.
    spare
        Messages that all trades together may add.
    """
    made = 0
    for g in range(len(seats.group_ptr) - 1):
        first, last = seats.group_ptr[g], seats.group_ptr[g + 1]
        count = np.zeros(np.max(seats.place[first:last]) + 1, np.int64)
        for s in range(first, last):
            if seated.source[s] >= 0:
                count[seats.place[s]] += 1
        for at_a in range(first, last):
            for at_b in range(at_a + 1, last):
                a, b = order[at_a], order[at_b]
                if seated.source[a] < 0:
                    a, b = b, a
                one, other = seated.source[a], seated.source[b]
                here, there = seats.cluster[a], seats.cluster[b]
                if here == there or one < 0 or (other < 0 and count[seats.place[a]] == 1):
                    continue
                mine = float(seats.heat[one] * seats.width[a])
                yours = float(seats.heat[other] * seats.width[b]) if other >= 0 else 0.0
                more, squares = yours - mine, yours * yours - mine * mine
                if more == 0.0 and other >= 0:
                    continue
                drawn = seated.drawn[b] - seated.drawn[a]
                if above(seated, here, more, drawn, limit) or above(seated, there, -more, -drawn, limit):
                    continue
                before = unevenness(seated.total[here], seated.square[here], seats.rows)
                before += unevenness(seated.total[there], seated.square[there], seats.rows)
                after = unevenness(seated.total[here] + more, seated.square[here] + squares, seats.rows)
                after += unevenness(seated.total[there] - more, seated.square[there] - squares, seats.rows)
                if after >= before * (1.0 - GAIN) or not fits(seats, seated, a, b):
                    continue
                change = travels(seats, one, here, there) + travels(seats, other, there, here)
                change += sums_change(seats, seated.active, a, one, other)
                change += sums_change(seats, seated.active, b, other, one)
                if change > spare:
                    sums_change(seats, seated.active, a, other, one)
                    sums_change(seats, seated.active, b, one, other)
                    continue
                spare -= change
                made += 1
                seated.source[a], seated.source[b] = other, one
                seated.drawn[a], seated.drawn[b] = seated.drawn[b], seated.drawn[a]
                seated.power[here] += drawn
                seated.power[there] -= drawn
                for p in range(seated.allowed.shape[1]):
                    seated.allowed[a, p], seated.allowed[b, p] = seated.allowed[b, p], seated.allowed[a, p]
                seated.total[here] += more
                seated.total[there] -= more
                seated.square[here] += squares
                seated.square[there] -= squares
                if other < 0:
                    count[seats.place[a]] -= 1
                    count[seats.place[b]] += 1
                    seated.taken[here] -= 1
                    seated.taken[there] += 1
                    seated.programmed[here] -= seats.width[a]
                    seated.programmed[there] += seats.width[b]
    return made, spare


@njit
def alike(ptr: I64, values: I64, order: I64, hashes: I64) -> I64:
    """Number of every list of a CSR, equal for equal lists; those of equal `hashes` follow one another in `order`."""
    label = np.full(len(order), -1, np.int64)
    number = -1
    for at in range(len(order)):
        here = order[at]
        back = at - 1
        while back >= 0 and hashes[order[back]] == hashes[here]:
            there = order[back]
            same = ptr[there + 1] - ptr[there] == ptr[here + 1] - ptr[here]
            offset = 0
            while same and offset < ptr[here + 1] - ptr[here]:
                same = values[ptr[there] + offset] == values[ptr[here] + offset]
                offset += 1
            if same:
                label[here] = label[there]
                break
            back -= 1
        if label[here] < 0:
            number += 1
            label[here] = number
    return label


@njit
def reach(
    indptr: I64, post: I32, source: I64, column_ptr: I64, column_cluster: I64, clusters: I64, scratch: I64
) -> I64:
    """How many synapses of every `source` (m,) meet a column in each of `clusters` (c,): (m, c).

    `column_ptr`, `column_cluster`: clusters of the columns of every source, CSR. `scratch` (K,) is 0 before and after.
    """
    out = np.zeros((len(source), len(clusters)), np.int64)
    for m in range(len(source)):
        for s in range(indptr[source[m]], indptr[source[m] + 1]):
            for c in range(column_ptr[post[s]], column_ptr[post[s] + 1]):
                scratch[column_cluster[c]] += 1
        for c in range(len(clusters)):
            out[m, c] = scratch[clusters[c]]
        for s in range(indptr[source[m]], indptr[source[m] + 1]):
            for c in range(column_ptr[post[s]], column_ptr[post[s] + 1]):
                scratch[column_cluster[c]] = 0
    return out
