"""The dataflow graph of a mapping and its schedule. Knows no chip."""

from dataclasses import dataclass

from snnmap.core.arrays import I32, I64


@dataclass(frozen=True, slots=True, eq=False)
class Sdfg:
    """Synchronous dataflow graph. Times are integers in `tick` seconds, so that ratios are exact."""

    name: tuple[str, ...]
    """(A,) actor names."""
    time: I64
    """(A,) worst-case execution time in ticks."""
    resource: I32
    """(A,) what serialises the actor: a tile index, or -1 for none."""
    producer: I32
    """(H,) producing actor of every channel."""
    consumer: I32
    """(H,) consuming actor."""
    production: I64
    consumption: I64
    tokens: I64
    """(H,) initial tokens."""
    tick: float
    """Seconds per tick."""


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Static order per tile and the throughput it guarantees."""

    order: tuple[tuple[int, ...], ...]
    """Per tile in use (ascending), its actors in firing order."""
    tiles: I32
    """Tile index of every entry of `order`."""
    start: I64
    """(A,) start of every actor in the first period of the periodic schedule, ticks."""
    period_numerator: int
    period_denominator: int
    """Period per step = numerator / denominator ticks: the maximum cycle ratio, exact."""
    critical: tuple[int, ...]
    """Actors on one critical cycle, in order."""
    latency: int
    """Ticks from the start of a step to its last firing."""
