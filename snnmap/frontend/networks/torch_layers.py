"""Layers of torch that are linear once trained, one function per family; torch itself is not imported.

A layer is known by its class's very name and home: a class derived from one may do anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.networks import chain
from snnmap.frontend.networks.chain import Signal
from snnmap.frontend.networks.linear import Shape, convolution, dense, pool, window

Reader = Callable[[Any, str, Signal, Shape], Signal]
"""A layer, its title, what arrives and the shape of what leaves: what leaves."""


def class_of(part: Any) -> str:
    """`torch.Linear`, `snntorch.Leaky`; whatever else a class is called."""
    return f"{type(part).__module__.partition('.')[0]}.{type(part).__name__}"


def titled(name: str, part: Any) -> str:
    """What messages call a layer."""
    return f"layer {name!r} ({type(part).__name__})"


def values(tensor: Any) -> npt.NDArray[Any]:
    """The numbers of a tensor, in its own precision."""
    numbers: npt.NDArray[Any] = np.array(tensor.detach().cpu().numpy())
    return numbers


def _bias(part: Any) -> F64:
    """Bias per output or channel; a zero if there is none."""
    return np.zeros(1) if part.bias is None else values(part.bias).astype(np.float64)


def _linear(part: Any, title: str, signal: Signal, shape: Shape) -> Signal:
    if len(signal.shape) != 1:
        raise InputError(f"{title} is applied along the last axis of {signal.shape}; put a Flatten in front of it")
    bias = np.broadcast_to(_bias(part), shape)
    return chain.linear(signal, title, dense(values(part.weight)), bias, shape)


def _convolution(part: Any, title: str, signal: Signal, shape: Shape) -> Signal:
    if part.padding_mode != "zeros":
        raise InputError(f"{title} pads with {part.padding_mode!r}; train it with zeros")
    over = window(part.kernel_size, part.stride, part.padding, part.dilation)
    matrix = convolution(values(part.weight), signal.shape[1:], over, part.groups)
    return chain.linear(signal, title, matrix, _spread(_bias(part), shape), shape)


def _average(part: Any, title: str, signal: Signal, shape: Shape) -> Signal:
    axes = len(signal.shape) - 1
    if part.ceil_mode:
        raise InputError(f"{title} has ceil_mode, whose last windows are smaller; use ceil_mode=False")
    kernel = np.broadcast_to(part.kernel_size, axes).tolist()
    over = window(kernel, part.stride, part.padding)
    summed = pool(signal.shape[0], signal.shape[1:], over, average=False)
    counted = np.bincount(summed.indices, minlength=summed.shape[1]).astype(np.float64)
    whole = getattr(part, "divisor_override", None) or float(np.prod(kernel))
    divisor = np.full(len(counted), whole) if part.count_include_pad or whole != np.prod(kernel) else counted
    return chain.scaled(
        chain.linear(signal, title, summed, np.zeros(len(counted)), shape), 1.0 / divisor, 0.0 * divisor
    )


def _batch_norm(part: Any, title: str, signal: Signal, shape: Shape) -> Signal:
    if part.running_mean is None or part.running_var is None:
        raise InputError(f"{title} keeps no running statistics, so that spikes depend on the batch; train it with them")
    mean, variance = (values(each).astype(np.float64) for each in (part.running_mean, part.running_var))
    if not np.all(variance + part.eps > 0):
        raise InputError(f"{title} has a running variance that is not positive; train it before it is imported")
    affine = part.weight is not None
    gain = (values(part.weight).astype(np.float64) if affine else 1.0) / np.sqrt(variance + part.eps)
    offset = (values(part.bias).astype(np.float64) if affine else 0.0) - mean * gain
    return chain.scaled(signal, _spread(gain, shape), _spread(offset, shape))


def _same(_: Any, title: str, signal: Signal, shape: Shape) -> Signal:
    if np.prod(shape) != signal.size:
        raise InputError(f"{title} joins samples: {signal.shape} becomes {shape}; keep the first axis")
    return chain.reshaped(signal, shape)


def _spread(each: F64, shape: Shape) -> F64:
    """One value per channel, or one for all, at every place."""
    places = int(np.prod(shape[1:], dtype=np.int64))
    return np.repeat(np.broadcast_to(each, (shape[0],)), places)


LINEAR: Mapping[str, Reader] = {
    "torch.Linear": _linear,
    "torch.Conv1d": _convolution,
    "torch.Conv2d": _convolution,
    "torch.AvgPool1d": _average,
    "torch.AvgPool2d": _average,
    "torch.BatchNorm1d": _batch_norm,
    "torch.BatchNorm2d": _batch_norm,
    "torch.Flatten": _same,
    "torch.Unflatten": _same,
    "torch.Dropout": _same,
    "torch.Dropout1d": _same,
    "torch.Dropout2d": _same,
    "torch.Identity": _same,
}
"""Every class that is linear, or does nothing, once trained."""
WEIGHED = ("torch.Linear", "torch.Conv1d", "torch.Conv2d", "torch.AvgPool1d", "torch.AvgPool2d", "torch.BatchNorm1d",
           "torch.BatchNorm2d")  # fmt: skip
"""Those behind which values are no longer spikes."""
