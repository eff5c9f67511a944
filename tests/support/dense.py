"""Weights of a network as plain matrices."""

import numpy as np


def dense_of(network):
    """(sources, sources) weights; targets must be ascending and distinct."""
    result = np.zeros((network.sources, network.sources))
    for source in range(network.sources):
        span = slice(network.indptr[source], network.indptr[source + 1])
        assert np.all(np.diff(network.post[span]) > 0)
        result[source, network.post[span]] = network.weight[span]
    return result


def population(network, name):
    return next(p for p in network.populations if p.name == name)


def between(network, pre, post):
    """Weights from one population to another."""
    a, b = population(network, pre), population(network, post)
    result = np.zeros((a.size, b.size))
    for row, source in enumerate(range(a.first, a.stop)):
        span = slice(network.indptr[source], network.indptr[source + 1])
        inside = (network.post[span] >= b.first) & (network.post[span] < b.stop)
        result[row, network.post[span][inside] - b.first] = network.weight[span][inside]
    return result
