"""A two-layer convolutional network of integers with batch normalisation, as an oracle runs it and as a NIR tree."""

import gzip
from pathlib import Path

import numpy as np
from oracles.float_conv import EPSILON, Layer, current, run
from support import nir_trees

import snnmap

MNIST = Path(__file__).parents[2] / "workloads" / "data" / "mnist-test-300-images-idx3-ubyte.gz"
BETA, THRESHOLD, STEPS = 0.875, 1.0, 6
SIZES = ((10, 5), (16, 3))
"""Channels and kernel of the convolutions, stride 2 each: 14 x 14, then 7 x 7."""


def images(path=MNIST, count=None):
    """MNIST images (count, 28, 28), 0 to 1."""
    content = gzip.decompress(Path(path).read_bytes())
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)[:count] / 255


def rate_coded(pictures, steps=STEPS):
    """Spikes (frames, steps, 1, 28, 28): as many as the value says, evenly over the steps."""
    due = np.floor(np.arange(steps + 1)[:, None, None] * pictures[:, None] + 1e-9)
    return np.diff(due, axis=1)[:, :, None] > 0


def layers(levels, spikes, seed=0):
    """Three layers (the last is dense) with statistics of their own activity, some gains negative."""
    rng = np.random.default_rng(seed)
    most = (levels - 1) // 2 if levels % 2 else levels - 1
    made, inputs = [], 1
    shapes = [
        (channels, inputs_, side, side) for (channels, side), inputs_ in zip(SIZES, (1, SIZES[0][0]), strict=True)
    ]
    for shape in (*shapes, (10, SIZES[1][0] * 49)):
        whole = rng.integers(-most, most + 1, shape) if levels % 2 else 2 * rng.integers(0, levels, shape) - most
        outputs = shape[0]
        gain = rng.uniform(0.4, 1.6, outputs) * rng.choice([1, 1, -1], outputs)
        unknown = np.stack([np.ones(outputs), np.zeros(outputs), np.zeros(outputs), np.ones(outputs) - EPSILON])
        layer = Layer(whole, rng.uniform(0.01, 0.06, outputs), rng.normal(0, 0.05, outputs), unknown, 2, shape[-1] // 2,
                      BETA, THRESHOLD)  # fmt: skip
        seen = spikes if not made else run(made, spikes)[0][-1].reshape(*spikes.shape[:2], *inputs)
        summed = np.stack([current(layer, seen[:, t].astype(np.float32)) for t in range(seen.shape[1])])
        axes = (0, 1, *range(3, summed.ndim))
        offset = rng.normal(-0.2, 0.2, outputs)
        layer.statistics = np.stack([gain, offset, summed.mean(axes), summed.var(axes)])
        made.append(layer)
        inputs = summed.shape[2:]
    return made


def nir_tree(made, levels):
    """The network as NIR holds it: weights in single precision, integers in the metadata, no normalisation."""
    nodes, edges, size = {**nir_trees.ends([1, 28, 28], [10])}, [], [(10, 14, 14), (16, 7, 7), (10,)]
    before = "i"
    for k, (layer, shape, side) in enumerate(zip(made, size, ([28, 28], [14, 14], None), strict=True)):
        scale, bias = snnmap.fold_batch_norm(layer.scale, layer.bias, layer.statistics, EPSILON)
        weight = scale.reshape(-1, *(1,) * (layer.whole.ndim - 1)) * layer.whole
        told = {"metadata": {"weight_int": layer.whole.astype(np.int16), "scale": scale, "levels": levels}}
        if layer.whole.ndim == 4:
            kind, values = nir_trees.conv(weight, stride=2, padding=layer.padding, input_shape=np.array(side))
        else:
            kind, values = nir_trees.affine(weight, bias)
            nodes["flat"] = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array([16, 7, 7])})
            edges.append(f"{before} flat")
            before = "flat"
        nodes[f"w{k}"] = (kind, values | told | {"bias": bias})
        nodes[f"n{k}"] = ("LIF", neurons(shape))
        edges += [f"{before} w{k}", f"w{k} n{k}"]
        before = f"n{k}"
    return nir_trees.graph([*edges, f"{before} o"], **nodes)


def neurons(shape):
    """LIF that keeps `BETA` of v per step and takes its input whole."""
    one = np.ones(shape)
    return {"tau": one / (1 - BETA), "r": one / (1 - BETA), "v_leak": 0 * one, "v_threshold": THRESHOLD * one,
            "v_reset": 0 * one}  # fmt: skip


def differences(tree, made, spikes, batch=100):
    """snnmap against single precision: margins of the neuron-steps that differ, all neuron-steps, spikes."""
    read = nir_trees.read(tree)
    options = snnmap.LoadOptions(integration="step", reset="subtract", comparison=">", dt=1e-3, layout="BTCHW")
    margins, total, fired = [], 0, 0
    for first in range(0, len(spikes), batch):
        part = spikes[first : first + batch]
        graph = snnmap.profile(read, options, data=part.astype(np.uint8))
        events, network = graph.events, graph.network
        mine = np.zeros((*part.shape[:2], network.sources), bool)
        mine[events.frame_of_event(), events.step, events.source] = True
        theirs, margin = run(made, part)
        for k, (other, gap) in enumerate(zip(theirs, margin, strict=True)):
            p = next(p for p in network.populations if p.name == f"n{k}")
            own = mine[:, :, p.first : p.stop]
            margins += gap[own != other].tolist()
            total += own.size
            fired += int(own.sum())
    return margins, total, fired
