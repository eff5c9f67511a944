"""Which levels listen to every row of a cluster; raw arrays only."""

import numpy as np

from snnmap.core.arrays import I32, I64, Bool
from snnmap.core.jit import njit

NONE = -1


@njit
def row_levels(
    indptr: I64,
    post: I32,
    row_ptr: I64,
    row_source: I32,
    column_ptr: I64,
    column_read: I64,
    column_neuron: I32,
    many: Bool,
    fill: bool,
    entry: I64,
    read: I64,
) -> int:
    """Pairs (row entry, read actor) such that the row has a synapse to a column of that read; returns their number.

    `column_read` is the read actor of every column entry. A cluster without `many` levels has one pair per row. Pairs
    are stored in `entry` and `read` only with `fill`.
    """
    slot = np.full(len(indptr) - 1, NONE, np.int64)
    actors = column_read.max() + 1 if len(column_read) else 0
    stamp = np.full(actors, NONE, np.int64)
    pairs = 0
    for cluster in range(len(row_ptr) - 1):
        first, last = column_ptr[cluster], column_ptr[cluster + 1]
        if not many[cluster]:
            for row in range(row_ptr[cluster], row_ptr[cluster + 1]):
                if fill:
                    entry[pairs], read[pairs] = row, column_read[first]
                pairs += 1
            continue
        for column in range(first, last):
            slot[column_neuron[column]] = column_read[column]
        for row in range(row_ptr[cluster], row_ptr[cluster + 1]):
            source = row_source[row]
            for synapse in range(indptr[source], indptr[source + 1]):
                actor = slot[post[synapse]]
                if actor != NONE and stamp[actor] != row:
                    stamp[actor] = row
                    if fill:
                        entry[pairs], read[pairs] = row, actor
                    pairs += 1
        for column in range(first, last):
            slot[column_neuron[column]] = NONE
    return pairs
