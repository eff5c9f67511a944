"""Arrays that the placement kernels read and write, bundled; importing them compiles nothing."""

from typing import NamedTuple

from snnmap.core.arrays import I32, I64


class Board(NamedTuple):
    """What a placement costs: groups of messages, mesh and terms. Never written."""

    sender: I32
    target_ptr: I64
    target: I32
    messages: I64
    touch_ptr: I64
    """(K + 1,) first entry of every cluster in `touch`."""
    touch: I32
    """Groups that a cluster sends or receives."""
    x: I32
    """(T,) mesh column of every tile."""
    y: I32
    """(T,)"""
    tile: I64
    """(height, width) tile at every position."""
    far_x: I32
    far_y: I32
    """(T,) where every tile is in a cost: a link between chips is as long as several on a chip (`Mesh.stretched`)."""
    port: tuple[int, int]
    far_port: tuple[int, int]
    """Of the port the position on the mesh, and in a cost."""
    per_tile: int
    flow: I64
    """(M, K, K) of the pairwise terms; M may be 0."""
    distance: I64
    """(M, T, T)"""
    preference: I64
    """(K, T), or (0, 0)."""


class State(NamedTuple):
    """A placement and its bookkeeping, written by every move."""

    occupant: I32
    """(slots,) cluster, or -1."""
    slot: I32
    """(K,) slot of every cluster."""
    tile: I32
    """(K,)"""
    x: I32
    """(K,) position of every cluster in a cost."""
    y: I32
    hops: I64
    """(G,) tree size of every group."""
    trial: I64
    """(G,) tree size after the move last evaluated, valid where `stamp` equals that move's number."""
    stamp: I64
    """(G,)"""
    reach: I64
    """(2, columns in a cost) scratch of `hops_of`, zero between calls."""
    moves: I64
    """(1,) number of moves evaluated."""
