"""Whether a graph that was read from a file can be a profile at all: ids exist, counts fit, numbers are finite.

A digest shows that a file is whole, not that it is true; whoever writes a file can sign it. What is checked here is
what later code relies on without asking.
"""

from collections.abc import Callable

import numpy as np

from snnmap.ir import SpikeGraph, Spikes
from snnmap.ir.sense import must, network_must_make_sense


def must_make_sense(graph: SpikeGraph) -> None:
    """Refuse a graph that contradicts itself.

    Raises
    ------
    InputError
        That names the first thing that cannot be.
    """
    network_must_make_sense(graph.network)
    _activity(graph)
    if graph.events is not None:
        _events(graph.events, graph)


def _activity(graph: SpikeGraph) -> None:
    must(graph.frames >= 1 and graph.steps >= 1, f"it has {graph.frames} frames of {graph.steps} steps")
    must(np.isfinite(graph.dt) and graph.dt > 0, f"its step lasts {graph.dt} s")
    must(graph.accuracy is None or 0 <= graph.accuracy <= 1, f"its accuracy is {graph.accuracy}")
    for name, classes in (("labels", graph.labels), ("predictions", graph.predictions)):
        must(classes is None or len(classes) == graph.frames, f"{name} are not one for each of {graph.frames} frames")
    for name in ("spikes", "worst_frame", "worst_step", "active_steps"):
        must(np.all(getattr(graph, name) >= 0), f"{name} holds a negative count")
    limits: tuple[tuple[str, Callable[[], object]], ...] = (
        ("more active steps than there are steps", lambda: np.all(graph.active_steps <= graph.window)),
        ("a frame with more spikes than all frames", lambda: np.all(graph.worst_frame <= graph.spikes)),
        ("a step with more spikes than its frame", lambda: np.all(graph.worst_step <= graph.worst_frame)),
        ("spikes without an active step", lambda: np.all((graph.spikes > 0) == (graph.active_steps > 0))),
    )
    for what, holds in limits:
        must(holds(), f"a source has {what}")


def _events(events: Spikes, graph: SpikeGraph) -> None:
    must(events.frames == graph.frames and events.steps == graph.steps, "the events are of another window")
    must(events.frame[0] == 0 and np.all(np.diff(events.frame) >= 0), "the events of the frames are out of order")
    must(np.all((events.source >= 0) & (events.source < graph.network.sources)), "an event is of no source")
    must(np.all(np.isfinite(events.value) & (events.value != 0)), "an event is worth nothing")
    sources = graph.network.sources
    at = (events.frame_of_event() * events.steps + events.step) * sources + events.source
    must(np.all(np.diff(at) > 0), "the events are out of order, or one is there twice")
    count = np.bincount(events.source, minlength=sources)
    told = np.where(graph.network.is_bias(), 0, graph.active_steps)
    must(np.array_equal(count, told), "the events are not as many as the active steps")
