"""Shipped trained networks on all test images, and what annealed thresholds save.

python benchmarks/training.py TEST-IMAGES.gz [--retrain TRAIN-IMAGES.gz] [--plain tha1-without.npz] [-o table.md]

MNIST files with their labels beside them. With --retrain every shipped network is trained again, from the recipe, seed
and epochs that its file names: accuracy must lie in the 95 % interval (Wilson) of the shipped one's, and the bytes are
compared. Needs `snnmap[train]` then. --plain is mnist-tha1's recipe without `threshold_annealing`, trained with the
same seed; it is trained here if it is not given. Both are compiled for pcm-mesh (65 nm) and the same 300 images,
real time and flat out. Processor seconds are those of this process.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.remove(str(Path(__file__).parent))  # torch loads Python's own `profile`, not the one beside this file

import snnmap
from snnmap.core import library
from snnmap.frontend.load import located_source

NAMES = ("mnist-lenet", "mnist-qsnn4", "mnist-tha1", "mnist-tutorial", "mnist-mif")
SHOWN = (
    ("spikes of neurons per image", "spikes", "frames", "{:,.0f}"),
    ("messages per image", "messages", "frames", "{:,.0f}"),
    ("dynamic energy per image, nJ", "energy_J", 1e-9, "{:,.1f}"),
    ("lifetime in espine mode, frames", "espine_lifetime_frames", 1, "{:,.0f}"),
    ("crossbars over the air, espine mode, K", "espine_temperature_average_K", None, "{:.4f}"),
    ("hottest tile, device mode, K", "device_temperature_hottest_K", 1, "{:.2f}"),
    ("leakage, device mode, mW", "device_leakage_W", 1e-3, "{:.3f}"),
)
AIR = 298.0
"""K, of eSpine's mode."""


def wilson(right, count):
    """95 % interval of a share."""
    z = 1.959964
    share = right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half


def measured(network, test):
    """Profile on all test images, saved nowhere."""
    return snnmap.profile(network, data=test)


def shipped(name):
    """File of a shipped network."""
    return located_source(name).network


def retrained(name, train, folder):
    """Path of a network that is trained again as its file says, and processor seconds."""
    said = snnmap.load_network(shipped(name)).training
    recipe = Path(folder) / f"{name}.toml"
    recipe.write_text(said["recipe"])
    output = Path(folder) / f"{name}.npz"
    wanted = snnmap.TrainOptions(data=train, samples=said["samples"], seed=said["seed"], epochs=said["epochs"])
    begun = time.process_time()
    snnmap.train_network(recipe, output, wanted)
    return output, time.process_time() - begun


def accuracy_lines(asked, folder):
    """Table of the shipped networks, and whether all are as trained again."""
    head = "| network | accuracy, % of 10,000 | 95 % interval | 300 shipped images, % | spikes per image | file, kB |"
    lines, good = [head + " trained again, % | same bytes | s CPU |", "|---|---|---|---|---|---|---|---|---|"], True
    for name in NAMES:
        graph, small = measured(shipped(name), asked.test), snnmap.profile(name)
        low, high = wilson(graph.accuracy * graph.frames, graph.frames)
        neurons = graph.spikes[graph.network.externals :].sum() / graph.frames
        again = ("", "", "")
        if asked.retrain is not None:
            output, seconds = retrained(name, asked.retrain, folder)
            other = measured(output, asked.test).accuracy
            same = output.read_bytes() == shipped(name).read_bytes()
            good &= low <= other <= high
            again = (f"{100 * other:.2f}", "yes" if same else "no", f"{seconds:.0f}")
        size = shipped(name).stat().st_size / 1000
        told = (f"{100 * graph.accuracy:.2f}", f"{100 * low:.2f} to {100 * high:.2f}", f"{100 * small.accuracy:.2f}")
        lines.append(f"| {name} | {' | '.join(told)} | {neurons:,.0f} | {size:.0f} | {' | '.join(again)} |")
        print(lines[-1], flush=True)
    return lines, good


def plain_recipe(folder):
    """mnist-tha1's recipe without annealing."""
    path = Path(folder) / "mnist-tha1-plain.toml"
    lines = library.shipped("workloads", "recipes")["mnist-tha1"].read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("threshold_annealing")) + "\n")
    return path


def plain(asked, folder):
    """The network of mnist-tha1 with thresholds of 1."""
    if asked.plain is not None:
        return asked.plain
    said = snnmap.load_network(shipped("mnist-tha1")).training
    output = Path(folder) / "plain.npz"
    wanted = snnmap.TrainOptions(data=asked.retrain, seed=said["seed"], epochs=said["epochs"])
    snnmap.train_network(plain_recipe(folder), output, wanted)
    return output


def figures(network, pace):
    """Report of a network compiled for the 300 shipped images."""
    file = located_source("mnist-tha1")
    compiled = snnmap.compile(network, snnmap.CompileOptions(hardware="pcm-mesh"), data=file.data, labels=file.labels)
    assert snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    return snnmap.report(compiled, point=snnmap.OperatingOptions(pace=pace)).mapping.figures


def annealing_lines(asked, folder):
    """Table of mnist-tha1 with thresholds of 1, and annealed."""
    networks = {"thresholds of 1": plain(asked, folder), "annealed": shipped("mnist-tha1")}
    lines = ["| | thresholds of 1 | annealed | ratio |", "|---|---|---|---|"]
    graphs = [measured(network, asked.test) for network in networks.values()]
    each = [f"{100 * graph.accuracy:.2f}" for graph in graphs]
    lines.append(f"| accuracy, % of 10,000 | {each[0]} | {each[1]} | |")
    spikes = [graph.spikes[graph.network.externals :].sum() / graph.frames for graph in graphs]
    lines.append(row("spikes of neurons per image, of 10,000", spikes, "{:,.0f}"))
    for pace in ("real-time", "flat-out"):
        found = [figures(network, pace) for network in networks.values()]
        for words, key, unit, shape in SHOWN:
            values = [value_of(each, key, unit) for each in found]
            lines.append(row(f"{words} ({pace})", values, shape))
    return lines


def value_of(found, key, unit):
    """A figure in its unit; temperatures over the air."""
    value = float(found[key])
    if unit is None:
        return value - AIR
    return value / (float(found[unit]) if isinstance(unit, str) else unit)


def row(words, values, shape):
    ratio = values[0] / values[1] if values[1] else float("nan")
    return f"| {words} | {shape.format(values[0])} | {shape.format(values[1])} | {ratio:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", type=Path)
    parser.add_argument("--retrain", type=Path)
    parser.add_argument("--plain", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines, good = accuracy_lines(asked, folder)
        lines += [""]
        if asked.plain is not None or asked.retrain is not None:
            lines += annealing_lines(asked, folder)
    print("\n".join(lines))
    if asked.output is not None:
        asked.output.write_text("\n".join(lines) + "\n")
    sys.exit(not good)


if __name__ == "__main__":
    main()
