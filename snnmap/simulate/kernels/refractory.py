"""One step of neurons that rest after a spike as Nengo's do, and of their softened rate; arrays of one population."""

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.functions import exp, expm1, log1p

BLOCK = 32
"""Neurons looked at together when searching for those that fire."""


@njit
def _advance(share: F64, gain: F64, least: F64, x: F64, v: F64, before: F64) -> None:
    """Step neurons as if none rested or spiked; the input becomes a potential, and the old v is kept in `before`."""
    for j in range(len(v)):
        before[j] = v[j]
        x[j] *= gain[j]
        v[j] = max(v[j] + share[j] * (x[j] - v[j]), least[j])


@njit
def refractory(
    share: F64, tau: F64, gain: F64, least: F64, limit: F64, silent: F64, x: F64, v: F64, rest: F64, out: F64
) -> int:
    """Advance RefractoryLIF neurons by a step; returns how many spike.

    Parameters
    ----------
    share
        1 - exp(-1 / tau), with `tau` and the rest after a spike, `silent`, in steps.
    x
        Input, set to 0.
    rest
        Steps that each neuron rests from the begin of this one on, plus 1; changed.
    out
        1 for a spike, else 0.
    """
    count = 0
    for start in range(0, len(v), BLOCK):
        end = min(start + BLOCK, len(v))
        own = slice(start, end)
        _advance(share[own], gain[own], least[own], x[own], v[own], out[own])
        hits = 0
        for j in range(start, end):  # in vector registers: few rest or spike in most steps
            rest[j] -= 1.0
            hits += (rest[j] > 0.0) | (v[j] > limit[j])
        for j in range(start, end if hits > 0 else start):
            if rest[j] > 0.0:
                part = -expm1(-max(1.0 - rest[j], 0.0) / tau[j])
                v[j] = max(out[j] + part * (x[j] - out[j]), least[j])
            out[j] = 0.0
            if v[j] > limit[j]:
                over = (v[j] - limit[j]) / (x[j] - limit[j])
                at = 1.0 + tau[j] * log1p(-over) if over < 1.0 else 0.0  # else the step is many tau long
                rest[j] = silent[j] + max(at, 0.0)
                v[j], out[j] = 0.0, 1.0
                count += 1
        if hits == 0:
            out[own] = 0.0
        x[own] = 0.0
    return count


@njit
def soft_rate(tau: F64, gain: F64, gamma: F64, limit: F64, silent: F64, x: F64, out: F64) -> int:
    """Write to `out` what SoftLIF neurons send on the input `x`, which is set to 0; returns how many send something."""
    count = 0
    for j in range(len(x)):
        above = (gain[j] * x[j] / limit[j] - 1.0) / gamma[j]
        x[j] = 0.0
        soft = max(gamma[j] * (max(above, 0.0) + log1p(exp(-abs(above)))), 1e-300)
        out[j] = np.float32(1.0 / (silent[j] + tau[j] * log1p(1.0 / soft)))
        count += out[j] != 0.0
    return count
