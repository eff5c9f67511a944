"""The event-driven run of one frame: who emits walks its synapses, everyone else costs one neuron update.

Neurons here are numbered from 0; source ids are offset by the number of externals. Sums are exact (`arrays`), so the
order in which events are walked does not matter.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, F64, I32, I64, Bool
from snnmap.core.jit import njit
from snnmap.simulate.kernels.neurons import NeuronState, Rule, update
from snnmap.simulate.kernels.refractory import BLOCK

AnyArray = npt.NDArray[Any]


class Synapses(NamedTuple):
    """Synapses of a network of N sources, CSR by presynaptic source, and the grid of every target."""

    indptr: I64
    post: I32
    """Target source ids."""
    weight: F32
    grid: F64
    """(neurons,) power-of-two grid of the weights into each neuron."""
    per_grid: F64
    """(neurons,) 1 / grid, by which it is faster to multiply, with the same bits."""


class Layers(NamedTuple):
    """Neuron populations, ascending by level; neurons numbered from 0."""

    model: I64
    """(P,) a value of `neurons.MODEL_CODES`."""
    first: I64
    stop: I64
    level: I64
    biased: Bool
    """(P,) whether any of its neurons has a bias."""
    bias: F64
    """(neurons,) sum of the weights of each neuron's bias rows."""


SHORT = 16
"""Targets up to which they are not looked at for being neighbours."""


@njit
def _add(weight: F32, value: float, acc: F64) -> None:
    """Add `value` times the weights to as many places that follow one another, in vector registers."""
    for s in range(len(acc)):
        acc[s] += weight[s] * value


@njit
def _add_rounded(weight: F32, value: float, grid: F64, per_grid: F64, acc: F64) -> None:
    """The same, each product rounded to its grid."""
    for s in range(len(acc)):
        acc[s] += np.rint(weight[s] * value * per_grid[s]) * grid[s]


@njit
def propagate(synapses: Synapses, source: int, value: float, acc: F64) -> None:
    """Add the emission of `value` by `source` to the inputs `acc` (neurons,) of all its targets.

    Each product is rounded to the target's grid, so that all sums stay exact; whole numbers need no rounding.
    """
    externals = len(synapses.indptr) - 1 - len(acc)
    own = slice(synapses.indptr[source], synapses.indptr[source + 1])
    post, weight = synapses.post[own], synapses.weight[own]
    if len(post) > SHORT and post[-1] - post[0] == len(post) - 1:  # ascending, so nobody is left out in between
        dense = slice(post[0] - externals, post[0] - externals + len(post))
        if value == np.rint(value):
            _add(weight, value, acc[dense])
        else:
            _add_rounded(weight, value, synapses.grid[dense], synapses.per_grid[dense], acc[dense])
    elif value == np.rint(value):
        for s in range(len(post)):
            acc[np.uint32(post[s] - externals)] += weight[s] * value
    else:
        for s in range(len(post)):
            j = post[s] - externals
            acc[j] += np.rint(weight[s] * value * synapses.per_grid[j]) * synapses.grid[j]


@njit
def grown(array: AnyArray, used: int, needed: int) -> AnyArray:
    """`array`, or a copy of its first `used` entries with room for `needed` at least."""
    if needed <= len(array):
        return array
    larger = np.empty(max(needed, 2 * len(array)), array.dtype)
    for at in range(used):  # one by one: a slice takes seconds to compile
        larger[at] = array[at]
    return larger


@njit
def emitters(out: F64, first: int, source: I32, value: F32) -> int:
    """Write the id (`first` and up) and the value of every non-zero entry of `out`; returns how many there are."""
    used = 0
    for start in range(0, len(out), BLOCK):
        block = out[start : start + BLOCK]
        some = 0
        for j in range(len(block)):  # in vector registers: most blocks are silent
            some += block[j] != 0.0
        if some > 0:
            for j in range(len(block)):
                if block[j] != 0.0:
                    source[used] = first + start + j
                    value[used] = block[j]
                    used += 1
    return used


@njit
def advance(
    synapses: Synapses, layers: Layers, rule: Rule, state: NeuronState, acc: F64, out: F64, source: I32, value: F32
) -> int:
    """One step of all neurons, level by level, once the external events are in `acc`.

    Writes the emitting neurons into `source` and `value` (room for all neurons is needed), ascending; returns how many.
    """
    populations = len(layers.model)
    externals = len(synapses.indptr) - 1 - len(acc)
    used = 0
    p = 0
    while p < populations:
        last = p
        emitting = 0
        while last < populations and layers.level[last] == layers.level[p]:
            first, stop = layers.first[last], layers.stop[last]
            if layers.biased[last]:
                for j in range(first, stop):
                    acc[j] += layers.bias[j]
            emitting += update(layers.model[last], rule, first, stop, state, acc, out)
            last += 1
        if emitting > 0:
            first = layers.first[p]
            found = emitters(out[first : layers.stop[last - 1]], externals + first, source[used:], value[used:])
            for e in range(used, used + found):
                propagate(synapses, source[e], np.float64(value[e]), acc)
            used += found
        p = last
    return used


@njit
def _again(source: I32, value: F32, before: int, read: int, arrived: int) -> bool:
    """Whether the events `read` to `arrived` - 1 are those of the step before, which began at `before`."""
    count = arrived - read
    if read - before != count:
        return False
    for e in range(count):
        if source[before + e] != source[read + e] or value[before + e] != value[read + e]:
            return False
    return True


@njit
def run_frame(
    synapses: Synapses,
    layers: Layers,
    rule: Rule,
    state: NeuronState,
    steps: int,
    stimulus: tuple[I32, I32, F32],
) -> tuple[I32, I32, F32]:
    """Run one frame from `state`, which is changed.

    Parameters
    ----------
    stimulus
        Step, source and value of every external event, sorted by step and source.

    Returns
    -------
    tuple
        Step, source and value of every emission of inputs and neurons, sorted by step and source.
    """
    in_step, in_source, in_value = stimulus
    neurons = len(layers.bias)
    acc = np.zeros(neurons)
    out = np.zeros(neurons)
    step = np.empty(neurons + 2 * len(in_step), np.int32)
    source = np.empty(len(step), np.int32)
    value = np.empty(len(step), np.float32)
    used = int(np.int64(0))
    read, before = 0, 0
    drive = np.zeros(neurons)
    for t in range(steps):
        start = used
        arrived = int(np.searchsorted(in_step, t, side="right"))
        room = used + arrived - read + neurons
        step, source, value = grown(step, used, room), grown(source, used, room), grown(value, used, room)
        again = arrived > read and _again(in_source, in_value, before, read, arrived)
        following = int(np.searchsorted(in_step, t + 1, side="right"))
        lasts = arrived > read and not again and _again(in_source, in_value, read, arrived, following)
        if again or lasts:  # constant input is summed once; sums are exact, so when they are taken does not matter
            if not again:
                drive[:] = 0.0
                for e in range(read, arrived):
                    propagate(synapses, in_source[e], np.float64(in_value[e]), drive)
            acc += drive
        else:
            for e in range(read, arrived):
                propagate(synapses, in_source[e], np.float64(in_value[e]), acc)
        before = read
        used += arrived - read
        source[start:used] = in_source[read:arrived]
        value[start:used] = in_value[read:arrived]
        read = arrived
        used += advance(synapses, layers, rule, state, acc, out, source[used:], value[used:])
        step[start:used] = t
    return step[:used].copy(), source[:used].copy(), value[:used].copy()


@njit
def tally(graded: Bool, source: I32, value: F32, totals: tuple[I64, I64, I64, I64]) -> None:
    """Add the events of one frame to `totals`: spikes, worst frame, worst step, active steps, each (N,).

    An emission of value x counts as x spikes, that of a `graded` source as one message.
    """
    spikes, worst_frame, worst_step, active_steps = totals
    here = np.zeros(len(spikes), np.int64)
    for e in range(len(source)):
        i = source[e]
        count = 1 if graded[i] else np.int64(value[e])
        here[i] += count
        worst_step[i] = max(worst_step[i], count)
        active_steps[i] += 1
    for i in range(len(spikes)):
        spikes[i] += here[i]
        worst_frame[i] = max(worst_frame[i], here[i])
