"""Frames through the compiled executor, on threads; checks first what the kernels take for granted."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from snnmap.core.arrays import F32, I32, Bool, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.ir import ANALOG, MODELS, Dynamics, Network, Population, SpikeGraph, Spikes, Workload
from snnmap.simulate.kernels.executor import Layers, Synapses, run_frame
from snnmap.simulate.kernels.neurons import RESET_SUBTRACT_NEXT, NeuronState, Rule
from snnmap.simulate.neurons import CODES, fresh, neuron_state, step_rule
from snnmap.simulate.profile import KEEP_LIMIT
from snnmap.simulate.tally import Activity, activity_of

Made = TypeVar("Made")
Events = tuple[I32, I32, F32]
"""Step, source and value of the events of one frame."""


def execute(
    workload: Workload, *, progress: Callable[[int, int], None] | None, keep_events: bool | None, threads: int | None
) -> SpikeGraph:
    """See `snnmap.simulate.profile.profile`."""
    network, stimulus = workload.network, workload.stimulus
    check_workload(workload)
    rule, state = stepping(network, workload.dynamics)
    activity = Activity(network, stimulus.frames, stimulus.steps, graded_sources(network, stimulus))
    kept: list[Events] | None = None if keep_events is False else []
    total = 0
    for done, events in enumerate(_frames(network, stimulus, rule, state, threads), start=1):
        _check_finite(network, events)
        activity.add(done - 1, events)
        total += len(events[0])
        if keep_events is None and total > KEEP_LIMIT:
            kept = None
        if kept is not None:
            kept.append(events)
        if progress is not None:
            progress(done, stimulus.frames)
    return activity_of(activity, workload, None if kept is None else joined(kept, stimulus))


def stepping(network: Network, dynamics: Dynamics) -> tuple[Rule, NeuronState]:
    """Arguments of `kernels.neurons.update` for all neurons of a network, numbered from 0, at rest.

    Raises
    ------
    InputError
        If a parameter or option cannot be stepped.
    """
    neurons = [p for p in network.populations if p.kind == "neuron"]
    rule = step_rule(dynamics.reset, dynamics.comparison, dynamics.clamp, dynamics.multispike)
    if not dynamics.dt > 0.0:
        raise InputError(f"the time step must be positive, not {dynamics.dt} s")
    for p in neurons:
        _check_step(p, dynamics)
        limit = p.parameters.get("v_threshold")
        if rule.reset == RESET_SUBTRACT_NEXT and p.model == "LavaCuba":
            raise InputError(f"{p.name!r} are Loihi's neurons, which reset at once: subtract-next does not apply")
        if (rule.multispike or rule.clamped) and limit is not None and np.any(limit <= 0.0):
            raise InputError(f"clamp and several spikes per step need positive thresholds, which {p.name!r} has not")
    return rule, neuron_state(
        [p.model for p in neurons],
        [p.size for p in neurons],
        [p.parameters for p in neurons],
        dynamics.step,
        dynamics.decay,
        dynamics.reset,
    )


def _check_step(population: Population, dynamics: Dynamics) -> None:
    """Refuse a step of forward Euler of more than two time constants, by which every deviation grows.

    Raises
    ------
    InputError
        Naming the population and its shortest time constant.
    """
    model = MODELS[population.model]
    for key in model.time_constants if dynamics.decay == "euler" and not model.exact else ():
        shortest = float(np.min(population.parameters[key], initial=np.inf))
        if 0.0 < shortest < dynamics.step / 2:
            unit = "s" if dynamics.integration == "time" else "steps"
            raise InputError(
                f"dt = {dynamics.step:g} {unit} is {dynamics.step / shortest:.3g} times {key} of {population.name!r} "
                f"({shortest:g} {unit}), so forward Euler diverges; use a smaller --dt, the --dialect of the program "
                "that wrote the network, or --decay exponential"
            )


def kernel_arrays(network: Network) -> tuple[Synapses, Layers]:
    """The network as the executor reads it."""
    neurons = [(k, p) for k, p in enumerate(network.populations) if p.kind == "neuron"]
    grid = np.repeat(network.grid[[k for k, _ in neurons]], [p.size for _, p in neurons])
    bias = bias_input(network)
    first = np.array([p.first for _, p in neurons], np.int64) - network.externals
    stop = np.array([p.stop for _, p in neurons], np.int64) - network.externals
    layers = Layers(
        model=np.array([CODES[p.model] for _, p in neurons], np.int64),
        first=first,
        stop=stop,
        level=np.array([p.level for _, p in neurons], np.int64),
        biased=np.array([np.any(bias[a:b]) for a, b in zip(first, stop, strict=True)], np.bool_),
        bias=bias,
    )
    return Synapses(network.indptr, network.post, network.weight, grid, 1.0 / grid), layers


def bias_input(network: Network) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Constant input of every neuron in every step: the sum of its bias rows' weights, float64 (neurons,)."""
    total = np.zeros(network.neurons)
    for p in network.populations:
        if p.kind == "bias":
            entries = slice(int(network.indptr[p.first]), int(network.indptr[p.stop]))
            np.add.at(total, network.post[entries] - network.externals, network.weight[entries].astype(np.float64))
    return total


def graded_sources(network: Network, stimulus: Spikes) -> Bool:
    """Which sources send values, not spikes, bool (N,): analog models, and inputs that are not all whole spikes."""
    graded = np.repeat([p.model in ANALOG for p in network.populations], [p.size for p in network.populations])
    whole = (stimulus.value > 0) & (stimulus.value == np.rint(stimulus.value))
    for p in network.populations:
        if p.kind == "input":
            own = (stimulus.source >= p.first) & (stimulus.source < p.stop)
            graded[p.first : p.stop] = bool(np.any(own & ~whole))
    return np.ascontiguousarray(graded, np.bool_)


def check_workload(workload: Workload) -> None:
    """Refuse a stimulus that the network cannot take.

    Raises
    ------
    InputError
        Naming what does not fit.
    """
    network, stimulus = workload.network, workload.stimulus
    if stimulus.frames == 0 or stimulus.steps == 0:
        raise InputError(
            f"the stimulus has {stimulus.frames} frames of {stimulus.steps} steps; give at least one of each"
        )
    if workload.labels is not None and len(workload.labels) != stimulus.frames:
        raise InputError(f"there are {len(workload.labels)} labels for {stimulus.frames} frames")
    if not np.isclose(stimulus.dt, workload.dynamics.dt, rtol=1e-9, atol=0.0):
        raise InputError(
            f"the stimulus has steps of {stimulus.dt} s, the dynamics of {workload.dynamics.dt} s; make them one dt"
        )
    if not len(stimulus.source):
        return
    if stimulus.source.min() < 0 or stimulus.source.max() >= network.externals:
        raise InputError(
            f"the stimulus drives source {stimulus.source.max()}, but the inputs are 0..{network.externals - 1}"
        )
    if np.any(network.is_bias()[stimulus.source]):
        raise InputError("the stimulus drives a bias; biases are constant and need no events")
    if not np.all(np.isfinite(stimulus.value)):
        raise InputError("the stimulus holds a value that is not finite")
    order = stimulus.step.astype(np.int64) * network.externals + stimulus.source
    if np.any((np.diff(order) <= 0) & (np.diff(row_of_entry(stimulus.frame)) == 0)):
        raise InputError("the events of a frame must be sorted by step and source, each at most once")


def joined(frames: list[Events], stimulus: Spikes) -> Spikes:
    """Events of all frames as one record."""
    step, source, value = (np.concatenate([events[k] for events in frames]) for k in range(3))
    counts = [len(events[0]) for events in frames]
    return Spikes(offsets(counts), step, source, value, stimulus.steps, stimulus.dt)


def _frames(
    network: Network, stimulus: Spikes, rule: Rule, state: NeuronState, threads: int | None
) -> Iterator[Events]:
    """Events of every frame, in order."""
    synapses, layers = kernel_arrays(network)

    def run(frame: int) -> Events:
        own = slice(int(stimulus.frame[frame]), int(stimulus.frame[frame + 1]))
        inputs = (stimulus.step[own], stimulus.source[own], stimulus.value[own])
        return run_frame(synapses, layers, rule, fresh(state), stimulus.steps, inputs)

    yield from side_by_side(run, stimulus.frames, threads)


def side_by_side(work: Callable[[int], Made], count: int, threads: int | None) -> Iterator[Made]:
    """`work` of 0 .. `count` - 1, in that order, as many at a time as there are `threads`; none: cores."""
    workers = min(available_cores() if threads is None else max(1, threads), count)
    if workers <= 1:
        yield from map(work, range(count))
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(work, range(count))
    finally:
        pool.shutdown(cancel_futures=True)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_finite(network: Network, events: Events) -> None:
    """Refuse a run whose values left the range of single precision."""
    bad = np.flatnonzero(~np.isfinite(events[2]))
    if not len(bad):
        return
    source = int(events[1][bad[0]])
    name = next(p.name for p in network.populations if p.first <= source < p.stop)
    raise InputError(
        f"population {name!r} diverges in step {events[0][bad[0]]}: its values leave single precision; check its "
        "parameters, weights and loops"
    )
