"""Throughput of a dataflow graph: its maximum cycle ratio as an exact fraction, and the earliest periodic schedule.

ratio = max over cycles of (sum of execution times) / (sum of initial tokens): no schedule can have a shorter period,
and self-timed execution reaches it (Reiter 1968; Baccelli, Cohen, Olsder & Quadrat 1992, section 3.2). Howard's
policy iteration (Cochet-Terrasson et al. 1998; Dasdan 2004) proposes a cycle in floating point; integer longest paths
at that cycle's ratio then either prove that no cycle is longer, or return one, which becomes the next proposal. So
the answer is exact whatever the rounding, and the proof's path lengths are the schedule.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.ir import Sdfg
from snnmap.sdf.expand import expand
from snnmap.sdf.graph import Channels, channels_of

PATIENCE = 40
"""Rounds of policy iteration before it follows all walks without tokens at once; most graphs need fewer."""
ROUNDS = 10_000
"""Most rounds of policy iteration before the exact search takes over; graphs of 10^6 channels need some tens."""


class Periodic(NamedTuple):
    """The earliest periodic schedule: firing n of actor a starts at (start[a] + n x period x scale) / scale ticks."""

    period: Fraction
    """Ticks per iteration: the maximum cycle ratio; 0 if no cycle takes time."""
    critical: tuple[int, ...]
    """Actors of one critical cycle, in order; empty if no cycle takes time."""
    start: I64
    """(A,) in ticks / scale, the least non-negative solution."""
    scale: int
    """Denominator of the period."""


def maximum_cycle_ratio(sdfg: Sdfg) -> tuple[Fraction, tuple[int, ...]]:
    """Exact ticks per iteration of `sdfg`, and the actors of one critical cycle, in order.

    A graph with rates is expanded; an iteration is then one firing of its repetition vector, and an actor appears in
    the cycle once per firing. Without any cycle that takes time the ratio is 0 and the cycle empty.

    Raises
    ------
    InputError
        If the graph is malformed, its rates are inconsistent, or its times exceed exact 64-bit analysis.
    InfeasibleError
        If it deadlocks.
    """
    if np.all(sdfg.production == 1) and np.all(sdfg.consumption == 1):
        schedule = periodic(sdfg)
        return schedule.period, schedule.critical
    expanded = expand(sdfg)
    schedule = periodic(expanded.graph)
    return schedule.period, tuple(int(expanded.actor[a]) for a in schedule.critical)


def periodic(sdfg: Sdfg) -> Periodic:
    """Earliest periodic schedule of a rate-1 graph at its maximum cycle ratio; raises as `maximum_cycle_ratio`."""
    return solved(channels_of(sdfg), np.ascontiguousarray(sdfg.time, np.int64))


def solved(channels: Channels, time: I64) -> Periodic:
    """As `periodic`, of channels that are sorted already, between actors that take `time` (A,) ticks."""
    from snnmap.sdf.kernels.cycles import longest_paths, policy_iteration

    if len(time) == 0:
        return Periodic(Fraction(0), (), np.zeros(0, np.int64), 1)
    total = sum(time.tolist())
    _must_fit(total, Fraction(0))
    ends = (channels.ptr, channels.producer, channels.consumer, channels.tokens)
    cycle = policy_iteration(*ends, time, channels.order, PATIENCE, ROUNDS)
    ratio = _ratio(channels, time, cycle)
    while True:
        _must_fit(total, ratio)
        weight = ratio.denominator * time[channels.producer] - ratio.numerator * _binding(channels, total, ratio)
        start = np.zeros(len(time), np.int64)
        longer = longest_paths(channels.ptr, channels.consumer, weight, channels.order, start)
        if len(longer) == 0:
            return Periodic(ratio, tuple(cycle.tolist()), start, ratio.denominator)
        cycle, ratio = longer, _ratio(channels, time, longer)


def _binding(channels: Channels, total: int, ratio: Fraction) -> I64:
    """Tokens of every channel, or as many as already make it bind nothing: no path lasts longer than all actors."""
    if ratio == 0 or len(channels.tokens) == 0:
        return channels.tokens
    return np.minimum(channels.tokens, int(total / ratio) + 1)


def _ratio(channels: Channels, time: I64, cycle: I64) -> Fraction:
    """Time / tokens of `cycle`; 0 if it is empty."""
    if len(cycle) == 0:
        return Fraction(0)
    ends = channels.producer.astype(np.int64) * len(time) + channels.consumer
    at = np.searchsorted(ends, cycle * len(time) + np.roll(cycle, -1))
    return Fraction(sum(time[cycle].tolist()), sum(channels.tokens[at].tolist()))


def _must_fit(total: int, ratio: Fraction) -> None:
    if 2 * (ratio.denominator * total + ratio.numerator) >= 2**62:
        raise InputError(
            f"execution times of {total:,} ticks in all with a period of denominator {ratio.denominator:,} "
            "exceed exact 64-bit analysis; use a coarser tick"
        )
