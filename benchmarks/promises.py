"""Is any promise broken? Random mappings of random networks on random chips, run with any times within the worst case.

python benchmarks/promises.py [--mappings 1000] [--seed 1] [--noc tdm,gated]

Recurrent networks, split neurons, shared tiles, buffers of 1, 2 and 8 messages, 1 to 16 flits a message, with and
without flits that end a step. Every mapping runs 24 steps at its worst, as profiled and with fewer spikes, under four
arbitrations, with times at their worst and with times shortened at random: 24 runs. A firing that begins after
start + step x period, by a tick, is late, and the exit code 1. Mapping n of seed S is the same whenever it is run.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.promises import KINDS, executed, scheduled

from snnmap.evaluation.judgement import is_guaranteed
from snnmap.simulate.chip.machine import ARBITRATIONS


def late_firings(noc, seed, number):
    """Runs, firings, and those that are late, of one mapping."""
    graph, machine = scheduled(np.random.default_rng([seed, number]), noc)
    assert is_guaranteed(machine.mapping, machine.hardware)
    runs = firings = late = 0
    for turn in itertools.product(KINDS, ARBITRATIONS, (False, True)):
        kind, arbitration, shorter = turn
        rng = np.random.default_rng([seed, number, runs])
        found = executed(rng, graph, machine, kind, shorter=shorter, arbitration=arbitration)[1]
        runs, firings, late = runs + 1, firings + found.firings, late + found.late
        if found.late:
            said = "shorter times" if shorter else "times at their worst"
            print(f"{noc}, mapping {number}: {found.late} late, {kind}, {arbitration}, {said}: {found}", flush=True)
    return np.array([runs, firings, late])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mappings", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noc", default="tdm,gated")
    given = parser.parse_args()
    broken = False
    for noc in given.noc.split(","):
        start, total = time.perf_counter(), np.zeros(3, np.int64)
        for number in range(given.mappings):
            total += late_firings(noc, given.seed, number)
            if (number + 1) % 100 == 0 or number + 1 == given.mappings:
                runs, firings, late = total.tolist()
                print(
                    f"{noc}: {number + 1:,} mappings, {runs:,} runs, {firings:,} firings, {late:,} late "
                    f"({time.perf_counter() - start:.0f} s)",
                    flush=True,
                )
        broken |= bool(total[2])
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
