"""The part of a network that is left to another partitioner: some of its neurons, and whoever they hear."""

import numpy as np

from snnmap.analysis.extract import extracted
from snnmap.core.arrays import I64, Bool, offsets
from snnmap.ir import Clustering, SpikeGraph


def remainder(graph: SpikeGraph, kept: Bool) -> tuple[SpikeGraph, I64]:
    """Graph of the neurons in `kept` (N,) with what they hear as its inputs; and its sources' ids (`extracted`)."""
    return extracted(graph, np.flatnonzero(kept[graph.network.post]), kept)


def returned(found: Clustering, ids: I64) -> list[tuple[I64, I64, I64]]:
    """Sources, neurons, and neurons at home of every cluster of a remainder, as ids of the whole, each ascending."""
    externals = len(ids) - len(found.home)
    parts = []
    home = ids[externals + np.arange(len(found.home))]
    by_home = np.argsort(found.home, kind="stable")
    cuts = offsets(np.bincount(found.home, minlength=found.clusters))
    for k in range(found.clusters):
        source = np.sort(ids[found.row_source[found.rows_of(k)]])
        neuron = np.sort(ids[found.column_neuron[found.columns_of(k)]])
        parts.append((source, neuron, home[by_home[cuts[k] : cuts[k + 1]]]))
    return parts
