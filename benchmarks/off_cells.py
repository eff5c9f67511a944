"""What cells without a synapse cost: an unrolled convolution on one large crossbar, with them and without.

pip install torch==2.13.0
nice python benchmarks/off_cells.py IMAGES.gz LABELS.gz TEST_IMAGES.gz TEST_LABELS.gz [--chips 5] [--test 1000]

The MNIST network of the BrainScaleS-2 paper, as a spiking one: padding 1, 20 kernels 10 x 10 with stride 5, 500
neurons, then 128 and 10, trained here with a surrogate gradient on images that are as many spikes as their values say,
with noise in the loop: every batch sees weights that miss by 20 % of the largest in both cells of a pair.
Unrolled, a neuron of the convolution has a synapse from 100 of 784 inputs: in a crossbar of 1,024 rows every other cell
of its column is a device that is programmed to g_min and misses it as all do. Cells miss by 20 and by 30 % of g_max;
accuracy over all chips with those cells and without, and the paired difference with its 95 % interval over chips and
images. The same on crossbars of 128 x 128, where the partition cuts the convolution into windows that leave few; and
with the kernels held once (`--conv dense`), where no cell of the convolution is without a synapse, and a cell's error
is that of all positions.

Then what `snnmap advise --noise` says of the same network: its kernels held once and used for 25 positions, beside
every synapse in a cell of its own.
"""

import argparse
import gzip
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.pop(0)  # this folder: torch imports `profile`, and there is one here
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support import nir_trees

import snnmap
from snnmap.evaluation.accuracy import student

BETA, THRESHOLD, STEPS = 0.9, 1.0, 8
MISSED, LARGEST = 0.2 * 2**0.5, 2.0
"""Noise of a weight in training, over the largest; the largest, in standard deviations of its layer."""
SPREADS = (0.0, 0.2, 0.3)
CROSSBARS = ((1024, 512), (128, 128))
ARRAYS = (128, 1024)
AGE = "1s"


def read(path, offset, shape):
    """Values of an idx file."""
    return np.frombuffer(gzip.decompress(Path(path).read_bytes()), np.uint8, offset=offset).reshape(shape)


def rate_coded(pictures):
    """Spikes (frames, steps, 1, 28, 28): as many as the value says, evenly over the steps."""
    due = np.floor(np.arange(STEPS + 1)[:, None, None] * (pictures[:, None] / 255.0) + 1e-9)
    return np.diff(due, axis=1)[:, :, None] > 0


def trained(pictures, labels, epochs, seed=0):
    """Weights (convolution, 128, 10) of the network."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    torch.set_num_threads(1)

    class Spike(torch.autograd.Function):
        @staticmethod
        def forward(ctx, v):
            ctx.save_for_backward(v)
            return (v > 0).float()

        @staticmethod
        def backward(ctx, given):
            (v,) = ctx.saved_tensors
            return given / (1.0 + 4.0 * v.abs()) ** 2

    layers = nn.ModuleList(
        [nn.Conv2d(1, 20, 10, 5, 1, bias=False), nn.Linear(500, 128, bias=False), nn.Linear(128, 10, bias=False)]
    )
    with torch.no_grad():
        for layer in layers:
            layer.weight *= 2.0
    optimiser = torch.optim.Adam(layers.parameters(), 2e-3)
    batches = epochs * (len(pictures) // 128)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, batches)
    rng = np.random.default_rng(seed)
    for k in range(batches):
        chosen = rng.integers(len(pictures), size=128)
        spikes = torch.from_numpy(rate_coded(pictures[chosen]).astype(np.float32))
        state, counts = [0.0, 0.0, 0.0], 0.0
        missed = [MISSED * layer.weight.abs().max().item() * torch.randn_like(layer.weight) for layer in layers]
        for t in range(STEPS):
            x = spikes[:, t]
            for j, layer in enumerate(layers):
                weight = layer.weight + missed[j]
                summed = nn.functional.linear(x, weight) if j else nn.functional.conv2d(x, weight, stride=5, padding=1)
                v = BETA * state[j] + summed.flatten(1)
                x = Spike.apply(v - THRESHOLD)
                state[j] = v - THRESHOLD * x
            counts = counts + x
        loss = nn.functional.cross_entropy(counts, torch.from_numpy(labels[chosen].astype(np.int64)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        with torch.no_grad():  # a few large weights would set the scale that all cells miss by
            for layer in layers:
                most = LARGEST * layer.weight.std()
                layer.weight.clamp_(-most, most)
        if k % 200 == 0:
            print(f"  batch {k} of {batches}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
    return [layer.weight.detach().numpy() for layer in layers]


def tree(weights):
    """The network as NIR holds it."""
    nodes, edges, before = {**nir_trees.ends([1, 28, 28], [10])}, [], "i"
    for k, (weight, shape) in enumerate(zip(weights, ((20, 5, 5), (128,), (10,)), strict=True)):
        one = np.ones(shape)
        neuron = {"tau": one / (1 - BETA), "r": one / (1 - BETA), "v_leak": 0 * one, "v_threshold": THRESHOLD * one,
                  "v_reset": 0 * one}  # fmt: skip
        if weight.ndim == 4:
            nodes["w0"] = nir_trees.conv(weight, stride=5, padding=1, input_shape=np.array([28, 28]))
        else:
            nodes[f"w{k}"] = nir_trees.linear(weight)
        if k == 1:
            nodes["flat"] = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array([20, 5, 5])})
            edges.append("n0 flat")
            before = "flat"
        nodes[f"n{k}"] = ("LIF", neuron)
        edges += [f"{before} w{k}", f"w{k} n{k}"]
        before = f"n{k}"
    return nir_trees.graph([*edges, f"{before} o"], **nodes)


def measured(graph, size, chips, conv):
    """Every spread on one size of crossbar: accuracy with off-cells and without, and how they differ."""
    with tempfile.TemporaryDirectory() as folder:
        hardware, profile, mapping = (Path(folder) / name for name in ("chip.toml", "profile.npz", "mapping.json"))
        hardware.write_text(f'name = "large"\nextends = "pcm-mesh"\nrows = {size[0]}\ncolumns = {size[1]}\n')
        snnmap.save_profile(graph, profile)
        compiled = snnmap.compile(graph, snnmap.CompileOptions(hardware=str(hardware), conv=conv))
        snnmap.save(compiled.mapping, mapping)
        clustering = compiled.mapping.clustering
        areas = clustering.rows * clustering.columns
        off = areas.sum() - len((compiled.view.clusters.folded or compiled.view.clusters).cells.column)
        print(f"{conv}, crossbars of {size[0]} x {size[1]}: {clustering.clusters}; cells in used rows and columns "
              f"{areas.sum():,}, without a synapse {off:,} ({100 * off / areas.sum():.0f} %)")  # fmt: skip
        for spread in SPREADS:
            found = []
            for effects in ("programming", "programming,off"):
                options = snnmap.AccuracyOptions(effects=effects, devices=chips, ages=(AGE,), programming_sd=spread)
                found.append(snnmap.accuracy_file(mapping, options, workload=str(profile)).ages[0])
            without, with_off = found
            gap = np.subtract(with_off.each, without.each)
            low, high = student(gap, (-1.0, 1.0))
            print(
                f"  spread {100 * spread:2.0f} % of g_max: without off-cells {100 * without.accuracy.mean:.2f} %, with "
                f"{100 * with_off.accuracy.mean:.2f} %, {100 * gap.mean():+.2f} points ({100 * low:+.2f} to "
                f"{100 * high:+.2f}) over {chips} chips",
                flush=True,
            )


def advised(source, load, chips):
    """Both ways to hold the convolution, with off-cells and without."""
    options = snnmap.AdviseOptions(sweep=ARRAYS, noise=SPREADS[1:], devices=chips)
    for size in snnmap.advise(source, options, load=load)["sizes"]:
        for found in size["noise"]:
            low, high = found["difference_interval"]
            print(
                f"arrays of {size['crossbar']}, spread {100 * found['spread']:.0f} % of g_max, off-cells "
                f"{'noisy' if found['off_cells'] else 'none'}: dense {100 * found['dense']['mean']:.2f} %, unrolled "
                f"{100 * found['unrolled']['mean']:.2f} %, {100 * found['dense_less_unrolled']:+.2f} points "
                f"({100 * low:+.2f} to {100 * high:+.2f}) over {chips} chips and {found['frames']} images",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs=4, metavar="FILE.gz", help="training images and labels, test images and labels")
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args()
    images, labels, test, test_labels = given.files
    begun = time.process_time()
    weights = trained(read(images, 16, (-1, 28, 28)), read(labels, 8, -1), given.epochs)
    print(f"trained in {time.process_time() - begun:.0f} CPU s", flush=True)
    options = snnmap.LoadOptions(integration="step", reset="subtract", comparison=">", dt=1e-3, layout="BTCHW")
    data = rate_coded(read(test, 16, (-1, 28, 28))[: given.test]).astype(np.uint8)
    right = read(test_labels, 8, -1)[: given.test].astype(np.int64)
    network = nir_trees.read(tree(weights))
    graph = snnmap.profile(network, options, data=data, labels=right)
    print(f"{given.test} test images, {STEPS} steps: {100 * np.mean(graph.predictions == graph.labels):.2f} % ideal")
    for conv in ("unrolled", "dense"):
        for size in CROSSBARS:
            measured(graph, size, given.chips, conv)
    advised(network, replace(options, data=data, labels=right), given.chips)


if __name__ == "__main__":
    main()
