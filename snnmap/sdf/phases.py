"""Cyclo-static graphs: actors whose firings go through phases in turn, and the graph with one actor per firing.

Phase f of an actor lasts as long, takes and makes as many tokens as its lists say at f; after the last comes the first
(Bilsen, Engels, Lauwereins & Peperstraete, Cycle-static dataflow, IEEE TSP 44(2), 1996). A channel is a queue: its
tokens arrive in the order of the firings that make them. Firing j of a consumer has taken C(j) tokens when it starts,
so with d initial ones it waits for the firing that makes token C(j) - d, and for all before it.

Where firings of an actor follow one another, that one firing is the last to end and one channel is enough. Where they
may overlap and last unequally long, an earlier one may end later; then one channel from each that lasts longer than all
after it. Later firings need all that earlier ones need, so they start in order.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, Bool, frozen, offsets, ranges
from snnmap.core.errors import InputError
from snnmap.ir import Sdfg

LIMIT = 20_000_000
"""Most firings or channels of an expanded graph."""


@dataclass(frozen=True, slots=True, eq=False)
class PhasedGraph:
    """Cyclo-static dataflow graph; a synchronous one, if every actor has one phase. Times in whole ticks."""

    name: str
    actor: tuple[str, ...]
    """(A,) distinct names."""
    channel: tuple[str, ...]
    """(H,) names."""
    ptr: I64
    """(A + 1,) first phase of every actor; it has at least one."""
    time: I64
    """(ptr[A],) execution time of every phase, ticks."""
    producer: I32
    consumer: I32
    tokens: I64
    """(H,) actors at the ends of every channel, and its initial tokens."""
    production: I64
    """Tokens that every phase of the producer makes, channel after channel; not all zero in one channel."""
    consumption: I64
    """Tokens that every phase of the consumer takes, in the same way."""
    tick: float | None = None
    """Seconds per tick, if they are known."""
    remarks: tuple[str, ...] = ()
    """What a reader should know of the file that it is from."""

    @property
    def phases(self) -> I64:
        """(A,) phases of every actor."""
        return np.diff(self.ptr)


@dataclass(frozen=True, slots=True, eq=False)
class Firings:
    """One iteration of a graph, firing by firing: rate 1 throughout."""

    first: I64
    """(A + 1,) first firing of every actor."""
    time: I64
    """(F,) ticks."""
    producer: I32
    consumer: I32
    tokens: I64
    """(E,) firings at the ends of every channel, and by how many iterations the latter lags."""


def phased(sdfg: Sdfg, name: str) -> PhasedGraph:
    """The same graph with one phase per actor."""
    return PhasedGraph(
        name=name,
        actor=sdfg.name,
        channel=tuple(f"channel{k}" for k in range(len(sdfg.producer))),
        ptr=frozen(np.arange(len(sdfg.name) + 1), np.int64),
        time=sdfg.time,
        producer=sdfg.producer,
        consumer=sdfg.consumer,
        tokens=sdfg.tokens,
        production=sdfg.production,
        consumption=sdfg.consumption,
        tick=sdfg.tick,
    )


def per_cycle(graph: PhasedGraph) -> tuple[I64, I64]:
    """Tokens made and taken, each (H,), on every channel while its actors go through all their phases once."""
    return _sums(graph.production, graph.phases[graph.producer]), _sums(graph.consumption, graph.phases[graph.consumer])


def firings(graph: PhasedGraph, cycles: tuple[int, ...], auto_concurrency: bool) -> Firings:
    """Graph of single firings, in which actor a goes `cycles[a]` times through its phases.

    Parameters
    ----------
    graph
        Consistent with `cycles`.
    cycles
        Of the repetition vector.
    auto_concurrency
        Whether firings of an actor may overlap; if not, each waits for the end of the one before.

    Raises
    ------
    InputError
        If the result would exceed `LIMIT` firings or channels; the message says how many there would be.
    """
    counts = [r * p for r, p in zip(cycles, graph.phases.tolist(), strict=True)]
    takes = _taking(graph, auto_concurrency)
    per_channel = _sums(takes.astype(np.int64), graph.phases[graph.consumer])
    edges = sum(cycles[c] * n for c, n in zip(graph.consumer.tolist(), per_channel.tolist(), strict=True))
    _must_be_few(sum(counts), edges + (0 if auto_concurrency else sum(counts)))
    first = offsets(np.array(counts, np.int64))
    needed = _needed(graph, np.array(cycles, np.int64), takes)
    if auto_concurrency:
        needed = _with_earlier(graph, needed, sum(counts))
    channel, made, taken = needed
    of = np.diff(first)[graph.producer[channel]]
    ends = [first[graph.producer[channel]] + made % of, first[graph.consumer[channel]] + taken]
    lag = -np.floor_divide(made, of)
    if not auto_concurrency:
        every = np.arange(first[-1])
        after = every + 1
        after[first[1:] - 1] = first[:-1]
        ends = [np.concatenate([ends[0], every]), np.concatenate([ends[1], after])]
        lag = np.concatenate([lag, (after <= every).astype(np.int64)])
    phase = ranges(np.zeros(len(counts), np.int64), np.diff(first)) % np.repeat(graph.phases, np.diff(first))
    return Firings(
        first,
        frozen(graph.time[np.repeat(graph.ptr[:-1], np.diff(first)) + phase], np.int64),
        frozen(ends[0], np.int32),
        frozen(ends[1], np.int32),
        frozen(lag, np.int64),
    )


def _taking(graph: PhasedGraph, auto_concurrency: bool) -> Bool:
    """Which phases of every channel's consumer wait for it: those that take; all, if nothing else keeps the order."""
    return np.ones(len(graph.consumption), bool) if auto_concurrency else graph.consumption > 0


def _needed(graph: PhasedGraph, cycles: I64, takes: Bool) -> tuple[I64, I64, I64]:
    """(E,) channel, firing of its producer that makes the last token, and firing of its consumer that takes it.

    The producer's firings are counted on from the iteration before if negative.
    """
    made, taken = per_cycle(graph)
    into, out = graph.phases[graph.consumer], graph.phases[graph.producer]
    of = np.repeat(np.arange(len(graph.consumer)), into)
    has_taken = np.cumsum(graph.consumption) - np.repeat(np.cumsum(taken) - taken, into)
    phase = ranges(np.zeros(len(into), np.int64), into)
    kept = np.flatnonzero(takes)
    rounds = cycles[graph.consumer[of[kept]]]
    entry, cycle = np.repeat(kept, rounds), ranges(np.zeros(len(kept), np.int64), rounds)
    channel = of[entry]
    token = cycle * taken[channel] + has_taken[entry] - 1 - graph.tokens[channel]
    before = np.cumsum(made) - made
    place = np.searchsorted(np.cumsum(graph.production), before[channel] + token % made[channel], side="right")
    firing = token // made[channel] * out[channel] + place - offsets(out)[channel]
    return channel, firing, cycle * into[channel] + phase[entry]


def _with_earlier(graph: PhasedGraph, needed: tuple[I64, I64, I64], fires: int) -> tuple[I64, I64, I64]:
    """`needed`, and each earlier firing of the producer that may end later, by lasting longer than all after it."""
    ptr, back = _longer_before(graph)
    if len(back) == 0:
        return needed
    channel, made, taken = needed
    out = graph.phases[graph.producer]
    phase = offsets(out)[channel] + made % out[channel]
    more = np.diff(ptr)[phase]
    _must_be_few(fires, len(channel) + int(more.sum()))
    by = back[ranges(ptr[phase], more)]
    return (
        np.concatenate([channel, np.repeat(channel, more)]),
        np.concatenate([made, np.repeat(made, more) - by]),
        np.concatenate([taken, np.repeat(taken, more)]),
    )


def _longer_before(graph: PhasedGraph) -> tuple[I64, I64]:
    """CSR per entry of `production`: how many firings back those are whose tokens arrive later though made before.

    They make tokens, and last longer than all after them that do, up to this one.
    """
    back: list[int] = []
    counts = np.zeros(len(graph.production), np.int64)
    begins = offsets(graph.phases[graph.producer]).tolist()
    for channel, actor in enumerate(graph.producer.tolist()):
        time = graph.time[graph.ptr[actor] : graph.ptr[actor + 1]].tolist()
        if min(time) == max(time):
            continue
        makes = np.flatnonzero(graph.production[begins[channel] : begins[channel + 1]]).tolist()
        longer: list[tuple[int, int]] = []  # firings with their times, of two rounds
        for k in (*makes, *(k + len(time) for k in makes)):
            own = time[k % len(time)]
            while longer and longer[-1][1] <= own:
                longer.pop()
            if k >= len(time):
                back += [k - j for j, _ in longer]
                counts[begins[channel] + k - len(time)] = len(longer)
                _must_be_few(len(graph.time), len(back))
            longer.append((k, own))
    return offsets(counts), np.array(back, np.int64)


def _sums(values: I64, counts: I64) -> I64:
    """Sums of consecutive parts of `values` that are `counts` long."""
    total = offsets(values)
    ends = offsets(counts)
    return total[ends[1:]] - total[ends[:-1]]


def _must_be_few(fires: int, edges: int) -> None:
    if max(fires, edges) > LIMIT:
        raise InputError(
            f"expanding the rates gives {fires:,} firings and {edges:,} channels; at most {LIMIT:,} are taken"
        )
