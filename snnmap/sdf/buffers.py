"""Buffers against throughput: how many tokens every channel must hold, and how fast the graph runs with fewer.

A buffer of n tokens on a channel is a channel back, with the rates exchanged and n minus the waiting tokens: space is
claimed when a firing starts and given back when the firing that takes the tokens ends, as SDF3 counts it. A channel
from an actor to itself keeps its tokens and has no buffer.

**Search.** Whoever wants a shorter period has to break the critical cycle, that is to enlarge one of the buffers on it;
the same holds for a deadlock and the cycle that waits for itself. `pareto` follows all of them, the smallest total
first, so that what it finds is exact: every total with the least period that it allows. `greedy` follows, cycle by
cycle, the one buffer that gains most, each judged by the exact ratio, and afterwards takes back what was not needed.

Source: Stuijk, Geilen & Basten, Exploring trade-offs in buffer requirements and throughput constraints for synchronous
dataflow graphs, DAC 2006, which follows storage dependencies in a state space in the place of critical cycles.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

import numpy as np

from snnmap.core.arrays import I64, frozen, offsets
from snnmap.core.errors import InputError
from snnmap.sdf.expand import balanced
from snnmap.sdf.graph import Channels, sorted_channels
from snnmap.sdf.phases import PhasedGraph, firings, per_cycle
from snnmap.sdf.ratio import solved
from snnmap.sdf.throughput import check_phases

TRIED = 12
"""Most buffers of one cycle that `greedy` tries before it enlarges one."""

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A size of every buffer, and how fast the graph then is."""

    sizes: Sizes
    """Tokens of every bounded channel, in the order of `Bounds.channel`."""
    total: int
    """Sizes times weights."""
    period: Fraction | None
    """Ticks per iteration; none: it deadlocks."""


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """A graph whose channels are to be bounded."""

    graph: PhasedGraph
    channel: I64
    """(B,) channels with a buffer."""
    least: Sizes
    """Smaller ones hold not even what one firing makes or takes, or the initial tokens."""
    step: Sizes
    """Sizes in between change nothing."""
    weight: Sizes
    """Cost of a token."""
    cycles: tuple[int, ...]
    """Rounds of every actor per iteration."""
    auto_concurrency: bool = False

    def judged(self, sizes: Sizes) -> tuple[Fraction | None, tuple[int, ...]]:
        """Period, and the buffers on the critical cycle, or on that of the deadlock; indices into `channel`."""
        single = firings(bounded(self.graph, self.channel, sizes), self.cycles, self.auto_concurrency)
        channels = sorted_channels(len(single.time), single.producer, single.consumer, single.tokens)
        period: Fraction | None = None
        if isinstance(channels, Channels):
            found = solved(channels, single.time)
            period, cycle = found.period, np.array(found.critical, np.int64)
        else:
            cycle = channels
        actors = np.searchsorted(single.first, cycle, side="right") - 1
        follows = set(zip(actors.tolist(), np.roll(actors, -1).tolist(), strict=True))
        ends = zip(self.graph.consumer[self.channel].tolist(), self.graph.producer[self.channel].tolist(), strict=True)
        on = tuple(b for b, back in enumerate(ends) if back in follows)
        return period, on

    def stored(self, sizes: Sizes) -> Stored:
        """How fast the graph is with buffers of these sizes."""
        return Stored(sizes, self.total(sizes), self.judged(sizes)[0])

    def total(self, sizes: Sizes) -> int:
        """Cost of sizes."""
        return sum(size * weight for size, weight in zip(sizes, self.weight, strict=True))

    def cost(self, buffer: int) -> int:
        """Cost of a step of one buffer."""
        return self.weight[buffer] * self.step[buffer]

    def grown(self, sizes: Sizes, buffer: int) -> int:
        """Steps of one buffer above the least."""
        return (sizes[buffer] - self.least[buffer]) // self.step[buffer]

    def larger(self, sizes: Sizes, buffer: int, steps: int = 1) -> Sizes:
        """Sizes with one buffer a step larger, or smaller."""
        return (*sizes[:buffer], sizes[buffer] + steps * self.step[buffer], *sizes[buffer + 1 :])


def bounds_of(
    graph: PhasedGraph,
    *,
    channel: Sequence[int] | None = None,
    weight: Sequence[int] | None = None,
    auto_concurrency: bool = False,
) -> Bounds:
    """What there is to choose.

    Parameters
    ----------
    graph
        With rates and phases of any kind.
    channel
        Channels with a buffer; none: all but those from an actor to itself.
    weight
        Cost of a token in each of them; none: 1.

    Raises
    ------
    InputError
        If the graph is malformed or inconsistent.
    """
    check_phases(graph)
    made, taken = per_cycle(graph)
    cycles = balanced(len(graph.actor), (graph.producer, graph.consumer), made, taken)
    if isinstance(cycles, int):
        raise InputError(f"rates are inconsistent on channel {graph.channel[cycles]}: no buffers keep it running")
    chosen = np.flatnonzero(graph.producer != graph.consumer) if channel is None else np.array(channel, np.int64)
    limits = [_limits(graph, c) for c in chosen.tolist()]
    return Bounds(
        graph=graph,
        channel=chosen.astype(np.int64),
        least=tuple(least for least, _ in limits),
        step=tuple(step for _, step in limits),
        weight=(1,) * len(chosen) if weight is None else tuple(weight),
        cycles=cycles,
        auto_concurrency=auto_concurrency,
    )


def _limits(graph: PhasedGraph, channel: int) -> tuple[int, int]:
    """Least size of a channel's buffer, and the step between sizes that differ."""
    out, into = graph.phases[graph.producer], graph.phases[graph.consumer]
    at, to = int(offsets(out)[channel]), int(offsets(into)[channel])
    made = graph.production[at : at + int(out[channel])].tolist()
    taken = graph.consumption[to : to + int(into[channel])].tolist()
    step, tokens = gcd(*made, *taken), int(graph.tokens[channel])
    alone = made[0] + taken[0] - step + tokens % step  # less is a deadlock of the two (Ade et al., DAC 1997)
    least = alone if len(made) == len(taken) == 1 else max(*made, *taken)
    return max(least + (tokens - least) % step, tokens), step


def bounded(graph: PhasedGraph, channel: I64, sizes: Sizes) -> PhasedGraph:
    """The graph with a channel back for every buffer."""
    out, into = graph.phases[graph.producer], graph.phases[graph.consumer]
    made = [graph.production[a:b] for a, b in zip(offsets(out)[:-1], offsets(out)[1:], strict=True)]
    taken = [graph.consumption[a:b] for a, b in zip(offsets(into)[:-1], offsets(into)[1:], strict=True)]
    back = channel.tolist()
    room = np.array(sizes, np.int64) - graph.tokens[channel]
    return replace(
        graph,
        channel=(*graph.channel, *(f"space of {graph.channel[c]}" for c in back)),
        producer=frozen(np.append(graph.producer, graph.consumer[channel]), np.int32),
        consumer=frozen(np.append(graph.consumer, graph.producer[channel]), np.int32),
        tokens=frozen(np.append(graph.tokens, room), np.int64),
        production=frozen(np.concatenate([graph.production, *(taken[c] for c in back)]), np.int64),
        consumption=frozen(np.concatenate([graph.consumption, *(made[c] for c in back)]), np.int64),
    )


def fastest(bounds: Bounds) -> Fraction | None:
    """Ticks per iteration with buffers that never fill; none if the graph deadlocks by itself."""
    single = firings(bounds.graph, bounds.cycles, bounds.auto_concurrency)
    channels = sorted_channels(len(single.time), single.producer, single.consumer, single.tokens)
    return solved(channels, single.time).period if isinstance(channels, Channels) else None


def pareto(bounds: Bounds, target: Fraction, most: int) -> list[Stored] | None:
    """Every total below which the graph is slower, from the least that lets it run to that of the period `target`.

    Exact: no sizes of that total or less are faster. None if that would take more than `most` analyses. The graph must
    run with buffers that never fill, and not faster than `target`.
    """
    queue, known = [(bounds.total(bounds.least), bounds.least)], {bounds.least}
    front: list[Stored] = []
    for _ in range(most):
        if not queue:
            return front
        total, sizes = heapq.heappop(queue)
        period, on = bounds.judged(sizes)
        if _is_faster(period, front):
            front = [*(point for point in front if point.total < total), Stored(sizes, total, period)]
        if period is not None and period <= target:
            return front
        for buffer in on:
            larger = bounds.larger(sizes, buffer)
            if larger not in known:
                known.add(larger)
                heapq.heappush(queue, (bounds.total(larger), larger))
    return None


def greedy(bounds: Bounds, target: Fraction) -> list[Stored]:
    """As `pareto`, one path through the sizes: each step enlarges the buffer of the critical cycle that gains most.

    Its last point is `shrunk`; a smaller total may exist. The graph must run with buffers that never fill.
    """
    sizes, front = bounds.least, list[Stored]()
    period, on = bounds.judged(sizes)
    while True:
        if _is_faster(period, front):
            front.append(Stored(sizes, bounds.total(sizes), period))
        if not on or (period is not None and period <= target):
            break
        few = sorted(on, key=bounds.cost)[:TRIED]
        tried = [(buffer, *bounds.judged(bounds.larger(sizes, buffer))) for buffer in few]
        ranked = [(after is None, after or 0, bounds.grown(sizes, b), b) for b, after, _ in tried]  # ties in turn
        buffer, period, on = tried[ranked.index(min(ranked))]
        sizes = bounds.larger(sizes, buffer)
    last = shrunk(bounds, sizes, target)
    return [*(point for point in front if point.total < last.total), last] if front else front


def shrunk(bounds: Bounds, sizes: Sizes, target: Fraction, most: int | None = None) -> Stored:
    """Sizes of which none can be smaller by itself without a period above `target`, from `sizes` that keep it.

    Buffers that cost most come first. After `most` analyses the rest stays as it is.
    """
    left = most if most is not None else 2**62
    for buffer in sorted(range(len(sizes)), key=bounds.cost, reverse=True):
        low, high = 0, bounds.grown(sizes, buffer)
        at_most = high
        while low < high and left > 0:
            middle = (low + high) // 2
            period, _ = bounds.judged(bounds.larger(sizes, buffer, middle - at_most))
            low, high = (low, middle) if period is not None and period <= target else (middle + 1, high)
            left -= 1
        sizes = bounds.larger(sizes, buffer, high - at_most)
    return bounds.stored(sizes)


def sufficient(bounds: Bounds, target: Fraction) -> Sizes:
    """Sizes that keep the period `target`, which the graph without buffers has: the least, doubled until they do."""
    times = 1
    while True:
        sizes = tuple(n + (times - 1) * step * (n // step) for n, step in zip(bounds.least, bounds.step, strict=True))
        period, _ = bounds.judged(sizes)
        if period is not None and period <= target:
            return sizes
        times *= 2


def _is_faster(period: Fraction | None, front: list[Stored]) -> bool:
    last = front[-1].period if front else None
    return period is not None and (last is None or period < last)
