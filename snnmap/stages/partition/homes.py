"""Homes that share the work: which of a split neuron's columns merges the others, for throughput."""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.core.arrays import I32, row_of_entry, transpose_csr
from snnmap.ir import Clustering, SpikeGraph
from snnmap.stages.partition.kernighan_lin import MIXING, KernighanLin
from snnmap.stages.protocols import PartitionProblem, Run


@dataclass(frozen=True, slots=True)
class BalancedHomes(KernighanLin):
    """`KernighanLin`, then each split neuron fires where the tile has least to merge and update.

    A home adds one partial sum per further column and updates the neuron, one after the other; with all homes of a
    layer in one cluster that cluster's firing sets the period. Moving a home between its neuron's columns keeps the
    number of partial sums per step; spikes then start from another tile. Inputs are read one after the other too.
    """

    mixing: float = MIXING

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Legal clustering with balanced homes; errors as `KernighanLin`."""
        clustering = KernighanLin.__call__(self, problem, run)
        return replace(clustering, home=balanced_homes(problem.graph, clustering))


def balanced_homes(graph: SpikeGraph, clustering: Clustering) -> I32:
    """Home of every neuron among the clusters of its columns, int32 (neurons,), most columns first, least load first.

    Load of a cluster: neurons to update and partial sums to merge there, one unit each. Longest-processing-time rule,
    Graham 1969. Where a neuron may go is restricted, so the rule can lose: the homes as given are kept if their
    greatest load is less.
    """
    neuron = clustering.column_neuron - graph.network.externals
    cluster_of = row_of_entry(clustering.column_ptr)
    ptr, _, entry = transpose_csr(np.arange(len(neuron) + 1, dtype=np.int64), neuron, graph.network.neurons)
    parts = np.diff(ptr)
    home = clustering.home.astype(np.int64)
    load = np.bincount(home[parts == 1], minlength=clustering.clusters).astype(np.int64)
    for n in np.lexsort((np.arange(len(parts)), -parts)):
        if parts[n] <= 1:
            break
        own = cluster_of[entry[ptr[n] : ptr[n + 1]]]
        chosen = own[np.argmin(load[own])]
        home[n] = chosen
        load[chosen] += parts[n]
    before = np.bincount(clustering.home, weights=parts, minlength=clustering.clusters)
    return clustering.home if before.max(initial=0.0) < load.max(initial=0) else home.astype(np.int32)
