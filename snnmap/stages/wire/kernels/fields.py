"""What the search for an even temperature reads; importing it compiles nothing."""

from typing import NamedTuple

from snnmap.core.arrays import F64, I64


class Fields(NamedTuple):
    """One orientation of a crossbar, R lines of N cells, and how its M fields are judged. Never written."""

    content: F64
    """(M, R, Q, N) what each content draws, in modes along the line."""
    kind: I64
    """(R,) number of every content; equal contents have one."""
    scale: F64
    """(M, Q, R) by line."""
    mode: F64
    """(N, N)"""
    table: F64
    """(M, 2 R, N) response of the temperature."""
    square: F64
    """(M, 2 R, N) response of the variance."""
    worth: F64
    """(M,) of a unit of every field's cost."""
    limit: F64
    """(M,) power that no exchange may lift the array above."""
    mean: float
    """Weight of the mean beside the gradient."""
