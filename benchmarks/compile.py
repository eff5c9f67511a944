"""Time and memory of every stage of a compilation, for the shipped networks.

Targets on two cores, warm (kernels compiled, files cached): MNIST MLP below 5 s, N-MNIST CNN below 20 s.
Run: python benchmarks/compile.py [WORKLOAD ...]. Each workload is compiled once to warm up on few frames, then timed.
"""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import snnmap
from snnmap.analysis.traffic import partial_messages, traffic
from snnmap.core.run import stream
from snnmap.evaluation.figures import evaluate, figures
from snnmap.frontend import LoadOptions
from snnmap.hardware import load_hardware
from snnmap.ir import Mapping
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import _provenance, cell_quality, hardware_facts, placement_terms
from snnmap.pipeline.plan import plan_for
from snnmap.stages.registry import REGISTRIES

WORKLOADS = ("mnist-mlp", "braille-rsnn", "nmnist-cnn")
TARGETS = {"mnist-mlp": 5.0, "nmnist-cnn": 20.0}
"""Seconds."""


class Stages:
    """Wall and processor seconds of every stage, and the largest memory of the process after it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, float, float, float]] = []

    def __call__(self, name: str, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Result of `work`, timed."""
        wall, processor = time.perf_counter(), time.process_time()
        result = work(*arguments, **options)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.lines.append((name, time.perf_counter() - wall, time.process_time() - processor, peak))
        return result


def staged(source: str, objective: str, seed: int = 0) -> tuple[Stages, Mapping]:
    """What `pipeline.compile` does, stage by stage, with the stages' times."""
    stages, plan = Stages(), plan_for(objective)
    options = snnmap.CompileOptions(objective=objective, seed=seed)
    graph = stages("profile", snnmap.profile, source)
    streams = {stage: stream(seed, stage) for stage in REGISTRIES}
    hardware = load_hardware(options.hardware)
    clustering = stages("partition", plan.partition, graph, hardware, rng=streams["partition"])
    hardware = hardware.sized(clustering.clusters)
    moved = stages("traffic", traffic, graph, clustering)
    terms = stages("terms", placement_terms, graph, clustering, hardware, moved, plan, None)
    place = (moved, clustering.clusters, hardware)
    placement = stages("place", plan.place, *place, rng=streams["place"], terms=terms)
    quality = stages("quality", cell_quality, hardware, plan.quality)
    wiring = stages("wire", plan.wire, graph, clustering, hardware, quality=quality, rng=streams["wire"])
    chip = (graph, hardware, clustering, placement, moved)
    sdfg, schedule = stages("schedule", plan.schedule, *chip, rng=streams["schedule"])
    mapping = Mapping(
        clustering=clustering,
        placement=placement,
        wiring=wiring,
        sdfg=sdfg,
        schedule=schedule,
        spikes=graph.spikes,
        active_steps=graph.active_steps,
        partial_messages=stages("partial sums", partial_messages, graph, clustering),
        figures={},
        hardware=hardware_facts(hardware, options),
        provenance=_provenance(graph, plan, options),
    )
    report = stages("evaluate", evaluate, mapping, graph, hardware)
    mapping = replace(mapping, figures=figures(report))
    wrong = stages("verify", verify, mapping, graph, hardware)
    if wrong:
        raise SystemExit(f"{source}: {wrong[0]}")
    return stages, mapping


def main(workloads: list[str]) -> None:
    """Print a table per workload and objective."""
    for source in workloads:
        snnmap.compile(source, load=LoadOptions(samples=2))
        for objective in ("default", "espine"):
            stages, mapping = staged(source, objective)
            print(f"\n{source}, {objective}: {mapping.clustering.clusters} crossbars")
            print(f"{'stage':<14}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}")
            for name, wall, processor, peak in stages.lines:
                print(f"{name:<14}{wall:>9.2f}{processor:>9.2f}{peak:>10.0f}")
            wall, processor = sum(line[1] for line in stages.lines), sum(line[2] for line in stages.lines)
            target = f"   target {TARGETS[source]:g} s" if source in TARGETS else ""
            print(f"{'all':<14}{wall:>9.2f}{processor:>9.2f}{target}")


if __name__ == "__main__":
    main(sys.argv[1:] or list(WORKLOADS))
