"""Functional equivalence: run the network as it is mapped and compare every spike with the profile.

Per crossbar the rows' emissions are weighted and added down the columns; partial sums of split neurons are merged at
their home, which fires and sends. With `partial_sum` splitting the spikes must be the same to the last one, because all
sums are exact (`arrays`).
"""

from typing import Any

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F32, I64, offsets, transpose_csr
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.ir import Mapping, SpikeGraph, Spikes


def replay(mapping: Mapping, graph: SpikeGraph, *, progress: Progress | None = None) -> Spikes:
    """Every emission of the mapped network on the profiled stimulus.

    Parameters
    ----------
    mapping
        A legal mapping.
    graph
        The spike graph that was mapped, with its events.
    progress
        Called with ("replay", frames done, frames, 0).

    Raises
    ------
    InputError
        If the graph keeps no events or was recorded rather than simulated.
    """
    from snnmap.simulate.execution import joined, kernel_arrays, stepping
    from snnmap.simulate.kernels.mapped import replay_frame
    from snnmap.simulate.neurons import fresh

    events = graph.events
    if events is None or graph.dynamics is None:
        raise InputError("replay needs a simulated profile with its events; profile the network with fewer samples")
    rule, state = stepping(graph.network, graph.dynamics)
    layers = kernel_arrays(graph.network)[1]
    crossbars = _crossbars(ClusteringView(graph, mapping.clustering))
    outside = events.source < graph.network.externals
    frames = []
    for frame in range(events.frames):
        own = slice(int(events.frame[frame]), int(events.frame[frame + 1]))
        keep = outside[own]
        stimulus = (events.step[own][keep], events.source[own][keep], events.value[own][keep])
        frames.append(replay_frame(crossbars, layers, rule, fresh(state), events.steps, stimulus))
        if progress is not None:
            progress("replay", frame + 1, events.frames, 0.0)
    return joined(frames, events)


def deviation(graph: SpikeGraph, again: Spikes) -> int:
    """How many events differ between the profile and `again`: missing, extra, or of another value."""
    events = graph.events
    if events is None:
        raise InputError("the profile keeps no events to compare with")
    first, second = (_numbered(e, graph.network.sources) for e in (events, again))
    _, mine, others = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    equal = int(np.count_nonzero(events.value[mine] == again.value[others]))
    return len(first) + len(second) - 2 * equal


def _numbered(spikes: Spikes, sources: int) -> I64:
    """A number of every event's frame, step and source."""
    return (spikes.frame_of_event() * spikes.steps + spikes.step) * sources + spikes.source


def _held(view: ClusteringView) -> F32:
    """Weight in the crossbar of every synapse of `view.cells`: a cell that several uses drive has one for all."""
    network, alone = view.graph.network, view.folded
    if alone is None:
        return network.weight[view.cells.synapse]
    return alone.weight_of(view.cells)


def _crossbars(view: ClusteringView) -> Any:
    from snnmap.simulate.kernels.mapped import Crossbars

    network, clustering, cells = view.graph.network, view.clustering, view.cells
    entry_ptr = offsets(np.ones(len(clustering.row_source)))
    row_ptr, _, row = transpose_csr(entry_ptr, clustering.row_source, network.sources)
    neuron = clustering.column_neuron - network.externals
    column_ptr, _, columns = transpose_csr(offsets(np.ones(len(neuron))), neuron, network.neurons)
    grid = network.grid[network.population_of()[clustering.column_neuron]]
    return Crossbars(
        row_ptr=row_ptr,
        row=row,
        cell_ptr=cells.ptr,
        column=cells.column,
        weight=_held(view),
        grid=grid,
        column_ptr=column_ptr,
        columns=columns,
        biases=np.flatnonzero(network.is_bias()),
    )
