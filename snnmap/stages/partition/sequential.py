"""Crossbars filled in the order of the neurons: what a compiler does that looks at no activity and no input."""

from dataclasses import dataclass

import numpy as np

from snnmap.ir import Clustering
from snnmap.stages.partition.assignment import clustering_of, filled, natural
from snnmap.stages.partition.legalise import grouped_atoms, task_of, unmerged
from snnmap.stages.protocols import PartitionProblem, Run


@dataclass(frozen=True)
class Sequential:
    """Take neurons as the network lists them; open a crossbar where one does not fit, and never look back."""

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
        return clustering_of(unmerged(atoms, limits, filled(atoms, limits, natural(atoms))))
