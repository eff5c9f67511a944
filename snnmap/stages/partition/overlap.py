"""Crossbars filled with neurons whose inputs overlap: the greedy rule that counts rows and no spikes."""

from dataclasses import dataclass

import numpy as np

from snnmap.ir import Clustering
from snnmap.stages.partition.assignment import assigned, clustering_of, grown, natural
from snnmap.stages.partition.legalise import grouped_atoms, task_of
from snnmap.stages.protocols import PartitionProblem, Run


@dataclass(frozen=True)
class Overlap:
    """Fill crossbar after crossbar with the neuron that shares most inputs per new row; merge what fits."""

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        task = task_of(problem, run)
        atoms, _ = grouped_atoms(task, np.arange(problem.graph.network.neurons))
        limits = task.limits(0)
        return clustering_of(assigned(atoms, limits, grown(atoms, limits, natural(atoms), follow=False, taste=0)))
