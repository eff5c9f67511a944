"""Drawn chips against the IBM Analog Hardware Acceleration Kit: moments of its noise model, seconds per chip and image.

pip install torch==2.13.0; pip install --no-deps aihwkit==1.1.0     (beside snnmap; neither needs the other)
python benchmarks/analog.py [--images 300] [--cells 100000]

Moments: mean and standard deviation over cells of a conductance as programmed, of the drift exponent, of a conductance
that drifted for a day and of one read of it, theirs (`PCMLikeNoiseModel`) and ours (`snnmap.physics.pcm`), and how far
they are apart.
Speed: the MNIST MLP 784-128-64-10 of 32 steps on one chip, programmed and drifted for a day, with an 8-bit converter
and read noise: theirs as one batch in `AnalogLinear` layers between neurons in torch, ours as `snnmap accuracy` does
it, with the drawing of the chip in both. Processor seconds of the better of two runs: other work on the machine does
not count. Theirs reads a noise that is drawn once, ours one that is drawn for every read; their converter has a fixed
range, ours a calibrated one, so accuracies are not to be compared. torch takes one thread: on small machines more of
them wait for each other (32 ms instead of 0.9 on two cores).
"""

import argparse
import time

import numpy as np

import snnmap
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
    layers, images, best = analog_layers(graph), torch.from_numpy(inputs), np.inf
    with torch.no_grad():
        for _ in range(2):
            begun = time.process_time()
            for layer in layers:
                layer.program_analog_weights()
                layer.drift_analog_weights(DAY)
            classes = spiking(layers, images, graph.steps)
            best = min(best, time.process_time() - begun)
    right = 100 * np.mean(classes == graph.labels)
    print(f"aihwkit: {1e3 * best / count:8.3f} ms of processor per chip and image, {right:.1f} % right")
    options = snnmap.AccuracyOptions(effects="programming,drift,read,off,adc", devices=1, ages=(DAY,))
    drawn, mine = chips(graph, options), np.inf
    drawn.outcome(0, DAY)  # what all chips share is worked out with the first
    for seed in range(1, 3):
        begun = time.process_time()
        outcome = drawn.outcome(seed, DAY)
        mine = min(mine, time.process_time() - begun)
    right = 100 * np.mean(outcome.predictions == graph.labels)
    print(f"snnmap:  {1e3 * mine / count:8.3f} ms of processor per chip and image, {right:.1f} % right")
    print(f"ratio: {best / mine:.2f}; ideal devices {100 * graph.accuracy:.1f} % of {count} images")


def chips(graph, options):
    """Chips of the network compiled for pcm-65."""
    from snnmap.pipeline.drawn import DrawnChips

    return DrawnChips.of(snnmap.compile(graph).view, graph, options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--cells", type=int, default=100_000)
    given = parser.parse_args()
    moments(given.cells)
    speed(given.images)
