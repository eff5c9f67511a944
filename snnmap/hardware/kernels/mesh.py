"""Routes on a mesh, along x in the sender's row and then along y, and the multicast trees that they add up to.

`last_link` is the only definition of a route; `branch` walks it, and every link load comes from there. `hops_of` counts
the links of a tree without walking it: placers do that in their innermost loop, and there it takes a step per target
instead of one per link. A test holds the two to the same number on random trees.

Tile t is at (t mod width, t div width); the link out of t in direction d is number 4 t + d. Raw arrays only.
"""

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit

DIRECTIONS = 4
EAST, WEST, NORTH, SOUTH = 0, 1, 2, 3
"""x + 1, x - 1, y + 1, y - 1."""


@njit
def last_link(origin: int, tile: int, width: int) -> tuple[int, int]:
    """Last link of the route from `origin` to `tile` (another one), and the tile that it comes from."""
    row = origin - origin % width
    if tile < row:
        before, direction = tile + width, SOUTH
    elif tile >= row + width:
        before, direction = tile - width, NORTH
    elif tile > origin:
        before, direction = tile - 1, EAST
    else:
        before, direction = tile + 1, WEST
    return DIRECTIONS * before + direction, before


@njit
def branch(origin: int, goal: int, width: int, stamp: I64, tree: int, link: I64, count: int) -> int:
    """Add the route to `goal` to a tree from `origin` with links `link[:count]`; returns the new count.

    The route is walked back until a link that has the `stamp` (links between tiles,) of this `tree`: routes from one
    origin never part and meet again, so all links before it are in the tree already.
    """
    tile = goal
    while tile != origin:
        at, tile = last_link(origin, tile, width)
        if stamp[at] == tree:
            break
        stamp[at] = tree
        link[count] = at
        count += 1
    return count


@njit
def tree_links(ptr: I64, goal: I64, origin: I64, entry: I64, width: int, tiles: int, fill: bool, link: I64) -> I64:
    """Links of each of G trees with those into and out of the network: offsets (G + 1,), and with `fill` all in `link`.

    Tree g enters at tile `origin[g]` over link `entry[g]` and leaves at the tiles `goal[ptr[g]:ptr[g + 1]]`, if any.
    Without `fill`, `link` is scratch for the links of one tree. Links are numbered as in `hardware.topology`.
    """
    out = np.zeros(len(ptr), np.int64)
    links, exits = (DIRECTIONS + 2) * tiles + 1, (DIRECTIONS + 1) * tiles
    stamp = np.full(links, -1, np.int64)
    for g in range(len(ptr) - 1):
        first = out[g] if fill else 0
        count = first
        if ptr[g] < ptr[g + 1]:
            link[count] = entry[g]
            count += 1
        for k in range(ptr[g], ptr[g + 1]):
            count = branch(origin[g], goal[k], width, stamp, g, link, count)
            leaving = exits + goal[k]
            if stamp[leaving] != g:
                stamp[leaving] = g
                link[count] = leaving
                count += 1
        out[g + 1] = out[g] + count - first
    return out


@njit
def hops_of(origin: tuple[int, int], first: int, last: int, target: I32, x: I32, y: I32, reach: I64) -> int:
    """Links of the tree from `origin` to the clusters `target[first:last]` at mesh positions `x`, `y` (K,).

    The tree is one run to either side plus, per mesh column, one run up and one down; `reach` (2, width) holds how far
    these go. It is zero between calls, so that a call takes time for its own targets only.
    """
    x0, y0 = origin
    east = 0
    west = 0
    hops = 0
    for k in range(first, last):
        cluster = target[k]
        dx = x[cluster] - x0
        dy = y[cluster] - y0
        east = max(east, dx)
        west = max(west, -dx)
        side = 0 if dy > 0 else 1
        further = abs(dy) - reach[side, x[cluster]]
        if further > 0:
            reach[side, x[cluster]] += further
            hops += further
    for k in range(first, last):
        column = x[target[k]]
        reach[0, column] = 0
        reach[1, column] = 0
    return hops + east + west
