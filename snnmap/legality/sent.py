"""What the network must carry in a step, recounted: who sends which sources where, and over which links.

Routes go along x first, then along y, like those of the chip; this module walks them itself. Links: 4 t + d
out of tile t to x + 1, x - 1, y + 1, y - 1; 4 T + t from tile t into the network, 5 T + t out of it, 6 T from the port.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import distinct_columns, numbered_columns
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph
from snnmap.legality.recount import Recount
from snnmap.legality.times import PORT, busiest, cluster_of

Integers = npt.NDArray[np.integer[Any]]
Flits = dict[tuple[int, int], int]
"""(link, sender) -> flits in the sender's busiest step."""


class Sent(NamedTuple):
    """Sources that go to distant clusters, each with its sender; sums that reads send home."""

    actor: tuple[str, ...]
    """Senders by number; the port last."""
    cluster_of: Integers
    """Cluster of every sender, -1 for the port."""
    sender: Integers
    source: Integers
    cluster: Integers
    """(P,) distinct: sender, its source, a distant cluster that hears it."""
    sum_sender: Integers
    sum_cluster: Integers
    sums: Integers
    """(Q,) read, home cluster, and the most partial sums that it sends there in a step."""


def sent(mapping: Mapping, graph: SpikeGraph, counted: Recount) -> Sent:
    """What a mapping with tiles that exist must send."""
    network, clustering, tile = graph.network, mapping.clustering, mapping.placement.tile
    home = np.concatenate([np.full(network.externals, -1), clustering.home])
    level = np.concatenate([np.zeros(network.externals, np.int64), network.level_of()[network.externals :]])
    levels = int(level.max(initial=0)) + 1
    spoken = ~network.is_bias()[counted.heard_source]
    pairs = distinct_columns(np.stack([counted.heard_source[spoken], counted.heard_cluster[spoken]]))
    source, cluster = pairs
    far = (home[source] < 0) | (tile[home[source]] != tile[cluster])
    source, cluster = source[far], cluster[far]
    entry = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    neuron = clustering.column_neuron
    away = tile[home[neuron]] != tile[entry]
    ends = np.stack([entry * levels + level[neuron], home[neuron]])[:, away]
    (reader, sum_cluster), place = numbered_columns(ends)
    columns = np.bincount(place, minlength=len(reader))
    total = np.bincount(place, mapping.partial_messages[away], len(reader)).astype(np.int64)
    fire_key = np.where(home[source] < 0, -1, home[source] * levels + level[source])
    fires, fire = np.unique(fire_key[fire_key >= 0]), fire_key
    reads = np.unique(reader)
    actor = [f"c{k // levels}/l{k % levels}/fire" for k in fires.tolist()]
    actor += [f"c{k // levels}/l{k % levels}/read" for k in reads.tolist()]
    port = len(actor)
    return Sent(
        actor=(*actor, PORT),
        cluster_of=np.concatenate([fires // levels, reads // levels, [-1]]),
        sender=np.where(fire < 0, port, np.searchsorted(fires, fire)),
        source=source,
        cluster=cluster,
        sum_sender=len(fires) + np.searchsorted(reads, reader),
        sum_cluster=sum_cluster,
        sums=np.minimum(columns, total),
    )


def port_tile(hardware: Hardware) -> int:
    """Tile at which the chip's port enters."""
    x, y = hardware.port
    return y * hardware.mesh_width + x


class LinkTicks(NamedTuple):
    """Ticks from a link to the next and of a flit on a link, on a chip and between chips."""

    hop: int
    flit: int
    border_hop: int
    border_flit: int


def ticks_of_links(mapping: Mapping, hardware: Hardware) -> LinkTicks:
    """Times of links in ticks of the mapping, rounded up: the millionth of a tick too much is noise.

    Of one chip, those between chips are like the others. A flit goes on from chip to chip when it has come as a whole.
    """
    several = hardware.chips.grid != (1, 1)
    keys = ("hop_time", "flit_time", *(("chip_hop_time", "chip_flit_time") if several else ("hop_time", "flit_time")))
    hop, flit, far, between = (int(np.ceil(hardware[key] / mapping.sdfg.tick - 1e-6)) for key in keys)
    return LinkTicks(hop, flit, max(far, between) if several else far, between)


class Steps(NamedTuple):
    """Links of routes, one after the other: the route, the link, and the links between tiles before it."""

    route: Integers
    link: Integers
    depth: Integers
    """All of them."""
    borders: Integers
    """Those from chip to chip among them."""


def chips_of(tile: Integers, hardware: Hardware) -> tuple[Integers, Integers]:
    """Column and row of the grid of chips in which tiles are."""
    across, down = hardware.chips.grid
    wide, high = hardware.mesh_width // across, hardware.mesh_height // down
    return tile % hardware.mesh_width // wide, tile // hardware.mesh_width // high


def leaves_chip(link: Integers, hardware: Hardware) -> npt.NDArray[np.bool_]:
    """Whether links, all of them crossed by somebody, go from chip to chip."""
    width, tiles = hardware.mesh_width, hardware.mesh_width * hardware.mesh_height
    between = link < 4 * tiles
    start = np.where(between, link // 4, 0)
    goal = np.where(between, start + np.array([1, -1, width, -width])[link % 4], 0)
    here, there = chips_of(start, hardware), chips_of(goal, hardware)
    crossed: npt.NDArray[np.bool_] = (here[0] != there[0]) | (here[1] != there[1])
    return crossed


def walked(origin: Integers, goal: Integers, from_port: Integers, hardware: Hardware) -> Steps:
    """Links from tile `origin` (or the port there) to tile `goal`, both (R,), into and out of the network."""
    width, tiles = hardware.mesh_width, hardware.mesh_width * hardware.mesh_height
    along = goal % width - origin % width
    up = goal // width - origin // width
    entry = np.where(from_port, 6 * tiles, 4 * tiles + origin)
    numbers = np.arange(len(origin))
    (x, y), (to_x, to_y) = chips_of(origin, hardware), chips_of(goal, hardware)
    parts = [
        (numbers, entry, np.zeros_like(numbers), np.zeros_like(numbers)),
        (numbers, 5 * tiles + goal, abs(along) + abs(up), abs(to_x - x) + abs(to_y - y)),
    ]
    corner = origin - origin % width + goal % width
    for start, length, stride, ways in ((origin, along, 1, (0, 1)), (corner, up, width, (2, 3))):
        route = np.repeat(numbers, abs(length))
        done = np.arange(len(route)) - np.repeat(np.cumsum(abs(length)) - abs(length), abs(length))
        sign = np.sign(length)[route]
        link = 4 * (start[route] + sign * stride * done) + np.where(sign > 0, *ways)
        before = done if start is origin else done + abs(along)[route]
        at = chips_of(start[route] + sign * stride * done, hardware)
        parts.append((route, link, before, abs(at[0] - x[route]) + abs(at[1] - y[route])))
    return Steps(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def link_flits(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, carried: Sent) -> Flits:
    """Flits of every sender on every link that it uses."""
    tile, port = mapping.placement.tile.astype(np.int64), len(carried.actor) - 1
    origin = np.append(tile[carried.cluster_of[:port]], port_tile(hardware))
    way = walked(origin[carried.sender], tile[carried.cluster], carried.sender == port, hardware)
    crossing = distinct_columns(np.stack([way.link, carried.sender[way.route], carried.source[way.route]]))
    loads: dict[tuple[int, int], int] = defaultdict(int)
    for (link, sender), most in busiest([*crossing[:2]], crossing[2], graph).items():
        loads[link, sender] = most * hardware.spike_flits + hardware.end_of_step
    home = walked(origin[carried.sum_sender], tile[carried.sum_cluster], np.zeros(len(carried.sums), bool), hardware)
    flits = carried.sums * hardware.sum_flits + hardware.end_of_step
    for link, route in zip(home.link.tolist(), home.route.tolist(), strict=True):
        loads[link, int(carried.sum_sender[route])] += int(flits[route])
    return loads


def ending_hops(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> tuple[int, int]:
    """Links between tiles that flits which end a step cross over the window, on chips and between them.

    One per connection, else per sender.
    """
    if not hardware.end_of_step:
        return 0, 0
    table, names = mapping.schedule.slots, mapping.sdfg.name
    if table is None:
        pairs = [name.removeprefix("noc/").rsplit(">c", 1) for name in names if name.startswith("noc/")]
        group = np.unique([sender for sender, _ in pairs], return_inverse=True)[1].reshape(-1)
    else:
        group = np.repeat(np.arange(len(table.producer)), np.diff(table.target_ptr))
        pairs = [[names[table.producer[q]], str(k)] for q, k in zip(group, table.target.tolist(), strict=True)]
    tile, port = mapping.placement.tile.astype(np.int64), port_tile(hardware)
    origin = np.array([port if s == PORT else tile[cluster_of(s)] for s, _ in pairs], np.int64)
    goal = np.array([tile[int(cluster)] for _, cluster in pairs], np.int64)
    way = walked(origin, goal, np.array([s == PORT for s, _ in pairs], bool), hardware)
    crossed = distinct_columns(np.stack([group[way.route], way.link])[:, way.link < 4 * hardware.tiles])
    between = int(leaves_chip(crossed[1], hardware).sum())
    return (int(crossed.shape[1]) - between) * graph.window, between * graph.window
