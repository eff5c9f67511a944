"""The dataflow graph of a mapping and its schedule. Knows no chip."""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, frozen


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
class SlotTable:
    """When each connection of a network of time slots may send its flits: no two ever meet on a link.

    The table is as long as the period and starts with it: slot s covers the ticks from s x `slot` on, and comes again
    every `length` slots. A connection carries what its producer sends in a step to one set of clusters, over the tree
    of routes to their tiles. It owns slots of the link from its tile (or the chip's port) into the network; a flit that
    enters in slot s crosses the n-th link between tiles in slot s + (n - 1) x `hop`, and the link out of the network
    behind n of them in slot s + n x `hop`. Of several chips a link from one to the next counts `border_hop` in the
    place of `hop`, and a flit holds it for `border_flit` slots.
    """

    length: int
    """L, slots of the table."""
    slot: int
    """Ticks per slot: the time of a flit on a link."""
    hop: int
    """Slots from one link between tiles to the next."""
    producer: I32
    """(Q,) actor that sends."""
    target_ptr: I64
    """(Q + 1,) first target of every connection."""
    target: I32
    """Receiving clusters, ascending and distinct within a connection."""
    run_ptr: I64
    """(Q + 1,) first run of every connection."""
    first: I64
    """First slot, 0 .. L - 1, of every run of slots in a row, ascending within a connection."""
    flits: I64
    """Slots of every run; those of a connection add up to its flits in the busiest step, with the one that ends it."""
    border_hop: int | None = None
    """Slots from a link between chips to the next link; none: there is one chip."""
    border_flit: int | None = None
    """Slots that a flit holds a link between chips; none: there is one chip."""

    def __post_init__(self) -> None:
        for name in ("target_ptr", "run_ptr", "first", "flits"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("producer", "target"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Static order per tile and the throughput it guarantees.

    The tiles work in rounds, one a period; a round takes a block of steps. In round n an actor runs block n - its lag,
    and nothing where that is negative: the graph's tokens and `start` are those of the rounds.
    """

    order: tuple[tuple[int, ...], ...]
    """Per tile in use (ascending), its actors in firing order."""
    tiles: I32
    """Tile index of every entry of `order`."""
    start: I64
    """(A,) start of every actor in the first period of the periodic schedule, ticks."""
    period_numerator: int
    period_denominator: int
    """Period per block = numerator / denominator ticks: the maximum cycle ratio, exact."""
    critical: tuple[int, ...]
    """Actors on one critical cycle, in order."""
    latency: int
    """Ticks from the start of a block to the end of its last firing."""
    slots: SlotTable | None = None
    """Slot table of the network; none: it has none, or no message crosses it."""
    block: int = 1
    """Steps that an actor takes in one firing: a cluster that shares its tile is programmed once for all of them."""
    lag: I32 | None = None
    """(A,) rounds by which every actor is behind the first; none: all run the same block in a round."""
    buffers: int | None = None
    """Flits that a router must hold per incoming link for the message times to be a bound, on a network behind gates,
    which let in what an actor sends at its end in the periodic schedule; none: there are no gates, or no messages."""

    def lags(self) -> I64:
        """Lag of every actor, int64 (A,)."""
        return np.zeros(len(self.start), np.int64) if self.lag is None else self.lag.astype(np.int64)
