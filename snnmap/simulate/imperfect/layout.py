"""Rows and lines of all crossbars of a mapping, and how `simulate.kernels.reads` reads them; no device yet."""

from dataclasses import dataclass

import numpy as np

from snnmap.analysis.cells import largest_weights
from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64, offsets, ranges, row_of_entry, transpose_csr
from snnmap.physics.encoding import significance
from snnmap.simulate.kernels.reads import Reads

WORD = 64
"""Rows that the bits of a word stand for."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Lines stand column entry by column entry, slices side by side."""

    row_ptr: I64
    """(N + 1,) row entries that each source drives."""
    row: I64
    first: I64
    """(row entries + 1,) first cell of every row: one per line of its crossbar."""
    base: I64
    """(row entries,) first line of its crossbar."""
    width: I64
    """(row entries,) lines of its crossbar."""
    line_ptr: I64
    """(neurons + 1,) lines that are added up for each neuron."""
    line: I64
    largest: F64
    """(lines,) weight that a full cell of every slice together stands for."""
    unit: F64
    """(lines,) weight that a full cell of the line alone stands for."""
    grid: F64
    """(lines,) grid of the weights into the line's neuron."""
    crossbar: I64
    """(lines,) crossbar of every line, whose converters and cells several clusters of the view may use in turn."""
    neuron: I64
    """(lines,) neuron of every line."""
    first_line: I64
    """(K + 1,) first line of every cluster."""


def layout(view: View, crossbar: I64 | None = None) -> Layout:
    """Where the rows and lines of every cluster stand; each is a crossbar of its own, unless `crossbar` (K,) says."""
    network, clustering = view.graph.network, view.mapping.clustering
    weights = view.hardware.weights
    slices = weights.slices
    entry_ptr = offsets(np.ones(len(clustering.row_source)))
    row_ptr, _, row = transpose_csr(entry_ptr, clustering.row_source, network.sources)
    cluster = row_of_entry(clustering.row_ptr)
    width = np.diff(clustering.column_ptr)[cluster] * slices
    neuron = np.repeat(clustering.column_neuron - network.externals, slices)
    line_ptr, _, line = transpose_csr(offsets(np.ones(len(neuron))), neuron, network.neurons)
    population = np.repeat(network.population_of()[clustering.column_neuron], slices)
    largest = largest_weights(network)[population]
    place = significance(weights.levels, slices)
    of_column = row_of_entry(clustering.column_ptr)
    return Layout(
        row_ptr=row_ptr,
        row=row,
        first=offsets(width),
        base=clustering.column_ptr[cluster] * slices,
        width=width,
        line_ptr=line_ptr,
        line=line,
        largest=largest,
        unit=largest * np.tile(place, len(clustering.column_neuron)),
        grid=network.grid[population],
        crossbar=np.repeat(of_column if crossbar is None else crossbar[of_column], slices),
        neuron=neuron.astype(np.int64),
        first_line=clustering.column_ptr * slices,
    )


def reads(view: View, lines: Layout, parts: tuple[int, int]) -> Reads:
    """Who reads which lines of which crossbar when.

    Parameters
    ----------
    parts
        How many numbers a cell has for each line, and a row for all: 1 and 0 without noise.
    """
    network, clustering = view.graph.network, view.mapping.clustering
    neurons = [p for p in network.populations if p.kind == "neuron"]
    levels, level = np.unique([p.level for p in neurons], return_inverse=True)
    of_line = np.repeat(level, [p.size for p in neurons])[lines.neuron]
    key = of_line * clustering.clusters + row_of_entry(lines.first_line)
    order = np.argsort(key, kind="stable")
    found, first = np.unique(key[order], return_index=True)
    part_ptr = np.append(first, len(order)).astype(np.int64)
    cluster = found % clustering.clusters
    rows, columns = np.diff(clustering.row_ptr), np.diff(lines.first_line)
    base = lines.first_line[cluster]
    size = parts[0] * columns + parts[1]
    neuron, whole = lines.neuron[order], np.diff(part_ptr) == columns[cluster]
    breaks = np.append(0, np.cumsum(np.diff(neuron) != 1))
    follow = breaks[part_ptr[:-1]] == breaks[part_ptr[1:] - 1]
    word_ptr = offsets(-(-rows[cluster] // WORD))
    entry = ranges(clustering.row_ptr[:-1][cluster], rows[cluster])
    slot = ranges(WORD * word_ptr[:-1], rows[cluster])
    source = clustering.row_source[entry]
    drive_ptr, read, at = transpose_csr(offsets(rows[cluster]), source, network.sources)
    return Reads(
        drive_ptr=drive_ptr,
        slot=slot[at],
        read=read,
        word_ptr=word_ptr,
        base=base,
        width=columns[cluster],
        cell=offsets(rows * size)[:-1][cluster],
        area=offsets(size[cluster]),
        level_ptr=np.searchsorted(found // clustering.clusters, np.arange(len(levels) + 1)).astype(np.int64),
        part_ptr=part_ptr,
        line=order - np.repeat(base, np.diff(part_ptr)),
        neuron=neuron,
        together=whole & follow,
        biases=np.flatnonzero(network.is_bias()),
    )
