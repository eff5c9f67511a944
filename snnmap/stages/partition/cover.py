"""Covers in closed form: output windows x channels x planes of inputs, each block one crossbar.

Over a `Grid` a block of a cover is a window of positions, some of the neurons at each (output channels), and some of
the planes that they listen to. Its rows are the distinct sites of the window times the planes, its columns the
positions times the neurons. Planes are alike, so layers of them are tiled independently: the fewer planes, the larger
the window that the rows allow. `tile` finds the cheapest tiling for every number of planes, and a knapsack chooses the
numbers of planes that together are all. A dense layer is the case of one position: blocks of R rows by C columns, and
one rest. There busy inputs may be spread over blocks, for crossbars that are alike, at a price in messages.

Costs are messages and what a crossbar is worth, as everywhere in this package: messages of the sources of a window,
and partial sums of all parts but one. What neighbours in one crossbar save is left to merging and refinement.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I32, I64, offsets, ranges
from snnmap.stages.partition.atoms import Activity, Cuts, Twins
from snnmap.stages.partition.grids import Grid
from snnmap.stages.partition.kernels.state import Limits
from snnmap.stages.partition.kernels.windows import FAR, measure, tile

SAMPLE = 4
"""Positions whose partial sums are counted."""
LARGEST = 2**22
"""Windows of one grid that are measured at most; larger grids are left to growth."""


class Terms(NamedTuple):
    """What a cover has to keep to and is judged by."""

    limits: Limits
    grain: int
    """Neurons of a piece: blocks take whole pieces."""
    may_split: bool
    mixing: float
    """Share of a dense layer's messages that may be added so that its blocks are alike."""


class Layer(NamedTuple):
    """Some planes of a grid, tiled."""

    planes: int
    cost: float
    blocks: float
    """Part of the cost that is crossbars; the rest is as many messages as planes."""
    pieces: int
    """Pieces of every list in one block."""
    label: I64
    """(H, W) window of every position."""


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """Blocks over the lists of one population."""

    lists: Twins
    """Those lists, inputs by part: the busiest planes first, so that those fire at home and quiet ones send sums."""
    cuts: Cuts
    block: I64
    """(atoms,) block of every atom, in the order of `problem`."""


def cover(lists: Twins, found: list[Grid], spikes: I64, active: Activity, terms: Terms) -> Cover | None:
    """Cover of `lists`, which are one population and indexed by the grids `found`; none where a grid has none.

    spikes
        (N,) messages of every source; 0 for biases.
    """
    lists = replace(lists, source=_reordered(lists, found, spikes))
    layers = [_layers(lists, grid, spikes, active, terms) for grid in found]
    if not layers or any(not chosen for chosen in layers):
        return None
    for grid, chosen in zip(found, layers, strict=True):
        if grid.at.size == 1:
            lists = replace(lists, source=_dealt(lists, grid, chosen, active, terms.mixing))
    parts = np.zeros(len(lists), np.int64)
    for grid, chosen in zip(found, layers, strict=True):
        parts[grid.at] = len(chosen)
    part_ptr = offsets(parts)
    end = np.empty(part_ptr[-1], np.int64)
    pieces = -(-np.diff(lists.member_ptr) // terms.grain)
    atom_ptr = offsets(parts * pieces)
    block, blocks = np.empty(atom_ptr[-1], np.int64), 0
    for grid, chosen in zip(found, layers, strict=True):
        own, sites = grid.at.ravel(), np.diff(grid.site_ptr)
        taken = np.minimum(grid.planes, np.cumsum([layer.planes for layer in chosen]))
        for turn, layer in enumerate(chosen):
            end[part_ptr[own] + turn] = lists.ptr[own] + grid.common + taken[turn] * sites
            group = np.arange(pieces[own[0]]) // layer.pieces
            atom = atom_ptr[own][:, None] + np.arange(len(group)) * len(chosen) + turn
            block[atom] = blocks + layer.label.reshape(-1, 1) * (group[-1] + 1) + group
            blocks += int(group[-1] + 1) * (int(layer.label.max()) + 1)
    cuts = Cuts(part_ptr, end)
    return Cover(replace(lists, source=_ascending(lists.source, end)), cuts, block)


def _values(lists: Twins, grid: Grid, values: I64) -> I64:
    """`values` (N,) by plane and site (planes, area)."""
    if grid.area == 1:
        return values[lists.source[lists.ptr[grid.at[0, 0]] :][: grid.planes]][:, None]
    return values[grid.first :][: grid.planes * grid.area].reshape(grid.planes, grid.area)


def _reordered(lists: Twins, found: list[Grid], steps: I64) -> I32:
    """Inputs of every list: those besides its planes, then its planes, busiest first."""
    source = lists.source.copy()
    for grid in found:
        order = np.argsort(-_values(lists, grid, steps).sum(axis=1), kind="stable")
        own, sites = grid.at.ravel(), np.diff(grid.site_ptr)
        for count in np.unique(sites).tolist():
            ptr = lists.ptr[own[sites == count]][:, None]
            planes = grid.before + (order[:, None] * count + np.arange(count)).ravel()
            others = np.arange(lists.fan_in[own[sites == count][0]])
            others = others[(others < grid.before) | (others >= grid.before + count * grid.planes)]
            taken = np.concatenate([others, planes])
            source[ptr + np.arange(len(taken))] = lists.source[ptr + taken]
    return source


def _dealt(lists: Twins, grid: Grid, chosen: list[Layer], active: Activity, mixing: float) -> I32:
    """Inputs, those of the busiest full blocks of a dense layer dealt out among these: as many as `mixing` pays for.

    Block after block of the busiest inputs sends least; dealt, no block is much hotter or longer to read than another.
    """
    first, block = int(lists.ptr[grid.at[0, 0]]) + grid.common, chosen[0].planes
    planes = lists.source[first : first + grid.planes]
    full = grid.planes // block if all(layer.planes == block for layer in chosen) else 1
    heard = (chosen[0].cost - chosen[0].blocks) * grid.planes / block

    def messages(order: I32) -> float:
        starts = np.arange(block, full * block, block)
        return heard + grid.members * float(np.sum(active(order, starts, np.full(full - 1, block))))

    most = (1 + mixing) * messages(planes) if full > 1 else 0.0
    for blocks in range(full, 1, -1):
        turns = [planes[turn : blocks * block : blocks] for turn in range(blocks)]
        dealt = np.concatenate([*turns, planes[blocks * block :]])
        if messages(dealt) <= most:
            return np.concatenate([lists.source[:first], dealt, lists.source[first + grid.planes :]])
    return lists.source


def _layers(lists: Twins, grid: Grid, spikes: I64, active: Activity, terms: Terms) -> list[Layer]:
    """Layers that together are all planes of `grid`, for the least cost; empty if there are none."""
    if grid.planes == 0 or min(terms.limits.rows, terms.limits.synapses) <= grid.common:
        return []
    weight = _values(lists, grid, spikes).sum(axis=0)
    best: dict[int, Layer] = {}
    for pieces in _blocks(-(-grid.members // terms.grain)):
        for layer in _tilings(grid, weight, terms, pieces):
            if layer.planes not in best or layer.cost < best[layer.planes].cost:
                best[layer.planes] = layer
    options = [best[planes] for planes in sorted(best)]
    return _chosen(options, grid.planes, Sums(lists, grid, active), may_split=terms.may_split)


class Sums:
    """Partial sums of a range of planes, from a few positions of a grid."""

    def __init__(self, lists: Twins, grid: Grid, active: Activity) -> None:
        own = grid.at.ravel()[:: -(-grid.at.size // SAMPLE)]
        self._lists, self._grid, self._active = lists, grid, active
        self._start = lists.ptr[own] + grid.common
        self._sites = (lists.fan_in[own] - grid.common) // grid.planes

    def __call__(self, first: int, planes: int) -> float:
        """Sums that all neurons send for the planes from `first`."""
        grid, length = self._grid, min(planes, self._grid.planes - first) * self._sites
        source = self._lists.source[ranges(self._start + first * self._sites, length)]
        return grid.members * grid.at.size * float(np.mean(self._active(source, offsets(length)[:-1], length)))


def _tilings(grid: Grid, weight: I64, terms: Terms, pieces: int) -> Iterator[Layer]:
    """Tilings in blocks of so many pieces, along both axes, for every useful number of planes."""
    channels = min(grid.members, pieces * terms.grain)
    groups = -(-grid.members // channels)
    rows, columns = min(terms.limits.rows, terms.limits.synapses) - grid.common, terms.limits.columns // channels
    fan_in = int(np.diff(grid.site_ptr).max())
    if columns == 0:
        return
    place = np.arange(grid.at.size).reshape(grid.at.shape)
    for turned in (False, True) if min(place.shape) > 1 else (False,):
        at = np.ascontiguousarray(place.T) if turned else place
        tall, wide = _reach(at.shape[0], at.shape[1], columns)
        size, load = measure(at, grid.site_ptr, grid.site, weight, rows, columns, tall, wide)
        most = np.minimum(grid.planes, rows // np.unique(size[size < FAR]))
        even = -(-grid.planes // -(-grid.planes // most)) if place.size > 1 else most  # a dense layer leaves one rest
        for planes in np.unique([most, even]).tolist():
            positions = min(columns, terms.limits.synapses // (channels * (planes * fan_in + grid.common)))
            label = np.zeros(at.shape, np.int64)
            share = groups * planes / grid.planes
            cost = tile(size, load, rows // planes, positions, share, float(groups * terms.limits.crossbar), label)
            if cost < FAR:
                blocks = float(groups * terms.limits.crossbar * (int(label.max()) + 1))
                yield Layer(planes, cost, blocks, pieces, label.T if turned else label)


def _reach(height: int, width: int, columns: int) -> tuple[int, int]:
    """Largest sides of windows that are looked at."""
    tall, wide = min(height, columns), min(width, columns)
    while height * width * tall * wide > LARGEST and tall * wide > 1:
        tall, wide = (-(-tall // 2), wide) if tall > wide else (tall, -(-wide // 2))
    return tall, wide


def _chosen(options: list[Layer], planes: int, sums: Sums, *, may_split: bool) -> list[Layer]:
    """Layers of `planes` in all, the last perhaps cut off, for the least cost; the first sends no sums."""
    best = np.full(planes + 1, np.inf)
    chosen = np.full(planes + 1, -1, np.int64)
    came = np.zeros(planes + 1, np.int64)
    best[0] = 0.0
    for first in range(planes):
        for turn, layer in enumerate(options if np.isfinite(best[first]) else ()):
            last = min(planes, first + layer.planes)
            if last < planes and not may_split:
                continue
            cost = best[first] + layer.cost + (sums(first, layer.planes) if first else 0.0)
            if cost < best[last]:
                best[last], chosen[last], came[last] = cost, turn, first
    found: list[Layer] = []
    while planes > 0 and chosen[planes] >= 0:
        found.append(options[chosen[planes]])
        planes = int(came[planes])
    return found[::-1]


def _blocks(pieces: int) -> list[int]:
    """Sizes of blocks of channels, in pieces: all in one, in two, three and four, then by halves."""
    counts = {1, 2, 3, 4, *(2**k for k in range(3, 1 + pieces.bit_length()))}
    return sorted({-(-pieces // count) for count in counts}, reverse=True)


def _ascending(source: I32, end: I64) -> I32:
    """`source` with the inputs of every part in order."""
    part = np.repeat(np.arange(len(end)), np.diff(end, prepend=0))
    return source[np.lexsort((source, part))]
