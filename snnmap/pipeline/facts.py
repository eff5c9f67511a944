"""What a mapping file says of its chip and its workload, and what the reader must know of the profile."""

import msgspec

from snnmap.hardware import Hardware
from snnmap.ir import ChipFacts, PopulationFacts, ProfileRecord, Remarks, SpikeGraph, WorkloadFacts
from snnmap.pipeline.options import CompileOptions


def chip_facts(hardware: Hardware, options: CompileOptions) -> ChipFacts:
    """What a mapping file says of its chip: enough to name it, size it and check it."""
    return ChipFacts(
        name=hardware.name,
        source=options.hardware,
        digest=hardware.digest(),
        technology=hardware.technology.name,
        mode=hardware.technology.mode,
        rows=hardware.rows,
        columns=hardware.columns,
        mesh=(hardware.mesh_width, hardware.mesh_height),
        port=hardware.port,
        clusters_per_tile=hardware.clusters_per_tile,
        variation_seed=options.variation,
        encoding=hardware.weights.encoding,
        levels=hardware.weights.levels,
        slices=hardware.weights.slices,
        chips=hardware.chips.grid if hardware.chips.several else msgspec.UNSET,
        technology_source="" if options.technology in {None, hardware.technology.name} else str(options.technology),
    )


def workload_facts(graph: SpikeGraph) -> WorkloadFacts:
    """What a mapping file says of its workload."""
    populations = (PopulationFacts(p.name, p.kind, p.model, p.first, p.shape) for p in graph.network.populations)
    return WorkloadFacts(
        name=graph.provenance.name,
        source=graph.provenance.source,
        digest=graph.digest(),
        frames=graph.frames,
        steps=graph.steps,
        dt=graph.dt,
        externals=graph.network.externals,
        accuracy=graph.accuracy,
        populations=tuple(populations),
    )


def profile_record(graph: SpikeGraph) -> ProfileRecord:
    """What a mapping file says of how the activity was found."""
    classes = (None if c is None else tuple(c.tolist()) for c in (graph.labels, graph.predictions))
    return ProfileRecord(graph.provenance, graph.dynamics, graph.remarks, *classes)


def said_of(said: Remarks) -> list[str]:
    """Assumptions, repairs, populations that are dead or saturated, and the deviation of an unrolled network."""
    lines = [f"assumed {line}" for line in said.assumed]
    lines += [f"repaired {line}" for line in said.repairs]
    lines += [f"population {name!r} never spikes" for name in said.dead]
    lines += [f"population {name!r} is saturated" for name in said.saturated]
    if isinstance(said.quantised, tuple) and said.quantised:
        errors = [row.relative_rms for row in said.quantised]
        fine = "/".join(str(count) for count in sorted({row.levels for row in said.quantised}))
        lines.append(
            f"weights are rounded to {fine} integers for each population, by {min(errors):.2%} to {max(errors):.2%} of "
            "their root mean square"
        )
    if said.unrolled is not None:
        counts = ", ".join(f"{o.population} {o.spikes:,} -> {o.unrolled:,} spikes" for o in said.unrolled.outputs)
        before, after = said.unrolled.accuracy, said.unrolled.accuracy_unrolled
        if before is not None and after is not None:
            counts += f", accuracy {100 * before:.1f} % -> {100 * after:.1f} %"
        lines.append(f"unrolling is approximate: {said.unrolled.added_neurons:,} neurons added, {counts}")
    return lines
