"""A spike graph as programs see it that partition graphs: neurons are vertices, spikes weigh edges or nets."""

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import I64, offsets, ranges, row_of_entry
from snnmap.core.errors import InputError
from snnmap.ir import SpikeGraph

FEW = 16
"""Clusters up to which no spare one is asked for: a program can balance so few exactly."""


class Edges(NamedTuple):
    """Undirected graph of the neurons, CSR both ways, without loops."""

    indptr: I64
    """(neurons + 1,)"""
    neighbour: I64
    weight: I64
    """Spikes over the synapses between both, in either direction; none where both are silent."""


class Nets(NamedTuple):
    """One net per source that somebody else listens to: its listeners and, if it takes a column, itself."""

    indptr: I64
    pin: I64
    """Neurons, numbered from the first one, ascending and distinct within a net."""
    weight: I64
    """Spikes: what every further cluster that a net touches costs in messages; 1 where there are none, for what is
    silent takes rows."""


def edges_of(graph: SpikeGraph) -> Edges:
    """Synapses between neurons; inputs come from outside and take no part."""
    network, n = graph.network, graph.network.neurons
    inner = int(network.indptr[network.externals])
    source = row_of_entry(network.indptr[network.externals :] - inner)
    target = network.post[inner:].astype(np.int64) - network.externals
    apart = source != target
    source, target = source[apart], target[apart]
    key, place = np.unique(np.concatenate([source * n + target, target * n + source]), return_inverse=True)
    weight = np.zeros(len(key), np.int64)
    np.add.at(weight, place.ravel(), np.tile(graph.spikes[network.externals :][source], 2))
    return Edges(offsets(np.bincount(key // max(n, 1), minlength=n)), key % max(n, 1), weight)


def nets_of(graph: SpikeGraph) -> Nets:
    """Nets of two pins or more; biases, which never travel, have none."""
    network, n = graph.network, graph.network.neurons
    source = np.concatenate([row_of_entry(network.indptr), np.arange(network.externals, network.sources)])
    pin = np.concatenate([network.post.astype(np.int64) - network.externals, np.arange(n)])
    key = np.unique(source * max(n, 1) + pin)
    count = np.bincount(key // max(n, 1), minlength=network.sources)
    kept = (count > 1) & ~network.is_bias()
    first = offsets(count)[:-1][kept]
    return Nets(offsets(count[kept]), (key % max(n, 1))[ranges(first, count[kept])], np.maximum(1, graph.spikes[kept]))


def clusters_for(neurons: int, columns: int, spare: float) -> int:
    """Clusters to ask a program for that bounds the neurons of each: the fewest, and a share `spare` of them more."""
    fewest = max(1, -(-neurons // columns))
    return fewest if fewest <= FEW else -int(-fewest * (1 + spare) // 1)


def extra(algorithm: str, package: str) -> Any:
    """An optional package.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        return import_module(package)
    except ImportError:
        remedy = f"pip install 'snnmap[{package.removeprefix('py')}]'"
        raise InputError(f"partition algorithm {algorithm!r} needs the package {package}: {remedy}") from None
