"""The forward pass: weights, batch normalisation, neurons over the steps; what is trained. Knows no data.

Of every layer f (sums + b) arrives at the neurons, f and b (outputs,): sums of weights in units of `Method.weight`, b
in the same units by `Method.constant`. With batch normalisation f = gain / sqrt(variance + epsilon) and
b = offset / f - mean, over the batch in training and over the running mean and variance else. `folded` reads the
latter off as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnmap.core.run import stream
from snnmap.ir.models import ANALOG, INTEGER
from snnmap.train.recipe import TrainRecipe

EPSILON = 1e-5
MOMENTUM = 0.1
"""As in torch."""
LEAST = 1e-12
"""Factors are kept above it: one of 0 would divide."""

Tensors = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """All that training changes; tensors by name, the layer's number behind it."""

    trained: Tensors
    """`weight`, `gain`, `offset`, `bias`."""
    running: Tensors
    """`mean`, `variance`."""
    cells: Tensors = field(default_factory=dict)
    """What a method that is trained on the chip knows of its cells (`OnChip`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a batch came to."""

    counts: Any
    """(samples, classes) spikes of the last layer, or what it sends, added up over all steps."""
    membranes: Any
    """(steps, samples, classes) its membranes, of spiking neurons as compared with the threshold."""
    spikes: Any
    """Spikes of all neurons in all samples; of those that send values, how many they send."""


def begun(recipe: TrainRecipe, seed: int) -> State:
    """A network before training: normal weights of variance 1 / fan-in, from a stream of the seed alone."""
    import torch

    trained: Tensors = {}
    running: Tensors = {}
    rng = stream(seed, "weights")
    for k, layer in enumerate(recipe.layers):
        fan_in = float(np.prod(layer.weights[1:]))
        drawn = rng.standard_normal(layer.weights) / np.sqrt(fan_in)
        trained[f"weight{k}"] = torch.tensor(drawn, dtype=torch.float32)
        size = layer.shape[0]
        if layer.batch_norm:
            trained[f"gain{k}"], trained[f"offset{k}"] = torch.ones(size), torch.zeros(size)
            running[f"mean{k}"], running[f"variance{k}"] = torch.zeros(size), torch.ones(size)
        elif layer.bias:
            trained[f"bias{k}"] = torch.zeros(size)
    on_chip = recipe.method.on_chip
    cells = {} if on_chip is None else on_chip.cells(trained, seed)
    for tensor in trained.values():
        tensor.requires_grad_(True)
    return State(trained, running, cells)


def run(
    recipe: TrainRecipe,
    state: State,
    given: Any,
    thresholds: Sequence[float],
    spike: Any,
    rng: np.random.Generator | None,
) -> Answer:
    """Answer to a batch.

    Parameters
    ----------
    given
        (steps, samples, *input), or (1, samples, *input) if every step is the same.
    thresholds
        Of every layer.
    spike
        As `surrogate.spike_function` makes it; none for a method without a gradient.
    rng
        Of this batch's noise, where it is trained on: it is then normalised by itself, which moves the running
        statistics. None where nothing is trained.
    """
    import torch

    sent, total = given, torch.zeros(())
    counts = membranes = sent
    for k, layer in enumerate(recipe.layers):
        steps, samples = sent.shape[:2]
        factor, constant, sums = _layer(recipe, state, k, sent.flatten(0, 1), rng)
        shape = (1, -1) + (1,) * (sums.dim() - 2)
        arriving = (factor.view(shape) * (sums + constant.view(shape))).view(steps, samples, *layer.shape)
        every = arriving.unbind(0) if steps > 1 else (arriving[0],) * recipe.unrolled
        fired = list(layer.neuron.forward(every, thresholds[k], spike, rng))
        sent = torch.stack([spikes for spikes, _ in fired])
        told = sent.detach()
        total = total + (told.count_nonzero() if layer.neuron.model in ANALOG else told.sum())
        if k == len(recipe.layers) - 1:
            counts, membranes = sent.sum(0), torch.stack([membrane for _, membrane in fired])
    alike = recipe.steps // recipe.unrolled  # steps that one stands for
    return Answer(counts * alike, membranes, total * alike)


def affine(recipe: TrainRecipe, state: State, k: int) -> tuple[Any, Any, Any]:
    """Weights of layer k, factor and constant (outputs,), once trained."""
    layer = recipe.layers[k]
    weight, scale = _weight(recipe, state, k)
    if layer.batch_norm:
        factor, constant = _normalised(state, k, state.running[f"mean{k}"], state.running[f"variance{k}"])
    else:
        factor, constant = _plain(state, k, scale, layer.shape[0])
    return weight, factor, recipe.method.constant(constant)


def _weight(recipe: TrainRecipe, state: State, k: int) -> tuple[Any, Any]:
    """Weights of layer k as they would be written now, and what 1 of them stands for."""
    latent, on_chip = state.trained[f"weight{k}"], recipe.method.on_chip
    return recipe.method.weight(latent) if on_chip is None else on_chip.written(state.cells, k, latent)


def _layer(
    recipe: TrainRecipe, state: State, k: int, sent: Any, rng: np.random.Generator | None
) -> tuple[Any, Any, Any]:
    """Factor, constant and sums of a layer for (rows, *taken); `rng` as `run`."""
    import torch

    layer, on_chip = recipe.layers[k], recipe.method.on_chip
    if layer.pool is not None:
        added = 1 if layer.neuron.model in INTEGER else None  # on the chip windows are sums, of which none is divided
        sent = torch.nn.functional.avg_pool2d(sent, layer.pool.kernel, layer.pool.stride, divisor_override=added)
    weight, scale = _weight(recipe, state, k)
    if on_chip is not None and (rng is not None or on_chip.everywhere):
        sums = on_chip.sums(layer, k, sent, (state.trained[f"weight{k}"], state.cells), rng)
    elif layer.kind == "conv":
        sums = torch.nn.functional.conv2d(sent, weight, stride=layer.stride, padding=layer.padding)
    else:
        sums = sent.flatten(1) @ weight.T
    if not layer.batch_norm:
        factor, constant = _plain(state, k, scale, layer.shape[0])
        return factor, recipe.method.constant(constant), sums
    mean, variance = state.running[f"mean{k}"], state.running[f"variance{k}"]
    if rng is not None:
        axes = [0, *range(2, sums.dim())]
        own_mean, own_variance = sums.mean(axes), sums.var(axes, unbiased=False)
        with torch.no_grad():
            mean.lerp_(own_mean, MOMENTUM)
            variance.lerp_(own_variance, MOMENTUM)
        mean, variance = own_mean, own_variance
    factor, constant = _normalised(state, k, mean, variance)
    return factor, recipe.method.constant(constant), sums


def _normalised(state: State, k: int, mean: Any, variance: Any) -> tuple[Any, Any]:
    factor = _apart(state.trained[f"gain{k}"] / (variance + EPSILON).sqrt())
    return factor, state.trained[f"offset{k}"] / factor - mean


def _plain(state: State, k: int, scale: Any, outputs: int) -> tuple[Any, Any]:
    factor = scale.expand(outputs)
    bias = state.trained.get(f"bias{k}")
    return factor, factor.new_zeros(outputs) if bias is None else bias / factor


def _apart(factor: Any) -> Any:
    """The factor, or `LEAST` where it is nearer to 0."""
    return factor.where(factor.abs() > LEAST, factor.new_full((), LEAST))


def arrays(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Tensors as numpy arrays of their own."""
    return {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}
