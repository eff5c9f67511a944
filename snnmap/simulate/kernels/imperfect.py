"""Frames of the mapped chip on imperfect cells, step by step; what crossbars give is in `kernels.reads`.

The neuron update is that of `kernels.neurons`. Frames stand on their own: what the sums of reads hold from the last
frame changes how they are added up, not what they are.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.executor import Layers, emitters, grown
from snnmap.simulate.kernels.neurons import LEAK, NeuronState, Rule, update
from snnmap.simulate.kernels.noise import mixed, read_codes, read_sums
from snnmap.simulate.kernels.reads import (
    Array,
    Live,
    Reads,
    drive_graded,
    follow,
    gather,
    mark,
    nothing,
    settle,
)


class Recorded(NamedTuple):
    """Events of frames, of which those of externals are replayed."""

    frame: I64
    """(F + 1,) first event of every frame."""
    step: I32
    source: I32
    value: F32


class Seen(NamedTuple):
    """What is noted of the frames of a run."""

    counts: F64
    """(frames of the run, outputs) what outputs emit, added to; not of those that are inputs."""
    outputs: I64
    """Sources that are outputs."""
    peak: F64
    """(lines,) the largest size of every line's sum before it is digitised, updated."""
    bins: I64
    """(K, bins) how many sums of a crossbar have which size, without those of 0, added to."""


class Room(NamedTuple):
    """Space to work in."""

    live: Live
    acc: F64
    """(neurons,) inputs of a step."""
    out: F64
    """(neurons,) what they emit."""
    source: I32
    """What emits, and how much."""
    value: F32
    starts: I64
    """Rows of a read that come and go."""
    x: F64
    """Lines of a read."""
    spread: F32


@njit
def room(reads: Reads, neurons: int) -> Room:
    """Space for a network of so many neurons."""
    words, width, sources = int(np.int64(1)), int(np.int64(1)), len(reads.drive_ptr) - 1
    for r in range(len(reads.base)):
        words = max(words, reads.word_ptr[r + 1] - reads.word_ptr[r])
        width = max(width, reads.width[r])
    return Room(
        nothing(reads),
        np.zeros(neurons),
        np.zeros(neurons),
        np.zeros(sources, np.int32),
        np.zeros(sources, np.float32),
        np.zeros(128 * words, np.int64),
        np.zeros(width),
        np.zeros(width, np.float32),
    )


@njit
def rest(state: NeuronState) -> None:
    """Set neurons to rest."""
    state.v[:] = state.coefficients[LEAK]
    state.i[:] = 0.0
    state.hold[:] = 0
    state.ring[:] = 0.0
    state.low_pass[:] = 0.0


@njit
def forget(live: Live) -> None:
    """Drop what was driven and not read; what the sums hold stays."""
    live.on[:] = np.uint64(0)
    live.touched[:] = False
    live.graded[:] = False
    live.total[:] = 0.0


@njit
def read(reads: Reads, array: Array, r: int, noise: tuple[int, int, F32], work: Room, seen: tuple[F64, I64]) -> None:
    """What lines of read `r` carry in all cases, added to the inputs of their neurons."""
    shared = gather(reads, array, r, work.live, work.x, work.spread)
    settle(reads, array, r, (work.x, work.spread, shared), noise, work.acc, seen)


@njit
def run_frames(
    reads: Reads,
    array: Array,
    layers: Layers,
    rule: Rule,
    state: NeuronState,
    steps: int,
    recorded: Recorded,
    frames: tuple[int, int],
    noise: tuple[I64, F32],
    seen: Seen,
    kept: bool,
) -> tuple[I64, I32, I32, F32]:
    """Run frames `frames` (first, stop) of a record, each from rest.

    A function that takes the records above counts references to each of their arrays, which takes longer than most of
    what is done here with them: inner loops stand in one function, and hand single arrays to others.

    Parameters
    ----------
    state
        Changed.
    noise
        (F,) key of every frame, and the pool of normal numbers.
    kept
        Whether events are wanted.

    Returns
    -------
    tuple
        Number of events of every frame, and step, source and value of every emission of inputs and neurons, sorted by
        step and source; none unless `kept`.
    """
    neurons = len(layers.bias)
    externals = len(reads.drive_ptr) - 1 - neurons
    work = room(reads, neurons)
    live, acc, out, starts, x = work.live, work.acc, work.out, work.starts, work.x
    on, held, touched, graded, sums = live.on, live.held, live.touched, live.graded, live.sums
    drive_ptr, slot, of_slot, level_ptr = reads.drive_ptr, reads.slot, reads.read, reads.level_ptr
    word_ptr, first_cell, area, first_line, width = reads.word_ptr, reads.cell, reads.area, reads.base, reads.width
    part_ptr, part_line, part_neuron, together = reads.part_ptr, reads.line, reads.neuron, reads.together
    cell, step_of = array.cell, array.step
    of_line = array.unit, array.noise_unit, step_of, array.codes, array.limit
    pulse, counted, normal, outputs = array.pulse, array.counted, noise[1], seen.outputs
    plain = len(array.noise_unit) > 0 and len(array.gain) == 0 and len(array.shared) == 0 and len(seen.peak) == 0
    count = np.zeros(frames[1] - frames[0], np.int64)
    step, source, value = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)
    fired, emitted = work.source, work.value
    used = int(np.int64(0))
    for f in range(frames[0], frames[1]):
        rest(state)
        forget(live)
        begun, at, key = used, recorded.frame[f], noise[0][f]
        counts = seen.counts[f - frames[0]]
        for t in range(steps):
            start = used
            if kept:
                wanted = used + len(fired) + neurons
                step, source, value = grown(step, used, wanted), grown(source, used, wanted), grown(value, used, wanted)
            for b in reads.biases:
                if counted:
                    mark(slot, of_slot, drive_ptr[b], drive_ptr[b + 1], on, touched)
                else:
                    drive_graded(reads, array, int(b), 1.0, live)
            emitting = int(np.int64(0))
            while at < recorded.frame[f + 1] and recorded.step[at] == t:
                if recorded.source[at] < externals:
                    fired[emitting], emitted[emitting] = recorded.source[at], recorded.value[at]
                    emitting += 1
                at += 1
            p, level = int(np.int64(0)), int(np.int64(0))
            while True:
                for e in range(emitting):
                    s, v = int(fired[e]), float(emitted[e])
                    if counted and v == 1.0 and pulse[np.uint64(s)] == 0.0:
                        mark(slot, of_slot, drive_ptr[np.uint64(s)], drive_ptr[np.uint64(s + 1)], on, touched)
                    else:
                        drive_graded(reads, array, s, v, live)
                    if kept:
                        source[used], value[used] = fired[e], emitted[e]
                        used += 1
                if p == len(layers.model):
                    break
                for r in range(level_ptr[level], level_ptr[level + 1]):
                    if not touched[r]:
                        continue
                    touched[r] = False
                    size, lines = area[r + 1] - area[r], width[r]
                    words = word_ptr[r], word_ptr[r + 1]
                    follow(cell, first_cell[r], size, on, held, words, sums, area[r], starts)
                    if not plain or graded[r]:
                        read(reads, array, r, (key, t, normal), work, (seen.peak, seen.bins))
                        continue
                    random = mixed(key, t * len(touched) + r), normal
                    home, inputs = part_neuron[part_ptr[r]], acc
                    if not together[r]:
                        home, inputs = int(np.int64(0)), x
                        for k in range(lines):
                            x[k] = 0.0
                    if len(step_of) > 0:
                        read_codes(sums, area[r], of_line, first_line[r], lines, random, inputs, home)
                    else:
                        read_sums(sums, area[r], of_line, first_line[r], lines, random, inputs, home)
                    if not together[r]:
                        for e in range(part_ptr[r], part_ptr[r + 1]):
                            acc[part_neuron[e]] += x[part_line[e]]
                level += 1
                last = p
                emitting = int(np.int64(0))
                while last < len(layers.model) and layers.level[last] == layers.level[p]:
                    emitting += update(layers.model[last], rule, layers.first[last], layers.stop[last], state, acc, out)
                    last += 1
                if emitting > 0:
                    first = layers.first[p]
                    emitters(out[first : layers.stop[last - 1]], externals + first, fired, emitted)
                p = last
            for k in range(len(outputs)):
                if outputs[k] >= externals:
                    counts[k] += out[outputs[k] - externals]
            if kept:
                step[start:used] = t
        count[f - frames[0]] = used - begun
    return count, step[:used].copy(), source[:used].copy(), value[:used].copy()
