"""Loops that prepare atoms: which neurons have the same inputs, where long input lists are cut, and nets of atoms."""

import numpy as np

from snnmap.core.arrays import I32, I64, Bool
from snnmap.core.jit import njit


@njit
def fan_in(post: I32, first_neuron: int, neurons: int) -> I64:
    """Number of inputs of every neuron, int64 (neurons,)."""
    count = np.zeros(neurons, np.int64)
    for target in post:
        count[target - first_neuron] += 1
    return count


@njit
def input_hashes(indptr: I64, post: I32, first_neuron: int, number: I64, neurons: int) -> I64:
    """Sum, as it wraps, of the random `number` (N,) of all inputs of every neuron: equal for equal sets (neurons,)."""
    total = np.zeros(neurons, np.int64)
    for source in range(len(indptr) - 1):
        for synapse in range(indptr[source], indptr[source + 1]):
            total[post[synapse] - first_neuron] += number[source]
    return total


@njit
def list_inputs(indptr: I64, post: I32, first_neuron: int, kind: I32, chosen: Bool, ptr: I64, source_of: I32) -> bool:
    """Write the inputs of the `chosen` neuron of every kind to `source_of` at `ptr`; whether all its twins agree.

    kind
        (neurons,) row of `ptr` that neuron belongs to.
    """
    for turn in range(2):  # the chosen write, then everybody reads
        at = np.zeros(len(kind), np.int32)
        for source in range(len(indptr) - 1):
            for synapse in range(indptr[source], indptr[source + 1]):
                n = post[synapse] - first_neuron
                if turn == 0 and not chosen[n]:
                    continue
                place = ptr[kind[n]] + at[n]
                at[n] += 1
                if turn == 0:
                    source_of[place] = source
                elif place >= ptr[kind[n] + 1] or source_of[place] != source:
                    return False
    return True


@njit
def nets(ptr: I64, source: I32, sources: int) -> tuple[I64, I32]:
    """Transpose of a CSR pattern: rows that hold every source, ascending."""
    net_ptr = np.zeros(sources + 1, np.int64)
    for i in source:
        net_ptr[i + 1] += 1
    for i in range(sources):
        net_ptr[i + 1] += net_ptr[i]
    at = net_ptr[:-1].copy()
    row = np.empty(len(source), np.int32)
    for r in range(len(ptr) - 1):
        for k in range(ptr[r], ptr[r + 1]):
            row[at[source[k]]] = r
            at[source[k]] += 1
    return net_ptr, row


@njit
def aligned_cuts(net_ptr: I64, net_row: I32, rows: int, most: int, cuts: I64) -> int:
    """Source ids before which all input lists are cut, so that none has more than `most` between two cuts.

    The sweep cuts as late as it can. Fills `cuts`, returns how many; -1 where `cuts` is too short.
    """
    epoch, held = np.zeros(rows, np.int32), np.zeros(rows, np.int32)
    count = 0
    for source in range(len(net_ptr) - 1):
        full = False
        for n in range(net_ptr[source], net_ptr[source + 1]):
            row = net_row[n]
            if epoch[row] == count and held[row] == most:
                full = True
        if full:
            if count == len(cuts):
                return -1
            cuts[count] = source
            count += 1
        for n in range(net_ptr[source], net_ptr[source + 1]):
            row = net_row[n]
            if epoch[row] != count:
                epoch[row], held[row] = count, 0
            held[row] += 1
    return count


@njit
def count_parts(ptr: I64, source: I32, cuts: I64) -> I64:
    """Number of non-empty parts of every input list, at least 1, int64 (rows,)."""
    parts = np.ones(len(ptr) - 1, np.int64)
    for row in range(len(ptr) - 1):
        block = -1
        count = 0
        for k in range(ptr[row], ptr[row + 1]):
            now = np.searchsorted(cuts, source[k], side="right")
            if now != block:
                block = now
                count += 1
        parts[row] = max(1, count)
    return parts


@njit
def part_ends(ptr: I64, source: I32, cuts: I64, part_ptr: I64, end: I64) -> None:
    """Fill `end` with the position after the last entry of every part; parts of a row at `part_ptr`."""
    for row in range(len(ptr) - 1):
        at = part_ptr[row]
        for k in range(ptr[row], ptr[row + 1]):
            last = k + 1 == ptr[row + 1]
            if last or np.searchsorted(cuts, source[k], side="right") != np.searchsorted(
                cuts, source[k + 1], side="right"
            ):
                end[at] = k + 1
                at += 1
        if ptr[row] == ptr[row + 1]:
            end[at] = ptr[row]


@njit
def repeated(atom_ptr: I64, row_ptr: I64, row: I32) -> Bool:
    """(P,) pieces whose atoms have the same rows as those of the piece before."""
    same = np.zeros(len(atom_ptr) - 1, np.bool_)
    for piece in range(1, len(same)):
        first, last = row_ptr[atom_ptr[piece]], row_ptr[atom_ptr[piece + 1]]
        before = row_ptr[atom_ptr[piece - 1]]
        same[piece] = last - first == first - before
        for r in range(last - first):
            if not same[piece]:
                break
            same[piece] = row[first + r] == row[before + r]
    return same
