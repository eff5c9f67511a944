"""What a trained network comes to on other data, as snnmap itself runs it: some samples at a time. Knows no torch.

Input that holds for a step is an event of every input in every step: 10,000 images of 784 pixels in 200 steps would be
gigabytes. Images of bytes mean the same whatever else is beside them, so they are run in parts of bounded memory; other
data (spikes, series, numbers that are scaled by the largest of all) are run at once, as `profile` runs them.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.frontend import LoadOptions
from snnmap.frontend.data.read import Wanted, read_recording
from snnmap.frontend.data.samples import Dense, Recording
from snnmap.frontend.networks.parsed import Imported
from snnmap.ir import Network, SpikeGraph
from snnmap.pipeline.profile import prepared
from snnmap.simulate.profile import profile
from snnmap.train.memory import available

APART = ("current", "uint5", "latency")
"""Encodings that draw nothing, so that a sample is the same in any company."""
EVENT = 12
"""Bytes of an event."""
COPIES = 3
"""Of an event at most, while a stimulus is made, sorted and kept."""
BUDGET = 256 << 20
"""Bytes that the samples of a part take at most, unless one alone takes more."""


class Tested(NamedTuple):
    """What a network came to."""

    accuracy: float | None
    """Share that is right; none without labels."""
    frames: int


def tested(read: Imported, data: Path, labels: Path | None, layout: str | None, progress: Progress | None) -> Tested:
    """Accuracy of a network on data from a file.

    Raises
    ------
    InputError
        If the data cannot be read or do not fit, or one sample would take more memory than there is.
    """
    recording = read_recording(data.expanduser(), labels=labels, wanted=Wanted(layout=layout))
    if not _apart(read, recording):
        graph = _run(read, LoadOptions(data=data, labels=labels, layout=layout))
        return Tested(graph.accuracy, graph.frames)
    assert isinstance(recording.data, Dense)
    assert recording.labels is not None
    values, known = recording.data.values, recording.labels
    if len(values) != len(known):
        raise InputError(
            f"{data}: there are {len(values):,} samples but {len(known):,} labels: give one label per sample"
        )
    together = samples_together(read.network, int(read.stimulus["steps"]))
    right = 0
    for first in range(0, len(known), together):
        own = slice(first, first + together)
        graph = _run(read, LoadOptions(data=values[own], labels=known[own], layout=layout))
        right += int(np.count_nonzero(graph.predictions == known[own]))
        if progress is not None:
            progress("test", min(first + together, len(known)), len(known), 0.0)
    return Tested(right / len(known), len(known))


def samples_together(network: Network, steps: int) -> int:
    """Samples of a part: as many as the budget allows, if every input sends in every step.

    Raises
    ------
    InputError
        If one sample would take more memory than there is.
    """
    inputs = sum(math.prod(p.shape) for p in network.populations if p.kind == "input")
    need = COPIES * EVENT * steps * inputs
    if need > available():
        raise InputError(
            f"a sample of {inputs:,} inputs in {steps:,} steps takes about {need / 2**30:,.1f} GiB of memory, "
            f"{available() / 2**30:,.1f} are free; leave --test out"
        )
    return max(1, BUDGET // max(need, 1))


def _apart(read: Imported, recording: Recording) -> bool:
    """Whether samples can be run in parts: labelled images of bytes, encoded each by itself."""
    data, fed = recording.data, read.stimulus
    return (
        isinstance(data, Dense)
        and recording.labels is not None
        and data.values.dtype == np.uint8
        and not (data.spiking or data.timed)
        and fed.get("encode") in APART
        and "steps" in fed
    )


def _run(read: Imported, options: LoadOptions) -> SpikeGraph:
    """The network on data, no events kept."""
    ready = prepared(read, options, {})
    return ready if isinstance(ready, SpikeGraph) else profile(ready, keep_events=False)
