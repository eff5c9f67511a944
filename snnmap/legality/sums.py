"""The `partial-sums` rule of `verify`: how often every partial column sends its sum home.

A column away from its neuron's home sends in every step in which one of its own inputs emits, biases aside. With the
profile's events that is counted: a bit for every (source, step), the bits of a column's inputs joined by "or". Without
them the count must lie between its busiest input and all of them together.
"""

import numpy as np

from snnmap.ir import Mapping, SpikeGraph, Violation
from snnmap.legality.recount import Recount
from snnmap.legality.steps import steps_with

SHOWN = 3


def partial_sum_violations(mapping: Mapping, graph: SpikeGraph, counted: Recount) -> list[Violation]:
    """Columns whose reported number of partial sums is not, or cannot be, that of the profile."""
    clustering = mapping.clustering
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    away = clustering.home[clustering.column_neuron - graph.network.externals] != cluster
    low = np.where(away, counted.busiest_input, 0)
    high = np.where(away, np.minimum(counted.all_inputs, graph.window), 0)
    if graph.events is not None:
        ptr, columns = counted.input_ptr, np.flatnonzero(away)
        inputs = counted.input_source[np.repeat(away, np.diff(ptr))]
        own = np.concatenate([[0], np.cumsum(ptr[columns + 1] - ptr[columns])])
        low[away] = high[away] = steps_with(graph.events, graph.network.sources, (own, inputs))
    reported = mapping.partial_messages
    return [
        Violation(
            "partial-sums",
            f"neuron {clustering.column_neuron[c]} in cluster {cluster[c]}",
            f"reported {reported[c]} messages" + ("" if away[c] else " from its home"),
            f"it is {low[c]}" if low[c] == high[c] else f"must lie in {low[c]} to {high[c]}",
        )
        for c in np.flatnonzero((reported < low) | (reported > high))[:SHOWN]
    ]
