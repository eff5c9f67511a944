"""`train_network`: recipe and data in, trained network out. The one function of this room that others call."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnmap.core.arrays import digest
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable
from snnmap.core.run import Progress
from snnmap.core.version import __version__
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.networks.save import save_network
from snnmap.frontend.options import Data
from snnmap.frontend.writes import Writes, save_writes
from snnmap.train.checkpoint import Checkpoint, Epoch, Identity, place_of, read_checkpoint
from snnmap.train.chip import Chip
from snnmap.train.folded import Affine, network_of
from snnmap.train.loop import Work, thresholds_at, trained
from snnmap.train.memory import must_fit
from snnmap.train.net import State, affine
from snnmap.train.recipe import TrainRecipe, located_recipe, read_recipe
from snnmap.train.stimuli import read_stimuli
from snnmap.train.tested import Tested, tested

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
    trace: str | Path | None = None
    """Write here (`.npz`) how often every cell was written, by methods that write cells while they train."""
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
    writes: Writes | None = None
    """Of every cell, where the method writes cells while it trains."""
    notes: tuple[str, ...] = ()
    """What the reader must know, one sentence each."""

    def tested(
        self, data: Path, labels: Path | None = None, layout: str | None = None, progress: Progress | None = None
    ) -> Tested:
        """What the network comes to on other data, as snnmap runs it, in parts of bounded memory.

        Raises
        ------
        InputError
            If the data cannot be read or do not fit.
        """
        return tested(self.read, data, labels, layout, progress)


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
    _trace_must_be_possible(read, target, wanted)
    try:
        import torch
    except ImportError:
        raise InputError(EXTRA) from None
    stimuli = read_stimuli(read, wanted.data, wanted.labels, wanted.layout, wanted.samples)
    must_fit(read, stimuli)
    identity = _identity(read, stimuli.digest, wanted)
    torch.set_num_threads(wanted.threads)
    given = wanted.checkpoint_every, _start(target, identity, resume=wanted.resume), progress, tell
    work = Work(read, stimuli, identity, place_of(target), *given)
    state, told = trained(work)
    made, writes = _network(read, state, work), _writes(read, state, work, wanted.trace)
    save_network(made, target)
    work.place.unlink(missing_ok=True)
    return Trained(made, told, writes, _notes(read))


def _notes(recipe: TrainRecipe) -> tuple[str, ...]:
    """What training left out of a chip."""
    strays = recipe.method.given.strays if isinstance(recipe.method, Chip) else 0
    if not strays:
        return ()
    return (f"{strays:,} stuck cells join populations that have no synapses between them, which training left out",)


def _trace_must_be_possible(recipe: TrainRecipe, target: Path, wanted: TrainOptions) -> None:
    """Refuse a trace of a method that writes no cells, or one that would replace what is read or made."""
    if wanted.trace is None:
        return
    if not recipe.method.counts_writes:
        raise InputError(
            f"{recipe.path}: {recipe.method_name} writes no cells while it trains; leave --trace out, or use cim"
        )
    trace = Path(wanted.trace)
    must_be_writable(trace, (".npz",), recipe.path, wanted.data, wanted.labels)
    if trace.absolute() in {target.absolute(), place_of(target).absolute()}:
        raise InputError(f"{trace}: the trace would replace the network or its checkpoint; give it another name")


def _identity(recipe: TrainRecipe, data: str, wanted: TrainOptions) -> Identity:
    """What two trainings must have in common; a method is all numbers that it was read to, whatever file has them."""
    epochs = wanted.epochs or recipe.training.epochs
    return Identity(recipe.digest, data, wanted.seed, epochs, digest([repr(recipe.method)]))


def _writes(recipe: TrainRecipe, state: State, work: Work, path: str | Path | None) -> Writes | None:
    """How often every cell was written, by the names that layers have in the network; saved if a path is given."""
    if not recipe.method.counts_writes:
        return None
    layers = {
        f"{layer.kind}{k + 1}": state.cells[f"writes{k}"].numpy().astype(np.int64)
        for k, layer in enumerate(recipe.layers)
    }
    writes = Writes(recipe.digest, work.identity.seed, work.batches * work.identity.epochs, layers)
    if path is not None:
        save_writes(writes, path)
    return writes


def _start(target: Path, identity: Identity, *, resume: bool) -> Checkpoint | None:
    """The checkpoint to go on from, if there is one."""
    place = place_of(target)
    if place.exists() and not resume:
        raise InputError(f"{place}: a training of {target} was begun already; go on with --resume, or remove the file")
    return read_checkpoint(place, identity) if place.exists() else None


def _network(recipe: TrainRecipe, state: State, work: Work) -> Imported:
    """The network of a trained state."""
    layers, origin = _layers(recipe, state, work), _origin(recipe, work.identity, work.stimuli.samples)
    if isinstance(recipe.method, Chip):
        return recipe.method.network([layer.weight for layer in layers], recipe.name, origin)
    return network_of(recipe, layers, origin)


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
        **recipe.method.sources,
    }
