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

from snnmap.analysis.traffic import PARTIAL
from snnmap.core.arrays import I64, Bool, row_of_entry
from snnmap.hardware import Mesh
from snnmap.ir import SpikeGraph, Traffic
from snnmap.stages.schedule.actors import Actors, Listening, busiest_steps, by_source
from snnmap.stages.schedule.links import Messages


def message_hops(messages: Messages, mesh: Mesh) -> I64:
    """Links between the tiles of every message, int64 (M,)."""
    return mesh.hops(messages.origin, messages.goal)


def message_routes(messages: Messages, mesh: Mesh) -> tuple[I64, I64]:
    """Links of every message, CSR: offsets (M + 1,) and links numbered as in `Mesh`."""
    one_goal = np.arange(len(messages.goal) + 1)
    return mesh.trees(messages.origin, _entry(messages.origin, messages.from_port, mesh), one_goal, messages.goal)


def message_peak(routes: tuple[I64, I64], load: I64) -> I64:
    """Messages on the most loaded link of every message's route, int64 (M,); `load` is that of every link."""
    ptr, link = routes
    peak: I64 = np.maximum.reduceat(load[link], ptr[:-1])
    return peak


def spike_load(graph: SpikeGraph, actors: Actors, heard: Listening, tile: I64, mesh: Mesh) -> I64:
    """Spikes and inputs over every link, busiest step of each producer added up, int64 (links,).

    `tile` is that of every read, every fire and the port.
    """
    from snnmap.stages.schedule.kernels.busiest import share_slots

    producer = actors.producer
    goal = tile[heard.read]
    sender = producer[heard.source]
    far = (sender == actors.port) | ((sender >= 0) & (tile[sender] != goal))
    goal_ptr, goal = by_source(heard.source[far], goal[far], graph.network.sources)
    origin = tile[producer]
    tree_ptr, link = mesh.trees(origin, _entry(origin, producer == actors.port, mesh), goal_ptr, goal)
    order = np.argsort(producer, kind="stable").astype(np.int64, copy=False)
    slot, slot_link = np.empty(len(link), np.int64), np.empty(len(link), np.int64)
    slots = share_slots(order, producer, tree_ptr, link, mesh.links, slot, slot_link)
    load = np.zeros(mesh.links, np.int64)
    np.add.at(load, slot_link[:slots], busiest_steps(graph, tree_ptr, slot, slots))
    return load


def sum_load(messages: Messages, routes: tuple[I64, I64], traffic: Traffic, mesh: Mesh) -> I64:
    """Partial sums over every link in a step, int64 (links,): every column, but no more than in the whole window."""
    ptr, link = routes
    per_step = np.minimum(messages.columns, _sums_in_window(messages, traffic))
    load = np.zeros(mesh.links, np.int64)
    np.add.at(load, link, per_step[row_of_entry(ptr)])
    return load


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


def _entry(origin: I64, from_port: Bool, mesh: Mesh) -> I64:
    """Link over which messages from tile `origin`, or from the port, enter the network."""
    return np.where(from_port, mesh.port_entry, mesh.entry(origin))
