"""Who fires on which tile in which turn, and who waits for whom: from clustering, placement and static orders alone."""

import re
from dataclasses import dataclass

import numpy as np

from snnmap.analysis.cells import programmed_cells
from snnmap.core.arrays import I64, Bool, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, Network

PORT = "input"
NAME = re.compile(r"c(\d+)/l(\d+)/(read|fire)")
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Actors: reads by cluster and level, then fires likewise, then the port. R reads, A actors."""

    reads: int
    cluster: I64
    level: I64
    """(A,) -1 for the port."""
    column_read: I64
    """(column entries,) actor that reads a column."""
    producer: I64
    """(N,) actor that sends what a source emits; -1 for biases, which never travel."""
    heard_source: I64
    heard_read: I64
    """(pairs,) source and the read that decodes its row, where a column of its level listens to the row; biases too."""

    @property
    def port(self) -> int:
        """Actor of the chip's port."""
        return len(self.cluster) - 1

    def names(self) -> tuple[str, ...]:
        """Names as in mapping files."""
        ends = zip(self.cluster.tolist(), self.level.tolist(), strict=True)
        own = [f"c{k}/l{level}/{'read' if a < self.reads else 'fire'}" for a, (k, level) in enumerate(ends)]
        return (*own[:-1], PORT)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What the chip does in every step. A actors, C channels, M messages."""

    cast: Cast
    tile: I64
    """(A,) tile of every actor; the port's for the port."""
    order: tuple[I64, ...]
    """Actors of every tile in use, in turn."""
    lag: I64
    """(A,) rounds of its tile that go by before an actor's first firing."""
    reprogrammed: Bool
    """(R,) whether the read before it on its tile is of another cluster."""
    producer: I64
    consumer: I64
    delayed: I64
    """(C,) actors at both ends; 1 if the consumer takes what was sent in the step before."""
    carrier: I64
    """(C,) message that brings it."""
    message_producer: I64
    message_cluster: I64
    """(M,) messages: what an actor sends to one cluster in a step."""
    far: Bool
    """(M,) whether it crosses the network."""

    @property
    def partner(self) -> I64:
        """Fire of every read and read of every fire of the same cluster and level, int64 (A,); -1 if there is none."""
        key = self.cast.cluster * (int(self.cast.level.max()) + 2) + self.cast.level
        key[-1] = -1
        reads = self.cast.reads
        _, read, fire = np.intersect1d(key[:reads], key[reads:-1], assume_unique=True, return_indices=True)
        partner = np.full(len(key), NONE, np.int64)
        partner[read], partner[reads + fire] = reads + fire, read
        return partner


def program_of(mapping: Mapping, network: Network, hardware: Hardware) -> Program:
    """What a mapping makes the chip do.

    Raises
    ------
    InputError
        If its orders do not hold the actors of its clusters, each once and on the tile of its cluster.
    """
    cast = cast_of(network, mapping.clustering)
    tile = np.append(mapping.placement.tile.astype(np.int64)[cast.cluster[:-1]], hardware.port_tile)
    order = _orders(mapping, cast, tile)
    producer, consumer, delayed = _channels(cast, mapping.clustering, network)
    span = mapping.clustering.clusters
    sent, carrier = np.unique(producer * span + cast.cluster[consumer], return_inverse=True)
    owner, receiver = sent // span, sent % span
    return Program(
        cast=cast,
        tile=tile,
        order=order,
        lag=_lags(mapping, cast),
        reprogrammed=_reprogrammed(cast, order),
        producer=producer,
        consumer=consumer,
        delayed=delayed,
        carrier=carrier.astype(np.int64, copy=False),
        message_producer=owner,
        message_cluster=receiver,
        far=(owner == cast.port) | (tile[owner] != mapping.placement.tile[receiver]),
    )


def cast_of(network: Network, clustering: Clustering) -> Cast:
    """Actors of a clustering, and which rows each read decodes."""
    level = network.level_of().astype(np.int64)
    levels = int(level.max(initial=0)) + 1
    column_key = row_of_entry(clustering.column_ptr) * levels + level[clustering.column_neuron]
    read_key, column_read = np.unique(column_key, return_inverse=True)
    home_key = clustering.home * levels + level[network.externals :]
    fire_key, fire = np.unique(home_key, return_inverse=True)
    port = len(read_key) + len(fire_key)
    producer = np.full(network.sources, port, np.int64)
    producer[network.is_bias()] = NONE
    producer[network.externals :] = len(read_key) + fire
    key = np.concatenate([read_key, fire_key])
    cells = programmed_cells(network, clustering)
    heard = np.zeros((len(clustering.row_source), levels), np.bool_)
    heard[cells.row(), level[clustering.column_neuron[cells.column]]] = True
    row, own = np.nonzero(heard)
    return Cast(
        reads=len(read_key),
        cluster=np.append(key // levels, NONE),
        level=np.append(key % levels, NONE),
        column_read=column_read.astype(np.int64, copy=False),
        producer=producer,
        heard_source=clustering.row_source[row].astype(np.int64),
        heard_read=np.searchsorted(read_key, row_of_entry(clustering.row_ptr)[row] * levels + own).astype(np.int64),
    )


def _channels(cast: Cast, clustering: Clustering, network: Network) -> tuple[I64, I64, I64]:
    """Producer, consumer, delay of what travels: spikes and inputs to reads, partial sums to fires."""
    sender = cast.producer[cast.heard_source]
    sent = sender >= 0
    partial = partial_columns(clustering, network)
    home = cast.producer[clustering.column_neuron[partial]]
    span = len(cast.cluster)
    key = np.unique(
        np.concatenate([sender[sent] * span + cast.heard_read[sent], cast.column_read[partial] * span + home])
    )
    producer, consumer = key // span, key % span
    delayed = (consumer < cast.reads) & (cast.level[consumer] <= cast.level[producer])
    return producer, consumer, delayed.astype(np.int64)


def partial_columns(clustering: Clustering, network: Network) -> I64:
    """Column entries whose neuron is at home elsewhere."""
    home = clustering.home[clustering.column_neuron - network.externals]
    return np.flatnonzero(home != row_of_entry(clustering.column_ptr))


def _orders(mapping: Mapping, cast: Cast, tile: I64) -> tuple[I64, ...]:
    """Orders of the tiles in use with actors as in `cast`."""
    number = {name: actor for actor, name in enumerate(cast.names())}
    orders: list[I64] = []
    for where, listed in zip(mapping.schedule.tiles.tolist(), mapping.schedule.order, strict=True):
        names = [mapping.sdfg.name[a] for a in listed]
        unknown = [name for name in names if name not in number or tile[number[name]] != where]
        if unknown:
            raise InputError(f"the mapping's order of tile {where} has {unknown[0]!r}, which is not there; verify it")
        orders.append(np.array([number[name] for name in names], np.int64))
    ordered = np.sort(np.concatenate([*orders, np.zeros(0, np.int64)]))
    if not np.array_equal(ordered, np.arange(cast.port)):
        raise InputError("the mapping's orders do not hold every actor of its clusters once; verify it")
    return tuple(orders)


def _lags(mapping: Mapping, cast: Cast) -> I64:
    """Lags of the mapping's schedule with actors as in `cast`."""
    number = {name: actor for actor, name in enumerate(mapping.sdfg.name)}
    return mapping.schedule.lags()[[number[name] for name in cast.names()]]


def _reprogrammed(cast: Cast, orders: tuple[I64, ...]) -> Bool:
    """Whether the read before a read, in the endless order of its tile, is of another cluster; bool (R,)."""
    changes = np.zeros(cast.reads, np.bool_)
    for order in orders:
        reads = order[order < cast.reads]
        changes[reads] = cast.cluster[np.roll(reads, 1)] != cast.cluster[reads]
    return changes


def grouped(key: I64, value: I64, keys: int) -> tuple[I64, I64]:
    """CSR of values by key: offsets (keys + 1,) and values in the order given."""
    order = np.argsort(key, kind="stable")
    return offsets(np.bincount(key, minlength=keys)), np.ascontiguousarray(value[order], np.int64)


def grouped_once(key: I64, value: I64, keys: int) -> tuple[I64, I64]:
    """As `grouped`, each value once per key, ascending."""
    span = int(value.max(initial=0)) + 1
    pairs = np.unique(key * span + value)
    return grouped(pairs // span, pairs % span, keys)
