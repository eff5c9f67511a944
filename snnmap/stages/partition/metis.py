"""METIS: multilevel partitioning of graphs, the usual tool of mappers; optional (`snnmap[metis]`)."""

from dataclasses import dataclass

import numpy as np

from snnmap.ir import Clustering
from snnmap.stages.partition.legalise import legalised
from snnmap.stages.partition.vertices import clusters_for, edges_of, extra
from snnmap.stages.protocols import PartitionProblem, Run

TOTAL = 2**30
"""Most weight of all edges together: METIS counts in 32 bits, and crashes beyond; weights are scaled down to it."""


@dataclass(frozen=True)
class Metis:
    """METIS on the synapses between neurons, each as heavy as its spikes; what does not fit is broken up, then merged.

    It bounds the columns of a cluster and knows neither rows nor multicast. Needs `pip install 'snnmap[metis]'`.
    Source: Karypis, Kumar, A fast and high quality multilevel scheme for partitioning irregular graphs, SISC 20(1),
    1998.
    """

    recursive: bool = True
    """Recursive bisection; if not, all clusters at once."""
    spare: float = 0.024
    """Clusters beyond the fewest, as a share of them: room for METIS, whose balance is approximate."""

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InputError
            If the package is not installed.
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        pymetis = extra("metis", "pymetis")
        graph = problem.graph
        clusters = clusters_for(graph.network.neurons, problem.hardware.columns, self.spare)
        seed = int(run.rng.integers(2**31 - 1))
        if clusters == 1:
            return legalised(problem, run, np.zeros(graph.network.neurons, np.int64))
        edges = edges_of(graph)
        weight = np.maximum(1, edges.weight // max(1, -(-int(edges.weight.sum()) // TOTAL)))
        run.tell("partition", 0, 2)
        found = pymetis.part_graph(
            clusters,
            pymetis.CSRAdjacency(edges.indptr.astype(np.int32), edges.neighbour.astype(np.int32)),
            eweights=weight.astype(np.int32),
            recursive=self.recursive,
            options=pymetis.Options(seed=seed),
        )
        run.tell("partition", 1, 2)
        return legalised(problem, run, np.asarray(found.vertex_part, np.int64))
