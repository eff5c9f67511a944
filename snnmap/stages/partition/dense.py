"""Convolutions by their kernels: a crossbar holds a kernel matrix once, used for one output position after another.

Im2col, as analogue inference chips do it: rows of the matrix are the inputs of a window, columns the channels of an
output. A matrix with more rows or columns than a crossbar is cut into blocks, as even as can be; partial sums of blocks
of rows travel to the first. What is no convolution is left to another partitioner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal, NamedTuple

import numpy as np

from snnmap.analysis.arrangements import STATE_WORDS
from snnmap.analysis.convolution import Shared, shared_layers
from snnmap.core.arrays import I32, I64, Bool, frozen, offsets
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.suggest import suggestion
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Uses
from snnmap.stages.partition.remainder import remainder, returned
from snnmap.stages.protocols import Partitioner, PartitionProblem, Run


class Grid(NamedTuple):
    """What is to be held by blocks: a matrix, and what drives its rows and is read from its columns in every use."""

    name: str
    """Population."""
    windows: I64
    """(uses, rows) source, or -1."""
    outputs: I64
    """(uses, columns) neuron, or -1."""
    there: Bool
    """(rows, columns) whether a cell has a weight."""


class Block(NamedTuple):
    """A cluster to be: its uses in turn, each (sources, rows, neurons, columns), and the neurons that fire there."""

    uses: list[tuple[I64, I64, I64, I64]]
    home: I64


@dataclass(frozen=True)
class Dense:
    """Hold the kernel matrix of every convolution once, and leave other layers to `rest`."""

    mode: Literal["dense", "packed", "auto"] = "dense"
    """One output position in a use; as many beside each other as fit; `dense` where it saves crossbars."""
    copies: int = 0
    """Crossbars that hold the same block and share its uses (weight replication); 0: as many as states need."""
    rest: str = "kernighan_lin"
    """Partitioner of what is no convolution."""
    ways: str = ""
    """Layers that are held another way than `mode` says: `conv1:packed+conv2:unrolled`."""

    def __post_init__(self) -> None:
        """Refuse copies and ways that no search can mean.

        Raises
        ------
        InputError
            For a negative number, or a way that there is not.
        """
        if self.copies < 0:
            raise InputError(f"partition.copies is {self.copies}; give a number of copies, or 0 for as many as needed")
        for layer, way in self.layer_ways().items():
            if not layer or way not in ("dense", "packed", "unrolled"):
                raise InputError(
                    f"partition.ways is {self.ways!r}; give LAYER:WAY, joined by +, with ways dense, packed or unrolled"
                )

    def layer_ways(self) -> dict[str, str]:
        """`ways` by layer."""
        parts = (part.rpartition(":") for part in self.ways.split("+") if part)
        return {layer: way for layer, _, way in parts}

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InfeasibleError
            If there are fewer uses than copies, samples and states do not fit the memory of a tile, or the chip cannot
            merge partial sums, or hold as many cells, as a kernel matrix needs.
        InputError
            If `ways` names what is no convolution.
        """
        network, hardware = problem.graph.network, problem.hardware
        layers = shared_layers(network)
        blocks: list[Block] = []
        kept = np.zeros(network.sources, bool)
        kept[network.externals :] = True
        for grid, way in self._grids(layers, hardware):
            copies, obstacle = self.copies or _copies_for(grid, hardware), _obstacle(grid, problem)
            if way != "auto" and obstacle is not None:
                raise obstacle
            if way != "auto" or (obstacle is None and _pays(grid, copies, hardware)):
                kept[grid.outputs[grid.outputs >= 0]] = False
                blocks += _blocks(grid, copies, hardware)
        if np.any(kept):
            part, ids = remainder(problem.graph, kept)
            found = _partitioner(self.rest)(PartitionProblem(part, hardware, problem.may_split), run)
            for source, neuron, home in returned(found, ids):
                lines = np.arange(len(source)), np.arange(len(neuron))
                blocks.append(Block([(source, lines[0], neuron, lines[1])], home))
        return _clustering(blocks, network.externals, network.neurons)

    def _grids(self, layers: tuple[Shared, ...], hardware: Hardware) -> Iterator[tuple[Grid, str]]:
        """What crossbars are to hold, and which way: groups of channels beside each other, and packed positions."""
        ways, known = self.layer_ways(), {layer.name for layer in layers}
        for name in ways:
            if name not in known:
                raise InputError(f"partition.ways: {name!r} is no convolution; {suggestion(name, known)}")
        for groups in _beside(layers, hardware):
            way = ways.get(groups[0].name, self.mode)
            if way == "unrolled":
                continue
            single = side_by_side(groups, 1, 1)
            yield (_packed(groups, single, hardware) if way == "packed" else single), way


def _obstacle(grid: Grid, problem: PartitionProblem) -> InfeasibleError | None:
    """Why a chip, or the user, does not allow a layer's blocks; none if nothing does."""
    hardware, rows = problem.hardware, grid.windows.shape[1]
    if rows > hardware.rows and not (problem.may_split and hardware.merge):
        remedy = "Use larger crossbars, a chip that merges partial sums with --split partial_sum, or --conv unrolled."
        return InfeasibleError(f"rows of a crossbar for the kernels of {grid.name!r}", rows, hardware.rows, remedy)
    cells = min(rows, hardware.rows) * min(grid.outputs.shape[1], hardware.columns)
    if hardware.synapse_limit is not None and cells > hardware.synapse_limit:
        remedy = "Use a chip with a higher synapse_limit, or --conv unrolled."
        return InfeasibleError(f"cells of a crossbar for {grid.name!r}", cells, hardware.synapse_limit, remedy)
    return None


def _beside(layers: tuple[Shared, ...], hardware: Hardware) -> list[list[Shared]]:
    """Groups of one layer that share a crossbar, as many as fit in their order."""
    found: list[list[Shared]] = []
    rows = columns = 0
    for layer in layers:
        more = layer.windows.shape[1], layer.outputs.shape[1]
        fits = rows + more[0] <= hardware.rows and columns + more[1] <= hardware.columns
        if found and found[-1][0].name == layer.name and fits:
            found[-1].append(layer)
            rows, columns = rows + more[0], columns + more[1]
        else:
            found.append([layer])
            rows, columns = more
    return found


def side_by_side(groups: Sequence[Shared], down: int, across: int) -> Grid:
    """Groups of a layer, and `down` x `across` output positions of each, in one use; columns beyond the edge are -1."""
    (height, width), (step_y, step_x) = groups[0].grid, groups[0].stride
    shifts = list(product(range(down), range(across)))
    places = [
        group.place + np.where(group.place[:, :1] < 0, 0, np.array([[0, step_y * i, step_x * j]]))
        for group in groups
        for i, j in shifts
    ]
    lines, line = np.unique(np.concatenate(places), axis=0, return_inverse=True)
    parts = np.split(line.reshape(-1), np.cumsum([len(place) for place in places])[:-1])
    high, wide = -(-height // down), -(-width // across)
    windows = np.full((high * wide, len(lines)), -1, np.int64)
    outputs, there = [], []
    for (group, (i, j)), part in zip(product(groups, shifts), parts, strict=True):
        y, x = np.divmod(np.arange(high * wide), wide)
        y, x = y * down + i, x * across + j
        here = (y < height) & (x < width)
        position = (y * width + x)[here]
        at = np.ix_(here, part)
        windows[at] = np.maximum(windows[at], group.windows[position])
        column = np.full((high * wide, group.outputs.shape[1]), -1, np.int64)
        column[here] = group.outputs[position]
        outputs.append(column)
        held = np.zeros((len(lines), group.there.shape[1]), bool)
        held[part] = group.there
        there.append(held)
    return Grid(groups[0].name, windows, np.hstack(outputs), np.hstack(there))


def _packed(groups: Sequence[Shared], single: Grid, hardware: Hardware) -> Grid:
    """As many positions in a use as fit beside each other without more crossbars than one at a time takes."""
    (height, width), each = groups[0].grid, single.outputs.shape[1]
    best = single
    for down in range(1, height + 1):
        for across in range(1, width + 1):
            if down * across * each > hardware.columns:
                break
            if -(-height // down) * -(-width // across) >= len(best.windows):
                continue
            grid = side_by_side(groups, down, across)
            if _crossbars(grid, hardware) > _crossbars(single, hardware):
                break
            best = grid
    return best


def _crossbars(grid: Grid, hardware: Hardware) -> int:
    """Blocks of a grid's matrix."""
    return int(-(-grid.windows.shape[1] // hardware.rows) * -(-grid.outputs.shape[1] // hardware.columns))


def _pays(grid: Grid, copies: int, hardware: Hardware) -> bool:
    """Whether a layer takes fewer crossbars by its kernels than its neurons fill with columns for all their inputs."""
    rows = int(np.count_nonzero(grid.windows >= 0, axis=1).max(initial=0))
    columns = int(np.count_nonzero(grid.outputs >= 0)) * -(-rows // hardware.rows)
    return _crossbars(grid, hardware) * copies < -(-columns // hardware.columns)


def _partitioner(name: str) -> Partitioner:
    from snnmap.stages.partition import ALGORITHMS

    if name not in ALGORITHMS:
        raise InputError(f"partition.rest={name!r} is no partitioner of snnmap's own; {suggestion(name, ALGORITHMS)}")
    made: Partitioner = ALGORITHMS[name]()
    if isinstance(made, Dense):
        raise InputError("partition.rest is for layers that are no convolutions; name another partitioner than dense")
    return made


def _copies_for(layer: Grid, hardware: Hardware) -> int:
    """Fewest copies of a layer's blocks with which samples and states of the neurons of each fit a tile's memory."""
    each = min(layer.outputs.shape[1], hardware.columns) * STATE_WORDS * int(hardware["sum_bits"])
    most = int(hardware["memory_bits"]) // each
    if most < 1:
        raise InfeasibleError(
            f"bits of memory for the samples and states of one use of {layer.name!r}",
            each,
            int(hardware["memory_bits"]),
            "Use a chip with more memory_bits, or --conv unrolled.",
        )
    return int(-(-len(layer.outputs) // most))


def _blocks(layer: Grid, copies: int, hardware: Hardware) -> list[Block]:
    """Blocks of rows and columns of a layer's matrix, as often as there are copies, each with its part of the uses."""
    positions = len(layer.windows)
    if copies > positions:
        raise InfeasibleError(
            f"uses of the blocks of {layer.name!r}, one for each copy",
            copies,
            positions,
            f"Give at most {positions} copies.",
        )
    rows, columns = (
        _cuts(n, m) for n, m in ((layer.windows.shape[1], hardware.rows), (layer.outputs.shape[1], hardware.columns))
    )
    made = []
    for (first, last), (left, right), (start, stop) in product(columns, _even(positions, copies), rows):
        own = layer.outputs[left:right, first:last].ravel()
        lines = start + np.flatnonzero(layer.there[start:stop, first:last].any(axis=1))  # others drive nothing here
        uses = [
            use
            for p in range(left, right)
            if (use := _use(layer.windows[p, lines], layer.outputs[p, first:last], home=start == 0)) is not None
        ]
        made.append(Block(uses, own[own >= 0] if start == 0 else own[:0]))
    return [block for block in made if block.uses]


def _use(window: I64, neurons: I64, *, home: bool) -> tuple[I64, I64, I64, I64] | None:
    """A use of a block: what drives its rows, ascending, and what its columns are for; none if nothing does."""
    line = np.flatnonzero(window >= 0)
    if not home and len(line) == 0:
        return None
    line = line[np.argsort(window[line], kind="stable")]
    column = np.flatnonzero(neurons >= 0)
    column = column[np.argsort(neurons[column], kind="stable")]
    return window[line], line, neurons[column], column


def _cuts(length: int, most: int) -> list[tuple[int, int]]:
    """The fewest parts of `length` lines of at most `most`, as even as can be."""
    return _even(length, -(-length // most))


def _even(length: int, parts: int) -> list[tuple[int, int]]:
    return list(pairwise(np.linspace(0, length, parts + 1).round().astype(int).tolist()))


def _clustering(blocks: list[Block], externals: int, neurons: int) -> Clustering:
    """Clustering of blocks, one cluster each."""
    home = np.zeros(neurons, np.int32)
    for k, block in enumerate(blocks):
        home[block.home - externals] = k
    every = [use for block in blocks for use in block.uses]
    count = offsets([len(block.uses) for block in blocks])
    row_ptr, column_ptr = (offsets([len(use[side]) for use in every]) for side in (0, 2))
    source, row, neuron, column = (_joined([use[part] for use in every]) for part in range(4))
    uses = Uses(count, row_ptr, column_ptr, row, column) if len(every) > len(blocks) else None
    return Clustering(row_ptr[count], source, column_ptr[count], neuron, home, uses)


def _joined(parts: list[I64]) -> I32:
    return frozen(np.concatenate(parts) if parts else np.zeros(0, np.int32), np.int32)
