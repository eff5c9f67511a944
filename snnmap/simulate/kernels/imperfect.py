"""One frame of the mapped chip on imperfect cells: every cell of a driven row counts, reads are noisy, sums digital.

Crossbars are dense here: a row drives all lines of its crossbar, also where no synapse is programmed. A *line* is what
one converter reads of one neuron column: one per slice. The neuron update is that of `kernels.neurons`.

Noise is drawn by counter, not in sequence: the normal number of a line in a step is a table entry that a hash of frame,
step and line picks (splitmix64: Steele, Lea, Flood, OOPSLA 2014), so no order of events or threads can change it.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.executor import Layers, grown
from snnmap.simulate.kernels.neurons import NeuronState, Rule, update

U64 = np.uint64
GOLDEN, FIRST, SECOND = U64(0x9E3779B97F4A7C15), U64(0xBF58476D1CE4E5B9), U64(0x94D049BB133111EB)
"""Constants of splitmix64."""
TABLE_BITS = 16
"""Normal numbers that noise is drawn from: 2^16 quantiles."""


class Array(NamedTuple):
    """What all crossbars do to what drives them; rows are entries of the clustering, lines stand cluster by cluster."""

    row_ptr: I64
    """(N + 1,) rows that each source drives."""
    row: I64
    first: I64
    """(rows,) first entry of `weight` of every row: one per line of its crossbar."""
    base: I64
    """(rows,) first line of its crossbar."""
    width: I64
    """(rows,) lines of its crossbar."""
    weight: F32
    """What a unit on the row adds to each line, in the unit of the neuron's weights."""
    variance: F32
    """Variance of that by the noise of one read; empty: reads are not noisy."""
    grid: F64
    """(lines,) grid that products are rounded to; empty: they are not."""
    gain: F64
    """(lines,) factor of what is read on each line; empty: 1."""
    offset: F64
    """(lines,) added to that whenever the line is read, in the unit of the neuron's weights; empty: 0."""
    step: F64
    """(lines,) step of the converter, 0: none."""
    limit: F64
    """(lines,) largest sum that it can tell; where sizes are counted, that of the last bin."""
    crossbar: I64
    """(lines,) cluster of every line."""
    line_ptr: I64
    """(neurons + 1,) lines that are added up for each neuron."""
    line: I64
    biases: I64
    """Sources that are driven in every step."""
    pulse: F64
    """(N,) step of the values that a source's rows can be driven with; 0: as they are."""


@njit
def drive(array: Array, source: int, value: float, total: F64, spread: F64) -> None:
    """Add what `source` emits to the lines: sums to `total`, variances to `spread`."""
    if array.pulse[source] > 0.0:
        value = np.rint(value / array.pulse[source]) * array.pulse[source]
    noisy = len(array.variance) > 0
    rounded = len(array.grid) > 0 and value != np.rint(value)
    square = value * value
    for r in range(array.row_ptr[source], array.row_ptr[source + 1]):
        row = array.row[r]
        first, base, width = array.first[row], array.base[row], array.width[row]
        weight, sums = array.weight[first : first + width], total[base : base + width]
        if rounded:
            grid = array.grid[base : base + width]
            for k in range(width):
                sums[k] += np.rint(weight[k] * value / grid[k]) * grid[k]
        else:
            for k in range(width):
                sums[k] += weight[k] * value
        if noisy:
            variance, spreads = array.variance[first : first + width], spread[base : base + width]
            for k in range(width):
                spreads[k] += variance[k] * square


@njit
def drawn(key: int, counter: int, normal: F64) -> float:
    """Entry of `normal` that belongs to `counter` under `key`."""
    z = U64(key) + (U64(counter) + U64(1)) * GOLDEN
    z = (z ^ (z >> U64(30))) * FIRST
    z = (z ^ (z >> U64(27))) * SECOND
    number: float = normal[np.int64((z ^ (z >> U64(31))) >> U64(64 - TABLE_BITS))]
    return number


@njit
def merge(
    array: Array,
    neurons: tuple[int, int],
    noise: tuple[int, int, F64],
    sums: tuple[F64, F64, F64],
    seen: tuple[F64, I64],
) -> None:
    """Read the lines of neurons `neurons` (first, stop) and add them up at their homes; lines are 0 afterwards.

    Parameters
    ----------
    noise
        Key of the frame, number of the first draw of this step, normal numbers.
    sums
        total, spread, and the neurons' inputs, which are added to.
    seen
        As in `imperfect_frame`.
    """
    key, counter, normal = noise
    total, spread, acc = sums
    peak, bins = seen
    for j in range(neurons[0], neurons[1]):
        for k in range(array.line_ptr[j], array.line_ptr[j + 1]):
            line = array.line[k]
            x = total[line]
            total[line] = 0.0
            if len(array.gain) > 0 and (x != 0.0 or spread[line] > 0.0):
                x = x * array.gain[line] + array.offset[line]
            if spread[line] > 0.0:
                x += np.sqrt(spread[line]) * drawn(key, counter + line, normal)
                spread[line] = 0.0
            peak[line] = max(peak[line], abs(x))
            if bins.shape[1] > 0 and x != 0.0:
                size = abs(x) / array.limit[line] * bins.shape[1]
                bins[array.crossbar[line], min(np.int64(size), bins.shape[1] - 1)] += 1
            if array.step[line] > 0.0:
                x = min(max(x, -array.limit[line]), array.limit[line])
                x = np.rint(x / array.step[line]) * array.step[line]
            acc[j] += x


@njit
def imperfect_frame(
    array: Array,
    layers: Layers,
    rule: Rule,
    state: NeuronState,
    steps: int,
    stimulus: tuple[I32, I32, F32],
    noise: tuple[int, F64],
    seen: tuple[F64, I64],
) -> tuple[I32, I32, F32]:
    """Run one frame from `state`, which is changed; arguments and result as `executor.run_frame`.

    Parameters
    ----------
    noise
        Key of the frame, and normal numbers (2^TABLE_BITS,).
    seen
        (lines,) the largest size of every line's sum before it is digitised, and (K, bins) how many sums of a crossbar
        have which size, without those of 0; both updated, the latter only if there are bins.
    """
    in_step, in_source, in_value = stimulus
    neurons = len(layers.bias)
    externals = len(array.row_ptr) - 1 - neurons
    acc, out = np.zeros(neurons), np.zeros(neurons)
    lines = len(array.step)
    total, spread = np.zeros(lines), np.zeros(lines)
    sums = (total, spread, acc)
    step = np.empty(neurons + 2 * len(in_step), np.int32)
    source = np.empty(len(step), np.int32)
    value = np.empty(len(step), np.float32)
    used, read = 0, 0
    for t in range(steps):
        start = used
        arrived = int(np.searchsorted(in_step, t, side="right"))
        room = used + arrived - read + neurons
        step, source, value = grown(step, used, room), grown(source, used, room), grown(value, used, room)
        for b in array.biases:
            drive(array, b, 1.0, total, spread)
        while read < arrived:
            drive(array, in_source[read], np.float64(in_value[read]), total, spread)
            source[used], value[used] = in_source[read], in_value[read]
            used += 1
            read += 1
        p = 0
        while p < len(layers.model):
            last = p
            while last < len(layers.model) and layers.level[last] == layers.level[p]:
                first, stop = layers.first[last], layers.stop[last]
                merge(array, (first, stop), (noise[0], t * lines, noise[1]), sums, seen)
                update(layers.model[last], rule, first, stop, state, acc, out)
                last += 1
            for j in range(layers.first[p], layers.stop[last - 1]):
                if out[j] == 0.0:
                    continue
                drive(array, externals + j, out[j], total, spread)
                source[used], value[used] = externals + j, out[j]
                used += 1
            p = last
        step[start:used] = t
    return step[:used].copy(), source[:used].copy(), value[:used].copy()
