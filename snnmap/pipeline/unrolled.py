"""Fan-in by unrolling: the network is changed, profiled anew, and its deviation from the original is stated.

`partition.unroll` builds the chained units; this module runs them on the stimulus that the profile recorded.
"""

from dataclasses import replace

import msgspec
import numpy as np

from snnmap.core.arrays import offsets
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import OutputDeviation, SpikeGraph, Spikes, Unrolled, Workload
from snnmap.simulate.profile import profile
from snnmap.transform.unroll import unroll


def unrolled(graph: SpikeGraph, hardware: Hardware) -> SpikeGraph:
    """Spike graph of the unrolled network on the same stimulus; the deviation is among its remarks.

    Raises
    ------
    InputError
        If the profile holds no events or no neuron equations, so that it cannot be run again.
    """
    dynamics = graph.dynamics
    if graph.events is None or dynamics is None:
        raise InputError("--split unroll runs the network anew, but this profile keeps no events; use partial_sum")
    most = hardware.fan_in
    network = unroll(graph.network, most, dt=dynamics.step, decay=dynamics.decay)
    if network.neurons == graph.network.neurons:
        return graph
    workload = Workload(
        name=graph.provenance.name,
        network=network,
        stimulus=external_events(graph),
        labels=graph.labels,
        dynamics=dynamics,
        provenance=msgspec.structs.replace(graph.provenance, unrolled_to=most),
        remarks=graph.remarks,
    )
    again = profile(workload)
    return replace(again, remarks=msgspec.structs.replace(again.remarks, unrolled=deviation(graph, again)))


def external_events(graph: SpikeGraph) -> Spikes:
    """Events of the network's inputs alone: the stimulus that was profiled."""
    events = graph.events
    if events is None:
        raise InputError("the profile keeps no events; profile again without dropping them")
    keep = events.source < graph.network.externals
    counts = np.bincount(events.frame_of_event()[keep], minlength=events.frames)
    return Spikes(
        frame=offsets(counts),
        step=events.step[keep],
        source=events.source[keep],
        value=events.value[keep],
        steps=events.steps,
        dt=events.dt,
    )


def deviation(graph: SpikeGraph, again: SpikeGraph) -> Unrolled:
    """How far the unrolled network is from the original: spikes of every output population, added neurons, accuracy."""
    outputs = []
    for index in graph.network.outputs:
        before = graph.network.populations[index]
        after = next(p for p in again.network.populations if p.name == before.name)
        a, b = graph.spikes[before.first : before.stop], again.spikes[after.first : after.stop]
        outputs.append(OutputDeviation(before.name, int(a.sum()), int(b.sum())))
    added = again.network.neurons - graph.network.neurons
    return Unrolled(added, tuple(outputs), graph.accuracy, again.accuracy)
