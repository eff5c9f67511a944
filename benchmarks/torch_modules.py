"""Modules of snnTorch brought in: how long that takes, whether every neuron spikes as there, and how fast each runs.

python benchmarks/torch_modules.py [IMAGES.gz] [--count 1000] [--steps 25]

Needs `snnmap[train]`. 784-1000-10 as in snnTorch's tutorials and a strided convolutional network (16C5/2 - 32C5/2 - 10)
with batch normalisation, seeded random weights, constant-current input, single precision there. Of the neuron-steps
that differ, those with none before them in their image (in an earlier step, or a lower layer of the same) are listed
with the distance of torch's membrane from the threshold, a tie below 1e-5; the others follow from them. Times are
process CPU seconds of one thread.
"""

import argparse
import gzip
import sys
import time
from pathlib import Path

import numpy as np
import snntorch as snn
import torch
from torch import nn

import snnmap
from snnmap.frontend import load_workload
from snnmap.simulate.profile import profile

TIE = 1e-5
SHIPPED = Path(__file__).parents[1] / "tests" / "data" / "mnist_test100.npz"
BATCH = 100
"""Images run at a time."""


def dense():
    torch.manual_seed(1)
    first, last = (snn.Leaky(beta=0.95, init_hidden=True) for _ in range(2))
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 1000), first, nn.Linear(1000, 10), last).eval()


def convolutional():
    torch.manual_seed(2)
    neurons = [snn.Leaky(beta=0.9, threshold=0.7, reset_delay=False, init_hidden=True) for _ in range(3)]
    net = nn.Sequential(
        *(nn.Conv2d(1, 16, 5, stride=2), nn.BatchNorm2d(16), neurons[0]),
        *(nn.Conv2d(16, 32, 5, stride=2), nn.BatchNorm2d(32), neurons[1]),
        *(nn.Flatten(), nn.Linear(512, 10), neurons[2]),
    )
    with torch.no_grad():
        for part in net:
            if isinstance(part, nn.BatchNorm2d):
                part.weight.uniform_(-0.5, 1.5)
                part.bias.uniform_(-0.1, 0.2)
                part.running_mean.uniform_(-0.1, 0.1)
                part.running_var.uniform_(0.05, 0.2)
    return net.eval()


def images(path, count):
    """Values 0 to 1, (count, 1, 28, 28) single precision."""
    if path.suffix == ".npz":
        pixels = np.load(path)["images"]
    else:
        pixels = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16)
    return (pixels.reshape(-1, 1, 28, 28)[:count] / np.float32(255)).astype(np.float32)


def at_rest(net):
    for part in net:
        if isinstance(part, snn.SpikingNeuron):
            part.reset_mem()


def by_torch(net, batch, steps):
    """Spikes and membrane minus threshold of every layer of neurons, [(images, steps, size)] each."""
    at_rest(net)
    spikes, margins = [], []
    with torch.no_grad():
        for _ in range(steps):
            signal, layers = batch, []
            for part in net:
                before = part.mem if isinstance(part, snn.SpikingNeuron) else None
                signal = part(signal)
                if before is not None:
                    layers.append((part, signal, part.mem))
            spikes.append([sent.flatten(1).numpy() > 0 for _, sent, _ in layers])
            margins.append([tested(part, sent, mem).flatten(1).numpy() for part, sent, mem in layers])
    at_rest(net)
    return [np.stack(layer, 1) for layer in zip(*spikes, strict=True)], [
        np.stack(layer, 1) for layer in zip(*margins, strict=True)
    ]


def tested(part, sent, mem):
    """How far the tested membrane was above the threshold; `mem` is what is left after a reset at once."""
    if part.reset_delay:
        return mem - part.threshold
    return mem + (sent - part.reset) * part.threshold - part.threshold


def by_snnmap(read, batch, steps):
    """Spikes of every population of neurons, [(images, steps, size)]."""
    graph = snnmap.profile(read, snnmap.LoadOptions(data=batch, steps=steps, encode="current"))
    events, network = graph.events, graph.network
    sent = np.zeros((graph.frames, steps, network.sources), np.bool_)
    sent[events.frame_of_event(), events.step, events.source] = events.value != 0
    return [sent[:, :, p.first : p.stop] for p in network.populations if p.kind == "neuron"]


def compared(net, read, pixels, steps):
    """Margins of the first differences, how many follow from them, neuron-steps, and spikes there."""
    first, follow, total, fired = [], 0, 0, 0
    for start in range(0, len(pixels), BATCH):
        batch = pixels[start : start + BATCH]
        there, margins = by_torch(net, torch.tensor(batch), steps)
        here = by_snnmap(read, batch, steps)
        total += sum(layer.size for layer in there)
        fired += sum(int(layer.sum()) for layer in there)
        for image in range(len(batch)):
            off = [a[image] != b[image] for a, b in zip(here, there, strict=True)]
            found = [(t, k) for t in range(steps) for k in range(len(off)) if off[k][t].any()]
            if not found:
                continue
            t, k = found[0]
            first += np.abs(margins[k][image, t][off[k][t]]).tolist()
            follow += sum(int(layer.sum()) for layer in off) - int(off[k][t].sum())
    return first, follow, total, fired


def seconds(work, times):
    """CPU seconds of one run, the median of some."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return float(np.median(taken))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="?", type=Path, default=SHIPPED, help="idx file; default: shipped, 100")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=25)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    worse = 0
    pixels = images(asked.images, asked.count)
    for name, net in (("784-1000-10", dense()), ("16C5/2 - 32C5/2 - 10", convolutional())):
        begun = time.process_time(), time.perf_counter()
        read = snnmap.from_snntorch(net, torch.zeros(1, 1, 28, 28))
        taken = time.process_time() - begun[0], time.perf_counter() - begun[1]
        print(f"{name}: imported in {taken[0]:.2f} s CPU ({taken[1]:.2f} s), torch being loaded", flush=True)
        margins, follow, total, fired = compared(net, read, pixels, asked.steps)
        print(
            f"  {len(margins)} of {total:,} neuron-steps differ first, {follow} follow from them "
            f"({len(pixels):,} images of {asked.steps} steps, {fired:,} spikes)"
        )
        for margin in sorted(margins, reverse=True):
            print(f"    membrane {margin:.2e} from its threshold{'' if margin < TIE else ': no tie'}")
        worse += sum(margin >= TIE for margin in margins)
        wish = snnmap.LoadOptions(data=pixels[:20], steps=asked.steps, encode="current")
        workload = load_workload(read, wish)
        profile(workload, threads=1)
        ours = seconds(lambda work=workload: profile(work, threads=1), 3) / 20
        theirs = seconds(lambda net=net: by_torch_alone(net, torch.tensor(pixels[:1]), asked.steps), 5)
        print(
            f"  one image: {ours * 1e3:.2f} ms here, {theirs * 1e3:.2f} ms in snnTorch: {theirs / ours:.1f}x",
            flush=True,
        )
    sys.exit(bool(worse))


def by_torch_alone(net, batch, steps):
    """The loop over time as a user writes it."""
    at_rest(net)
    with torch.no_grad():
        for _ in range(steps):
            net(batch)


if __name__ == "__main__":
    main()
