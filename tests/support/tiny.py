"""Random networks small enough for an exact partition, by seed; their partition, and what is proved of it."""

from pathlib import Path

import numpy as np
from oracles.crossbars import optimum
from support.partition_cases import graph_of, listed, machine

from snnmap.stages.partition import KernighanLin
from snnmap.stages.partition.assignment import Task, clustering_of
from snnmap.stages.partition.atoms import Activity
from snnmap.stages.partition.construct import constructed
from snnmap.stages.protocols import PartitionProblem, Run

OPTIMA = Path(__file__).parents[1] / "data" / "tiny_optima.json"
"""Least costs, by `regenerate/tiny_optima.py`."""


def tiny_case(seed):
    """Two to four inputs, three to six recurrent neurons, every one heard by something; a crossbar of a few lines."""
    rng = np.random.default_rng(seed)
    neurons, inputs = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    pairs = [(i, inputs + j) for i in range(inputs + neurons) for j in range(neurons) if i != inputs + j]
    count = int(rng.integers(neurons, min(len(pairs), 2 * neurons + 3)))
    chosen = [pairs[k] for k in sorted(rng.choice(len(pairs), count, replace=False))]
    chosen += [(0, inputs + j) for j in range(neurons) if not any(p[1] == inputs + j for p in chosen)]
    graph = graph_of([inputs, neurons], chosen, spikes=rng.integers(1, 20, inputs + neurons), window=(1, 12))
    return graph, machine(int(rng.integers(2, 6)), int(rng.integers(1, 5)))


def tiny_partition(seed):
    """What `kernighan_lin` finds for that case: the assignment with its cost, the clustering, the graph, the chip."""
    graph, chip = tiny_case(seed)
    todo = Task(PartitionProblem(graph, chip), Run(np.random.default_rng(0)), False, 1.0, Activity(graph))
    built = KernighanLin().refined(todo, constructed(todo, orders=5), np.random.default_rng(0))
    return built, clustering_of(built), graph, chip


def proved(graph, chip, weights, most):
    """Least cost with those weights of a crossbar and a message, in at most so many crossbars; None if not proved."""
    synapses, spikes, active = listed(graph)
    neurons = range(graph.network.externals, graph.network.sources)
    limits = (chip.rows, chip.columns, chip.rows * chip.columns)
    return optimum(synapses, neurons, spikes, active, graph.window, limits, weights, most)
