"""The `partial-sums` rule of `verify`: how often every partial column sends its sum home.

A column away from its neuron's home sends in every step in which one of its own inputs emits, biases aside. With the
profile's events that is counted: a bit for every (source, step), the bits of a column's inputs joined by "or". Without
them the count must lie between its busiest input and all of them together.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.ir import Mapping, SpikeGraph, Spikes, Violation
from snnmap.legality.recount import Recount

SHOWN = 3
BLOCK = 1 << 26
"""Bytes of bits held at a time."""

Integers = npt.NDArray[np.integer[Any]]


def partial_sum_violations(mapping: Mapping, graph: SpikeGraph, counted: Recount) -> list[Violation]:
    """Columns whose reported number of partial sums is not, or cannot be, that of the profile."""
    clustering = mapping.clustering
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    away = clustering.home[clustering.column_neuron - graph.network.externals] != cluster
    low = np.where(away, counted.busiest_input, 0)
    high = np.where(away, np.minimum(counted.all_inputs, graph.window), 0)
    if graph.events is not None:
        low[away] = high[away] = _sent(graph.events, graph.network.sources, counted, np.flatnonzero(away))
    reported = mapping.partial_messages
    return [
        Violation(
            "partial-sums",
            f"neuron {clustering.column_neuron[c]} in cluster {cluster[c]}",
            f"reported {reported[c]} messages" + ("" if away[c] else " from its home"),
            f"it is {low[c]}" if low[c] == high[c] else f"must lie in {low[c]} to {high[c]}",
        )
        for c in np.flatnonzero((reported < low) | (reported > high))[:SHOWN]
    ]


def _sent(events: Spikes, sources: int, counted: Recount, columns: Integers) -> Integers:
    """Steps in which an input of each of `columns` emits, int64 (len(columns),)."""
    first, last = counted.input_ptr[columns], counted.input_ptr[columns + 1]
    sent = np.zeros(len(columns), np.int64)
    frames = max(1, BLOCK // max(1, sources * events.steps // 8 + 1))
    for start in range(0, len(events.frame) - 1, frames):
        bits = _bits(events, sources, start, min(start + frames, len(events.frame) - 1))
        for column, (a, b) in enumerate(zip(first, last, strict=True)):
            joined = np.bitwise_or.reduce(bits[counted.input_source[a:b]], axis=0)
            sent[column] += int(np.unpackbits(joined).sum())
    return sent


def _bits(events: Spikes, sources: int, start: int, stop: int) -> npt.NDArray[np.uint8]:
    """A bit for every (source, step of frames `start` to `stop`), packed, uint8 (sources, ceil(steps / 8))."""
    here = slice(int(events.frame[start]), int(events.frame[stop]))
    step = (events.frame_of_event()[here] - start) * events.steps + events.step[here]
    packed = np.zeros((sources, -(-(stop - start) * events.steps // 8)), np.uint8)
    np.bitwise_or.at(packed, (events.source[here], step // 8), (128 >> (step % 8)).astype(np.uint8))
    return packed
