"""The `reuse` rule of `verify`: a crossbar that is used several times a step holds one block of weights for all uses.

Whatever a use drives and reads, it finds the cells that the others find: wherever two uses share a row and a column,
both must want the same weight there, or both none. Its neurons are of one level, a neuron is in one use alone, and
samples and states of its neurons, which no column holds then, must fit the memory of their tile.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, Network, SpikeGraph, Violation, Wiring

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


def reuse_violations(
    mapping: Mapping, graph: SpikeGraph, hardware: Hardware, clashes: Sequence[Violation]
) -> list[Violation]:
    """Broken rules of clusters that are used several times, of a mapping whose shapes are right.

    `clashes`: cells that two uses want different, as the recount found them.
    """
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
    wrong += clashes
    return wrong[:SHOWN] + _memory(mapping, hardware, several)


def lines_in_use(mapping: Mapping) -> tuple[Integers, Integers]:
    """Rows and columns of every crossbar on which an entry stands, int64 (K,) each."""
    clustering, wiring = mapping.clustering, mapping.wiring
    sides = ((clustering.row_ptr, wiring.row), (clustering.column_ptr, wiring.column))
    if clustering.uses is None:
        return np.diff(sides[0][0]), np.diff(sides[1][0])
    rows, columns = (np.array([len(np.unique(line[a:b])) for a, b in pairwise(ptr)], np.int64) for ptr, line in sides)
    return rows, columns


class Contents:
    """Crossbars that are used several times, filled use by use: their cells, and those that two uses want different.

    Lines are numbered anew for every cluster, so that a file may say any.
    """

    def __init__(self, network: Network, clustering: Clustering, wiring: Wiring | None) -> None:
        self.clashes: list[Violation] = []
        """`reuse` violations of cells, the first few."""
        self._weight, self._clustering, self._wiring = network.weight, clustering, wiring
        self._of = -1
        self._cells: npt.NDArray[np.bool_] = np.zeros((0, 0), bool)
        self._held: npt.NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._line: list[Integers] = []
        self._wire: list[Integers] = []
        self.cells: Integers = np.zeros(clustering.clusters, np.int64)
        """(K,) programmed cells of every crossbar, those of several uses once."""

    def add(self, use: int, cluster: int, found: tuple[Integers, Integers, Integers]) -> None:
        """A use, clusters ascending; `found`: row and column, from the first of the use, and number of its synapses."""
        clustering, (row, column, synapse) = self._clustering, found
        if clustering.uses is None or clustering.use_ptr[cluster + 1] - clustering.use_ptr[cluster] == 1:
            self.cells[cluster] = len(synapse)
            return
        if cluster != self._of:
            self._start(cluster)
        rows, columns = (
            slice(int(ptr[use] - ptr[first]), int(ptr[use + 1] - ptr[first]))
            for ptr in (clustering.use_row_ptr, clustering.use_column_ptr)
            for first in (clustering.use_ptr[cluster],)
        )
        self._cells[self._line[0][rows][row], self._line[1][columns][column]] = True
        self.cells[cluster] = np.count_nonzero(self._cells)
        if self._wiring is None or len(self.clashes) == SHOWN:
            return
        at = np.ix_(self._wire[0][rows], self._wire[1][columns])
        content = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        content[row, column] = self._weight[synapse]
        held = self._held[at]
        wrong = ~np.isnan(held) & (held != content)
        if wrong.any():
            self._clash(cluster, (rows, columns), np.argwhere(wrong), (held, content))
        self._held[at] = content

    def _start(self, cluster: int) -> None:
        """An empty crossbar."""
        clustering, uses = self._clustering, self._clustering.uses
        assert uses is not None
        own = clustering.rows_of(cluster), clustering.columns_of(cluster)
        self._line = [_numbered(line[some]) for line, some in zip((uses.row_line, uses.column_line), own, strict=True)]
        self._cells = np.zeros([int(line.max(initial=-1)) + 1 for line in self._line], bool)
        if self._wiring is not None:
            wires = self._wiring.row, self._wiring.column
            self._wire = [_numbered(line[some]) for line, some in zip(wires, own, strict=True)]
            size = [int(line.max(initial=-1)) + 1 for line in self._wire]
            self._held = np.full(size, np.nan, np.float32)
        self._of = cluster

    def _clash(self, cluster: int, lines: tuple[slice, slice], places: Integers, found: tuple[Any, Any]) -> None:
        """Name the first places where a use does not find what it wants."""
        assert self._wiring is not None
        clustering = self._clustering
        row = self._wiring.row[clustering.rows_of(cluster)][lines[0]]
        column = self._wiring.column[clustering.columns_of(cluster)][lines[1]]
        for i, j in places[: SHOWN - len(self.clashes)].tolist():
            where = f"row {row[i]}, column {column[j]}"
            said = f"{where} is {found[0][i, j]:g} in one use and {found[1][i, j]:g} in another"
            self.clashes.append(Violation("reuse", f"cluster {cluster}", said, "a cell holds one weight"))


def _numbered(line: Integers) -> Integers:
    """Lines by rank."""
    return np.unique(line, return_inverse=True)[1].reshape(-1)


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
