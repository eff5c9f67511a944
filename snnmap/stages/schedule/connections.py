"""What crosses the network in a step: connections, each from one actor to one set of clusters over a tree of links.

A source is sent with the sources of its actor that go to the same clusters, or with all sources of its actor to
wherever any of them goes: whichever takes fewer slots on fewer links, actor by actor. Many sets cost flits (each is
counted in its own busiest step and ends a step with a flit of its own), few sets cost links that a flit need not cross.
Partial sums have a connection per read and home. Knows no times.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64, Bool, offsets, ranges, row_of_entry
from snnmap.hardware import Hardware
from snnmap.ir import SpikeGraph
from snnmap.stages.schedule.actors import busiest_steps, by_source
from snnmap.stages.schedule.links import Placed
from snnmap.stages.schedule.network import flying, link_slots, slot_ticks


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """Q connections, ascending by producer."""

    producer: I64
    """(Q,) actor that sends."""
    target_ptr: I64
    target: I64
    """CSR of receiving clusters, ascending."""
    flits: I64
    """(Q,) flits of the busiest step, with the one that ends it."""
    link_ptr: I64
    link: I64
    """CSR of the links of each tree, as `Mesh` numbers them."""


class Sets(NamedTuple):
    """Ways of grouping sources: the group of every sending source, and of every group its producer and clusters."""

    group: I64
    producer: I64
    ptr: I64
    cluster: I64


def connections_of(graph: SpikeGraph, hardware: Hardware, placed: Placed, sums: I64) -> Connections:
    """Connections of a placed clustering; `sums` (M,) are the partial sums of every message in a step."""
    source, ptr, cluster = _distant(graph, placed)
    producer = placed.actors.producer[source]
    fine = _sets(_equal_rows(ptr, cluster, producer), producer, ptr, cluster)
    whole = _sets(np.unique(producer, return_inverse=True)[1].astype(np.int64), producer, ptr, cluster)
    chosen = _cheaper(*(_of_spikes(graph, hardware, placed, source, sets) for sets in (fine, whole)))
    messages = placed.messages
    carries = np.flatnonzero(messages.columns > 0)
    flits = (sums[carries] * hardware.sum_flits + hardware.end_of_step) * placed.block
    one_each = np.arange(len(carries) + 1)
    partial = _routed(hardware, placed, messages.producer[carries], one_each, messages.cluster[carries], flits)
    both = _joined(chosen, partial)
    return _picked(both, np.flatnonzero(both.flits)[np.argsort(both.producer[both.flits > 0], kind="stable")])


def carriers(placed: Placed, connections: Connections) -> tuple[I64, I64]:
    """Connections that carry every message, CSR by message."""
    span = len(placed.tile_of_cluster)
    wanted = placed.messages.producer * span + placed.messages.cluster
    owner = row_of_entry(connections.target_ptr)
    message = np.searchsorted(wanted, connections.producer[owner] * span + connections.target)
    return offsets(np.bincount(message, minlength=len(wanted))), owner[np.argsort(message, kind="stable")]


def own_times(hardware: Hardware, placed: Placed, connections: Connections) -> I64:
    """Ticks of every message whose flits never wait for their slots, int64 (M,): its longest connection and hops.

    Flits of a connection that goes to another chip follow each other as its slowest link lets them.
    """
    ptr, carrier = carriers(placed, connections)
    times, flits = link_slots(hardware), np.zeros(len(ptr) - 1, np.int64)
    apart = np.ones(len(connections.flits), np.int64)
    lasting = np.where(hardware.topology.is_border(connections.link), times.border_flit, times.flit)
    np.maximum.at(apart, row_of_entry(connections.link_ptr), lasting)
    np.maximum.at(flits, row_of_entry(ptr), ((connections.flits - 1) * apart + 1)[carrier])
    hops = flying(hardware, placed.messages, times)
    return np.where(flits > 0, flits + hops, 0) * slot_ticks(hardware)


def _distant(graph: SpikeGraph, placed: Placed) -> tuple[I64, I64, I64]:
    """Sources that are heard on another tile than their own, and CSR of the clusters there that hear them."""
    heard, actors = placed.heard, placed.actors
    cluster, sender = actors.cluster()[heard.read], actors.producer[heard.source]
    far = (sender == actors.port) | ((sender >= 0) & (placed.tile[sender] != placed.tile[heard.read]))
    ptr, cluster = by_source(heard.source[far], cluster[far], graph.network.sources)
    source = np.flatnonzero(np.diff(ptr))
    return source, offsets(np.diff(ptr)[source]), cluster


def _equal_rows(ptr: I64, value: I64, key: I64) -> I64:
    """Number of every CSR row, the same for rows of equal key and equal values, int64 (rows,)."""
    number = np.zeros(len(key), np.int64)
    count = 0
    sizes = np.diff(ptr)
    for size in np.unique(sizes):
        row = np.flatnonzero(sizes == size)
        content = value[ranges(ptr[row], sizes[row])].reshape(-1, size)
        same = np.unique(np.column_stack([key[row], content]), axis=0, return_inverse=True)[1]
        number[row] = count + same.reshape(-1)
        count += int(same.max()) + 1
    return number


def _sets(group: I64, producer: I64, ptr: I64, cluster: I64) -> Sets:
    groups = int(group.max(initial=-1)) + 1
    of_group = np.zeros(groups, np.int64)
    of_group[group] = producer
    reached, targets = by_source(group[row_of_entry(ptr)], cluster, groups)
    return Sets(group, of_group, reached, targets)


def _of_spikes(graph: SpikeGraph, hardware: Hardware, placed: Placed, source: I64, sets: Sets) -> Connections:
    """Connections of the sources in `sets`, with the flits of the busiest step of each."""
    sends = np.zeros(graph.network.sources, np.int64)
    sends[source] = 1
    most = busiest_steps(graph, offsets(sends), sets.group, len(sets.producer), margin=placed.margin)
    flits = (most * hardware.spike_flits + hardware.end_of_step) * placed.block
    return _routed(hardware, placed, sets.producer, sets.ptr, sets.cluster, flits)


def _routed(hardware: Hardware, placed: Placed, producer: I64, ptr: I64, cluster: I64, flits: I64) -> Connections:
    mesh = hardware.topology
    entry = mesh.entries(placed.tile[producer], producer == placed.actors.port)
    trees = mesh.trees(placed.tile[producer], entry, ptr, placed.tile_of_cluster[cluster])
    return Connections(producer, ptr, cluster, flits, *trees)


def _cheaper(fine: Connections, whole: Connections) -> Connections:
    """Of every producer, its connections in the one or the other, where they take fewer slots on links."""
    last = int(whole.producer.max(initial=-1)) + 1
    cost = [np.bincount(c.producer, c.flits * np.diff(c.link_ptr), last) for c in (fine, whole)]
    better: Bool = cost[0] < cost[1]
    kept = [np.flatnonzero(better[fine.producer]), np.flatnonzero(~better[whole.producer])]
    return _joined(_picked(fine, kept[0]), _picked(whole, kept[1]))


def _picked(connections: Connections, which: I64) -> Connections:
    """Some connections, in the order of `which`."""
    c = connections
    parts = []
    for ptr, value in ((c.target_ptr, c.target), (c.link_ptr, c.link)):
        size = np.diff(ptr)[which]
        parts += [offsets(size), value[ranges(ptr[which], size)]]
    return Connections(c.producer[which], parts[0], parts[1], c.flits[which], parts[2], parts[3])


def _joined(one: Connections, other: Connections) -> Connections:
    return Connections(
        producer=np.append(one.producer, other.producer),
        target_ptr=np.append(one.target_ptr, one.target_ptr[-1] + other.target_ptr[1:]),
        target=np.append(one.target, other.target),
        flits=np.append(one.flits, other.flits),
        link_ptr=np.append(one.link_ptr, one.link_ptr[-1] + other.link_ptr[1:]),
        link=np.append(one.link, other.link),
    )
