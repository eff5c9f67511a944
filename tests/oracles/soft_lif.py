"""A layered network of leaky neurons written out: rates with a smooth threshold, and spikes behind alpha synapses.

Shares no code with snnmap; float64, a loop over steps, averages and convolutions by explicit windows. Sources: E.
Hunsberger, C. Eliasmith, arXiv 1611.05141 (rates); Nengo's LIF (spikes); two first-order filters in a row (synapse).
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Layer:
    """Averages over windows, weights, constants, and neurons with a threshold."""

    weight: np.ndarray
    """(outputs, inputs, high, wide), or (outputs, inputs)."""
    bias: np.ndarray
    threshold: float
    pool: tuple[int, int] = (1, 1)
    """Side and stride of the windows of the averages in front."""


def averaged(x, side, stride):
    """(channels, high, wide) -> averages over windows."""
    places = [(n - side) // stride + 1 for n in x.shape[1:]]
    made = np.zeros((len(x), *places))
    for a in range(places[0]):
        for b in range(places[1]):
            made[:, a, b] = x[:, a * stride : a * stride + side, b * stride : b * stride + side].mean((1, 2))
    return made


def arriving(layer, x):
    """What arrives at the neurons of a layer, of what is sent to it."""
    x = averaged(x, *layer.pool) if layer.pool != (1, 1) else x
    if layer.weight.ndim == 2:
        return layer.weight @ x.ravel() + layer.bias
    side = layer.weight.shape[2]
    places = [n - side + 1 for n in x.shape[1:]]
    made = np.zeros((len(layer.weight), *places))
    for a in range(places[0]):
        for b in range(places[1]):
            seen = x[:, a : a + side, b : b + side]
            made[:, a, b] = [np.sum(kernel * seen) for kernel in layer.weight] + layer.bias
    return made


def rate(x, threshold, tau, tau_ref, gamma):
    """Per second, of a steady x."""
    rho = gamma * np.logaddexp(0.0, (x / threshold - 1) / gamma)
    return 1 / (tau_ref + tau * np.log1p(1 / rho))


def rates(layers, image, dt, tau, tau_ref, gamma):
    """Expected spikes per step of every layer."""
    sent, made = image, []
    for layer in layers:
        sent = dt * rate(arriving(layer, sent), layer.threshold, tau, tau_ref, gamma)
        made.append(sent)
    return made


def spikes(layers, image, steps, dt, tau, tau_ref, tau_alpha):
    """Spikes of every layer, (steps, *shape), and how far v was from the threshold or a rest's end from a step's."""
    share = 1 - np.exp(-dt / tau_alpha) if tau_alpha else 1.0
    state, made, margin = [None] * len(layers), [[] for _ in layers], [[] for _ in layers]
    for _ in range(steps):
        sent = image
        for k, layer in enumerate(layers):
            x = arriving(layer, sent)
            first, second, v, rest = (np.zeros(x.shape) for _ in range(4)) if state[k] is None else state[k]
            first = first + share * (x - first)
            second = second + share * (first - second)
            rest = rest - dt
            awake = np.clip(dt - rest, 0, dt)
            v = v + (1 - np.exp(-awake / tau)) * (second - v)
            sent = (v > layer.threshold).astype(float)
            margin[k].append(np.abs(v / layer.threshold - 1))
            with np.errstate(invalid="ignore", divide="ignore"):
                left = tau_ref + dt + tau * np.log1p(-(v - layer.threshold) / (second - layer.threshold))
            rest = np.where(sent > 0, left, rest)
            v = np.where(sent > 0, 0.0, np.maximum(v, 0.0))
            state[k] = first, second, v, rest
            made[k].append(sent)
    return [np.stack(each) for each in made], [np.stack(each) for each in margin]
