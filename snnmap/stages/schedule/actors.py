"""Who fires, and who listens to whom: read and fire actors of every cluster and level, and the rows each read decodes.

A cluster fires once per *level* present among its columns: a read (decode active rows, read the array) and, if
neurons of that level are at home there, a fire (merge partial sums, update them). Knows no times and no tiles.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, Bool, offsets, row_of_entry
from snnmap.ir import ANY_DATA, Clustering, SpikeGraph

NOISE = 1e-12
"""Relative: 10 % more than 10 rows are 11, not 12."""


@dataclass(frozen=True, slots=True, eq=False)
class Actors:
    """Numbering: reads 0 .. reads - 1, then fires, then the input port; reads and fires by cluster, then level."""

    read_cluster: I64
    read_level: I64
    """(reads,) cluster and level."""
    fire_cluster: I64
    fire_level: I64
    """(fires,)"""
    column_read: I64
    """(column entries,) read of every column."""
    column_fire: I64
    """(column entries,) fire, counted from 0, that updates the neuron of the column."""
    producer: I64
    """(N,) actor that sends what a source emits: a fire, or the port; -1 for biases."""

    @property
    def reads(self) -> int:
        """Number of read actors."""
        return len(self.read_cluster)

    @property
    def fires(self) -> int:
        """Number of fire actors."""
        return len(self.fire_cluster)

    @property
    def port(self) -> int:
        """The actor `input`."""
        return self.reads + self.fires

    def cluster(self) -> I64:
        """Cluster of every read and fire, int64 (reads + fires,)."""
        return np.concatenate([self.read_cluster, self.fire_cluster])

    def level(self) -> I64:
        """Level of every read and fire, int64 (reads + fires,)."""
        return np.concatenate([self.read_level, self.fire_level])


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """Which reads decode which sources: pairs, biases included; as often as uses of the read's cluster drive it."""

    source: I64
    read: I64
    """(P,) source id, read actor."""


def actors_of(graph: SpikeGraph, clustering: Clustering) -> Actors:
    """Read and fire actors of `clustering`."""
    network = graph.network
    level = network.level_of().astype(np.int64)
    levels = int(level.max(initial=0)) + 1
    cluster = row_of_entry(clustering.column_ptr)
    own = level[clustering.column_neuron]
    read_key, column_read = np.unique(cluster * levels + own, return_inverse=True)
    neuron_key = clustering.home.astype(np.int64) * levels + level[network.externals :]
    fire_key, neuron_fire = np.unique(neuron_key, return_inverse=True)
    producer = np.full(network.sources, len(read_key) + len(fire_key), np.int64)
    producer[network.externals :] = len(read_key) + neuron_fire
    producer[network.is_bias()] = -1
    return Actors(
        read_cluster=read_key // levels,
        read_level=read_key % levels,
        fire_cluster=fire_key // levels,
        fire_level=fire_key % levels,
        column_read=column_read.astype(np.int64, copy=False),
        column_fire=neuron_fire[clustering.column_neuron - network.externals].astype(np.int64, copy=False),
        producer=producer,
    )


def listening(graph: SpikeGraph, clustering: Clustering, actors: Actors) -> Listening:
    """Every (source, read) such that the read's cluster has a row for the source.

    Where a cluster's columns have several levels, only reads of a level that the source has a synapse to there. Those
    of a cluster that is used several times have one (rule `reuse` of `verify`).
    """
    from snnmap.stages.schedule.kernels.rows import row_levels

    many: Bool = np.bincount(actors.read_cluster, minlength=clustering.clusters) > 1
    pattern = (
        graph.network.indptr,
        graph.network.post,
        clustering.row_ptr,
        clustering.row_source,
        clustering.column_ptr,
        actors.column_read,
        clustering.column_neuron,
        many,
    )
    none = np.zeros(0, np.int64)
    pairs = row_levels(*pattern, False, none, none)
    entry, read = np.empty(pairs, np.int64), np.empty(pairs, np.int64)
    row_levels(*pattern, True, entry, read)
    return Listening(clustering.row_source[entry].astype(np.int64), read)


def by_source(source: I64, value: I64, sources: int, *, once: bool = True) -> tuple[I64, I64]:
    """(source, value) pairs as CSR by source: offsets (sources + 1,) and values, ascending within a source.

    Equal pairs count `once`, or as often as they are there.
    """
    span = int(value.max(initial=0)) + 1
    key = np.sort(source * span + value)  # several times faster than np.unique
    if once:
        key = key[np.diff(key, prepend=-1) != 0]
    return offsets(np.bincount(key // span, minlength=sources)), key % span


def busiest_steps(
    graph: SpikeGraph, ptr: I64, slot: I64, slots: int, late: Bool | None = None, margin: float = 0.0
) -> I64:
    """Most events in any one step of the sources listed by slot, int64 (slots,); `ptr`, `slot`: CSR by source.

    Events count in the step after where `late`. Exact from the profile's events, and with a `margin` that much more of
    them, never above the sum over the slot's sources of their worst step, which is the bound without events; from
    `ANY_DATA` on that sum, with every source on at least once.
    """
    from snnmap.stages.schedule.kernels.busiest import busiest

    events = graph.events
    if events is None or margin >= ANY_DATA:
        return _all_at_worst(graph, ptr, slot, slots, least=int(margin >= ANY_DATA))
    arrays = (events.frame, events.step, events.source, events.value)
    emits_several = graph.worst_step > 1  # then the value of an event is a number of events
    shifted = np.zeros(len(slot), np.bool_) if late is None else late
    exact: I64 = busiest(*arrays, emits_several, ptr, slot, shifted, slots)
    if margin == 0:
        return exact
    more = np.ceil(exact * (1 + margin) * (1 - NOISE)).astype(np.int64)
    limited: I64 = np.minimum(more, _all_at_worst(graph, ptr, slot, slots, least=0))
    return limited


def _all_at_worst(graph: SpikeGraph, ptr: I64, slot: I64, slots: int, least: int) -> I64:
    """Events by slot if each of its sources emits as in its own worst step, `least` times at least, int64 (slots,)."""
    most: I32 = np.where(graph.network.is_bias(), 0, np.maximum(graph.worst_step, least))
    bound = np.zeros(slots, np.int64)
    np.add.at(bound, slot, most[row_of_entry(ptr)])
    return bound
