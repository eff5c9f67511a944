"""Messages between clusters: what travels over the chip, exactly.

A spike of a neuron is sent once from its home cluster to all other clusters that have a row for it (multicast); a
network input is sent once from the port; a partial column sends one sum to its neuron's home in every step in which
one of its own inputs fires. Biases are driven on the tile and never travel. Knows no tiles, no timing and no energy.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from snnmap.analysis.cells import Cells, parts
from snnmap.core.arrays import I32, I64, Bool, offsets, ranges, row_of_entry, transpose_csr
from snnmap.ir import Clustering, SpikeGraph, Spikes, Traffic

SPIKES, INPUTS, PARTIAL = 0, 1, 2
"""`Traffic.kind`."""
BLOCK = 2**22
"""Inputs that are added up at a time, about."""


class Streams(NamedTuple):
    """Messages before merging: stream s goes from `sender[s]` to `target[indptr[s]:indptr[s + 1]]`."""

    kind: I32
    sender: I32
    indptr: I64
    target: I32
    messages: I64


def traffic(graph: SpikeGraph, clustering: Clustering, partial: I64 | None = None) -> Traffic:
    """Messages between the clusters of `clustering` over the profiled window.

    Groups are distinct in (kind, sender, targets) and sorted by kind, sender, number of targets, targets. A group
    whose sources stay silent in the profile is kept with 0 messages: it may speak on other data. `partial` are the
    `partial_messages`, if they are known already.
    """
    sums = partial_messages(graph, clustering) if partial is None else partial
    streams = (_spike_streams(graph, clustering), _partial_streams(graph, clustering, sums))
    return _merged(Streams(*(np.concatenate(part) for part in zip(*(_sized(s) for s in streams), strict=True))))


def _sized(streams: Streams) -> Streams:
    """`streams` with sizes in place of offsets, so that several can be joined."""
    return streams._replace(indptr=np.diff(streams.indptr))


def _spike_streams(graph: SpikeGraph, clustering: Clustering) -> Streams:
    """One stream per source that is listened to outside its home."""
    network, first = graph.network, graph.network.externals
    cluster, source = clustering.heard()
    sender = np.full(network.sources, -1, np.int32)
    sender[first:] = clustering.home
    travels = ~network.is_bias()[source] & (sender[source] != cluster)
    source, cluster = source[travels], cluster[travels]
    indptr, _, entry = transpose_csr(offsets(np.ones(len(source))), source, network.sources)
    heard = np.flatnonzero(np.diff(indptr))
    kind = np.where(heard < first, INPUTS, SPIKES).astype(np.int32)
    target = cluster[entry].astype(np.int32)
    return Streams(kind, sender[heard], offsets(np.diff(indptr)[heard]), target, graph.spikes[heard])


def _partial_streams(graph: SpikeGraph, clustering: Clustering, messages: I64) -> Streams:
    """One stream per partial column."""
    home = clustering.home[clustering.column_neuron - graph.network.externals]
    cluster = row_of_entry(clustering.column_ptr).astype(np.int32)
    away = np.flatnonzero(home != cluster)
    kind = np.full(len(away), PARTIAL, np.int32)
    return Streams(kind, cluster[away], np.arange(len(away) + 1, dtype=np.int64), home[away], messages[away])


def _merged(streams: Streams) -> Traffic:
    """Streams of equal kind, sender and targets added up; `streams.indptr` holds sizes."""
    kind, sender, sizes, target, messages = streams
    start = offsets(sizes)[:-1]
    kept: list[I64] = []
    total: list[I64] = []
    for size in np.unique(sizes):
        member = np.flatnonzero(sizes == size)
        targets = target[ranges(start[member], sizes[member])].reshape(len(member), size)
        keys = np.column_stack([kind[member], sender[member], targets])
        order = np.lexsort(keys.T[::-1])
        new = np.any(keys[order][1:] != keys[order][:-1], axis=1)
        first = np.flatnonzero(np.concatenate([[True], new]))
        kept.append(member[order[first]])
        total.append(np.add.reduceat(messages[member[order]], first))
    if not kept:
        empty = np.zeros(0, np.int32)
        return Traffic(empty, np.zeros(1, np.int64), empty, np.zeros(0, np.int64), empty)
    group, summed = np.concatenate(kept), np.concatenate(total)
    order = np.lexsort((sender[group], kind[group]))
    group, summed = group[order], summed[order]
    reached = target[ranges(start[group], sizes[group])]
    return Traffic(sender[group], offsets(sizes[group]), reached, summed, kind[group])


def partial_messages(graph: SpikeGraph, clustering: Clustering, cells: Cells | None = None) -> I64:
    """Partial sums that every column sends to its neuron's home, int64 (len(column_neuron),); 0 for home columns.

    A column sends in every (frame, step) in which one of its own inputs emits: counted exactly if the profile kept its
    events, otherwise the bound min(window, sum of the inputs' active steps). Its own inputs are the rows of its cluster
    with a synapse to it; biases are not counted, because a constant can be added at the home. `cells` are the
    `programmed_cells`, if they are known already.
    """
    from snnmap.analysis.kernels.traffic import active_bound, active_union

    sent = np.zeros(len(clustering.column_neuron), np.int64)
    home = clustering.home[clustering.column_neuron - graph.network.externals]
    away = home != row_of_entry(clustering.column_ptr)
    if not np.any(away):
        return sent
    step_ptr, step = (None, None) if graph.events is None else steps_by_source(graph.events, graph.network.sources)
    for part in parts(graph.network, clustering, cells):
        chosen = away[part.columns]
        if not np.any(chosen):
            continue
        indptr, source = _inputs(graph, clustering.row_source[part.rows], part.cells, chosen)
        if step_ptr is None or step is None:
            count = active_bound(indptr, source, graph.active_steps, graph.window)
        else:
            stamp = np.full(graph.window, -1, np.int64)
            count = active_union(indptr, source, _twins_together(indptr, source), step_ptr, step, stamp)
        sent[part.columns][chosen] = count
    return sent


def _inputs(graph: SpikeGraph, row_source: I32, cells: Cells, away: Bool) -> tuple[I64, I32]:
    """Non-bias sources of every column in `away`, CSR, ascending within a column."""
    from snnmap.analysis.kernels.traffic import count_inputs, fill_inputs

    slot = np.where(away, np.cumsum(away) - 1, -1)
    pattern = (cells.ptr, cells.column, row_source, graph.network.is_bias(), slot)
    indptr = offsets(count_inputs(*pattern, int(np.sum(away))))
    source = np.empty(indptr[-1], np.int32)
    fill_inputs(*pattern, indptr[:-1].copy(), source)
    return indptr, source


def steps_by_source(events: Spikes, sources: int) -> tuple[I64, I64]:
    """Index frame x steps + step of every event, grouped by source, CSR."""
    indptr, _, entry = transpose_csr(offsets(np.ones(len(events.source))), events.source, sources)
    return indptr, (events.frame_of_event() * events.steps + events.step)[entry]


def _twins_together(indptr: I64, source: I32) -> I64:
    """Order of the columns that tends to bring equal input lists together, so that each is counted once.

    Neighbours are compared in full; the keys (length, sum, sum of squares modulo 2^64) only bring twins close.
    """
    sums, squares = np.zeros(len(indptr) - 1, np.int64), np.zeros(len(indptr) - 1, np.int64)
    cuts = np.unique(np.searchsorted(indptr, np.arange(0, int(indptr[-1]) + BLOCK, BLOCK)).clip(0, len(sums)))
    for first, last in pairwise(cuts):
        here, ptr = source[indptr[first] : indptr[last]], indptr[first : last + 1] - indptr[first]
        sums[first:last] = np.diff(offsets(here)[ptr])
        squares[first:last] = np.diff(offsets(np.square(here, dtype=np.int64))[ptr])
    return np.lexsort((squares, sums, np.diff(indptr))).astype(np.int64, copy=False)
