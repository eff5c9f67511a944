"""One step of the memristive integrate-and-fire neuron; arrays of one population, so that loops run in registers.

Equations in `ir.models`. Splitting (G. Strang, 1968): with the potential frozen each memristor follows a linear
equation, with the memristors frozen the potential does, and both are solved exactly by exponentials; half a sub-step of
the one, a whole of the other, half of the one. A state is never further away than where its equation leads, so
currents of any size and steps of any length give finite numbers, where forward Euler runs off. The halves of two
sub-steps that follow one another are one whole.
"""

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.functions import exp, expm1

STEEP, ON_1, OFF_1, ON_2, OFF_2, RATE, G_OFF, G_SPAN, RAIL_1, RAIL_2, CHARGE, GAIN, PARTS = range(13)
ROWS = 13
"""Rows of the coefficients: 1 / v_t; e^((v_on - e_1) / v_t), e^((e_1 - v_off) / v_t), e^((e_2 + v_on) / v_t),
e^((e_2 + v_off) / v_t); sub-step / tau_x; 1 / r_off, 1 / r_on - 1 / r_off; e_1, e_2; sub-step / c; gain; number of
sub-steps."""


BLOCK = 128
"""Neurons that go through all sub-steps together: what belongs to them stays in the first cache."""


@njit
def _powers(steep: F64, v: F64, w: F64) -> None:
    """Write e^(v / v_t) to `w`."""
    for j in range(len(v)):
        w[j] = exp(v[j] * steep[j])


@njit
def _fall(on: F64, off: F64, w: F64, end: F64, speed: F64) -> None:
    """Where the memristor at the rail above goes, and minus how fast, in 1 / tau_x: on while the potential is low."""
    for j in range(len(w)):
        a, b = 1.0 / (1.0 + w[j] * on[j]), w[j] / (w[j] + off[j])
        end[j] = a / (a + b)
        speed[j] = -(a + b)


@njit
def _rise(on: F64, off: F64, w: F64, end: F64, speed: F64) -> None:
    """The same of the memristor at the rail below: it is on while the potential is high."""
    for j in range(len(w)):
        a, b = w[j] / (w[j] + on[j]), 1.0 / (1.0 + w[j] / off[j])
        end[j] = a / (a + b)
        speed[j] = -(a + b)


@njit
def _approach(state: F64, end: F64, speed: F64, rate: F64, part: float) -> None:
    """Let `state` go towards `end` for a time of `part` x `rate` at minus its `speed`, exactly."""
    for j in range(len(state)):
        state[j] += (state[j] - end[j]) * expm1(part * rate[j] * speed[j])


@njit
def _balance(c: F64, current: F64, s_1: F64, s_2: F64, end: F64, speed: F64) -> None:
    """Where the potential goes, and minus how fast: the conductance."""
    least, span, above, below = c[G_OFF], c[G_SPAN], c[RAIL_1], c[RAIL_2]
    for j in range(len(current)):
        end[j], speed[j] = least[j] + span[j] * s_1[j], least[j] + span[j] * s_2[j]
    for j in range(len(current)):
        g = end[j] + speed[j]
        end[j] = (current[j] + end[j] * above[j] + speed[j] * below[j]) / g
        speed[j] = -g


@njit
def _switch(c: F64, part: float, v: F64, s_1: F64, s_2: F64, work: F64) -> None:
    """Let both memristors follow the potential `v` for `part` of a sub-step."""
    w, end, speed = work[0, : len(v)], work[1, : len(v)], work[2, : len(v)]
    _powers(c[STEEP], v, w)
    _fall(c[ON_1], c[OFF_1], w, end, speed)
    _approach(s_1, end, speed, c[RATE], part)
    _rise(c[ON_2], c[OFF_2], w, end, speed)
    _approach(s_2, end, speed, c[RATE], part)


@njit
def memristive(c: F64, current: F64, v: F64, x: tuple[F64, F64], out: F64) -> int:
    """Advance MIF neurons by one step; the input `current` is set to 0, what they send written to `out`; how many send.

    All have the same number of sub-steps: what `c` says of the first.
    """
    count, work = 0, np.empty((3, BLOCK))
    for start in range(0, len(v), BLOCK):
        own = slice(start, min(start + BLOCK, len(v)))
        constants = np.ascontiguousarray(c[:, own])  # rows of any stride would not run in vector registers
        i, potential, s_1, s_2, sent = current[own], v[own], x[0][own], x[1][own], out[own]
        end, speed = work[1, : len(i)], work[2, : len(i)]
        for j in range(len(i)):
            i[j] *= constants[GAIN, j]
        for s in range(int(c[PARTS, 0])):
            _switch(constants, 0.5 if s == 0 else 1.0, potential, s_1, s_2, work)
            _balance(constants, i, s_1, s_2, end, speed)
            _approach(potential, end, speed, constants[CHARGE], 1.0)
        _switch(constants, 0.5, potential, s_1, s_2, work)
        for j in range(len(i)):
            i[j] = 0.0
            sent[j] = np.float32(potential[j])
            count += sent[j] != 0.0
    return count
