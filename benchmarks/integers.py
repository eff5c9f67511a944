"""Integers of networks are kept: a folded integer network against its original in single precision, on MNIST images.

python benchmarks/integers.py [IMAGES.gz] [--count 1000]

Two convolutions of 4 and of 1 bit with batch normalisation (a third of the gains negative) and a dense layer, 6 steps:
every neuron in every step is compared. What differs is listed with the distance of the original's membrane from its
threshold: a tie, if that is below 1e-5.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support import conv_nets

TIE = 1e-5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="?", type=Path, default=conv_nets.MNIST, help="idx file; default: shipped, 300")
    parser.add_argument("--count", type=int, default=1000)
    asked = parser.parse_args()
    spikes = conv_nets.rate_coded(conv_nets.images(asked.images, asked.count))
    worse = 0
    for levels in (15, 2):
        made = conv_nets.layers(levels, spikes[:100])
        begun = time.process_time()
        margins, total, fired = conv_nets.differences(conv_nets.nir_tree(made, levels), made, spikes)
        taken = time.process_time() - begun
        print(
            f"{levels} levels: {len(margins)} of {total:,} neuron-steps differ ({len(spikes):,} images of "
            f"{spikes.shape[1]} steps, {fired:,} spikes, {taken:.1f} s CPU)"
        )
        for margin in sorted(margins, reverse=True):
            print(f"  membrane {margin:.2e} from its threshold{'' if margin < TIE else ': no tie'}")
        worse += sum(margin >= TIE for margin in margins)
    sys.exit(bool(worse))


if __name__ == "__main__":
    main()
