"""Two layers in one crossbar: a convolution fills columns and a pool after it rows, and the pool hears its neighbours.

A layer with many neurons of few inputs leaves rows empty, a pool of disjoint fields leaves columns empty. Taken
together, region by region, both fill up, and what the pool hears need not travel. An order of both layers' atoms says
how: regions of the pool, within them blocks of channels, within those both layers in proportion; crossbars are filled
in that order, and whoever calls keeps the cheapest.
"""

from collections.abc import Iterator

import numpy as np

from snnmap.core.arrays import I64, Bool
from snnmap.ir import Network
from snnmap.stages.partition.grids import Grid
from snnmap.stages.partition.kernels.state import Problem

REGIONS = ((1, 1), (1, 2), (2, 2), (1, 4), (2, 4))
"""Sides of regions, in positions of the second layer, that are tried both ways round."""


def pairs(network: Network, found: dict[int, list[Grid]], longest: dict[int, int], rows: int) -> list[tuple[int, int]]:
    """Populations, (first, second), of which the second hears but the first, one plane each; neither needs cutting.

    found, longest
        Grids and largest fan-in by population.
    """
    chosen: list[tuple[int, int]] = []
    ends = np.array([p.stop for p in network.populations])
    for second, listeners in found.items():
        if not listeners or any(grid.planes > 1 for grid in listeners) or listeners[0].at.size == 1:
            continue
        first = int(np.searchsorted(ends, listeners[0].first, side="right"))
        taken = any(first in pair for pair in chosen)
        if found.get(first) and not taken and max(longest[first], longest[second]) <= rows:
            chosen.append((first, second))
    return chosen


def orders(
    network: Network, pair: tuple[int, int], shapes: tuple[tuple[int, int], ...], atoms: Problem
) -> Iterator[I64]:
    """Orders of the uncut atoms of both populations.

    shapes
        (H, W) of either population's positions.
    """
    lead = atoms.member[atoms.member_ptr[:-1]]
    late = lead >= network.populations[pair[1]].first
    place = np.empty((3, len(lead)), np.int64)  # channel, y, x
    sizes = [_shape(network, p, shape) for p, shape in zip(pair, shapes, strict=True)]
    for p, size, own in zip(pair, sizes, (~late, late), strict=True):
        place[:, own] = np.unravel_index(lead[own] - network.populations[p].first, size)
    common = place.copy()
    for axis in range(3):
        common[axis, ~late] = place[axis, ~late] * sizes[1][axis] // sizes[0][axis]
    channels = sizes[1][0]
    blocks = sorted({max(1, -(-channels // parts)) for parts in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)})
    for tall, wide in sorted({side for r in REGIONS for side in (r, r[::-1])}):
        if tall > sizes[1][1] or wide > sizes[1][2]:
            continue
        y, x = common[1] // tall, common[2] // wide
        snake = np.where(y % 2 == 1, -x, x)
        for block in blocks:
            yield _interleaved((common[0] // block, snake, y), place, late)


def _shape(network: Network, population: int, positions: tuple[int, int]) -> tuple[int, int, int]:
    height, width = positions
    return network.populations[population].size // (height * width), height, width


def _interleaved(region: tuple[I64, I64, I64], place: I64, late: Bool) -> I64:
    """Atoms by region, in each of them the atoms of both layers in proportion, channel by channel."""
    order = np.lexsort((place[0], place[2], place[1], late, *region))
    fresh = np.any([np.diff(key[order], prepend=-1) != 0 for key in (*region, late)], axis=0)
    start = np.flatnonzero(fresh)
    length = np.diff(np.append(start, len(order)))
    turn = np.empty(len(order))
    turn[order] = (np.arange(len(order)) - np.repeat(start, length) + 0.5) / np.repeat(length, length)
    return np.lexsort((late, turn, *region))
