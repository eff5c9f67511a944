"""What the stages are asked and what they answer: problems, and the protocols of their algorithms.

A Python callback inside a search loop costs 35-75x, so a placement objective is data: `Term`s, arrays that the search
kernels read. A weighted sum of objectives is a tuple of scaled terms. Everything is an integer, so that incremental
costs equal recounts exactly.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, frozen, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.ir import SpikeGraph

LIMIT = 2**62
"""Costs stay below this magnitude, so that a sum of two never leaves int64."""


@dataclass(frozen=True, slots=True, eq=False)
class Nets:
    """Hypergraph over neurons; cost of a partition = sum of weight x (clusters touched - 1), never below 0 per net.

    A vertex is the *neuron index* n of source id `externals + n`, as in `Clustering.home`.
    """

    indptr: I64
    """(M + 1,) first pin of every net."""
    pin: I32
    """Vertices of every net, distinct within a net."""
    weight: I64
    """(M,) messages over the profiled window."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "indptr", frozen(self.indptr, np.int64))
        object.__setattr__(self, "pin", frozen(self.pin, np.int32))
        object.__setattr__(self, "weight", frozen(self.weight, np.int64))
        if len(self.indptr) != len(self.weight) + 1 or self.indptr[-1] != len(self.pin):
            raise InputError("net arrays do not match")


def multicast(graph: SpikeGraph) -> Nets:
    """One net per source (N of them, in source order): a spike crosses once per destination cluster.

    Pins are the source's targets and, of a neuron, first the neuron itself; the weight is its number of spikes. The
    net of a network input has no sender, so its deliveries are its cost plus one weight: a constant. Biases never
    travel and have empty nets.
    """
    from snnmap.analysis.kernels.traffic import multicast_pins, multicast_sizes

    network = graph.network
    sends = ~network.is_bias()
    sizes = np.zeros(network.sources, np.int64)
    multicast_sizes(network.indptr, network.post, sends, network.externals, sizes)
    indptr = offsets(sizes)
    pin = np.empty(indptr[-1], np.int32)
    multicast_pins(network.indptr, network.post, network.externals, indptr, pin)
    return Nets(indptr, pin, np.where(sends, graph.spikes, 0))


def unicast(graph: SpikeGraph) -> Nets:
    """One net per synapse between two neurons: SpiNeMap's published cost, every synapse pays for every spike.

    Self-synapses never cross and are left out, and so are synapses of network inputs, which have no cluster to leave.
    Source: Balaji et al., Mapping spiking neural networks to neuromorphic hardware, IEEE TVLSI 28(1), 2020.
    """
    network = graph.network
    start = network.indptr[network.externals]
    pre = row_of_entry(network.indptr[network.externals :] - start)
    post = network.post[start:] - network.externals
    keep = pre != post
    pre, post = pre[keep], post[keep]
    pin = np.empty((len(pre), 2), np.int32)
    pin[:, 0], pin[:, 1] = pre, post
    weight = graph.spikes[network.externals :][pre]
    return Nets(2 * np.arange(len(pre) + 1, dtype=np.int64), pin.reshape(-1), weight)


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One addend of the placement cost, beyond routed traffic.

    cost(tile) = sum over i, j of flow[i, j] x distance[tile[i], tile[j]] + sum over i of preference[i, tile[i]].

    The first sum runs over all ordered pairs of clusters, i = j included. Leave `flow` and `distance` (0, 0) for a
    purely linear term and `preference` (0, 0) for a purely pairwise one. Weights are multiplied in before rounding.

    Raises
    ------
    InputError
        If shapes do not match, or a cost could leave int64.
    """

    flow: I64
    """(K, K) between clusters, any integers; need not be symmetric."""
    distance: I64
    """(T, T) between tiles; need not be symmetric, and its diagonal counts."""
    preference: I64
    """(K, T) cost of a cluster on a tile."""

    def __post_init__(self) -> None:
        for name in ("flow", "distance", "preference"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("flow", "distance"):
            shape = getattr(self, name).shape
            if len(shape) != 2 or shape[0] != shape[1]:
                raise InputError(f"the {name} of a placement term must be square, not of shape {shape}")
        if (self.flow.size == 0) != (self.distance.size == 0):
            raise InputError("a placement term needs both flow and distance, or neither")
        if self.preference.ndim != 2:
            raise InputError(f"the preference of a placement term has shape {self.preference.shape}; (K, T) is needed")
        if self.largest >= LIMIT:
            raise InputError("a placement term's cost would leave 64-bit integers: scale it down")

    @property
    def largest(self) -> float:
        """Bound on the magnitude of the cost of any placement."""
        pairs = _magnitude(self.flow).sum() * _magnitude(self.distance).max(initial=0.0)
        return float(pairs + _magnitude(self.preference).max(axis=1, initial=0.0).sum())


def pairwise(flow: I64, distance: I64) -> Term:
    """Term of cluster pairs only: `flow` (K, K) x `distance` (T, T)."""
    return Term(flow, distance, np.zeros((0, 0), np.int64))


def linear(preference: I64) -> Term:
    """Term of each cluster's own tile only: `preference` (K, T)."""
    return Term(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64), preference)


def _magnitude(values: I64) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.abs(values.astype(np.float64))
