"""Small convolutional workloads made synapse by synapse in plain loops: their geometry is known from elsewhere."""

from itertools import product

import numpy as np
from support.small_workload import parameters

from snnmap.core.arrays import offsets
from snnmap.ir import Dynamics, Network, Population, Provenance, SpikeGraph, Spikes, Workload
from snnmap.simulate.profile import profile


def layer(rng, taken, outputs, kernel, stride=1, padding=0, groups=1):
    """Synapses {(input index, output index): weight} of a convolution, its shape, and its kernel.

    The kernel is (outputs, inputs of a group, height, width); some of its weights are none (0).
    """
    channels, height, width = taken
    weights = rng.integers(-4, 6, (outputs, channels // groups, *kernel))
    high = (height + 2 * padding - kernel[0]) // stride + 1
    wide = (width + 2 * padding - kernel[1]) // stride + 1
    synapses = {}
    for o, y, x in product(range(outputs), range(high), range(wide)):
        group = o // (outputs // groups)
        for c, i, j in product(range(channels // groups), range(kernel[0]), range(kernel[1])):
            at_y, at_x = y * stride + i - padding, x * stride + j - padding
            weight = int(weights[o, c, i, j])
            if weight and 0 <= at_y < height and 0 <= at_x < width:
                source = ((group * (channels // groups) + c) * height + at_y) * width + at_x
                synapses[source, (o * high + y) * wide + x] = weight
    return synapses, (outputs, high, wide), weights


def network_of(layers, shapes, constants=None):
    """Network of an input, then one population per entry of `layers` fed by the one before, synapses as `layer` has.

    `constants`: layer number -> weight of each channel from a bias row.
    """
    constants = constants or {}
    names = ["input", *(f"bias{k}" for k in constants), *(f"layer{k}" for k in range(1, len(shapes)))]
    sizes = [int(np.prod(shapes[0])), *(1 for _ in constants), *(int(np.prod(shape)) for shape in shapes[1:])]
    first = dict(zip(names, offsets(sizes).tolist(), strict=False))
    edges = {}
    for k, synapses in enumerate(layers, start=1):
        before = "input" if k == 1 else f"layer{k - 1}"
        for (source, target), weight in synapses.items():
            edges[first[before] + source, first[f"layer{k}"] + target] = weight
    for k, weights in constants.items():
        places = int(np.prod(shapes[k][1:]))
        for channel, place in product(range(len(weights)), range(places)):
            if weights[channel]:
                edges[first[f"bias{k}"], first[f"layer{k}"] + channel * places + place] = int(weights[channel])
    pairs = sorted(edges)
    populations = [Population("input", "input", "input", 0, shapes[0], 0)]
    populations += [Population(f"bias{k}", "bias", "bias", first[f"bias{k}"], (1,), 0) for k in constants]
    for k, shape in enumerate(shapes[1:], start=1):
        name = f"layer{k}"
        populations.append(Population(name, "neuron", "LIF", first[name], shape, k, parameters(int(np.prod(shape)))))
    return Network(
        tuple(populations),
        offsets(np.bincount([source for source, _ in pairs], minlength=sum(sizes))),
        np.array([target for _, target in pairs]),
        np.array([edges[pair] for pair in pairs], np.float32),
        np.ones(len(populations)),
        (len(populations) - 1,),
    )


def kernel_network(seed=0, bias=True):
    """Two convolutions (padded; strided and grouped), a pool by channels and a dense layer."""
    rng = np.random.default_rng(seed)
    one, first, _ = layer(rng, (2, 8, 7), 4, (3, 3), padding=1)
    two, second, _ = layer(rng, first, 4, (3, 2), stride=2, groups=2)
    size = int(np.prod(second))
    last = {(i, j): int(rng.integers(1, 5)) for i in range(size) for j in range(5)}
    constants = {1: rng.integers(-2, 4, 4), 2: [0, 1, 0, 2]} if bias else {}
    return network_of([one, two, last], [(2, 8, 7), first, second, (5,)], constants)


def events_of(network, seed=1, rate=0.3, frames=2, steps=8):
    """Random input spikes."""
    inputs = network.populations[0].size
    frame, step, source = np.nonzero(np.random.default_rng(seed).random((frames, steps, inputs)) < rate)
    ptr = offsets(np.bincount(frame, minlength=frames))
    return Spikes(ptr, step, source, np.ones(len(frame)), steps=steps, dt=1e-3)


def graph_of(network, **options) -> SpikeGraph:
    """What the network does with random inputs."""
    source = Provenance(source="kernels", name="kernels")
    return profile(Workload("kernels", network, events_of(network, **options), None, Dynamics(), source))
