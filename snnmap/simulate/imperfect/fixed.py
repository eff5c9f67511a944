"""Cells as whole numbers of a power of two of every line, so that sums over rows are exact in any order."""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I32

BITS = 30
"""The sizes of all cells of a line add up to 2^BITS at most: less than 2^31 with what rounding adds."""


class Fixed(NamedTuple):
    """Numbers of the cells of a crossbar."""

    number: I32
    """(rows, lines)"""
    unit: F64
    """(lines,)"""


def fixed(value: F64, *, even: bool = False) -> Fixed:
    """`value` (rows, lines) to the nearest multiple of the finest unit that its sums allow, about 1e-9 of the largest.

    `even`: of a unit that is the square of a power of two.
    """
    exponent = np.frexp(np.abs(value).sum(axis=0))[1] - BITS
    if even:
        exponent += exponent & 1
    unit = np.ldexp(1.0, exponent)
    return Fixed(np.rint(value / unit).astype(np.int32), unit)


def exactly(value: F64, grid: F64) -> tuple[Fixed, bool]:
    """`value` (rows, lines), multiples of 2^BITS times the powers of two `grid` (lines,) at most, as they are.

    The unit is the coarsest that allows it. Also whether sums fit 32 bits.
    """
    number = np.rint(value / grid).astype(np.int64)
    bits = np.bitwise_or.reduce(number, axis=0, initial=0)
    bits = np.where(bits == 0, 1, bits)
    unit = grid * (bits & -bits)
    number = np.rint(value / unit).astype(np.int64)
    return Fixed(number.astype(np.int32), unit), bool(np.abs(number).sum(axis=0).max(initial=0) < 2**31)
