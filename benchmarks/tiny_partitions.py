"""Partitions of tiny random networks against their proved optimum (CP-SAT): legal, never below, and how far above.

python benchmarks/tiny_partitions.py [COUNT]

Beside the cost, bounds on crossbars and on messages are held against the optima of these alone.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from oracles import partition as sets_oracle
from support.partition_cases import listed, sets
from support.tiny import proved, tiny_partition

from snnmap.analysis.bounds import lower_bounds, messages_at_least


def case(seed):
    """Gap of the cost, of the bound on crossbars and of that on messages to their optima; none if not proved."""
    found, clustering, graph, chip = tiny_partition(seed)
    limits = (chip.rows, chip.columns, chip.rows * chip.columns)
    if sets_oracle.faults(listed(graph)[0], *sets(graph, clustering), limits):
        sys.exit(f"seed {seed}: not legal")
    asked = ((found.limits.crossbar, 1), (1, 0), (0, 1))
    best = [proved(graph, chip, weights, clustering.clusters + 1) for weights in asked]
    if None in best:
        return None
    bounds = max(lower_bounds(graph.network, chip).values()), messages_at_least(graph, chip)
    if found.cost < best[0] or bounds[0] > best[1] or bounds[1] > best[2]:
        sys.exit(f"seed {seed}: below the optimum {found.cost} {bounds} {best}")
    return found.cost / max(1, best[0]) - 1, best[1] / bounds[0] - 1, best[2] / max(1, bounds[1]) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=200)
    count = parser.parse_args().count
    gaps = [gap for gap in map(case, range(count)) if gap is not None]
    print(f"{len(gaps)} of {count} optima proved; all legal, none below, no bound above")
    for name, column in zip(("cost", "bound on crossbars", "bound on messages"), zip(*gaps, strict=True), strict=True):
        low, high = np.quantile(column, [0.5, 0.95])
        none = np.mean(np.array(column) < 1e-9)
        print(f"{name:18s}: gap median {low:.1%}, 95th percentile {high:.1%}, none in {none:.0%}")


if __name__ == "__main__":
    main()
