"""From a trained state to a network: what the forward pass multiplied goes into thresholds, exactly; no torch here.

f (sums + b) against a threshold thr is sums + b against thr / f (other neurons put f elsewhere, `Neurons.parameters`);
where f is negative the weights and b turn their sign and f does too. So weights stay what they were in the forward
pass, integers where the method has levels, and b becomes rows of a constant source, each no larger than a cell holds.
An average in front of weights is a sum there, its size n in f and b: f / n (sums + n b).
Membranes are those of training divided by |f|: what differs at all is a tie within the rounding of single precision.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import convolution, dense, pool, window
from snnmap.frontend.networks.nir.fold import product
from snnmap.frontend.networks.nir.integers import rows_of
from snnmap.frontend.networks.parsed import Imported
from snnmap.train.recipe import Layer, TrainRecipe

WHY = "the recipe that trained it"


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A trained layer: factor (weight x + constant)."""

    weight: npt.NDArray[Any]
    """(outputs, ...), integers where there are levels."""
    factor: F64
    """(outputs,)"""
    constant: F64
    """(outputs,) in units of the weights."""
    threshold: float


def network_of(recipe: TrainRecipe, layers: Sequence[Affine], training: Mapping[str, str | int]) -> Imported:
    """The network of trained layers, with what trained it."""
    from scipy import sparse

    drafts = [Draft("input", "input", "input", recipe.input)]
    blocks: list[Block] = []
    constants: dict[int, F64] = {}
    for k, (layer, given) in enumerate(zip(recipe.layers, layers, strict=True)):
        sign = np.where(given.factor < 0, -1.0, 1.0)
        size = 1 if layer.pool is None else math.prod(layer.pool.kernel)
        each = _per_neuron(layer, np.abs(given.factor) / size)
        weight = given.weight * sign.reshape(-1, *(1,) * (given.weight.ndim - 1)) + 0.0
        levels = recipe.method.levels
        drafts.append(
            Draft(
                f"{layer.kind}{k + 1}",
                "neuron",
                layer.neuron.model,
                layer.shape,
                layer.neuron.parameters(given.threshold, each),
                levels,
            )
        )
        blocks.append(Block(k, k + 1, _matrix(layer, weight)))
        constant = _per_neuron(layer, given.constant * sign * size)
        if np.any(constant):
            constants[k + 1] = constant
    rows = {target: rows_of(constant, drafts[target]) for target, constant in constants.items()}
    most = max((len(own) for own in rows.values()), default=0)
    for target, own in rows.items():
        blocks.append(Block(len(recipe.layers) + 1, target, _grown(sparse.csr_array(own), most)))
    if most:
        drafts.append(Draft("bias", "bias", "bias", (most,)))
    network = build_network(drafts, blocks, [len(recipe.layers)])
    hints = recipe.layers[-1].neuron.stepping()
    why = dict.fromkeys(hints, WHY)
    stimulus: dict[str, str | int] = {"steps": recipe.steps, "encode": recipe.encode}
    return Imported(
        recipe.name, "network", network, network.digest(), hints=hints, why=why, stimulus=stimulus, training=training
    )


def _per_neuron(layer: Layer, values: F64) -> F64:
    """Values of outputs for every neuron of the layer."""
    return np.repeat(np.asarray(values, np.float64), layer.neurons // layer.shape[0])


def _matrix(layer: Layer, weight: npt.NDArray[Any]) -> Any:
    """csr_array (heard, neurons) of its weights, behind sums over the windows of a pool."""
    exact = weight.astype(np.float32)
    if layer.kind == "dense":
        own = dense(exact)
    else:
        own = convolution(exact, layer.taken[1:], window(layer.kernel, layer.stride, layer.padding))
    if layer.pool is None:
        return own
    channels, *size = layer.pool.heard
    return product(pool(channels, tuple(size), window(layer.pool.kernel, layer.pool.stride), average=False), own)


def _grown(matrix: Any, rows: int) -> Any:
    """The matrix, without its zeros, with empty rows below it."""
    matrix.eliminate_zeros()
    matrix.resize((rows, matrix.shape[1]))
    return matrix
