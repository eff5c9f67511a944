"""Spike graphs for benchmarks that no file ships: deterministic, with heavy-tailed firing as recorded networks show.

`mlp`, `lenet`, `local100k` and `local1m` are the graphs on which peers were measured: every input is a vertex that
takes a column, as it does for a program that partitions graphs. `pilotnet` takes its inputs from outside.
"""

import numpy as np

from snnmap.core.arrays import offsets
from snnmap.ir import Network, Population, SpikeGraph

LENET_MAPS = 13, 9
"""Feature maps of both convolutions; each of the second reads four of the first."""


def spikes(sources, rng, mean=20.0, sigma=1.0):
    """Log-normal rates, then Poisson counts; at least 1, so that nobody is silent."""
    return rng.poisson(rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, sources)).astype(np.int64) + 1


def graph(layers, synapses, rng, *, outside=False):
    """Spike graph of `layers` (name, shape) with `synapses` (sources, targets); the first layer is inputs.

    outside
        Whether inputs come from outside; if not, they are neurons that nobody drives.
    """
    populations, first = [], 0
    for level, (name, shape) in enumerate(layers):
        kind, model = ("input", "input") if outside and level == 0 else ("neuron", "recorded")
        populations.append(Population(name, kind, model, first, shape, level + (not outside)))
        first = populations[-1].stop
    source, target = (np.concatenate([part[side] for part in synapses]) for side in (0, 1))
    order = np.lexsort((target, source))
    indptr, post = offsets(np.bincount(source, minlength=first)), target[order].astype(np.int32)
    ones = np.ones(len(populations))
    network = Network(tuple(populations), indptr, post, np.ones(len(post), np.float32), ones, (len(layers) - 1,))
    count = spikes(first, rng)
    steps = int(count.max())
    return SpikeGraph(network, count, count, np.ones(first), count, 1, steps, 1e-3, None, None)


def convolution(first, maps, shape, target, outputs, kernel, *, stride=1, pad=0, reads=None):
    """Synapses of a convolution of `maps` x `shape` at `first` to `outputs` maps at `target`, and its output's shape.

    reads
        Maps that every output map reads; all, if none are given.
    """
    high, wide = ((side + 2 * pad - kernel) // stride + 1 for side in shape)
    y, x = np.mgrid[0:high, 0:wide]
    source, sink = [], []
    for k in range(outputs):
        for c in range(maps) if reads is None else reads[k]:
            for dy, dx in np.ndindex(kernel, kernel):
                row, column = y * stride + dy - pad, x * stride + dx - pad
                inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
                source.append((first + c * shape[0] * shape[1] + row * shape[1] + column)[inside])
                sink.append((target + k * high * wide + y * wide + x)[inside])
    return (np.concatenate(source), np.concatenate(sink)), (high, wide)


def pooling(first, maps, shape, target):
    """Synapses of 2 x 2 pooling, and its output's shape."""
    high, wide = shape[0] // 2, shape[1] // 2
    c, y, x = np.meshgrid(np.arange(maps), np.arange(2 * high), np.arange(2 * wide), indexing="ij")
    source = first + c * shape[0] * shape[1] + y * shape[1] + x
    return (source.ravel(), (target + c * high * wide + (y // 2) * wide + x // 2).ravel()), (high, wide)


def dense(first, inputs, target, outputs):
    """Synapses from every one of `inputs` to every one of `outputs`."""
    source = np.repeat(np.arange(first, first + inputs), outputs)
    return source, np.tile(np.arange(target, target + outputs), inputs)


def mlp():
    """784-100-10."""
    synapses = [dense(0, 784, 784, 100), dense(784, 100, 884, 10)]
    return graph([("input", (784,)), ("hidden", (100,)), ("output", (10,))], synapses, np.random.default_rng(1))


def lenet():
    """32 x 32 -> 3 x 3 (13 maps) -> pool -> 3 x 3 (9 maps, 4 read by each) -> pool -> 170 -> 84 -> 10."""
    one, two = LENET_MAPS
    layers, synapses, shape, end = [("input", (32, 32))], [], (32, 32), 1024

    def add(name, maps, found):
        nonlocal shape, end
        ends, shape = found
        synapses.append(ends)
        layers.append((name, (maps, *shape)))
        end += maps * shape[0] * shape[1]
        return end - maps * shape[0] * shape[1]

    reads = [sorted((3 * k + 4 * j) % one for j in range(4)) for k in range(two)]
    first = add("conv1", one, convolution(0, 1, shape, end, one, 3, pad=1))
    first = add("pool1", one, pooling(first, one, shape, end))
    first = add("conv2", two, convolution(first, one, shape, end, two, 3, reads=reads))
    first = add("pool2", two, pooling(first, two, shape, end))
    inputs = end - first
    for k, outputs in enumerate((170, 84, 10)):
        synapses.append(dense(first, inputs, end, outputs))
        layers.append((f"fc{k + 1}", (outputs,)))
        first, end, inputs = end, end + outputs, outputs
    return graph(layers, synapses, np.random.default_rng(2))


def local(side, seed, fan=38, sigma=6.0):
    """A torus of side x side neurons, `fan` distinct targets each at Gaussian offsets, ids shuffled."""
    rng = np.random.default_rng(seed)
    count = side * side
    shuffled = rng.permutation(count).astype(np.int64)
    sources, targets = [], []
    step = max(1, 2_000_000 // (fan * 2))
    for start in range(0, count, step):
        base = np.arange(start, min(count, start + step))
        tries = fan + 12
        while True:
            offset = np.rint(rng.normal(0, sigma, (len(base), tries, 2))).astype(np.int64)
            y, x = (base // side)[:, None] + offset[..., 0], (base % side)[:, None] + offset[..., 1]
            met = (y % side) * side + x % side
            met[met == base[:, None]] = -1
            met.sort(axis=1)
            again = np.zeros_like(met, bool)
            again[:, 1:] = met[:, 1:] == met[:, :-1]
            met[again] = -1
            if np.all(np.sum(met >= 0, axis=1) >= fan):
                break
            tries += 12
        rank = rng.random(met.shape)
        rank[met < 0] = 2
        chosen = np.take_along_axis(met, np.argpartition(rank, fan, axis=1)[:, :fan], 1)
        sources.append(np.repeat(shuffled[base], fan))
        targets.append(shuffled[chosen.ravel()])
    return graph([("neurons", (count,))], [(np.concatenate(sources), np.concatenate(targets))], rng)


def pilotnet():
    """3 x 66 x 200 -> five convolutions -> 100 -> 50 -> 10 -> 1 (Bojarski et al., arXiv 1604.07316, Figure 4)."""
    layers, synapses, shape, maps = [("input", (3, 66, 200))], [], (66, 200), 3
    first, end = 0, 3 * 66 * 200
    for k, (outputs, kernel, stride) in enumerate([(24, 5, 2), (36, 5, 2), (48, 5, 2), (64, 3, 1), (64, 3, 1)]):
        ends, shape = convolution(first, maps, shape, end, outputs, kernel, stride=stride)
        synapses.append(ends)
        layers.append((f"conv{k + 1}", (outputs, *shape)))
        first, end, maps = end, end + outputs * shape[0] * shape[1], outputs
    inputs = end - first
    for k, outputs in enumerate((100, 50, 10, 1)):
        synapses.append(dense(first, inputs, end, outputs))
        layers.append((f"fc{k + 1}", (outputs,)))
        first, end, inputs = end, end + outputs, outputs
    return graph(layers, synapses, np.random.default_rng(5), outside=True)


GRAPHS = {
    "mlp": mlp,
    "lenet": lenet,
    "local100k": lambda: local(316, 4),
    "local1m": lambda: local(1000, 3),
    "pilotnet": pilotnet,
}
"""Graph of every name."""
