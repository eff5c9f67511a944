"""Kernighan-Lin exchanges between two clusters at a time, on an undirected graph of neurons."""

import numpy as np

from snnmap.core.arrays import I64, Bool
from snnmap.core.jit import njit


@njit
def pair_pass(
    indptr: I64, neighbour: I64, weight: I64, seat: I64, part: I64, slot: I64, a: int, b: int, patience: int
) -> int:
    """One Kernighan-Lin pass between clusters a and b; keeps the best prefix of exchanges. Returns the weight saved.

    Step by step the pair of seats that saves most is exchanged, even if it costs, and both are locked. A free seat
    exchanges like a neuron without edges. Stops `patience` exchanges after the best.

    Parameters
    ----------
    indptr, neighbour, weight
        Undirected graph, CSR both ways, without loops.
    seat
        (K, C) neuron in every seat of every cluster, -1 if free; changed.
    part, slot
        (neurons,) cluster and seat of every neuron; changed.

    Source: Kernighan, Lin, BSTJ 49(2), 1970, section 2.
    """
    seats = seat.shape[1]
    gain = np.zeros((2, seats), np.int64)  # D of the paper: weight to the other side less weight to one's own
    between = np.zeros((seats, seats), np.int64)
    for side in range(2):
        own, other = (a, b) if side == 0 else (b, a)
        for s in range(seats):
            neuron = seat[own, s]
            if neuron < 0:
                continue
            for e in range(indptr[neuron], indptr[neuron + 1]):
                met = neighbour[e]
                if part[met] == own:
                    gain[side, s] -= weight[e]
                elif part[met] == other:
                    gain[side, s] += weight[e]
                    if side == 0:
                        between[s, slot[met]] += weight[e]
    locked = np.zeros((2, seats), np.bool_)
    order = np.empty((seats, 2), np.int64)
    total, best, kept, steps = np.int64(0), np.int64(0), 0, 0
    while steps < seats and steps - kept < patience:
        x, y, most = dearest(gain, locked, between)
        if x < 0:
            break
        locked[0, x], locked[1, y] = True, True
        order[steps, 0], order[steps, 1] = x, y
        total += most
        steps += 1
        if total > best:
            best, kept = total, steps
        follow(indptr, neighbour, weight, part, slot, gain, seat[a, x], a, b)
        follow(indptr, neighbour, weight, part, slot, gain, seat[b, y], b, a)
    for step in range(kept):
        x, y = order[step, 0], order[step, 1]
        u, v = seat[a, x], seat[b, y]
        seat[a, x], seat[b, y] = v, u
        if u >= 0:
            part[u], slot[u] = b, y
        if v >= 0:
            part[v], slot[v] = a, x
    return int(best)


@njit
def dearest(gain: I64, locked: Bool, between: I64) -> tuple[int, int, int]:
    """Unlocked seats of both sides whose exchange saves most, the first of equals, and what it saves; -1 if none."""
    seats = gain.shape[1]
    top = np.int64(-(2**62))
    for y in range(seats):
        if not locked[1, y] and gain[1, y] > top:
            top = gain[1, y]
    x, y, most = -1, -1, np.int64(-(2**62))
    for i in range(seats):
        if locked[0, i] or gain[0, i] + top <= most:
            continue  # even the best of the other side, with nothing between, would not do
        for j in range(seats):
            if locked[1, j]:
                continue
            saved = gain[0, i] + gain[1, j] - 2 * between[i, j]
            if saved > most:
                x, y, most = i, j, saved
    return x, y, int(most)


@njit
def follow(
    indptr: I64, neighbour: I64, weight: I64, part: I64, slot: I64, gain: I64, neuron: int, own: int, other: int
) -> None:
    """Gains of the neighbours of `neuron`, which goes from cluster `own` to `other`."""
    if neuron < 0:
        return
    for e in range(indptr[neuron], indptr[neuron + 1]):
        met = neighbour[e]
        if part[met] == own:
            gain[0 if own < other else 1, slot[met]] += 2 * weight[e]
        elif part[met] == other:
            gain[1 if own < other else 0, slot[met]] -= 2 * weight[e]


@njit
def pairs_pass(
    indptr: I64, neighbour: I64, weight: I64, seat: I64, part: I64, slot: I64, pairs: I64, patience: int
) -> int:
    """`pair_pass` of every pair (P, 2) of clusters, the smaller first, in turn; the weight saved."""
    saved = 0
    for p in range(len(pairs)):
        saved += pair_pass(indptr, neighbour, weight, seat, part, slot, pairs[p, 0], pairs[p, 1], patience)
    return saved
