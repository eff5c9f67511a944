"""A network on the cells of another mapping: clusters, tiles and lines taken over, schedule and figures its own.

A network that was trained for the cells of one chip must sit on just these cells, but a compilation would group and
place it by its own spikes. So nothing is searched here: whether every synapse has its one cell is what legality says.
"""

from dataclasses import replace
from pathlib import Path

import msgspec

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage, stream
from snnmap.core.version import __version__
from snnmap.evaluation.figures import figures, report_of
from snnmap.formats.mapping import load as load_mapping
from snnmap.formats.mapping import sealed
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Workload
from snnmap.legality.rules import clustering_violations, shared_violations
from snnmap.pipeline.compile import Compiled, verified
from snnmap.pipeline.demands import must_be_mappable, must_have_work
from snnmap.pipeline.facts import profile_record, workload_facts
from snnmap.pipeline.judged import scheduled
from snnmap.pipeline.operating import check_pace, check_pulse
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.profile import profile
from snnmap.pipeline.reopen import hardware_of
from snnmap.stages.protocols import Run, ScheduleProblem
from snnmap.stages.registry import restored


def compile_like(
    ready: Workload | SpikeGraph, like: Mapping | Path | str, progress: Progress | None = None
) -> Compiled:
    """Map a network onto the cells that another mapping gives a network of the same populations and synapses.

    Chip, operating point, clusters, tiles, lines and the scheduler are those of that mapping, which the file names
    (`origin.cells_of`); schedule and figures follow from the network's own spikes. The result is verified.

    Parameters
    ----------
    ready
        Network with its input, or its profile.
    like
        The other mapping, or its file.

    Raises
    ------
    InputError
        If a file cannot be used, or populations or synapses differ: the message names the first that does.
    InfeasibleError
        If the network does not spike, or its schedule does not fit the chip.
    """
    base = like if isinstance(like, Mapping) else load_mapping(Path(like))
    called = "the mapping" if isinstance(like, Mapping) else str(like)
    if base.origin.split == "unroll":
        raise InputError(f"{called}: neurons were unrolled for it, which is another network; compile without --like")
    hardware = hardware_of(base)
    graph = ready if isinstance(ready, SpikeGraph) else profile(ready, progress=progress)
    _must_be_alike(base, graph, hardware, called)
    must_be_mappable(graph.network, hardware, CompileOptions(split=base.origin.split))
    must_have_work(graph)
    compiled = _mapped(base, graph, hardware, progress)
    shared = shared_violations(compiled.mapping, graph, hardware)
    if shared:
        raise InputError(
            f"{called} holds weights once that differ in the network ({shared[0]}); compile without --like"
        )
    return verified(compiled, progress)


def _must_be_alike(base: Mapping, graph: SpikeGraph, hardware: Hardware, called: str) -> None:
    """Refuse a network of other populations, or whose synapses are not those that the clusters hold."""
    name = graph.provenance.name or "the network"
    its, there = workload_facts(graph).populations, base.workload.populations
    for own, other in zip(its, there, strict=False):
        if own != other:
            raise InputError(
                f"{name} is not of the network that {called} maps: population {own.name!r} is {own.kind} {own.model} "
                f"{own.shape}, there {other.name!r} {other.kind} {other.model} {other.shape}; compile without --like"
            )
    if len(its) != len(there):
        raise InputError(
            f"{name} has {len(its)} populations and the network that {called} maps {len(there)}; compile without --like"
        )
    wrong = clustering_violations(base.clustering, graph, hardware)
    if wrong:
        first = wrong[0]
        raise InputError(
            f"the synapses of {name} are not those that {called} has cells for: {first.where}: {first.asked}, but "
            f"{first.available}; compile without --like"
        )


def _mapped(base: Mapping, graph: SpikeGraph, hardware: Hardware, progress: Progress | None) -> Compiled:
    """The network on the clusters, tiles and lines of `base`, scheduled and evaluated."""
    check_pulse(base.origin.point, graph.dt)
    clusters = ClusteringView(graph, base.clustering)
    run = Run(stream(base.origin.seed, "schedule"), progress, None)
    scheduler = restored("schedule", base.origin.plan.schedule)
    sdfg, schedule = scheduled(scheduler, ScheduleProblem(clusters, base.placement, hardware), run)
    origin = msgspec.structs.replace(
        base.origin,
        snnmap=__version__,
        profile=profile_record(graph),
        verified="",
        cells_of=sealed(base).origin.verified,
    )
    mapping = replace(
        base,
        sdfg=sdfg,
        schedule=schedule,
        spikes=graph.spikes,
        active_steps=graph.active_steps,
        partial_messages=clusters.partial_messages,
        figures={},
        workload=workload_facts(graph),
        origin=origin,
    )
    check_pace(mapping)
    whole = View(mapping, graph, hardware, of_clustering=clusters)
    report = as_stage(progress, "evaluate", report_of, whole)
    return Compiled(whole.at(hardware, replace(mapping, figures=figures(report))), report)
