"""What the exchange kernels read; importing it compiles nothing."""

from typing import NamedTuple

from snnmap.core.arrays import F64, I64


class Lines(NamedTuple):
    """One orientation of a crossbar's heat: R lines of N cells, Q products of the place map. Never written."""

    content: F64
    """(R, Q, N) what each content draws, in modes; of one line together, because it is read together."""
    kind: I64
    """(R,) number of every content; equal contents have one."""
    scale: F64
    """(Q, R) by line."""
    mode: F64
    """(N, N)"""
    table: F64
    """(2 R, N) response of the temperature."""
    square: F64
    """(2 R, N) response of the variance."""
