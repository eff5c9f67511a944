"""Compilation: partition, place, wire, schedule, evaluate, verify, in this order.

One seed enters and each stage draws from its own stream, so that another partitioner does not shift the placer's draws.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.analysis.traffic import partial_messages, traffic
from snnmap.core.arrays import F64
from snnmap.core.errors import InfeasibleError, SnnmapError
from snnmap.core.run import Progress, stream
from snnmap.core.version import __version__
from snnmap.evaluation.figures import evaluate, figures
from snnmap.formats.mapping import sealed
from snnmap.frontend import LoadOptions
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Clustering, Mapping, Placement, Report, SpikeGraph, Traffic, Workload
from snnmap.legality.rules import verify
from snnmap.pipeline.objectives import Quality
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import Plan, plan_for
from snnmap.pipeline.profile import profile
from snnmap.reliability.crossbars import read_currents, tile_variation
from snnmap.reliability.espine import espine_quality
from snnmap.stages.protocols import Term
from snnmap.stages.registry import REGISTRIES


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """What `compile` returns: the mapping and all it was made from."""

    mapping: Mapping
    graph: SpikeGraph
    hardware: Hardware
    report: Report

    def _repr_html_(self) -> str:
        """Table of the figures, for notebooks."""
        cells = ((m.name, "" if m.value is None else m.value, m.unit) for m in self.report.metrics)
        rows = "".join(f"<tr><td>{name}</td><td>{value}</td><td>{unit}</td></tr>" for name, value, unit in cells)
        return f"<table><thead><tr><th>figure</th><th>value</th><th>unit</th></tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Results of earlier stages to start from, made for the same activity, crossbars, seed and algorithms."""

    clustering: Clustering | None = None
    placement: Placement | None = None


def compile(  # noqa: A001  the word every user of a compiler expects
    source: str | Path | Workload | SpikeGraph,
    options: CompileOptions | None = None,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
    given: Given | None = None,
) -> Compiled:
    """Map a workload onto a chip: profile, partition, place, wire, schedule, evaluate, verify.

    Parameters
    ----------
    source
        What `profile` takes, or a spike-activity graph.
    options
        Chip, objective, seed, budget and settings of the algorithms.
    load
        Data and stepping of the workload, as for `profile`.
    progress
        Called with (stage, done, total, best cost).
    given
        Stages that need not run again; the caller answers for their fitting the options.

    Raises
    ------
    InputError
        If a file, name or option is not usable.
    InfeasibleError
        If the workload does not fit the chip, or has nothing to map.
    """
    options = options or CompileOptions()
    plan = plan_for(options.objective, dict(options.settings), options.terms)
    hardware = load_hardware(options.hardware, options.technology)
    graph = source if isinstance(source, SpikeGraph) else profile(source, load, progress=progress)
    _must_have_work(graph)
    if options.split == "unroll":
        from snnmap.pipeline.unrolled import unrolled

        graph = unrolled(graph, hardware)
    compiled = _map(graph, hardware, plan, options, progress, given or Given())
    wrong = verify(compiled.mapping, compiled.graph, compiled.hardware)
    if wrong:
        raise SnnmapError(f"internal error: the mapping is not legal, please report it: {wrong[0]}")
    return replace(compiled, mapping=sealed(compiled.mapping))


def _must_have_work(graph: SpikeGraph) -> None:
    network = graph.network
    if network.neurons == 0:
        raise InfeasibleError("neurons", 1, 0, "The network is empty: give a network with at least one neuron.")
    if network.synapses == 0:
        raise InfeasibleError("synapses", 1, 0, "No neuron has an input: give a connected network.")
    if int(graph.spikes[~network.is_bias()].sum()) == 0:
        raise InfeasibleError(
            "spikes", 1, 0, "Nothing spiked while profiling: give data with activity, more steps, or a higher rate."
        )


def _map(
    graph: SpikeGraph, hardware: Hardware, plan: Plan, options: CompileOptions, progress: Progress | None, given: Given
) -> Compiled:
    deadline = None if options.time_budget is None else time.monotonic() + options.time_budget
    streams = {stage: stream(options.seed, stage) for stage in REGISTRIES}
    partition = plan.partition if options.split == "partial_sum" else replace(plan.partition, split="none")
    clustering = given.clustering or partition(
        graph, hardware, rng=streams["partition"], progress=progress, deadline=deadline
    )
    hardware = hardware.sized(clustering.clusters)
    moved = traffic(graph, clustering)
    placement = given.placement or plan.place(
        moved,
        clustering.clusters,
        hardware,
        rng=streams["place"],
        terms=placement_terms(graph, clustering, hardware, moved, plan, options.variation),
        progress=progress,
        deadline=deadline,
    )
    quality = cell_quality(hardware, plan.quality)
    wiring = plan.wire(graph, clustering, hardware, quality=quality, rng=streams["wire"], progress=progress)
    sdfg, schedule = plan.schedule(
        graph, hardware, clustering, placement, moved, rng=streams["schedule"], progress=progress
    )
    mapping = Mapping(
        clustering=clustering,
        placement=placement,
        wiring=wiring,
        sdfg=sdfg,
        schedule=schedule,
        spikes=graph.spikes,
        active_steps=graph.active_steps,
        partial_messages=partial_messages(graph, clustering),
        figures={},
        hardware=hardware_facts(hardware, options),
        provenance=_provenance(graph, plan, options),
    )
    report = evaluate(mapping, graph, hardware)
    return Compiled(replace(mapping, figures=figures(report)), graph, hardware, report)


def placement_terms(
    graph: SpikeGraph, clustering: Clustering, hardware: Hardware, moved: Traffic, plan: Plan, variation: int | None
) -> tuple[Term, ...]:
    """Placement terms that the plan weighs in beside the traffic."""
    if not plan.terms:
        return ()
    from snnmap.pipeline.terms import TERMS, ChipView

    view = ChipView(graph, clustering, hardware, moved, tile_variation(hardware, variation))
    return tuple(TERMS[name](view, weight) for name, weight in plan.terms if weight > 0)


def cell_quality(hardware: Hardware, kind: Quality) -> F64:
    """How long each cell lasts at unit activity, up to a factor, (R, C).

    `current`: least read current over that of the cell, all cells at g_max, exact wires. `endurance`: spikes that the
    cell survives by eSpine's equations at the espine twin of the technology.

    Raises
    ------
    InputError
        If the technology has no espine twin.
    """
    if kind == "endurance":
        return espine_quality(hardware)
    current = read_currents(np.full((hardware.rows, hardware.columns), hardware.technology["g_max"]), hardware)
    quality: F64 = current.min() / current
    return quality


def hardware_facts(hardware: Hardware, options: CompileOptions) -> dict[str, Any]:
    """What a mapping file says of its hardware: enough to name it, size it and check it."""
    return {
        "name": hardware.name,
        "source": options.hardware,
        "digest": hardware.digest(),
        "technology": hardware.technology.name,
        "mode": hardware.technology.mode,
        "rows": hardware.rows,
        "columns": hardware.columns,
        "mesh": [hardware.mesh_width, hardware.mesh_height],
        "port": list(hardware.port),
        "clusters_per_tile": hardware.clusters_per_tile,
        "variation_seed": options.variation,
    }


def _provenance(graph: SpikeGraph, plan: Plan, options: CompileOptions) -> dict[str, Any]:
    return {
        "snnmap": __version__,
        "seed": options.seed,
        "split": options.split,
        "plan": plan.describe(),
        "profile": dict(graph.provenance),
        "accuracy": graph.accuracy,
        "populations": [
            {"name": p.name, "kind": p.kind, "model": p.model, "first": p.first, "shape": list(p.shape)}
            for p in graph.network.populations
        ],
        "workload": {
            "name": str(graph.provenance.get("name", "")),
            "source": str(graph.provenance.get("source", "")),
            "digest": graph.digest(),
            "frames": graph.frames,
            "steps": graph.steps,
            "dt": graph.dt,
            "externals": graph.network.externals,
        },
    }


def remarks(compiled: Compiled) -> list[str]:
    """What the reader must know: assumptions, repairs, bounds, the deviation of an unrolled network."""
    facts = compiled.graph.provenance
    lines = [f"assumed {line}" for line in facts.get("assumed", ())]
    lines += [f"repaired {line}" for line in facts.get("repairs", ())]
    lines += [f"population {name!r} never spikes" for name in facts.get("dead", ())]
    lines += [f"population {name!r} is saturated" for name in facts.get("saturated", ())]
    told = facts.get("unroll_deviation")
    if told is not None:
        counts = ", ".join(f"{o['population']} {o['spikes']:,} -> {o['unrolled']:,} spikes" for o in told["outputs"])
        before, after = told["accuracy"], told["accuracy_unrolled"]
        counts += "" if before is None else f", accuracy {100 * before:.1f} % -> {100 * after:.1f} %"
        lines.append(f"unrolling is approximate: {told['added_neurons']:,} neurons added, {counts}")
    return [*lines, *compiled.report.notes]
