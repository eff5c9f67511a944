"""How long messages take: hops, and the messages that share the most loaded link of a route in its busiest step.

The load of a link is the sum over producers of the most messages that each sends over it in any one profiled step (a
multicast tree crosses a link once; partial sums: every column). Producers are not assumed to peak in different steps,
because pipelined steps overlap. With a slot table of that length on every link, aligned along routes as in
contention-free guaranteed-service networks (Goossens et al., AEthereal, IEEE D&T 22(5), 2005), all messages of a step
arrive within

    hops x hop_time + (load of the most loaded link) x flit_time.

For a best-effort network this is an estimate, not a bound. Each tile has one link into and one out of the network; the
port has one of its own.
"""

import numpy as np

from snnmap.core.arrays import I64, offsets, row_of_entry
from snnmap.hardware import Hardware
from snnmap.ir import SpikeGraph, Traffic
from snnmap.stages.schedule.actors import Actors, Listening, busiest_steps, by_source
from snnmap.stages.schedule.links import Messages

PARTIAL = 2
"""`Traffic.kind` of partial sums."""


def port_tile(hardware: Hardware) -> int:
    """Tile at the mesh position of the port."""
    return hardware.port[1] * hardware.mesh_width + hardware.port[0]


def message_hops(messages: Messages, hardware: Hardware) -> I64:
    """Links between the tiles of every message, int64 (M,)."""
    width = hardware.mesh_width
    x = np.abs(messages.origin % width - messages.goal % width)
    y = np.abs(messages.origin // width - messages.goal // width)
    hops: I64 = x + y
    return hops


def message_peak(messages: Messages, load: I64, hardware: Hardware) -> I64:
    """Messages on the most loaded link of every message's route, int64 (M,); `load` is that of every link."""
    from snnmap.stages.schedule.kernels.load import route_peak

    injection = _injection(messages.origin, messages.from_port, hardware)
    return route_peak(messages.origin, messages.goal, injection, hardware.mesh_width, load)


def spike_load(graph: SpikeGraph, actors: Actors, heard: Listening, tile: I64, hardware: Hardware) -> I64:
    """Spikes and inputs over every link, busiest step of each producer added up, int64 (6 T + 1,).

    `tile` is that of every read, every fire and the port. Links are numbered as in `kernels.schedule_load`.
    """
    from snnmap.stages.schedule.kernels.load import PER_TILE, share_slots

    links = hardware.tiles * PER_TILE + 1
    sources = graph.network.sources
    producer = actors.producer
    goal = tile[heard.read]
    sender = producer[heard.source]
    far = (sender == actors.port) | ((sender >= 0) & (tile[sender] != goal))
    pattern = by_source(heard.source[far], goal[far], sources)
    from_port = (producer == actors.port).astype(np.int64)
    tree_ptr, link = _trees(*pattern, tile[producer], from_port, hardware)
    order = np.argsort(producer, kind="stable").astype(np.int64, copy=False)
    slot, slot_link = np.empty(len(link), np.int64), np.empty(len(link), np.int64)
    slots = share_slots(order, producer, tree_ptr, link, links, slot, slot_link)
    load = np.zeros(links, np.int64)
    np.add.at(load, slot_link[:slots], busiest_steps(graph, tree_ptr, slot, slots))
    return load


def sum_load(messages: Messages, traffic: Traffic, hardware: Hardware) -> I64:
    """Partial sums over every link in a step, int64 (6 T + 1,): every column, but no more than in the whole window."""
    from snnmap.stages.schedule.kernels.load import PER_TILE

    per_step = np.minimum(messages.columns, _sums_in_window(messages, traffic))
    ones = offsets(np.ones(len(per_step), np.int64))
    tree_ptr, link = _trees(ones, messages.goal, messages.origin, messages.from_port, hardware)
    load = np.zeros(hardware.tiles * PER_TILE + 1, np.int64)
    np.add.at(load, link, per_step[row_of_entry(tree_ptr)])
    return load


def _sums_in_window(messages: Messages, traffic: Traffic) -> I64:
    """Partial sums that `traffic` counts from the producer's cluster to the receiver over the window, int64 (M,)."""
    group = np.flatnonzero(traffic.kind == PARTIAL)
    span = int(messages.cluster.max(initial=0)) + 1
    counted = traffic.sender[group].astype(np.int64) * span + traffic.target[traffic.target_ptr[group]]
    order = np.argsort(counted, kind="stable")
    wanted = messages.sender * span + messages.cluster
    found = np.searchsorted(counted[order], wanted)
    total = np.append(traffic.messages[group][order], 0)
    known = np.append(counted[order], -1)
    return np.where(known[found] == wanted, total[found], 0)


def _trees(ptr: I64, goal: I64, origin: I64, from_port: I64, hardware: Hardware) -> tuple[I64, I64]:
    """Links of every multicast tree, CSR; tree g goes from tile `origin[g]` to tiles `goal[ptr[g]:ptr[g + 1]]`."""
    from snnmap.stages.schedule.kernels.load import PER_TILE, tree_links

    links = hardware.tiles * PER_TILE + 1
    pattern = (ptr, goal, origin, _injection(origin, from_port, hardware), hardware.mesh_width)
    out = tree_links(*pattern, np.full(links, -1, np.int64), False, np.zeros(0, np.int64))
    link = np.empty(out[-1], np.int64)
    tree_links(*pattern, np.full(links, -1, np.int64), True, link)
    return out, link


def _injection(origin: I64, from_port: I64, hardware: Hardware) -> I64:
    """Link over which messages from tile `origin`, or from the port, enter the network."""
    from snnmap.stages.schedule.kernels.load import INTO, PER_TILE

    return np.where(from_port == 1, hardware.tiles * PER_TILE, origin * PER_TILE + INTO)
