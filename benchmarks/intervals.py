"""How often the 95 % intervals of `snnmap accuracy` hold the truth, beside plainer ones.

python benchmarks/intervals.py [--studies 1000] [--chips 20]

Chips and frames are drawn from a model whose true accuracy is known: a frame is right on a chip if its margin, the
chip's error and the error of the pair add up to more than nothing, all normal. A share of the studies, with its
standard error of sqrt(0.95 x 0.05 / studies).
"""

import argparse
import math
from statistics import NormalDist

import numpy as np
from scipy.special import stdtrit

from snnmap.evaluation import accuracy as intervals

CASES = (
    (300, 2.0, 0.1, 0.2),
    (300, 2.0, 0.05, 0.05),
    (1000, 2.0, 0.02, 0.02),
    (300, 1.5, 0.5, 0.3),
    (1000, 1.5, 0.1, 0.3),
    (300, 0.5, 0.3, 0.5),
    (100, 2.0, 0.2, 0.2),
)
"""Frames, mean margin in standard deviations of the frames', standard deviation of chips, of pairs."""


def plain(values, rng):
    """Percentiles of the two-level bootstrap; Student's interval of the analysis of variance."""
    chips, frames = values.shape
    table = values.astype(float)
    means = intervals.drawn(table, rng)[0]
    by_chip, by_frame = frames * table.mean(1).var(ddof=1), chips * table.mean(0).var(ddof=1)
    rest = table - table.mean(1)[:, None] - table.mean(0)[None] + table.mean()
    left, degrees = np.square(rest).sum() / ((chips - 1) * (frames - 1)), (chips - 1, frames - 1)
    total = max(by_chip + by_frame - left, left, 1e-12)
    parts = (by_chip, *degrees[:1]), (by_frame, degrees[1]), (left, degrees[0] * degrees[1])
    freedom = total**2 / max(sum(mean**2 / each for mean, each in parts), 1e-24)
    half = stdtrit(freedom, 0.975) * math.sqrt(total / values.size)
    return tuple(np.quantile(means, [0.025, 0.975])), (table.mean() - half, table.mean() + half)


def shares(case, chips, studies):
    """Share of studies whose intervals hold the truth: accuracy, change, chips alone; plain ones of the first two."""
    frames, mean, chip, pair = case
    rng, normal = np.random.default_rng(1), NormalDist()
    truth = normal.cdf((mean - chip / 3) / math.sqrt(1 + chip**2 + pair**2))
    truths, held = (truth, truth - normal.cdf(mean)), np.zeros(7)
    for _ in range(studies):
        margin = mean + rng.standard_normal(frames)
        offset = chip * (rng.standard_normal(chips) - 1 / 3)
        right = margin + offset[:, None] + pair * rng.standard_normal((chips, frames)) > 0
        found = intervals.accuracy(right, margin > 0, rng=rng)
        here = np.mean([normal.cdf((m - chip / 3) / math.sqrt(chip**2 + pair**2)) for m in margin])
        ends = [(found.interval, truths[0]), (found.change_interval, truths[1]), (found.interval_chips, here)]
        for values, value in zip((right.astype(int), right.astype(int) - (margin > 0)), truths, strict=True):
            ends += [(each, value) for each in plain(values, rng)]
        held += [low <= value <= high for (low, high), value in ends]
    return truth, held / studies


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--chips", type=int, default=20)
    given = parser.parse_args()
    print("frames  accuracy   ours: accuracy change chips   percentiles: accuracy change   Student: accuracy change")
    for case in CASES:
        truth, held = shares(case, given.chips, given.studies)
        mean, change, chips, mean_p, mean_s, change_p, change_s = held
        print(f"{case[0]:6d}  {truth:8.3f}   {mean:14.3f} {change:6.3f} {chips:5.3f}", end="")
        print(f"   {mean_p:21.3f} {change_p:6.3f}   {mean_s:17.3f} {change_s:6.3f}", flush=True)
