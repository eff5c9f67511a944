"""Random crossbars, and the weakest cell of a wiring counted cell by cell."""

from dataclasses import replace

import numpy as np
from support.machines import mesh

from snnmap.analysis.view import ClusteringView
from snnmap.ir import Clustering, Network, Population, SpikeGraph
from snnmap.physics.thermal import Sheet
from snnmap.stages.protocols import CellError, CellPower, ErrorModel, Run, WiringProblem


def crossbars(rng, shapes, density):
    """Graph and clustering of separate crossbars (rows, columns), and their cells as boolean arrays."""
    inputs, neurons = sum(r for r, _ in shapes), sum(c for _, c in shapes)
    row_ptr, column_ptr = np.cumsum([0] + [r for r, _ in shapes]), np.cumsum([0] + [c for _, c in shapes])
    full = np.zeros((inputs, neurons), bool)
    for k, (r, c) in enumerate(shapes):
        block = rng.random((r, c)) < density
        full[row_ptr[k] : row_ptr[k + 1], column_ptr[k] : column_ptr[k + 1]] = block
    source, neuron = np.nonzero(full)
    indptr = np.searchsorted(source, np.arange(inputs + neurons + 1))
    populations = (
        Population("in", "input", "input", 0, (inputs,), 0),
        Population("n", "neuron", "recorded", inputs, (neurons,), 1),
    )
    network = Network(populations, indptr, neuron + inputs, np.ones(len(neuron)), np.ones(2), (1,))
    spikes = rng.integers(1, 40, inputs + neurons)
    graph = SpikeGraph(network, spikes, spikes, spikes, spikes, 1, 100, 1e-3, None, None)
    home = np.repeat(np.arange(len(shapes)), [c for _, c in shapes])
    clustering = Clustering(row_ptr, np.arange(inputs), column_ptr, np.arange(neurons) + inputs, home)
    return graph, clustering, full


def weakest(quality, cells, activity, row, column):
    """Least quality / activity over programmed cells, cell by cell."""
    return min(
        quality[row[i]][column[j]] / activity[i] for i in range(len(row)) for j in range(len(column)) if cells[i][j]
    )


def disturbing(graph, clustering):
    """What disturbs crossbars of cells that conduct alike and count as often as their rows spike, in whole numbers."""
    view = ClusteringView(graph, clustering)

    def held(k):
        first, stop = clustering.row_ptr[k : k + 2]
        cells = np.zeros((stop - first, clustering.column_ptr[k + 1] - clustering.column_ptr[k]))
        of_row = np.repeat(np.arange(stop - first), np.diff(view.cells.ptr[first : stop + 1]))
        own = slice(view.cells.ptr[first], view.cells.ptr[stop])
        cells[of_row, view.cells.column[own] - clustering.column_ptr[k]] = 1.0
        return cells, cells * graph.spikes[clustering.row_source[first:stop]][:, None]

    def model(k):
        cells, counts = held(k)
        return ErrorModel(columns=2.0 * counts.T @ cells, rows=counts @ cells.T)

    def exact(k, lines):
        return modelled(model(k), *lines)

    return CellError(model, exact)


def modelled(model, rows, columns):
    """The sum over pairs that `ErrorModel` states, pair by pair, rows counted from line 99 up."""
    total = 0.0
    for i, mine in enumerate(rows):
        for k, other in enumerate(rows):
            total += model.rows[i, k] * (99 - max(mine, other))
    for j, mine in enumerate(columns):
        for k, other in enumerate(columns):
            total += model.columns[j, k] * (1 + min(mine, other))
    for content, place in model.pairs:
        for i, r in enumerate(rows):
            for j, c in enumerate(columns):
                total += content[i, j] * place[r, c]
    return float(total)


def wired(algorithm, graph, clustering, quality, *, seed=0, progress=None, stirred=None):
    """Wiring by `algorithm` on crossbars of the shape of `quality`."""
    rows, columns = quality.shape
    place = 1.0 / (1.0 + 0.1 * np.add.outer(np.arange(rows), 2.0 * np.arange(columns))) ** 2
    power = CellPower(None, 0.0, place, Sheet(1.0, 2.0, 3.0))
    machine = mesh(2, 2, rows=rows, columns=columns)
    problem = WiringProblem(ClusteringView(graph, clustering), machine, quality, lambda: (power,), stirred)
    problem = replace(problem, error=lambda: disturbing(graph, clustering))
    return algorithm(problem, Run(np.random.default_rng(seed), progress))
