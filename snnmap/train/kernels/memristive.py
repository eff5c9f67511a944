"""MIF neurons of many samples over all steps, and back: what a loss that falls on what they send asks of their input.

The way there is `simulate.kernels.memristive` itself, so that what is trained is what `profile` runs. The way back goes
through the steps in reverse: each is repeated from where it began, its exponentials are kept, and the chain rule is
applied to its exact solutions, sub-step by sub-step. There is no surrogate: all of it is differentiable but the
rounding of what is sent to single precision, whose slope is taken as 1, and exponents beyond 700, where states are at
their ends.
"""

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.functions import exp, expm1
from snnmap.simulate.kernels.memristive import (
    CHARGE,
    G_OFF,
    G_SPAN,
    GAIN,
    OFF_1,
    OFF_2,
    ON_1,
    ON_2,
    PARTS,
    RAIL_1,
    RAIL_2,
    RATE,
    STEEP,
    memristive,
)

V, S_1, ON, OFF, PERIOD, FALL, S_2 = range(7)
"""Rows of what is kept of memristors that follow a potential: that, and the state of the first; of the first a, b, 1 /
(a + b) and e^z - 1 (`_switch_back`); then the state and these of the second."""
SECOND = S_2 - S_1
"""From a row of the first memristor to that of the second."""
KEPT = FALL + SECOND + 1
"""Number of rows."""
DROP, END, PER_G = range(3)
"""Rows of what is kept of a potential that follows a current: e^z - 1, where it goes, 1 / conductance."""


@njit
def there(c: F64, x: F64, sent: F64, begun: F64) -> None:
    """Run neurons from rest.

    Parameters
    ----------
    c
        (memristive.ROWS, n) coefficients.
    x
        (steps, samples, n) input, or (1, samples, n) if every step is the same.
    sent
        (steps, samples, n) what they send: written.
    begun
        (steps, 3, samples, n) potential and states before every step: written.
    """
    steps, samples, n = sent.shape
    for b in range(samples):
        v, s_1, s_2 = np.zeros(n), np.zeros(n), np.zeros(n)
        current = np.empty(n)
        for t in range(steps):
            begun[t, 0, b, :], begun[t, 1, b, :], begun[t, 2, b, :] = v, s_1, s_2
            current[:] = x[t if len(x) > 1 else 0, b]
            memristive(c, current, v, (s_1, s_2), sent[t, b])


@njit
def back(c: F64, x: F64, begun: F64, asked: F64, wanted: F64) -> None:
    """The gradient of the input.

    Parameters
    ----------
    c, x, begun
        As in `there`.
    asked
        (steps, samples, n) gradient of what is sent.
    wanted
        Gradient of the input, shaped as it: written.
    """
    steps, samples, n = asked.shape
    parts = int(c[PARTS, 0])
    switched, charged = np.empty((parts + 1, KEPT, n)), np.empty((parts, 3, n))
    wanted[:] = 0.0
    for b in range(samples):
        of_v, of_1, of_2, of_current = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        for t in range(steps - 1, -1, -1):
            at = t if len(x) > 1 else 0
            switched[0, V, :], switched[0, S_1, :], switched[0, S_2, :] = begun[t, 0, b], begun[t, 1, b], begun[t, 2, b]
            _repeat(c, x[at, b], switched, charged)
            of_current[:] = 0.0
            for j in range(n):
                of_v[j] += asked[t, b, j]
            _switch_back(c, 0.5, switched[parts], of_v, of_1, of_2)
            for s in range(parts - 1, -1, -1):
                _charge_back(c, charged[s], switched[s, V], of_v, of_1, of_2, of_current)
                _switch_back(c, 0.5 if s == 0 else 1.0, switched[s], of_v, of_1, of_2)
            for j in range(n):
                wanted[at, b, j] += c[GAIN, j] * of_current[j]


@njit
def _repeat(c: F64, x: F64, switched: F64, charged: F64) -> None:
    """A step again, from the potential and states in `switched[0]`; what its parts came from is kept."""
    parts = len(charged)
    for s in range(parts):
        own, then = switched[s], switched[s + 1]
        _slopes(c, 0.5 if s == 0 else 1.0, own)
        _followed(own[S_1:S_2], then[S_1])
        _followed(own[S_2:], then[S_2])
        _charged(c, x, then[S_1], then[S_2], own[V], charged[s], then[V])
    _slopes(c, 0.5, switched[parts])


@njit
def _slopes(c: F64, part: float, own: F64) -> None:
    """What `part` of a sub-step does to both memristors at the potential of `own`."""
    v, steep, rate, w = own[V], c[STEEP], c[RATE], own[FALL + SECOND]
    for j in range(len(v)):
        w[j] = exp(v[j] * steep[j])
    on, off, a, b, period, fall = c[ON_1], c[OFF_1], own[ON], own[OFF], own[PERIOD], own[FALL]
    for j in range(len(v)):
        a[j], b[j] = 1.0 / (1.0 + w[j] * on[j]), w[j] / (w[j] + off[j])
        period[j] = 1.0 / (a[j] + b[j])
    for j in range(len(v)):
        fall[j] = expm1(-part * rate[j] * (a[j] + b[j]))
    on, off, a, b, period = c[ON_2], c[OFF_2], own[ON + SECOND], own[OFF + SECOND], own[PERIOD + SECOND]
    for j in range(len(v)):
        a[j], b[j] = w[j] / (w[j] + on[j]), 1.0 / (1.0 + w[j] / off[j])
        period[j] = 1.0 / (a[j] + b[j])
    for j in range(len(v)):
        w[j] = expm1(-part * rate[j] * (a[j] + b[j]))


@njit
def _followed(own: F64, then: F64) -> None:
    """A memristor later, from its rows."""
    s, a, period, fall = own[0], own[ON - S_1], own[PERIOD - S_1], own[FALL - S_1]
    for j in range(len(s)):
        then[j] = s[j] + (s[j] - a[j] * period[j]) * fall[j]


@njit
def _charged(c: F64, x: F64, s_1: F64, s_2: F64, v: F64, kept: F64, then: F64) -> None:
    """The potential later."""
    least, span, above, below, charge, gain = c[G_OFF], c[G_SPAN], c[RAIL_1], c[RAIL_2], c[CHARGE], c[GAIN]
    drop, end, per_g = kept[DROP], kept[END], kept[PER_G]
    for j in range(len(v)):
        g_1, g_2 = least[j] + span[j] * s_1[j], least[j] + span[j] * s_2[j]
        per_g[j] = 1.0 / (g_1 + g_2)
        end[j] = (gain[j] * x[j] + g_1 * above[j] + g_2 * below[j]) * per_g[j]
        drop[j] = -charge[j] * (g_1 + g_2)
    for j in range(len(v)):
        drop[j] = expm1(drop[j])
        then[j] = v[j] + (v[j] - end[j]) * drop[j]


@njit
def _charge_back(c: F64, kept: F64, v: F64, of_v: F64, of_1: F64, of_2: F64, of_current: F64) -> None:
    """Gradients past the charging of the capacitor from the potentials `v`.

    v' = v + (v - end) (e^z - 1), end = (i + g_1 e_1 + g_2 e_2) / g, z = -charge g, g = g_1 + g_2.
    """
    span, above, below, charge = c[G_SPAN], c[RAIL_1], c[RAIL_2], c[CHARGE]
    drop, end, per_g = kept[DROP], kept[END], kept[PER_G]
    for j in range(len(of_v)):
        slower = charge[j] * (v[j] - end[j]) * (1.0 + drop[j])
        share = drop[j] * per_g[j]
        of_current[j] -= of_v[j] * share
        of_1[j] -= of_v[j] * span[j] * (share * (above[j] - end[j]) + slower)
        of_2[j] -= of_v[j] * span[j] * (share * (below[j] - end[j]) + slower)
        of_v[j] *= 1.0 + drop[j]


@njit
def _switch_back(c: F64, part: float, kept: F64, of_v: F64, of_1: F64, of_2: F64) -> None:
    """Gradients past both memristors."""
    _follow_back(-1.0, part, c[STEEP], c[RATE], kept[S_1:S_2], of_v, of_1)
    _follow_back(1.0, part, c[STEEP], c[RATE], kept[S_2:], of_v, of_2)


@njit
def _follow_back(sign: float, part: float, steep: F64, rate: F64, own: F64, of_v: F64, of_s: F64) -> None:
    """Gradients past a memristor; with the potential a rises by `sign` and b falls.

    s' = s + (s - end) (e^z - 1), end = a / (a + b), z = -part rate (a + b), a and b logistic in v / v_t.
    """
    s, a, b, period, fall = own[0], own[ON - S_1], own[OFF - S_1], own[PERIOD - S_1], own[FALL - S_1]
    for j in range(len(s)):
        up, down = sign * steep[j] * a[j] * (1.0 - a[j]), sign * steep[j] * b[j] * (1.0 - b[j])
        later = part * rate[j] * (s[j] - a[j] * period[j]) * (1.0 + fall[j]) * (up - down)
        moved = fall[j] * (up * b[j] + down * a[j]) * period[j] * period[j]
        of_v[j] -= of_s[j] * (moved + later)
        of_s[j] *= 1.0 + fall[j]
