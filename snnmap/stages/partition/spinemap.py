"""SpiNeMap's clustering as published: Kernighan-Lin on the spikes between clusters of so many neurons."""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I64, row_of_entry
from snnmap.ir import Clustering
from snnmap.stages.partition.kernels.pairwise import pairs_pass
from snnmap.stages.partition.legalise import legalised
from snnmap.stages.partition.vertices import Edges, edges_of
from snnmap.stages.protocols import PartitionProblem, Run

CHUNK = 256
"""Pairs of clusters between looks at the clock."""


@dataclass(frozen=True)
class Spinemap:
    """Fill clusters in neuron order, then exchange neurons between pairs of clusters while that saves spikes.

    The cost is the published one: every synapse between clusters carries the spikes of its source (`unicast`). Clusters
    are bounded by their neurons; the publication does not say how rows and large fan-ins are met, so what does not fit
    is broken up and merged as for every program that knows no rows.
    Source: Balaji et al., Mapping spiking neural networks to neuromorphic hardware, TVLSI 28(1), 2020, section III.
    """

    passes: int = 10
    """Rounds over all pairs of clusters at most; stops when a round saves nothing."""
    patience: int = 24
    """Exchanges that a pair goes on without an improvement before it falls back to its best."""

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        edges, columns = edges_of(problem.graph), problem.hardware.columns
        neurons = problem.graph.network.neurons
        part, slot = np.divmod(np.arange(neurons), columns)
        seat = np.full((-(-neurons // columns), columns), -1, np.int64)
        seat.ravel()[:neurons] = np.arange(neurons)
        for turn in range(self.passes):
            pairs = run.rng.permutation(_neighbours(edges, part), axis=0)
            saved = 0
            for first in range(0, len(pairs), CHUNK):
                if run.late:
                    break
                chunk = np.ascontiguousarray(pairs[first : first + CHUNK])
                saved += pairs_pass(*edges, seat, part, slot, chunk, self.patience)
                run.tell("partition", turn, self.passes, float(saved))
            if saved == 0 or run.late:
                break
        return legalised(problem, run, part)


def _neighbours(edges: Edges, part: I64) -> I64:
    """Pairs of clusters with spikes between them, the smaller first, (P, 2)."""
    clusters = max(1, int(part.max(initial=0)) + 1)
    here, there = part[row_of_entry(edges.indptr)], part[edges.neighbour]
    pair = np.unique(here[here < there] * clusters + there[here < there])
    return np.stack([pair // clusters, pair % clusters], axis=1)
