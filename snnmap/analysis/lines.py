"""Rows and columns of crossbars, each once, however many uses drive and read them."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import I32, I64, numbered_columns, offsets, row_of_entry
from snnmap.ir import Clustering, SpikeGraph


class Lines(NamedTuple):
    """Rows or columns of all crossbars, numbered by cluster."""

    ptr: I64
    """(K + 1,) first of every cluster."""
    number: I64
    """Line of every row or column entry."""


def row_lines(graph: SpikeGraph, clustering: Clustering) -> Lines:
    """Rows of every crossbar, biases behind the others; without reuse these are the row entries."""
    if clustering.uses is None:
        return Lines(clustering.row_ptr, np.arange(len(clustering.row_source)))
    bias = graph.network.is_bias()[clustering.row_source]
    return _numbered(clustering.row_ptr, bias, clustering.uses.row_line)


def column_lines(graph: SpikeGraph, clustering: Clustering) -> Lines:
    """Columns of every crossbar, by population; without reuse these are the column entries."""
    if clustering.uses is None:
        return Lines(clustering.column_ptr, np.arange(len(clustering.column_neuron)))
    population = graph.network.population_of()[clustering.column_neuron]
    return _numbered(clustering.column_ptr, population, clustering.uses.column_line)


def _numbered(ptr: I64, kind: npt.NDArray[Any], line: I32) -> Lines:
    table, number = numbered_columns(np.stack([row_of_entry(ptr), kind.astype(np.int64), line.astype(np.int64)]))
    return Lines(offsets(np.bincount(table[0], minlength=len(ptr) - 1)), number)
