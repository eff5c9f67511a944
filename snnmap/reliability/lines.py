"""Between what a crossbar holds, rows x columns, and its array, word lines x bit lines; both are one with lone cells.

Wiring chooses rows and columns, and its models are maps over them: a map of the array is pooled over the cells of each
crossing. Bounds go the other way: a crossbar's cells as those of its array.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from snnmap.analysis.wiring import Crossbar
from snnmap.core.arrays import F64, offsets, ranges, transpose_csr
from snnmap.hardware import Hardware, Weights
from snnmap.physics.thermal import Sheet

Reduction = Callable[..., Any]


def array_shape(hardware: Hardware) -> tuple[int, int]:
    """Word lines and bit lines of an array."""
    return hardware.word_lines, hardware.bit_lines


def pooled(values: F64, hardware: Hardware, reduction: Reduction) -> F64:
    """`reduction` (np.min, np.mean) over the cells of every crossing, (R, C), of a map (word lines, bit lines)."""
    rows, columns = hardware.rows, hardware.columns
    along, across = hardware.weights.lines_per_row, hardware.weights.lines_per_column
    cells = values[: rows * along, : columns * across].reshape(rows, along, columns, across)
    result: F64 = reduction(cells, axis=(1, 3))
    return result


def spread(values: F64, hardware: Hardware) -> F64:
    """A map (R, C) with each crossing's value at all its cells, (word lines, bit lines); 0 where no crossing is."""
    weights = hardware.weights
    cells = np.repeat(np.repeat(values, weights.lines_per_row, axis=0), weights.lines_per_column, axis=1)
    whole = np.zeros(array_shape(hardware))
    whole[: cells.shape[0], : cells.shape[1]] = cells
    return whole


def coarse(sheet: Sheet, weights: Weights) -> Sheet:
    """How an array conducts heat in units of crossings: a block of cells for each."""
    along, across = weights.lines_per_row, weights.lines_per_column
    return Sheet(sheet.vertical * along * across, sheet.row * along / across, sheet.column * across / along)


def in_array(crossbar: Crossbar, weights: Weights) -> Crossbar:
    """Programmed cells of a crossbar as those of its array: an entry for each word line and each bit line."""
    along, across = weights.lines_per_row, weights.lines_per_column
    if along == across == 1 and not weights.reference_lines:
        return crossbar
    rows, columns = len(crossbar.row_ptr) - 1, len(crossbar.column_ptr) - 1
    width = columns * across + weights.reference_lines
    if weights.reference_lines:  # every crossing is programmed, and the reference beside them
        size, row_columns = np.full(rows, width), np.tile(np.arange(width), rows)
    else:
        size = np.repeat(np.diff(crossbar.row_ptr) * across, along)
        fine = (crossbar.row_columns.astype(np.int64)[:, np.newaxis] * across + np.arange(across)).ravel()
        row_columns = fine[ranges(np.repeat(crossbar.row_ptr[:-1] * across, along), size)]
    row_ptr = offsets(size)
    column_ptr, column_rows, _ = transpose_csr(row_ptr, row_columns, width)
    activity = np.repeat(crossbar.activity, along)
    return Crossbar(row_ptr, row_columns.astype(np.int32), column_ptr, column_rows.astype(np.int32), activity)
