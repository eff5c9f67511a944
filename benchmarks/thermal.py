"""Seconds per exchange and per network of wiring for an even temperature, and what it gains.

Exchanges are in processor time, which does not count what else the machine does; networks in wall and processor time.

python benchmarks/thermal.py [--size 128] [--networks mnist-mlp,nmnist-cnn] [--technology pcm-65,pcm-16]
"""

import argparse
import time

import numpy as np

import snnmap
from snnmap.hardware import load_technology
from snnmap.physics.espine import EspineCell, spike_power
from snnmap.physics.fields import exchanges
from snnmap.physics.kernels.sheet import across, exchange, power_modes, quadratic_change
from snnmap.physics.thermal import Sheet
from snnmap.stages.wire.even_heat import fields_of
from snnmap.stages.wire.kernels.even import even, smooth


def timed(call, least=0.2):
    """Seconds of one `call`, over as many as take `least` seconds; the first is not counted."""
    call()
    count, start = 0, time.process_time()
    while time.process_time() - start < least:
        call()
        count += 1
    return (time.process_time() - start) / count


def exchanges_of_one_crossbar(size):
    """A dense crossbar with log-normal activity at 16 nm: seconds per exchange judged, three ways."""
    twin = load_technology("espine-pcm-16")
    rng = np.random.default_rng(0)
    content = np.repeat(rng.lognormal(0.0, 1.5, (size, 1)), size, axis=1)
    place = spike_power((size, size), EspineCell.of(twin)).cell
    lines = exchanges(Sheet.of(twin), place / place.max()).rows.lines(content)
    at = np.arange(size)
    force = across(lines.square, power_modes(lines.content, lines.scale, at))
    first, second = np.zeros(size), np.zeros(size)

    def judged():
        for b in range(1, size):
            exchange(lines.content, lines.scale, at, 0, b, first, second)
            quadratic_change(lines.square, force, 0, b, first, second)

    calls = timed(judged) / (size - 1)
    print(f"{size} x {size}: variance after an exchange, called from Python {1e6 * calls:.2f} us")
    order = rng.permutation(size)
    for modes in (1, 2):
        fields = fields_of([lines] * modes, np.ones(modes), np.full(modes, np.inf), 0.0)
        for name, kernel in (("variance", smooth), ("exact", even)):
            kernel(fields, at.copy(), order)
            start = time.process_time()
            settled = at.copy()
            for _ in range(3):
                kernel(fields, settled, order)
            each = 2 * (time.process_time() - start) / (3 * size * (size - 1))
            what = f"{name} descent in {modes} modes, exchanges kept included"
            print(f"{size} x {size}: {what}, {1e6 * each:.2f} us per exchange tried")


def network(name, technology):
    """Wiring of a network: seconds, and gradients beside those of `traffic`."""
    graph = snnmap.profile(name)
    found = {}
    for objective in ("traffic", "thermal"):
        options = snnmap.CompileOptions(objective=objective, technology=technology)
        stage = {}

        def watch(what, *_, stage=stage):
            now = np.array([time.perf_counter(), time.process_time()])
            stage.setdefault(what, now)
            stage[f"{what} end"] = now

        start = np.array([time.perf_counter(), time.process_time()])
        compiled = snnmap.compile(graph, options, progress=watch)
        whole = np.array([time.perf_counter(), time.process_time()]) - start
        wiring, figures = stage.get("wire end", start) - stage.get("wire", start), compiled.mapping.figures
        found[objective] = figures
        said = (f"{wall:.1f} s ({processor:.1f} CPU s)" for wall, processor in (whole, wiring))
        print(f"{name}, {technology}, {objective}: {next(said)}, of which lines {next(said)}", end="; ")
        print(f"{figures['crossbars']} crossbars, gradient {1e3 * figures['espine_gradient_K']:.4g} mK")
    ratios = (found["thermal"][k] / found["traffic"][k] for k in ("espine_gradient_K", "device_gradient_K"))
    print(f"{name}, {technology}: gradient x {next(ratios):.3f} (espine), x {next(ratios):.3f} (device)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--networks", default="mnist-mlp")
    parser.add_argument("--technology", default="pcm-65,pcm-16")
    asked = parser.parse_args()
    exchanges_of_one_crossbar(asked.size)
    for each in filter(None, asked.networks.split(",")):
        for node in asked.technology.split(","):
            network(each, node)
