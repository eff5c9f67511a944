"""Rows and lines of all crossbars of a mapping, as `simulate.kernels.imperfect` reads them; no device yet."""

from dataclasses import dataclass

import numpy as np

from snnmap.analysis.cells import largest_weights
from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64, offsets, row_of_entry, transpose_csr
from snnmap.physics.encoding import significance


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
    """(lines,) cluster of every line."""


def layout(view: View) -> Layout:
    """Where the rows and lines of every cluster stand."""
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
        crossbar=np.repeat(row_of_entry(clustering.column_ptr), slices),
    )
