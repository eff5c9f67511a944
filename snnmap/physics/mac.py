"""Analog multiply-accumulate with a converter behind it: the arithmetic of BrainScaleS-2 [hxtorch2020, weis2020].

A vector of inputs is sent `sends` times in one integration; column c of a block digitises

    code_c = clamp(floor(sends gain (1 + g_c) sum_r x_r w_rc (1 + s_rc) + o_c + noise), least, most)

with the fixed pattern of a chip: gains g, offsets o (in steps of the converter), synapses s. Sums of several blocks are
added after that, and clamped again. Strengths of synapses lie on a grid of 2^-20, so that sums are exact whatever their
order and number of threads; without a pattern all but the noise is integer arithmetic, exactly: products are divided by
1 / gain, which is a whole number where a chip says so (500), rather than multiplied by a gain that is none of float64.
"""

import numpy as np

from snnmap.core.arrays import F64

GRID = 2.0**20
"""Steps of a strength of 1. 128 inputs of 5 bits, weights of 6, and a bit for the pattern make sums of 38 bits."""


def strengths(weights: F64, deviation: F64) -> F64:
    """What synapses of integer `weights` count for that deviate by `deviation`, a share of each; on the grid."""
    made: F64 = np.rint(weights * (1.0 + deviation) * GRID) / GRID
    return made


def digitised(sums: F64, scale: F64, offset: F64, noise: F64 | float, span: tuple[int, int]) -> F64:
    """Results of a converter, whole numbers, float64 (vectors, columns).

    Parameters
    ----------
    sums
        (vectors, columns) of inputs times strengths, times how often they are sent.
    scale
        (columns,) products per step of the converter, positive.
    offset
        (columns,) steps.
    noise
        (vectors, columns) steps, or 0.
    span
        Least and largest result.
    """
    return np.clip(np.floor(sums / scale + offset + noise), *span)


def added(parts: list[F64], span: tuple[int, int]) -> F64:
    """Results of the blocks of a column, added digitally, then clamped."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return np.clip(total, *span)
