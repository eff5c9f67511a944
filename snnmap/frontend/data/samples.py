"""The one internal form of input data: dense arrays or event lists, before a network and a time step are known."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, F64, I64
from snnmap.core.errors import InputError
from snnmap.frontend.data.layout import swapped_hint

LARGEST = 1e30
"""Values up to this can be added up in 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """Values on a grid: still frames (samples, *features) or series (samples, steps, *features)."""

    values: npt.NDArray[Any]
    timed: bool | None
    """Whether axis 1 is time; `None` if only the network's input shape can tell."""
    spiking: bool
    """Whether values are spike counts, to be used as they are."""
    dt: float | None = None
    """Seconds per step of the series, where the file says."""
    span: tuple[float, float] | None = None
    """Low and high end of analog values for encoders that need 0..1, where the file says; (0, 255) for bytes."""
    declared: bool = False
    """Whether somebody said which axes are samples and time, the user or the format."""

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Lists of events, sample by sample."""

    frame: I64
    """(samples + 1,) first event of every sample."""
    time: F64
    """(E,) seconds from the start of the sample."""
    coordinates: tuple[I64, ...]
    """Per axis (E,): one for flat indices, else (polarity, y, x) or (y, x), slowest first."""
    value: F32 | None = None
    """(E,) value of every event; 1 if `None`."""
    features: int | None = None
    """Number of sources recorded, where the file says."""
    duration: float | None = None
    """Seconds per sample, where the file says."""

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.frame) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Input data as read from a file."""

    data: Dense | Events
    labels: I64 | None = None
    """(samples,) class of every sample."""
    notes: tuple[str, ...] = ()
    """What had to be assumed to read it, one sentence each."""
    digests: tuple[tuple[str, str], ...] = ()
    """(role, SHA-256) of the files read."""


def first_samples(recording: Recording, count: int | None) -> Recording:
    """The first `count` samples, or all of them.

    Raises
    ------
    InputError
        If there are fewer, or none, or the labels do not match the samples.
    """
    data, labels = recording.data, recording.labels
    if data.samples == 0:
        raise InputError("the data holds no samples")
    if labels is not None and len(labels) != data.samples:
        hint = swapped_hint(data.values.shape, len(labels)) if isinstance(data, Dense) and not data.declared else ""
        there = f"there are {data.samples:,} samples but {len(labels):,} labels"
        raise InputError(f"{there}: {hint or 'give one label per sample'}")
    if count is None or count == data.samples:
        return recording
    if count > data.samples:
        hint = swapped_hint(data.values.shape, count) if isinstance(data, Dense) and not data.declared else ""
        there = f"{count:,} samples were asked for, but the data holds {data.samples:,}"
        raise InputError(f"{there}; {hint or 'lower --samples'}")
    if isinstance(data, Dense):
        cut: Dense | Events = replace(data, values=data.values[:count])
    else:
        stop = int(data.frame[count])
        cut = Events(
            data.frame[: count + 1],
            data.time[:stop],
            tuple(axis[:stop] for axis in data.coordinates),
            None if data.value is None else data.value[:stop],
            data.features,
            data.duration,
        )
    return replace(recording, data=cut, labels=None if labels is None else labels[:count])


def finite(values: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    """`values`, numeric, finite and within what 32-bit numbers hold.

    Raises
    ------
    InputError
        If they are not.
    """
    if values.dtype.kind not in "biuf":
        raise InputError(f"{what} must be numbers, but is of type {values.dtype}")
    if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
        raise InputError(f"{what} contains values that are not finite")
    if values.size and values.dtype.kind != "b" and max(float(values.max()), -float(values.min())) > LARGEST:
        raise InputError(f"values beyond {LARGEST:g} in {what}; rescale them")
    return values
