"""An assignment of atoms to crossbars, from the task that asks for it: the simplest ways to make one."""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I64, offsets
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph
from snnmap.stages.partition.atoms import Activity, Cuts, Twins, first_homes, problem, reach
from snnmap.stages.partition.kernels.grow import fill_in_order, grow
from snnmap.stages.partition.kernels.moves import choose_homes, merge_clusters
from snnmap.stages.partition.kernels.state import COLUMNS, ROWS, Limits, Problem, Scratch, State, build, cost
from snnmap.stages.protocols import PartitionProblem, Run

PINS = 30_000_000
"""Row entries that pieces may take together before they are made coarser."""


LARGEST = {
    "crossbar_weight": 1e6,
    "orders": 5,
    "mixing": 1,
    "passes": 10_000,
    "patience": 10**9,
    "cycles": 1000,
    "partners": 10_000,
}
"""Options to the most that they may be."""


def must_be_in_range(algorithm: object) -> None:
    """Refuse options of a partitioner that no search can mean.

    Raises
    ------
    InputError
        For an option outside its range.
    """
    for name, most in LARGEST.items():
        value, least = getattr(algorithm, name, 1), 1 if name == "orders" else 0
        if not least <= value <= most:
            raise InputError(f"partition.{name} = {value} is outside {least} to {most}; give a number in that range")


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be partitioned, onto what, and who wants to hear of it."""

    problem: PartitionProblem
    run: Run
    unicast: bool
    crossbar_weight: float
    activity: Activity
    mixing: float = 0.0
    """Share of a dense layer's messages that may be added so that its crossbars are alike."""

    @property
    def graph(self) -> SpikeGraph:
        """What is to be partitioned."""
        return self.problem.graph

    @property
    def hardware(self) -> Hardware:
        """Onto what."""
        return self.problem.hardware

    @property
    def may_split(self) -> bool:
        """Whether input lists may be cut."""
        return self.problem.may_split and self.hardware.merge

    def limits(self, crossbar: int) -> Limits:
        """Capacity of a crossbar and the cost weights, a crossbar costing that many messages."""
        rows, cols = self.hardware.rows, self.hardware.columns
        synapses = rows * cols if self.hardware.synapse_limit is None else self.hardware.synapse_limit
        return Limits(rows, cols, synapses, self.graph.window, crossbar, self.unicast)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """Atoms and an assignment of them."""

    atoms: Problem
    limits: Limits
    state: State
    cost: int

    def scratch(self) -> Scratch:
        """Empty accumulators."""
        clusters = len(self.state.head)
        return Scratch(np.zeros(clusters, np.int64), np.full(clusters, -1, np.int64), np.empty(clusters, np.int64))

    def emptiest(self) -> I64:
        """Clusters by rows and columns in use, fewest first."""
        return np.argsort(self.state.usage[:, ROWS] + self.state.usage[:, COLUMNS], kind="stable")


def natural(atoms: Problem) -> I64:
    """Atoms in order of piece, all first parts, then all second parts of a population: as the network lists them."""
    part = np.arange(len(atoms.piece)) - atoms.atom_ptr[atoms.piece]
    first = atoms.member[atoms.member_ptr[atoms.piece]]
    return np.lexsort((first, part))


def assigned(atoms: Problem, limits: Limits, cluster: I64, run: Run | None = None) -> Built:
    """State of an assignment with its homes chosen and its clusters merged where they fit, once if `run` is late."""
    state = build(atoms, cluster, first_homes(atoms), int(cluster.max()) + 1, reach(atoms, limits))
    choose_homes(atoms, state, limits)
    built = Built(atoms, limits, state, 0)
    while merge_clusters(atoms, state, limits, built.scratch(), built.emptiest()) > 0:
        if run is not None and run.late:
            break
    choose_homes(atoms, state, limits)
    return Built(atoms, limits, state, int(cost(atoms, state, limits)))


def grown(atoms: Problem, limits: Limits, order: I64, *, follow: bool, taste: int) -> I64:
    """Cluster of every atom by affinity growth."""
    cluster = np.full(len(atoms.piece), -1, np.int64)
    grow(atoms, limits, order, first_homes(atoms), follow, taste, len(order), cluster)
    return cluster


def filled(atoms: Problem, limits: Limits, order: I64) -> I64:
    """Cluster of every atom by next-fit in `order`."""
    cluster = np.full(len(atoms.piece), -1, np.int64)
    fill_in_order(atoms, limits, order, cluster)
    return cluster


def grain_for(lists: Twins, hardware: Hardware) -> int:
    """Neurons per piece: an eighth of a crossbar's columns, more where the atoms would need too much memory."""
    grain = max(1, hardware.columns // 8)
    size, inputs = np.diff(lists.member_ptr), lists.fan_in
    while grain < hardware.columns and int(np.sum(-(-size // grain) * inputs)) > PINS:
        grain = min(2 * grain, hardware.columns)
    return min(grain, hardware.columns)


def atoms_for(task: Task, lists: Twins, cuts: Cuts) -> Problem:
    """Atoms of `lists` cut at `cuts`."""
    limit = task.limits(0).synapses
    return problem(task.graph, lists, cuts, task.activity, grain_for(lists, task.hardware), limit)


def clustering_of(built: Built) -> Clustering:
    """The record of an assignment; clusters in order of their first neuron, then their first source."""
    atoms, state = built.atoms, built.state
    far = np.iinfo(np.int32).max
    keys = np.sort(np.where(state.key >= 0, state.key, far), axis=1)
    size = np.diff(atoms.member_ptr)[atoms.piece]
    cluster_of_column = np.repeat(state.cluster, size)
    start = np.repeat(atoms.member_ptr[atoms.piece] - offsets(size)[:-1], size)
    neuron_of_column = atoms.member[start + np.arange(len(start))]
    first = np.full(len(state.head), far, np.int64)
    np.minimum.at(first, cluster_of_column, neuron_of_column)
    used = state.head >= 0
    order = np.lexsort((keys[:, 0], first))[: int(used.sum())]
    number = np.full(len(used), -1, np.int64)
    number[order] = np.arange(len(order))
    keys = keys[order]
    pair = np.unique(number[cluster_of_column] * len(atoms.weight) + neuron_of_column)
    neurons = atoms.member.min(initial=far)
    home = number[state.cluster[state.home[neurons:]]]
    return Clustering(
        offsets(np.count_nonzero(keys < far, axis=1)),
        keys[keys < far],
        offsets(np.bincount(pair // len(atoms.weight), minlength=len(order))),
        pair % len(atoms.weight),
        home.astype(np.int32),
    )
