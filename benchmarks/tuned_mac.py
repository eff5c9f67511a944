"""mnist-bss2 on chips of BrainScaleS-2 with a strong fixed pattern, before and after training goes on on each of them.

python benchmarks/tuned_mac.py TRAIN-IMAGES.gz TEST-IMAGES.gz [--chips 5] [--samples 10000] [--epochs 2]
                               [--rate 0.0005] [-o FILE.md]

MNIST files with their labels beside them. Twice the pattern that the machine's file states: gains of columns deviate by
10 %, offsets by 4 steps, synapses by 20 %. A chip's pattern is known in training, noise is drawn anew for every result.
Then the network runs on that chip, and on the next one, which it never saw; all test images. The difference is paired,
image by image, with its 95 % interval over images. Needs `snnmap[train]`. Exits with 1 if a chip loses accuracy.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.remove(str(Path(__file__).parent))  # torch loads Python's own `profile`, not the one beside this file

import numpy as np

import snnmap
from snnmap.frontend import LoadOptions
from snnmap.pipeline.mac import prepared_run
from snnmap.train.recipe import located_recipe

PATTERN = {"gain_spread": 0.1, "offset_spread": 4.0, "synapse_spread": 0.2}
OWN_NOISE = "noise = 4.0 "
"""Of a layer, for all its blocks: on a chip every block has noise."""


def recipe(seed, rate):
    """The shipped recipe, to go on on the chip of a seed."""
    lines = [line for line in located_recipe("mnist-bss2").read_text().splitlines() if not line.startswith(OWN_NOISE)]
    text = "\n".join(lines).replace("learning_rate = 0.005", f"learning_rate = {rate}")
    spreads = "".join(f"{key} = {value}\n" for key, value in PATTERN.items())
    chip = f'start = "mnist-bss2"\n\n[method.chip]\nseed = {seed}\n{spreads}\n[training]'
    return text.replace("[training]", chip) + "\n"


def right(network, data, seed):
    """Whether every test image is told right on the chip of a seed."""
    options = snnmap.MacOptions(devices=1, seed=seed, **PATTERN)
    made = prepared_run(network, "brainscales2", options, LoadOptions(data=data), {})
    return made.correct(made.sends)[0][0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=0.0005)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    lines = [
        "| chip | before, % | after, % | difference, points | 95 % interval | next one before, % | after, % | s CPU |",
        "|---:|---:|---:|---:|---|---:|---:|---:|",
    ]
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(asked.chips):
            path, output = Path(folder) / f"chip-{seed}.toml", Path(folder) / f"chip-{seed}.npz"
            path.write_text(recipe(seed, asked.rate))
            wanted = snnmap.TrainOptions(data=asked.train, samples=asked.samples, epochs=asked.epochs, seed=seed)
            begun = time.process_time()
            snnmap.train_network(path, output, wanted)
            taken = time.process_time() - begun
            before, after = (right(name, asked.test, seed) for name in ("mnist-bss2", output))
            other = [right(name, asked.test, seed + 1).mean() for name in ("mnist-bss2", output)]
            change = after.astype(float) - before
            half = 1.96 * change.std(ddof=1) / np.sqrt(len(change))
            lost += change.mean() < 0
            cells = [f"{100 * before.mean():.2f}", f"{100 * after.mean():.2f}", f"{100 * change.mean():+.2f}"]
            cells += [f"{100 * (change.mean() - half):+.2f} to {100 * (change.mean() + half):+.2f}"]
            cells += [*(f"{100 * value:.2f}" for value in other), f"{taken:.0f}"]
            lines.append(f"| {seed} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    if asked.output is not None:
        asked.output.write_text("\n".join(lines) + "\n")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
