"""The part of a network that is left to another partitioner: some of its neurons, and whoever they hear."""

from dataclasses import replace
from typing import Literal

import numpy as np

from snnmap.core.arrays import F64, I64, Bool, offsets, row_of_entry
from snnmap.ir import Clustering, Network, Population, SpikeGraph, Spikes


def remainder(graph: SpikeGraph, kept: Bool) -> tuple[SpikeGraph, I64]:
    """Graph of the neurons in `kept` (N,) with what they hear as its inputs; and its sources' ids.

    Sources keep their order, but that neurons which are not kept come before those that are.
    """
    network = graph.network
    synapse = np.flatnonzero(kept[network.post])
    pre = row_of_entry(network.indptr)[synapse]
    heard = np.zeros(network.sources, bool)
    heard[pre] = True
    ids = np.concatenate([np.flatnonzero(heard & ~kept), np.flatnonzero(kept)])
    number = np.full(network.sources, -1, np.int64)
    number[ids] = np.arange(len(ids))
    counts = np.bincount(number[pre], minlength=len(ids))
    order = np.argsort(number[pre], kind="stable")  # targets stay ascending: neurons keep their order
    populations, grid = _populations(network, ids, kept)
    part = Network(
        populations=populations,
        indptr=offsets(counts),
        post=number[network.post[synapse]][order].astype(np.int32),
        weight=network.weight[synapse][order],
        grid=grid,
        outputs=(),
    )
    events = None if graph.events is None else _events(graph.events, number)
    left = SpikeGraph(
        network=part,
        spikes=graph.spikes[ids],
        worst_frame=graph.worst_frame[ids],
        worst_step=graph.worst_step[ids],
        active_steps=graph.active_steps[ids],
        frames=graph.frames,
        steps=graph.steps,
        dt=graph.dt,
        events=events,
        accuracy=None,
    )
    return left, ids


def _populations(network: Network, ids: I64, kept: Bool) -> tuple[tuple[Population, ...], F64]:
    """Runs of sources of one kind as inputs or biases, then the populations that are kept; and their grids."""
    made: list[Population] = []
    grid: list[float] = []
    outside = ids[~kept[ids]]
    bias = network.is_bias()[outside]
    cuts = np.flatnonzero(np.diff(bias.astype(np.int8))) + 1
    for run in np.split(np.arange(len(outside)), cuts):
        if len(run):
            kind: Literal["bias", "input"] = "bias" if bias[run[0]] else "input"
            made.append(Population(f"{kind} {len(made)}", kind, kind, int(run[0]), (len(run),), 0))
            grid.append(1.0)
    first = len(outside)
    for index, p in enumerate(network.populations):
        own = np.flatnonzero(kept[p.first : p.stop])
        if p.kind == "neuron" and len(own):
            some = {key: np.broadcast_to(values, (p.size,))[own] for key, values in p.parameters.items()}
            made.append(replace(p, first=first, shape=p.shape if len(own) == p.size else (len(own),), parameters=some))
            grid.append(float(network.grid[index]))
            first += len(own)
    return tuple(made), np.array(grid)


def _events(events: Spikes, number: I64) -> Spikes:
    """Events of the sources that have a number, by it."""
    own = number[events.source]
    known = np.flatnonzero(own >= 0)
    frame, step = events.frame_of_event()[known], events.step[known]
    order = np.lexsort((own[known], step, frame))
    at = known[order]
    ptr = offsets(np.bincount(frame, minlength=events.frames))
    return Spikes(ptr, events.step[at], own[at].astype(np.int32), events.value[at], events.steps, events.dt)


def returned(found: Clustering, ids: I64) -> list[tuple[I64, I64, I64]]:
    """Sources, neurons, and neurons at home of every cluster of a remainder, as ids of the whole, each ascending."""
    externals = len(ids) - len(found.home)
    parts = []
    home = ids[externals + np.arange(len(found.home))]
    by_home = np.argsort(found.home, kind="stable")
    cuts = offsets(np.bincount(found.home, minlength=found.clusters))
    for k in range(found.clusters):
        source = np.sort(ids[found.row_source[found.rows_of(k)]])
        neuron = np.sort(ids[found.column_neuron[found.columns_of(k)]])
        parts.append((source, neuron, home[by_home[cuts[k] : cuts[k + 1]]]))
    return parts
