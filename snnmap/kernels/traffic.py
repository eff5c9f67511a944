"""Loops that turn synapses into nets and messages; raw arrays only."""

from snnmap.arrays import I32, I64, Bool
from snnmap.kernels.jit import njit


@njit
def multicast_sizes(indptr: I64, post: I32, sends: Bool, first_neuron: int, sizes: I64) -> None:
    """Fill `sizes` (N,) with the distinct vertices of every source's net: its targets and, if a neuron, itself."""
    for source in range(len(sends)):
        if not sends[source]:
            continue
        own = 1 if source >= first_neuron else 0
        for synapse in range(indptr[source], indptr[source + 1]):
            if post[synapse] == source:
                own = 0
        sizes[source] = indptr[source + 1] - indptr[source] + own


@njit
def multicast_pins(indptr: I64, post: I32, first_neuron: int, net_ptr: I64, pin: I32) -> None:
    """Fill `pin` of the nets laid out by `net_ptr`: a neuron first, then its targets in ascending order."""
    for source in range(len(net_ptr) - 1):
        at = net_ptr[source]
        if at == net_ptr[source + 1]:
            continue
        if source >= first_neuron:
            pin[at] = source - first_neuron
            at += 1
        for synapse in range(indptr[source], indptr[source + 1]):
            if post[synapse] != source:
                pin[at] = post[synapse] - first_neuron
                at += 1
