"""Events per second of the simulated chip, and its three rates over the period that each mapping promises.

Run: python benchmarks/simulate.py [WORKLOAD ...] [--frames N]. Every workload is compiled for both chips under the
objectives default and throughput. On a network of time slots `worst` must not be below 1, and all three are 1: a step
takes its slots whether it fills them or not.
"""

import argparse
import time

import snnmap

WORKLOADS = ("mnist-mlp", "nmnist-cnn", "braille-rsnn")
CHIPS = ("pcm-mesh", "dynap-se-pcm")
OBJECTIVES = ("default", "throughput")
COLUMNS = (
    f"{'workload':<13} {'chip':<13} {'objective':<11} {'promised':>10} {'worst':>8} {'frame':>8} {'mean':>8} "
    f"{'late':>9} {'events':>12} {'events/s':>10}"
)


def line(workload: str, chip: str, objective: str, frames: int | None) -> str:
    """Ratios of the rates to what is promised, firings that are late in any run, events and how fast they pass."""
    compiled = snnmap.compile(workload, snnmap.CompileOptions(hardware=chip, objective=objective))
    begun = time.perf_counter()
    run = (compiled.mapping, compiled.graph, compiled.hardware, snnmap.ExecuteOptions(frames=frames))
    found = snnmap.rates(*run)
    seconds = time.perf_counter() - begun
    kinds = [measured for measured in (found.worst, found.frame, found.mean) if measured is not None]
    ratios = " ".join(f"{found.ratio(measured):8.4f}" for measured in kinds)
    events, late = sum(m.events for m in kinds), sum(m.late.late for m in kinds)
    promised = float(found.promised) * found.tick * 1e6
    return (
        f"{workload:<13} {chip:<13} {objective:<11} {promised:7.3f} us {ratios} "
        f"{late:9,} {events:12,} {events / seconds:10,.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    parser.add_argument("--frames", type=int)
    given = parser.parse_args()
    print(COLUMNS)
    for workload in given.workloads:
        for chip in CHIPS:
            for objective in OBJECTIVES:
                print(line(workload, chip, objective, given.frames), flush=True)


if __name__ == "__main__":
    main()
