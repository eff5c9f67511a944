"""One pass over all crossbars: which synapses each realises, who is heard where, how often a column can send.

The pass goes column by column: the inputs of every neuron on a crossbar, kept if the crossbar has a row for them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import distinct_columns
from snnmap.ir import Clustering, Network, SpikeGraph, Violation, Wiring
from snnmap.legality.reuse import Contents

Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Recount:
    """What a clustering realises. S synapses, K clusters, C column entries, H distinct (cluster, source, level)."""

    realised: Integers
    """(S,) crossbars that realise each synapse; 1 is legal."""
    cells: Integers
    """(K,) programmed cells of every crossbar: its synapses, those of several uses once."""
    driven_cluster: Integers
    driven_use: Integers
    driven_source: Integers
    driven_level: Integers
    """(D,) in this use of this cluster a column of this level has a synapse from this source; ascending."""
    heard_cluster: Integers
    heard_source: Integers
    heard_level: Integers
    """(H,) the same in any use of the cluster; ascending."""
    busiest_input: Integers
    """(C,) active steps of the busiest input that each column has here, biases aside."""
    all_inputs: Integers
    """(C,) active steps of all of them, added up."""
    input_ptr: Integers
    input_source: Integers
    """(C + 1,), (I,) every input that each column has here, biases aside; I = 0 if the profile kept no events."""
    clashes: list[Violation]
    """Cells that two uses of a crossbar want different, the first few, if lines were given."""


def recount(graph: SpikeGraph, clustering: Clustering, wiring: Wiring | None = None) -> Recount:
    """Recount of a clustering whose ids exist and are distinct within each cluster; of its cells with a `wiring`."""
    network = graph.network
    level = network.level_of().astype(np.int64)
    bias = network.is_bias()
    listens = np.where(bias, 0, graph.active_steps)
    first, pre, entry = _by_target(network)
    fan_in = np.diff(first)
    realised = np.zeros(network.synapses, np.int32)
    contents = Contents(network, clustering, wiring if wiring is None or _fits(wiring, clustering) else None)
    columns_in_all = len(clustering.column_neuron)
    busiest_input, all_inputs = np.zeros(columns_in_all, np.int64), np.zeros(columns_in_all, np.int64)
    row_of = np.full(network.sources, -1, np.int64)
    heard: list[Integers] = [np.zeros((3, 0), np.int64)]
    inputs: list[Integers] = [np.zeros(0, np.int32)]
    count = np.zeros(columns_in_all, np.int64)
    of_use = np.repeat(np.arange(clustering.clusters), np.diff(clustering.use_ptr))
    for u, k in enumerate(of_use.tolist()):
        rows = clustering.row_source[clustering.use_row_ptr[u] : clustering.use_row_ptr[u + 1]]
        here = slice(clustering.use_column_ptr[u], clustering.use_column_ptr[u + 1])
        neurons = clustering.column_neuron[here]
        row_of[rows] = np.arange(len(rows))
        column, row, at = _inputs(pre, first[neurons], fan_in[neurons], row_of)
        row_of[rows] = -1
        synapse = entry[at]
        realised[synapse] += 1
        contents.add(u, k, (row, column, synapse))
        if graph.events is not None:
            own = ~bias[rows][row]
            inputs.append(rows[row[own]].astype(np.int32))
            count[here] = np.bincount(column[own], minlength=len(neurons))
        if len(column):  # columns ascend
            ends, steps = np.flatnonzero(np.diff(column, prepend=-1)), listens[rows][row]
            busiest_input[here][column[ends]] = np.maximum.reduceat(steps, ends)
            all_inputs[here][column[ends]] = np.add.reduceat(steps, ends)
        listening, levels = _pairs(row, level[neurons], column, len(rows))
        heard.append(np.stack([np.full(len(listening), u), rows[listening], levels]))
    return Recount(
        realised=realised,
        cells=contents.cells,
        clashes=contents.clashes,
        busiest_input=busiest_input,
        all_inputs=all_inputs,
        input_ptr=np.concatenate([[0], np.cumsum(count)]),
        input_source=np.concatenate(inputs),
        **_drives(np.concatenate(heard, axis=1), of_use, plain=clustering.uses is None),
    )


def _inputs(pre: Integers, first: Integers, fan_in: Integers, row_of: Integers) -> tuple[Integers, Integers, Integers]:
    """Column, row and place in `pre` of every input of neurons whose inputs start at `first`, if it has a row."""
    lists = [pre[a : a + n] for a, n in zip(first.tolist(), fan_in.tolist(), strict=True)]
    row = row_of[np.concatenate(lists or [pre[:0]])]
    kept = np.flatnonzero(row >= 0)
    column = np.repeat(np.arange(len(first)), fan_in)[kept]
    return column, row[kept], kept + (first - np.cumsum(fan_in) + fan_in)[column]


def _by_target(network: Network) -> tuple[Integers, Integers, Integers]:
    """Synapses by target, then source: first of every target (N + 1,), source of each (S,), its number (S,)."""
    from scipy.sparse import csr_array

    number = np.arange(network.synapses, dtype=np.int64 if network.synapses >= 2**31 else np.int32)
    by_source = csr_array((number, network.post, network.indptr), shape=(network.sources, network.sources))
    by_target = by_source.tocsc()
    return by_target.indptr.astype(np.int64), by_target.indices, by_target.data


def _fits(wiring: Wiring, clustering: Clustering) -> bool:
    """Whether every entry has a line, which the rule `wiring` asks for."""
    return len(wiring.row) == len(clustering.row_source) and len(wiring.column) == len(clustering.column_neuron)


def _drives(heard: Integers, of_use: Integers, *, plain: bool) -> dict[str, Integers]:
    """What is driven in which use, and what clusters hear: the same, each once."""
    use, source, level = (part.astype(np.int64) for part in heard)
    driven = np.stack([of_use[use], source, level])
    once = driven if plain else distinct_columns(driven)
    names = [f"{kind}_{part}" for kind in ("driven", "heard") for part in ("cluster", "source", "level")]
    return {"driven_use": use, **dict(zip(names, [*driven, *once], strict=True))}


def _pairs(row: Integers, level: Integers, column: Integers, rows: int) -> tuple[Integers, Integers]:
    """Distinct (row, level) pairs, ascending, of cells at `row` and `column`, columns being of `level`."""
    listens = np.zeros((rows, int(level.max(initial=0)) + 1), bool)
    if len(level) and np.all(level == level[0]):
        listens[row, level[0]] = True
    else:
        listens[row, level[column]] = True
    some, which = np.nonzero(listens)
    return some, which
