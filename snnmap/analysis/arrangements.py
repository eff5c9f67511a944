"""How a layer's weights can lie in crossbars, in closed form: what each way takes, from the form of the layer alone.

**Dense** (im2col): the kernel matrix stands once, its rows the inputs of a window and its columns the channels of an
output, and is used for one output position after another. Groups of channels stand beside each other while they fit;
a matrix that is too large is cut into blocks of rows and columns, whose sums are added. **Packed**: as many shifted
windows beside each other in the same block as need no more crossbars, so that a use serves several positions.
**Unrolled**: every synapse has a cell of its own, and a crossbar holds a window of positions and all that they hear;
of all windows the one is taken that needs the fewest crossbars. This is a legal mapping, so an upper bound of what a
compiler needs; `least` is what none can go below. Knows no time, no energy and no activity.
"""

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np

from snnmap.analysis.bounds import degree_bounds
from snnmap.core.arrays import I64
from snnmap.hardware import Hardware
from snnmap.ir.forms import LayerForm

STATE_WORDS = 2
"""What the memory of a tile holds of a neuron whose crossbar is used several times, in words of a partial sum: the
sample of its column until it fires, and its state, which has no circuit of its own at a column."""

SUMS = ("blocks", "crossbars", "cells", "crossings", "driven", "converted", "least")
"""Of `Arranged`, what adds up over the sets of groups of a layer."""
Way = Literal["dense", "packed", "unrolled"]


class Arranged(NamedTuple):
    """A layer in crossbars; sums are over all of its crossbars, and over the uses of a step where it says so."""

    way: Way
    blocks: int
    """Crossbars that hold different cells."""
    copies: int
    """Crossbars that hold the same cells and share the uses, as the memory for states demands; 0: no number does. Of
    unequal ones, the most."""
    crossbars: int
    """Crossbars in all."""
    positions: tuple[int, int]
    """Output positions of a use, down and across."""
    vectors: int
    """Uses of a step that the layer needs, whatever its copies; of unequal sets of groups, the most."""
    uses: int
    """Uses of the busiest crossbar in a step."""
    cells: int
    """Weights that are programmed."""
    crossings: int
    """Cells in rows and columns that are in use, programmed or not."""
    rows: int
    """Rows in use of the fullest crossbar."""
    columns: int
    """Columns in use of the fullest crossbar."""
    driven: int
    """Rows in use of all blocks together."""
    converted: int
    """Columns in use of all blocks together."""
    parts: int
    """Crossbars over which the inputs of a neuron are spread; the sums of all but one are added."""
    least: int
    """Crossbars that no way of the same kind can go below."""


class Cut(NamedTuple):
    """Groups of a layer's channels, each with a matrix of some rows and columns, cut into crossbars."""

    beside: I64
    """Groups in one crossbar."""
    rows: I64
    """Rows of these."""
    columns: I64
    parts: I64
    """Blocks of rows of a group."""
    blocks: I64
    """Crossbars for all groups."""


def arranged(form: LayerForm, hardware: Hardware) -> tuple[Arranged, ...]:
    """Every way to hold a layer; one alone where no kernel is shared."""
    if not form.shared:
        return (unrolled(form, hardware),)
    return dense(form, hardware), packed(form, hardware), unrolled(form, hardware)


def dense(form: LayerForm, hardware: Hardware) -> Arranged:
    """The kernel matrix once, one output position in a use."""
    return _together([(count, _reused(part, hardware, "dense", (1, 1))) for count, part in _sets(form, hardware)])


def packed(form: LayerForm, hardware: Hardware) -> Arranged:
    """As many output positions in a use as fit beside each other and need no more crossbars than `dense`."""
    return _together(
        [(count, _reused(part, hardware, "packed", _packing(part, hardware))) for count, part in _sets(form, hardware)]
    )


def _sets(form: LayerForm, hardware: Hardware) -> list[tuple[int, LayerForm]]:
    """Groups that stand beside each other as layers of their own, and how many such there are: full ones, the rest."""
    beside = int(_cut(form, hardware, 1, 1).beside)
    full, left = divmod(form.groups, beside)
    each = form.taken[0] // form.groups
    return [
        (count, replace(form, taken=(each * n, *form.taken[1:]), outputs=form.columns * n, groups=n))
        for count, n in ((full, beside), (1, left))
        if n
    ]


def _together(parts: list[tuple[int, Arranged]]) -> Arranged:
    """A layer of sets of groups."""
    first = parts[0][1]

    def total(key: str) -> int:
        return sum(count * int(getattr(held, key)) for count, held in parts)

    sums: dict[str, Any] = {key: total(key) for key in SUMS}
    copies = 0 if any(not held.copies for _, held in parts) else max(held.copies for _, held in parts)
    most: dict[str, Any] = {key: max(int(getattr(held, key)) for _, held in parts) for key in ("vectors", "uses")}
    return first._replace(**sums, **most, copies=copies)


def _packing(form: LayerForm, hardware: Hardware) -> tuple[int, int]:
    """Output positions, down and across, that groups which all stand beside each other are used for at a time."""
    parts, (height, width) = int(_cut(form, hardware, 1, 1).parts), form.grid
    best, fewest = (1, 1), form.positions
    for down in range(1, height + 1):
        for across in range(1, width + 1):
            if down * across * form.outputs > hardware.columns:
                break
            rows = form.groups * int(_rows(form, down, across)) + form.biases
            if -(-rows // hardware.rows) > parts:
                break
            vectors = -(-height // down) * -(-width // across)
            if vectors < fewest:
                best, fewest = (down, across), vectors
    return best


def _reused(form: LayerForm, hardware: Hardware, way: Way, positions: tuple[int, int]) -> Arranged:
    """Blocks of groups that all stand beside each other, used at `positions` output positions at a time."""
    single, many = _cut(form, hardware, 1, 1), positions[0] * positions[1]
    vectors = -(-form.grid[0] // positions[0]) * -(-form.grid[1] // positions[1])
    blocks, parts = int(single.blocks), int(single.parts)
    rows, columns = form.groups * int(_rows(form, *positions)) + form.biases, form.outputs * many
    each = min(columns, hardware.columns) * STATE_WORDS * int(hardware["sum_bits"])
    most = int(hardware["memory_bits"]) // each
    copies = -(-vectors // most) if most else 0
    return Arranged(
        way=way,
        blocks=blocks,
        copies=copies,
        crossbars=blocks * copies,
        positions=positions,
        vectors=vectors,
        uses=-(-vectors // max(1, copies)),
        cells=copies * (form.inputs + form.biases) * columns,
        crossings=copies * rows * columns,
        rows=min(rows, hardware.rows),
        columns=min(columns, hardware.columns),
        driven=rows * -(-columns // hardware.columns),
        converted=columns * parts,
        parts=parts,
        least=blocks,
    )


def unrolled(form: LayerForm, hardware: Hardware) -> Arranged:
    """A cell for every synapse: windows of output positions, the fewest crossbars of all sizes of windows."""
    (height, width) = form.grid
    down, across = np.arange(1, height + 1)[:, None], np.arange(1, width + 1)[None, :]
    if form.kind in ("dense", "random", "one-to-one"):
        down, across = np.ones((1, 1), np.int64), np.ones((1, 1), np.int64)
    windows = -(-height // down) * -(-width // across)
    cut = _cut(form, hardware, down, across)
    crossbars = windows * cut.blocks
    lines = windows * -(-form.groups // cut.beside) * cut.rows * -(-cut.columns // hardware.columns)
    at = np.lexsort((lines.ravel(), crossbars.ravel()))[0]
    y, x = np.unravel_index(at, crossbars.shape)
    rows, columns = int(cut.rows[y, x]), int(cut.columns[y, x])
    sets = -(-form.groups // int(cut.beside[y, x]))
    return Arranged(
        way="unrolled",
        blocks=int(crossbars[y, x]),
        copies=1,
        crossbars=int(crossbars[y, x]),
        positions=(int(y) + 1, int(x) + 1),
        vectors=1,
        uses=1,
        cells=form.synapses,
        crossings=int(windows[y, x]) * sets * rows * columns,
        rows=min(rows, hardware.rows),
        columns=min(columns, hardware.columns),
        driven=int(lines[y, x]),
        converted=int(windows[y, x]) * sets * columns * int(cut.parts[y, x]),
        parts=int(cut.parts[y, x]),
        least=unrolled_at_least(form, hardware),
    )


def unrolled_at_least(form: LayerForm, hardware: Hardware) -> int:
    """Crossbars that no partition of the layer alone can go below (`analysis.bounds`)."""
    if form.drawn is not None and form.kind in ("dense", "random"):
        synapses = form.drawn
        columns, rows = max(form.neurons, -(-synapses // hardware.rows)), -(-synapses // hardware.columns)
        return max(-(-columns // hardware.columns), -(-rows // hardware.rows), -(-synapses // hardware.cells))
    counted = form if form.drawn is None else replace(form, drawn=None, biases=0)
    return max(degree_bounds(counted.fan_in(), counted.fan_out(), hardware).values())


def _rows(form: LayerForm, down: I64 | int, across: I64 | int) -> I64:
    """Inputs that `down` x `across` output positions of a group hear together; none where the kernels leave gaps."""
    high, wide = (
        np.minimum(n * kernel, kernel + (n - 1) * step)
        for n, kernel, step in zip((down, across), form.kernel, form.stride, strict=True)
    )
    total: I64 = form.taken[0] // form.groups * high * wide
    return total


def _cut(form: LayerForm, hardware: Hardware, down: I64 | int, across: I64 | int) -> Cut:
    """Crossbars for `down` x `across` output positions."""
    own, columns = _rows(form, down, across), np.asarray(form.columns * down * across)
    beside = np.minimum(hardware.rows // (own + form.biases), hardware.columns // columns)
    beside = np.clip(beside, 1, form.groups)
    rows, together = beside * own + form.biases, beside * columns
    parts = -(-rows // hardware.rows)
    blocks = -(-form.groups // beside) * parts * -(-together // hardware.columns)
    return Cut(beside, rows, together, parts, blocks)
