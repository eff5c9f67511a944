"""`motion-bss2`: smart-watch recordings to integers, the network trained anew from several seeds, accuracy on chips.

python benchmarks/motion.py BasicMotions_TRAIN.ts BasicMotions_TEST.ts [--seeds 3] [-o FOLDER]

A channel is two: its positive half and its negative one. Each is min(floor(32 sqrt(x / most)), 31) with `most` the
largest magnitude of the channel in the training file, from which alone networks are trained; roots keep small motions
apart beside large ones. Written to the folder: motion-train.npz, motion-test.npz and motion-SEED.npz, for `snnmap mac`.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.remove(str(Path(__file__).parent))  # torch loads Python's own `profile`, not the one beside this file

import numpy as np

import snnmap
from snnmap.frontend.data.read import read_recording

SILENT = {"gain_spread": 0.0, "offset_spread": 0.0, "synapse_spread": 0.0}
CHIPS = {"noise alone": SILENT, "noise and pattern": {}}


def halves(values, most):
    """Integers (samples, 2 x channels, 1, steps) of (samples, steps, channels), `most` (channels,)."""
    both = np.concatenate([np.maximum(values, 0), np.maximum(-values, 0)], axis=2)
    found = np.minimum(np.floor(32 * np.sqrt(both / np.tile(most, 2))), 31)
    return found.transpose(0, 2, 1)[:, :, None].astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--folder", type=Path, default=Path())
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    read = {"train": read_recording(asked.train), "test": read_recording(asked.test)}
    most = np.abs(read["train"].data.values).max(axis=(0, 1))
    files = {name: asked.folder / f"motion-{name}.npz" for name in read}
    for name, recording in read.items():
        np.savez_compressed(files[name], data=halves(recording.data.values, most), labels=recording.labels)
    for seed in range(1, asked.seeds + 1):
        network, begun = asked.folder / f"motion-{seed}.npz", time.process_time()
        snnmap.train_network("motion-bss2", network, snnmap.TrainOptions(data=files["train"], seed=seed))
        print(f"seed {seed}: trained in {time.process_time() - begun:.1f} s of processor time")
        for name, spreads in CHIPS.items():
            found = snnmap.mac_accuracy(network, options=snnmap.MacOptions(devices=10, **spreads), data=files["test"])
            low, high = found.accuracy.interval
            each = ", ".join(f"{100 * value:.1f}" for value in found.each)
            print(
                f"  {name}: {100 * found.accuracy.mean:.2f} % of {found.accuracy.frames}, 95 % interval "
                f"{100 * low:.1f} to {100 * high:.1f}; each of {found.accuracy.chips}: {each}",
                flush=True,
            )


if __name__ == "__main__":
    main()
