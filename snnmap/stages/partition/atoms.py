"""What the searches move: groups of neurons with equal inputs, cut into parts that fit the rows of a crossbar.

Neurons with the same set of inputs (all channels of a convolution at one position, a whole dense layer) are *twins*:
apart they would need every row twice, so they are moved together, in *pieces* of at most `grain`. That shrinks a
convolution by its number of channels. A piece whose input list is cut has several *atoms*, one per part.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.analysis.kernels.traffic import active_union
from snnmap.analysis.traffic import steps_by_source
from snnmap.core.arrays import I32, I64, Bool, offsets, ranges
from snnmap.ir import Network, SpikeGraph
from snnmap.stages.partition.kernels.split import fan_in, input_hashes, list_inputs, nets, repeated
from snnmap.stages.partition.kernels.state import Limits, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """Neurons by equal inputs and population: L lists of inputs, in the order of their first neuron."""

    ptr: I64
    """(L + 1,) first input of every list."""
    source: I32
    """Inputs, ascending within a list."""
    member_ptr: I64
    """(L + 1,) first neuron of every list."""
    member: I32
    """Source ids of the neurons, ascending within a list."""
    population: I32
    """(L,) population of the neurons."""

    def __len__(self) -> int:
        """L."""
        return len(self.ptr) - 1

    @property
    def fan_in(self) -> I64:
        """(L,) inputs of every list."""
        return np.diff(self.ptr)

    def only(self, chosen: I64) -> "Twins":
        """The lists `chosen`, ascending indices."""
        inputs, members = np.diff(self.ptr)[chosen], np.diff(self.member_ptr)[chosen]
        return Twins(
            offsets(inputs),
            self.source[ranges(self.ptr[chosen], inputs)],
            offsets(members),
            self.member[ranges(self.member_ptr[chosen], members)],
            self.population[chosen],
        )

    def beside(self, other: "Twins") -> "Twins":
        """These lists, then those of `other`."""
        return Twins(
            np.concatenate([self.ptr, other.ptr[1:] + self.ptr[-1]]),
            np.concatenate([self.source, other.source]),
            np.concatenate([self.member_ptr, other.member_ptr[1:] + self.member_ptr[-1]]),
            np.concatenate([self.member, other.member]),
            np.concatenate([self.population, other.population]),
        )


def hash_numbers(count: int) -> I64:
    """Random numbers whose wrapping sums tell lists apart; lists with one sum are compared, so no result shows them."""
    return np.random.default_rng(count).integers(np.iinfo(np.int64).max, size=count)


def twins(network: Network) -> Twins:
    """Every neuron of `network` in exactly one list."""
    first, neurons = network.externals, network.neurons
    population = network.population_of()[first:]
    count = fan_in(network.post, first, neurons)
    hashes = input_hashes(network.indptr, network.post, first, hash_numbers(network.sources), neurons)
    found = _listed(network, population, count, np.lexsort((hashes, count, population)), hashes)
    if found is None:  # two different input sets with one hash: every neuron for itself
        found = _listed(network, population, count, np.arange(neurons), np.arange(neurons))
    assert found is not None
    return found


def _listed(network: Network, population: I32, count: I64, order: I64, identity: I64) -> Twins | None:
    """Twins of neurons that agree in population, count and `identity`, adjacent in `order`; None if inputs differ."""
    facts = np.stack([population[order], count[order], identity[order]])
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = np.any(facts[:, 1:] != facts[:, :-1], axis=0)
    label = np.empty(len(order), np.int64)
    label[order] = np.cumsum(fresh) - 1
    _, lowest = np.unique(label, return_index=True)  # first neuron of every list
    rank = np.empty(len(lowest), np.int32)
    rank[np.argsort(lowest)] = np.arange(len(lowest), dtype=np.int32)
    kind = rank[label]
    lowest = np.sort(lowest)
    chosen = np.zeros(len(order), np.bool_)
    chosen[lowest] = True
    ptr = offsets(count[lowest])
    source = np.empty(ptr[-1], np.int32)
    if not list_inputs(network.indptr, network.post, network.externals, kind, chosen, ptr, source):
        return None
    member = np.argsort(kind, kind="stable").astype(np.int32) + np.int32(network.externals)
    return Twins(ptr, source, offsets(np.bincount(kind)), member, population[lowest])


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Where the input lists of some twins are cut."""

    part_ptr: I64
    """(L + 1,) first part of every list; every list has at least one."""
    end: I64
    """Position in `Twins.source` after the last input of every part."""

    @property
    def parts(self) -> I64:
        """(L,)"""
        return np.diff(self.part_ptr)


class Activity:
    """Steps in which some input of a partial column is active, so that it sends its sum; biases are added at home."""

    def __init__(self, graph: SpikeGraph) -> None:
        self._steps = np.where(graph.network.is_bias(), 0, graph.active_steps)
        self._window = graph.window
        self._events: tuple[I64, I64] | None = None
        if graph.events is not None:
            self._events = steps_by_source(graph.events, graph.network.sources)

    def __call__(self, source: I32, start: I64, length: I64) -> I64:
        """Active steps of the lists `source[start : start + length]`, which follow one another.

        Exact where the profile kept its events, else the sum of the inputs' active steps, at most the window.
        """
        ptr = np.append(start, start[-1:] + length[-1:])
        if self._events is not None:
            stamp = np.full(self._window, -1, np.int64)
            return active_union(ptr, source, np.arange(len(start)), *self._events, stamp)
        total = np.concatenate([[0], np.cumsum(self._steps[source])])
        sent: I64 = np.minimum(self._window, total[ptr[1:]] - total[ptr[:-1]])
        return sent


def columns(lists: Twins, cuts: Cuts) -> int:
    """Columns needed if no two parts of a neuron meet."""
    return int(np.sum(np.diff(lists.member_ptr) * cuts.parts))


def problem(
    graph: SpikeGraph, lists: Twins, cuts: Cuts, activity: "Activity", grain: int | I64, synapse_limit: int
) -> Problem:
    """Atoms of `lists` cut at `cuts`, in pieces of at most `grain` neurons (fewer where synapses would not fit)."""
    start = np.concatenate([lists.ptr[:1], cuts.end[:-1]]) if len(cuts.end) else cuts.end
    length = cuts.end - start
    longest = np.maximum.reduceat(length, cuts.part_ptr[:-1])
    size = np.diff(lists.member_ptr)
    share = np.minimum(grain, np.maximum(1, synapse_limit // np.maximum(1, longest)))
    pieces = -(-size // share)
    kind = np.repeat(np.arange(len(lists)), pieces)  # list of every piece
    turn = ranges(np.zeros(len(lists), np.int64), pieces)
    left = np.minimum(share[kind], size[kind] - turn * share[kind])
    atoms = cuts.parts[kind]
    part = ranges(cuts.part_ptr[kind], atoms)  # part of every atom
    row_ptr = offsets(length[part])
    whole = len(part) == len(start)  # nobody in several pieces: the inputs are the rows
    row = lists.source if whole else lists.source[ranges(start[part], length[part])]
    net_ptr, net_atom = nets(row_ptr, row, graph.network.sources)
    active = activity(lists.source, start, length)
    return Problem(
        row_ptr,
        row,
        net_ptr,
        net_atom,
        np.where(graph.network.is_bias(), 0, graph.spikes),
        np.repeat(np.arange(len(kind)), atoms),
        offsets(atoms),
        offsets(left),
        lists.member.astype(np.int64),
        active[part],
    )


def first_homes(atoms: Problem) -> I64:
    """Home atom of every source: the first part of its neuron; -1 for externals."""
    home = np.full(len(atoms.weight), -1, np.int64)
    size = np.diff(atoms.member_ptr)
    home[atoms.member] = np.repeat(atoms.atom_ptr[:-1], size)
    return home


def most_rows(atoms: Problem, columns: int) -> int:
    """Rows that no choice of pieces with at most `columns` neurons together exceeds, if none of them shares a row.

    Pieces that repeat the rows of the one before them bring none. The others are taken by inputs per neuron, most
    first, the last in part: the bound of the relaxed knapsack (Dantzig, Discrete-variable extremum problems, Operations
    Research 5(2), 1957).
    """
    repeats = repeated(atoms.atom_ptr, atoms.row_ptr, atoms.row)
    rows = np.diff(atoms.row_ptr[atoms.atom_ptr])[~repeats]
    size = smallest_of_runs(np.diff(atoms.member_ptr), repeats)
    order = np.argsort(-rows / np.maximum(size, 1), kind="stable")
    taken = offsets(size[order])
    whole = int(np.searchsorted(taken, columns, side="right")) - 1
    total = int(rows[order[:whole]].sum())
    if whole < len(order):
        last = order[whole]
        total += -(-int(rows[last]) * (columns - int(taken[whole])) // int(size[last]))
    return total


def smallest_of_runs(size: I64, repeats: Bool) -> I64:
    """Least of every run of sizes (P,), each of which begins where nothing is repeated."""
    return np.minimum.reduceat(size, np.flatnonzero(~repeats)) if len(size) else size


def reach(atoms: Problem, limits: Limits) -> int:
    """Size of the row table of a cluster: a power of two with room to spare above the most rows it can hold."""
    heard = int(np.count_nonzero(np.diff(atoms.net_ptr)))
    most = max(1, min(limits.rows, most_rows(atoms, limits.columns), heard))
    return 1 << int(np.ceil(np.log2(1.25 * most + 2)))
