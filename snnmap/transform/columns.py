"""Network inputs that take a column each: how programs count for which every vertex of a graph is a neuron."""

from dataclasses import replace

import numpy as np

from snnmap.core.arrays import offsets, ranges
from snnmap.ir import Network, SpikeGraph, Spikes


def with_input_columns(graph: SpikeGraph) -> SpikeGraph:
    """`graph` with every input a neuron that nobody drives, which fires as recorded: it has a home and takes a column.

    Biases stay outside and come first. Neurons keep their ids; the activity can be counted and mapped, not replayed.
    """
    network = graph.network
    outside = [p for p in network.populations if p.kind == "bias"]
    inputs = [p for p in network.populations if p.kind == "input"]
    neurons = [p for p in network.populations if p.kind == "neuron"]
    order = np.concatenate([np.arange(p.first, p.stop) for p in (*outside, *inputs, *neurons)])
    populations, first = [], 0
    for p in (*outside, *inputs, *neurons):
        moved = replace(p, first=first, level=p.level + (p.kind != "bias"))
        free = p.kind == "input"
        populations.append(replace(moved, kind="neuron", model="recorded", parameters={}) if free else moved)
        first = populations[-1].stop
    sizes = np.diff(network.indptr)[order]
    entry = ranges(network.indptr[order], sizes)
    index = {id(p): k for k, p in enumerate(network.populations)}
    place = [index[id(p)] for p in (*outside, *inputs, *neurons)]
    changed = Network(
        tuple(populations),
        offsets(sizes),
        network.post[entry],
        network.weight[entry],
        network.grid[place],
        tuple(place.index(k) for k in network.outputs),
    )
    return replace(
        graph,
        network=changed,
        spikes=graph.spikes[order],
        worst_frame=graph.worst_frame[order],
        worst_step=graph.worst_step[order],
        active_steps=graph.active_steps[order],
        events=None if graph.events is None else _renumbered(graph.events, order),
        dynamics=None,
    )


def _renumbered(events: Spikes, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Spikes:
    """`events` with source `order[i]` called i, sorted anew within every step."""
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    source = number[events.source]
    chosen = np.lexsort((source, events.step, events.frame_of_event()))
    return replace(events, source=source[chosen], value=events.value[chosen])
