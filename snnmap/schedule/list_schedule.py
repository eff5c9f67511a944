"""Static order per tile by list scheduling, and the throughput that it guarantees.

One step is scheduled greedily: a free tile starts the ready actor with the longest way to the end of the step
(critical path priority; Sriram & Bhattacharyya, Embedded Multiprocessors, ch. 5). Each tile's sequence becomes a
cycle of channels with one token, and the maximum cycle ratio of that graph is the guarantee. No order can beat the
ratio of the graph without orders, nor the total time of any tile, so a schedule that meets this bound is optimal and
the search ends; otherwise priorities are disturbed and the best of `tries` orders is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from snnmap.arrays import I64, frozen
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Placement, Schedule, Sdfg, SpikeGraph, Traffic
from snnmap.schedule.actors import actors_of
from snnmap.schedule.build import build_sdfg, program_ticks
from snnmap.schedule.channels import channels_of
from snnmap.schedule.ratio import Periodic, periodic

Progress = Callable[[str, int, int, float], None]
Orders = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Programming:
    """What re-programming adds to the time of every actor, (A,), and the cluster that a read reads, else -1."""

    ticks: I64
    cluster: I64


@dataclass(frozen=True, slots=True)
class ListSchedule:
    """List scheduling with critical-path priority; Sriram & Bhattacharyya, Embedded Multiprocessors, ch. 5."""

    tries: int = 8
    """Orders from disturbed priorities, tried only while the period is above its lower bound."""
    disturbance: float = 0.5
    """Largest relative increase of a priority."""

    def __call__(
        self,
        graph: SpikeGraph,
        hardware: Hardware,
        clustering: Clustering,
        placement: Placement,
        traffic: Traffic,
        *,
        rng: np.random.Generator,
        progress: Progress | None = None,
    ) -> tuple[Sdfg, Schedule]:
        """Dataflow graph with the orders' channels, and the schedule.

        The tick of the returned graph is 1 ps / denominator of the period, so that the period and all starts are
        integers: with a fractional period no schedule that starts on whole ticks can meet a critical cycle.

        Raises
        ------
        InputError
            If hardware and placement do not allow a dataflow graph (`build_sdfg`).
        """
        from snnmap.kernels.schedule import tails

        sdfg = build_sdfg(graph, hardware, clustering, placement, traffic)
        programming = _programming(graph, hardware, clustering, placement, len(sdfg.name))
        bound = lower_bound(sdfg, programming)
        channels = channels_of(sdfg)
        tail = tails(channels.ptr, channels.target, channels.tokens, sdfg.time, channels.order)
        best: Candidate | None = None
        for attempt in range(1 + self.tries):
            share = rng.random(len(tail)) * self.disturbance if attempt else np.zeros(len(tail))
            orders = tile_orders(sdfg, tail + (tail * share).astype(np.int64))
            ordered = with_orders(_kept_programmed(sdfg, orders, programming), orders)
            found = Candidate(ordered, orders, periodic(ordered))
            if best is None or found.cost() < best.cost():
                best = found
            if progress is not None:
                progress("schedule", attempt + 1, 1 + self.tries, float(best.periodic.period) * sdfg.tick)
            if best.periodic.period <= bound:
                break
        assert best is not None
        return best.graph_in_whole_ticks(), best.schedule()


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An ordered graph and its periodic schedule."""

    sdfg: Sdfg
    orders: Orders
    periodic: Periodic

    def latency(self) -> int:
        """From the start of a step to its last end, in ticks / scale."""
        return int((self.periodic.start + self.sdfg.time * self.periodic.scale).max(initial=0))

    def cost(self) -> tuple[Fraction, Fraction]:
        """Period, then latency, in ticks."""
        return self.periodic.period, Fraction(self.latency(), self.periodic.scale)

    def graph_in_whole_ticks(self) -> Sdfg:
        """The graph with ticks so short that the period is an integer."""
        scale = self.periodic.scale
        return replace(self.sdfg, time=frozen(self.sdfg.time * scale, np.int64), tick=self.sdfg.tick / scale)

    def schedule(self) -> Schedule:
        """Schedule in ticks of `graph_in_whole_ticks`."""
        return Schedule(
            order=tuple(actors for actors in self.orders if actors),
            tiles=frozen([tile for tile, actors in enumerate(self.orders) if actors], np.int32),
            start=frozen(self.periodic.start, np.int64),
            period_numerator=self.periodic.period.numerator,
            period_denominator=1,
            critical=self.periodic.critical,
            latency=self.latency(),
        )


def tile_orders(sdfg: Sdfg, priority: I64) -> Orders:
    """Actors of every tile 0 .. highest in the order in which list scheduling of one step starts them.

    Raises
    ------
    InfeasibleError
        If the graph deadlocks.
    """
    from snnmap.kernels.schedule import list_order

    channels = channels_of(sdfg)
    tiles = int(sdfg.resource.max(initial=-1)) + 1
    pattern = (channels.ptr, channels.target, channels.tokens, sdfg.time, sdfg.resource)
    sequence = list_order(*pattern, tiles, priority)
    by_tile = sequence[np.argsort(sdfg.resource[sequence], kind="stable")]
    edges = np.searchsorted(sdfg.resource[by_tile], np.arange(tiles + 1))
    return tuple(tuple(by_tile[edges[t] : edges[t + 1]].tolist()) for t in range(tiles))


def with_orders(sdfg: Sdfg, orders: Orders) -> Sdfg:
    """`sdfg` with the channels of static orders: each actor to the next, 0 tokens, and the last to the first, 1."""
    several = [actors for actors in orders if len(actors) > 1]
    source = [a for actors in several for a in actors]
    target = [a for actors in several for a in (*actors[1:], actors[0])]
    tokens = [int(k == len(actors) - 1) for actors in several for k in range(len(actors))]
    ones = np.ones(len(source), np.int64)
    return replace(
        sdfg,
        source=frozen(np.append(sdfg.source, source), np.int32),
        target=frozen(np.append(sdfg.target, target), np.int32),
        production=frozen(np.append(sdfg.production, ones), np.int64),
        consumption=frozen(np.append(sdfg.consumption, ones), np.int64),
        tokens=frozen(np.append(sdfg.tokens, tokens), np.int64),
    )


def lower_bound(sdfg: Sdfg, programming: Programming) -> Fraction:
    """Period that no order can beat: the ratio without orders, and the work of the busiest tile.

    Without re-programming a read for the former; with each cluster of a shared tile programmed once for the latter.
    """
    bare = replace(sdfg, time=frozen(sdfg.time - programming.ticks, np.int64))
    busiest = np.zeros(int(sdfg.resource.max(initial=-1)) + 1, np.int64)
    placed = sdfg.resource >= 0
    np.add.at(busiest, sdfg.resource[placed], bare.time[placed])
    reads = np.flatnonzero(programming.ticks)
    once = reads[np.unique(programming.cluster[reads], return_index=True)[1]]
    np.add.at(busiest, sdfg.resource[once], programming.ticks[once])
    return max(periodic(bare).period, Fraction(int(busiest.max(initial=0))))


def _programming(
    graph: SpikeGraph, hardware: Hardware, clustering: Clustering, placement: Placement, actors: int
) -> Programming:
    numbering = actors_of(graph, clustering)
    ticks, cluster = np.zeros(actors, np.int64), np.full(actors, -1, np.int64)
    cluster[: numbering.reads] = numbering.read_cluster
    ticks[: numbering.reads] = program_ticks(hardware, clustering, placement)[numbering.read_cluster]
    return Programming(ticks, cluster)


def _kept_programmed(sdfg: Sdfg, orders: Orders, programming: Programming) -> Sdfg:
    """`sdfg` without re-programming before a read that follows one of the same cluster on its tile."""
    if not np.any(programming.ticks):
        return sdfg
    time = sdfg.time.copy()
    for actors in orders:
        reads = [a for a in actors if programming.cluster[a] >= 0]
        for before, read in zip(reads[-1:] + reads, reads, strict=False):
            if programming.cluster[before] == programming.cluster[read]:
                time[read] -= programming.ticks[read]
    return replace(sdfg, time=frozen(time, np.int64))
