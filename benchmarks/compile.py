"""Time and memory of every stage of a compilation, for shipped networks of 10^5 to 10^8 synapses.

Targets on two cores, warm (kernels compiled, files cached): MNIST MLP below 5 s, N-MNIST CNN below 20 s, AlexNet below
3 min, VGG16 below 10 min and 8 GiB; by kernels (`--conv dense`) VGG16 below 60 s and 4 GiB, N-MNIST CNN below 5 s.
Run: python benchmarks/compile.py [--objective NAME] [--conv WAY] [--output DIR] [WORKLOAD ...].
Each workload is compiled in a process of its own, by `snnmap.compile` itself, whose stages are timed from outside;
`snnmap verify` and `snnmap report` of the file follow. With two workloads or more, the exponent of every stage's
processor time over the synapses is fitted by least squares.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

WORKLOADS = ("mnist-mlp", "braille-rsnn", "nmnist-cnn", "lenet", "heartclass", "alexnet", "vgg16")
TARGETS = {"mnist-mlp": 5.0, "nmnist-cnn": 20.0, "alexnet": 180.0, "vgg16": 600.0}
"""Wall seconds of a compilation."""
BY_KERNELS = {"nmnist-cnn": 5.0, "vgg16": 60.0}
"""The same with `--conv dense`."""
STAGES = {
    "prepared": "load",
    "must_be_mappable": "fit",
    "profile": "profile",
    "partitioned": "partition",
    "placement_terms": "terms",
    "placed": "place",
    "cell_quality": "quality",
    "scheduled": "schedule",
    "wired": "wire",
    "report_of": "evaluate",
    "figures": "figures",
    "verify": "verify",
    "sealed": "seal",
}
"""Function of `pipeline.compile` to the stage that it is."""
FEWEST = 0.5
"""Processor seconds that a stage must take at the largest size for its exponent to mean something."""


class Clock:
    """Wall and processor seconds of every stage, and the largest memory of the process during it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, float, float, float]] = []

    def __call__(self, name: str, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Result of `work`, timed."""
        _forget_peak()
        wall, processor = time.perf_counter(), time.process_time()
        result = work(*arguments, **options)
        line = (name, time.perf_counter() - wall, time.process_time() - processor, _peak())
        self.lines.append(line)
        print(f"  {name:<14}{line[1]:9.2f}{line[2]:9.2f}{line[3]:9.2f}", file=sys.stderr, flush=True)
        return result

    def wrapped(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, timed whenever it is called."""
        return lambda *arguments, **options: self(name, work, *arguments, **options)


def _forget_peak() -> None:
    """Let the kernel's record of the largest memory start anew, where it can (Linux)."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def _peak() -> float:
    """Largest memory since `_forget_peak`, GiB; elsewhere than on Linux since the process began."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measured(source: str, objective: str, conv: str, folder: Path) -> dict[str, Any]:
    """One compilation, its file, its verification and its report, stage by stage."""
    import snnmap
    from snnmap.pipeline import compile as pipeline

    clock = Clock()
    for function, stage in STAGES.items():
        setattr(pipeline, function, clock.wrapped(stage, getattr(pipeline, function)))
    start, processor = time.perf_counter(), time.process_time()
    compiled = pipeline.compile(source, snnmap.CompileOptions(objective=objective, conv=conv))
    whole = ("compile", time.perf_counter() - start, time.process_time() - processor)
    path = folder / f"{source}.json.gz"
    clock("save", snnmap.save, compiled.mapping, path)
    return {
        "workload": source,
        "conv": conv,
        "synapses": compiled.graph.network.synapses,
        "crossbars": compiled.mapping.clustering.clusters,
        "messages": compiled.mapping.figures["messages"],
        "hops": compiled.mapping.figures["hops"],
        "file_MB": path.stat().st_size / 1e6,
        "stages": clock.lines,
        "whole": whole,
        "peak": max(peak for _, _, _, peak in clock.lines),
    }


def commanded(command: str, path: Path) -> tuple[str, float, float, float]:
    """`snnmap COMMAND FILE` in a process of its own: wall and processor seconds, GiB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "snnmap", command, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"snnmap {command} {path.name}: exit code {os.waitstatus_to_exitcode(status)}")
    return command, time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def by_stage(result: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Stage to wall seconds, processor seconds (both summed over its calls), GiB."""
    table: dict[str, tuple[float, float, float]] = {}
    for name, wall, processor, peak in result["stages"]:
        before = table.get(name, (0.0, 0.0, 0.0))
        table[name] = (before[0] + wall, before[1] + processor, max(before[2], peak))
    return table


def show(result: dict[str, Any]) -> None:
    """Table of one workload."""
    counts = " ".join(f"{key} {result[key]:,}" for key in ("synapses", "crossbars", "messages", "hops"))
    print(f"\n{result['workload']}: {counts} file {result['file_MB']:.1f} MB")
    print(f"{'stage':<14}{'wall s':>9}{'cpu s':>9}{'peak GiB':>10}")
    for name, (wall, processor, peak) in by_stage(result).items():
        print(f"{name:<14}{wall:>9.2f}{processor:>9.2f}{peak:>10.2f}")
    target = {"unrolled": TARGETS, "dense": BY_KERNELS}.get(result["conv"], {}).get(result["workload"])
    print(
        f"{'compile':<14}{result['whole'][1]:>9.2f}{result['whole'][2]:>9.2f}{result['peak']:>10.2f}"
        + ("" if target is None else f"   target {target:g} s")
    )


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Least-squares slope of log seconds over log sizes."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def exponents(results: list[dict[str, Any]]) -> dict[str, float]:
    """Exponent of processor seconds over synapses, of every stage that takes time at the largest size, and of all."""
    tables, sizes = [by_stage(result) for result in results], [result["synapses"] for result in results]
    largest = tables[int(np.argmax(sizes))]
    found: dict[str, float] = {}
    for stage in largest:
        seconds = [table.get(stage, (0.0, 0.0, 0.0))[1] for table in tables]
        if largest[stage][1] >= FEWEST and min(seconds) > 0.0:
            found[stage] = exponent(sizes, seconds)
    return {**found, "compile": exponent(sizes, [result["whole"][2] for result in results])}


def main() -> None:
    """Print a table per workload, then the exponents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS))
    parser.add_argument("--objective", default="default")
    parser.add_argument("--conv", default="unrolled", choices=("unrolled", "dense", "packed", "auto"))
    parser.add_argument("--output", type=Path, help="keep the mappings in this folder")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.workloads[0], asked.objective, asked.conv, asked.output)))
        return
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.output or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for source in asked.workloads:
            print(source, file=sys.stderr)
            command = [
                sys.executable,
                __file__,
                source,
                "--objective",
                asked.objective,
                "--conv",
                asked.conv,
                "--output",
                str(folder),
                "--one",
            ]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            result = json.loads(told.stdout)
            path = folder / f"{source}.json.gz"
            result["stages"] += [commanded(command, path) for command in ("verify", "report")]
            results.append(result)
            show(result)
    if len({result["synapses"] for result in results}) > 1:
        print(f"\nexponent of processor seconds over synapses, {len(results)} networks")
        for stage, slope in exponents(results).items():
            print(f"{stage:<14}{slope:>9.2f}")


if __name__ == "__main__":
    main()
