"""Two crossbars at a time: `two_way` on what two clusters hold, for every cluster and those it shares most with.

A source that reaches both costs its weight once more than if it reached one, wherever else it goes: what two sides save
is what the whole assignment saves. A vertex is all that one cluster has of a piece, so parts of one neuron neither meet
nor separate here; sums that travel between them stay as many.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.hypergraph import Hypergraph
from snnmap.stages.partition.kernels.moves import survey_merge
from snnmap.stages.partition.kernels.split import nets
from snnmap.stages.partition.kernels.state import (
    ROWS,
    SPLITS,
    SYNAPSES,
    Limits,
    Problem,
    Scratch,
    State,
    first_in,
    lift,
    place,
    wide,
)
from snnmap.stages.partition.kernels.survey import clear
from snnmap.stages.partition.kernels.twoway import Room, Rows, no_rows, two_way

BOTH = -2
"""In place of a vertex: neither of a net's two has it as a row."""


class Search(NamedTuple):
    """How hard to try."""

    partners: int
    """Clusters that each is worked on with."""
    more: int
    """Columns that a crossbar may hold too much within a pass."""
    more_rows: int
    patience: int
    """Moves that a pass goes on without an improvement."""
    passes: int


class Work(NamedTuple):
    """Where pairs of clusters are worked on, and which have been since one of them changed."""

    vertex: I64
    """(A,) of atoms in the two clusters."""
    pair: I64
    """(N,) last pair in which a source was seen."""
    net: I64
    """(N,) its net there."""
    changed: I64
    """(K,) pairs that had been worked on when the cluster last changed."""
    visited: I64
    """(K,) and when it was last worked on with all its partners; -1 before."""
    pairs: I64
    """(1,) worked on so far."""


@njit
def inside(state: State, source: int, k: int, m: int) -> bool:
    """Whether `source` fires in one of two clusters."""
    if state.home[source] < 0:
        return False
    nest = state.cluster[state.home[source]]
    return bool(nest in (k, m))


@njit
def vertices(problem: Problem, state: State, work: Work, k: int, m: int) -> tuple[I64, I64]:
    """Atoms of two clusters and the side of every vertex; `work.vertex` says which atoms are which."""
    atoms, count = np.empty(0, np.int64), 0
    for turn in range(2):  # count, then fill
        at, count = 0, 0
        for cluster in (k, m):
            atom = state.head[cluster]
            while atom >= 0:
                if turn == 1:
                    atoms[at] = atom
                at += 1
                if first_in(problem.atom_ptr, state.cluster, problem.piece[atom], cluster) == atom:
                    work.vertex[atom] = count
                    count += 1
                atom = state.after[atom]
        if turn == 0:
            atoms = np.empty(at, np.int64)
    side = np.empty(count, np.int64)
    for atom in atoms:
        cluster = state.cluster[atom]
        first = first_in(problem.atom_ptr, state.cluster, problem.piece[atom], cluster)
        work.vertex[atom] = work.vertex[first]
        side[work.vertex[atom]] = 0 if cluster == k else 1
    return atoms, side


class Pins(NamedTuple):
    """Nets of two clusters while they are counted."""

    source: I64
    """Source of every net."""
    listeners: I64
    """Vertices that hear it."""
    nest: I64
    """Vertex that it fires in, if that is neither elsewhere nor a listener; else -1."""


@njit
def counted(problem: Problem, state: State, work: Work, atoms: I64, k: int, m: int) -> Pins:
    """Every row of two clusters as a net, in the order in which `atoms` list them; `work.net` of the sources."""
    rows, found, stamp = 0, 0, work.pairs[0]
    for atom in atoms:
        rows += problem.row_ptr[atom + 1] - problem.row_ptr[atom]
    pins = Pins(np.empty(rows, np.int64), np.zeros(rows, np.int64), np.full(rows, -1, np.int64))
    for atom in atoms:
        for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
            source = wide(problem.row[r])
            if work.pair[source] != stamp:
                work.pair[source], work.net[source] = stamp, found
                pins.source[found] = source
                if inside(state, source, k, m):
                    pins.nest[found] = work.vertex[state.home[source]]
                found += 1
            net = work.net[source]
            pins.listeners[net] += 1
            if pins.nest[net] == work.vertex[atom]:
                pins.nest[net] = -2 - pins.nest[net]  # hears itself: a pin already
    for net in range(found):
        pins.nest[net] = max(wide(-1), pins.nest[net])
    return Pins(pins.source[:found], pins.listeners[:found], pins.nest[:found])


@njit
def wires(problem: Problem, state: State, work: Work, atoms: I64, k: int, m: int) -> tuple[I64, I64]:
    """Pairs of vertices (2 W,) that a synapse joins, and what it costs to separate them: nets of `unicast`."""
    count = 0
    for atom in atoms:
        count += problem.row_ptr[atom + 1] - problem.row_ptr[atom]
    pin, weight, found = np.empty(2 * count, np.int64), np.empty(count, np.int64), 0
    for atom in atoms:
        piece = problem.piece[atom]
        size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
        for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
            source = wide(problem.row[r])
            if problem.weight[source] == 0 or not inside(state, source, k, m):
                continue
            nest = work.vertex[state.home[source]]
            if nest != work.vertex[atom]:
                pin[2 * found], pin[2 * found + 1] = nest, work.vertex[atom]
                weight[found] = problem.weight[source] * size
                found += 1
    return pin[: 2 * found], weight[:found]


@njit
def pair_graph(
    problem: Problem, state: State, limits: Limits, work: Work, atoms: I64, count: int, k: int, m: int, limited: bool
) -> tuple[Hypergraph, I64]:
    """Nets of the `count` vertices of two clusters; and of every net the vertex that only fires there, or -1.

    limited
        Whether rows may run short, so that nets without messages matter too. With cut input lists all rows are nets,
        else those that two vertices hear or fire.
    """
    pins = counted(problem, state, work, atoms, k, m)
    least = 1 if state.usage[k, SPLITS] + state.usage[m, SPLITS] > 0 else 2
    net_ptr, weight = np.zeros(len(pins.source) + 1, np.int64), np.empty(len(pins.source), np.int64)
    silent, kept = np.empty(len(pins.source), np.int64), 0
    for net in range(len(pins.source)):
        source = pins.source[net]
        worth = 0 if limits.unicast else problem.weight[source]
        size = pins.listeners[net] + (1 if pins.nest[net] >= 0 else 0)
        if size < least or (worth == 0 and not limited):
            work.net[source] = -1
            continue
        work.net[source] = kept
        weight[kept], silent[kept] = worth if size > 1 else 0, pins.nest[net]
        net_ptr[kept + 1] = net_ptr[kept] + size
        kept += 1
    pin, at = np.empty(net_ptr[kept], np.int32), net_ptr[:kept].copy()
    for net in range(kept):
        if silent[net] >= 0:
            pin[at[net]] = silent[net]
            at[net] += 1
    for atom in atoms:
        for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
            net = work.net[problem.row[r]]
            if net >= 0:
                pin[at[net]] = work.vertex[atom]
                at[net] += 1
    width = np.zeros(count, np.int64)
    for atom in atoms:
        piece = problem.piece[atom]
        width[work.vertex[atom]] = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    net_ptr, weight, silent = net_ptr[: kept + 1], weight[:kept], silent[:kept]
    if limits.unicast:
        ends, costs = wires(problem, state, work, atoms, k, m)
        net_ptr = np.concatenate((net_ptr, net_ptr[-1] + 2 * np.arange(1, len(costs) + 1)))
        pin = np.concatenate((pin, ends.astype(np.int32)))
        weight = np.concatenate((weight, costs))
        silent = np.concatenate((silent, np.full(len(costs), BOTH, np.int64)))
    vertex_ptr, vertex_net = nets(net_ptr, pin, count)
    return Hypergraph(vertex_ptr, vertex_net, net_ptr.copy(), pin, weight.copy(), width), silent


@njit
def pair_rows(problem: Problem, state: State, work: Work, atoms: I64, graph: Hypergraph, silent: I64) -> Rows:
    """Rows of the vertices of two clusters."""
    count, stamp = len(graph.width), work.pairs[0]
    hears = np.empty(len(graph.vertex_net), np.bool_)
    for vertex in range(count):
        for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
            quiet = silent[graph.vertex_net[k]]
            hears[k] = quiet not in (BOTH, vertex)
    own, cells = np.zeros(count, np.int64), np.zeros(count, np.int64)
    bar_ptr, bars = np.zeros(count + 1, np.int64), 0
    for atom in atoms:
        vertex, piece = work.vertex[atom], problem.piece[atom]
        cells[vertex] += graph.width[vertex] * (problem.row_ptr[atom + 1] - problem.row_ptr[atom])
        for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
            if work.net[problem.row[r]] < 0:
                own[vertex] += 1
        bars += problem.row_ptr[problem.atom_ptr[piece + 1]] - problem.row_ptr[problem.atom_ptr[piece]]
    bar, at = np.empty(bars, np.int32), 0
    for atom in atoms:
        vertex, piece, cluster = work.vertex[atom], problem.piece[atom], state.cluster[atom]
        if first_in(problem.atom_ptr, state.cluster, piece, cluster) != atom:
            continue  # the first one speaks for all in this cluster
        for other in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
            if state.cluster[other] == cluster:
                continue
            for r in range(problem.row_ptr[other], problem.row_ptr[other + 1]):
                source = problem.row[r]
                if work.pair[source] == stamp and work.net[source] >= 0:
                    bar[at] = work.net[source]
                    at += 1
        bar_ptr[vertex + 1] = at
    return Rows(hears, own, cells, bar_ptr, bar[:at].copy())


@njit
def refine_pair(problem: Problem, state: State, limits: Limits, work: Work, search: Search, k: int, m: int) -> int:
    """Improve clusters k and m between them; returns the messages saved."""
    usage = state.usage
    atoms, side = vertices(problem, state, work, k, m)
    limited = (
        usage[k, SPLITS] + usage[m, SPLITS] > 0
        or usage[k, ROWS] + usage[m, ROWS] > limits.rows
        or usage[k, SYNAPSES] + usage[m, SYNAPSES] > limits.synapses
    )
    graph, silent = pair_graph(problem, state, limits, work, atoms, len(side), k, m, limited)
    rows = pair_rows(problem, state, work, atoms, graph, silent) if limited else no_rows()
    columns = np.full(2, limits.columns, np.int64)
    room = Room(columns, limits.rows, limits.synapses, search.more, search.more_rows)
    saved = two_way(graph, rows, room, side, search.patience, search.passes)
    work.pairs[0] += 1
    if saved <= 0:
        return 0
    for turn in range(2):  # all out, then all in: the clusters may be full
        for atom in atoms:
            there = m if side[work.vertex[atom]] == 1 else k
            if turn == 0 and state.cluster[atom] != there:
                lift(problem, state, atom)
            elif turn == 1 and state.cluster[atom] < 0:
                place(problem, state, atom, there)
    work.changed[k] = work.changed[m] = work.pairs[0]
    return saved


@njit
def settled(work: Work, k: int, m: int) -> bool:
    """Whether neither of two clusters has changed since one of them was worked on."""
    since = max(work.visited[k], work.visited[m])
    return bool(since > work.changed[k] and since > work.changed[m])


@njit
def refine_pairs(
    problem: Problem, state: State, limits: Limits, scratch: Scratch, work: Work, search: Search, order: I64
) -> int:
    """Improve every cluster, in `order`, with each of those it shares most with; returns the messages saved."""
    saved = 0
    partner = np.empty(search.partners, np.int64)
    for k in order:
        if state.head[k] < 0:
            continue
        found = survey_merge(problem, state, scratch, k)
        count = 0
        while count < search.partners:
            best = wide(-1)
            for t in range(found):
                m = scratch.touched[t]
                if scratch.saving[m] > 0 and (best < 0 or (scratch.saving[m], -m) > (scratch.saving[best], -best)):
                    best = m
            if best < 0:
                break
            partner[count] = best
            scratch.saving[best] = 0
            count += 1
        clear(scratch, found)
        for c in range(count):
            if state.head[k] >= 0 and state.head[partner[c]] >= 0 and not settled(work, k, partner[c]):
                saved += refine_pair(problem, state, limits, work, search, k, partner[c])
        work.visited[k] = work.pairs[0]
        work.pairs[0] += 1
    return saved
