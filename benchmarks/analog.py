"""Drawn chips against the IBM Analog Hardware Acceleration Kit: moments of its noise model, seconds per chip and image.

pip install torch==2.13.0; pip install --no-deps aihwkit==1.1.0     (beside snnmap; neither needs the other)
python benchmarks/analog.py [--images 300] [--cells 100000] [--only moments|speed|nmnist-cnn|mnist-mlp]

moments
    Mean and standard deviation over cells of a conductance as programmed, of the drift exponent, of a conductance
    that drifted for a day and of one read of it, theirs (`PCMLikeNoiseModel`) and ours (`snnmap.physics.pcm`), and how
    far they are apart.
speed
    The MNIST MLP 784-128-64-10 of 32 steps on one chip, programmed and drifted for a day, with an 8-bit converter and
    read noise: theirs as one batch in `AnalogLinear` layers between neurons in torch, ours as `snnmap accuracy` does
    it, with the drawing of the chip in both. Processor seconds of the best of three runs each, in turns: other work on
    the machine counts little. Theirs reads a noise that is drawn once, ours one that is drawn for every read; their
    converter has a fixed range, ours a calibrated one, so accuracies are not to be compared. torch takes one thread:
    on small machines more of them wait for each other (32 ms instead of 0.9 on two cores). Also ours without drawing.
nmnist-cnn, mnist-mlp
    Chips on 30 recordings, and ten chips on 1,000 images (the 300 that ship, over and over), with all effects but
    exact IR drop: seconds of processor and of wall per chip, and of all chips, without the first, which compiles
    kernels and works out what all chips share, and the largest memory of the process.
"""

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np

import snnmap
from snnmap.core.arrays import offsets, ranges
from snnmap.physics import pcm

DAY = 86_400.0
G_MAX = 25e-6
RELATIVE = (0.05, 0.2, 0.5, 0.8, 1.0)


def ours(g, rng):
    """Programmed conductance, exponent, drifted, read, S."""
    model, size = pcm.NOISE_MODELS["pcm-like"], np.full(g[1], g[0] * G_MAX)
    programmed = pcm.program(model, size, G_MAX, rng=rng)
    nu = pcm.drawn_drift_exponent(model, size, G_MAX, rng=rng)
    drifted = pcm.drifted(programmed, nu, DAY, model.t_0)
    sd = pcm.read_noise_sd(model, programmed, drifted, G_MAX, DAY)
    return programmed, nu, drifted, np.maximum(drifted + sd * rng.standard_normal(len(size)), 0.0)


def theirs(g):
    """The same; their conductances are in microsiemens, and drift and read noise are one call."""
    import torch
    from aihwkit.inference import PCMLikeNoiseModel

    size = torch.full((g[1],), g[0] * G_MAX * 1e6)
    model, silent = PCMLikeNoiseModel(), PCMLikeNoiseModel(read_noise_scale=0.0)
    programmed = model.apply_programming_noise_to_conductance(size)
    nu = model.generate_drift_coefficients(size)
    drifted = silent.apply_drift_noise_to_conductance(programmed, nu, DAY)
    read = model.apply_drift_noise_to_conductance(programmed, nu, DAY)
    return tuple(
        each.numpy().astype(float) * unit
        for each, unit in zip((programmed, nu, drifted, read), (1e-6, 1, 1e-6, 1e-6), strict=True)
    )


def moments(cells):
    """Print both, and the largest difference."""
    import torch

    rng, worst = np.random.default_rng(1), 0.0
    torch.manual_seed(1)
    print("g/g_max  of              mean, ours   theirs    ratio     sd, ours   theirs    ratio")
    for relative in RELATIVE:
        pairs = zip(
            ("programmed", "exponent", "drifted", "read"),
            ours((relative, cells), rng),
            theirs((relative, cells)),
            strict=True,
        )
        for name, mine, other in pairs:
            mean, sd = mine.mean() / other.mean(), mine.std() / other.std()
            worst = max(worst, abs(mean - 1), abs(sd - 1))
            print(f"{relative:7.2f}  {name:12s} {mine.mean():12.4g} {other.mean():9.4g} {mean:8.4f}", end="")
            print(f" {mine.std():12.4g} {other.std():9.4g} {sd:8.4f}")
    print(f"largest difference: {100 * worst:.2f} % (of {cells:,} cells: 0.3 % is by chance)")


def spiking(layers, images, steps):
    """Loihi neurons (decay 410 / 4096, threshold 4096, reset to 0, one silent step) between analog layers; classes."""
    import torch

    state = [
        [torch.zeros(len(images), size) for _ in range(2)] + [torch.zeros(len(images), size, dtype=torch.bool)]
        for size in (128, 64, 10)
    ]
    counts, kept = torch.zeros(len(images), 10), 1 - 410 / 4096
    for step in range(steps):
        spikes = images[:, step]
        for k, layer in enumerate(layers):
            current, voltage, resting = state[k]
            current = torch.trunc(current * kept) + layer(spikes) * layer.scale
            voltage = torch.where(resting, torch.zeros(()), torch.trunc(voltage * kept) + current)
            fired = voltage > 4096.0
            state[k] = [current, torch.where(fired, torch.zeros(()), voltage), fired]
            spikes = fired.float()
        counts += spikes
    return counts.argmax(1).numpy()


def analog_layers(graph):
    """The three dense layers as `AnalogLinear`, at their noise model, 8-bit converters and pulses of one bit."""
    import torch
    from aihwkit.inference import GlobalDriftCompensation, PCMLikeNoiseModel
    from aihwkit.nn import AnalogLinear
    from aihwkit.simulator.configs import TorchInferenceRPUConfig

    config = TorchInferenceRPUConfig()
    config.noise_model, config.drift_compensation = PCMLikeNoiseModel(g_max=25.0), GlobalDriftCompensation()
    config.forward.out_res, config.forward.inp_res, config.forward.out_noise = 1 / 256, -1, 0.0
    network, layers = graph.network, []
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    for before, after in zip(network.populations, network.populations[1:], strict=False):
        own = (network.post >= after.first) & (network.post < after.stop)
        dense = np.zeros((after.size, before.size), np.float32)
        dense[network.post[own] - after.first, pre[own] - before.first] = network.weight[own]
        layer = AnalogLinear(before.size, after.size, bias=False, rpu_config=config)
        layer.scale = float(np.abs(dense).max())
        layer.set_weights(torch.from_numpy(dense / layer.scale))
        layer.eval()
        layers.append(layer)
    return layers


def speed(count):
    """Print seconds per chip and image of both, and the ratio."""
    import torch

    torch.set_num_threads(1)
    graph = snnmap.profile("mnist-mlp", snnmap.LoadOptions(samples=count))
    events, inputs = graph.events, np.zeros((count, graph.steps, 784), np.float32)
    outside = events.source < 784
    inputs[events.frame_of_event()[outside], events.step[outside], events.source[outside]] = events.value[outside]
    layers, images = analog_layers(graph), torch.from_numpy(inputs)
    options = snnmap.AccuracyOptions(effects="programming,drift,read,off,adc", devices=1, ages=(DAY,))
    drawn = chips(graph, options)
    drawn.outcome(0, DAY)  # what all chips share is worked out with the first
    theirs_best = mine = drawing = np.inf
    for seed in range(1, 4):
        with torch.no_grad():
            begun = time.process_time()
            for layer in layers:
                layer.program_analog_weights()
                layer.drift_analog_weights(DAY)
            classes = spiking(layers, images, graph.steps)
            theirs_best = min(theirs_best, time.process_time() - begun)
        begun = time.process_time()
        outcome = drawn.outcome(seed, DAY)
        mine = min(mine, time.process_time() - begun)
        begun = time.process_time()
        drawn.network.array(drawn.network.chip(seed), DAY)
        drawing = min(drawing, time.process_time() - begun)
    for name, each, found in (("aihwkit", theirs_best, classes), ("snnmap", mine, outcome.predictions)):
        right = 100 * np.mean(found == graph.labels)
        print(f"{name:8s} {1e3 * each / count:8.3f} ms of processor per chip and image, {right:.1f} % right")
    print(f"of snnmap's, {1e3 * drawing / count:.3f} ms are the chip, drawn once for {count} images")
    print(f"ratio: {theirs_best / mine:.2f}; ideal devices {100 * graph.accuracy:.1f} % of {count} images")


def repeated(graph, frames):
    """The record of a graph, over and over, until it has so many frames; each frame's noise is its own."""
    events, which = graph.events, np.arange(frames) % graph.frames
    count = np.diff(events.frame)[which]
    entry = ranges(events.frame[which], count)
    longer = replace(
        events, frame=offsets(count), step=events.step[entry], source=events.source[entry], value=events.value[entry]
    )
    labels, predictions = graph.labels[which], graph.predictions[which]
    return replace(graph, events=longer, frames=frames, labels=labels, predictions=predictions)


def many(name, samples, count, effects):
    """Print seconds per chip of `count` chips on samples, and the memory that they took."""
    graph = snnmap.profile(name)
    options = snnmap.AccuracyOptions(effects=effects, devices=count, ages=(DAY,))
    drawn = replace(chips(graph, options), data=repeated(graph, samples))
    drawn.outcome(0, DAY)
    taken = []
    for seed in range(1, count + 1):
        begun = time.process_time(), time.perf_counter()
        drawn.outcome(seed, DAY)
        taken.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))
    processor, wall = np.array(taken).T
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}, {samples} frames, effects {effects}, {count} chips:")
    print(
        f"  per chip {processor.mean():.2f} s of processor, {wall.mean():.2f} s ({wall.min():.2f} to {wall.max():.2f})"
    )
    print(f"  all chips {processor.sum():.1f} s of processor, {wall.sum():.1f} s; {memory:.0f} MiB at most")


def chips(graph, options):
    """Chips of the network compiled for pcm-65."""
    from snnmap.pipeline.drawn import DrawnChips

    return DrawnChips.of(snnmap.compile(graph).view, graph, options)


PARTS = ("moments", "speed", "nmnist-cnn", "mnist-mlp")


def main(given):
    """One part in this process, or each in its own."""
    if given.only is None:
        for part in PARTS:
            print(f"== {part}", flush=True)
            asked = ["--only", part, "--images", str(given.images), "--cells", str(given.cells)]
            subprocess.run([sys.executable, __file__, *asked], check=True)
    elif given.only == "moments":
        moments(given.cells)
    elif given.only == "speed":
        speed(given.images)
    elif given.only == "nmnist-cnn":
        many("nmnist-cnn", 30, 5, "all")
    else:
        many("mnist-mlp", 1000, 10, "all")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--only", choices=PARTS)
    main(parser.parse_args())
