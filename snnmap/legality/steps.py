"""In how many steps something of a group of sources emits: part of the rules `partial-sums` and `figures` of `verify`.

A bit for every (source, step); those of a group are joined by "or" and counted, many groups at a time.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.ir import Spikes

BLOCK = 1 << 26
"""Bytes of bits held at a time."""
ROOM = 1 << 18
"""Bytes of them that are joined at a time: what a core's cache holds."""

Integers = npt.NDArray[np.integer[Any]]


def steps_with(events: Spikes, sources: int, groups: tuple[Integers, Integers], late: Any = None) -> Integers:
    """Steps in which a source of each group emits, int64 (G,).

    Parameters
    ----------
    groups
        Offsets (G + 1,) into the sources of all groups, and these.
    late
        (len(sources of all groups),) whether a source is heard a step after, in the same frame; none: none is.
    """
    ptr, source = groups
    total = np.zeros(len(ptr) - 1, np.int64)
    some = bool(late is not None and np.any(late))
    row = source.astype(np.int64) + (np.where(late, sources, 0) if some else 0)
    frames = max(1, BLOCK // max(1, (1 + some) * sources * events.steps // 8 + 1))
    for start in range(0, len(events.frame) - 1, frames):
        stop = min(start + frames, len(events.frame) - 1)
        bits = _bits(events, sources, (start, stop), after=0)
        if some:
            bits = np.concatenate([bits, _bits(events, sources, (start, stop), after=1)])
        most = max(1, ROOM // bits.shape[1])
        first = 0
        while first < len(total):
            last = max(int(np.searchsorted(ptr, ptr[first] + most, side="right")) - 1, first + 1)
            own = np.flatnonzero(np.diff(ptr[first : last + 1]))
            if len(own):
                joined = np.bitwise_or.reduceat(bits[row[ptr[first] : ptr[last]]], ptr[first:last][own] - ptr[first])
                total[first + own] += np.bitwise_count(joined).sum(axis=1, dtype=np.int64)
            first = last
    return total


def _bits(events: Spikes, sources: int, frames: tuple[int, int], after: int) -> npt.NDArray[np.uint8]:
    """A bit for every (source, step of some frames, `after` so many), packed, uint8 (sources, ceil(steps / 8))."""
    start, stop = frames
    here = slice(int(events.frame[start]), int(events.frame[stop]))
    kept = events.step[here] + after < events.steps
    step = ((events.frame_of_event()[here] - start) * events.steps + events.step[here] + after)[kept]
    packed = np.zeros((sources, -(-(stop - start) * events.steps // 8)), np.uint8)
    np.bitwise_or.at(packed, (events.source[here][kept], step // 8), (128 >> (step % 8)).astype(np.uint8))
    return packed
