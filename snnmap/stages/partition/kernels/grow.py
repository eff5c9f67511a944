"""Constructions: fill one crossbar after the other, by affinity or in a given order."""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.state import Limits, Problem, wide

WIDE = 2048
"""Sources with more listeners (biases) attract nobody."""


class Open(NamedTuple):
    """The cluster being filled. Marks hold its number, so that a new one needs no clearing."""

    row: I32
    """(N,) cluster whose row the source is."""
    bar: I32
    """(N,) cluster where parts left out forbid the source to be a row."""
    bars: I32
    """(N,) how many pieces forbid it there."""
    piece: I32
    """(P,) cluster where the piece has columns."""
    usage: I64
    """rows, columns, synapses."""


@njit
def admissible(problem: Problem, limits: Limits, full: Open, k: int, atom: int) -> bool:
    """Whether `atom` fits the open cluster k and keeps every synapse realised once."""
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    here = full.piece[piece] == k
    fresh = 0
    for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
        source = wide(problem.row[r])
        if full.row[source] != k:
            fresh += 1
        if full.bar[source] == k and full.bars[source] > (1 if here else 0):
            return False
    if full.usage[0] + fresh > limits.rows or (not here and full.usage[1] + size > limits.columns):
        return False
    if full.usage[2] + size * (problem.row_ptr[atom + 1] - problem.row_ptr[atom]) > limits.synapses:
        return False
    if here:
        return True
    for other in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
        if other == atom:
            continue
        for r in range(problem.row_ptr[other], problem.row_ptr[other + 1]):
            if full.row[problem.row[r]] == k:
                return False
    return True


@njit
def bar_row(full: Open, k: int, source: int, change: int) -> None:
    """Count one piece more or less that forbids `source` in cluster k."""
    if full.bar[source] != k:
        full.bar[source], full.bars[source] = k, 0
    full.bars[source] += change


@njit
def admit(problem: Problem, full: Open, k: int, atom: int) -> None:
    """Put `atom` into the open cluster k."""
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    here = full.piece[piece] == k
    for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
        source = wide(problem.row[r])
        if full.row[source] != k:
            full.row[source] = k
            full.usage[0] += 1
        if here:
            bar_row(full, k, source, wide(-1))
    full.usage[2] += size * (problem.row_ptr[atom + 1] - problem.row_ptr[atom])
    if here:
        return
    full.piece[piece] = k
    full.usage[1] += size
    for other in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
        if other == atom:
            continue
        for r in range(problem.row_ptr[other], problem.row_ptr[other + 1]):
            bar_row(full, k, wide(problem.row[r]), wide(1))


@njit
def opened(problem: Problem) -> Open:
    """Nothing filled yet."""
    sources, pieces = len(problem.weight), len(problem.atom_ptr) - 1
    return Open(
        np.full(sources, -1, np.int32),
        np.full(sources, -1, np.int32),
        np.zeros(sources, np.int32),
        np.full(pieces, -1, np.int32),
        np.zeros(3, np.int64),
    )


@njit
def fill_in_order(problem: Problem, limits: Limits, order: I64, cluster: I64) -> int:
    """Next-fit: take atoms in `order`, open a new cluster when one does not fit; fills `cluster`, returns how many."""
    full = opened(problem)
    k = wide(-1)
    for atom in order:
        if k < 0 or not admissible(problem, limits, full, k, atom):
            k += 1
            full.usage[:] = 0
        admit(problem, full, k, atom)
        cluster[atom] = k
    return k + 1


class Front(NamedTuple):
    """Unassigned atoms that have something in common with the open cluster, in the first `size[0]` seats."""

    seat: I64
    """(A,) seat of every atom of the front, -1 once it cannot fit any more."""
    seen: I64
    """(A,) cluster for which `seat` holds."""
    exposure: I64
    """(A,) rows shared with any cluster so far, each time one grew beside it."""
    near: I64
    """All atoms that were ever in this front."""
    size: I64
    """Seats taken, length of `near`."""
    atom: I64
    shared: I64
    """Per seat, its rows that are there already."""
    carried: I64
    """Messages that joining would save."""
    rows: I64
    columns: I64
    wide: I64
    """(A,) rows that attract nobody and are not counted in `shared`."""


@njit
def greet(problem: Problem, front: Front, k: int, atom: int) -> int:
    """Seat of the unassigned `atom`, which joins the front of the open cluster k if it is new; -1 if it has left."""
    if front.seen[atom] != k:
        piece = problem.piece[atom]
        seat = front.size[0]
        front.seen[atom], front.seat[atom] = k, seat
        front.atom[seat], front.shared[seat], front.carried[seat] = atom, 0, 0
        front.rows[seat] = problem.row_ptr[atom + 1] - problem.row_ptr[atom]
        front.columns[seat] = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
        front.near[front.size[1]] = atom
        front.size[0] += 1
        front.size[1] += 1
    return int(front.seat[atom])


@njit
def leave(front: Front, seat: int) -> None:
    """Take the atom at `seat` off the front; the last one moves there."""
    front.size[0] -= 1
    last = front.size[0]
    front.seat[front.atom[seat]] = -1
    if seat == last:
        return
    front.atom[seat] = front.atom[last]
    front.shared[seat], front.carried[seat] = front.shared[last], front.carried[last]
    front.rows[seat], front.columns[seat] = front.rows[last], front.columns[last]
    front.seat[front.atom[seat]] = seat


@njit
def advance(problem: Problem, full: Open, front: Front, home: I64, cluster: I64, k: int, atom: int) -> None:
    """Put `atom` into the open cluster k; who shares its rows, hears it or is heard by it comes closer."""
    cluster[atom] = k
    piece = problem.piece[atom]
    seen, seats, shared, carried, exposure = front.seen, front.seat, front.shared, front.carried, front.exposure
    net_atom = problem.net_atom
    for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
        source = wide(problem.row[r])
        first, last = problem.net_ptr[source], problem.net_ptr[source + 1]
        if full.row[source] == k or last - first > WIDE:
            continue
        weight = problem.weight[source]
        inside = home[source] >= 0 and cluster[home[source]] == k
        if home[source] >= 0 and cluster[home[source]] < 0:
            seat = greet(problem, front, k, home[source])
            if seat >= 0:
                carried[seat] += weight
        for n in range(first, last):
            other = wide(net_atom[n])
            if cluster[other] >= 0:
                continue
            exposure[other] += 1
            seat = seats[other] if seen[other] == k else greet(problem, front, k, other)
            if seat >= 0:
                shared[seat] += 1
                carried[seat] += 0 if inside else weight
    admit(problem, full, k, atom)
    for m in range(problem.member_ptr[piece], problem.member_ptr[piece + 1]):
        neuron = problem.member[m]
        first, last = problem.net_ptr[neuron], problem.net_ptr[neuron + 1]
        if home[neuron] != atom or full.row[neuron] == k or last - first > WIDE:
            continue
        for n in range(first, last):
            other = wide(net_atom[n])
            if cluster[other] >= 0:
                continue
            seat = seats[other] if seen[other] == k else greet(problem, front, k, other)
            if seat >= 0:
                carried[seat] += problem.weight[neuron]


@njit
def grow(
    problem: Problem, limits: Limits, order: I64, home: I64, follow: bool, taste: int, most: int, cluster: I64
) -> int:
    """Grow one cluster after the other by the most attractive atom; fills `cluster`, returns how many.

    Parameters
    ----------
    order
        Atoms in the order in which they may start a cluster.
    home
        (N,) atom in which every neuron fires, -1 for externals.
    follow
        Start the next cluster with the atom that has most rows in common with clusters so far, beside the last one,
        so that no isolated remainders are left; otherwise strictly in `order`.
    taste
        What attracts: 0 shared rows per new row, 1 messages saved per new row, 2 messages saved per share of the
        crossbar taken.
    most
        Stop with the cluster in which that many atoms are assigned.
    cluster
        (A,) filled with -1.
    """
    atoms = len(problem.piece)
    full = opened(problem)
    front = Front(
        np.full(atoms, -1, np.int64),
        np.full(atoms, -1, np.int64),
        np.zeros(atoms, np.int64),
        np.empty(atoms, np.int64),
        np.zeros(2, np.int64),
        np.empty(atoms, np.int64),
        np.empty(atoms, np.int64),
        np.empty(atoms, np.int64),
        np.empty(atoms, np.int64),
        np.empty(atoms, np.int64),
        np.zeros(atoms, np.int64),
    )
    for source in range(len(problem.weight)):
        first, last = problem.net_ptr[source], problem.net_ptr[source + 1]
        if last - first > WIDE:
            front.wide[problem.net_atom[first:last]] += 1
    at, k, done = 0, wide(0), 0
    while done < most:
        atom = wide(-1)
        for t in range(front.size[1] if follow else 0):
            other = front.near[t]
            if cluster[other] < 0 and (atom < 0 or front.exposure[other] > front.exposure[atom]):
                atom = other
        while atom < 0 and at < atoms:
            atom = order[at] if cluster[order[at]] < 0 else -1
            at += 1
        if atom < 0:
            return k
        full.usage[:] = 0
        front.size[:] = 0
        while atom >= 0:
            done += 1
            advance(problem, full, front, home, cluster, k, atom)
            atom = most_attractive(problem, limits, full, front, k, taste)
        k += 1
    return k


@njit
def most_attractive(problem: Problem, limits: Limits, full: Open, front: Front, k: int, taste: int) -> int:
    """Best admissible atom of the front, or -1; those that can never fit again leave it."""
    rows_left, columns_left = limits.rows - full.usage[0], limits.columns - full.usage[1]
    per_row, per_column = (1, 0) if taste < 2 else (limits.columns, limits.rows)
    spare = 1 if taste < 2 else 0
    rows, columns, shared, carried = front.rows, front.columns, front.shared, front.carried
    while True:
        best, most, seat, count = wide(-1), 0.0, wide(0), front.size[0]
        while seat < count:
            fresh = rows[seat] - shared[seat]
            if fresh > rows_left or columns[seat] > columns_left:
                atom = front.atom[seat]
                if fresh - front.wide[atom] > rows_left or (
                    columns[seat] > columns_left and full.piece[problem.piece[atom]] != k
                ):
                    leave(front, seat)
                    count -= 1
                    continue
            gain = float(shared[seat] if taste == 0 else carried[seat]) + 1.0
            score = gain / float(fresh * per_row + columns[seat] * per_column + spare)
            if score > most:
                best, most = seat, score
            seat += 1
        if best < 0:
            return -1
        atom = front.atom[best]
        leave(front, best)
        if admissible(problem, limits, full, k, atom):
            return int(atom)
