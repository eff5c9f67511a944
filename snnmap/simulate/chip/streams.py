"""Which way flits go: streams, each the tree of routes from one producer to one set of clusters.

In a best-effort network a source has a stream to the clusters that listen to it; in one of time slots it takes a
connection of the mapping's table.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from snnmap.core.arrays import I64, Bool, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware, Mesh
from snnmap.ir import Clustering, Mapping, Network
from snnmap.simulate.chip.program import NONE, Program, grouped, grouped_once, partial_columns

BETWEEN, EXIT, ENTRY = 0, 1, 2
"""Kinds of links; as in `kernels.routers`."""
UNSERVED = -2
DIRECTIONS = 4
"""Links out of a tile; `hardware.topology` numbers them."""


@dataclass(frozen=True, slots=True, eq=False)
class Senders:
    """What emits: sources, then partial columns. X in all."""

    producer: I64
    """(X,) actor that sends it, -1 if it never travels."""
    message_ptr: I64
    message: I64
    """Messages, of those that cross the network, that hold what each emits; CSR, ascending."""
    partial: I64
    """Column entries of the partial columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """Trees of flits, and who uses them. Q streams."""

    producer: I64
    """(Q,)"""
    message_ptr: I64
    message: I64
    """Messages that each stream belongs to, CSR."""
    of_sender: I64
    """(X,) stream of what every sender emits; `NONE` if it stays on its tile, `UNSERVED` if no connection takes it."""
    last: I64
    """Streams on which a flit says that the step of their producer has ended, by producer; none without such flits."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Nodes (stream, link) of all trees, those of a stream in a row with its way in first. O links in use, V nodes."""

    number: I64
    """(O,) number of a link in the topology."""
    kind: I64
    way: I64
    """(O,) kind; as which way in it comes into its router."""
    border: Bool
    """(O,) whether it leads from chip to chip."""
    feed: I64
    """(O, ways in) links into the router where a link starts, or -1."""
    producer: I64
    """(Q,) actor that sends a stream."""
    stream_ptr: I64
    link: I64
    """(V,) link, an index into `number`."""
    parent: I64
    """(V,) node before, -1 for ways in."""
    message_ptr: I64
    message: I64
    """Messages that leave the network at every node."""


def senders_of(program: Program, network: Network, clustering: Clustering) -> Senders:
    """Everything that emits, and the messages that it is part of."""
    cast = program.cast
    partial = partial_columns(clustering, network)
    home = clustering.home[clustering.column_neuron[partial] - network.externals].astype(np.int64)
    producer = np.append(cast.producer, cast.column_read[partial])
    heard = cast.producer[cast.heard_source] >= 0
    who = np.append(cast.heard_source[heard], network.sources + np.arange(len(partial)))
    where = np.append(cast.cluster[cast.heard_read[heard]], home)
    span = clustering.clusters
    at = np.searchsorted(program.message_producer * span + program.message_cluster, producer[who] * span + where)
    far = program.far[at]
    return Senders(producer, *grouped_once(who[far], at[far], len(producer)), partial)


def streams_of(program: Program, senders: Senders, mapping: Mapping, hardware: Hardware) -> Streams:
    """Streams of a network as the chip has it.

    Raises
    ------
    InputError
        If flits need slots and the mapping has none for them.
    """
    if hardware.noc == "tdm":
        return _connections(program, senders, mapping, hardware)
    known: dict[tuple[int, ...], int] = {}
    of_sender = np.full(len(senders.producer), NONE, np.int64)
    for sender in np.flatnonzero(np.diff(senders.message_ptr)).tolist():
        own = senders.message[senders.message_ptr[sender] : senders.message_ptr[sender + 1]]
        of_sender[sender] = known.setdefault(tuple(own.tolist()), len(known))
    last: list[int] = []
    if hardware.end_of_step:
        ptr, far = messages_by_producer(program)
        every = [tuple(far[a:b].tolist()) for a, b in pairwise(ptr.tolist()) if a < b]
        last = [known.setdefault(goals, len(known)) for goals in every]
    first = np.array([goals[0] for goals in known], np.int64)
    message = np.array([m for goals in known for m in goals], np.int64)
    ptr = offsets([len(goals) for goals in known])
    return Streams(program.message_producer[first], ptr, message, of_sender, np.array(last, np.int64))


def messages_by_producer(program: Program) -> tuple[I64, I64]:
    """Messages of every actor that cross the network, CSR."""
    far = np.flatnonzero(program.far)
    return grouped(program.message_producer[far], far, len(program.tile))


def _connections(program: Program, senders: Senders, mapping: Mapping, hardware: Hardware) -> Streams:
    """Connections of the mapping's table, and which each sender takes: that to its clusters and no other, if any."""
    table = mapping.schedule.slots
    sending = np.flatnonzero(np.diff(senders.message_ptr))
    if table is None:
        none, nobody = np.zeros(0, np.int64), np.full(len(senders.producer), NONE, np.int64)
        nobody[sending] = UNSERVED  # who sends nothing needs no slots
        return Streams(none, np.zeros(1, np.int64), none, nobody, none)
    number = {name: actor for actor, name in enumerate(program.cast.names())}
    ends = zip(program.message_producer.tolist(), program.message_cluster.tolist(), strict=True)
    known = {end: m for m, end in enumerate(ends) if program.far[m]}
    producer = np.array([number.get(mapping.sdfg.name[a], NONE) for a in table.producer.tolist()], np.int64)
    owner = producer[row_of_entry(table.target_ptr)].tolist()
    message = [known.get(end, NONE) for end in zip(owner, table.target.tolist(), strict=True)]
    if NONE in message:
        a, k = owner[message.index(NONE)], table.target.tolist()[message.index(NONE)]
        raise InputError(
            f"slots of {program.cast.names()[a]} lead to cluster {k}, to which it sends nothing; verify it"
        )
    reached = [frozenset(message[a:b]) for a, b in zip(table.target_ptr[:-1], table.target_ptr[1:], strict=True)]
    by_producer: dict[int, list[int]] = {}
    for q, a in enumerate(producer.tolist()):
        by_producer.setdefault(a, []).append(q)
    of_sender = np.full(len(senders.producer), NONE, np.int64)
    for sender in sending.tolist():
        goals = frozenset(senders.message[senders.message_ptr[sender] : senders.message_ptr[sender + 1]].tolist())
        own = by_producer.get(int(senders.producer[sender]), [])
        fitting = [q for q in own if reached[q] == goals] + [q for q in own if reached[q] > goals]
        of_sender[sender] = fitting[0] if fitting else UNSERVED  # it may have nothing to send
    last = np.argsort(producer, kind="stable").astype(np.int64) if hardware.end_of_step else np.zeros(0, np.int64)
    return Streams(producer, table.target_ptr, np.array(message, np.int64), of_sender, last)


def trees_of(program: Program, streams: Streams, hardware: Hardware) -> Trees:
    """The links that flits of every stream cross, in order."""
    mesh = hardware.topology
    origin = program.tile[streams.producer]
    from_port = streams.producer == program.cast.port
    stream = row_of_entry(streams.message_ptr)
    tile_of = np.array(program.tile)
    goal = _tile_of_cluster(program, tile_of)[program.message_cluster[streams.message]]
    goal_ptr, goals = grouped_once(stream, goal, len(origin))
    entry = np.where(from_port, mesh.port_entry, mesh.entry(origin))
    ptr, crossed = mesh.trees(origin, entry, goal_ptr, goals)
    owner = row_of_entry(ptr)
    begin, end = link_ends(crossed, mesh, hardware.port_tile)
    through = np.flatnonzero(end >= 0)
    key = owner * mesh.tiles
    arriving = np.argsort(key[through] + end[through], kind="stable")
    arrivals = (key[through] + end[through])[arriving]
    parent = np.full(len(crossed), NONE, np.int64)
    behind = np.flatnonzero(begin >= 0)
    parent[behind] = through[arriving[np.searchsorted(arrivals, key[behind] + begin[behind])]]
    number, link = np.unique(crossed, return_inverse=True)
    exits = np.flatnonzero((begin >= 0) & (end < 0))
    leaving = np.argsort(key[exits] + begin[exits], kind="stable")
    at = exits[leaving[np.searchsorted((key[exits] + begin[exits])[leaving], stream * mesh.tiles + goal)]]
    return Trees(
        number=number.astype(np.int64, copy=False),
        **_routers(number, mesh, hardware.port_tile),
        border=changes_chip(number, hardware),
        producer=streams.producer,
        stream_ptr=ptr,
        link=link.astype(np.int64, copy=False),
        parent=parent,
        message_ptr=(held := grouped(at, streams.message, len(crossed)))[0],
        message=held[1],
    )


def _tile_of_cluster(program: Program, tile: I64) -> I64:
    """Tile of every cluster: that of any of its actors."""
    cluster = program.cast.cluster[:-1]
    of = np.zeros(int(cluster.max(initial=-1)) + 1, np.int64)
    of[cluster] = tile[:-1]
    return of


def link_ends(link: I64, mesh: Mesh, port_tile: int) -> tuple[I64, I64]:
    """Tile at whose router every link starts and ends; -1 for ways in and out of the network."""
    tiles = mesh.tiles
    between = link < DIRECTIONS * tiles
    ahead = np.array([1, -1, mesh.width, -mesh.width])
    begin = np.where(between, link // DIRECTIONS, NONE)
    end = np.where(between, begin + ahead[link % DIRECTIONS], NONE)
    way_in = (link >= DIRECTIONS * tiles) & (link < (DIRECTIONS + 1) * tiles)
    way_out = (link >= (DIRECTIONS + 1) * tiles) & (link < mesh.port_entry)
    end = np.where(way_in, link - DIRECTIONS * tiles, np.where(link == mesh.port_entry, port_tile, end))
    return np.where(way_out, link - (DIRECTIONS + 1) * tiles, begin), end


def _routers(number: I64, mesh: Mesh, port_tile: int) -> dict[str, I64]:
    """Kind of every link in use, which way in it is, and the ways into the router where it starts."""
    begin, end = link_ends(number, mesh, port_tile)
    kind = np.where(begin < 0, ENTRY, np.where(end < 0, EXIT, BETWEEN))
    way = np.where(kind == ENTRY, DIRECTIONS + (number == mesh.port_entry), number % DIRECTIONS)
    way = np.where(kind == EXIT, NONE, way)
    ways = DIRECTIONS + 2
    into = np.full((mesh.tiles, ways), NONE, np.int64)
    arriving = np.flatnonzero(end >= 0)
    into[end[arriving], way[arriving]] = arriving
    feed = np.where(begin[:, None] >= 0, into[begin], NONE)
    return {"kind": kind, "way": way, "feed": np.ascontiguousarray(feed)}


def changes_chip(link: I64, hardware: Hardware) -> Bool:
    """Whether links, each crossed by somebody, lead from one chip of several to another."""
    (across, down), mesh = hardware.chips.grid, hardware.topology
    begin, end = link_ends(link, mesh, hardware.port_tile)
    chip = [
        np.stack([tile % mesh.width * across // mesh.width, tile // mesh.width * down // mesh.height])
        for tile in (begin, end)
    ]
    leads: Bool = (begin >= 0) & (end >= 0) & np.any(chip[0] != chip[1], axis=0)
    return leads


def slots_until(trees: Trees, hop: int, border: int) -> I64:
    """Slots from entering the network to a node's link, int64 (V,): `hop` a link on a chip, `border` one between."""
    between = np.where(trees.border, border, hop * (trees.kind == BETWEEN))[trees.link]
    depth, level = np.zeros(len(trees.link), np.int64), trees.parent.copy()
    while np.any(level >= 0):  # as often as the longest route has links
        on = np.flatnonzero(level >= 0)
        depth[on] += between[level[on]]
        level[on] = trees.parent[level[on]]
    return depth
