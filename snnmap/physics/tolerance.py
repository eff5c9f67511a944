"""Which share of cells has left the tolerance of its weight, as a function of time (PHYSICS section 5.2).

A cell is off when its conductance differs from the programmed weight's by more than the tolerance. Three spreads add
up: programming noise, the spread of the drift exponents, and the noise of one read; to first order
sigma^2 = sigma_programming^2 + (g sigma_nu ln(t / t_0))^2 + sigma_read^2. Here the drift factor is kept as the
exponential it is: given the exponent the conductance is normal, and the exponent is integrated out. What a model says
that cells relax by (`pcm.state_sd`) counts in full from the start: a refresh would only let them relax anew. Knows
conductances and a noise model, no mapping.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.physics.checks import numbers, positive
from snnmap.physics.pcm import NoiseModel, drift_exponent, read_noise_sd, state_sd

EXPONENTS = 16
"""Nodes of the Gauss-Hermite rule over the drift exponent; 8 already agree to 1e-6."""
SHARES = 256
"""Conductances, 0 to g_max, that chances are tabulated at."""
TIMES = np.concatenate([[0.0], np.logspace(0.0, 12.0, 121)])
"""Seconds after the first read that chances are tabulated at; ten a decade, up to 30 000 years."""


def chance_off(
    model: NoiseModel, g: npt.ArrayLike, g_max: float, t: float, *, tolerance: float, compensated: bool
) -> F64:
    """Chance that a cell programmed to `g` (S) is off by more than `tolerance` g_max, same shape.

    `t` seconds after the first read. `compensated`: the mean drift of cells of this conductance is scaled away at the
    columns, signal and read noise alike; otherwise all drift counts.
    """
    from scipy.special import ndtr

    positive(g_max=g_max, tolerance=tolerance)
    target = numbers("g", g, least=0.0)
    mean, spread = drift_exponent(model, target, g_max)
    x = np.log1p(t / model.t_0)
    node, weight = np.polynomial.hermite_e.hermegauss(EXPONENTS)
    programmed = state_sd(model, target, g_max, float(TIMES[-1]))
    read = read_noise_sd(model, target, target, g_max, t)
    allowed = tolerance * g_max
    chance = np.zeros(target.shape)
    for z, share in zip(node, weight / weight.sum(), strict=True):
        kept = np.exp(-((0.0 if compensated else 1.0) * mean + z * spread) * x)
        sigma = kept * np.sqrt(np.square(programmed) + np.square(read))
        below = np.where(target > allowed, ndtr((target * (1.0 - kept) - allowed) / sigma), 0.0)  # none is negative
        chance += share * (below + ndtr((target * (kept - 1.0) - allowed) / sigma))
    return chance


@dataclass(frozen=True, slots=True, eq=False)
class Ageing:
    """Chances of cells to be off over time, tabulated over conductance."""

    chance: F64
    """(SHARES, len(TIMES)), at conductances of 0 to g_max in equal steps."""

    def share_off(self, relative: npt.ArrayLike) -> F64:
        """Expected share of cells of conductance `relative` to g_max (n,) that are off at each of `TIMES`."""
        at = np.clip(numbers("relative", relative, least=0.0) * (SHARES - 1), 0.0, SHARES - 1.0)
        low = np.minimum(at.astype(np.int64), SHARES - 2)
        above = at - low  # a cell between two points counts towards both: linear interpolation
        counts = np.bincount(low, 1.0 - above, SHARES) + np.bincount(low + 1, above, SHARES)
        off: F64 = counts @ self.chance / max(len(at), 1)
        return off


@cache
def ageing(model: NoiseModel, g_max: float, tolerance: float, compensated: bool) -> Ageing:
    """Table of a noise model; arguments as in `chance_off`."""
    g = np.linspace(0.0, 1.0, SHARES) * g_max
    at = [chance_off(model, g, g_max, float(t), tolerance=tolerance, compensated=compensated) for t in TIMES]
    return Ageing(np.array(at).T)


def first_time(off: F64, share: float) -> float:
    """Seconds until `off`, at `TIMES`, reaches `share`: 0 if it is there from the start, infinite if it never is."""
    reached = off >= share
    if not reached.any():
        return float(np.inf)
    after = int(np.argmax(reached))
    if after == 0:
        return 0.0
    part = (share - off[after - 1]) / (off[after] - off[after - 1])
    if after == 1:
        return float(part * TIMES[1])
    return float(TIMES[after - 1] * (TIMES[after] / TIMES[after - 1]) ** part)
