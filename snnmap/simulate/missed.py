"""A network as cells hold it that miss their targets: one error for every use of a cell, other cells where none is.

A weight is the difference of two cells, one for each sign, of a share of g_max each; every cell misses by a normal
deviate of a stated share of g_max, and no conductance is negative. A cell that is used for several positions is wrong
by the same amount in all of them; a cell without a synapse, in a row and a column in use, is left at g_min and misses
as any other. The result is an ordinary network, which the profiler runs. Knows no time: nothing drifts.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.cells import largest_weights
from snnmap.core.arrays import F64, I32, I64, Bool, ranges
from snnmap.core.exact import grid_of, on_grid
from snnmap.core.run import stream
from snnmap.ir import Network


class Held(NamedTuple):
    """Rows and columns of a crossbar in each of its uses."""

    name: str
    """Of the stream of its errors: equal crossbars of equal names err alike."""
    sources: I64
    """(uses, rows) source, or -1."""
    neurons: I64
    """(uses, columns) neuron, or -1."""


class Miss(NamedTuple):
    """How cells miss."""

    spread: float
    """Standard deviation, a share of g_max."""
    off: bool
    """Whether cells without a synapse are devices, too."""
    floor: float
    """g_min over g_max."""


def missed(network: Network, held: Sequence[Held], miss: Miss, seed: int) -> Network:
    """`network` with the weights that crossbars have in their cells.

    Parameters
    ----------
    network
        As trained.
    held
        Crossbars, in which every synapse is realised in one use of one.
    miss
        By how much cells miss, and which there are.
    seed
        Of the errors; with a crossbar's name it gives its cells.
    """
    from scipy.sparse import coo_array, csr_array

    full, index = largest_weights(network), network.population_of()
    pairs = np.zeros((len(full), len(full)), bool)
    pairs[np.repeat(index, np.diff(network.indptr)), index[network.post]] = True
    parts = [_cells(network, block, miss, stream(seed, f"cells of {block.name}"), full, pairs) for block in held]
    source, neuron, weight = (np.concatenate([part[k] for part in parts]) for k in range(3))
    size = (network.sources, network.sources)
    made = csr_array(coo_array((weight, (source, neuron)), shape=size))
    made.sum_duplicates()
    target = index[made.indices]
    grid = np.array([grid_of(float(np.abs(made.data[target == k]).max(initial=0.0))) for k in range(len(full))])
    return Network(
        tuple(replace(p, levels=0) for p in network.populations),
        made.indptr.astype(np.int64),
        made.indices.astype(np.int32),
        on_grid(made.data / grid[target], 1.0) * grid[target],
        grid,
        network.outputs,
    )


def _cells(
    network: Network, block: Held, miss: Miss, rng: np.random.Generator, full: F64, pairs: Bool
) -> tuple[I64, I64, F64]:
    """Source, neuron and weight of every crossing of a crossbar that counts, use by use."""
    uses = [_realised(network, rows, columns) for rows, columns in zip(block.sources, block.neurons, strict=True)]
    share = np.zeros((block.sources.shape[1], block.neurons.shape[1]))
    index = network.population_of()
    for row, column, weight, neuron in uses:
        share[row, column] = weight / np.where(full > 0, full, 1.0)[index[neuron]]
    value = _weighed(share, miss, rng)
    found: list[tuple[I64, I64, F64]] = []
    for use, sources, neurons in zip(uses, block.sources, block.neurons, strict=True):
        row, column = _crossings(sources, neurons, index, pairs) if miss.off else use[:2]
        found.append((sources[row], neurons[column], value[row, column] * full[index[neurons[column]]]))
    source, neuron, weight = (np.concatenate(part) for part in zip(*found, strict=True))
    return source, neuron, weight


def _crossings(sources: I64, neurons: I64, index: I32, pairs: Bool) -> tuple[I64, I64]:
    """Row and column of every cell that a neuron gets current from: of a population that it hears at all.

    Columns of other populations are read in steps of their own.
    """
    inside = (sources >= 0)[:, np.newaxis] & (neurons >= 0)
    row, column = np.nonzero(inside & pairs[index[sources]][:, index[neurons]])
    return row, column


def _weighed(share: F64, miss: Miss, rng: np.random.Generator) -> F64:
    """What pairs of cells stand for that were to hold the signed shares, errors and all."""
    halves = np.stack([np.maximum(share, 0.0), np.maximum(-share, 0.0)])
    goal = miss.floor + halves * (1.0 - miss.floor)
    made = np.maximum(goal + miss.spread * rng.standard_normal(goal.shape), 0.0)
    weighed: F64 = (made[0] - made[1]) / (1.0 - miss.floor)
    return weighed


def _realised(network: Network, sources: I64, neurons: I64) -> tuple[I64, I64, F64, I64]:
    """Row, column, weight and neuron of every synapse between what drives rows and what columns are for."""
    column_of = np.full(network.sources + 1, -1, np.int64)  # one more, where columns that are for nothing go
    column_of[neurons] = np.arange(len(neurons))
    row = np.flatnonzero(sources >= 0)
    first = network.indptr[sources[row]]
    count = network.indptr[sources[row] + 1] - first
    entry = ranges(first, count)
    column = column_of[network.post[entry]]
    mine = column >= 0
    weight = network.weight[entry[mine]].astype(np.float64)
    return np.repeat(row, count)[mine], column[mine], weight, network.post[entry[mine]].astype(np.int64)
