"""A mapping that is small enough to count by hand, on 2 x 2 tiles."""

from dataclasses import replace

import numpy as np
from support.origins import CHIP, ORIGIN, WORKLOAD

from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Clustering, Mapping, Network, Placement, Population, Schedule, Sdfg, SpikeGraph, Wiring

IF = {"r": np.ones(2), "v_threshold": np.ones(2), "v_reset": np.zeros(2)}


def network() -> Network:
    """Inputs 0 and 1, neurons 2 and 3, output 4; synapses 0-2, 0-3, 1-3, 2-4, 3-4 of weight 1, 2, -2, 1, 4."""
    populations = (
        Population("in", "input", "input", 0, (2,), 0),
        Population("mid", "neuron", "IF", 2, (2,), 1, IF),
        Population("out", "neuron", "IF", 4, (1,), 2, {key: value[:1] for key, value in IF.items()}),
    )
    return Network(populations, [0, 2, 3, 4, 5, 5], [2, 3, 3, 4, 4], [1, 2, -2, 1, 4], np.ones(3), (2,))


def activity() -> SpikeGraph:
    """Spikes 5, 2, 3, 4, 1 in 2 frames of 10 steps; events not kept."""
    spikes = np.array([5, 2, 3, 4, 1])
    return SpikeGraph(network(), spikes, spikes, np.ones(5), spikes, 2, 10, 1e-3, None, None)


def machine() -> Hardware:
    """2 x 2 tiles of 4 x 2 crossbars."""
    return replace(load_hardware("pcm-mesh"), word_lines=4, bit_lines=2, mesh_width=2, mesh_height=2)


def mapping() -> Mapping:
    """Inputs and neurons 2, 3 on tile 0; neuron 4 at home on tile 3 hears 2; its partial column on tile 1 hears 3."""
    none = np.zeros(0, np.int64)
    return Mapping(
        Clustering([0, 2, 3, 4], [0, 1, 2, 3], [0, 2, 3, 4], [2, 3, 4, 4], [0, 0, 1]),
        Placement([0, 3, 1]),
        Wiring([0, 1, 0, 0], [0, 1, 0, 0]),
        Sdfg((), none, none, none, none, none, none, none, 1e-9),
        Schedule((), none, none, 200, 1, (), 350),
        activity().spikes,
        activity().active_steps,
        np.array([0, 0, 0, 4]),
        {},
        CHIP,
        WORKLOAD,
        ORIGIN,
    )
