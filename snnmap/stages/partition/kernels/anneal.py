"""Annealing of atoms over clusters that may be too full, or realise a synapse twice, on the way: for tiny problems.

Every proposal is counted from scratch, which is exact, simple, and at most a few microseconds at such sizes.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.state import Limits, Problem, wide

ITSELF, NEURON, SOURCE, CLUSTER, EVERYWHERE, SWAP = 0, 1, 2, 3, 4, 5
"""What a proposal moves: an atom; with it those of its neuron, or of its first source, that share its cluster; all that
do; all of its neuron, wherever they are; or all of two neurons, which trade clusters."""


class Tables(NamedTuple):
    """What every cluster holds (K, N), filled by `priced`."""

    heard: I64
    """Atoms that bring every source as a row."""
    held: I64
    """Atoms of every neuron, by its source id."""
    sums: I64
    """Active steps of them."""


@njit
def priced(problem: Problem, limits: Limits, cluster: I64, tables: Tables) -> tuple[int, int]:
    """Cost of an assignment of atoms, one neuron each, with every neuron at its best home; and what is illegal in it.

    Illegal are rows, columns and synapses beyond the limits, and every synapse realised once more than it should be.
    """
    heard, held, sums = tables.heard, tables.held, tables.sums
    heard[:], held[:], sums[:] = 0, 0, 0
    cells = np.zeros(len(heard), np.int64)
    for atom in range(len(cluster)):
        k, neuron = cluster[atom], problem.member[problem.piece[atom]]
        for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
            heard[k, wide(problem.row[r])] += 1
        held[k, neuron] += 1
        sums[k, neuron] += problem.active[atom]
        cells[k] += problem.row_ptr[atom + 1] - problem.row_ptr[atom]
    total, wrong = wide(0), wide(0)
    for k in range(len(heard)):
        rows, columns = wide(0), wide(0)
        for source in range(heard.shape[1]):
            rows += min(1, heard[k, source])
            columns += min(1, held[k, source])
            total += problem.weight[source] * (heard[k, source] if limits.unicast else min(1, heard[k, source]))
        total += limits.crossbar * min(1, columns)
        wrong += max(0, rows - limits.rows) + max(0, columns - limits.columns) + max(0, cells[k] - limits.synapses)
    for atom in range(len(cluster)):
        neuron = problem.member[problem.piece[atom]]
        for k in range(len(heard)):
            if k == cluster[atom] or held[k, neuron] == 0:
                continue
            for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
                wrong += min(1, heard[k, wide(problem.row[r])])
    for neuron in problem.member:
        most = wide(-1)
        for k in range(len(heard)):
            if held[k, neuron] == 0:
                continue
            sent = min(limits.window, sums[k, neuron])
            copies = heard[k, neuron] if limits.unicast else min(1, heard[k, neuron])
            most = max(most, sent + problem.weight[neuron] * copies)
            total += sent
        total -= most
    return total, wrong


@njit
def neighbour(problem: Problem, cluster: I64, atom: int, first: int) -> int:
    """Cluster of the next atom from `first` on that shares neuron or first source, but not the cluster; or -1."""
    atoms = len(cluster)
    for step in range(atoms):
        other = (first + step) % atoms
        if cluster[other] != cluster[atom] and (
            problem.piece[other] == problem.piece[atom] or same(problem, other, atom)
        ):
            return int(cluster[other])
    return -1


@njit
def same(problem: Problem, one: int, other: int) -> bool:
    """Whether two atoms have the same first row."""
    a, b = problem.row_ptr[one], problem.row_ptr[other]
    return bool(a < problem.row_ptr[one + 1] and b < problem.row_ptr[other + 1] and problem.row[a] == problem.row[b])


@njit
def propose(problem: Problem, cluster: I64, draw: I64, clusters: int, trial: I64) -> None:
    """Fill `trial` with `cluster` after a move that `draw` (5,) of integers in [0, 2^31) says; maybe none."""
    atoms = len(cluster)
    trial[:] = cluster
    atom, kind, other = draw[0] % atoms, draw[1] % 8, draw[4] % atoms
    k, to = cluster[atom], draw[3] % clusters
    if kind < SWAP and draw[2] % 4 > 0:
        to = neighbour(problem, cluster, atom, draw[3] % atoms)
    if to < 0 or to == k:
        return
    for a in range(atoms):
        mine, here = problem.piece[a] == problem.piece[atom], cluster[a] == k
        if kind == SWAP and problem.piece[a] == problem.piece[other]:
            trial[a] = k
        if kind == SWAP and mine:
            trial[a] = cluster[other]
        if (
            (kind == ITSELF and a == atom)
            or (kind == NEURON and mine and here)
            or (kind == SOURCE and here and same(problem, a, atom))
            or (kind == CLUSTER and here)
            or (kind == EVERYWHERE and mine)
        ):
            trial[a] = to


@njit
def anneal(
    problem: Problem, limits: Limits, best: I64, draws: I64, exponential: F64, temperature: float, penalty: int
) -> int:
    """Metropolis moves from `best` (A,), which is legal; leaves the cheapest legal assignment there, returns its cost.

    A move is kept if its change is at most the temperature, which falls to nothing, times `exponential` (n,), standard
    exponential draws. What is illegal costs `penalty` each.
    """
    clusters = best.max() + 2
    shape = (clusters, len(problem.weight))
    tables = Tables(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    cluster, trial = best.copy(), best.copy()
    least, wrong = priced(problem, limits, best, tables)
    now = least
    for n in range(len(draws)):
        propose(problem, cluster, draws[n], clusters, trial)
        cost, wrong = priced(problem, limits, trial, tables)
        if cost + penalty * wrong - now > temperature * (1.0 - n / len(draws)) * exponential[n]:
            continue
        now = cost + penalty * wrong
        cluster[:] = trial
        if wrong == 0 and cost < least:
            least = cost
            best[:] = trial
    return least
