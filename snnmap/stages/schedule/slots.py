"""The slot table of a network of time slots: every flit of a step has a slot of its own on every link that it crosses.

The table is as long as the period and starts with it, so a message is ready at the same slot of the table in every
step, and waits for the first free slots from there on: a modulo schedule of the links (Rau 1994; time-triggered and
contention-free networks, Goossens et al., AEthereal, IEEE D&T 22(5), 2005; aelite, DATE 2009). A firing that ends early
finds its slots no later, so no execution is slower than the schedule.

The period is the least found at which one step, scheduled in order of time, meets every channel of the next: from the
bound (the ratio of the graph whose messages never wait, the busiest tile, the most loaded link) it grows until one
fits, and is then halved back towards the longest that did not.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64, frozen, offsets, row_of_entry
from snnmap.core.errors import InfeasibleError
from snnmap.hardware import Hardware, Mesh
from snnmap.ir import Sdfg, SlotTable
from snnmap.sdf.graph import Channels, channels_of
from snnmap.stages.schedule.connections import Connections, carriers
from snnmap.stages.schedule.links import Placed
from snnmap.stages.schedule.network import LinkTimes, flying, link_slots, slot_ticks
from snnmap.stages.schedule.search import shortest

ROUNDS = 8
"""Most times that a step is scheduled anew at one period, with starts that the channels of the last round ask for."""
HALVINGS = 6
"""Periods tried between the longest that failed and the shortest that fits."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What the slots are found for, as the kernel reads it."""

    channels: Channels
    time: I64
    """(A,) ticks; messages as if they never waited."""
    slot: int
    times: LinkTimes
    """Slots of links."""
    several: bool
    """Whether some of them lead from chip to chip."""
    away: I64
    """(M,) slots from the link into the network to the link out of it."""
    carried_ptr: I64
    carried: I64
    """CSR by message: connections that carry it."""
    connections: Connections
    row: I64
    """Row of every tree link among the links in use."""
    shift: I64
    """Slots from the link into the network to every tree link."""
    held: I64
    """Slots that a flit takes on every tree link."""


class Timed(NamedTuple):
    """One step on a table of `length` slots."""

    length: int
    begin: I64
    end: I64
    """(A,) ticks."""
    chosen: I64
    """Slots of every connection in turn, counted from the start of the step."""


def with_slots(
    sdfg: Sdfg, hardware: Hardware, placed: Placed, connections: Connections, least: int
) -> tuple[Sdfg, I64, SlotTable]:
    """The graph with the waiting of its messages, the start of every actor, and the slot table.

    Parameters
    ----------
    sdfg
        Rate-1 graph with the tiles' orders; its messages last as long as their own flits and hops.
    connections
        What crosses the network; at least one.
    least
        Ticks that no period can be shorter than.

    Raises
    ------
    InfeasibleError
        If no table of `search.LONGEST` times the bound holds the flits.
    """
    problem = _problem(sdfg, hardware, placed, connections)
    load = np.bincount(connections.link, connections.flits[row_of_entry(connections.link_ptr)] * problem.held)
    bound = max(-(-least // problem.slot), int(load.max()))

    def refused(length: int) -> InfeasibleError:
        flits = int(connections.flits.sum())
        return InfeasibleError("slots of the network", flits, length, "Use a chip with more tiles.")

    timed = shortest(bound, lambda length: _fitted(problem, length), HALVINGS, refused)
    time = sdfg.time.copy()
    messages = slice(len(time) - len(problem.away), None)
    time[messages] = (timed.end - timed.begin)[messages]
    return replace(sdfg, time=frozen(time, np.int64)), frozen(timed.begin, np.int64), _table(problem, timed)


def _problem(sdfg: Sdfg, hardware: Hardware, placed: Placed, connections: Connections) -> Problem:
    mesh, messages = hardware.topology, placed.messages
    times = link_slots(hardware)
    row = np.unique(connections.link, return_inverse=True)[1]
    carried_ptr, carried = carriers(placed, connections)
    return Problem(
        channels=channels_of(sdfg),
        time=np.ascontiguousarray(sdfg.time),
        slot=slot_ticks(hardware),
        times=times,
        several=hardware.chips.several,
        away=flying(hardware, messages, times),
        carried_ptr=carried_ptr,
        carried=carried,
        connections=connections,
        row=row.reshape(-1).astype(np.int64),
        shift=_shift(mesh, placed, connections, times),
        held=np.where(mesh.is_border(connections.link), times.border_flit, times.flit).astype(np.int64),
    )


def _shift(mesh: Mesh, placed: Placed, connections: Connections, times: LinkTimes) -> I64:
    """Slots that the links between tiles before each tree link take, int64 (tree links,)."""
    origin = placed.tile[connections.producer][row_of_entry(connections.link_ptr)]
    inside = connections.link < mesh.entry(0)
    entering = connections.link == mesh.entries(origin, connections.link == mesh.port_entry)
    away = mesh.away(origin, mesh.where(connections.link), times.hop, times.border_hop)
    return np.where(entering & ~inside, 0, away)


def _fitted(problem: Problem, length: int) -> Timed | None:
    """One step on a table of `length` slots that meets every channel, or None if none was found."""
    from snnmap.sdf.kernels.cycles import longest_paths
    from snnmap.stages.schedule.kernels.slots import fill_table

    channels, connections, period = problem.channels, problem.connections, length * problem.slot
    actors, links = len(problem.time), int(problem.row.max()) + 1
    chosen_ptr, consumer = offsets(connections.flits), channels.consumer.astype(np.int64)
    time, begin = problem.time.copy(), np.zeros(actors, np.int64)
    for _ in range(ROUNDS):
        weight = time[channels.producer] - period * channels.tokens
        if len(longest_paths(channels.ptr, channels.consumer, weight, channels.order, begin)):
            return None
        asked, end, chosen = begin.copy(), np.zeros(actors, np.int64), np.zeros(chosen_ptr[-1], np.int64)
        fits = fill_table(
            channels.ptr,
            consumer,
            channels.tokens,
            problem.time,
            begin,
            problem.carried_ptr,
            problem.carried,
            problem.away,
            chosen_ptr,
            connections.link_ptr,
            problem.row,
            problem.shift,
            problem.held,
            problem.slot,
            np.zeros((links, length), np.bool_),
            end,
            chosen,
        )
        if not fits:
            return None
        late = end[channels.producer] - period * channels.tokens > begin[channels.consumer]
        if not np.any(late):
            return Timed(length, begin, end, chosen)
        time, begin = end - begin, asked
    return None


def _table(problem: Problem, timed: Timed) -> SlotTable:
    connections, length = problem.connections, timed.length
    borders = (problem.times.border_hop, problem.times.border_flit) if problem.several else (None, None)
    owner = np.repeat(np.arange(len(connections.flits)), connections.flits)
    slot = timed.chosen % length
    order = np.lexsort((slot, owner))
    owner, slot = owner[order], slot[order]
    new = np.ones(len(slot), bool)
    new[1:] = (owner[1:] != owner[:-1]) | (slot[1:] != slot[:-1] + 1)
    first = np.flatnonzero(new)
    return SlotTable(
        length=length,
        slot=problem.slot,
        hop=problem.times.hop,
        producer=frozen(connections.producer, np.int32),
        target_ptr=connections.target_ptr,
        target=frozen(connections.target, np.int32),
        run_ptr=offsets(np.bincount(owner[first], minlength=len(connections.flits))),
        first=slot[first],
        flits=np.diff(np.append(first, len(slot))),
        border_hop=borders[0],
        border_flit=borders[1],
    )
