"""A part of a network as a graph of its own: some of its neurons, some of their synapses, and whoever they hear."""

from dataclasses import replace
from typing import Literal

import numpy as np

from snnmap.core.arrays import F64, I64, Bool, offsets
from snnmap.ir import Network, Population, SpikeGraph, Spikes


def extracted(graph: SpikeGraph, synapse: I64, kept: Bool, silent: Bool | None = None) -> tuple[SpikeGraph, I64]:
    """Graph of the neurons in `kept` (N,) and of some synapses into them, and its sources' ids.

    What is heard and not kept is an input, with the activity that it has in the whole. Sources keep their order, but
    that neurons which are not kept come before those that are.

    Parameters
    ----------
    graph
        The whole.
    synapse
        Ids of the synapses that count, ascending, all of them into neurons that are kept.
    kept
        Whether a source is a neuron of the part; inputs and biases are not.
    silent
        Whether a neuron that is kept (N,) only adds up its inputs, and spikes elsewhere; none: nobody.
    """
    network = graph.network
    pre = np.searchsorted(network.indptr, synapse, side="right") - 1
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
    quiet = np.zeros(len(ids), bool) if silent is None else silent[ids]
    heard_of = number if silent is None else np.where(silent, -1, number)
    found = SpikeGraph(
        network=part,
        spikes=np.where(quiet, 0, graph.spikes[ids]),
        worst_frame=np.where(quiet, 0, graph.worst_frame[ids]),
        worst_step=np.where(quiet, 0, graph.worst_step[ids]),
        active_steps=np.where(quiet, 0, graph.active_steps[ids]),
        frames=graph.frames,
        steps=graph.steps,
        dt=graph.dt,
        events=None if graph.events is None else _events(graph.events, heard_of),
        accuracy=None,
    )
    return found, ids


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
