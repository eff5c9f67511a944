"""mnist-softlif: spikes against its own rates, over presentation times, and without synapses in front of neurons.

python benchmarks/softlif.py TEST-IMAGES.gz [--network net.npz] [--images 1000] [--retrain TRAIN-IMAGES.gz] [-o out]

MNIST files with their labels beside them. The rate network is the same weights with `SoftLIF` in the place of
`RefractoryLIF`, gamma as in the recipe, run by snnmap for one step: its input is the same in all. Images are run a
thousand at a time: as currents in 200 steps they take memory. Fails if spikes are more than a point worse than rates
at the recipe's own time. With --retrain the network is trained again, from the recipe, seed and epochs that its file
names: bytes are compared, and its accuracy must lie in the 95 % interval (Wilson) of the first. Needs `snnmap[train]`.
"""

import argparse
import resource
import sys
import tempfile
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from training import retrained, shipped, wilson

import snnmap
from snnmap.frontend.data.read import Wanted, read_recording

TIMES = (200, 100, 60)
"""ms, which are steps."""
POINT = 0.01
TOGETHER = 1000


@dataclass
class Found:
    """What a network came to on all images."""

    right: int = 0
    images: int = 0
    spikes: float = 0.0
    """Of neurons."""
    neurons: int = 0

    @property
    def share(self):
        """Of images that are right."""
        return self.right / self.images


def other_neurons(read, change):
    """The network with other neurons in the place of `RefractoryLIF`: `change` takes and gives their parameters."""
    made = []
    for p in read.network.populations:
        model, parameters = change(dict(p.parameters)) if p.model == "RefractoryLIF" else (p.model, p.parameters)
        made.append(replace(p, model=model, parameters=parameters))
    return replace(read, network=replace(read.network, populations=tuple(made)))


def rates_of(read):
    """Its rate network."""
    gamma = tomllib.loads(read.training["recipe"])["method"]["gamma"]

    def soft(p):
        kept = {key: p[key] for key in ("tau", "tau_ref", "r", "v_threshold")}
        return "SoftLIF", kept | {"gamma": np.full(len(p["tau"]), gamma)}

    return other_neurons(read, soft)


def without_synapses(read):
    """Its neurons without the filter in front."""
    return other_neurons(read, lambda p: ("RefractoryLIF", {key: p[key] for key in p if key != "tau_alpha"}))


def found(network, recording, steps):
    """Accuracy and spikes on all images."""
    values, labels = recording.data.values, recording.labels
    total = Found()
    for first in range(0, len(labels), TOGETHER):
        own = slice(first, first + TOGETHER)
        graph = snnmap.profile(network, snnmap.LoadOptions(steps=steps), data=values[own], labels=labels[own])
        neurons = graph.network.externals
        total.right += round(graph.accuracy * graph.frames)
        total.images += graph.frames
        total.spikes += float(graph.spikes[neurons:].sum())
        total.neurons = graph.network.sources - neurons
    return total


def tables(read, recording):
    """Lines, what the network came to at its own time, and whether that is as good as its rates."""
    lines = [f"| {len(recording.labels):,} images | rates | spikes | spikes, no synapses | spikes per image | Hz |"]
    lines.append("|---|---|---|---|---|---|")
    rates = found(rates_of(read), recording, 1)
    each = {}
    for steps in TIMES:
        each[steps] = found(read, recording, steps)
        bare = found(without_synapses(read), recording, steps)
        shares = " | ".join(f"{100 * of.share:.2f} %" for of in (rates, each[steps], bare))
        spikes = each[steps].spikes / each[steps].images
        hz = spikes / each[steps].neurons / (steps * 1e-3)
        lines.append(f"| {steps} ms | {shares} | {spikes:,.0f} | {hz:.1f} |")
        print(lines[-1], flush=True)
    own = each[int(read.stimulus["steps"])]
    return lines, own, own.share >= rates.share - POINT


def again(asked, recording, own):
    """A line on the network trained again, and whether it is as good."""
    with tempfile.TemporaryDirectory() as folder:
        output, seconds = retrained("mnist-softlif", asked.retrain, folder)
        same = output.read_bytes() == shipped("mnist-softlif").read_bytes()
        other = found(snnmap.load_network(output), recording, None).share
    low, high = wilson(own.right, own.images)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = f"trained again in {seconds:.0f} s CPU, peak {peak:.2f} GiB: {100 * other:.2f} %, same bytes: {same}"
    return f"{line}; 95 % interval of the shipped one {100 * low:.2f} to {100 * high:.2f} %", low <= other <= high


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", type=Path)
    parser.add_argument("--network", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--retrain", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    whole = read_recording(asked.test, labels=None, wanted=Wanted())
    kept = replace(whole.data, values=whole.data.values[: asked.images])
    recording = replace(whole, data=kept, labels=whole.labels[: asked.images])
    lines, own, good = tables(snnmap.load_network(asked.network or shipped("mnist-softlif")), recording)
    if asked.retrain is not None:
        line, as_good = again(asked, recording, own)
        lines += ["", line]
        good &= as_good
    print("\n".join(lines))
    if asked.output is not None:
        asked.output.write_text("\n".join(lines) + "\n")
    sys.exit(not good)


if __name__ == "__main__":
    main()
