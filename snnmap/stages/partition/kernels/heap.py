"""Binary heap of numbers by gain, largest first, in arrays: `place` says where every number is, -1 if it is not in."""

from snnmap.core.arrays import I64
from snnmap.core.jit import njit


@njit
def rise(heap: I64, place: I64, gain: I64, at: int) -> None:
    """Move the entry at `at` up to where its gain belongs."""
    entry = heap[at]
    while at > 0:
        above = (at - 1) >> 1
        other = heap[above]
        if gain[entry] <= gain[other]:
            break
        heap[at], place[other] = other, at
        at = above
    heap[at], place[entry] = entry, at


@njit
def sink(heap: I64, place: I64, gain: I64, at: int, size: int) -> None:
    """Move the entry at `at` down to where its gain belongs in a heap of that size."""
    entry = heap[at]
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and gain[heap[below + 1]] > gain[heap[below]]:
            below += 1
        other = heap[below]
        if gain[other] <= gain[entry]:
            break
        heap[at], place[other] = other, at
        at = below
    heap[at], place[entry] = entry, at


@njit
def push(heap: I64, place: I64, gain: I64, size: int, entry: int) -> int:
    """Put `entry` in; the new size."""
    heap[size] = entry
    rise(heap, place, gain, size)
    return size + 1


@njit
def pop(heap: I64, place: I64, gain: I64, size: int) -> int:
    """Take the first entry out of a heap of that size; the new size."""
    size -= 1
    place[heap[0]] = -1
    if size > 0:
        heap[0] = heap[size]
        place[heap[0]] = 0
        sink(heap, place, gain, 0, size)
    return size
