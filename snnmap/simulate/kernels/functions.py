"""Exponential and logarithm in plain arithmetic: the same bits on every machine, and in vector registers.

The C libraries of two machines may differ in the last bit of theirs, and a spike must not depend on the machine. Errors
are below 1e-15, relative (tested against 60 digits).
"""

import math

import numpy as np

from snnmap.core.jit import njit

LOWEST, HIGHEST = -700.0, 700.0
"""Arguments of `exp` beyond these count as these: e^-700 is 0 for every sum here, and e^700 large enough for any."""
MANTISSA = 53
BIAS = 1023
"""Of a float's exponent."""
PER_LN2 = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
"""ln 2 in two parts; the first has trailing zeros, so that its multiples are exact (W. J. Cody, W. Waite, 1980)."""


@njit
def parted(x: float) -> tuple[float, float]:
    """The p and s of e^x = s (1 + p), |p| below 0.42, as if x lay between `LOWEST` and `HIGHEST`."""
    x = min(max(x, LOWEST), HIGHEST)
    k = np.rint(x * PER_LN2)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    return r + r * r * p, np.int64(np.int64(np.int32(k) + np.int32(BIAS)) << (MANTISSA - 1)).view(np.float64)


@njit
def expm1(x: float) -> float:
    """e^x - 1, as if x lay between `LOWEST` and `HIGHEST`."""
    p, s = parted(x)
    return s * p + (s - 1.0)


@njit
def exp(x: float) -> float:
    """e^x, as if x lay between `LOWEST` and `HIGHEST`."""
    p, s = parted(x)
    return s + s * p


@njit
def log1p(x: float) -> float:
    """ln(1 + x) for x > -1."""
    y = 1.0 + x
    left = x - (y - 1.0)  # what the sum has lost
    m, e = math.frexp(y)
    if m < 0.7071067811865476:
        m, e = 2.0 * m, e - 1
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = 1.0 / 25.0
    for odd in range(23, 1, -2):
        p = p * q + 1.0 / odd
    return (e * LN2_HIGH) + (2.0 * s + (2.0 * s * q * p + (e * LN2_LOW + left / y)))
