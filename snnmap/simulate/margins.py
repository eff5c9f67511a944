"""How near every neuron comes to its threshold on the profiled data: where a disturbance of its input flips spikes."""

import numpy as np

from snnmap.core.arrays import F64
from snnmap.ir import SpikeGraph

REACH = 0.1
"""Largest disturbance considered, of the distance from rest to threshold: about what wires take and cells miss."""


def near_threshold(graph: SpikeGraph, *, threads: int | None = None) -> F64:
    """Steps that each neuron spends near its threshold, weighed by how near, float64 (neurons,).

    near_j = sum over steps of max(0, 1 - m / REACH), with m = |v - v_threshold| / |v_threshold - v_rest| of the
    potential v that is compared with the threshold. Half of it is the expected number of steps whose spike appears or
    disappears if every v is disturbed by a share of that distance drawn evenly from -REACH to REACH. Neurons that hand
    values on have every step counted in which they do. A profile that was recorded, or keeps no events, knows no
    potential: near_j are then the spikes.

    Parameters
    ----------
    threads
        Frames at a time; none: one per core. The result is the same for any number.
    """
    from snnmap.simulate.execution import kernel_arrays, side_by_side, stepping
    from snnmap.simulate.kernels.margins import NONE, near_frame
    from snnmap.simulate.kernels.neurons import LIMIT
    from snnmap.simulate.neurons import fresh

    events, externals = graph.events, graph.network.externals
    if events is None or graph.dynamics is None:
        return graph.spikes[externals:].astype(np.float64)
    rule, state = stepping(graph.network, graph.dynamics)
    synapses, layers = kernel_arrays(graph.network)
    unreached = state.coefficients.copy()
    unreached[LIMIT] = NONE

    def run(frame: int) -> F64:
        own = slice(int(events.frame[frame]), int(events.frame[frame + 1]))
        outside = events.source[own] < externals
        stimulus = (events.step[own][outside], events.source[own][outside], events.value[own][outside])
        trial = fresh(state)._replace(coefficients=unreached)
        return near_frame(synapses, layers, rule, fresh(state), trial, events.steps, stimulus, REACH)

    total = np.zeros(graph.network.neurons)
    for near in side_by_side(run, graph.frames, threads):
        total += near
    return total
