"""Multi-rate graphs: the repetition vector, and the equivalent graph of rate 1 with one actor per firing.

A channel with production p, consumption c and d initial tokens: firing j of the consumer takes tokens j c .. (j+1) c
- 1, and token n >= d comes from firing (n - d) div p of the producer. Firings of an actor end in order (they start in
order, because later firings need later tokens, and last equally long), so only the last token taken binds; one
channel per consumer firing is enough. Source: Sriram & Bhattacharyya, Embedded Multiprocessors, section 3.8, without
redundant edges.
"""

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from snnmap.core.arrays import I32, I64, frozen
from snnmap.core.errors import InputError
from snnmap.ir import Sdfg
from snnmap.sdf.graph import check
from snnmap.sdf.phases import LIMIT, firings, phased

BITS = 4_096
"""Most bits of a number of firings while the repetition vector is sought."""


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """Rate-1 equivalent of a multi-rate graph."""

    graph: Sdfg
    actor: I64
    """Actor of the original graph that every firing belongs to."""


def repetition_vector(sdfg: Sdfg) -> tuple[int, ...]:
    """Smallest positive firings per actor that return every channel to its tokens; per connected part on its own.

    Raises
    ------
    InputError
        If the rates are inconsistent: tokens would pile up or run out on the named channel.
    """
    check(sdfg)
    found = balanced(len(sdfg.name), (sdfg.producer, sdfg.consumer), sdfg.production, sdfg.consumption)
    if isinstance(found, int):
        raise InputError(
            f"rates are inconsistent on a channel between {sdfg.name[sdfg.producer[found]]} and "
            f"{sdfg.name[sdfg.consumer[found]]}: no number of firings returns its tokens"
        )
    return found


def balanced(actors: int, ends: tuple[I32, I32], made: I64, taken: I64) -> tuple[int, ...] | int:
    """Smallest positive firings per actor, of which every channel between `ends` gets as many tokens as it gives.

    An inconsistent channel, by its number, if there is none. `made` and `taken` (H,) are its rates.

    Raises
    ------
    InputError
        If the numbers grow beyond all use.
    """
    if np.array_equal(made, taken):
        return (1,) * actors
    around: list[list[tuple[int, int, int, int]]] = [[] for _ in range(actors)]
    columns = zip(*(a.tolist() for a in (*ends, made, taken)), strict=True)
    for channel, (producer, consumer, production, consumption) in enumerate(columns):
        around[producer].append((consumer, production, consumption, channel))
        around[consumer].append((producer, consumption, production, channel))
    rate: list[Fraction | None] = [None] * actors
    firings = [0] * actors
    for seed in range(actors):
        if rate[seed] is None:
            part = _spread(around, rate, seed)
            if isinstance(part, int):
                return part
            _whole(part, rate, firings)
    return tuple(firings)


def _spread(around: list[list[tuple[int, int, int, int]]], rate: list[Fraction | None], seed: int) -> list[int] | int:
    """Relative rates of the part that holds `seed`; returns its actors, or the channel that contradicts."""
    rate[seed] = Fraction(1)
    part, queue = [seed], deque([seed])
    while queue:
        actor = queue.popleft()
        own = rate[actor] or Fraction(0)
        for other, production, consumption, channel in around[actor]:
            known = rate[other]
            if known is None:
                rate[other] = _bounded(own * Fraction(production, consumption))
                part.append(other)
                queue.append(other)
            elif own * production != known * consumption:
                return channel
    return part


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator, value.denominator).bit_length() > BITS:
        raise InputError(f"the repetition vector has a number above 2^{BITS}; at most {LIMIT:,} firings are taken")
    return value


def _whole(part: list[int], rate: list[Fraction | None], firings: list[int]) -> None:
    """Fill `firings` of `part` with its rates as the smallest integers; one rate is 1, so no divisor is left over."""
    known = [rate[actor] or Fraction(0) for actor in part]
    common = 1
    for value in known:
        common = _bounded(Fraction(lcm(common, value.denominator))).numerator
    for actor, value in zip(part, known, strict=True):
        firings[actor] = int(value * common)


def expand(sdfg: Sdfg) -> Expanded:
    """Equivalent graph of rate 1: actor `a` becomes `a#0` .. `a#r-1`, r its entry of the repetition vector.

    Raises
    ------
    InputError
        If the rates are inconsistent, or the result would exceed `LIMIT` firings or channels.
    """
    repeats = repetition_vector(sdfg)
    single = firings(phased(sdfg, ""), repeats, auto_concurrency=True)
    actor = np.repeat(np.arange(len(repeats)), repeats)
    ones = frozen(np.ones(len(single.producer)), np.int64)
    graph = Sdfg(
        name=tuple(f"{name}#{k}" for name, r in zip(sdfg.name, repeats, strict=True) for k in range(r)),
        time=single.time,
        resource=frozen(sdfg.resource[actor], np.int32),
        producer=single.producer,
        consumer=single.consumer,
        production=ones,
        consumption=ones,
        tokens=single.tokens,
        tick=sdfg.tick,
    )
    return Expanded(graph, frozen(actor, np.int64))
