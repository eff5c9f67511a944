"""Learning-rate boosts against plain decay and a constant rate, for mnist-qsnn4: accuracy of networks as mapped.

python benchmarks/boosts.py TRAIN-IMAGES.gz TEST-IMAGES.gz [--samples 6000] [--epochs 4] [--seeds 5]
                            [--restart-every 1] [-o boosts.md]

MNIST files with their labels beside them. The recipe is the shipped one but for its schedule; every seed draws its own
weights and order, the same for the three schedules, whose differences are therefore paired. Accuracy is that of the
folded integers on all test images, by snnmap's executor. Intervals are Student's, 95 %, over seeds.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.remove(str(Path(__file__).parent))  # torch loads Python's own `profile`, not the one beside this file

import numpy as np
from scipy import stats

import snnmap
from snnmap.train.recipe import located_recipe


def schedules(restart_every):
    """Lines of a recipe by what they say, the boosted one first."""
    often = "every epoch" if restart_every == 1 else f"every {restart_every} epochs"
    return {
        f"boosted: cosine, begun anew {often}": f'schedule = "cosine"\nrestart_every = {restart_every}',
        "plain decay: one cosine": 'schedule = "cosine"',
        "constant": 'schedule = "constant"',
    }


def interval(values):
    """Mean and half width of its 95 % interval."""
    values = np.asarray(values)
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), half


def recipe(schedule):
    """The shipped recipe with another schedule."""
    lines = located_recipe("mnist-qsnn4").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("schedule", "restart_every"))]
    return "\n".join([*kept, schedule]) + "\n"


def accuracy(asked, schedule, seed):
    """Accuracy in percent, and processor seconds of training."""
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder) / "mnist-qsnn4.toml", Path(folder) / "network.npz"
        path.write_text(recipe(schedule))
        wanted = snnmap.TrainOptions(data=asked.train, samples=asked.samples, epochs=asked.epochs, seed=seed)
        begun = time.process_time()
        snnmap.train_network(path, output, wanted)
        taken = time.process_time() - begun
        found = 100 * snnmap.profile(output, data=asked.test).accuracy
    print(f"{schedule.splitlines()!r} seed {seed}: {found:.2f} %, {taken:.0f} s CPU", flush=True)
    return found, taken


def measured(asked):
    """By schedule: accuracies (seeds,) and processor seconds (seeds,). Seed by seed, so that what is done is paired."""
    named = schedules(asked.restart_every)
    found = {name: [] for name in named}
    for seed in range(asked.seeds):
        for name, schedule in named.items():
            found[name].append(accuracy(asked, schedule, seed))
    return {name: tuple(np.array(each).T) for name, each in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--samples", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--restart-every", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    results = measured(asked)
    boosted = next(iter(results.values()))[0]
    lines = [
        "| schedule | accuracy, % | each seed | boosted less this one, points | training, s CPU |",
        "|---|---|---|---|---|",
    ]
    for name, (found, taken) in results.items():
        mean, half = interval(found)
        each = ", ".join(f"{value:.2f}" for value in found)
        more, spread = interval(boosted - found)
        less = "" if found is boosted else f"{more:+.2f} ± {spread:.2f}"
        lines.append(f"| {name} | {mean:.2f} ± {half:.2f} | {each} | {less} | {taken.mean():.0f} |")
    print("\n".join(lines))
    if asked.output is not None:
        asked.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
