"""What a run adds up to: spikes per source, predicted classes, populations that are dead or saturated."""

from dataclasses import dataclass

import msgspec
import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64, Bool
from snnmap.core.errors import InputError
from snnmap.core.version import __version__
from snnmap.ir import ANALOG, Network, Population, SpikeGraph, Spikes, Workload
from snnmap.simulate.kernels.executor import tally

SATURATED = 0.9
"""Spikes per neuron and step above which a population counts as saturated."""
MOST_IN_A_STEP = 2**31 - 1
"""Spikes of a source in a step that a profile can record."""


class Activity:
    """Running totals over frames; `add` must see every frame once, in any order."""

    def __init__(self, network: Network, frames: int, steps: int, graded: Bool) -> None:
        self.graded = graded
        self.spikes = np.zeros(network.sources, np.int64)
        self.worst_frame = np.zeros(network.sources, np.int64)
        self.worst_step = np.zeros(network.sources, np.int64)
        self.active_steps = np.zeros(network.sources, np.int64)
        self.readout = Readout.of(network)
        self.predictions = np.full(frames, -1, np.int64)
        self._bias = network.is_bias()
        self._frames = frames
        self._steps = steps

    def add(self, frame: int, events: tuple[I32, I32, F32]) -> None:
        """Count the events (step, source, value) of one frame."""
        _, source, value = events
        tally(self.graded, source, value, (self.spikes, self.worst_frame, self.worst_step, self.active_steps))
        if len(self.readout.outputs):
            self.predictions[frame] = int(np.argmax(self.readout.counts(source, value)))

    def add_biases(self) -> None:
        """Count the constant-current rows: driven in every step of every frame."""
        window = self._frames * self._steps
        self.spikes[self._bias] = window
        self.worst_frame[self._bias] = self._steps
        self.worst_step[self._bias] = 1
        self.active_steps[self._bias] = window


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """How a network's answer is read: what each of its outputs emits in a frame is added up."""

    outputs: I64
    """Source ids of the outputs."""
    place: I64
    """(N,) place of every source among the outputs, -1: none."""

    @classmethod
    def of(cls, network: Network) -> "Readout":
        """Readout of a network."""
        outputs = output_sources(network)
        place = np.full(network.sources, -1, np.int64)
        place[outputs] = np.arange(len(outputs))
        return cls(outputs, place)

    def counts(self, source: I32, value: F32) -> F64:
        """Sum of what every output emits, float64 (outputs,), of events of one frame."""
        at = self.place[source]
        read = at >= 0
        sums = np.bincount(at[read], value[read].astype(np.float64), minlength=len(self.outputs))
        return np.asarray(sums, np.float64)


def output_sources(network: Network) -> I64:
    """Source ids of the network's outputs, populations in the order in which the network lists them."""
    ids = [np.arange(network.populations[k].first, network.populations[k].stop) for k in network.outputs]
    return np.concatenate([*ids, np.zeros(0, np.int64)]).astype(np.int64)


def activity_of(activity: Activity, workload: Workload, events: Spikes | None) -> SpikeGraph:
    """The finished record, with predictions, accuracy, and populations that are dead or saturated.

    Raises
    ------
    InputError
        If a source emits more in a step than a profile can record: activity that feeds itself without end.
    """
    network, stimulus = workload.network, workload.stimulus
    loudest = int(np.argmax(activity.worst_step)) if network.sources else 0
    if network.sources and activity.worst_step[loudest] > MOST_IN_A_STEP:
        name = network.populations[network.population_of()[loudest]].name
        raise InputError(
            f"population {name!r} emits {activity.worst_step[loudest]:,} spikes in one step: its activity feeds itself "
            "without end; check its weights and thresholds, or let a neuron spike once a step"
        )
    activity.add_biases()
    predictions = activity.predictions if len(activity.readout.outputs) else None
    judged = workload.labels is not None and predictions is not None
    total = {p.name: int(activity.spikes[p.first : p.stop].sum()) for p in network.populations}
    most = SATURATED * stimulus.frames * stimulus.steps
    dead = [p.name for p in network.populations if p.size and p.kind != "bias" and total[p.name] == 0]
    saturated = [p.name for p in network.populations if _spiking(p) and total[p.name] > most * p.size]
    return SpikeGraph(
        network=network,
        spikes=activity.spikes,
        worst_frame=activity.worst_frame,
        worst_step=activity.worst_step.astype(np.int32),
        active_steps=activity.active_steps,
        frames=stimulus.frames,
        steps=stimulus.steps,
        dt=stimulus.dt,
        events=events,
        accuracy=float(np.mean(activity.predictions == workload.labels)) if judged else None,
        provenance=msgspec.structs.replace(workload.provenance, name=workload.name, snnmap=__version__),
        dynamics=workload.dynamics,
        labels=workload.labels,
        predictions=predictions,
        remarks=msgspec.structs.replace(workload.remarks, dead=tuple(dead), saturated=tuple(saturated)),
    )


def _spiking(population: Population) -> bool:
    return population.kind == "neuron" and population.model not in ANALOG and population.size > 0
