"""Rows of merged atoms."""

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.state import Problem


@njit
def united_rows(problem: Problem, first: I64, atoms: I64) -> tuple[I64, I32]:
    """Rows of every union of atoms, ascending: CSR. Union u is of `atoms[first[u] : first[u + 1]]`."""
    stamp = np.full(len(problem.weight), -1, np.int64)
    row_ptr, row, at = np.zeros(len(first), np.int64), np.empty(len(problem.row), np.int32), 0
    for union in range(len(first) - 1):
        start = at
        for a in range(first[union], first[union + 1]):
            for r in range(problem.row_ptr[atoms[a]], problem.row_ptr[atoms[a] + 1]):
                source = problem.row[r]
                if stamp[source] != union:
                    stamp[source] = union
                    row[at] = source
                    at += 1
        if first[union + 1] - first[union] > 1:
            row[start:at] = np.sort(row[start:at])
        row_ptr[union + 1] = at
    return row_ptr, row[:at].copy()
