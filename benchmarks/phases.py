"""Networks in phases: how many, cell writes beside their bound, the guaranteed frame, and what the chip does in it.

    python benchmarks/phases.py [--simulate] [WORKLOAD:CONV:TILES ...]

Each case runs in a process of its own, whose processor seconds and peak memory are printed. `--simulate` also runs the
chip of every phase at its worst, event by event: `worst` is the longest step measured over that promised, of any phase.
"""

import argparse
import json
import resource
import subprocess
import sys

CASES = ("mnist-mlp:unrolled:2x2", "nmnist-cnn:dense:4x4", "nmnist-cnn:unrolled:8x8", "vgg16:dense:4x4")
HEAD = ("case", "crossbars", "phases", "least", "cell writes", "above bound", "frame s", "worst", "CPU s", "GiB")


def measured(case: str, *, simulate: bool) -> dict[str, float]:
    """Figures of one case."""
    import snnmap
    from snnmap.pipeline.phases_file import parts_of_phases, whole_clustering

    workload, conv, tiles = case.split(":")
    hardware = f"pcm-mesh:tiles={tiles}"
    graph = snnmap.profile(snnmap.load_workload(workload))
    found = snnmap.phases(graph, snnmap.CompileOptions(hardware=hardware, conv=conv))
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = dict(found.phased.figures)
    figures |= {"cpu": used.ru_utime + used.ru_stime, "gib": used.ru_maxrss / 2**20, "worst": float("nan")}
    if simulate:
        clustering, of_phase = whole_clustering(found.phased, graph)
        parts = parts_of_phases(graph, clustering, of_phase)
        chip = snnmap.load_hardware(hardware)
        worst = [
            snnmap.rates(phase.mapping, part, chip, snnmap.ExecuteOptions(worst=True))
            for phase, part in zip(found.phased.phases, parts, strict=True)
        ]
        figures["worst"] = max(float(m.period / rate.promised) for rate in worst for m in rate.measured.values())
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=CASES, metavar="WORKLOAD:CONV:TILES")
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        print(json.dumps(measured(asked.cases[0], simulate=asked.simulate)))
        return
    print("  ".join(f"{name:>{28 if name == 'case' else 11}}" for name in HEAD))
    for case in asked.cases:
        command = [sys.executable, __file__, "--inside", *(["--simulate"] if asked.simulate else []), case]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        f = json.loads(done.stdout.splitlines()[-1])
        numbers = (
            f"{f['crossbars']:,}",
            f"{f['phases']:,}",
            f"{f['phases_at_least']:,}",
            f"{f['cell_writes']:,}",
            f"{100 * f['cell_writes_gap_share']:.1f} %",
            f"{f['frame_s']:.4g}",
            f"{f['worst']:.4f}",
            f"{f['cpu']:.1f}",
            f"{f['gib']:.2f}",
        )
        print("  ".join([f"{case:>28}", *(f"{n:>11}" for n in numbers)]), flush=True)


if __name__ == "__main__":
    main()
