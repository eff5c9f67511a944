"""The `reuse` rule of `verify`: a crossbar that is used several times a step holds one block of weights for all uses.

Whatever a use drives and reads, it finds the cells that the others find: wherever two uses share a row and a column,
both must want the same weight there, or both none. Its neurons are of one level, a neuron is in one use alone, and
samples and states of its neurons, which no column holds then, must fit the memory of their tile.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import distinct_columns
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, Network, SpikeGraph, Violation

SHOWN = 3
WORDS = 2
"""Of a neuron whose crossbar is used several times: its sample and its state, each as wide as a partial sum."""

Integers = npt.NDArray[np.integer[Any]]


def use_violations(clustering: Clustering) -> list[Violation]:
    """Uses that do not make up their clusters."""
    uses = clustering.uses
    if uses is None:
        return []
    number = len(uses.row_ptr) - 1
    ends = {
        "uses without rows or columns": number != len(uses.column_ptr) - 1 or number != uses.ptr[-1],
        "clusters without uses": len(uses.ptr) != clustering.clusters + 1 or bool(np.any(np.diff(uses.ptr) < 1)),
        "lines for other entries than there are": len(uses.row_line) != len(clustering.row_source)
        or len(uses.column_line) != len(clustering.column_neuron),
    }
    wrong = [said for said, is_so in ends.items() if is_so]
    if not wrong and not (
        np.array_equal(uses.row_ptr[uses.ptr], clustering.row_ptr)
        and np.array_equal(uses.column_ptr[uses.ptr], clustering.column_ptr)
        and np.all(np.diff(uses.row_ptr) >= 0)
        and np.all(np.diff(uses.column_ptr) >= 0)
    ):
        wrong = ["uses that are no parts of their clusters"]
    return [Violation("cluster-shape", "uses", said, "uses make up their clusters") for said in wrong]


def reuse_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Broken rules of clusters that are used several times, of a mapping whose shapes are right."""
    clustering, network = mapping.clustering, graph.network
    if clustering.uses is None:
        return []
    wrong: list[Violation] = []
    level, several = network.level_of(), np.flatnonzero(np.diff(clustering.use_ptr) > 1)
    for k in several.tolist():
        neuron = clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]]
        if len(np.unique(neuron)) < len(neuron):
            wrong.append(Violation("reuse", f"cluster {k}", "a neuron in two of its uses", "one use alone has it"))
        if len(np.unique(level[neuron])) > 1:
            wrong.append(Violation("reuse", f"cluster {k}", "neurons of several levels", "they are read at once"))
    wrong += _cells(mapping, network)
    return wrong[:SHOWN] + _memory(mapping, hardware, several)


def _cells(mapping: Mapping, network: Network) -> list[Violation]:
    """Cells that two uses want to be different."""
    clustering, wiring = mapping.clustering, mapping.wiring
    wrong: list[Violation] = []
    shape = (int(wiring.row.max(initial=0)) + 1, int(wiring.column.max(initial=0)) + 1)
    block, of = np.full(shape, np.nan), -1
    for use in _synapses_by_use(network, clustering):
        if use.cluster != of:
            block, of = np.full(shape, np.nan), use.cluster
        at = np.ix_(wiring.row[use.rows], wiring.column[use.columns])
        content = np.zeros((use.rows.stop - use.rows.start, use.columns.stop - use.columns.start))
        content[use.row, use.column] = network.weight[use.synapse]
        held = block[at]
        for i, j in zip(*np.nonzero(~np.isnan(held) & (held != content)), strict=True):
            where = f"row {at[0][i, 0]}, column {at[1][0, j]}"
            said = f"{where} is {held[i, j]:g} in one use and {content[i, j]:g} in another"
            wrong.append(Violation("reuse", f"cluster {use.cluster}", said, "a cell holds one weight"))
            if len(wrong) == SHOWN:
                return wrong
        block[at] = content
    return wrong


def lines_in_use(mapping: Mapping) -> tuple[Integers, Integers]:
    """Rows and columns of every crossbar on which an entry stands, int64 (K,) each."""
    clustering, wiring = mapping.clustering, mapping.wiring
    sides = ((clustering.row_ptr, wiring.row), (clustering.column_ptr, wiring.column))
    if clustering.uses is None:
        return np.diff(sides[0][0]), np.diff(sides[1][0])
    rows, columns = (np.array([len(np.unique(line[a:b])) for a, b in pairwise(ptr)], np.int64) for ptr, line in sides)
    return rows, columns


class _Use(NamedTuple):
    """Synapses of one use, with row and column counted from the first of the use."""

    cluster: int
    rows: slice
    columns: slice
    row: Integers
    column: Integers
    synapse: Integers


def _synapses_by_use(network: Network, clustering: Clustering) -> Iterator[_Use]:
    """Every use of a cluster that has several."""
    place = np.full(network.sources, -1, np.int64)
    several = np.diff(clustering.use_ptr) > 1
    for k in np.flatnonzero(several).tolist():
        for use in range(clustering.use_ptr[k], clustering.use_ptr[k + 1]):
            rows = slice(int(clustering.use_row_ptr[use]), int(clustering.use_row_ptr[use + 1]))
            columns = slice(int(clustering.use_column_ptr[use]), int(clustering.use_column_ptr[use + 1]))
            source, neuron = clustering.row_source[rows], clustering.column_neuron[columns]
            count = np.diff(network.indptr)[source]
            row = np.repeat(np.arange(len(source)), count)
            synapse = np.arange(len(row)) + np.repeat(network.indptr[source] - np.cumsum(count) + count, count)
            place[neuron] = np.arange(len(neuron))
            column = place[network.post[synapse]]
            place[neuron] = -1
            here = column >= 0
            yield _Use(k, rows, columns, row[here], column[here], synapse[here])


def reused_cells(network: Network, clustering: Clustering) -> Integers:
    """Programmed cells of every crossbar, those of several uses once, int64 (K,); lines as the clustering has them."""
    uses = clustering.uses
    assert uses is not None
    of_use = np.repeat(np.arange(clustering.clusters), np.diff(uses.ptr))
    parts = [np.zeros((3, 0), np.int64)]
    alone = np.diff(uses.ptr) == 1
    for use in _synapses_by_use(network, clustering):
        row, column = uses.row_line[use.rows][use.row], uses.column_line[use.columns][use.column]
        parts.append(np.stack([np.full(len(row), use.cluster), row, column]))
    cells = np.bincount(distinct_columns(np.concatenate(parts, axis=1))[0], minlength=clustering.clusters)
    for only in np.flatnonzero(alone[of_use]).tolist():
        source = clustering.row_source[uses.row_ptr[only] : uses.row_ptr[only + 1]]
        neuron = clustering.column_neuron[uses.column_ptr[only] : uses.column_ptr[only + 1]]
        post = np.concatenate([network.post[network.indptr[s] : network.indptr[s + 1]] for s in source] or [neuron[:0]])
        cells[of_use[only]] = int(np.isin(post, neuron).sum())
    return cells


def _memory(mapping: Mapping, hardware: Hardware, several: Integers) -> list[Violation]:
    """Tiles whose memory does not hold what the columns of crossbars that are used several times cannot."""
    tile = mapping.placement.tile.astype(np.int64)
    home = mapping.clustering.home[np.isin(mapping.clustering.home, several)]
    bits = np.bincount(tile[home], minlength=hardware.tiles) * (WORDS * int(hardware["sum_bits"]))
    room = int(hardware["memory_bits"])
    return [
        Violation("reuse", f"tile {t}", f"samples and states of its neurons take {bits[t]} bits", f"it holds {room}")
        for t in np.flatnonzero(bits > room)[:SHOWN].tolist()
    ]
