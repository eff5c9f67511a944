"""Exact sums: weights on a power-of-two grid, so that any order of addition gives the same bits.

A spike must not depend on the order in which a neuron's inputs are added, because a crossbar, a split neuron and the
profiler add them in different orders. Weights are therefore rounded once to a power-of-two grid of 2^-30 of the
largest weight into the population. Sums of grid values in float64 are exact while they stay below 2^23 of that largest
weight, hence associative: any order gives the same bits. A float32 weight within a factor 2^6 of the largest is not
changed at all.
"""

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64

GRID_BITS = 30
"""Weights are multiples of 2^-GRID_BITS of the power of two at or above the largest weight of their population."""


FINEST = -149
"""Exponent of the smallest float32: weights that are smaller are 0."""


def grid_of(largest: float) -> float:
    """Power-of-two grid step for values up to `largest` in magnitude (module docstring); 2^-30 when all are zero."""
    if largest <= 0.0:
        return 2.0**-GRID_BITS
    return float(2.0 ** max(np.ceil(np.log2(largest)) - GRID_BITS, FINEST))


def on_grid(values: npt.ArrayLike, grid: float) -> F64:
    """`values` rounded to the nearest multiple of the power of two `grid` (ties to even), float64."""
    return np.rint(np.asarray(values, np.float64) / grid) * grid
