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

from snnmap.core.arrays import I64, frozen, offsets, ranges
from snnmap.core.errors import InputError
from snnmap.ir import Sdfg
from snnmap.sdf.graph import check

LIMIT = 20_000_000
"""Most firings or channels of an expanded graph."""


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
    around: list[list[tuple[int, Fraction]]] = [[] for _ in sdfg.name]
    ends = zip(*(getattr(sdfg, n).tolist() for n in ("producer", "consumer", "production", "consumption")), strict=True)
    for producer, consumer, production, consumption in ends:
        around[producer].append((consumer, Fraction(production, consumption)))
        around[consumer].append((producer, Fraction(consumption, production)))
    rate: list[Fraction | None] = [None] * len(sdfg.name)
    firings = [0] * len(sdfg.name)
    for seed in range(len(rate)):
        if rate[seed] is None:
            part = _spread(sdfg, around, rate, seed)
            _whole(part, rate, firings)
    return tuple(firings)


def _spread(sdfg: Sdfg, around: list[list[tuple[int, Fraction]]], rate: list[Fraction | None], seed: int) -> list[int]:
    """Relative rates of the part that holds `seed`; returns its actors."""
    rate[seed] = Fraction(1)
    part, queue = [seed], deque([seed])
    while queue:
        actor = queue.popleft()
        for other, factor in around[actor]:
            balanced = (rate[actor] or Fraction(0)) * factor
            if rate[other] is None:
                rate[other] = balanced
                part.append(other)
                queue.append(other)
            elif rate[other] != balanced:
                raise InputError(
                    f"rates are inconsistent on a channel between {sdfg.name[actor]} and {sdfg.name[other]}: "
                    "no number of firings returns its tokens"
                )
    return part


def _whole(part: list[int], rate: list[Fraction | None], firings: list[int]) -> None:
    """Fill `firings` of `part` with its rates as the smallest integers; one rate is 1, so no divisor is left over."""
    known = [rate[actor] or Fraction(0) for actor in part]
    common = lcm(*(value.denominator for value in known))
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
    total = sum(repeats)
    edges = sum(repeats[consumer] for consumer in sdfg.consumer.tolist())
    if max(total, edges) > LIMIT:
        raise InputError(
            f"expanding the rates gives {total:,} firings and {edges:,} channels; at most {LIMIT:,} are taken"
        )
    count = np.array(repeats, np.int64)
    first = offsets(count)
    per_channel = count[sdfg.consumer]
    channel = np.repeat(np.arange(len(sdfg.producer)), per_channel)
    firing = ranges(np.zeros(len(per_channel), np.int64), per_channel)
    token = (firing + 1) * sdfg.consumption[channel] - 1 - sdfg.tokens[channel]
    producer = np.floor_divide(token, sdfg.production[channel])
    of = count[sdfg.producer[channel]]
    names = tuple(f"{name}#{k}" for name, r in zip(sdfg.name, repeats, strict=True) for k in range(r))
    actor = np.repeat(np.arange(len(repeats)), count)
    ones = np.ones(len(channel), np.int64)
    graph = Sdfg(
        name=names,
        time=frozen(sdfg.time[actor], np.int64),
        resource=frozen(sdfg.resource[actor], np.int32),
        producer=frozen(first[sdfg.producer[channel]] + producer % of, np.int32),
        consumer=frozen(first[sdfg.consumer[channel]] + firing, np.int32),
        production=ones,
        consumption=ones,
        tokens=frozen(-np.floor_divide(producer, of), np.int64),
        tick=sdfg.tick,
    )
    return Expanded(graph, frozen(actor, np.int64))
