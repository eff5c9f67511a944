"""Static order per tile by list scheduling, and the throughput that it guarantees.

One step is scheduled greedily: a free tile starts the ready actor with the highest priority (longest way to the end
of the step, earliest start without tiles, lowest number, fires first, or one cluster after the other: the best of five
rules that keep to the sample registers). Each tile's sequence becomes a cycle of channels with one token, and the
maximum cycle ratio of that graph bounds the period. No order can beat the ratio of the graph without orders, nor the
total time of any tile, so an order that meets this bound is optimal and the search ends; with one cluster of one level
per tile it always does. Otherwise the same is tried with actors that lag those that feed them (`rounds`), and then
neighbours in a tile's order that lie on the critical cycle are swapped while the period does not grow: only such a swap
can shorten it. Where clusters share a tile, a firing takes a block of steps (`blocks`). On a network of time slots the
flits then take their slots (`slots`).
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np

from snnmap.core.arrays import I32, I64, frozen
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import Hardware
from snnmap.ir import ANY_DATA, Clustering, Schedule, Sdfg, SlotTable
from snnmap.sdf.graph import channels_of
from snnmap.sdf.ratio import Periodic, periodic
from snnmap.stages.protocols import Run, ScheduleProblem
from snnmap.stages.schedule.blocks import block_of
from snnmap.stages.schedule.build import program_ticks, sdfg_of
from snnmap.stages.schedule.connections import connections_of, own_times
from snnmap.stages.schedule.gates import Gated, with_gates
from snnmap.stages.schedule.links import Placed, placed_on
from snnmap.stages.schedule.network import flit_loads, shared_times, sums_per_step
from snnmap.stages.schedule.rounds import lags_of, retimed
from snnmap.stages.schedule.samples import Held, Orders
from snnmap.stages.schedule.slots import with_slots


@dataclass(frozen=True, slots=True, eq=False)
class Programming:
    """What re-programming adds to the time of every actor, (A,), and the cluster that a read reads, else -1."""

    ticks: I64
    cluster: I64


@dataclass(frozen=True, slots=True)
class ListSchedule:
    """List scheduling, then swaps on the critical cycle; Sriram & Bhattacharyya, Embedded Multiprocessors, ch. 5."""

    swaps: int = 1000
    """Most swaps tried; none are needed where the lower bound is met."""
    work: int = 20_000_000
    """Most channels analysed for them, swaps x channels: bounds the time for large graphs."""
    margin: float = 0.0
    """Share by which steps may be busier than the busiest profiled one; 1e9: any data at all."""
    block: int = 0
    """Steps that a firing takes; 0: as many as the tiles' memory holds where clusters take turns on a tile, else 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.margin <= ANY_DATA:
            raise InputError(f"schedule.margin is {self.margin}; it must be 0 (as profiled) to {ANY_DATA:g} (any data)")
        if self.block < 0:
            raise InputError(f"schedule.block is {self.block}; it must be 0 (as the memory allows) or steps of a frame")

    def __call__(self, problem: ScheduleProblem, run: Run) -> tuple[Sdfg, Schedule]:
        """Dataflow graph with the orders' channels, and the schedule.

        The tick of the returned graph is 1 ps / denominator of the period, so that the period and all starts are
        integers: with a fractional period no schedule that starts on whole ticks can meet a critical cycle.

        Raises
        ------
        InputError
            If hardware and placement do not allow a dataflow graph (`build_sdfg`).
        """
        graph, clustering, hardware = problem.view.graph, problem.view.clustering, problem.hardware
        placed = replace(placed_on(graph, hardware, clustering, problem.placement), margin=self.margin)
        placed = replace(placed, block=block_of(self.block, graph, hardware, placed))
        sums = sums_per_step(placed.messages, problem.view.traffic, self.margin)
        if hardware.noc != "tdm":
            loads = flit_loads(graph, hardware, placed, sums)
            times = shared_times(hardware, placed, loads)
            best, _ = self._ordered(sdfg_of(graph, hardware, placed, clustering, times), problem, placed, run)
            if hardware.noc == "gated" and len(times):
                return _behind_gates(best, placed.block, with_gates(best.sdfg, hardware, placed, loads))
            return best.graph_in_whole_ticks(), best.schedule(placed.block)
        connections = connections_of(graph, hardware, placed, sums)
        times = own_times(hardware, placed, connections)
        best, flat = self._ordered(sdfg_of(graph, hardware, placed, clustering, times), problem, placed, run)
        if len(connections.flits) == 0:
            return best.graph_in_whole_ticks(), best.schedule(placed.block)

        def slotted(ordered: Candidate) -> tuple[Sdfg, Schedule]:
            table = with_slots(ordered.sdfg, hardware, placed, connections, ceil(ordered.periodic.period))
            return _on_table(ordered, placed.block, table)

        found = slotted(best)
        if flat is best or flat.periodic.period >= found[1].period_numerator:
            return found
        return min(found, slotted(flat), key=lambda timed: (timed[1].period_numerator, timed[1].latency))

    def _ordered(
        self, sdfg: Sdfg, problem: ScheduleProblem, placed: Placed, run: Run
    ) -> tuple["Candidate", "Candidate"]:
        """The best order found, and that whose actors all run the same block; messages take the times of `sdfg`."""
        programming = _programming(problem.hardware, placed, problem.view.clustering, len(sdfg.name))
        bound = lower_bound(sdfg, programming)
        held = Held(placed.actors, problem.hardware.sample_registers if placed.block == 1 else None)
        later = lags_of(placed, problem.hardware.buffer_tokens)
        candidates = _in_rounds(sdfg, placed, held, programming, bound, later)
        best = min(candidates, key=Candidate.cost)
        flat = min((c for c in candidates if not np.any(c.lag)), key=Candidate.cost, default=best)
        budget = min(self.swaps, self.work // max(1, len(best.sdfg.producer)))
        current = best
        for done in range(budget):
            if best.periodic.period <= bound:
                break
            found = _swapped(retimed(sdfg, best.lag), current, programming, run.rng)
            fits = found is not None and held.fits(found.orders)
            if found is not None and fits and found.periodic.period <= current.periodic.period:
                current = found
                best = min(best, found, key=Candidate.cost)
            run.tell("schedule", done + 1, budget, float(best.periodic.period) * sdfg.tick / placed.block)
        return best, flat if np.any(best.lag) else best


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An ordered graph and its periodic schedule."""

    sdfg: Sdfg
    orders: Orders
    periodic: Periodic
    lag: I64
    """(A,) rounds by which every actor is behind."""

    def latency(self) -> int:
        """From the start of a block to its last end, in ticks / scale."""
        start = self.periodic.start + self.lag * self.periodic.period.numerator
        ends = start + self.sdfg.time * self.periodic.scale
        return int(ends.max(initial=0) - start.min(initial=ends.max(initial=0)))

    def cost(self) -> tuple[Fraction, Fraction]:
        """Period, then latency, in ticks."""
        return self.periodic.period, Fraction(self.latency(), self.periodic.scale)

    def graph_in_whole_ticks(self) -> Sdfg:
        """The graph with ticks so short that the period is an integer."""
        scale = self.periodic.scale
        return replace(self.sdfg, time=frozen(self.sdfg.time * scale, np.int64), tick=self.sdfg.tick / scale)

    def schedule(self, block: int) -> Schedule:
        """Schedule in ticks of `graph_in_whole_ticks`."""
        return Schedule(
            order=tuple(actors for actors in self.orders if actors),
            tiles=frozen([tile for tile, actors in enumerate(self.orders) if actors], np.int32),
            start=frozen(self.periodic.start, np.int64),
            period_numerator=self.periodic.period.numerator,
            period_denominator=1,
            critical=self.periodic.critical,
            latency=self.latency(),
            block=block,
            lag=_stored(self.lag),
        )


def _in_rounds(
    sdfg: Sdfg, placed: Placed, held: Held, programming: Programming, bound: Fraction, later: list[I64]
) -> list[Candidate]:
    """Orders by every rule that need no more sample registers than there are, with lags `later` where they may help.

    Raises
    ------
    InfeasibleError
        If all of them need more.
    """
    tried: list[Orders] = []
    found: list[Candidate] = []
    for lag in (np.zeros(len(sdfg.name), np.int64), *later):
        if found and min(candidate.periodic.period for candidate in found) <= bound:
            break
        graph = retimed(sdfg, lag)
        orders = [tile_orders(graph, priority) for priority in _rules(graph, placed)]
        tried += orders
        found += [_candidate(graph, order, programming, lag) for order in orders if held.fits(order)]
    if not found:
        tile, needed = min((held.busiest(order) for order in tried), key=lambda need: need[1])
        raise InfeasibleError(
            f"sets of sample registers on tile {tile}",
            needed,
            held.sets or 0,
            "Use a chip with more sample_registers, more tiles, or fewer clusters per tile.",
        )
    return found


def _rules(sdfg: Sdfg, placed: Placed) -> tuple[I64, ...]:
    """Priorities of every actor, (A,) each.

    Way to the end of the step, earliest start, number, fires first, one cluster after the other.
    """
    from snnmap.stages.schedule.kernels.order import tails

    channels = channels_of(sdfg)
    tail = tails(channels.ptr, channels.consumer, channels.tokens, sdfg.time, channels.order)
    firing = np.zeros_like(tail)
    firing[placed.actors.reads : placed.actors.port] = int(tail.max(initial=0)) + 1
    cluster = np.zeros_like(tail)
    cluster[: placed.actors.port] = -placed.actors.cluster()
    return tail, -periodic(sdfg).start, np.zeros_like(tail), tail + firing, cluster


def _candidate(sdfg: Sdfg, orders: Orders, programming: Programming, lag: I64) -> Candidate:
    ordered = with_orders(_kept_programmed(sdfg, orders, programming), orders)
    return Candidate(ordered, orders, periodic(ordered), lag)


def _stored(lag: I64) -> I32 | None:
    """Lags as a schedule keeps them."""
    return frozen(lag, np.int32) if np.any(lag) else None


def _swapped(sdfg: Sdfg, current: Candidate, programming: Programming, rng: np.random.Generator) -> Candidate | None:
    """`current` with two neighbours of a tile's order swapped that follow each other on its critical cycle, at random.

    None if there are no such neighbours, or one needs the other in the same step.
    """
    follows = dict(pairwise((*current.periodic.critical, *current.periodic.critical[:1])))
    orders = current.orders
    places = [
        (t, k) for t, actors in enumerate(orders) for k, (a, b) in enumerate(pairwise(actors)) if follows.get(a) == b
    ]
    if not places:
        return None
    tile, k = places[int(rng.integers(len(places)))]
    swapped = (*orders[tile][:k], orders[tile][k + 1], orders[tile][k], *orders[tile][k + 2 :])
    try:
        return _candidate(sdfg, (*orders[:tile], swapped, *orders[tile + 1 :]), programming, current.lag)
    except InfeasibleError:
        return None


def tile_orders(sdfg: Sdfg, priority: I64) -> Orders:
    """Actors of every tile 0 .. highest in the order in which list scheduling of one step starts them.

    Raises
    ------
    InfeasibleError
        If the graph deadlocks.
    """
    from snnmap.stages.schedule.kernels.order import list_order

    channels = channels_of(sdfg)
    tiles = int(sdfg.resource.max(initial=-1)) + 1
    pattern = (channels.ptr, channels.consumer, channels.tokens, sdfg.time, sdfg.resource)
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
        producer=frozen(np.append(sdfg.producer, source), np.int32),
        consumer=frozen(np.append(sdfg.consumer, target), np.int32),
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


def _programming(hardware: Hardware, placed: Placed, clustering: Clustering, actors: int) -> Programming:
    numbering = placed.actors
    ticks, cluster = np.zeros(actors, np.int64), np.full(actors, -1, np.int64)
    cluster[: numbering.reads] = numbering.read_cluster
    ticks[: numbering.reads] = program_ticks(hardware, clustering, placed.tile_of_cluster)[numbering.read_cluster]
    return Programming(ticks, cluster)


def _on_table(best: Candidate, block: int, slotted: tuple[Sdfg, I64, SlotTable]) -> tuple[Sdfg, Schedule]:
    """Graph and schedule of a network of time slots: the period is that of the table."""
    sdfg, start, table = slotted
    period = table.length * table.slot
    begin = start + best.lag * period
    return sdfg, Schedule(
        order=tuple(actors for actors in best.orders if actors),
        tiles=frozen([tile for tile, actors in enumerate(best.orders) if actors], np.int32),
        start=start,
        period_numerator=period,
        period_denominator=1,
        critical=periodic(sdfg).critical,
        latency=int((begin + sdfg.time).max() - begin.min()),
        slots=table,
        block=block,
        lag=_stored(best.lag),
    )


def _behind_gates(best: Candidate, block: int, gated: tuple[Sdfg, Gated]) -> tuple[Sdfg, Schedule]:
    """Graph and schedule of a network behind gates, which open once a period."""
    sdfg, found = gated
    begin = found.start + best.lag * found.period
    return sdfg, Schedule(
        order=tuple(actors for actors in best.orders if actors),
        tiles=frozen([tile for tile, actors in enumerate(best.orders) if actors], np.int32),
        start=frozen(found.start, np.int64),
        period_numerator=found.period,
        period_denominator=1,
        critical=periodic(sdfg).critical,
        latency=int((begin + sdfg.time).max() - begin.min()),
        buffers=found.buffers,
        block=block,
        lag=_stored(best.lag),
    )


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
