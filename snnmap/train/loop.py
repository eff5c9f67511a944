"""The loop that all methods share: batches, loss, step, checkpoint. One thread, unless more are asked for.

The order of the samples is a stream of (seed, epoch), noise one of (seed, batch), weights begin from one of the seed,
and Adam's moments stand in the checkpoint with the parameters: after any stop the following batches, and so the result,
are the same bytes, on one machine with one number of threads.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.core.arrays import F32
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.train.checkpoint import Checkpoint, Epoch, Identity, Sums, save_checkpoint
from snnmap.train.net import Answer, State, arrays, begun, run
from snnmap.train.recipe import Pace, TrainRecipe
from snnmap.train.stimuli import Stimuli
from snnmap.train.surrogate import spike_function

MOMENTS = ("exp_avg", "exp_avg_sq")
EXAMINED = 500
"""Samples that are looked at together when nothing is trained."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A training that has not begun, or goes on."""

    recipe: TrainRecipe
    stimuli: Stimuli
    identity: Identity
    place: Path
    """Of the checkpoint."""
    every: float
    """Seconds between two checkpoints."""
    start: Checkpoint | None
    progress: Progress | None
    tell: Callable[[int, Epoch], None] | None
    """Called with every epoch's number, from 1, and what it came to."""

    @property
    def batches(self) -> int:
        """Batches of an epoch."""
        return (self.stimuli.samples - self.recipe.training.held_out) // self.recipe.training.batch


def rate_at(pace: Pace, iteration: int, batches: int, epochs: int) -> float:
    """Learning rate of an iteration: constant, or a cosine down to 0 that begins anew every `restart_every` epochs."""
    if pace.schedule == "constant":
        return pace.learning_rate
    period = max(1.0, (pace.restart_every or epochs) * batches)
    return pace.learning_rate * (1 + cos(pi * (iteration % period) / period)) / 2


def trained(work: Work) -> tuple[State, tuple[Epoch, ...]]:
    """Run a training to its end.

    Raises
    ------
    InputError
        If the loss is no longer a number.
    """
    import torch

    state, adam = _begin(work)
    gradient = work.recipe.method.gradient
    spike = None if gradient is None else spike_function(gradient)
    at = work.start or Checkpoint(work.identity, str(torch.__version__))
    batches, saved = work.batches, time.monotonic()
    total = batches * work.identity.epochs
    order = np.zeros(0, np.int64)
    while at.iteration < total:
        epoch, batch = divmod(at.iteration, batches)
        if batch == 0 or not len(order):
            order = stream(work.identity.seed, f"epoch {epoch}").permutation(
                work.stimuli.samples - work.recipe.training.held_out
            )
        size = work.recipe.training.batch
        sums = _step(work, (state, adam, spike), at, order[batch * size : (batch + 1) * size])
        at = replace(at, iteration=at.iteration + 1, sums=sums)
        if work.progress is not None:
            work.progress("train", at.iteration, total, 0.0)
        if batch + 1 == batches:
            at = _ended(work, (state, spike), at, epoch)
        if batch + 1 == batches or time.monotonic() - saved >= work.every:
            save_checkpoint(replace(at, arrays=_kept(state, adam)), work.place)
            saved = time.monotonic()
    return state, at.history


def thresholds_at(recipe: TrainRecipe, iteration: int) -> list[float]:
    """Threshold of every layer in an iteration."""
    return [recipe.method.threshold(k, layer.neuron.threshold, iteration) for k, layer in enumerate(recipe.layers)]


def _begin(work: Work) -> tuple[State, Any]:
    """Network and optimiser, from the checkpoint if there is one."""
    import torch

    state = begun(work.recipe, work.identity.seed)
    adam = torch.optim.Adam(state.trained.values(), lr=work.recipe.training.learning_rate, foreach=False)
    if work.start is None:
        return state, adam
    kept = work.start.arrays
    with torch.no_grad():
        for name, tensor in (*state.trained.items(), *state.running.items(), *state.cells.items()):
            tensor.copy_(_like(tensor, kept, name, work.place))
        for name, tensor in state.trained.items():
            moments = {key: _like(tensor, kept, f"{key}.{name}", work.place) for key in MOMENTS}
            adam.state[tensor] = {"step": torch.tensor(float(work.start.iteration)), **moments}
    return state, adam


def _like(tensor: Any, kept: dict[str, Any], name: str, place: Path) -> Any:
    """An array of a checkpoint as a tensor of its own."""
    import torch

    array = kept.get(name)
    if array is None or array.shape != tuple(tensor.shape) or array.dtype != tensor.detach().numpy().dtype:
        raise InputError(f"{place}: not a usable checkpoint: {name} is missing or of another shape; remove the file")
    return torch.empty_like(tensor).copy_(torch.from_numpy(array.copy()))


def _kept(state: State, adam: Any) -> dict[str, Any]:
    """Arrays of a checkpoint."""
    kept = arrays(state.trained) | arrays(state.running) | arrays(state.cells)
    for name, tensor in state.trained.items():
        kept |= {f"{key}.{name}": adam.state[tensor][key].numpy().copy() for key in MOMENTS}
    return kept


def _step(work: Work, parts: tuple[State, Any, Any], at: Checkpoint, which: Any) -> Sums:
    """Train on one batch, and add up what it came to."""
    import torch

    state, adam, spike = parts
    recipe = work.recipe
    for group in adam.param_groups:
        group["lr"] = rate_at(recipe.training, at.iteration, work.batches, work.identity.epochs)
    given = torch.from_numpy(moved(work.stimuli.batch(which), recipe.training.shift, work.identity.seed, at.iteration))
    labels = torch.from_numpy(work.stimuli.labels[which].astype(np.int64))
    rng = stream(work.identity.seed, f"noise {at.iteration}")
    answer = run(recipe, state, given, thresholds_at(recipe, at.iteration + 1), spike, rng)
    loss = _loss(recipe, answer, labels)
    adam.zero_grad(set_to_none=True)
    loss.backward()
    adam.step()
    if recipe.method.on_chip is not None:
        recipe.method.on_chip.write(state.trained, state.cells, work.identity.seed, at.iteration)
    value = float(loss.item())
    if not np.isfinite(value):
        raise InputError(
            f"{recipe.path}: the loss is {value} after {at.iteration + 1:,} batches; lower learning_rate, which is "
            f"{recipe.training.learning_rate:g}"
        )
    right = int((answer.counts.argmax(1) == labels).sum())
    sums = at.sums
    return Sums(sums.loss + value, sums.right + right, sums.seen + len(which), sums.spikes + float(answer.spikes))


def moved(given: F32, most: int, seed: int, iteration: int) -> F32:
    """A batch (..., height, width), moved by up to `most` pixels down and across, as drawn for the iteration."""
    if most == 0:
        return given
    down, across = stream(seed, f"shift {iteration}").integers(-most, most + 1, 2).tolist()
    made, (height, width) = np.zeros_like(given), given.shape[-2:]
    made[..., max(0, down) : height + down, max(0, across) : width + across] = given[
        ..., max(0, -down) : height - down, max(0, -across) : width - across
    ]
    return made


def _loss(recipe: TrainRecipe, answer: Answer, labels: Any) -> Any:
    """Cross entropy of spike counts; or of membranes, added up over the steps."""
    import torch

    counted, heat = recipe.training.loss == "count", recipe.training.temperature
    given = answer.counts if counted else answer.membranes.flatten(0, 1)
    given = given if heat == 1.0 else given / heat
    if counted:
        return torch.nn.functional.cross_entropy(given, labels)
    steps = len(answer.membranes)
    return torch.nn.functional.cross_entropy(given, labels.repeat(steps)) * steps


def _ended(work: Work, parts: tuple[State, Any], at: Checkpoint, epoch: int) -> Checkpoint:
    """After an epoch: told, and counted from 0 again."""
    state, spike = parts
    sums, held_out = at.sums, None
    if work.recipe.training.held_out:
        first = work.stimuli.samples - work.recipe.training.held_out
        which = np.arange(first, work.stimuli.samples)
        predicted = predictions(work.recipe, state, work.stimuli, which, at.iteration, spike)
        held_out = float(np.mean(predicted == work.stimuli.labels[which]))
    ended = Epoch(sums.loss / work.batches, sums.right / sums.seen, sums.spikes / sums.seen, held_out)
    if work.tell is not None:
        work.tell(epoch + 1, ended)
    return replace(at, sums=Sums(), history=(*at.history, ended))


def predictions(recipe: TrainRecipe, state: State, stimuli: Stimuli, which: Any, iteration: int, spike: Any) -> Any:
    """Class of samples `which`, int64 of its length, with the running statistics; of equals the lowest."""
    import torch

    found = []
    with torch.no_grad():
        for first in range(0, len(which), EXAMINED):
            given = torch.from_numpy(stimuli.batch(which[first : first + EXAMINED]))
            answer = run(recipe, state, given, thresholds_at(recipe, iteration), spike, None)
            found.append(np.argmax(answer.counts.numpy(), axis=1))
    return np.concatenate(found).astype(np.int64)
