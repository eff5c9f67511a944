"""How often rows of a crossbar are read together: what a spike finds on the bit lines beside its own current.

Rows that spike in one step are read in one pulse; that is one assumption for times (`stages.schedule`: a read takes
`read_time` once, and `row_time` for every row on) and for currents (`reliability.crossbars`).
"""

import numpy as np

from snnmap.analysis.lines import row_lines
from snnmap.analysis.traffic import steps_by_source
from snnmap.core.arrays import F64, ranges
from snnmap.ir import Clustering, SpikeGraph


def row_company(graph: SpikeGraph, clustering: Clustering) -> F64:
    """In what share of the reads of another row of its crossbar a row is on as well, float64 (rows,), by `row_lines`.

    A row's share of active steps, biases always on, times one factor per crossbar with which the mean number of rows
    beside a row that is read is that of the profile's own steps: rows of one image spike together more often than by
    chance. Without the events of the profile the factor is 1, chance. Every use of a crossbar is a read of its own.
    """
    rate = np.where(graph.network.is_bias(), 1.0, graph.active_steps / graph.window)
    lines, use_ptr = row_lines(graph, clustering), clustering.use_ptr
    uses = np.diff(use_ptr)
    summed = np.bincount(lines.number, rate[clustering.row_source], int(lines.ptr[-1]))
    share: F64 = summed / np.repeat(uses, np.diff(lines.ptr))
    if graph.events is None:
        return share
    ptr, step = steps_by_source(graph.events, graph.network.sources)
    emitted, bias = np.diff(ptr), graph.network.is_bias()
    for k in range(clustering.clusters):
        rows = slice(int(lines.ptr[k]), int(lines.ptr[k + 1]))
        together = 0.0
        for use in range(use_ptr[k], use_ptr[k + 1]):
            source = clustering.row_source[clustering.use_row_ptr[use] : clustering.use_row_ptr[use + 1]]
            biases = int(np.count_nonzero(bias[source]))
            on = np.bincount(step[ranges(ptr[source], emitted[source])], minlength=graph.window) + biases
            together += float((on * (on - 1)).sum())
        by_chance = share[rows].sum() ** 2 - np.square(share[rows]).sum()
        if by_chance > 0:
            share[rows] = np.minimum(share[rows] * (together / (graph.window * uses[k]) / by_chance), 1.0)
    return share
