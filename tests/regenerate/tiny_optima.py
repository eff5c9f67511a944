"""Regenerate tests/data/tiny_optima.json: the least cost of 200 tiny partitions, each proved by CP-SAT (2 CPU minutes).

    python tests/regenerate/tiny_optima.py

By seed, the weight of a crossbar and the optimum; of seeds whose optimum is not proved there is none. Only after a
change of the weight: a better search does not change an optimum.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.tiny import OPTIMA, proved, tiny_partition

SEEDS = 201
"""One optimum (181) is not proved in time."""

if __name__ == "__main__":
    found = {}
    for seed in range(SEEDS):
        built, clustering, graph, chip = tiny_partition(seed)
        best = proved(graph, chip, (built.limits.crossbar, 1), clustering.clusters + 1)
        if best is not None:
            found[seed] = [built.limits.crossbar, best]
    lines = ",\n".join(f' "{seed}": {json.dumps(row)}' for seed, row in found.items())
    OPTIMA.write_text("{\n" + lines + "\n}\n")
    print(f"{len(found)} of {SEEDS} proved")
