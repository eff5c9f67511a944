"""Noise of reads by counter, and the reads of noisy lines all at once.

Noise is drawn by counter, not in sequence: a hash of frame, step and read (splitmix64: Steele, Lea, Flood, OOPSLA 2014)
picks two places and signs in a pool of normal numbers, and the lines of the read take the sum of what follows them
there, over the root of 2 (sums of pooled normal numbers: Wallace, ACM TOMS 22, 1996). No order of events or threads can
change it, and it costs two numbers of a stream per line where a hash of its own costs ten operations.
"""

import numpy as np

from snnmap.core.arrays import F32, F64, I32
from snnmap.core.jit import njit

U64 = np.uint64
GOLDEN, FIRST, SECOND = U64(0x9E3779B97F4A7C15), U64(0xBF58476D1CE4E5B9), U64(0x94D049BB133111EB)
"""Constants of splitmix64."""
POOL = 1 << 15
"""Normal numbers that noise is summed of."""
ROOT = np.float32(np.sqrt(0.5))
ONE = U64(1)
Random = tuple[F32, F32, float, float]
"""Two stretches of the pool, and by what they are multiplied."""


@njit
def mixed(key: int, counter: int) -> int:
    """Number `counter` of the sequence that `key` starts."""
    z = U64(key) + (U64(counter) + ONE) * GOLDEN
    z = (z ^ (z >> U64(30))) * FIRST
    z = (z ^ (z >> U64(27))) * SECOND
    return z ^ (z >> U64(31))  # type: ignore[return-value]  # a word of 64 bits


@njit
def stretches(z: int, normal: F32, count: int) -> Random:
    """Two stretches of normal numbers, and by what they are multiplied, that belong to a random number."""
    bits = U64(z)
    i, j = np.int64(bits & U64(POOL - 1)), np.int64((bits >> U64(20)) & U64(POOL - 1))
    a = ROOT if bits >> U64(63) else -ROOT
    b = ROOT if (bits >> U64(62)) & ONE else -ROOT
    return normal[i : i + count], normal[j : j + count], a, b  # type: ignore[return-value]  # of 32 bits


@njit
def add_noise(unit: F64, spread: F32, z: int, normal: F32, x: F64) -> None:
    """Add a read's noise to its lines `x`, of variances `spread` in squares of `unit`; `z` is its random number."""
    one, two, a, b = stretches(z, normal, len(x))
    for k in range(len(x)):
        x[k] += unit[k] * (np.sqrt(spread[k]) * (a * one[k] + b * two[k]))


@njit
def add_shared(factor: F64, variance: float, z: int, normal: F32, x: F64) -> None:
    """Add `factor` times one normal number of that variance to all lines `x` of a read, whose random number is `z`."""
    common = np.sqrt(variance) * normal[np.int64((U64(z) >> U64(40)) & U64(POOL - 1))]
    for k in range(len(x)):
        x[k] += factor[k] * common


@njit
def read_codes(
    sums: I32,
    area: int,
    lines: tuple[F64, F64, F64, F64, F64],
    base: int,
    width: int,
    random: tuple[int, F32],
    inputs: F64,
    home: int,
) -> None:
    """What `gather` and `settle` do with a read of noisy lines with converters, at once.

    Parameters
    ----------
    sums, area
        Sums of reads, and the first of this one.
    lines, base, width
        `unit`, `noise_unit`, `step`, `codes` and `limit` of all lines, the first of the read, and how many it has.
    random
        Random number of the read, pool of normal numbers.
    inputs, home
        Added to from `home` on.
    """
    one, two, a, b = stretches(random[0], random[1], width)
    unit, noise_unit = lines[0][base : base + width], lines[1][base : base + width]
    step, codes, limit = lines[2][base : base + width], lines[3][base : base + width], lines[4][base : base + width]
    carried, variance, heard = sums[area : area + width], sums[area + width :], inputs[home : home + width]
    for k in range(width):
        x = carried[k] * unit[k] + noise_unit[k] * (np.sqrt(np.float32(variance[k])) * (a * one[k] + b * two[k]))
        heard[k] += np.rint(min(max(x, -limit[k]), limit[k]) * codes[k]) * step[k]


@njit
def read_sums(
    sums: I32,
    area: int,
    lines: tuple[F64, F64, F64, F64, F64],
    base: int,
    width: int,
    random: tuple[int, F32],
    inputs: F64,
    home: int,
) -> None:
    """As `read_codes`, without converters."""
    one, two, a, b = stretches(random[0], random[1], width)
    unit, noise_unit = lines[0][base : base + width], lines[1][base : base + width]
    carried, variance, heard = sums[area : area + width], sums[area + width :], inputs[home : home + width]
    for k in range(width):
        x = carried[k] * unit[k] + noise_unit[k] * (np.sqrt(np.float32(variance[k])) * (a * one[k] + b * two[k]))
        heard[k] += x
