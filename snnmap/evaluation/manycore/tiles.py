"""Neurons to tiles by memory, a layer on consecutive tiles, and the bytes of every tile.

Layers are cut into runs of neurons so that the fullest tile holds as little as it can, a tile holds one layer, and no
more tiles are taken than there are; each layer is then evened out over the tiles that it got. This is exact for what
neurons and blocks take. Copies of sources that only looked-up synapses hear depend on the cut and are counted after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64, offsets
from snnmap.core.errors import InfeasibleError
from snnmap.evaluation.manycore.layers import Layers, Projection
from snnmap.hardware.targets.manycore import BYTES, INDEX_BYTES, ManyCore, Number

OPTIMISER = 2
"""Numbers per weight that Adam keeps: means of gradients and of their squares."""
TRAINED = ("gradients", "optimiser", "tape")
COMPONENTS = ("weights", "indices", "state", "buffers", "code", *TRAINED)
"""Of a tile's bytes."""


class Stored(NamedTuple):
    """How a network is held."""

    number: Number
    training: bool
    steps: int
    """Steps of a sample, which the tape holds."""
    chips: int


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """Where neurons are; tiles in use only, in order."""

    layers: Layers
    population: I64
    """(tiles,) population of every tile."""
    first: I64
    """(tiles + 1,) first neuron of every tile, counted from the first neuron."""
    received: I64
    """(tiles,) distinct sources that a tile hears and does not hold."""
    used: Mapping[str, I64]
    """(tiles,) bytes, by component."""

    @property
    def neurons(self) -> I64:
        """(tiles,) neurons."""
        return np.diff(self.first)

    @property
    def total(self) -> I64:
        """(tiles,) bytes."""
        every: I64 = np.sum(list(self.used.values()), axis=0)
        return every

    def of_source(self) -> I64:
        """Tile of every source, int64 (N,); -1 for inputs and biases, which arrive from the host."""
        external = np.full(self.layers.network.externals, -1, np.int64)
        return np.concatenate([external, np.repeat(np.arange(len(self.population)), self.neurons)])

    def per_tile(self, values: F64 | I64) -> F64:
        """Sum over the neurons of every tile."""
        sums: F64 = np.add.reduceat(np.asarray(values, np.float64), self.first[:-1])
        return sums


def spread(layers: Layers, target: ManyCore, stored: Stored) -> Tiles:
    """Neurons over tiles.

    Raises
    ------
    InfeasibleError
        If a neuron is too large for a tile, there are more layers than tiles, or a tile holds too much.
    """
    supply, memory = target.tiles(stored.chips), target.count("memory")
    size = BYTES[stored.number]
    weight = _per_neuron(layers, stored)
    fixed = layers.heard_in_blocks() * size + target.count("code")
    own = [(k, p.first - layers.network.externals, p.size) for k, p in enumerate(layers.network.populations)]
    parts = [(int(fixed[k]), offsets(weight[first : first + n])) for k, first, n in own if first >= 0 and n]
    index = [k for k, first, n in own if first >= 0 and n]
    if len(parts) > supply:
        raise InfeasibleError("tiles", len(parts), supply, "A tile holds neurons of one layer; use --chips.")
    least = max(constant + int(np.diff(each).max()) for constant, each in parts)
    if least > memory:
        remedy = f"A neuron is not split; use {' or '.join(_smaller(stored) or ['a network of less fan-in'])}."
        raise InfeasibleError("bytes of a tile for one neuron", least, memory, remedy)
    cuts = [_even(each, n) for (_, each), n in zip(parts, _counts(parts, supply), strict=True)]
    starts = [
        cut[:-1] + layers.network.populations[k].first - layers.network.externals
        for cut, k in zip(cuts, index, strict=True)
    ]
    population = np.repeat(np.array(index, np.int64), [len(cut) - 1 for cut in cuts])
    first = np.append(np.concatenate(starts), layers.network.neurons)
    tiles = _counted(layers, population, first, target, stored)
    fullest = int(tiles.total.max())
    if fullest > memory:
        needed = -(-int(tiles.total.sum()) // (memory * target.count("tiles")))
        ways = [f"--chips {max(needed, stored.chips + 1)} or more", *_smaller(stored)]
        remedy = f"Use {', or '.join(ways)}."
        raise InfeasibleError("bytes of the fullest tile", fullest, memory, remedy)
    return tiles


def _smaller(stored: Stored) -> list[str]:
    """What makes a network smaller."""
    ways = ["--dtype float16"] if stored.number == "float32" else []
    return ways + (["fewer --steps", "no --training"] if stored.training else [])


def _per_neuron(layers: Layers, stored: Stored) -> I64:
    """Bytes that come with every neuron, (n,)."""
    size = BYTES[stored.number]
    every: I64 = np.sum([each for name, each in _held(layers, stored, size).items()], axis=0)
    return every


def _held(layers: Layers, stored: Stored, size: int) -> dict[str, I64]:
    """Bytes per neuron, by component."""
    held = {
        "weights": layers.weights * size,
        "indices": layers.looked_up * INDEX_BYTES,
        "state": layers.states * size,
    }
    if stored.training:
        held["gradients"] = (layers.weights + layers.states) * size
        held["optimiser"] = layers.weights * (OPTIMISER * size)
        held["tape"] = layers.states * (stored.steps * size)
    return held


def _counted(layers: Layers, population: I64, first: I64, target: ManyCore, stored: Stored) -> Tiles:
    """Tiles with their bytes."""
    size = BYTES[stored.number]
    plain = Tiles(layers, population, first, np.zeros(len(population), np.int64), {})
    received = np.zeros(len(population), np.int64)
    where = plain.of_source()
    for p in layers.projections:
        received += np.rint(heard_elsewhere(p, plain, where)).astype(np.int64)
    held = _held(layers, stored, size)
    none = np.zeros(len(population), np.int64)
    used = {name: plain.per_tile(held[name]).astype(np.int64) if name in held else none for name in COMPONENTS}
    used["buffers"] = received * size
    used["code"] = np.full(len(population), target.count("code"), np.int64)
    return Tiles(layers, population, first, received, used)


def heard_elsewhere(projection: Projection, tiles: Tiles, where: I64, worth: F64 | None = None) -> F64:
    """Per tile, what the sources are worth that it hears and does not hold, (tiles,); 1 each where nothing is said.

    `where` is the tile of every source (`Tiles.of_source`), `worth` (N,).
    """
    count = len(tiles.population)
    if projection.block:
        value = np.ones(len(projection.heard)) if worth is None else worth[projection.heard]
        place = where[projection.heard]
        mine = np.bincount(place[place >= 0], weights=value[place >= 0], minlength=count)
        return np.where(tiles.population == projection.population, value.sum() - mine, 0.0)
    source, tile = pairs(projection, where)
    value = np.ones(len(source)) if worth is None else worth[source]
    return np.bincount(tile, weights=value, minlength=count).astype(np.float64)


def pairs(projection: Projection, where: I64) -> tuple[I64, I64]:
    """Every source of looked-up synapses with every tile that hears and does not hold it, once each."""
    source, tile = projection.source, where[projection.target]
    new = np.ones(len(source), np.bool_)
    new[1:] = (source[1:] != source[:-1]) | (tile[1:] != tile[:-1])  # targets ascend, and so do their tiles
    new &= tile != where[source]
    return source[new], tile[new]


def _counts(parts: Sequence[tuple[int, I64]], supply: int) -> list[int]:
    """Tiles of every layer for the least bytes on the fullest of all."""
    low = max(constant + int(np.diff(each).max()) for constant, each in parts)
    high = max(constant + int(each[-1]) for constant, each in parts)
    while low < high:
        middle = (low + high) // 2
        if sum(len(_runs(each, middle - constant, supply)) - 1 for constant, each in parts) <= supply:
            high = middle
        else:
            low = middle + 1
    return [len(_runs(each, low - constant, supply)) - 1 for constant, each in parts]


def _even(each: I64, count: int) -> I64:
    """Cuts of one layer into at most so many runs, the largest of which is as small as can be."""
    low, high = int(np.diff(each).max()), int(each[-1])
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_runs(each, middle, count)) - 1 <= count else (middle + 1, high)
    return _runs(each, low, count)


def _runs(each: I64, most: int, supply: int) -> I64:
    """Cuts into runs of at most `most` bytes, each as long as can be; given up where there are more than `supply`."""
    cuts = [0]
    while cuts[-1] < len(each) - 1 and len(cuts) <= supply + 1:
        cuts.append(int(np.searchsorted(each, each[cuts[-1]] + most, side="right")) - 1)
    return np.array(cuts, np.int64)
