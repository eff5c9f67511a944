"""Energy of a classification beside that of the same network without spikes, as Hunsberger and Eliasmith estimate it.

Both in units of the energy of one floating-point operation on a conventional machine (arXiv 1611.05141, section on
efficiency; E. Hunsberger's script `scripts/spike/count_neuromorphic.py` of hunse/phd at GitHub): there every synapse is
a multiplication and an addition, and every neuron an operation; on neuromorphic hardware the first layer stays that, a
synaptic event is 0.08 and a neuron's update 0.25. It knows no chip and no mapping: what a mapping costs on its chip are
the report's own figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import row_of_entry
from snnmap.ir import SpikeGraph

PER_SYNAPSE, PER_NEURON = 2.0, 1.0
"""Operations of a conventional network, per classification."""
PER_EVENT, PER_UPDATE = 0.08, 0.25
"""Energy of a synaptic event and of an update of a neuron, in operations."""
CLOCK = 1000.0
"""Updates of a neuron per second, as published."""


@dataclass(frozen=True, slots=True)
class Flops:
    """One classification, per sample."""

    first: int
    """Synapses that hear a network input, S0: as operations on both sides."""
    synapses: int
    """All synapses but those of biases."""
    neurons: int
    events: float
    """Synaptic events in a sample behind the first layer: each spike, or value, of a neuron at each of its synapses."""
    updates: float
    """Updates of all neurons in a sample."""

    @property
    def spiking(self) -> float:
        """Energy with spikes: 2 S0 + 0.08 events + 0.25 updates."""
        return PER_SYNAPSE * self.first + PER_EVENT * self.events + PER_UPDATE * self.updates

    @property
    def conventional(self) -> float:
        """Energy without: 2 S + N."""
        return PER_SYNAPSE * self.synapses + PER_NEURON * self.neurons

    @property
    def efficiency(self) -> float:
        """How many times less the network takes with spikes; below 1 it takes more."""
        return self.conventional / self.spiking

    @classmethod
    def of_layers(
        cls, neurons: Sequence[int], synapses: Sequence[int], rates_hz: Sequence[float], seconds: float
    ) -> "Flops":
        """As published: layer by layer, updates at 1 kHz.

        Parameters
        ----------
        neurons
            Of every spiking layer.
        synapses
            Into every layer: from the inputs into the first, ..., from the last spiking one into the outputs.
        rates_hz
            Mean spikes per second of a neuron of every spiking layer.
        seconds
            How long a sample is presented.
        """
        events = seconds * sum(rate * heard for rate, heard in zip(rates_hz, synapses[1:], strict=True))
        return cls(synapses[0], sum(synapses), sum(neurons), events, CLOCK * seconds * sum(neurons))

    def document(self) -> dict[str, float]:
        """Everything, JSON-able."""
        parts: dict[str, float] = {"first_synapses": self.first, "synapses": self.synapses, "neurons": self.neurons}
        parts |= {"events_per_sample": self.events, "updates_per_sample": self.updates}
        return parts | {"spiking": self.spiking, "conventional": self.conventional, "efficiency": self.efficiency}


def flops(graph: SpikeGraph) -> Flops:
    """Of a profiled workload, from its own activity and its real edges; neurons are updated in every step."""
    network = graph.network
    pre = row_of_entry(network.indptr)
    fan_out = np.diff(network.indptr)
    kind = np.array([p.kind for p in network.populations])[network.population_of()]
    events = int(graph.spikes[kind == "neuron"] @ fan_out[kind == "neuron"])
    return Flops(
        first=int(np.count_nonzero(kind[pre] == "input")),
        synapses=int(np.count_nonzero(kind[pre] != "bias")),
        neurons=network.neurons,
        events=events / graph.frames,
        updates=float(network.neurons * graph.steps),
    )
