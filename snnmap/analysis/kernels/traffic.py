"""Loops that turn synapses into nets and messages; raw arrays only."""

import numpy as np

from snnmap.core.arrays import I32, I64, Bool
from snnmap.core.jit import njit


@njit
def count_inputs(cell_ptr: I64, column: I32, row_source: I32, silent: Bool, slot: I64, columns: int) -> I64:
    """Sources not `silent` (N,) of each of `columns` chosen columns; `slot` is the index of every column, or -1."""
    count = np.zeros(columns, np.int64)
    for row in range(len(row_source)):
        if silent[row_source[row]]:
            continue
        for cell in range(cell_ptr[row], cell_ptr[row + 1]):
            if slot[column[cell]] >= 0:
                count[slot[column[cell]]] += 1
    return count


@njit
def fill_inputs(cell_ptr: I64, column: I32, row_source: I32, silent: Bool, slot: I64, free: I64, source: I32) -> None:
    """Fill `source` with the sources of `count_inputs`; `free` holds the first position of every column, and moves."""
    for row in range(len(row_source)):
        if silent[row_source[row]]:
            continue
        for cell in range(cell_ptr[row], cell_ptr[row + 1]):
            chosen = slot[column[cell]]
            if chosen >= 0:
                source[free[chosen]] = row_source[row]
                free[chosen] += 1


@njit
def active_bound(indptr: I64, source: I32, active_steps: I64, window: int) -> I64:
    """Upper bound min(`window`, sum of `active_steps`) of the steps in which any source of a column emits."""
    bound = np.zeros(len(indptr) - 1, np.int64)
    for column in range(len(bound)):
        for at in range(indptr[column], indptr[column + 1]):
            bound[column] += active_steps[source[at]]
        bound[column] = min(bound[column], window)
    return bound


@njit
def active_union(indptr: I64, source: I32, order: I64, step_ptr: I64, step: I64, stamp: I64) -> I64:
    """Number of distinct steps in which any source of a column emits; columns taken in `order`.

    A column whose sources equal those of the one before it takes over its number. `stamp` (window,) is filled with -1.
    """
    count = np.zeros(len(order), np.int64)
    before = int(np.int64(-1))
    for column in order:
        if before >= 0 and same_list(indptr, source, before, column):
            count[column] = count[before]
            continue
        before = column
        for at in range(indptr[column], indptr[column + 1]):
            for event in range(step_ptr[source[at]], step_ptr[source[at] + 1]):
                if stamp[step[event]] != column:
                    stamp[step[event]] = column
                    count[column] += 1
            if count[column] == len(stamp):
                break
    return count


@njit
def same_list(indptr: I64, source: I32, a: int, b: int) -> bool:
    """Whether rows `a` and `b` of a CSR hold the same entries in the same order."""
    length = indptr[a + 1] - indptr[a]
    if indptr[b + 1] - indptr[b] != length:
        return False
    for k in range(length):  # noqa: SIM110  numba has no generator expressions
        if source[indptr[a] + k] != source[indptr[b] + k]:
            return False
    return True
