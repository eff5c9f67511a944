"""Random crossbars, and the weakest cell of a wiring counted cell by cell."""

import numpy as np
from support.machines import mesh

from snnmap.analysis.view import ClusteringView
from snnmap.ir import Clustering, Network, Population, SpikeGraph
from snnmap.physics.thermal import Sheet
from snnmap.stages.protocols import CellPower, Run, WiringProblem


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


def wired(algorithm, graph, clustering, quality, *, seed=0, progress=None, stirred=None):
    """Wiring by `algorithm` on crossbars of the shape of `quality`."""
    rows, columns = quality.shape
    place = 1.0 / (1.0 + 0.1 * np.add.outer(np.arange(rows), 2.0 * np.arange(columns))) ** 2
    power = CellPower(None, 0.0, place, Sheet(1.0, 2.0, 3.0))
    machine = mesh(2, 2, rows=rows, columns=columns)
    problem = WiringProblem(ClusteringView(graph, clustering), machine, quality, lambda: (power,), stirred)
    return algorithm(problem, Run(np.random.default_rng(seed), progress))
