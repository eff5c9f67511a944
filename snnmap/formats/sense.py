"""Whether a graph that was read from a file can be a profile at all: ids exist, counts fit, numbers are finite.

A digest shows that a file is whole, not that it is true; whoever writes a file can sign it. What is checked here is
what later code relies on without asking.
"""

from collections.abc import Callable

import numpy as np

from snnmap.core.errors import InputError
from snnmap.ir import MODELS, Network, SpikeGraph, Spikes


def must_make_sense(graph: SpikeGraph) -> None:
    """Refuse a graph that contradicts itself.

    Raises
    ------
    InputError
        That names the first thing that cannot be.
    """
    _populations(graph.network)
    _synapses(graph.network)
    _activity(graph)
    if graph.events is not None:
        _events(graph.events, graph)


def _must(so: object, what: str) -> None:
    if not so:
        raise InputError(what)


def _populations(network: Network) -> None:
    for p in network.populations:
        where = f"population {p.name!r}"
        _must(p.shape and all(side > 0 for side in p.shape), f"{where} has shape {p.shape}")
        _must(p.kind == (p.model if p.model in {"input", "bias"} else "neuron"), f"{where} is {p.kind} and {p.model}")
        _must(p.level >= 0 and (p.kind == "neuron") == (p.level > 0), f"{where} is at level {p.level}")
        for key in MODELS[p.model].parameters:
            _must(not np.any(np.isnan(p.parameters[key])), f"{key} of {where} is not a number")
    names = [p.name for p in network.populations]
    _must(len(set(names)) == len(names), "two populations have one name")
    known = all(0 <= k < len(names) and network.populations[k].kind == "neuron" for k in network.outputs)
    _must(known, "an output is no population of neurons")


def _synapses(network: Network) -> None:
    indptr, post = network.indptr, network.post
    _must(indptr[0] == 0 and np.all(np.diff(indptr) >= 0), "the synapses of the sources are out of order")
    ascending = np.diff(post.astype(np.int64)) > 0
    first = indptr[1:-1]
    ascending[first[(first > 0) & (first < len(post))] - 1] = True
    _must(np.all(ascending), "the targets of a source repeat or do not ascend")
    exponent = np.frexp(network.grid)[0]
    _must(np.all(np.isfinite(network.grid) & (network.grid > 0) & (exponent == 0.5)), "a grid is no power of two")
    of_target = network.grid[network.population_of()[post]] if len(post) else np.zeros(0)
    multiple = network.weight / of_target
    _must(np.all(np.isfinite(multiple)) and np.all(multiple == np.rint(multiple)), "a weight is not on its grid")


def _activity(graph: SpikeGraph) -> None:
    _must(graph.frames >= 1 and graph.steps >= 1, f"it has {graph.frames} frames of {graph.steps} steps")
    _must(np.isfinite(graph.dt) and graph.dt > 0, f"its step lasts {graph.dt} s")
    _must(graph.accuracy is None or 0 <= graph.accuracy <= 1, f"its accuracy is {graph.accuracy}")
    for name, classes in (("labels", graph.labels), ("predictions", graph.predictions)):
        _must(classes is None or len(classes) == graph.frames, f"{name} are not one for each of {graph.frames} frames")
    for name in ("spikes", "worst_frame", "worst_step", "active_steps"):
        _must(np.all(getattr(graph, name) >= 0), f"{name} holds a negative count")
    limits: tuple[tuple[str, Callable[[], object]], ...] = (
        ("more active steps than there are steps", lambda: np.all(graph.active_steps <= graph.window)),
        ("a frame with more spikes than all frames", lambda: np.all(graph.worst_frame <= graph.spikes)),
        ("a step with more spikes than its frame", lambda: np.all(graph.worst_step <= graph.worst_frame)),
        ("spikes without an active step", lambda: np.all((graph.spikes > 0) == (graph.active_steps > 0))),
    )
    for what, holds in limits:
        _must(holds(), f"a source has {what}")


def _events(events: Spikes, graph: SpikeGraph) -> None:
    _must(events.frames == graph.frames and events.steps == graph.steps, "the events are of another window")
    _must(events.frame[0] == 0 and np.all(np.diff(events.frame) >= 0), "the events of the frames are out of order")
    _must(np.all((events.source >= 0) & (events.source < graph.network.sources)), "an event is of no source")
    _must(np.all(np.isfinite(events.value) & (events.value != 0)), "an event is worth nothing")
    sources = graph.network.sources
    at = (events.frame_of_event() * events.steps + events.step) * sources + events.source
    _must(np.all(np.diff(at) > 0), "the events are out of order, or one is there twice")
    count = np.bincount(events.source, minlength=sources)
    told = np.where(graph.network.is_bias(), 0, graph.active_steps)
    _must(np.array_equal(count, told), "the events are not as many as the active steps")
