"""784-1000-10 of four neuron models on one image: how many times faster than the same network in a loop of torch.

python benchmarks/neuron_speed.py [--images 20] [--steps 25]

Needs `snnmap[train]`. Leaky and Alpha run in snnTorch, RefractoryLIF and MIF in loops over time as a user writes them,
in single precision; seeded random weights, constant-current input. Both sides compute the same equations in the same
sub-steps. Times are process CPU seconds of one thread and image, the median of some runs; `beside` is the share of
hidden neuron-steps whose spike, or potential to 0.1 mV, is the same on both sides: torch sums in single precision.
"""

import argparse
import time

import numpy as np
import snntorch as snn
import torch
from torch import nn
from torch_modules import SHIPPED, by_torch_alone, images, seconds

import snnmap
from snnmap.frontend import load_workload
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.simulate.profile import profile

DT = 1e-3
LIF = {"tau": 0.02, "tau_ref": 0.002, "r": 1.0, "v_threshold": 1.0, "v_min": 0.0}
MIF = {
    "c": 1e-7, "gain": 1e-5, "e_1": 0.05, "e_2": -0.05, "r_on": 1e3, "r_off": 1e5, "v_on": 0.11, "v_off": 5e-3,
    "v_t": 5e-3, "tau_x": 1e-3, "substeps": 5.0,
}  # fmt: skip


class Refractory:
    """Nengo's LIF for torch."""

    def __init__(self, size):
        self.v, self.rest = torch.zeros(size), torch.zeros(size)

    def __call__(self, x):
        """One step."""
        self.rest -= DT
        part = (DT - self.rest).clamp(0.0, DT)
        self.v = self.v - (x - self.v) * torch.expm1(-part / LIF["tau"])
        spikes = self.v > 1
        at = DT + LIF["tau"] * torch.log1p(-(self.v - 1) / (x - 1))
        self.v = torch.where(spikes, 0.0, self.v.clamp(min=0.0))
        self.rest = torch.where(spikes, LIF["tau_ref"] + at, self.rest)
        return spikes.float()


class Memristive:
    """MIF for torch."""

    def __init__(self, size):
        self.v, self.s = torch.zeros(size), [torch.zeros(size), torch.zeros(size)]

    def follow(self, time):
        """Let the memristors follow the potential."""
        for k, u in enumerate((MIF["e_1"] - self.v, self.v - MIF["e_2"])):
            on = torch.sigmoid((u - MIF["v_on"]) / MIF["v_t"])
            speed = on + torch.sigmoid((MIF["v_off"] - u) / MIF["v_t"])
            self.s[k] = on / speed + (self.s[k] - on / speed) * torch.exp(-time / MIF["tau_x"] * speed)

    def __call__(self, x):
        """One step."""
        part = DT / MIF["substeps"]
        for _ in range(int(MIF["substeps"])):
            self.follow(part / 2)
            g = [s / MIF["r_on"] + (1 - s) / MIF["r_off"] for s in self.s]
            end = (MIF["gain"] * x + g[0] * MIF["e_1"] + g[1] * MIF["e_2"]) / (g[0] + g[1])
            self.v = end + (self.v - end) * torch.exp(-part / MIF["c"] * (g[0] + g[1]))
            self.follow(part / 2)
        return self.v


def of_snntorch(make):
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 1000), make(), nn.Linear(1000, 10), make()).eval()


def looped(kind, weights, pixels, steps):
    """What the hidden neurons send, (steps, 1000)."""
    layers, sent = [kind(1000), kind(10)], []
    with torch.no_grad():
        for _ in range(steps):
            sent.append(layers[0](weights[0] @ pixels))
            layers[1](weights[1] @ sent[-1])
    return torch.stack(sent)


def network(model, parameters, weights):
    drafts = [Draft("in", "input", "input", (784,))]
    drafts += [Draft(f"n{k}", "neuron", model, (len(w),), {p: np.asarray(v) for p, v in parameters.items()})
               for k, w in enumerate(weights)]  # fmt: skip
    from scipy import sparse

    blocks = [Block(k, k + 1, sparse.csr_array(w.numpy().T)) for k, w in enumerate(weights)]
    return build_network(drafts, blocks, [2])


def ours(source, pixels, steps):
    """Seconds per image, and the workload's profile."""
    wish = snnmap.LoadOptions(data=pixels, steps=steps, encode="current", dt=DT)
    workload = load_workload(source, wish)
    profile(workload, threads=1)
    return seconds(lambda: profile(workload, threads=1), 5) / len(pixels), profile(workload, threads=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--steps", type=int, default=25)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.process_time()
    pixels = images(SHIPPED, asked.images)
    for name, make in (
        ("Leaky", lambda: snn.Leaky(beta=0.95, init_hidden=True)),
        ("Alpha", lambda: snn.Alpha(alpha=0.9, beta=0.8, init_hidden=True)),
    ):
        net = of_snntorch(make)
        mine, _ = ours(snnmap.from_snntorch(net, torch.zeros(1, 1, 28, 28)), pixels, asked.steps)
        told(name, mine, seconds(lambda net=net: by_torch_alone(net, torch.tensor(pixels[:1]), asked.steps), 9), "")
    torch.manual_seed(2)
    weights = [torch.randn(1000, 784) / 8, torch.randn(10, 1000) / 8]
    flat = torch.tensor(pixels.reshape(len(pixels), -1))
    for name, kind, parameters in (("RefractoryLIF", Refractory, LIF), ("MIF", Memristive, MIF)):
        read = snnmap.frontend.networks.parsed.Imported(name, "network", network(name, parameters, weights), "")
        mine, graph = ours(read, pixels.reshape(len(pixels), -1), asked.steps)
        theirs = seconds(lambda kind=kind: looped(kind, weights, flat[0], asked.steps), 9)
        sent = looped(kind, weights, flat[0], asked.steps).numpy()
        own = slice(0, int(graph.events.frame[1]))
        hidden = (graph.events.source[own] >= 784) & (graph.events.source[own] < 1784)
        here = np.zeros((asked.steps, 1000))
        here[graph.events.step[own][hidden], graph.events.source[own][hidden] - 784] = graph.events.value[own][hidden]
        told(name, mine, theirs, f", beside {np.mean(np.abs(here - sent) < 1e-4):.4%}")
    print(f"{time.process_time() - begun:.0f} CPU seconds in all")


def told(name, mine, theirs, more):
    print(f"{name}: {mine * 1e3:.2f} ms here, {theirs * 1e3:.2f} ms in torch: {theirs / mine:.1f}x{more}", flush=True)


if __name__ == "__main__":
    main()
