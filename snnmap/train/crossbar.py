"""Sums of weights as a crossbar gives them, forward and backward: driven in steps, read noisily, digitised.

Forward, x is rounded by what drives the rows, multiplied by what the cells hold, every cell's read is noisy, and the
sum of a column is digitised. Backward, the error of the sums is driven into the columns and the sum of a row digitised
in the same way; what changes a weight, the product of x and that error, is worked out digitally and exactly. Knows no
cell.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from snnmap.train.tensors import normal

if TYPE_CHECKING:
    from snnmap.train.recipe import Layer

CALIBRATED = 0.1
"""How much of a batch's largest sum goes into the range of the converters that read the next."""


@dataclass(frozen=True, slots=True)
class Converters:
    """Bits of what drives rows and of what digitises sums, and how noisily cells are read."""

    adc_bits: int
    dac_bits: int
    """1: pulses as long as the value, so exact."""
    read_noise: float
    """Standard deviation of the read of what holds a weight, in units of weights."""


def driven(values: Any, bits: int) -> Any:
    """`values` in 2^bits - 1 steps up to the largest of them, the sign apart; of 1 bit as they are."""
    most = values.abs().max()
    if bits < 2 or not float(most) > 0:
        return values
    step = most / (2.0**bits - 1.0)
    return (values / step).round() * step


def digitised(sums: Any, bits: int, limit: Any) -> Any:
    """`sums` as one of the codes -(2^(bits-1) - 1) .. 2^(bits-1) - 1, the largest of which stands for `limit`."""
    codes = max(2.0 ** (bits - 1) - 1.0, 1.0)
    step = limit / codes
    return (sums / step).round().clamp(-codes, codes) * step


def product() -> Any:
    """The function of (x, latent, held, layer, converters, peak, rng) that gives sums, with its backward pass.

    `held` is multiplied with x (rows, *taken); `latent`, in units of weights too, has the gradient. `peak` (1,) is what
    the largest code of a column's converter stands for: the largest sum, averaged over the batches so far, which it
    goes on to be; 0 at first. A row's, going back, stands for the largest sum of the batch.
    """
    import torch

    class Product(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
        """The crossbar."""

        @staticmethod
        def forward(context: Any, x: Any, latent: Any, held: Any, *rest: Any) -> Any:  # noqa: ARG004  has the gradient
            layer, converters, peak, rng = rest
            ahead, back = rng.spawn(2)
            given = driven(x, converters.dac_bits)
            sums = _ahead(layer, given, held)
            most = sums.abs().max().clamp_min(1e-6)
            limit = peak.clone() if float(peak) > 0 else most.view(1)
            peak.copy_(torch.lerp(limit, most, CALIBRATED))
            if converters.read_noise:
                power = _ahead(layer, given**2, torch.ones_like(held[:1]))
                sums = sums + _noise(ahead, sums.shape, power, converters.read_noise)
            context.save_for_backward(given, held, sums.abs() <= limit)
            context.rest = layer, converters, back
            return digitised(sums, converters.adc_bits, limit)

        @staticmethod
        def backward(context: Any, error: Any) -> Any:
            given, held, inside = context.saved_tensors
            layer, converters, rng = context.rest
            own = error * inside
            change = _changes(layer, given, own, held.shape)
            if not context.needs_input_grad[0]:
                return None, change, None, None, None, None, None
            sent = driven(own, converters.dac_bits)
            sums = _back(layer, sent, held, given.shape)
            if converters.read_noise:
                sums = sums + _noise(rng, sums.shape, _power(layer, sent, held, given.shape), converters.read_noise)
            most = sums.abs().max()
            if float(most) > 0:
                sums = digitised(sums, converters.adc_bits, most)
            return sums, change, None, None, None, None, None

    return Product.apply


def _noise(rng: np.random.Generator, shape: Any, power: Any, sd: float) -> Any:
    """Noise of sums whose squares of what was driven add up to `power`."""
    return normal(rng, shape) * power.sqrt() * sd


def _ahead(layer: "Layer", given: Any, weight: Any) -> Any:
    """Sums of columns."""
    import torch

    if layer.kind == "conv":
        return torch.nn.functional.conv2d(given, weight, stride=layer.stride, padding=layer.padding)
    return given.flatten(1) @ weight.T


def _back(layer: "Layer", error: Any, weight: Any, shape: Any) -> Any:
    """Sums of rows, of the shape of what they were driven with."""
    import torch

    if layer.kind == "conv":
        return torch.nn.grad.conv2d_input(tuple(shape), weight, error, layer.stride, layer.padding)
    return (error @ weight).view(shape)


def _power(layer: "Layer", error: Any, weight: Any, shape: Any) -> Any:
    """Sums of squares of the errors that every row was read with, to be broadcast to its shape."""
    import torch

    if layer.kind == "conv":
        return _back(layer, error**2, torch.ones_like(weight[:, :1]), (shape[0], 1, *shape[2:]))
    return (error**2).sum(1).view(-1, *(1,) * (len(shape) - 1))


def _changes(layer: "Layer", given: Any, error: Any, shape: Any) -> Any:
    """Gradient of the weights."""
    import torch

    if layer.kind == "conv":
        return torch.nn.grad.conv2d_weight(given, tuple(shape), error, layer.stride, layer.padding)
    return error.T @ given.flatten(1)
