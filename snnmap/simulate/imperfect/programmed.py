"""The crossbars of a chip at an age as the kernel reads them: cells as whole numbers, gains and offsets of lines."""

import numpy as np

from snnmap.core.arrays import F64, offsets, row_of_entry
from snnmap.simulate.execution import side_by_side
from snnmap.simulate.imperfect.cells import ANALOG, Cells, Read
from snnmap.simulate.imperfect.chips import Chip
from snnmap.simulate.imperfect.fixed import Fixed, exactly, fixed
from snnmap.simulate.imperfect.layout import Layout
from snnmap.simulate.kernels.reads import Array


def parts(cells: Cells) -> tuple[int, int]:
    """Numbers that a row of a crossbar has for each of its lines, and besides: with the variances of noisy reads."""
    if not cells.options.has("read"):
        return 1, 0
    return 2, cells.view.hardware.weights.reference_lines


def programmed(
    cells: Cells, lines: Layout, chip: Chip, age: float, kept: list[F64] | None, threads: int | None
) -> Array:
    """What the crossbars of `chip` do at `age`, without converters.

    `kept` is what wires leave of every cell's current, by cluster; none: all. `threads` work on crossbars.
    """
    clustering = cells.view.mapping.clustering
    per_line, per_row = parts(cells)
    size = np.diff(lines.first_line) * per_line + per_row
    first = offsets(np.diff(clustering.row_ptr) * size)
    cell, unit = np.zeros(int(first[-1] + size.max(initial=0)), np.int32), np.ones(len(lines.unit))
    noise_unit, shared = (np.ones(len(unit) if wanted else 0) for wanted in (per_line > 1, per_row))

    def fill(cluster: int) -> bool:
        own = slice(int(lines.first_line[cluster]), int(lines.first_line[cluster + 1]))
        read = cells.read(cluster, chip, age, None if kept is None else kept[cluster])
        rows, width = len(read.mean), own.stop - own.start
        into = cell[first[cluster] : first[cluster + 1]].reshape(rows, int(size[cluster]))
        found, fits = _numbers(cells, lines, own, read)
        into[:, :width], unit[own] = found
        if per_line > 1:
            noise = fixed(read.variance.reshape(rows, -1) * np.square(lines.largest[own]), even=True)
            into[:, width : 2 * width], noise_unit[own] = noise.number, np.sqrt(noise.unit)
        if per_row:
            reference = fixed(read.shared[:, np.newaxis], even=True)
            into[:, -1:], slices = reference.number, cells.reference_share
            shared[own] = np.tile(slices, width // len(slices)) * lines.largest[own] * np.sqrt(reference.unit)
        return fits

    counted = all(list(side_by_side(fill, clustering.clusters, threads)))
    gain, offset = columns(cells, lines, chip)
    return Array(
        cell=cell,
        unit=unit,
        noise_unit=noise_unit,
        shared=shared,
        counted=counted,
        grid=lines.grid if _is_exact(cells) else np.zeros(0),
        gain=gain,
        offset=offset,
        step=np.zeros(0),
        codes=np.zeros(0),
        limit=np.zeros(0),
        crossbar=lines.crossbar,
        pulse=np.zeros(cells.view.graph.network.sources),
    )


def _is_exact(cells: Cells) -> bool:
    """Whether cells say exactly what the weights are."""
    options = cells.options
    return not options.effects & ANALOG and not (options.has("adc") and cells.view.hardware.weights.slices > 1)


def _numbers(cells: Cells, lines: Layout, own: slice, read: Read) -> tuple[Fixed, bool]:
    """What cells add to the lines `own`, as numbers, and whether sums of these fit 32 bits."""
    value = read.mean.reshape(len(read.mean), -1) * lines.largest[own]
    if _is_exact(cells):
        return exactly(_snapped(value, lines.grid[own], read.mean.shape[2]), lines.grid[own])
    return fixed(value), True


def effective(cells: Cells, lines: Layout, array: Array) -> F64:
    """What a unit on every row adds to each line, row entry by row entry (cells,), in the unit of the weights."""
    per_line, per_row = parts(cells)
    row = np.repeat(np.arange(len(lines.width)), lines.width)
    place = np.arange(len(row)) - lines.first[row]
    whole: F64 = (
        array.cell[offsets(lines.width * per_line + per_row)[row] + place] * array.unit[lines.base[row] + place]
    )
    return whole


def columns(cells: Cells, lines: Layout, chip: Chip) -> tuple[F64, F64]:
    """Gain of every line of a chip, and its offset in the unit of its neuron's weights (lines,); empty: 1 and 0."""
    if chip.map is None:
        return np.zeros(0), np.zeros(0)
    mapping, slices = cells.view.mapping, cells.view.hardware.weights.slices
    tile = mapping.placement.tile[row_of_entry(mapping.clustering.column_ptr)].astype(np.int64)
    at = np.repeat(tile, slices), (mapping.wiring.column[:, np.newaxis] * slices + np.arange(slices)).reshape(-1)
    return chip.map.gain[at], chip.map.offset[at] * lines.unit


def _snapped(value: F64, grid: F64, slices: int) -> F64:
    """Weights (rows, lines) on their grid again, all of a weight in the line of its first slice; sums stay exact."""
    whole = value.reshape(len(value), -1, slices).sum(axis=2)
    on_grid = np.zeros(value.shape)
    on_grid[:, ::slices] = np.rint(whole / grid[::slices]) * grid[::slices]
    return on_grid
