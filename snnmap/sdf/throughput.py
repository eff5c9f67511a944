"""What a dataflow graph guarantees: whether its rates fit, whether it runs, how fast, and the proof of it.

Inconsistent rates, a deadlock and an unbounded rate are answers, not errors. What the numbers mean:

- **Period**: ticks per iteration, in which every actor fires as often as the smallest repetition vector says; of a
  cyclo-static actor that is a whole number of rounds through its phases. Throughput = 1 / period.
- **Auto-concurrency off**: no two firings of an actor overlap; as a channel from it to itself with one token. On: only
  the channels of the graph hold a firing back. Tokens arrive in the order of the firings that make them (`phases`).
- **Not strongly connected**: the period is that of the slowest component; faster ones wait for it, or pile up tokens
  where no channel back bounds the buffer. Parts with no channel between them have a repetition vector each.
- **A buffer** of n tokens is a channel back with n tokens minus those that wait forward. Its space is claimed when a
  firing starts and given back when the firing that takes the tokens ends, as SDF3 counts it.

The proof: `start` is a schedule that keeps every channel at that period; `critical` is a cycle that allows no shorter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from snnmap.core.arrays import I64, frozen
from snnmap.core.errors import InputError
from snnmap.sdf.expand import balanced
from snnmap.sdf.graph import Channels, named, sorted_channels
from snnmap.sdf.phases import Firings, PhasedGraph, firings, per_cycle
from snnmap.sdf.ratio import solved

LARGEST = 2**62
"""What tokens counted in an iteration must stay below, to be exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Throughput:
    """What `analyse` found, with its proof."""

    graph: PhasedGraph
    auto_concurrency: bool
    """Whether firings of an actor may overlap."""
    consistent: bool
    """Whether some number of firings returns every channel to its tokens."""
    live: bool | None
    """Whether an iteration can be completed; none if there is no iteration."""
    reason: str | None
    """Why there is no throughput, in words."""
    repetition: tuple[int, ...] = ()
    """(A,) firings of every actor in an iteration."""
    period: Fraction | None = None
    """Ticks per iteration; 0 if nothing bounds it, none if there is no iteration or it is never completed."""
    critical: tuple[int, ...] = ()
    """Firings of a cycle that takes `period` times as long as it has tokens, in order, the first of them first."""
    lags: tuple[int, ...] = ()
    """By how many iterations the next firing of the cycle lags behind each."""
    first: I64 | None = None
    """(A + 1,) first firing of every actor."""
    start: I64 | None = None
    """(F,) start of every firing in the first iteration, in 1 / `scale` ticks; iteration n is n periods later."""
    scale: int = 1
    """Denominator of the period."""

    @property
    def throughput(self) -> Fraction | None:
        """Iterations per tick: 0 in a deadlock, none if it is unbounded or there is no iteration."""
        if self.period is None:
            return Fraction(0) if self.consistent else None
        return 1 / self.period if self.period else None

    def document(self) -> dict[str, Any]:
        """Everything as JSON types, the proof included; fractions are text, `7/2`."""
        names = self.graph.actor
        return {
            "graph": self.graph.name,
            "actors": len(names),
            "channels": len(self.graph.channel),
            "auto_concurrency": "on" if self.auto_concurrency else "off",
            "consistent": self.consistent,
            "live": self.live,
            "throughput": _text(self.throughput),
            "period": _text(self.period),
            "seconds_per_tick": self.graph.tick,
            "reason": self.reason,
            "repetition_vector": dict(zip(names, self.repetition, strict=True)) if self.consistent else None,
            "phases": dict(zip(names, self.graph.phases.tolist(), strict=True)),
            "critical_cycle": [
                {"actor": actor, "firing": firing, "tokens": lag}
                for (actor, firing), lag in zip(self.critical_firings(), self.lags, strict=True)
            ],
            "start_times": self._starts(),
            "start_times_per_tick": self.scale,
            "remarks": list(self.graph.remarks),
        }

    def critical_firings(self) -> list[tuple[str, int]]:
        """The critical cycle as actors with the numbers of their firings in the iteration."""
        if self.first is None:
            return []
        actors = np.searchsorted(self.first, self.critical, side="right") - 1
        numbers = (np.array(self.critical, np.int64) - self.first[actors]).tolist()
        return [(self.graph.actor[a], n) for a, n in zip(actors.tolist(), numbers, strict=True)]

    def first_start(self, actor: int) -> Fraction | None:
        """Start of the first firing of `actor` in ticks; none without a schedule."""
        if self.first is None or self.start is None:
            return None
        return Fraction(int(self.start[self.first[actor]]), self.scale)

    def _starts(self) -> dict[str, list[int]] | None:
        if self.first is None or self.start is None:
            return None
        ends = self.first.tolist()
        return {name: self.start[ends[a] : ends[a + 1]].tolist() for a, name in enumerate(self.graph.actor)}


class FiringNames(Sequence[str]):
    """`actor#firing` of every firing, spelled out when asked for."""

    def __init__(self, actor: tuple[str, ...], first: I64) -> None:
        self.actor, self.first = actor, first

    def __len__(self) -> int:
        return int(self.first[-1])

    def __getitem__(self, at: Any) -> Any:
        """Name of firing `at`."""
        actor = int(np.searchsorted(self.first, at, side="right")) - 1
        return f"{self.actor[actor]}#{at - int(self.first[actor])}"


def analyse(graph: PhasedGraph, *, auto_concurrency: bool = False) -> Throughput:
    """Throughput of `graph`, exact, with its proof.

    Parameters
    ----------
    graph
        With rates and phases of any kind.
    auto_concurrency
        Whether firings of one actor may overlap.

    Raises
    ------
    InputError
        If the graph is malformed, its expansion exceeds `phases.LIMIT` firings or channels, or its numbers exceed exact
        64-bit analysis.
    """
    check_phases(graph)
    made, taken = per_cycle(graph)
    cycles = balanced(len(graph.actor), (graph.producer, graph.consumer), made, taken)
    if isinstance(cycles, int):
        ends = graph.actor[graph.producer[cycles]], graph.actor[graph.consumer[cycles]]
        reason = f"rates are inconsistent on channel {graph.channel[cycles]} from {ends[0]} to {ends[1]}: no number of "
        return Throughput(graph, auto_concurrency, False, None, f"{reason}firings returns its tokens")
    repetition = tuple(r * p for r, p in zip(cycles, graph.phases.tolist(), strict=True))
    _must_count(graph, cycles, made, taken)
    single = firings(graph, cycles, auto_concurrency)
    channels = sorted_channels(len(single.time), single.producer, single.consumer, single.tokens)
    if not isinstance(channels, Channels):
        cycle = named(FiringNames(graph.actor, single.first), channels)
        reason = f"deadlock: no firing of the cycle {cycle} can ever start; it lacks initial tokens"
        return Throughput(graph, auto_concurrency, True, False, reason, repetition)
    return _proved(graph, auto_concurrency, repetition, single, channels)


def _proved(
    graph: PhasedGraph, auto_concurrency: bool, repetition: tuple[int, ...], single: Firings, channels: Channels
) -> Throughput:
    periodic = solved(channels, single.time)
    cycle = np.array(periodic.critical, np.int64)
    if len(cycle):
        cycle = np.roll(cycle, -int(cycle.argmin()))
    key = channels.producer.astype(np.int64) * len(single.time) + channels.consumer
    at = np.searchsorted(key, cycle * len(single.time) + np.roll(cycle, -1))
    reason = None if periodic.period else "unbounded: no cycle takes time, so nothing limits the rate"
    return Throughput(
        graph,
        auto_concurrency,
        True,
        True,
        reason,
        repetition,
        period=periodic.period,
        critical=tuple(cycle.tolist()),
        lags=tuple(channels.tokens[at].tolist()),
        first=single.first,
        start=frozen(periodic.start, np.int64),
        scale=periodic.scale,
    )


def check_phases(graph: PhasedGraph) -> None:
    """Raise InputError unless the arrays of `graph` belong together and are in range."""
    actors, channels = len(graph.actor), len(graph.channel)
    phases = graph.phases
    if len(set(graph.actor)) != actors:
        raise InputError("two actors of the dataflow graph have the same name")
    if len(graph.ptr) != actors + 1 or np.any(phases < 1) or graph.ptr[-1] != len(graph.time):
        raise InputError(f"{len(graph.time)} execution times do not belong to the phases of {actors} actors")
    if not len(graph.producer) == len(graph.consumer) == len(graph.tokens) == channels:
        raise InputError(f"ends or tokens of the dataflow graph do not match its {channels} channels")
    for ends in (graph.producer, graph.consumer):
        if channels and not 0 <= ends.min() <= ends.max() < actors:
            raise InputError(f"a channel ends at an actor outside the {actors} of the dataflow graph")
    for ends, rates in ((graph.producer, graph.production), (graph.consumer, graph.consumption)):
        if len(rates) != phases[ends].sum() or np.any(rates < 0) or sum(rates.tolist()) >= LARGEST:
            raise InputError("the rates of the dataflow graph do not match the phases, are negative or too large")
    if any(np.any(one < 1) for one in per_cycle(graph)):
        raise InputError("a channel of the dataflow graph moves no token in any phase of an actor at its end")
    if np.any(graph.time < 0) or np.any(graph.tokens < 0):
        raise InputError("the dataflow graph has a negative time or number of tokens")


def _must_count(graph: PhasedGraph, cycles: tuple[int, ...], made: I64, taken: I64) -> None:
    """Refuse numbers of tokens and firings that 64 bits do not hold."""
    out = graph.phases[graph.producer].tolist()
    columns = zip(graph.consumer.tolist(), made.tolist(), taken.tolist(), graph.tokens.tolist(), out, strict=True)
    for channel, (consumer, m, t, tokens, phases) in enumerate(columns):
        if cycles[consumer] * t + tokens >= LARGEST or (tokens // m + 1) * phases >= LARGEST:
            raise InputError(f"channel {graph.channel[channel]} counts more tokens than 64 bits hold; scale its rates")


def _text(value: Fraction | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"
