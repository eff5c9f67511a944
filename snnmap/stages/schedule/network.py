"""How long messages take on their own, and what loads the links of a step.

A flit takes `flit_time` on every link, `hop_time` from one link between tiles to the next. Each tile has one link into
and one out of the network; the port has one of its own. The flits of a producer on a link are those of its busiest
profiled step (a multicast tree crosses a link once), and one more where a flit tells that the step has ended.

On a network of time slots (`slots`) a message then takes the slots of its table. On a best-effort one every flit may
have to wait for all others that share a link of its route:

    hops x hop_time + (flits of the message's producer + those of every producer that its route meets) x flit_time,

each producer counted once, with its flits on the link where the two meet. Links between chips have a hop_time and a
flit_time of their own; there a producer counts with what it holds the link where it holds one longest. For buffers that
never block and any arbitration that keeps links busy this holds if every producer sends no more than one step in the
time that the message travels: a producer's flits delay another flow once, however many links they share (pay
multiplexing only once: Schmitt, Zdarsky & Fidler, INFOCOM 2008). Queues hold up flits for others that go elsewhere,
routers with short buffers block, and steps that run ahead meet, so that it is an **estimate**, and called one
everywhere; `gates` has a bound.
"""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.traffic import PARTIAL
from snnmap.core.arrays import I64, frozen, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import SpikeGraph, Traffic
from snnmap.stages.schedule.actors import busiest_steps, by_source
from snnmap.stages.schedule.links import Messages, Placed

TICK = 1e-12
"""Seconds per tick."""


class Loads(NamedTuple):
    """Flits in the busiest step of every producer on every link that it crosses, CSR by link."""

    ptr: I64
    producer: I64
    flits: I64


def ticks(hardware: Hardware, key: str) -> int:
    """Time `key` of the hardware in ticks, rounded up (less than 1e-6 ticks too much is taken for float noise)."""
    if key not in hardware.values:
        raise InputError(f"hardware {hardware.name!r} has no {key}; scheduling needs it, in seconds")
    return int(np.ceil(hardware[key] / TICK - 1e-6))


def slot_ticks(hardware: Hardware) -> int:
    """Ticks of a slot: a flit on a link, and never none."""
    return max(1, ticks(hardware, "flit_time"))


class LinkTimes(NamedTuple):
    """Ticks of links: from one to the next, and of a flit, on a chip and between chips."""

    hop: int
    flit: int
    border_hop: int
    border_flit: int


def link_times(hardware: Hardware) -> LinkTimes:
    """Ticks of the links of a machine; of one chip, those between chips are like the others."""
    hop, flit = ticks(hardware, "hop_time"), ticks(hardware, "flit_time")
    if not hardware.chips.several:
        return LinkTimes(hop, flit, hop, flit)
    border = ticks(hardware, "chip_flit_time")
    return LinkTimes(hop, flit, max(ticks(hardware, "chip_hop_time"), border), border)


def link_slots(hardware: Hardware) -> LinkTimes:
    """The same in slots; a flit takes one on a chip."""
    times, slot = link_times(hardware), slot_ticks(hardware)
    hop, _, border_hop, border = (-(-time // slot) for time in times)
    return LinkTimes(hop, 1, border_hop, max(1, border))


def flying(hardware: Hardware, messages: Messages, times: LinkTimes) -> I64:
    """What every message takes over the hops of its route, int64 (M,)."""
    return hardware.topology.away(messages.origin, messages.goal, times.hop, times.border_hop)


def shared_times(hardware: Hardware, placed: Placed, loads: Loads) -> I64:
    """Ticks of every message behind all flits that its route meets, int64 (M,): an estimate, for best effort."""
    from snnmap.stages.schedule.kernels.loads import flits_met

    ptr, link = routes(hardware, placed.messages)
    times = link_times(hardware)
    each = np.where(hardware.topology.is_border(row_of_entry(loads.ptr)), times.border_flit, times.flit)
    met = flits_met(ptr, link, loads.ptr, loads.producer, loads.flits * each, placed.actors.port + 1)
    waiting: I64 = flying(hardware, placed.messages, times) + met
    return waiting


def routes(hardware: Hardware, messages: Messages) -> tuple[I64, I64]:
    """Links of every message's own route, CSR."""
    mesh = hardware.topology
    one_goal = np.arange(len(messages.goal) + 1)
    return mesh.trees(messages.origin, mesh.entries(messages.origin, messages.from_port), one_goal, messages.goal)


def flit_loads(graph: SpikeGraph, hardware: Hardware, placed: Placed, sums: I64) -> Loads:
    """Flits of every producer on every link in its busiest step; `sums` (M,) are the partial sums of every message."""
    spikes = _spike_loads(graph, hardware, placed)
    ptr, link = routes(hardware, placed.messages)
    message = row_of_entry(ptr)
    carries = placed.messages.columns[message] > 0
    flits = (sums[message] * hardware.sum_flits + hardware.end_of_step) * placed.block
    parts = zip(spikes, (link[carries], placed.messages.producer[message[carries]], flits[carries]), strict=True)
    link, producer, flits = (np.concatenate(part) for part in parts)
    span = placed.actors.port + 1
    key, own = np.unique(link * span + producer, return_inverse=True)
    total = np.zeros(len(key), np.int64)
    np.add.at(total, own.reshape(-1), flits)
    return Loads(offsets(np.bincount(key // span, minlength=hardware.topology.links)), key % span, total)


def _spike_loads(graph: SpikeGraph, hardware: Hardware, placed: Placed) -> tuple[I64, I64, I64]:
    """Link, producer and flits of its busiest step of every producer of spikes or inputs on every link."""
    from snnmap.stages.schedule.kernels.busiest import share_slots

    actors, heard, mesh = placed.actors, placed.heard, hardware.topology
    producer = actors.producer
    goal, sender = placed.tile[heard.read], producer[heard.source]
    far = (sender == actors.port) | ((sender >= 0) & (placed.tile[sender] != goal))
    goal_ptr, goal = by_source(heard.source[far], goal[far], graph.network.sources)
    origin = placed.tile[producer]
    tree_ptr, link = mesh.trees(origin, mesh.entries(origin, producer == actors.port), goal_ptr, goal)
    order = np.argsort(producer, kind="stable").astype(np.int64, copy=False)
    slot, slot_link = np.empty(len(link), np.int64), np.empty(len(link), np.int64)
    slots = share_slots(order, producer, tree_ptr, link, mesh.links, slot, slot_link)
    owner = np.zeros(slots, np.int64)
    owner[slot] = producer[row_of_entry(tree_ptr)]
    most = busiest_steps(graph, tree_ptr, slot, slots, margin=placed.margin)
    return slot_link[:slots], owner, (most * hardware.spike_flits + hardware.end_of_step) * placed.block


def sums_per_step(messages: Messages, traffic: Traffic, margin: float = 0.0) -> I64:
    """Partial sums of every message in a step: every column, but no more than in the whole window, int64 (M,).

    With a `margin` every column.
    """
    known = messages.columns if margin else np.minimum(messages.columns, _sums_in_window(messages, traffic))
    return frozen(known, np.int64)


def _sums_in_window(messages: Messages, traffic: Traffic) -> I64:
    """Partial sums that `traffic` counts from the producer's cluster to the receiver over the window, int64 (M,)."""
    group = np.flatnonzero(traffic.kind == PARTIAL)
    span = int(messages.cluster.max(initial=0)) + 1
    counted = traffic.sender[group].astype(np.int64) * span + traffic.target[traffic.target_ptr[group]]
    order = np.argsort(counted, kind="stable")
    wanted = messages.sender * span + messages.cluster
    place = np.searchsorted(counted[order], wanted)
    total = np.append(traffic.messages[group][order], 0)
    known = np.append(counted[order], -1)
    return np.where(known[place] == wanted, total[place], 0)
