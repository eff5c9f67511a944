"""Loops over XY multicast trees on a mesh: hops and link loads; raw arrays only.

Because a message runs along x in the sender's row and then along y, its tree is one horizontal run to either side plus,
per mesh column, one vertical run up and one down. `reach` (2, width) holds how far these vertical runs go; it is all
zero between groups, so that a group costs only its own targets.
"""

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit


@njit
def hops_of(origin: tuple[int, int], first: int, last: int, target: I32, x: I32, y: I32, reach: I64) -> int:
    """Links of the tree from `origin` to the clusters `target[first:last]` at mesh positions `x`, `y` (K,)."""
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


@njit
def group_hops(
    sender: I32, target_ptr: I64, target: I32, x: I32, y: I32, port: tuple[int, int], reach: I64, hops: I64
) -> None:
    """Fill `hops` (G,) with the tree size of every group; sender -1 sits at `port`."""
    for group in range(len(hops)):
        cluster = sender[group]
        origin = port if cluster < 0 else (x[cluster], y[cluster])
        hops[group] = hops_of(origin, target_ptr[group], target_ptr[group + 1], target, x, y, reach)


@njit
def group_links(
    sender: I32,
    target_ptr: I64,
    target: I32,
    x: I32,
    y: I32,
    port: tuple[int, int],
    messages: I64,
    reach: I64,
    loads: I64,
) -> None:
    """Add every group's messages to `loads` (height, width, 4), the links out of a tile: x + 1, x - 1, y + 1, y - 1."""
    for group in range(len(messages)):
        cluster = sender[group]
        x0, y0 = port if cluster < 0 else (x[cluster], y[cluster])
        east = 0
        west = 0
        for k in range(target_ptr[group], target_ptr[group + 1]):
            column = x[target[k]]
            dy = y[target[k]] - y0
            east = max(east, column - x0)
            west = max(west, x0 - column)
            side = 0 if dy > 0 else 1
            reach[side, column] = max(reach[side, column], abs(dy))
        for step in range(east):
            loads[y0, x0 + step, 0] += messages[group]
        for step in range(west):
            loads[y0, x0 - step, 1] += messages[group]
        for k in range(target_ptr[group], target_ptr[group + 1]):
            column = x[target[k]]
            for step in range(reach[0, column]):
                loads[y0 + step, column, 2] += messages[group]
            for step in range(reach[1, column]):
                loads[y0 - step, column, 3] += messages[group]
            reach[0, column] = 0
            reach[1, column] = 0
