"""Covers in closed form: output windows x channels x planes of inputs, each block one crossbar.

Over a `Grid` a block of a cover is a window of positions, some of the neurons at each (output channels), and some of
the planes that they listen to. Its rows are the distinct sites of the window times the planes, its columns the
positions times the neurons. Planes are alike, so layers of them are tiled independently: the fewer planes, the larger
the window that the rows allow. A window takes the planes of its layer in one block, or in several one after another,
each as deep as its rows allow: windows at a border, which hear fewer sites, then need fewer. `tile` finds the cheapest
tiling for every number of planes, and a knapsack chooses the numbers that together are all. A dense layer is the case
of one position: blocks of R rows by C columns, and one rest. There busy inputs may be spread over blocks, for
crossbars that are alike, at a price in messages.

Costs are messages and what a crossbar is worth, as everywhere in this package: messages of the sources of a window,
and partial sums of all parts but one. What neighbours in one crossbar save is left to merging and refinement.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I32, I64, offsets, ranges
from snnmap.stages.partition.atoms import Activity, Cuts, Twins
from snnmap.stages.partition.grids import Grid
from snnmap.stages.partition.kernels.state import Limits
from snnmap.stages.partition.kernels.windows import FAR, measure, tile

SAMPLE = 8
"""Positions along either axis whose partial sums are counted."""
DEARER = 2.5
HARDLY = 0.02
"""A cover that is the cheapest where a crossbar costs `DEARER` times as much is taken, for the sake of fewer
crossbars, if it costs at most so much more."""
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
    depth: I64
    """(H, W) planes that a block takes of the window there: as many as its rows allow, one block after another."""

    @property
    def parts(self) -> I64:
        """(H, W) blocks, one after another, of the window there."""
        return -(-self.planes // self.depth)


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
        parts[grid.at] = sum(layer.parts for layer in chosen)
    part_ptr = offsets(parts)
    end = np.empty(part_ptr[-1], np.int64)
    pieces = -(-np.diff(lists.member_ptr) // terms.grain)
    atom_ptr = offsets(parts * pieces)
    block, blocks = np.empty(atom_ptr[-1], np.int64), 0
    for grid, chosen in zip(found, layers, strict=True):
        own, sites = grid.at.ravel(), np.diff(grid.site_ptr)
        first, done = 0, np.zeros(len(own), np.int64)
        for layer in chosen:
            group, label = np.arange(pieces[own[0]]) // layer.pieces, layer.label.ravel()
            count, depth = layer.parts.ravel(), layer.depth.ravel()
            number = offsets(count[np.unique(label, return_index=True)[1]])
            place, turn = np.repeat(np.arange(len(own)), count), ranges(np.zeros(len(own), np.int64), count)
            part = done[place] + turn
            taken = first + np.minimum(layer.planes, (turn + 1) * depth[place])
            end[part_ptr[own][place] + part] = lists.ptr[own][place] + grid.common + taken * sites[place]
            atom = (atom_ptr[own][place] + part)[:, None] + np.arange(len(group)) * parts[own][place][:, None]
            block[atom] = blocks + (number[label[place]] + turn)[:, None] * (group[-1] + 1) + group
            blocks += int(group[-1] + 1) * int(number[-1])
            first, done = first + layer.planes, done + count
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
    full = grid.planes // block if all(layer.planes == block for layer in chosen[:-1]) else 1
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
    sums = Sums(lists, grid, active)
    best: dict[int, tuple[float, Layer]] = {}
    for pieces in _blocks(-(-grid.members // terms.grain)):
        for layer in _tilings(grid, weight, sums, terms, pieces):
            total = layer.cost + sums(0, layer)
            if layer.planes not in best or total < best[layer.planes][0]:
                best[layer.planes] = total, layer
    options = [best[planes][1] for planes in sorted(best)]
    return cheapest_layers(options, grid.planes, sums, may_split=terms.may_split)


class Sums:
    """Partial sums of a range of planes by position: counted on a lattice of positions, elsewhere as at the nearest."""

    def __init__(self, lists: Twins, grid: Grid, active: Activity) -> None:
        counts = [min(side, SAMPLE) for side in grid.at.shape]
        y, x = ((2 * np.arange(n) + 1) * side // (2 * n) for n, side in zip(counts, grid.at.shape, strict=True))
        own = grid.at[y[:, None], x].ravel()
        near = [np.arange(side) * n // side for n, side in zip(counts, grid.at.shape, strict=True)]
        self._near = near[0][:, None] * counts[1] + near[1]
        self._lists, self._grid, self._active = lists, grid, active
        self._known: dict[tuple[int, int], F64] = {}
        self._start = lists.ptr[own] + grid.common
        self._sites = (lists.fan_in[own] - grid.common) // grid.planes

    def of(self, first: int, planes: int, depth: int) -> F64:
        """What all neurons of every position (H, W) send for the planes from `first`, `depth` to a block.

        Nothing for the first block of all.
        """
        starts = range(first or depth, first + planes, depth)
        sent = sum((self._sent(s, min(depth, first + planes - s)) for s in starts), np.zeros(len(self._start)))
        found: F64 = self._grid.members * sent[self._near]
        return found

    def _sent(self, first: int, planes: int) -> F64:
        """Sums that a neuron of each position of the lattice sends for one block of the planes from `first`."""
        if (first, planes) not in self._known:
            length = planes * self._sites
            source = self._lists.source[ranges(self._start + first * self._sites, length)]
            self._known[first, planes] = self._active(source, offsets(length)[:-1], length).astype(np.float64)
        return self._known[first, planes]

    def __call__(self, first: int, layer: Layer) -> float:
        """Sums that all neurons send for a layer of the planes from `first`."""
        planes = min(layer.planes, self._grid.planes - first)
        depths = np.unique(layer.depth).tolist()
        return float(sum(np.sum(self.of(first, planes, depth), where=layer.depth == depth) for depth in depths))


def _tilings(grid: Grid, weight: I64, sums: Sums, terms: Terms, pieces: int) -> Iterator[Layer]:
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
        size, load = measure(at, grid.site_ptr, grid.site, weight, rows, columns, *_reach(at.shape, columns))
        sites, met = np.unique(size[size < FAR]), np.maximum(1, np.arange(rows + 1))
        for planes in _useful(sites, rows, grid):
            depth = np.minimum(planes, rows // met)
            parts = -(-planes // depth)
            price = groups * terms.limits.crossbar * parts.astype(np.float64)
            reach = np.minimum(
                columns, terms.limits.synapses // (channels * (depth * np.minimum(fan_in, met) + grid.common))
            )
            cost = np.where((parts > 1) & (not terms.may_split), float(FAR), price)
            known, kind = np.unique(depth, return_inverse=True)
            sent = np.zeros((len(known), at.shape[0] + 1, at.shape[1] + 1))
            for k in np.unique(kind[sites]).tolist():
                sums_of = sums.of(0, planes, int(known[k]))
                sent[k, 1:, 1:] = (sums_of.T if turned else sums_of).cumsum(0).cumsum(1)
            label = np.zeros(at.shape, np.int64)
            total = tile(size, load, groups * planes / grid.planes, cost, reach, kind, sent, label)
            if total < FAR:
                own = _sites(label, size)
                blocks = float(np.sum(price[own[np.unique(label, return_index=True)[1]]]))
                layer = Layer(planes, total, blocks, pieces, label, depth[own].reshape(at.shape))
                if turned:
                    layer = layer._replace(label=label.T, depth=layer.depth.T)
                yield layer._replace(cost=total - sums(0, layer))


def _useful(sites: I64, rows: int, grid: Grid) -> list[int]:
    """Numbers of planes: what rows hold of windows of so many sites, as many with which parts are even, and all."""
    most = np.unique(np.minimum(grid.planes, rows // sites))
    if grid.at.size == 1:  # a dense layer leaves one rest
        return [int(planes) for planes in most]
    even = -(-grid.planes // -(-grid.planes // most))
    return [int(planes) for planes in np.unique([*most, *even, grid.planes])]


def _sites(label: I64, size: I64) -> I64:
    """Sites of the window of every position (H W,), from those of all windows."""
    y, x = np.divmod(np.arange(label.size), label.shape[1])
    number = label.ravel()
    first = np.unique(number, return_index=True)[1]
    last = label.size - 1 - np.unique(number[::-1], return_index=True)[1]
    top, left = y[first], x[first]
    met: I64 = size[top, y[last] - top, left, x[last] - left]
    return met[number]


def _reach(shape: tuple[int, ...], columns: int) -> tuple[int, int]:
    """Largest sides of windows that are looked at."""
    height, width = shape
    tall, wide = min(height, columns), min(width, columns)
    while height * width * tall * wide > LARGEST and tall * wide > 1:
        tall, wide = (-(-tall // 2), wide) if tall > wide else (tall, -(-wide // 2))
    return tall, wide


def cheapest_layers(options: list[Layer], planes: int, sums: Sums, *, may_split: bool) -> list[Layer]:
    """Layers of `planes` in all, the last perhaps cut off, for the least cost; empty if there are none.

    Of these and of those that are cheapest where a crossbar costs more, the latter if they cost hardly more.
    """
    known: dict[tuple[int, int], float] = {}

    def cost(first: int, turn: int) -> float:
        if (first, turn) not in known:
            known[first, turn] = options[turn].cost + sums(first, options[turn])
        return known[first, turn]

    def cheapest(extra: float) -> tuple[float, list[Layer]]:
        best, chosen = np.full(planes + 1, np.inf), np.full((planes + 1, 2), -1, np.int64)
        best[0] = 0.0
        for first in range(planes):
            for turn, layer in enumerate(options if np.isfinite(best[first]) else ()):
                last = min(planes, first + layer.planes)
                if last < planes and not may_split:
                    continue
                total = best[first] + cost(first, turn) + extra * layer.blocks
                if total < best[last]:
                    best[last], chosen[last] = total, (first, turn)
        last, total, found = planes, 0.0, list[Layer]()
        while last > 0 and chosen[last, 0] >= 0:
            first, turn = chosen[last].tolist()
            found.append(options[turn]._replace(planes=last - first))
            last, total = first, total + cost(first, turn)
        return total, found[::-1]

    (least, cheap), (total, few) = cheapest(0.0), cheapest(DEARER - 1)
    blocks, fewer = (sum(layer.blocks for layer in found) for found in (cheap, few))
    return few if fewer < blocks and total <= (1 + HARDLY) * least else cheap


def _blocks(pieces: int) -> list[int]:
    """Sizes of blocks of channels, in pieces: all in one, in two, three and four, then by halves."""
    counts = {1, 2, 3, 4, *(2**k for k in range(3, 1 + pieces.bit_length()))}
    return sorted({-(-pieces // count) for count in counts}, reverse=True)


def _ascending(source: I32, end: I64) -> I32:
    """`source` with the inputs of every part in order."""
    part = np.repeat(np.arange(len(end)), np.diff(end, prepend=0))
    return source[np.lexsort((source, part))]
