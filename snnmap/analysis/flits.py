"""Flits of a message in its busiest step: what an actor itself sends to one cluster, whatever else is on the way."""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import I64, Bool, numbered_columns, offsets, ranges, row_of_entry, transpose_csr


class Ends(NamedTuple):
    """Who sends, and where to, (M,) each: spikes, inputs or partial sums of one cluster and level to a cluster."""

    sender: I64
    """Cluster, -1 for the port."""
    level: I64
    """Of the neurons that emit, or whose columns were read; anything for the port."""
    goal: I64
    """Cluster."""
    partial: Bool
    """Whether they are partial sums."""


def own_flits(view: View, ends: Ends) -> I64:
    """Flits of every message in its busiest profiled step, with the one that ends it, int64 (M,).

    Never more than in truth: of a profile without events, those of the source that emits most.
    """
    hardware = view.hardware
    flits: I64 = sent_at_worst(view, ends) * np.where(ends.partial, hardware.sum_flits, hardware.spike_flits)
    return flits + int(hardware.end_of_step)


def sent_at_worst(view: View, ends: Ends) -> I64:
    """Spikes, inputs or partial sums of every message in its busiest profiled step, int64 (M,); as `own_flits`."""
    level = np.where(ends.sender < 0, 0, ends.level)
    table = np.stack([ends.sender, level, ends.goal, ends.partial.astype(np.int64)])
    once, which = numbered_columns(table)
    distinct = Ends(once[0], once[1], once[2], once[3] > 0)
    sent: I64 = np.where(distinct.partial, _sums(view, distinct), _spikes(view, distinct))
    return sent[which]


def _keys(sender: I64, level: I64, goal: I64, levels: int, clusters: int) -> I64:
    return ((sender + 1) * levels + np.where(sender < 0, 0, level)) * clusters + goal


def _found(key: I64, ends: Ends, which: Bool, levels: int, clusters: int) -> tuple[I64, I64]:
    """Entries of `key` that belong to one of the messages `which`, and its number."""
    number = np.flatnonzero(which)
    own = _keys(ends.sender[number], ends.level[number], ends.goal[number], levels, clusters)
    order = np.argsort(own, kind="stable")
    at = np.minimum(np.searchsorted(own[order], key), max(len(own) - 1, 0))
    entry = np.flatnonzero(own[order][at] == key) if len(own) else np.zeros(0, np.int64)
    return entry, number[order[at[entry]]] if len(own) else entry


def _sums(view: View, ends: Ends) -> I64:
    """Partial sums of every message in a step: its columns, but no more than they send in the whole window."""
    clustering, network = view.mapping.clustering, view.graph.network
    level = network.level_of().astype(np.int64)
    neuron, clusters = clustering.column_neuron, clustering.clusters
    home = clustering.home[neuron - network.externals].astype(np.int64)
    levels = int(level.max(initial=0)) + 1
    key = _keys(row_of_entry(clustering.column_ptr), level[neuron], home, levels, clusters)
    entry, message = _found(key, ends, ends.partial, levels, clusters)
    columns = np.bincount(message, minlength=len(ends.goal))
    sent = np.bincount(message, view.clusters.partial_messages[entry], minlength=len(ends.goal))
    return np.minimum(columns, sent.astype(np.int64))


def _spikes(view: View, ends: Ends) -> I64:
    """Spikes and inputs of every message in its busiest step."""
    graph, clustering = view.graph, view.mapping.clustering
    network = graph.network
    level = network.level_of().astype(np.int64)
    levels = int(level.max(initial=0)) + 1
    sender = np.full(network.sources, -1, np.int64)
    sender[network.externals :] = clustering.home
    goal, source = clustering.heard()
    travels = ~network.is_bias()[source]
    goal, source = goal[travels], source[travels]
    key = _keys(sender[source], level[source], goal, levels, clustering.clusters)
    entry, message = _found(key, ends, ~ends.partial, levels, clustering.clusters)
    ptr, _, order = transpose_csr(offsets(np.ones(len(entry))), source[entry], network.sources)
    return _busiest(view, ptr, message[order], len(ends.goal))


def _busiest(view: View, ptr: I64, message: I64, messages: int) -> I64:
    """Most events of the sources of every message in one step; `ptr`, `message`: CSR by source."""
    graph, most = view.graph, np.zeros(messages, np.int64)
    events = graph.events
    if events is None:
        np.maximum.at(most, message, graph.worst_step[row_of_entry(ptr)])
        return most
    for first, last in zip(events.frame[:-1].tolist(), events.frame[1:].tolist(), strict=True):
        source, step = events.source[first:last], events.step[first:last].astype(np.int64)
        number = np.where(graph.worst_step[source] > 1, events.value[first:last], 1.0)
        times = np.diff(ptr)[source]
        reached = message[ranges(ptr[source], times)]
        place = np.repeat(step, times) * messages + reached
        counted = np.bincount(place, np.repeat(number, times), minlength=events.steps * messages)
        np.maximum(most, counted.reshape(events.steps, messages).max(axis=0, initial=0).astype(np.int64), out=most)
    return most
