"""Small spike graphs for partition tests, and clusterings as plain sets for the oracle."""

from dataclasses import replace

import numpy as np
from support.machines import mesh

from snnmap.core.arrays import offsets
from snnmap.ir import Network, Population, SpikeGraph, Spikes

LIF = ("tau", "r", "v_leak", "v_threshold", "v_reset")


def machine(rows, columns, *, synapse_limit=None, merge=True):
    return replace(mesh(40, 40, rows=rows, columns=columns), synapse_limit=synapse_limit, merge=merge)


def graph_of(sizes, edges, *, spikes=None, window=(2, 10), kinds=None, levels=None):
    """Spike graph of populations of `sizes` (ints or shapes) with synapses `edges` ((S, 2): source, neuron)."""
    shapes = [(s,) if isinstance(s, int) else tuple(s) for s in sizes]
    kinds = kinds or ["input"] + ["neuron"] * (len(shapes) - 1)
    levels = levels or list(range(len(shapes)))
    populations, first = [], 0
    for p, (shape, kind, level) in enumerate(zip(shapes, kinds, levels, strict=True)):
        size = int(np.prod(shape))
        ones = dict.fromkeys(LIF, np.broadcast_to(1.0, size)) if kind == "neuron" else {}
        model = "LIF" if kind == "neuron" else kind
        populations.append(Population(f"p{p}", kind, model, first, shape, level, ones))
        first += size
    edges = np.unique(np.asarray(edges, np.int64).reshape(-1, 2), axis=0)
    indptr = offsets(np.bincount(edges[:, 0], minlength=first))
    weight, grid = np.ones(len(edges), np.float32), np.ones(len(populations))
    network = Network(tuple(populations), indptr, edges[:, 1].astype(np.int32), weight, grid, (len(populations) - 1,))
    frames, steps = window
    spikes = np.arange(1, first + 1) % 7 if spikes is None else np.asarray(spikes)
    spikes = np.where(network.is_bias(), frames * steps, spikes)
    active = np.minimum(spikes, frames * steps)
    return SpikeGraph(network, spikes, spikes, np.minimum(spikes, 1), active, frames, steps, 1e-3, None, None)


def dense(*layers, **options):
    """Fully connected layers; the first are inputs."""
    first = offsets(layers)
    edges = [
        np.stack(np.meshgrid(np.arange(first[a], first[a + 1]), np.arange(first[a + 1], first[a + 2])), -1).reshape(
            -1, 2
        )
        for a in range(len(layers) - 1)
    ]
    return graph_of(layers, np.concatenate(edges), **options)


def convolution(channels, side, outputs, kernel, **options):
    """`channels` maps of side x side, `outputs` maps of valid positions."""
    out = side - kernel + 1
    c, o, y, x, dy, dx = np.indices((channels, outputs, out, out, kernel, kernel)).reshape(6, -1)
    source = (c * side + y + dy) * side + x + dx
    target = channels * side * side + (o * out + y) * out + x
    return graph_of([(channels, side, side), (outputs, out, out)], np.stack([source, target], 1), **options)


def random_graph(seed, *, inputs=6, hidden=8, out=4, density=0.4, bias=True):
    """Recurrent network with a bias and skips; some neurons may have no inputs at all."""
    rng = np.random.default_rng(seed)
    externals = inputs + int(bias)
    total = externals + hidden + out
    pairs = np.argwhere(rng.random((total, hidden + out)) < density)
    sizes = [inputs, *([1] if bias else []), hidden, out]
    kinds = ["input", *(["bias"] if bias else []), "neuron", "neuron"]
    levels = [0, *([0] if bias else []), 1, 2]
    return graph_of(
        sizes,
        pairs + np.array([0, externals]),
        kinds=kinds,
        levels=levels,
        spikes=rng.integers(0, 30, total),
        window=(3, 8),
    )


def recorded(graph, rate, seed=0):
    """`graph` with random events, inputs and neurons spiking at `rate` (N,) per step."""
    rng = np.random.default_rng(seed)
    on = rng.random((graph.window, graph.network.sources)) < rate
    on[:, graph.network.is_bias()] = False
    at, source = np.nonzero(on)
    frame, step = at // graph.steps, at % graph.steps
    ptr = offsets(np.bincount(frame, minlength=graph.frames))
    events = Spikes(ptr, step, source, np.ones(len(source)), steps=graph.steps, dt=graph.dt)
    spikes = np.where(graph.network.is_bias(), graph.window, on.sum(axis=0))
    active = np.where(graph.network.is_bias(), graph.window, on.sum(axis=0))
    return replace(graph, spikes=spikes, active_steps=active, events=events)


def scattered():
    """1,080 neurons of different inputs: sources heard in very many crossbars, if two neurons fit one.

    A bias is heard by all of them, the first input by 513 and the second by 257, the others by few.
    """
    rng = np.random.default_rng(4)
    few = [(2 + int(i), n) for n in range(1080) for i in rng.choice(28, 3, replace=False)]
    edges = [*((0, n) for n in range(513)), *((1, n) for n in range(400, 657)), *((30, n) for n in range(1080)), *few]
    shifted = [(i, n + 31) for i, n in edges]
    return graph_of([30, 1, 1080], shifted, kinds=["input", "bias", "neuron"], levels=[0, 0, 1])


def crowd():
    """2,100 neurons of which 2,049 hear the first input and 2,048 the second, and all a few of 40 more."""
    rng = np.random.default_rng(5)
    few = [(2 + int(i), n + 42) for n in range(2100) for i in rng.choice(40, 3, replace=False)]
    edges = [*((0, n + 42) for n in range(2049)), *((1, 2141 - n) for n in range(2048)), *few]
    return graph_of([42, 2100], edges, window=(4, 25))


def listed(graph):
    """Synapses (source, neuron), spikes and active steps for the oracle; biases send nothing."""
    network = graph.network
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    free = network.is_bias()
    synapses = list(zip(pre.tolist(), network.post.tolist(), strict=True))
    spikes, active = np.where(free, 0, graph.spikes), np.where(free, 0, graph.active_steps)
    return synapses, dict(enumerate(spikes.tolist())), dict(enumerate(active.tolist()))


def sets(graph, clustering):
    """Clusters as (rows, columns) sets and the home of every neuron; checks that entries ascend."""
    clusters = []
    for k in range(clustering.clusters):
        rows = clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]].tolist()
        columns = clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]].tolist()
        assert rows == sorted(set(rows))
        assert columns == sorted(set(columns))
        clusters.append((set(rows), set(columns)))
    first = graph.network.externals
    return clusters, {first + n: int(k) for n, k in enumerate(clustering.home)}
