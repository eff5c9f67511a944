"""Which memory cells a clustering programs: synapses looked up crossbar by crossbar."""

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit


@njit
def lowest(values: I32, first: int, last: int, least: int) -> int:
    """First of the ascending `values[first:last]` that is not below `least`, or `last`."""
    while first < last:
        middle = (first + last) // 2
        if values[middle] < least:
            first = middle + 1
        else:
            last = middle
    return first


@njit
def bounds(column_ptr: I64, column_neuron: I32, cluster: int) -> tuple[int, int]:
    """First and last neuron of the columns of `cluster`, which ascend; (0, -1) if it has none."""
    if column_ptr[cluster] == column_ptr[cluster + 1]:
        return 0, -1
    return int(column_neuron[column_ptr[cluster]]), int(column_neuron[column_ptr[cluster + 1] - 1])


@njit
def count_cells(
    indptr: I64, post: I32, row_ptr: I64, row_source: I32, column_ptr: I64, column_neuron: I32, slot: I32
) -> I64:
    """Programmed cells of every row entry, int64 (len(row_source),).

    `slot` int32 (N,) is scratch, filled with -1; it is left filled with -1.
    """
    count = np.zeros(len(row_source), np.int64)
    for cluster in range(len(row_ptr) - 1):
        for c in range(column_ptr[cluster], column_ptr[cluster + 1]):
            slot[column_neuron[c]] = c
        low, high = bounds(column_ptr, column_neuron, cluster)
        for r in range(row_ptr[cluster], row_ptr[cluster + 1]):
            source = row_source[r]
            for s in range(lowest(post, indptr[source], indptr[source + 1], low), indptr[source + 1]):
                if post[s] > high:
                    break
                if slot[post[s]] >= 0:
                    count[r] += 1
        for c in range(column_ptr[cluster], column_ptr[cluster + 1]):
            slot[column_neuron[c]] = -1
    return count


@njit
def fill_cells(
    indptr: I64,
    post: I32,
    row_ptr: I64,
    row_source: I32,
    column_ptr: I64,
    column_neuron: I32,
    slot: I32,
    cell_ptr: I64,
    column: I32,
    synapse: I64,
) -> None:
    """Fill `column` and `synapse` (cell_ptr[-1],) with the column entry and synapse of every cell; `slot` as above."""
    for cluster in range(len(row_ptr) - 1):
        for c in range(column_ptr[cluster], column_ptr[cluster + 1]):
            slot[column_neuron[c]] = c
        low, high = bounds(column_ptr, column_neuron, cluster)
        for r in range(row_ptr[cluster], row_ptr[cluster + 1]):
            source = row_source[r]
            at = cell_ptr[r]
            for s in range(lowest(post, indptr[source], indptr[source + 1], low), indptr[source + 1]):
                if post[s] > high:
                    break
                c = slot[post[s]]
                if c >= 0:
                    column[at] = c
                    synapse[at] = s
                    at += 1
        for c in range(column_ptr[cluster], column_ptr[cluster + 1]):
            slot[column_neuron[c]] = -1


@njit
def first_synapses(
    indptr: I64,
    post: I32,
    slot: I32,
    use_ptr: I64,
    row_ptr: I64,
    row_source: I32,
    column_ptr: I64,
    column_neuron: I32,
    row_first: I64,
    row_line: I64,
    column_first: I64,
    column_line: I64,
    room: I64,
    held: I64,
) -> None:
    """Fill `held` with a synapse of every cell, by row, then column, from `room` of its cluster on; elsewhere stays -1.

    `row_line` and `column_line` number the lines of entries, those of a cluster from `row_first` and `column_first` on.
    Of several uses the first with a synapse in a cell counts: once all cells have one, no further use is looked at, nor
    is a cluster without room. `slot` as above.
    """
    for cluster in range(len(use_ptr) - 1):
        wide = column_first[cluster + 1] - column_first[cluster]
        free = room[cluster + 1] - room[cluster]
        for use in range(use_ptr[cluster], use_ptr[cluster + 1]):
            if free == 0:
                break
            for c in range(column_ptr[use], column_ptr[use + 1]):
                slot[column_neuron[c]] = column_line[c] - column_first[cluster]
            low, high = bounds(column_ptr, column_neuron, use)
            for r in range(row_ptr[use], row_ptr[use + 1]):
                source = row_source[r]
                start = room[cluster] + (row_line[r] - row_first[cluster]) * wide
                for s in range(lowest(post, indptr[source], indptr[source + 1], low), indptr[source + 1]):
                    if post[s] > high:
                        break
                    c = slot[post[s]]
                    if c >= 0 and held[start + c] < 0:
                        held[start + c] = s
                        free -= 1
            for c in range(column_ptr[use], column_ptr[use + 1]):
                slot[column_neuron[c]] = -1
