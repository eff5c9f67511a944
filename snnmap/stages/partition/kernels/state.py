"""State of a partition under search: atoms in clusters, exact costs of moving one, legality.

An *atom* is a part of the inputs of one *piece*, a group of neurons with the same inputs; it puts its rows and one
column per neuron into its cluster. Parts of one piece that meet in a cluster share their columns. A neuron fires in the
cluster of its *home* atom. An atom without a cluster (-1) is *lifted*: costs are differences of lifting and placing, so
that moves and swaps need no cases of their own, and every number is an integer that equals the recount exactly.

A cluster may hold row i and a column of neuron j only if it also holds the part of j that listens to i: otherwise
synapse (i, j) would be realised twice. `legal` is that rule; `fits` is the capacity.

Every cluster keeps its rows in an open-addressed table of its own (a few kB), every source the list of clusters it is
a row of. Sources in more than `LONG` clusters (biases) are looked up per candidate instead of listing candidates.
Innermost loops take bare arrays: handing a record to a function costs two atomic counts per array in it (4x, measured).
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit

LONG = 512


ROWS, COLUMNS, SYNAPSES, SPLITS = 0, 1, 2, 3


class Problem(NamedTuple):
    """Atoms, their rows and nets. Symbols: A atoms, P pieces, N sources."""

    row_ptr: I64
    """(A + 1,)"""
    row: I32
    """Sources of every atom, ascending."""
    net_ptr: I64
    """(N + 1,)"""
    net_atom: I32
    """Atoms that listen to every source."""
    weight: I64
    """(N,) messages of every source to each cluster that listens; 0 for biases."""
    piece: I64
    """(A,) piece of every atom; the atoms of a piece are contiguous."""
    atom_ptr: I64
    """(P + 1,)"""
    member_ptr: I64
    """(P + 1,)"""
    member: I64
    """Source ids of the neurons of every piece."""
    active: I64
    """(A,) sum of the active steps of the rows: bounds the messages of one partial column."""


class Limits(NamedTuple):
    """Capacity of a crossbar and the weights of the cost."""

    rows: int
    columns: int
    synapses: int
    window: int
    """Steps profiled: no column sends more partial sums than that."""
    crossbar: int
    """Cost of one cluster in messages."""
    unicast: bool
    """Charge every synapse that leaves its cluster instead of every (source, cluster)."""


class State(NamedTuple):
    """An assignment of atoms to K clusters and everything derived from it."""

    cluster: I64
    """(A,) or -1 while lifted."""
    home: I64
    """(N,) home atom of every neuron, -1 for externals."""
    homes: I64
    """(A,) neurons at home in every atom."""
    usage: I64
    """(K, 4) rows, columns, synapses, split atoms."""
    key: I32
    """(K, T) row sources, open addressing, -1 empty."""
    heard: I32
    """(K, T) columns of all atoms that bring the row."""
    listed: I64
    """(N,) number of clusters that have the source as a row."""
    holder: I32
    """Those clusters, at `net_ptr`."""
    head: I64
    """(K,) first atom of every cluster, -1 if empty."""
    after: I64
    before: I64
    """(A,) neighbours in the cluster's list of atoms."""


class Scratch(NamedTuple):
    """Per-cluster accumulators of `survey`; `shared` is -1 and `saving` 0 between uses."""

    saving: I64
    """(K,) by how much placing here is cheaper than in a foreign cluster."""
    shared: I64
    """(K,) rows that are there already."""
    touched: I64
    """(K,) clusters with an entry."""


@njit
def wide(index: int) -> int:
    """`index` as 64 bits, so that functions are not compiled again for 32."""
    return index + 0


@njit
def slot_of(key: I32, k: int, source: int) -> int:
    """Slot of `source` in row table k of `key` (K, T), or of the empty slot where it would go."""
    mask = key.shape[1] - 1
    slot = ((source * 2654435769) >> 12) & mask
    while key[k, slot] != source and key[k, slot] >= 0:
        slot = (slot + 1) & mask
    return int(slot)


@njit
def listeners(key: I32, count: I32, k: int, source: int) -> int:
    """Columns of cluster k that listen to `source`; 0 if it is no row there."""
    slot = slot_of(key, k, source)
    return count[k, slot] if key[k, slot] == source else 0


@njit
def remove_key(key: I32, count: I32, k: int, slot: int) -> None:
    """Empty a slot of table k and move up entries that probed past it."""
    mask = key.shape[1] - 1
    hole, probe = slot, (slot + 1) & mask
    while key[k, probe] >= 0:
        wanted = ((key[k, probe] * 2654435769) >> 12) & mask
        if ((probe - wanted) & mask) >= ((probe - hole) & mask):
            key[k, hole] = key[k, probe]
            count[k, hole] = count[k, probe]
            hole = probe
        probe = (probe + 1) & mask
    key[k, hole] = -1


@njit
def has_sibling(piece_of: I64, atom_ptr: I64, cluster: I64, atom: int, k: int) -> bool:
    """Whether another part of the piece of `atom` is in cluster k."""
    piece = piece_of[atom]
    for other in range(atom_ptr[piece], atom_ptr[piece + 1]):  # noqa: SIM110  numba has no generator expressions
        if other != atom and cluster[other] == k:
            return True
    return False


@njit
def place(problem: Problem, state: State, atom: int, k: int) -> None:
    """Put the lifted `atom` into cluster k."""
    key, count, usage, listed, holder = state.key, state.heard, state.usage, state.listed, state.holder
    row, net_ptr = problem.row, problem.net_ptr
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    first, last = problem.row_ptr[atom], problem.row_ptr[atom + 1]
    if not has_sibling(problem.piece, problem.atom_ptr, state.cluster, atom, k):
        usage[k, COLUMNS] += size
    for r in range(first, last):
        source = wide(row[r])
        slot = slot_of(key, k, source)
        if key[k, slot] == source:
            count[k, slot] += size
            continue
        key[k, slot] = source
        count[k, slot] = size
        usage[k, ROWS] += 1
        holder[net_ptr[source] + listed[source]] = k
        listed[source] += 1
    usage[k, SYNAPSES] += size * (last - first)
    if problem.atom_ptr[piece + 1] - problem.atom_ptr[piece] > 1:
        usage[k, SPLITS] += 1
    state.cluster[atom] = k
    top = state.head[k]
    state.after[atom], state.before[atom] = top, -1
    if top >= 0:
        state.before[top] = atom
    state.head[k] = atom


@njit
def lift(problem: Problem, state: State, atom: int) -> int:
    """Take `atom` out of its cluster, which is returned."""
    key, count, usage, listed, holder = state.key, state.heard, state.usage, state.listed, state.holder
    row, net_ptr = problem.row, problem.net_ptr
    k = state.cluster[atom]
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    first, last = problem.row_ptr[atom], problem.row_ptr[atom + 1]
    state.cluster[atom] = -1
    if not has_sibling(problem.piece, problem.atom_ptr, state.cluster, atom, k):
        usage[k, COLUMNS] -= size
    for r in range(first, last):
        source = wide(row[r])
        slot = slot_of(key, k, source)
        count[k, slot] -= size
        if count[k, slot] > 0:
            continue
        remove_key(key, count, k, slot)
        usage[k, ROWS] -= 1
        listed[source] -= 1
        at = net_ptr[source]
        while holder[at] != k:
            at += 1
        holder[at] = holder[net_ptr[source] + listed[source]]
    usage[k, SYNAPSES] -= size * (last - first)
    if problem.atom_ptr[piece + 1] - problem.atom_ptr[piece] > 1:
        usage[k, SPLITS] -= 1
    before, after = state.before[atom], state.after[atom]
    if before >= 0:
        state.after[before] = after
    else:
        state.head[k] = after
    if after >= 0:
        state.before[after] = before
    return int(k)


@njit
def build(problem: Problem, cluster: I64, home: I64, clusters: int, table: int) -> State:
    """State of the assignment `cluster` (A,) with homes (N,); `table` is a power of two above the row limit."""
    atoms, sources = len(problem.piece), len(problem.weight)
    state = State(
        np.full(atoms, -1, np.int64),
        home.copy(),
        np.zeros(atoms, np.int64),
        np.zeros((clusters, 4), np.int64),
        np.full((clusters, table), -1, np.int32),
        np.zeros((clusters, table), np.int32),
        np.zeros(sources, np.int64),
        np.empty(len(problem.net_atom), np.int32),
        np.full(clusters, -1, np.int64),
        np.full(atoms, -1, np.int64),
        np.full(atoms, -1, np.int64),
    )
    for source in range(sources):
        if home[source] >= 0:
            state.homes[home[source]] += 1
    for atom in range(atoms):
        place(problem, state, atom, cluster[atom])
    return state


@njit
def sums_at(problem: Problem, state: State, atom: int, k: int) -> tuple[int, int]:
    """Active steps and homes that the other parts of the piece of `atom` have in cluster k."""
    piece = problem.piece[atom]
    steps, homes = 0, 0
    for other in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
        if other != atom and state.cluster[other] == k:
            steps += problem.active[other]
            homes += state.homes[other]
    return steps, homes


@njit
def first_in(atom_ptr: I64, cluster: I64, piece: int, k: int) -> int:
    """First part of `piece` in cluster k."""
    for other in range(atom_ptr[piece], atom_ptr[piece + 1]):
        if cluster[other] == k:
            return other
    return -1


@njit
def fits(problem: Problem, state: State, limits: Limits, atom: int, k: int, shared: int) -> bool:
    """Whether cluster k, which has `shared` of its rows, has room for the lifted `atom`."""
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    rows = problem.row_ptr[atom + 1] - problem.row_ptr[atom]
    if state.usage[k, ROWS] + rows - shared > limits.rows:
        return False
    if state.usage[k, SYNAPSES] + rows * size > limits.synapses:
        return False
    if state.usage[k, COLUMNS] + size <= limits.columns:
        return True
    return state.usage[k, COLUMNS] <= limits.columns and has_sibling(
        problem.piece, problem.atom_ptr, state.cluster, atom, k
    )


@njit
def legal(problem: Problem, state: State, atom: int, k: int) -> bool:
    """Whether every synapse would still be realised once with the lifted `atom` in cluster k (module docstring)."""
    key, count, cluster = state.key, state.heard, state.cluster
    row, piece_of, atom_ptr = problem.row, problem.piece, problem.atom_ptr
    piece = piece_of[atom]
    begin, end = problem.row_ptr[atom], problem.row_ptr[atom + 1]
    for other in range(atom_ptr[piece], atom_ptr[piece + 1]):
        away = cluster[other]
        if other == atom or away == k:
            continue
        for r in range(problem.row_ptr[other], problem.row_ptr[other + 1]):
            if listeners(key, count, k, wide(row[r])) > 0:
                return False
        if away < 0:
            continue
        for r in range(begin, end):
            if listeners(key, count, away, wide(row[r])) > 0:
                return False
    if state.usage[k, SPLITS] == 0:
        return True
    net_ptr, net_atom = problem.net_ptr, problem.net_atom
    for r in range(begin, end):
        source = wide(row[r])
        if listeners(key, count, k, source) > 0:
            continue
        for n in range(net_ptr[source], net_ptr[source + 1]):
            other = wide(net_atom[n])
            if cluster[other] == k or piece_of[other] == piece:
                continue
            if has_sibling(piece_of, atom_ptr, cluster, other, k):
                return False
    return True


@njit
def cost(problem: Problem, state: State, limits: Limits) -> int:
    """Messages of the whole assignment plus the weight of its crossbars, counted from scratch."""
    total = 0
    for k in range(len(state.head)):
        if state.head[k] >= 0:
            total += limits.crossbar
    for source in range(len(problem.weight)):
        nest = state.cluster[state.home[source]] if state.home[source] >= 0 else -1
        for h in range(problem.net_ptr[source], problem.net_ptr[source] + state.listed[source]):
            k = wide(state.holder[h])
            if k != nest:
                copies = listeners(state.key, state.heard, k, source) if limits.unicast else 1
                total += problem.weight[source] * copies
    for piece in range(len(problem.atom_ptr) - 1):
        size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
        if problem.atom_ptr[piece + 1] - problem.atom_ptr[piece] == 1:
            continue
        for atom in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
            k = state.cluster[atom]
            if first_in(problem.atom_ptr, state.cluster, piece, k) != atom:
                continue
            steps, homes = sums_at(problem, state, atom, k)
            steps += problem.active[atom]
            total += (size - homes - state.homes[atom]) * min(limits.window, steps)
    return total
