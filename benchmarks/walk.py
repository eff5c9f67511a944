"""Walk every shipped and recipe workload at every node: figures without the note that they need, and what is noted.

python benchmarks/walk.py [--workloads lenet,heartclass] [--objective traffic] [--samples 1]

A figure needs a note where it is above the melting point, below one frame or beyond 1000 years. The three largest
(heartclass, alexnet, vgg16; up to 99 M synapses) take minutes each, which is why the test suite leaves them out.
"""

import argparse
import time

import snnmap
from snnmap.pipeline.compile import Given
from snnmap.reliability.espine import espine_twin

NODES = ("pcm-65", "pcm-45", "pcm-32", "pcm-22", "pcm-16", "oxram-22")
YEAR = 365.25 * 86400


def needs_note(compiled):
    """Names of the figures that do."""
    figures, technology = compiled.mapping.figures, compiled.hardware.technology
    twin, frame = espine_twin(technology), compiled.reading.step_time * figures["steps"]
    melting = {"device": technology["melt_temperature"] if technology.device == "PCM" else float("inf")}
    melting["espine"] = float("inf") if twin is None else twin["espine_melt_temperature"]
    for name, value in figures.items():
        lasts = "lifetime" in name or "failure" in name or "refresh" in name
        if name.endswith("_K") and "gradient" not in name and value > melting[name.partition("_")[0]]:
            yield name
        elif name.endswith("_s") and lasts and name.startswith("device") and "bound" not in name:
            if not isinstance(value, str) and (value is None or not frame <= value <= 1e3 * YEAR):
                yield name
        elif name == "espine_lifetime_frames" and value is not None and value < 1.0:
            yield name


def walk(name, options, samples):
    """Compile a workload at every node, from the clusters and tiles of the first; the number of bare figures."""
    start, bare = time.perf_counter(), 0
    graph, known = snnmap.profile(name, snnmap.LoadOptions(samples=samples)), Given()
    for node in NODES:
        compiled = snnmap.compile(graph, snnmap.CompileOptions(technology=node, objective=options), given=known)
        known = Given(compiled.mapping.clustering, compiled.mapping.placement)
        judged = {j.figure for j in compiled.reading.judgements}
        needing = list(needs_note(compiled))
        without = [figure for figure in needing if figure not in judged]
        bare += len(without)
        spent = time.perf_counter() - start
        print(
            f"{name}, {node}: {len(needing)} figures need a note, without: {without or 'none'} ({spent:.0f} s)",
            flush=True,
        )
    return bare


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", default=",".join(workload["name"] for workload in snnmap.list_workloads()))
    parser.add_argument("--objective", default="traffic")
    parser.add_argument("--samples", type=int, default=1)
    asked = parser.parse_args()
    found = [walk(name, asked.objective, asked.samples) for name in asked.workloads.split(",")]
    print(f"{sum(found)} figures without a note")
