"""Random networks small enough for an exact partition, by seed."""

import numpy as np
from support.partition_cases import graph_of, machine


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
