"""What crossbars that are used several times a step are in themselves: each row, column and cell once.

Everything that concerns arrays (currents, heat, wear, wiring) asks for rows, columns and cells of a crossbar, and how
often each row is read. A block of weights that is used U times has those once, with the reads of all its uses. So the
clustering is *folded*: its rows become sources of a stand-in graph, its columns neurons, its cells synapses, spikes
those of all uses. What travels and what is converted stays that of the clustering itself.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from snnmap.analysis.cells import Cells, part_of
from snnmap.analysis.lines import Lines, column_lines, row_lines
from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F32, F64, I64, frozen, offsets, row_of_entry
from snnmap.ir import Clustering, Network, Population, SpikeGraph, Traffic, Wiring


@dataclass(frozen=True, eq=False)
class Folded(ClusteringView):
    """View of crossbars in themselves; messages and conversions are those of the clustering that was folded."""

    whole: ClusteringView | None = None
    lines: tuple[Lines, Lines] | None = None
    """Rows and columns of the entries of `whole`."""
    synapse: I64 | None = None
    """Of every synapse of the stand-in graph, one that its cell stands for."""

    @property
    def _of(self) -> ClusteringView:
        assert self.whole is not None
        return self.whole

    @property
    def _lines(self) -> tuple[Lines, Lines]:
        assert self.lines is not None
        return self.lines

    @cached_property
    def share(self) -> F64:
        """What each cell is programmed to, 0 to 1."""
        assert self.synapse is not None
        return self._of.share_of(self.synapse)

    @property
    def partial_messages(self) -> I64:
        """Partial sums that every column sends in all its uses."""
        return _summed(self._lines[1], self._of.partial_messages)

    @property
    def row_company(self) -> F64:
        """As of the clustering that was folded, which is of rows already."""
        return self._of.row_company

    @property
    def columns_read(self) -> I64:
        """Columns that are read in all uses."""
        return self._of.columns_read

    @property
    def traffic(self) -> Traffic:
        """Messages of the clustering that was folded."""
        return self._of.traffic

    def weight_of(self, cells: Cells) -> F32:
        """What stands in the crossbar for each of `cells`, those of the clustering that was folded, in all its uses."""
        rows, columns = self._lines
        network = self.graph.network
        source = self.clustering.row_source[rows.number[cells.row()]]
        key = source.astype(np.int64) * network.sources + self.clustering.column_neuron[columns.number[cells.column]]
        own = row_of_entry(network.indptr) * network.sources + network.post
        return network.weight[np.searchsorted(own, key)]

    def contracted(self, wiring: Wiring) -> Wiring:
        """Lines of rows and columns, of a wiring of the clustering that was folded."""
        rows, columns = self._lines
        row, column = np.zeros(int(rows.ptr[-1]), np.int32), np.zeros(int(columns.ptr[-1]), np.int32)
        row[rows.number], column[columns.number] = wiring.row, wiring.column
        return Wiring(row, column)

    def expanded(self, wiring: Wiring) -> Wiring:
        """Wiring of the clustering that was folded, of one of its crossbars' rows and columns."""
        rows, columns = self._lines
        return Wiring(wiring.row[rows.number], wiring.column[columns.number])


def _summed(lines: Lines, values: I64) -> I64:
    total = np.zeros(int(lines.ptr[-1]), np.int64)
    np.add.at(total, lines.number, values)
    return total


def folded(view: ClusteringView) -> Folded:
    """Crossbars of a clustering some of which are used more than once, as one whose crossbars are used once."""
    graph, clustering = view.graph, view.clustering
    rows, columns = row_lines(graph, clustering), column_lines(graph, clustering)
    bias = np.zeros(int(rows.ptr[-1]), bool)
    bias[rows.number] = graph.network.is_bias()[clustering.row_source]
    source = np.argsort(np.argsort(bias, kind="stable"), kind="stable")  # lines to ids, biases behind
    neuron, population = _neurons(view, columns, len(bias))
    network, synapse = _network(view, (rows, columns), (source, neuron), population, int(bias.sum()))
    at_home = clustering.home[clustering.column_neuron - graph.network.externals] == row_of_entry(clustering.column_ptr)

    def of_lines(values: I64) -> I64:
        total = np.zeros(network.sources, np.int64)
        np.add.at(total, source[rows.number], values[clustering.row_source])
        np.add.at(total, neuron[columns.number], np.where(at_home, values[clustering.column_neuron], 0))
        return total

    stand_in = SpikeGraph(
        network=network,
        spikes=of_lines(graph.spikes),
        worst_frame=of_lines(graph.worst_frame),
        worst_step=of_lines(graph.worst_step.astype(np.int64)).astype(np.int32),
        active_steps=of_lines(graph.active_steps),
        frames=graph.frames,
        steps=graph.steps,
        dt=graph.dt,
        events=None,
        accuracy=graph.accuracy,
    )
    return Folded(
        graph=stand_in,
        clustering=_clustering(rows, columns, source, neuron, network.externals),
        near=None if view.near is None else _near(view, columns, neuron, network),
        whole=view,
        lines=(rows, columns),
        synapse=synapse,
    )


def _neurons(view: ClusteringView, columns: Lines, first: int) -> tuple[I64, I64]:
    """Id of every column among the sources of the stand-in graph, and its population in the network."""
    population = np.zeros(int(columns.ptr[-1]), np.int64)
    population[columns.number] = view.graph.network.population_of()[view.clustering.column_neuron]
    order = np.argsort(population, kind="stable")
    neuron = np.empty(len(order), np.int64)
    neuron[order] = np.arange(first, first + len(order))
    return neuron, population


def _network(
    view: ClusteringView, lines: tuple[Lines, Lines], ids: tuple[I64, I64], population: I64, biases: int
) -> tuple[Network, I64]:
    """Rows as sources, columns as neurons, cells as synapses; and a synapse of every cell."""
    network, (source, neuron) = view.graph.network, ids
    row, column, synapse = _cells(view, *lines)
    order = np.lexsort((neuron[column], source[row]))
    pre, post, synapse = source[row][order], neuron[column][order], synapse[order]
    count = len(source)
    populations = [Population("rows", "input", "input", 0, (count - biases,), 0)] if count > biases else []
    if biases:
        populations.append(Population("biases", "bias", "bias", count - biases, (biases,), 0))
    first, grid = count, [1.0] * len(populations)
    for index in np.unique(population).tolist():
        own, size = network.populations[index], int(np.count_nonzero(population == index))
        some = {key: np.broadcast_to(np.float64(value.flat[0]), (size,)) for key, value in own.parameters.items()}
        levels = {"levels": own.levels, "step": own.step}
        populations.append(Population(own.name, own.kind, own.model, first, (size,), own.level, some, **levels))
        grid.append(float(network.grid[index]))
        first += size
    indptr = offsets(np.bincount(pre, minlength=first))
    weight = network.weight[synapse]
    return Network(tuple(populations), indptr, post.astype(np.int32), weight, np.array(grid), ()), synapse


def _cells(view: ClusteringView, rows: Lines, columns: Lines) -> tuple[I64, I64, I64]:
    """Row, column and a synapse of every cell, the first of the first use that has one there."""
    from snnmap.analysis.kernels.cells import first_synapses

    network, clustering = view.graph.network, view.clustering
    count, wide = np.diff(clustering.use_ptr), np.diff(columns.ptr)
    room = offsets(np.where(count > 1, np.diff(rows.ptr) * wide, 0))
    held = np.full(int(room[-1]), -1, np.int64)
    synapses = network.indptr, network.post, np.full(network.sources, -1, np.int32)
    row_entries = clustering.use_row_ptr, clustering.row_source
    column_entries = clustering.use_column_ptr, clustering.column_neuron
    first_synapses(*synapses, clustering.use_ptr, *row_entries, *column_entries, *rows, *columns, room, held)
    at = np.flatnonzero(held >= 0)
    cluster = np.searchsorted(room, at, side="right") - 1
    row, column = np.divmod(at - room[cluster], wide[cluster])
    found = [(rows.ptr[cluster] + row, columns.ptr[cluster] + column, held[at])]
    for use in clustering.use_ptr[:-1][count == 1].tolist():
        part = part_of(network, clustering, use, use + 1)
        row, column = rows.number[part.rows][part.cells.row()], columns.number[part.columns][part.cells.column]
        found.append((row, column, part.cells.synapse))
    row, column, synapse = (np.concatenate(each) for each in zip(*found, strict=True))
    return row, column, synapse


def _clustering(rows: Lines, columns: Lines, source: I64, neuron: I64, externals: int) -> Clustering:
    home = np.zeros(len(neuron), np.int32)
    home[neuron - externals] = row_of_entry(columns.ptr)
    return Clustering(rows.ptr, frozen(source, np.int32), columns.ptr, frozen(neuron, np.int32), home)


def _near(view: ClusteringView, columns: Lines, neuron: I64, network: Network) -> F64:
    """How often the neurons of every column are near their thresholds, each shared out by what its columns drive it."""
    assert view.near is not None
    graph, clustering = view.graph, view.clustering
    own = clustering.column_neuron - graph.network.externals
    drive = np.zeros(len(own))
    for part in view.parts():
        spikes = graph.spikes[clustering.row_source[part.rows]][part.cells.row()]
        np.add.at(drive[part.columns], part.cells.column, spikes * view.share_of(part.cells.synapse))
    whole = np.bincount(own, drive, graph.network.neurons)[own]
    shared = np.divide(view.near[own] * drive, whole, out=np.zeros(len(own)), where=whole > 0)
    near = np.zeros(network.neurons)
    np.add.at(near, neuron[columns.number] - network.externals, shared)
    return near
