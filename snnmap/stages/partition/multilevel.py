"""Levels: pieces that share sources are merged and moved together, then apart again, each time with exact costs.

A V-cycle merges pieces within their clusters, so that the assignment stands; what no single move could mend, because
its neighbours would have to come along, pairs of coarse pieces mend at once.

Source: Karypis, Aggarwal, Kumar, Shekhar, Multilevel hypergraph partitioning, IEEE TVLSI 7(1), 1999 (V-cycles).
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64, offsets, ranges
from snnmap.stages.partition.assignment import Built, Task
from snnmap.stages.partition.kernels.hypergraph import hypergraph_of, matched, merged, numbered, parted
from snnmap.stages.partition.kernels.levels import united_rows
from snnmap.stages.partition.kernels.split import nets
from snnmap.stages.partition.kernels.state import Problem, build, cost
from snnmap.stages.partition.pairs import Effort, paired

WIDEST = 4
"""Columns of a merged piece are at most those of a crossbar over this."""
PROMISING = 20_000
"""A V-cycle goes on if its coarsest level saves one part of the cost in so many."""
SHRINKS = 1.15
"""A level has at least so many times the pieces of the next, or it is the last."""


class Level(NamedTuple):
    """A problem and where its atoms went in the next coarser one."""

    atoms: Problem
    into: I64
    """(A,) atom of the coarser problem."""


def coarser(atoms: Problem, label: I64) -> tuple[Problem, I64]:
    """Problem in which pieces of one label (P,) are one, and the atom there of every atom.

    Only pieces of one part may share a label. Labels are pieces; the merged ones stand in their order.
    """
    number, count = numbered(label)
    order = np.argsort(number, kind="stable")
    parts = np.diff(atoms.atom_ptr)[label[label == np.arange(len(label))]]
    atom_ptr = offsets(parts)
    into = atom_ptr[number[atoms.piece]] + np.arange(len(atoms.piece)) - atoms.atom_ptr[atoms.piece]
    members = offsets(np.bincount(into, minlength=int(atom_ptr[-1])))
    row_ptr, row = united_rows(atoms, members, np.argsort(into, kind="stable"))
    net_ptr, net_atom = nets(row_ptr, row, len(atoms.weight))
    size = np.diff(atoms.member_ptr)
    active = np.zeros(len(row_ptr) - 1, np.int64)
    active[into] = atoms.active
    merged = Problem(
        row_ptr,
        row,
        net_ptr,
        net_atom,
        atoms.weight,
        np.repeat(np.arange(count), parts),
        atom_ptr,
        offsets(np.bincount(number, weights=size, minlength=count).astype(np.int64)),
        atoms.member[ranges(atoms.member_ptr[order], size[order])],
        active,
    )
    return merged, into


def carried(built: Built, atoms: Problem, cluster: I64, home: I64) -> Built:
    """The assignment `cluster` of `atoms`, at home in `home`, within the limits of `built`."""
    table = built.state.key.shape[1]
    state = build(atoms, cluster, home, len(built.state.head), table)
    return Built(atoms, built.limits, state, int(cost(atoms, state, built.limits)))


def homes_on(atoms: Problem, built: Built) -> I64:
    """Home atom (N,) of every neuron among `atoms`: of the same part as its home in `built`."""
    home, before = np.full(len(atoms.weight), -1, np.int64), built.state.home[atoms.member]
    part = before - built.atoms.atom_ptr[built.atoms.piece[before]]
    home[atoms.member] = np.repeat(atoms.atom_ptr[:-1], np.diff(atoms.member_ptr)) + part
    return home


def levels_of(built: Built, rng: np.random.Generator, widest: int) -> tuple[list[Level], Built]:
    """Levels of ever fewer pieces, each at most `widest` columns and within a cluster, and the coarsest assignment."""
    atoms, cluster = built.atoms, built.state.cluster
    pieces, clusters = len(atoms.atom_ptr) - 1, len(built.state.head)
    single = np.diff(atoms.atom_ptr) == 1
    group = np.where(single, cluster[atoms.atom_ptr[:-1]], clusters + np.arange(pieces))
    graph = parted(hypergraph_of(atoms, built.state.home), group, clusters + pieces)
    levels: list[Level] = []
    while True:
        label = matched(graph, rng.permutation(pieces), widest)
        number, fewer = numbered(label)
        if pieces < SHRINKS * fewer:
            break
        merged_atoms, into = coarser(atoms, label)
        levels.append(Level(atoms, into))
        atoms, graph, pieces = merged_atoms, merged(graph, number, fewer), fewer
        before, cluster = cluster, np.empty(len(atoms.piece), np.int64)
        cluster[into] = before
    home = built.state.home
    for level in levels:
        home = np.where(home >= 0, level.into[home], -1)
    return levels, carried(built, atoms, cluster, home) if levels else built


def projected(level: Level, coarse: Built) -> Built:
    """The assignment `coarse` on the atoms of `level`."""
    home = homes_on(level.atoms, coarse)
    return carried(coarse, level.atoms, coarse.state.cluster[level.into], home)


def cycled(task: Task, built: Built, effort: Effort, rng: np.random.Generator) -> Built:
    """`built` after a V-cycle: rounds over pairs on every level, coarsest first; never dearer.

    On coarse levels a crossbar may hold a whole piece too much on the way. Where the coarsest level has nothing to
    mend, the others are left alone: they move the same pieces in parts.
    """
    widest = max(1, built.limits.columns // WIDEST)
    levels, coarse = levels_of(built, rng, widest)
    for level in levels[::-1]:
        coarse = paired(task, coarse, effort._replace(more=widest), rng)
        if (built.cost - coarse.cost) * PROMISING < built.cost:
            return built
        coarse = projected(level, coarse)
    return paired(task, coarse, effort, rng) if levels else built
