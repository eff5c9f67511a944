"""From groups of neurons, of any size, to clusters that fit: what every partitioner shares that knows no crossbar.

A program that partitions graphs says for every neuron which others it should be with. Groups that fit a crossbar are
kept; of one with too many rows, columns or synapses, crossbars are filled one after the other by affinity, from its own
neurons alone. Neurons with more inputs than a crossbar takes are cut at common sources first. Then clusters that fit
one crossbar are merged, which never costs messages. Knows no objective.
"""

from dataclasses import replace

import numpy as np

from snnmap.core.arrays import I64, Bool, offsets, ranges
from snnmap.ir import Clustering
from snnmap.stages.partition.assignment import Built, Task, assigned, clustering_of, grain_for
from snnmap.stages.partition.atoms import Activity, Cuts, Twins, first_homes, problem, reach, twins
from snnmap.stages.partition.kernels.grow import grow
from snnmap.stages.partition.kernels.moves import choose_homes
from snnmap.stages.partition.kernels.split import nets
from snnmap.stages.partition.kernels.state import Limits, Problem, build
from snnmap.stages.partition.split import candidates, joined, must_split, populations
from snnmap.stages.protocols import PartitionProblem, Run


def task_of(asked: PartitionProblem, run: Run) -> Task:
    """The task of a partitioner whose clusters cost nothing by themselves and whose messages are multicast."""
    return Task(asked, run, False, 0.0, Activity(asked.graph))


def grouped_atoms(task: Task, group: I64) -> tuple[Problem, I64]:
    """Atoms of neurons that share inputs and group, cut only where they have too many inputs; the group of each.

    Parameters
    ----------
    group
        (neurons,) any number >= 0.

    Raises
    ------
    InfeasibleError
        If a neuron has more inputs than rows and may not be split.
    """
    lists = twins(task.graph.network)
    must_split(task.problem, lists)
    cuts = coarsest(task, lists)
    parted, origin = by_group(lists, group[lists.member - task.graph.network.externals])
    parts = cuts.parts[origin]
    part = ranges(cuts.part_ptr[origin], parts)
    moved = np.repeat(parted.ptr[:-1] - lists.ptr[origin], parts)
    limit = task.limits(0).synapses
    grain = grain_for(parted, task.hardware)
    atoms = problem(task.graph, parted, Cuts(offsets(parts), cuts.end[part] + moved), task.activity, grain, limit)
    first = atoms.member[atoms.member_ptr[atoms.piece]]
    return atoms, group[first - task.graph.network.externals]


def coarsest(task: Task, lists: Twins) -> Cuts:
    """The fewest cuts of every population: none where its inputs fit the rows, else at common sources if possible."""
    most, sources = task.hardware.fan_in, task.graph.network.sources
    groups = populations(lists)
    found = {
        p: (index, next(candidates(lists.only(index), most, sources, may_split=task.may_split))[1])
        for p, index in groups.items()
    }
    return joined(lists, found)


def by_group(lists: Twins, group: I64) -> tuple[Twins, I64]:
    """`lists` with the neurons of every list apart that are not of one `group` (one per member); the list of each."""
    sizes = np.diff(lists.member_ptr)
    kind = np.repeat(np.arange(len(lists)), sizes)
    order = np.lexsort((lists.member, group, kind))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (kind[order][1:] != kind[order][:-1]) | (group[order][1:] != group[order][:-1])
    start = np.flatnonzero(fresh)
    origin = kind[order][start]
    parted = replace(lists.only(origin), member=lists.member[order], member_ptr=np.append(start, len(order)))
    return parted, origin


def legalised(asked: PartitionProblem, run: Run, group: I64) -> Clustering:
    """Clusters that fit the crossbars, of neurons that are of one group wherever that fits.

    Parameters
    ----------
    group
        (neurons,) of every neuron, any number >= 0.

    Raises
    ------
    InfeasibleError
        If a neuron has more inputs than rows and may not be split.
    """
    task = task_of(asked, run)
    atoms, of_atom = grouped_atoms(task, group)
    return clustering_of(assigned(atoms, task.limits(0), broken_up(atoms, task.limits(0), of_atom)))


def broken_up(atoms: Problem, limits: Limits, group: I64) -> I64:
    """Cluster of every atom: its group where that fits, else one of several that are filled from the group by affinity.

    Sources are numbered once per group that listens, so that nothing attracts across groups.
    """
    sources = np.int64(len(atoms.weight))
    key, row = np.unique(np.repeat(group, np.diff(atoms.row_ptr)) * sources + atoms.row, return_inverse=True)
    fits = _fits(atoms, limits, group, np.bincount(key // sources, minlength=int(group.max()) + 1))
    cluster = np.where(fits[group], len(group) + group, -1)
    order = np.argsort(group, kind="stable")
    order = order[~fits[group[order]]]
    if len(order):
        nobody = len(key)  # a source that nobody listens to, for neurons whose group does not
        net_ptr, net_atom = nets(atoms.row_ptr, row.astype(np.int32), nobody + 1)
        own = first_homes(atoms)
        neuron = np.repeat(group[atoms.atom_ptr[:-1]], np.diff(atoms.member_ptr)) * sources + atoms.member
        place = np.minimum(np.searchsorted(key, neuron), nobody - 1) if nobody else np.zeros(len(neuron), np.int64)
        member = np.where(key[place] == neuron, place, nobody) if nobody else place
        home = np.full(nobody + 1, -1, np.int64)
        home[member] = own[atoms.member]
        home[nobody] = -1
        weight = np.append(atoms.weight[key % sources], 0)
        grow(
            Problem(atoms.row_ptr, row.astype(np.int32), net_ptr, net_atom, weight, *atoms[5:8], member, atoms.active),
            limits, order, home, False, 1, len(order), cluster,
        )  # fmt: skip
    return np.unique(cluster, return_inverse=True)[1].ravel().astype(np.int64)


def _fits(atoms: Problem, limits: Limits, group: I64, rows: I64) -> Bool:
    """Whether every group, which has so many distinct `rows`, fits one crossbar."""
    size, parts = np.diff(atoms.member_ptr)[atoms.piece], np.diff(atoms.atom_ptr)[atoms.piece]
    first = np.concatenate([[True], atoms.piece[1:] != atoms.piece[:-1]])
    columns = np.bincount(group, np.where(first, size, 0), len(rows))
    synapses = np.bincount(group, size * np.diff(atoms.row_ptr), len(rows))
    whole = np.bincount(group, parts > 1, len(rows)) == 0
    fits: Bool = whole & (rows <= limits.rows) & (columns <= limits.columns) & (synapses <= limits.synapses)
    return fits


def unmerged(atoms: Problem, limits: Limits, cluster: I64) -> Built:
    """State of an assignment as it is, homes chosen: for partitioners that say themselves what shares a crossbar."""
    state = build(atoms, cluster, first_homes(atoms), int(cluster.max()) + 1, reach(atoms, limits))
    choose_homes(atoms, state, limits)
    return Built(atoms, limits, state, 0)
