"""What depends on what: links between actors, the messages that carry them between tiles, and the channels of both.

Knows no times.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64, Bool, distinct_columns, numbered_columns
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Placement, SpikeGraph
from snnmap.stages.schedule.actors import Actors, Listening, actors_of, by_source, listening


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Spikes, inputs and partial sums from an actor to another; at most one per pair."""

    producer: I64
    consumer: I64
    """(C,) actors."""
    delayed: I64
    """(C,) 1 if the consumer takes the token of the step before."""
    columns: I64
    """(C,) partial columns that it carries, 0 for spikes and inputs."""
    message: I64
    """(C,) message that carries it between tiles, or -1."""


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """One per producer and distant cluster; its actor number is its index + `Actors.port` + 1."""

    producer: I64
    cluster: I64
    """(M,) producing actor, receiving cluster."""
    sender: I64
    """(M,) cluster of the producer, -1 for the port."""
    origin: I64
    goal: I64
    """(M,) tiles; the port's for inputs."""
    from_port: Bool
    """(M,) inputs."""
    columns: I64
    """(M,) partial columns that it carries, 0 for spikes and inputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A clustering on tiles: its actors, who listens to whom, and what travels between tiles."""

    actors: Actors
    heard: Listening
    tile: I64
    """(reads + fires + 1,) tile of every read, every fire and the port."""
    tile_of_cluster: I64
    """(K,)"""
    links: Links
    messages: Messages
    margin: float = 0.0
    """Share by which steps may be busier than the busiest profiled one."""
    block: int = 1
    """Steps of a firing."""


class Channel(NamedTuple):
    """Channels of rate 1, (H,): producing actor, consuming actor, initial tokens."""

    producer: I64
    consumer: I64
    tokens: I64


def placed_on(graph: SpikeGraph, hardware: Hardware, clustering: Clustering, placement: Placement) -> Placed:
    """What a placed clustering runs and sends.

    Raises
    ------
    InputError
        If a cluster is on no tile.
    """
    on_chip = (placement.tile >= 0) & (placement.tile < hardware.tiles)
    if len(placement.tile) != clustering.clusters or not np.all(on_chip):
        raise InputError(f"the placement does not put {clustering.clusters} clusters on the {hardware.tiles} tiles")
    actors = actors_of(graph, clustering)
    heard = listening(graph, clustering, actors)
    of_cluster = placement.tile.astype(np.int64)
    tile = np.append(of_cluster[actors.cluster()], hardware.port_tile)
    return Placed(actors, heard, tile, of_cluster, *links_of(actors, heard, tile))


def links_of(actors: Actors, heard: Listening, tile: I64) -> tuple[Links, Messages]:
    """Links of a clustering, and the messages between tiles; `tile` is that of every read, every fire and the port."""
    level = np.append(actors.level(), -1)
    travels = actors.producer[heard.source] >= 0
    ptr, consumer = by_source(actors.producer[heard.source[travels]], heard.read[travels], actors.port + 1)
    producer = np.repeat(np.arange(actors.port + 1), np.diff(ptr))
    spikes = len(producer)
    partial, number = numbered_columns(_partial_pairs(actors))
    columns = np.bincount(number, minlength=partial.shape[1])
    producer, consumer = np.append(producer, partial[0]), np.append(consumer, partial[1])
    carried = np.append(np.zeros(spikes, np.int64), columns)
    delayed = (level[consumer] <= level[producer]) & (carried == 0)
    message, messages = _messages(actors, (producer, consumer, carried), tile)
    return Links(producer, consumer, delayed.astype(np.int64), carried, message), messages


def _partial_pairs(actors: Actors) -> I64:
    """Read and fire actor (2, columns away from home) of every partial column."""
    fire = actors.column_fire
    away = actors.read_cluster[actors.column_read] != actors.fire_cluster[fire]
    return np.stack([actors.column_read[away], actors.reads + fire[away]])


def _messages(actors: Actors, ends: tuple[I64, I64, I64], tile: I64) -> tuple[I64, Messages]:
    """Message of every link (producer, consumer, columns), or -1 on one tile; and the messages."""
    producer, consumer, columns = ends
    cluster = actors.cluster()[consumer]
    far = (tile[producer] != tile[consumer]) | (producer == actors.port)
    span = int(cluster.max(initial=0)) + 1
    # a cluster's reads send partial sums to fires and its fires spikes to reads, so a producer has one kind
    key, of_link = np.unique((producer * span + cluster)[far], return_inverse=True)
    message = np.full(len(producer), -1, np.int64)
    message[far] = of_link
    sender, receiver = key // span, key % span
    goal = np.zeros(len(key), np.int64)
    goal[of_link] = tile[consumer[far]]
    total = np.zeros(len(key), np.int64)
    np.add.at(total, of_link, columns[far])
    owner = np.append(actors.cluster(), -1)[sender]
    return message, Messages(sender, receiver, owner, tile[sender], goal, sender == actors.port, total)


def channels_between(actors: Actors, links: Links, messages: Messages, buffer_tokens: int) -> Channel:
    """All channels but those of the tiles' orders: self, read and fire, links with their credit; see `build`."""
    first_message = actors.port + 1
    everyone = np.arange(first_message + len(messages.producer))
    column = distinct_columns(np.stack([actors.column_read, actors.reads + actors.column_fire]))
    read, fire = column[:, actors.read_cluster[column[0]] == actors.fire_cluster[column[1] - actors.reads]]
    near, far = links.message < 0, links.message >= 0
    through = first_message + links.message[far]
    parts = [
        Channel(everyone, everyone, np.ones_like(everyone)),
        Channel(read, fire, np.zeros_like(read)),
        Channel(fire, read, np.ones_like(read)),
        Channel(links.producer[near], links.consumer[near], links.delayed[near]),
        Channel(messages.producer, everyone[first_message:], np.zeros_like(messages.producer)),
        Channel(through, links.consumer[far], links.delayed[far]),
        Channel(links.consumer, links.producer, buffer_tokens - links.delayed),
    ]
    return Channel(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def actor_names(actors: Actors, messages: Messages) -> tuple[str, ...]:
    """`c<cluster>/l<level>/read` and `.../fire`, `input`, `noc/<producer>><cluster>`."""
    reads = zip(actors.read_cluster.tolist(), actors.read_level.tolist(), strict=True)
    fires = zip(actors.fire_cluster.tolist(), actors.fire_level.tolist(), strict=True)
    names = [f"c{k}/l{level}/read" for k, level in reads]
    names += [f"c{k}/l{level}/fire" for k, level in fires]
    names.append("input")
    pairs = zip(messages.producer.tolist(), messages.cluster.tolist(), strict=True)
    return (*names, *(f"noc/{names[producer]}>c{cluster}" for producer, cluster in pairs))
