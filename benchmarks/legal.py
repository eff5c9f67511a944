"""Every shipped workload by every partitioner: is the mapping legal, and does the mapped network spike as profiled?

python benchmarks/legal.py [--workloads lenet heartestm] [--partitioners kernighan_lin overlap] [--samples 1]

A line each: crossbars, violations of `verify`, spikes that differ between profile and replay, processor seconds of the
compilation. Exit code 1 if there is one of either. Partitioners whose package is missing are named and left out. All
eleven workloads by the default partitioner take about 15 processor minutes, most of it alexnet and vgg16; without
events in the profile (large networks) there is nothing to replay, which is said.
"""

import argparse
import sys
import time

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend import LoadOptions
from snnmap.legality.rules import verify
from snnmap.simulate.mapped import deviation, replay
from snnmap.stages.registry import REGISTRIES

SMALL = (
    *("digitrecog-mlp", "digitrecog-stdp", "edgedet", "heartestm", "imgsmooth", "visualpursuit", "lenet"),
    *("mnist-mlp", "braille-rsnn", "nmnist-cnn"),
)
LARGE = ("heartclass", "alexnet", "vgg16")


def case(graph, partitioner):
    """Crossbars, violations and spikes that differ, or None where nothing can be replayed; and processor seconds."""
    start = time.process_time()
    found = snnmap.compile(graph, snnmap.CompileOptions(settings=(("partition", partitioner),)))
    seconds = time.process_time() - start
    wrong = len(verify(found.mapping, graph, found.hardware))
    try:
        differ = deviation(graph, replay(found.mapping, graph))
    except InputError:
        differ = None
    return found.mapping.clustering.clusters, wrong, differ, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", default=[*SMALL, *LARGE])
    parser.add_argument("--partitioners", nargs="+", default=list(REGISTRIES["partition"]))
    parser.add_argument("--samples", type=int, default=1)
    given = parser.parse_args()
    broken = False
    print(f"{'workload':16s} {'partitioner':16s} {'crossbars':>9s} {'violations':>10s} {'spikes':>14s} {'CPU s':>7s}")
    for workload in given.workloads:
        graph = snnmap.profile(workload, LoadOptions(samples=given.samples))
        for partitioner in given.partitioners:
            try:
                crossbars, wrong, differ, seconds = case(graph, partitioner)
            except InputError as error:
                print(f"{workload:16s} {partitioner:16s} left out: {error}", flush=True)
                continue
            broken |= bool(wrong or differ)
            spikes = "no events" if differ is None else f"{differ} differ"
            print(
                f"{workload:16s} {partitioner:16s} {crossbars:9,} {wrong:10} {spikes:>14s} {seconds:7.1f}", flush=True
            )
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
