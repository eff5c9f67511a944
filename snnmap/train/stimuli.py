"""Training data as the network hears them, batch by batch: encoded as `profile` encodes them. Knows no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, I64, digest
from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import EncodeRules, encode_recording
from snnmap.frontend.data.meaning import BYTE, five_bits, is_series, numbers, unit_scaled
from snnmap.frontend.data.read import ACCEPTED, Wanted, read_recording, recording_in_memory
from snnmap.frontend.data.samples import Dense, Recording, first_samples
from snnmap.frontend.options import Data
from snnmap.ir import Spikes
from snnmap.train.recipe import TrainRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Stimuli:
    """All samples with their classes."""

    labels: I64
    """(samples,)"""
    digest: str
    """Of data and labels."""
    shape: tuple[int, ...]
    """Of the input."""
    steps: int
    held: npt.NDArray[Any] | None
    """(samples, features) what every step is, times `scale`; none if steps differ."""
    scale: float
    spikes: Spikes | None
    """All samples, where steps differ."""

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.labels)

    def batch(self, which: I64) -> F32:
        """Samples `which` (n,) as (steps, n, *input), or (1, n, *input) if every step is the same."""
        if self.held is not None:
            given = (self.held[which] * self.scale).astype(np.float32)
            return given.reshape(1, len(which), *self.shape)
        assert self.spikes is not None
        size = int(np.prod(self.shape))
        given = np.zeros((self.steps, len(which), size), np.float32)
        for place, sample in enumerate(which.tolist()):
            own = slice(int(self.spikes.frame[sample]), int(self.spikes.frame[sample + 1]))
            given[self.spikes.step[own], place, self.spikes.source[own]] = self.spikes.value[own]
        return given.reshape(self.steps, len(which), *self.shape)


def read_stimuli(
    recipe: TrainRecipe, data: Data | None, labels: Data | None, layout: str | None, samples: int | None
) -> Stimuli:
    """Data of a training.

    Parameters
    ----------
    data, labels, layout
        As in `LoadOptions`.
    samples
        Take the first so many.

    Raises
    ------
    InputError
        If they cannot be read, have no labels, or do not fit the recipe.
    """
    recording = first_samples(_recording(data, labels, layout), samples)
    where = str(data) if isinstance(data, str | Path) else "the data"
    known = recording.labels
    if known is None:
        raise InputError(f"{where}: without labels nothing can be trained; give --labels FILE, one class per sample")
    if known.min() < 0 or known.max() >= recipe.classes:
        first = int(np.flatnonzero((known < 0) | (known >= recipe.classes))[0])
        raise InputError(
            f"{where}: sample {first} has label {known[first]}, but the recipe's last layer has {recipe.classes} "
            "neurons, a class each, counted from 0"
        )
    if recipe.training.held_out + recipe.training.batch > len(known):
        raise InputError(
            f"{where}: {len(known):,} samples are fewer than a batch of {recipe.training.batch} and the "
            f"{recipe.training.held_out} held out; give more, or change the recipe"
        )
    told = digest([text for pair in recording.digests for text in pair] + [str(len(known))])
    try:
        held = _held(recipe, recording)
        if held is None and recipe.unrolled < recipe.steps:
            raise InputError(f"{recipe.method_name} trains rates, of samples that are the same in every step")
        spikes = None
        if held is None:
            rules = EncodeRules(dt=1e-3, steps=recipe.steps, encode=recipe.encode)
            spikes = encode_recording(recording, recipe.input, rules).spikes
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    values, scale = held if held is not None else (None, 1.0)
    return Stimuli(known, told, recipe.input, recipe.steps, values, scale, spikes)


def _recording(data: Data | None, labels: Data | None, layout: str | None) -> Recording:
    if data is None:
        raise InputError(f"a recipe brings no data; give --data FILE ({ACCEPTED})")
    if not isinstance(data, str | Path):
        return recording_in_memory(data, labels, layout)
    if labels is not None and not isinstance(labels, str | Path):
        raise InputError("the labels are in memory, and so must the data be; load them first")
    beside = None if labels is None else Path(labels).expanduser()
    return read_recording(Path(data).expanduser(), labels=beside, wanted=Wanted(layout=layout))


def _held(recipe: TrainRecipe, recording: Recording) -> tuple[npt.NDArray[Any], float] | None:
    """Values (samples, features) that hold for all steps, and their scale: frames as they are, never made events."""
    data = recording.data
    if not isinstance(data, Dense) or recipe.encode not in ("current", "uint5") or data.spiking:
        return None
    if is_series(data, recipe.input, factor=1):
        return None
    data, _ = numbers(data, False, recipe.encode)
    if recipe.encode == "uint5":
        return five_bits(unit_scaled(data)(data.values)).reshape(data.samples, -1), 1.0
    return data.values.reshape(data.samples, -1), 1 / BYTE[1] if data.span == BYTE else 1.0
