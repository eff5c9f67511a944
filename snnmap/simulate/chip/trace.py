"""How busy the chip is in every step: rows that are on, partial sums that arrive, flits that are sent.

A source that emits n spikes in a step counts n times. What is delayed is read in the step after; a frame starts afresh,
so that nothing is read in its first step of what was sent in the last one before it (it travels all the same).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import I32, I64, frozen, offsets, ranges, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph, Spikes
from snnmap.simulate.chip.program import Program, grouped
from snnmap.simulate.chip.streams import UNSERVED, Senders, Streams


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """S steps of R reads, F fires, A actors."""

    rows: I64
    """(S, R) rows that each read decodes, biases among them."""
    sums: I64
    """(S, F) partial sums that each fire adds."""
    run_ptr: I64
    """(S x A + 1,) first run of every actor in every step."""
    stream: I32
    flits: I32
    """Runs of flits in the order in which they are sent."""

    @property
    def steps(self) -> int:
        """S."""
        return len(self.rows)

    def sent(self) -> I64:
        """Flits that every actor sends in every step, int64 (S, A)."""
        total = np.append(0, np.cumsum(self.flits, dtype=np.int64))[self.run_ptr]
        return np.diff(total).reshape(self.steps, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Driven:
    """Places that every source drives, CSR by source, and whether a step later."""

    ptr: I64
    place: I64
    delayed: I64
    places: int

    def total(self, step: I32, source: I32, count: I64, steps: int) -> I64:
        """What events come to at every place in every step, int64 (steps, places)."""
        from snnmap.simulate.kernels.spread import spread

        total = np.zeros((steps, self.places), np.int64)
        spread(step, source, count, self.ptr, self.place, self.delayed, total)
        return total


class Emitted(NamedTuple):
    """What was emitted: step, sender, and how often."""

    step: I64
    sender: I64
    times: I64


@dataclass(frozen=True, slots=True, eq=False)
class Workings:
    """What turns events into a trace. X senders: sources, partial columns, and what ends the steps of producers."""

    graph: SpikeGraph
    reads: Driven
    sums: Driven
    """Reads with a row for every source; partial columns with an input from it."""
    biases: I64
    """(R,) rows that are always on."""
    fire: I64
    """(partial columns,) fire, counted from 0, to which each is sent."""
    fires: int
    names: tuple[str, ...]
    """(A,)"""
    rank: I64
    """(X,) turn of every sender among those of a step: by producer, then sources and columns as numbered, ends last."""
    producer: I64
    stream: I64
    """(X,) actor; stream or -1."""
    weight: I64
    """(X,) flits of a spike, a partial sum, an end."""


def workings_of(
    graph: SpikeGraph, clustering: Clustering, program: Program, senders: Senders, streams: Streams, hardware: Hardware
) -> Workings:
    """What every source drives in `clustering`, and on which streams it is sent."""
    cast, network, partial = program.cast, graph.network, senders.partial
    level = np.append(cast.level, -1)[cast.producer]
    loud = ~network.is_bias()
    heard = loud[cast.heard_source]
    cells = ClusteringView(graph, clustering).cells
    number = np.full(len(clustering.column_neuron), -1, np.int64)
    number[partial] = np.arange(len(partial))
    driver, driven = clustering.row_source[cells.row()].astype(np.int64), number[cells.column]
    sends = loud[driver] & (driven >= 0)
    pairs = (
        (cast.heard_source[heard], cast.heard_read[heard], np.arange(cast.reads)),
        (driver[sends], driven[sends], cast.column_read[partial]),
    )
    reads, sums = (_driven(source, place, cast.level[read], level) for source, place, read in pairs)
    ends = streams.last
    producer = np.concatenate([senders.producer, streams.producer[ends]])
    rank = np.empty(len(producer), np.int64)
    rank[np.argsort(producer, kind="stable")] = np.arange(len(producer))
    counts = (network.sources, len(partial), len(ends))
    return Workings(
        graph=graph,
        reads=reads,
        sums=sums,
        biases=np.bincount(cast.heard_read[~heard], minlength=cast.reads),
        fire=cast.producer[clustering.column_neuron[partial]] - cast.reads,
        fires=cast.port - cast.reads,
        names=cast.names(),
        rank=rank,
        producer=producer,
        stream=np.append(streams.of_sender, ends),
        weight=np.repeat([hardware.spike_flits, hardware.sum_flits, 1], counts),
    )


def _driven(source: I64, place: I64, place_level: I64, level: I64) -> Driven:
    delayed = (place_level[place] <= level[source]).astype(np.int64)
    ptr, both = grouped(source, 2 * place + delayed, len(level))
    return Driven(ptr, both // 2, both % 2, len(place_level))


def trace_of(workings: Workings, events: Spikes, frames: Sequence[int], progress: Progress | None = None) -> Trace:
    """The steps of some frames, one after the other."""
    parts = []
    for done, frame in enumerate(frames, start=1):
        parts.append(_frame(workings, events, frame))
        if progress is not None:
            progress("read frames", done, len(frames), 0.0)
    return joined(parts)


def joined(parts: Sequence[Trace]) -> Trace:
    """Traces one after the other."""
    return Trace(
        rows=np.concatenate([part.rows for part in parts]),
        sums=np.concatenate([part.sums for part in parts]),
        run_ptr=offsets(np.concatenate([np.diff(part.run_ptr) for part in parts])),
        stream=np.concatenate([part.stream for part in parts]),
        flits=np.concatenate([part.flits for part in parts]),
    )


def in_blocks(trace: Trace, block: int) -> Trace:
    """The trace of firings that take `block` steps each, which make up its steps."""
    if block == 1:
        return trace
    blocks, actors = trace.steps // block, (len(trace.run_ptr) - 1) // trace.steps
    runs = np.diff(trace.run_ptr).reshape(blocks, block, actors)
    first = trace.run_ptr[:-1].reshape(blocks, block, actors)
    order = ranges(first.swapaxes(1, 2).ravel(), runs.swapaxes(1, 2).ravel())
    return Trace(
        rows=trace.rows.reshape(blocks, block, -1).sum(axis=1),
        sums=trace.sums.reshape(blocks, block, -1).sum(axis=1),
        run_ptr=offsets(runs.sum(axis=1).ravel()),
        stream=trace.stream[order],
        flits=trace.flits[order],
    )


def _frame(workings: Workings, events: Spikes, frame: int) -> Trace:
    own = slice(int(events.frame[frame]), int(events.frame[frame + 1]))
    step, source = events.step[own], events.source[own]
    several = workings.graph.worst_step > 1  # then the value of an event is a number of spikes
    count = np.where(several[source], np.ceil(np.abs(events.value[own])), 1).astype(np.int64)
    rows = workings.reads.total(step, source, count, events.steps) + workings.biases
    sent_step, column = np.nonzero(workings.sums.total(step, source, count, events.steps))
    sums = np.bincount(sent_step * workings.fires + workings.fire[column], minlength=events.steps * workings.fires)
    partial = workings.graph.network.sources + column
    emitted = Emitted(np.append(step, sent_step), np.append(source, partial), np.append(count, np.ones_like(column)))
    return Trace(rows, sums.reshape(events.steps, -1), *_runs(workings, emitted, events.steps))


def _runs(workings: Workings, emitted: Emitted, steps: int) -> tuple[I64, I32, I32]:
    """Runs of flits of what is emitted: `run_ptr`, `stream`, `flits` of a trace."""
    first_end = workings.graph.network.sources + len(workings.fire)
    ends = np.arange(first_end, len(workings.rank))
    step = np.append(emitted.step, np.repeat(np.arange(steps), len(ends)))
    sender = np.append(emitted.sender, np.tile(ends, steps))
    count = np.append(emitted.times, np.ones(steps * len(ends), np.int64))
    unserved = np.flatnonzero(workings.stream[sender] == UNSERVED)
    if len(unserved):
        raise InputError(
            f"{workings.names[workings.producer[sender[unserved[0]]]]} sends, but no connection of the mapping's slots "
            "leads to all that listen; verify it"
        )
    travels = workings.stream[sender] >= 0
    step, sender, count = step[travels], sender[travels], count[travels]
    order = np.argsort(step * len(workings.rank) + workings.rank[sender], kind="stable")
    step, sender, count = step[order], sender[order], count[order]
    at, stream = step * len(workings.names) + workings.producer[sender], workings.stream[sender]
    flits = count * workings.weight[sender]
    new = np.flatnonzero((np.diff(at, prepend=-1) != 0) | (np.diff(stream, prepend=-1) != 0))
    if len(new):
        flits = np.add.reduceat(flits, new)
    ptr = offsets(np.bincount(at[new], minlength=steps * len(workings.names)))
    return ptr, stream[new].astype(np.int32), flits.astype(np.int32)


class Worst:
    """The busiest step of every read, fire and producer over all that was seen; each for itself."""

    def __init__(self, workings: Workings) -> None:
        self._workings = workings
        self._rows = workings.biases.copy()
        self._most = np.full(len(workings.names), -1, np.int64)
        none = np.zeros(0, np.int32)
        self._runs = [(none, none)] * len(workings.names)

    def see(self, trace: Trace) -> None:
        """Compare with the steps of a trace."""
        self._rows = np.maximum(self._rows, trace.rows.max(axis=0, initial=0))
        sent = trace.sent()
        busiest = np.argmax(sent, axis=0)
        most = sent[busiest, np.arange(len(busiest))]
        for actor in np.flatnonzero(most > self._most).tolist():
            at = int(busiest[actor]) * len(busiest) + actor
            own = slice(int(trace.run_ptr[at]), int(trace.run_ptr[at + 1]))
            self._runs[actor] = (trace.stream[own], trace.flits[own])
            self._most[actor] = most[actor]

    def trace(self) -> Trace:
        """One step in which everything is at its worst; all partial columns are added."""
        sums = np.bincount(self._workings.fire, minlength=self._workings.fires)
        stream, flits = (np.concatenate([run[k] for run in self._runs]) for k in range(2))
        ptr = offsets([len(run[0]) for run in self._runs])
        return Trace(self._rows[None, :], sums[None, :], ptr, stream, flits)


def worst_bound(workings: Workings) -> Trace:
    """One step at least as busy as any, of a profile that kept no events: every source and column at its worst."""
    worst = np.where(workings.graph.network.is_bias(), 0, workings.graph.worst_step).astype(np.int64)
    source = np.flatnonzero(worst)
    once, who = frozen(np.zeros(len(source)), np.int32), frozen(source, np.int32)  # of the types that events have
    now = Driven(workings.reads.ptr, workings.reads.place, np.zeros_like(workings.reads.delayed), workings.reads.places)
    rows = now.total(once, who, worst[source], 1) + workings.biases
    column = np.arange(len(workings.fire))
    sender = np.append(source, workings.graph.network.sources + column)
    emitted = Emitted(np.zeros(len(sender), np.int64), sender, np.append(worst[source], np.ones_like(column)))
    sums = np.bincount(workings.fire, minlength=workings.fires)
    return Trace(rows, sums[None, :], *_runs(workings, emitted, 1))


def thinned(events: Spikes, rng: np.random.Generator, share: float) -> Spikes:
    """`events` without a random `share` of them."""
    kept = rng.random(len(events.step)) >= share
    frame = offsets(np.bincount(row_of_entry(events.frame)[kept], minlength=events.frames))
    return Spikes(frame, events.step[kept], events.source[kept], events.value[kept], events.steps, events.dt)
