"""The run of one frame on the mapped chip: spikes drive rows, columns add, partial sums are merged, homes fire.

Takes another route than `kernels.executor` from a spike to a neuron's input, and shares only the neuron update with it.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.executor import Layers, grown
from snnmap.simulate.kernels.neurons import NeuronState, Rule, update


class Crossbars(NamedTuple):
    """Programmed cells of all crossbars; rows and columns are entries of the clustering."""

    row_ptr: I64
    """(N + 1,) rows that each source drives."""
    row: I64
    cell_ptr: I64
    """(rows + 1,) cells of every row."""
    column: I32
    weight: F32
    grid: F64
    """(columns,) grid of the sums of every column."""
    column_ptr: I64
    """(neurons + 1,) columns that are merged for each neuron."""
    columns: I64
    biases: I64
    """Sources that are driven in every step."""


@njit
def drive(crossbars: Crossbars, source: int, value: float, total: F64) -> None:
    """Add what `source` emits to the column sums `total` of every crossbar that has a row for it."""
    for r in range(crossbars.row_ptr[source], crossbars.row_ptr[source + 1]):
        row = crossbars.row[r]
        for cell in range(crossbars.cell_ptr[row], crossbars.cell_ptr[row + 1]):
            c = crossbars.column[cell]
            product = crossbars.weight[cell] * value
            total[c] += np.rint(product / crossbars.grid[c]) * crossbars.grid[c]


@njit
def merge(crossbars: Crossbars, first: int, stop: int, total: F64, acc: F64) -> None:
    """Add up the column sums of neurons `first` to `stop` - 1 at their homes, and clear them."""
    for j in range(first, stop):
        for k in range(crossbars.column_ptr[j], crossbars.column_ptr[j + 1]):
            c = crossbars.columns[k]
            acc[j] += total[c]
            total[c] = 0.0


@njit
def replay_frame(
    crossbars: Crossbars,
    layers: Layers,
    rule: Rule,
    state: NeuronState,
    steps: int,
    stimulus: tuple[I32, I32, F32],
) -> tuple[I32, I32, F32]:
    """Run one frame from `state`, which is changed; arguments and result as `executor.run_frame`."""
    in_step, in_source, in_value = stimulus
    neurons = len(layers.bias)
    externals = len(crossbars.row_ptr) - 1 - neurons
    acc, out = np.zeros(neurons), np.zeros(neurons)
    total = np.zeros(len(crossbars.grid))
    step = np.empty(neurons + 2 * len(in_step), np.int32)
    source = np.empty(len(step), np.int32)
    value = np.empty(len(step), np.float32)
    used, read = int(np.int64(0)), 0
    for t in range(steps):
        start = used
        arrived = int(np.searchsorted(in_step, t, side="right"))
        room = used + arrived - read + neurons
        step, source, value = grown(step, used, room), grown(source, used, room), grown(value, used, room)
        for b in crossbars.biases:
            drive(crossbars, b, 1.0, total)
        while read < arrived:
            drive(crossbars, in_source[read], np.float64(in_value[read]), total)
            source[used], value[used] = in_source[read], in_value[read]
            used += 1
            read += 1
        p = 0
        while p < len(layers.model):
            last = p
            while last < len(layers.model) and layers.level[last] == layers.level[p]:
                first, stop = layers.first[last], layers.stop[last]
                merge(crossbars, first, stop, total, acc)
                update(layers.model[last], rule, first, stop, state, acc, out)
                last += 1
            for j in range(layers.first[p], layers.stop[last - 1]):
                if out[j] == 0.0:
                    continue
                drive(crossbars, externals + j, out[j], total)
                source[used], value[used] = externals + j, out[j]
                used += 1
            p = last
        step[start:used] = t
    return step[:used].copy(), source[:used].copy(), value[:used].copy()
