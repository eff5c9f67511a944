"""`train_network`: recipe and data in, trained network out. The one function of this room that others call."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable
from snnmap.core.run import Progress
from snnmap.core.version import __version__
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.networks.save import save_network
from snnmap.frontend.options import Data
from snnmap.train.checkpoint import Checkpoint, Epoch, Identity, place_of, read_checkpoint
from snnmap.train.folded import Affine, network_of
from snnmap.train.loop import Work, thresholds_at, trained
from snnmap.train.memory import must_fit
from snnmap.train.net import State, affine
from snnmap.train.recipe import TrainRecipe, located_recipe, read_recipe
from snnmap.train.stimuli import read_stimuli

EXTRA = "training needs torch, which is not installed: pip install 'snnmap[train]'"


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What a user may say about a training beside the recipe.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    data: Data | None = None
    """Samples, as in `LoadOptions`: a file, or an array in memory."""
    labels: Data | None = None
    """Their classes, where they do not lie beside the data."""
    layout: str | None = None
    """Axes of an array of data, as in `LoadOptions`."""
    samples: int | None = None
    """Train on the first so many samples."""
    epochs: int | None = None
    """In the place of the recipe's."""
    seed: int = 0
    """Of the weights before training, and of the order of the samples."""
    threads: int = 1
    """Threads of torch; another number of them may give other bytes."""
    resume: bool = False
    """Go on from the checkpoint of the same output; without one, begin."""
    checkpoint_every: float = 20.0
    """Seconds between two checkpoints; there is one after every epoch, too."""

    def __post_init__(self) -> None:
        for key in ("samples", "epochs", "threads"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise InputError(f"{key} must be at least 1, not {value}")
        if self.seed < 0 or not self.checkpoint_every >= 0:
            raise InputError("seed and checkpoint_every must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a training came to."""

    read: Imported
    """The network, which `profile` and `compile` take."""
    epochs: tuple[Epoch, ...]


def train_network(
    recipe: str | Path,
    output: str | Path,
    options: TrainOptions | None = None,
    *,
    progress: Progress | None = None,
    tell: Callable[[int, Epoch], None] | None = None,
) -> Trained:
    """Train the network of a recipe and write it to `output`, `.npz`, a source for every command.

    A checkpoint lies beside it, `NAME.checkpoint.npz`, until the network is written.

    Parameters
    ----------
    recipe
        Name of a shipped one, or a TOML file.
    output
        File of the network.
    options
        Data, and what differs from the recipe.
    progress
        Called with ("train", batches done, batches, 0).
    tell
        Called with the number of an epoch, from 1, and what it came to.

    Raises
    ------
    InputError
        If torch is missing, a file cannot be used, data have no labels or do not fit, a checkpoint is of another
        training, or memory would not suffice.
    """
    wanted, target = options or TrainOptions(), Path(output)
    read = read_recipe(located_recipe(recipe))
    must_be_writable(target, (".npz",), read.path, wanted.data, wanted.labels)
    try:
        import torch
    except ImportError:
        raise InputError(EXTRA) from None
    stimuli = read_stimuli(read, wanted.data, wanted.labels, wanted.layout, wanted.samples)
    must_fit(read, stimuli)
    identity = Identity(read.digest, stimuli.digest, wanted.seed, wanted.epochs or read.training.epochs)
    start = _start(target, identity, resume=wanted.resume)
    torch.set_num_threads(wanted.threads)
    work = Work(read, stimuli, identity, place_of(target), wanted.checkpoint_every, start, progress, tell)
    state, epochs = trained(work)
    made = network_of(read, _layers(read, state, work), _origin(read, identity, stimuli.samples))
    save_network(made, target)
    work.place.unlink(missing_ok=True)
    return Trained(made, epochs)


def _start(target: Path, identity: Identity, *, resume: bool) -> Checkpoint | None:
    """The checkpoint to go on from, if there is one."""
    place = place_of(target)
    if place.exists() and not resume:
        raise InputError(f"{place}: a training of {target} was begun already; go on with --resume, or remove the file")
    return read_checkpoint(place, identity) if place.exists() else None


def _layers(recipe: TrainRecipe, state: State, work: Work) -> list[Affine]:
    """What the forward pass is after the last batch."""
    thresholds = thresholds_at(recipe, work.batches * work.identity.epochs)
    layers = []
    for k, threshold in enumerate(thresholds):
        parts = [part.detach().numpy() for part in affine(recipe, state, k)]
        layers.append(Affine(parts[0], parts[1].astype(np.float64), parts[2].astype(np.float64), threshold))
    return layers


def _origin(recipe: TrainRecipe, identity: Identity, samples: int) -> dict[str, str | int]:
    """What trained a network, so that it can be trained again."""
    return {
        "recipe": recipe.text,
        "recipe_sha256": recipe.digest,
        "data_digest": identity.data,
        "seed": identity.seed,
        "epochs": identity.epochs,
        "samples": samples,
        "snnmap": __version__,
    }
