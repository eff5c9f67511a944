"""Checkpoints: everything that a training goes on from, as arrays of one `.npz`, written whole; no pickle."""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.core.npz import npz
from snnmap.frontend.data.archive import read_arrays, read_bytes

HEADER = "snnmap_checkpoint"
VERSION = 1


class Epoch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an epoch came to."""

    loss: float
    """Mean over its batches."""
    accuracy: float
    """Share of its samples that were right when they were trained on."""
    spikes: float
    """Of all neurons per sample."""
    held_out: float | None = None
    """Accuracy on the samples held out, after it."""


class Sums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the epoch at hand has come to so far."""

    loss: float = 0.0
    right: int = 0
    seen: int = 0
    spikes: float = 0.0


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What two trainings must have in common to be one."""

    recipe: str
    """SHA-256 of its file."""
    data: str
    seed: int
    epochs: int
    method: str = ""
    """Digest of the method as it was read, with the numbers of files that the recipe names."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A training after `iteration` batches."""

    identity: Identity
    torch: str
    """Its version."""
    iteration: int = 0
    sums: Sums = field(default_factory=Sums)
    history: tuple[Epoch, ...] = ()
    arrays: dict[str, Any] = field(default_factory=dict)
    """Parameters, running statistics and moments of Adam, by name."""


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    identity: Identity
    torch: str
    iteration: int
    sums: Sums
    history: tuple[Epoch, ...]


DIFFERENT = {
    "recipe": "another recipe (SHA-256 {old:.12}..., this one has {new:.12}...)",
    "data": "other data (digest {old:.12}..., these have {new:.12}...)",
    "seed": "the seed {old}, not {new}",
    "epochs": "{old} epochs, not {new}",
    "method": "another method: a file that the recipe names has changed",
}


def place_of(output: Path) -> Path:
    """Where the checkpoint of a training lies whose network goes to `output`."""
    return output.with_name(f"{output.stem}.checkpoint.npz")


def save_checkpoint(made: Checkpoint, path: Path) -> None:
    """Write a checkpoint under a temporary name, then rename it."""
    header = _Header(VERSION, made.identity, made.torch, made.iteration, made.sums, made.history)
    text = json.dumps(msgspec.to_builtins(header), sort_keys=True)
    write_atomically(path, npz({HEADER: np.frombuffer(text.encode(), np.uint8), **made.arrays}))


def read_checkpoint(path: Path, identity: Identity) -> Checkpoint:
    """The checkpoint of the training `identity`.

    Raises
    ------
    InputError
        If the file is damaged, or of another training.
    """
    try:
        arrays = dict(read_arrays(path, read_bytes(path)))
        header = msgspec.json.decode(arrays.pop(HEADER).tobytes(), type=_Header)
    except (KeyError, ValueError, OSError, msgspec.MsgspecError, zipfile.BadZipFile) as error:
        said = error if isinstance(error, InputError) else f"{path}: not a usable checkpoint: {error}"
        raise InputError(f"{said}; remove it to start anew") from None
    for key, words in DIFFERENT.items():
        old, new = getattr(header.identity, key), getattr(identity, key)
        if old != new:
            said = words.format(old=old, new=new)
            raise InputError(f"{path}: is of {said}; give what it was begun with, or remove it to start anew")
    return Checkpoint(identity, header.torch, header.iteration, header.sums, header.history, arrays)
