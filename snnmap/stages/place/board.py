"""From records to the arrays that the placement kernels read, and back; checks what a search could not survive."""

from typing import Any

import numpy as np

from snnmap.core.arrays import I32, I64, frozen, offsets, ranges, row_of_entry, transpose_csr
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Placement, Traffic
from snnmap.stages.place.kernels.records import Board, State
from snnmap.stages.protocols import LIMIT, Term


def board_of(
    traffic: Traffic,
    clusters: int,
    hardware: Hardware,
    terms: tuple[Term, ...],
    start: Placement | None = None,
    border: int = 1,
) -> Board:
    """Placement problem of `clusters` on a sized mesh; silent groups are left out, a link between chips is `border`.

    A tile is shared by no more clusters than the number of tiles (or `start`) makes necessary, even if the hardware
    allows more, because each change of clusters on a tile programs its crossbar anew.

    Raises
    ------
    InputError
        If the traffic or a term does not match the clusters and tiles, or the cost could leave int64.
    """
    named = max(traffic.target.max(initial=-1), traffic.sender.max(initial=-1))
    if named >= clusters:
        raise InputError(f"the traffic names cluster {named}, there are {clusters}")
    spoken = np.flatnonzero(traffic.messages)
    sizes = np.diff(traffic.target_ptr)[spoken]
    target = traffic.target[ranges(traffic.target_ptr[spoken], sizes)]
    sender = traffic.sender[spoken]
    group, cluster = row_of_entry(offsets(sizes)), target.astype(np.int64)
    sent = np.flatnonzero(sender >= 0)
    pin_group = np.concatenate([sent, group])
    touch_ptr, _, entry = transpose_csr(
        offsets(np.ones(len(pin_group))), np.concatenate([sender[sent], cluster]), clusters
    )
    mesh = hardware.topology
    flow, distance, preference = _terms(terms, clusters, mesh.tiles)
    board = Board(
        sender=frozen(sender, np.int32),
        target_ptr=frozen(offsets(sizes), np.int64),
        target=frozen(target, np.int32),
        messages=traffic.messages[spoken],
        touch_ptr=touch_ptr,
        touch=pin_group[entry].astype(np.int32),
        **_positions(hardware, border),
        per_tile=max(1, -(-clusters // hardware.tiles), 0 if start is None else _most_shared(start)),
        flow=flow,
        distance=distance,
        preference=preference,
    )
    _must_be_countable(board, mesh.tiles * (border if hardware.chips.several else 1), terms)
    return board


def _must_be_countable(board: Board, longest: int, terms: tuple[Term, ...]) -> None:
    """Refuse what integers could not count, if no tree is longer than `longest`."""
    if float(board.messages.sum(dtype=np.float64)) * longest + sum(term.largest for term in terms) >= LIMIT:
        raise InputError(
            "the placement cost would leave 64-bit integers: profile fewer frames, or scale the terms down"
        )


def _positions(hardware: Hardware, border: int) -> dict[str, Any]:
    """Where tiles and the port are, on the mesh and in a cost, by field of `Board`."""
    mesh, port = hardware.topology, hardware.port_tile
    x, y = mesh.xy(np.arange(mesh.tiles, dtype=np.int32))
    far_x, far_y = (along.astype(np.int32) for along in mesh.stretched(border))
    return {
        "x": x,
        "y": y,
        "tile": mesh.tile(np.arange(mesh.width), np.arange(mesh.height)[:, np.newaxis]),
        "far_x": far_x,
        "far_y": far_y,
        "port": hardware.port,
        "far_port": (int(far_x[port]), int(far_y[port])),
    }


def _terms(terms: tuple[Term, ...], clusters: int, tiles: int) -> tuple[I64, I64, I64]:
    """Pairwise terms stacked, linear ones added up."""
    for term in terms:
        if term.flow.size and (len(term.flow) != clusters or len(term.distance) != tiles):
            raise InputError(
                f"a placement term is for {len(term.flow)} clusters on {len(term.distance)} tiles; "
                f"there are {clusters} clusters and {tiles} tiles"
            )
        if term.preference.size and term.preference.shape != (clusters, tiles):
            raise InputError(f"a preference has shape {term.preference.shape}; ({clusters}, {tiles}) is needed")
    pairs = [term for term in terms if term.flow.size]
    flow = np.stack([term.flow for term in pairs]) if pairs else np.zeros((0, 0, 0), np.int64)
    distance = np.stack([term.distance for term in pairs]) if pairs else np.zeros((0, 0, 0), np.int64)
    preference = np.zeros((0, 0), np.int64)
    for term in terms:
        if term.preference.size:
            preference = term.preference + (preference if preference.size else 0)
    return flow, distance, preference


def state_of(board: Board, slots: I64) -> tuple[State, int]:
    """Search state with cluster k in `slots[k]`, and its cost."""
    from snnmap.stages.place.kernels.swaps import arrange

    clusters, groups = len(slots), len(board.sender)
    state = State(
        occupant=np.zeros(len(board.x) * board.per_tile, np.int32),
        slot=np.zeros(clusters, np.int32),
        tile=np.zeros(clusters, np.int32),
        x=np.zeros(clusters, np.int32),
        y=np.zeros(clusters, np.int32),
        hops=np.zeros(groups, np.int64),
        trial=np.zeros(groups, np.int64),
        stamp=np.zeros(groups, np.int64),
        reach=np.zeros((2, int(board.far_x.max(initial=0)) + 1), np.int64),
        moves=np.zeros(1, np.int64),
    )
    return state, arrange(board, state, slots)


def slots_of(start: Placement, board: Board) -> I64:
    """Slots of a placement that `check_start` let pass: clusters of one tile in ascending order."""
    tile = start.tile.astype(np.int64)
    order = np.argsort(tile, kind="stable")
    first = np.searchsorted(tile[order], tile[order], side="left")
    slots = np.empty(len(tile), np.int64)
    slots[order] = tile[order] * board.per_tile + np.arange(len(tile)) - first
    return slots


def check_start(start: Placement, clusters: int, hardware: Hardware) -> None:
    """Refuse a start that is not a legal placement of `clusters` on this chip.

    Raises
    ------
    InputError
        If it has another number of clusters, names a missing tile or shares a tile too often.
    """
    tile = start.tile
    if len(tile) != clusters:
        raise InputError(f"the start places {len(tile)} clusters; there are {clusters}")
    if clusters and (tile.min() < 0 or tile.max() >= hardware.tiles):
        raise InputError(f"the start uses tiles {tile.min()} to {tile.max()}; there are {hardware.tiles}")
    if _most_shared(start) > hardware.clusters_per_tile:
        raise InputError(
            f"the start puts {_most_shared(start)} clusters on one tile; at most {hardware.clusters_per_tile} fit"
        )


def _most_shared(start: Placement) -> int:
    return int(np.bincount(start.tile).max(initial=0))


def grown(board: Board, clusters: int) -> I64:
    """Constructive start: slots (K,) grown around the port, heaviest messages first; ignores terms and draws nothing.

    Multicast trees are taken as one message per target; the search that follows counts them as they are.
    """
    from snnmap.stages.place.kernels.swaps import grow

    sizes = np.diff(board.target_ptr)
    sender = np.repeat(board.sender.astype(np.int64), sizes)
    messages = np.repeat(board.messages, sizes)
    outside = sender < 0
    from_port = np.zeros(clusters, np.int64)
    np.add.at(from_port, board.target[outside], messages[outside])
    a, b = sender[~outside], board.target[~outside].astype(np.int64)
    key = np.concatenate([a * clusters + b, b * clusters + a])
    pairs, inverse = np.unique(key, return_inverse=True)
    weight = np.zeros(len(pairs), np.int64)
    np.add.at(weight, inverse, np.tile(messages[~outside], 2))
    ptr = offsets(np.bincount(pairs // max(clusters, 1), minlength=clusters))
    neighbour: I32 = (pairs % max(clusters, 1)).astype(np.int32)
    slots = grow(ptr, neighbour, weight, from_port, board.far_x, board.far_y, board.far_port, board.per_tile)
    return slots.astype(np.int64)
