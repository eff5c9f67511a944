"""A convolutional spiking network in single precision, written out: convolution, batch normalisation, leaky neurons.

Shares no code with snnmap. All arithmetic is float32, as a framework runs a network that was trained in it.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Layer:
    """Weights `scale` x `whole`, batch normalisation, leaky integrate and fire with reset by subtraction."""

    whole: np.ndarray
    """(outputs, inputs, height, width), integers; (outputs, inputs) of a dense layer."""
    scale: np.ndarray
    """(outputs,)"""
    bias: np.ndarray
    statistics: np.ndarray
    """(4, outputs): gain, offset, mean, variance."""
    stride: int
    padding: int
    beta: float
    """Share of v that is kept in a step; the input comes whole."""
    threshold: float


EPSILON = 1e-5


def windows(x, side, stride, padding):
    """(frames, channels, height, width) -> (frames, places, channels x side x side), and places per axis."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    high, wide = ((n - side) // stride + 1 for n in x.shape[2:])
    seen = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(2, 3))[:, :, ::stride, ::stride]
    return seen.transpose(0, 2, 3, 1, 4, 5).reshape(len(x), high * wide, -1), (high, wide)


def current(layer, x):
    """Normalised input of a layer's neurons, float32 (frames, outputs, ...)."""
    weight = (layer.scale.reshape(-1, *(1,) * (layer.whole.ndim - 1)) * layer.whole).astype(np.float32)
    if weight.ndim == 4:
        flat, places = windows(x, weight.shape[2], layer.stride, layer.padding)
        summed = (flat @ weight.reshape(len(weight), -1).T).transpose(0, 2, 1).reshape(len(x), -1, *places)
    else:
        summed = x.reshape(len(x), -1) @ weight.T
    shape = (1, -1, *(1,) * (summed.ndim - 2))
    gain, offset, mean, variance = (row.astype(np.float32).reshape(shape) for row in layer.statistics)
    summed = summed + layer.bias.astype(np.float32).reshape(shape)
    return (summed - mean) / np.sqrt(variance + np.float32(EPSILON)) * gain + offset


def run(layers, spikes):
    """Spikes (frames, steps, neurons) of every layer, bool, and the distance of v from the threshold, float32.

    `spikes` is (frames, steps, channels, height, width), 0 or 1.
    """
    v = [None] * len(layers)
    fired = [[] for _ in layers]
    margin = [[] for _ in layers]
    for t in range(spikes.shape[1]):
        x = spikes[:, t].astype(np.float32)
        for k, layer in enumerate(layers):
            driven = current(layer, x)
            assert driven.dtype == np.float32
            before = np.float32(0) if v[k] is None else v[k]
            v[k] = np.float32(layer.beta) * before + driven
            x = (v[k] > np.float32(layer.threshold)).astype(np.float32)
            margin[k].append(np.abs(v[k] - np.float32(layer.threshold)).reshape(len(spikes), -1))
            v[k] = v[k] - x * np.float32(layer.threshold)
            fired[k].append(x.reshape(len(spikes), -1) > 0)
    return [np.stack(each, 1) for each in fired], [np.stack(each, 1) for each in margin]
