"""Rounds over pairs of clusters: each cluster against those it shares most with, until that saves next to nothing."""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64
from snnmap.stages.partition.assignment import Built, Task
from snnmap.stages.partition.kernels.between import Search, Work, refine_pairs
from snnmap.stages.partition.kernels.state import cost

CHUNK = 64
"""Clusters between looks at the clock."""
LITTLE = 1000
"""A round is the last if it saves less of the cost than one part in so many."""


class Effort(NamedTuple):
    """How hard pairs are tried."""

    partners: int = 8
    """Clusters that each is worked on with."""
    more: int = 8
    """Columns and rows that a crossbar may hold too much on the way."""
    rounds: int = 6
    patience: int = 60
    """Moves that a pass goes on without an improvement."""
    passes: int = 3

    @property
    def search(self) -> Search:
        """As kernels take it."""
        return Search(self.partners, self.more, self.more, self.patience, self.passes)


def work_for(built: Built) -> Work:
    """Nothing worked on yet."""
    atoms, sources, clusters = len(built.atoms.piece), len(built.atoms.weight), len(built.state.head)
    return Work(
        np.empty(atoms, np.int64),
        np.full(sources, -1, np.int64),
        np.empty(sources, np.int64),
        np.zeros(clusters, np.int64),
        np.full(clusters, -1, np.int64),
        np.zeros(1, np.int64),
    )


def mark(work: Work, before: I64, after: I64) -> None:
    """Note that the clusters of atoms that are not where they were before (A,) have changed."""
    moved = before != after
    work.pairs[0] += 1
    work.changed[before[moved]] = work.pairs[0]
    work.changed[after[moved]] = work.pairs[0]


def paired(task: Task, built: Built, effort: Effort, rng: np.random.Generator, work: Work | None = None) -> Built:
    """`built` after rounds over pairs of which one has changed since; never dearer. Its state is worked on in place.

    work
        What has been worked on already, for `mark`.
    """
    atoms, limits, state, scratch = built.atoms, built.limits, built.state, built.scratch()
    work = work_for(built) if work is None else work
    best = built.cost
    for turn in range(effort.rounds):
        order = rng.permutation(np.flatnonzero(state.head >= 0))
        for first in range(0, len(order), CHUNK):
            if task.run.late:
                break
            refine_pairs(atoms, state, limits, scratch, work, effort.search, order[first : first + CHUNK])
            task.run.tell("partition", turn * len(order) + first, effort.rounds * len(order), float(best))
        now = int(cost(atoms, state, limits))
        little = best - now <= best // LITTLE
        best = now
        if little or task.run.late:
            break
    return Built(atoms, limits, state, best)
