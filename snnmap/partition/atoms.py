"""What the searches move: groups of neurons with equal inputs, cut into parts that fit the rows of a crossbar.

Neurons with the same set of inputs (all channels of a convolution at one position, a whole dense layer) are *twins*:
apart they would need every row twice, so they are moved together, in *pieces* of at most `grain`. That shrinks a
convolution by its number of channels and is exact, since a piece may be as small as one neuron. A piece whose input list
is cut has several *atoms*, one per part.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.arrays import I32, I64, offsets, ranges
from snnmap.ir import Network, SpikeGraph
from snnmap.kernels.partition import Limits, Problem
from snnmap.kernels.partition_split import fan_in, input_hashes, list_inputs, nets


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


def twins(network: Network) -> Twins:
    """Every neuron of `network` in exactly one list."""
    first, neurons = network.externals, network.neurons
    population = network.population_of()[first:]
    count = fan_in(network.post, first, neurons)
    hashes = input_hashes(network.indptr, network.post, first, neurons)
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


def columns(lists: Twins, cuts: Cuts) -> int:
    """Columns needed if no two parts of a neuron meet."""
    return int(np.sum(np.diff(lists.member_ptr) * cuts.parts))


def problem(graph: SpikeGraph, lists: Twins, cuts: Cuts, grain: int, synapse_limit: int) -> Problem:
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
    active = np.add.reduceat(np.append(graph.active_steps[lists.source], 0), start) if len(start) else length
    active = np.where(length > 0, active, 0)
    return Problem(
        row_ptr,
        row,
        net_ptr,
        net_atom,
        np.where(graph.network.is_bias(), 0, graph.spikes),
        np.repeat(np.arange(len(kind), dtype=np.int32), atoms),
        offsets(atoms),
        offsets(left),
        lists.member,
        active[part],
    )


def first_homes(atoms: Problem) -> I32:
    """Home atom of every source: the first part of its neuron; -1 for externals."""
    home = np.full(len(atoms.weight), -1, np.int32)
    size = np.diff(atoms.member_ptr)
    home[atoms.member] = np.repeat(atoms.atom_ptr[:-1], size)
    return home


def reach(atoms: Problem, limits: Limits) -> int:
    """Size of the row table of a cluster: a power of two with room to spare above the most rows it can hold."""
    widest = int(np.max(np.diff(atoms.row_ptr), initial=1))
    most = min(limits.rows, widest * limits.columns, int(np.count_nonzero(np.diff(atoms.net_ptr))))
    return 1 << int(np.ceil(np.log2(1.25 * most + 2)))
