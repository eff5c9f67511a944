"""What a network is fed and what it does: events, stepping, the workload, the spike-activity graph."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnmap.core.arrays import F32, I32, I64, digest, frozen, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.shown import Pictured, Shown
from snnmap.ir.dynamics import Dynamics
from snnmap.ir.network import Network
from snnmap.ir.origin import Provenance, Remarks


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    """Events of F frames: source `source[e]` emits `value[e]` in step `step[e]` of its frame.

    Events are sorted by frame, step, source; a (frame, step, source) occurs at most once.
    """

    frame: I64
    """(F + 1,) first event of every frame."""
    step: I32
    """(E,) step within the frame, 0 <= step < steps."""
    source: I32
    """(E,) source id."""
    value: F32
    """(E,) 1 for a plain spike; a count for several in one step; a current for direct encoding or analog relays."""
    steps: int
    """Steps per frame."""
    dt: float
    """Seconds per step."""

    def __post_init__(self) -> None:
        columns = (("frame", np.int64), ("step", np.int32), ("source", np.int32), ("value", np.float32))
        for name, dtype in columns:
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        if len(self.frame) < 1 or self.frame[-1] != len(self.step) or len(self.step) != len(self.source):
            raise InputError("event arrays do not match")
        if len(self.value) != len(self.step):
            raise InputError("event arrays do not match")
        if len(self.step) and (self.step.min() < 0 or self.step.max() >= self.steps):
            raise InputError(f"an event lies outside the {self.steps} steps of its frame")

    @property
    def frames(self) -> int:
        """F."""
        return len(self.frame) - 1

    def frame_of_event(self) -> I64:
        """Frame of every event, int64 (E,)."""
        return row_of_entry(self.frame)


@dataclass(frozen=True, slots=True, eq=False)
class Workload(Shown):
    """A network, what it is fed, and how it is stepped: the one input of the profiler."""

    name: str
    network: Network
    stimulus: Spikes
    """Events of external sources (inputs); biases are implied."""
    labels: I64 | None
    """(F,) class of every frame, or none."""
    dynamics: Dynamics
    provenance: Provenance = field(default_factory=Provenance)
    """What repeats it."""
    remarks: Remarks = field(default_factory=Remarks)
    """What was assumed and repaired."""


@dataclass(frozen=True, slots=True, eq=False)
class SpikeGraph(Pictured):
    """The spike-activity graph: all that the mapping stages read.

    `to_pandas()` has a row per population: neurons, spikes per sample, spikes per neuron and step; `plot()` draws them.
    """

    network: Network
    spikes: I64
    """(N,) spikes (analog sources: non-zero outputs) over all frames; biases: frames x steps."""
    worst_frame: I64
    """(N,) the most in any one frame."""
    worst_step: I32
    """(N,) the most in any one step."""
    active_steps: I64
    """(N,) number of (frame, step) in which the source emits anything."""
    frames: int
    steps: int
    """Steps per frame; the window is frames x steps."""
    dt: float
    """Seconds per step."""
    events: Spikes | None
    """Every emission of every input and neuron (not biases), or none if there were too many to keep."""
    accuracy: float | None
    provenance: Provenance = field(default_factory=Provenance)
    """What repeats the profile."""
    dynamics: Dynamics | None = None
    """How the neurons were stepped; none for recorded activity."""
    labels: I64 | None = None
    """(F,) class of every frame, or none."""
    predictions: I64 | None = None
    """(F,) class that the network says, or none without outputs."""
    remarks: Remarks = field(default_factory=Remarks)
    """What a reader must know."""

    def __post_init__(self) -> None:
        for name, dtype in (("spikes", np.int64), ("worst_frame", np.int64), ("worst_step", np.int32)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        object.__setattr__(self, "active_steps", frozen(self.active_steps, np.int64))
        for name in ("labels", "predictions"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("spikes", "worst_frame", "worst_step", "active_steps"):
            if len(getattr(self, name)) != self.network.sources:
                raise InputError(f"{name} does not match the network's sources")

    @property
    def window(self) -> int:
        """Number of profiled steps, frames x steps."""
        return self.frames * self.steps

    def digest(self) -> str:
        """SHA-256 of the network and its activity: what a mapping file names as its workload."""
        facts = f"{self.frames}|{self.steps}|{self.dt!r}"
        parts: list[Any] = [
            self.network.digest(),
            facts,
            self.spikes,
            self.worst_frame,
            self.worst_step,
            self.active_steps,
        ]
        return digest(parts)
