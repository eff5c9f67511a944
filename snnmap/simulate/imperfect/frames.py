"""Frames of a chip on threads, some at a time, and what they add up to."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64, frozen, offsets
from snnmap.core.errors import InputError
from snnmap.ir import SpikeGraph, Spikes
from snnmap.simulate.execution import available_cores, kernel_arrays, side_by_side, stepping
from snnmap.simulate.imperfect.exact import ExactRun, Solver
from snnmap.simulate.kernels.imperfect import Recorded, Seen, run_frames
from snnmap.simulate.kernels.noise import POOL
from snnmap.simulate.kernels.reads import Array, Reads
from snnmap.simulate.neurons import fresh
from snnmap.simulate.tally import Readout

TOGETHER = 32
"""Frames that are run in one call at most; fewer where threads would wait for one another."""
SEED = 1
"""Of the order of the pool."""


class Ran(NamedTuple):
    """What frames that follow one another did."""

    counts: F64
    """(frames, outputs) sum of what every output emitted."""
    peak: F64
    """(lines,) largest size of every line's sum before it was digitised; none unless watched."""
    bins: I64
    """(K, bins) how many sums of a crossbar have which size."""
    size: I64
    """(frames,) events of every frame, and their step, source and value; none unless kept."""
    events: tuple[I32, I32, F32]


class Run(NamedTuple):
    """A chip ready for frames."""

    graph: SpikeGraph
    reads: Reads
    array: Array
    key: int
    """Of the noise."""
    bins: int = 0
    """Sizes of sums that are told apart; 0: they are not counted."""
    solver: Solver | None = None
    """Solves the arrays for the rows of every step; none: cells add what they stand for."""
    kept: bool = False
    """Whether events are."""
    watched: bool = False
    """Whether the largest sums are noted."""


def frames_of(run: Run, threads: int | None) -> Iterator[Ran]:
    """All frames in order; the same for any number of threads.

    Raises
    ------
    InputError
        If the profile keeps no events, or was recorded rather than simulated.
    """
    frames = run.graph.frames
    workers = available_cores() if threads is None else max(1, threads)
    size = min(max(1, frames // (4 * workers)), TOGETHER)
    work = _work(run)
    ends = [*range(size, frames, size), frames]
    yield from side_by_side(lambda k: work((ends[k - 1] if k else 0, ends[k])), len(ends), threads)


def _work(run: Run) -> Callable[[tuple[int, int]], Ran]:
    """A function that runs frames `first` to `stop` - 1."""
    graph, array = run.graph, run.array
    events = graph.events
    if events is None or graph.dynamics is None:
        raise InputError("accuracy needs a simulated profile with its events; profile the network with fewer samples")
    rule, state = stepping(graph.network, graph.dynamics)
    layers = kernel_arrays(graph.network)[1]
    keys = np.random.SeedSequence(run.key).generate_state(graph.frames, np.uint64) >> np.uint64(1)
    noise = (keys.astype(np.int64), normal_pool(int(run.reads.width.max(initial=0))))
    readout = Readout.of(graph.network)
    counted = int(array.crossbar.max(initial=-1)) + 1 if run.bins else 0
    solved = None if run.solver is None else ExactRun(run.solver, run.reads, array, layers, rule)
    recorded = Recorded(events.frame, events.step, events.source, events.value)

    def work(own: tuple[int, int]) -> Ran:
        counts = np.zeros((own[1] - own[0], len(readout.outputs)))
        seen = Seen(
            counts,
            readout.outputs,
            np.zeros(len(array.unit) if run.watched else 0),
            np.zeros((counted, run.bins), np.int64),
        )
        if solved is None:
            size, step, source, value = run_frames(
                run.reads, array, layers, rule, fresh(state), events.steps, recorded, own, noise, seen, run.kept
            )
            if np.any(readout.outputs < graph.network.externals):
                counts += _of_inputs(graph, readout, own)
        else:
            size, step, source, value = solved.frames(state, events.steps, recorded, own, noise, seen)
        return Ran(counts, seen.peak, seen.bins, size, (step, source, value))

    return work


def _of_inputs(graph: SpikeGraph, readout: Readout, own: tuple[int, int]) -> F64:
    """What outputs that are inputs emit in frames `own` of a record (frames, outputs)."""
    events = graph.events
    assert events is not None
    counts = [
        readout.counts(events.source[first:stop], events.value[first:stop])
        for first, stop in pairwise(events.frame[own[0] : own[1] + 1].tolist())
    ]
    return np.where(readout.outputs < graph.network.externals, np.array(counts), 0.0)


def joined(found: list[Ran], like: Spikes) -> Spikes:
    """Events of all frames as one record."""
    step, source, value = (np.concatenate([ran.events[k] for ran in found]) for k in range(3))
    return Spikes(offsets(np.concatenate([ran.size for ran in found])), step, source, value, like.steps, like.dt)


@cache
def normal_pool(more: int) -> F32:
    """POOL middle quantiles of the standard normal distribution, scaled to variance 1, in an order that tells nothing.

    The first `more` follow the last once more, so that a stretch may start anywhere.
    """
    from scipy.special import ndtri

    quantiles = ndtri((np.arange(POOL) + 0.5) / POOL)
    mixed = np.random.Generator(np.random.PCG64(SEED)).permutation(quantiles / np.sqrt(np.mean(np.square(quantiles))))
    return frozen(np.resize(mixed, POOL + more), np.float32)
