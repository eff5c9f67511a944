"""A network as a many-core machine holds it: numbers per neuron, and which sources its layers hear.

The synapses between two populations are a *block* where that takes less memory in float32 than looking each of them up:
every neuron then has a weight for every source that any of them hears. Else a weight and an index are stored for every
synapse. The choice is that of float32 for both types of numbers, so that float16 halves the weights and changes nothing
else. Weights of convolutions are not shared between positions.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import F64, I64, row_of_entry
from snnmap.core.errors import InputError
from snnmap.hardware.targets.manycore import BYTES, INDEX_BYTES
from snnmap.ir import Network

STATES: dict[str, int] = {
    **dict.fromkeys(("recorded", "IF", "LIF", "LI", "Leaky"), 1),
    **dict.fromkeys(("Threshold", "relay", "SoftLIF", "MacReLU", "MacLinear"), 0),
    **dict.fromkeys(("CubaLIF", "CubaLI", "Synaptic", "LavaCuba", "RefractoryLIF"), 2),
    **dict.fromkeys(("Alpha", "MIF"), 3),
}
"""Numbers that a neuron keeps from step to step, without what it sends; a Delay keeps as many as it delays steps."""
FILTER_STATES = 2
"""Numbers that an alpha synapse in front of a neuron keeps."""
SENT = 1
"""Numbers that a neuron sends."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """The synapses from one population to another."""

    population: int
    """Index of the population that hears."""
    block: bool
    """Whether they are stored as a block."""
    heard: I64
    """(H,) ids of the sources, ascending."""
    source: I64
    """(S,) source of every synapse, ascending; empty for a block."""
    target: I64
    """(S,) neuron of every synapse, ascending within a source; empty for a block."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What is held per neuron; n neurons, in the order of their ids."""

    network: Network
    projections: tuple[Projection, ...]
    products: I64
    """(n,) weights in blocks, and the bias where its layer has any."""
    looked_up: I64
    """(n,) synapses with an index."""
    states: I64
    """(n,) numbers from step to step, what it sends included."""

    @property
    def weights(self) -> I64:
        """(n,) weights."""
        return self.products + self.looked_up

    def heard_in_blocks(self) -> I64:
        """Per population, sources that each tile of it hears in blocks."""
        found = np.zeros(len(self.network.populations), np.int64)
        for p in self.projections:
            found[p.population] += len(p.heard) if p.block else 0
        return found


def layers_of(network: Network, dt: float = 1.0) -> Layers:
    """How a network is held; `dt`, seconds of a step, says how long a Delay is.

    Raises
    ------
    InputError
        If it has no neuron.
    """
    if not network.neurons:
        raise InputError("the network has no neurons")
    first = network.externals
    products, looked_up = np.zeros((2, network.neurons), np.int64)
    projections = []
    for before in network.populations:
        start, stop = int(network.indptr[before.first]), int(network.indptr[before.stop])
        post = network.post[start:stop]
        source = row_of_entry(network.indptr[before.first : before.stop + 1] - start) + before.first
        for k, after in enumerate(network.populations):
            own = np.flatnonzero((post >= after.first) & (post < after.stop))
            if not len(own):
                continue
            into = slice(after.first - first, after.stop - first)
            if before.kind == "bias":
                products[into] += 1
                continue
            pre, to = source[own], post[own].astype(np.int64)
            made = _projection(k, after.size, pre, to)
            projections.append(made)
            if made.block:
                products[into] += len(made.heard)
            else:
                looked_up[into] += np.bincount(to - after.first, minlength=after.size)
    return Layers(network, tuple(projections), products, looked_up, _states(network, dt))


def _projection(population: int, neurons: int, source: I64, target: I64) -> Projection:
    heard = source[np.flatnonzero(np.diff(source, prepend=-1))]
    whole, single = BYTES["float32"], BYTES["float32"] + INDEX_BYTES
    none = np.zeros(0, np.int64)
    if whole * len(heard) * neurons <= single * len(source):
        return Projection(population, True, heard, none, none)
    return Projection(population, False, heard, source, target)


def _states(network: Network, dt: float) -> I64:
    """Numbers that every neuron keeps and sends; parameters that differ within a layer are kept for each."""
    made = []
    for p in network.populations:
        if p.kind != "neuron":
            continue
        if p.model == "Delay":
            kept = np.maximum(np.rint(np.broadcast_to(p.parameters["delay"], p.size) / dt), 0).astype(np.int64)
        else:
            kept = np.full(p.size, STATES[p.model], np.int64)
        own = sum(bool(np.any(values != values[0])) for values in p.parameters.values())
        made.append(kept + SENT + own + (FILTER_STATES if "tau_alpha" in p.parameters else 0))
    return np.concatenate(made)


def events_of(layers: Layers, rate: F64) -> F64:
    """Synaptic events per step of every neuron, (n,), of sources that are active in a share `rate` (N,) of steps."""
    network = layers.network
    sent = np.where(network.is_bias(), 0.0, rate)
    each = np.repeat(sent, np.diff(network.indptr))
    events = np.bincount(network.post - network.externals, weights=each, minlength=network.neurons)
    return events.astype(np.float64)  # no synapse: integers
