"""A mapping file again with all it was made from, and judged."""

import collections.abc
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage, stream
from snnmap.core.version import __version__
from snnmap.evaluation.figures import evaluate, figures, report_of
from snnmap.formats.mapping import is_sealed, load
from snnmap.formats.phases import is_phases
from snnmap.formats.profile import is_profile
from snnmap.frontend import LoadOptions
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Mapping, SpikeGraph, Violation, Violations
from snnmap.legality.figures import differing
from snnmap.legality.rules import verify
from snnmap.pipeline.operating import OperatingOptions, check_pace, check_pulse, operated
from snnmap.pipeline.plan import plan_violations
from snnmap.pipeline.profile import profile
from snnmap.stages.protocols import Run, ScheduleProblem
from snnmap.stages.registry import restored


def hardware_of(mapping: Mapping, path: str | None = None) -> Hardware:
    """The chip a mapping was made for, sized and operated as the mapping says; `path` if its file lies elsewhere now.

    Raises
    ------
    InputError
        If the chip or technology is not to be found.
    """
    source, technology = path or mapping.chip.source, mapping.chip.technology_source
    hardware = load_hardware(source, technology or None)
    if not technology and hardware.technology.name != mapping.chip.technology:
        hardware = load_hardware(source, mapping.chip.technology)
    hardware = operated(hardware, mapping.origin.point)
    width, height = mapping.chip.mesh
    hardware = hardware.fitted(mapping.chip.rows)
    return replace(hardware, mesh_width=width, mesh_height=height) if hardware.adaptive else hardware


def at_point(
    mapping: Mapping, graph: SpikeGraph, hardware: Hardware, given: OperatingOptions
) -> tuple[Mapping, Hardware]:
    """The same clusters, tiles and wiring at another operating point: scheduled and evaluated anew, and its chip.

    Raises
    ------
    InputError
        If the pulse is longer than a step, or the pace above the guarantee.
    """
    point = given.over(mapping.origin.point)
    check_pulse(point, graph.dt)
    chip, clusters = operated(hardware, point), ClusteringView(graph, mapping.clustering)
    scheduler = restored("schedule", mapping.origin.plan.schedule)
    run = Run(stream(mapping.origin.seed, "schedule"))
    sdfg, schedule = scheduler(ScheduleProblem(clusters, mapping.placement, chip), run)
    origin = msgspec.structs.replace(mapping.origin, point=point, verified="")
    moved = replace(mapping, sdfg=sdfg, schedule=schedule, origin=origin)
    check_pace(moved)
    return replace(moved, figures=figures(report_of(View(moved, graph, chip, of_clustering=clusters)))), chip


def reopen(
    file: Path, *, workload: str | None = None, hardware: str | None = None, progress: Progress | None = None
) -> tuple[Mapping, SpikeGraph, Hardware]:
    """Mapping of a file with all it was made from: its workload, profiled anew, and its chip.

    Parameters
    ----------
    file
        Mapping file.
    workload, hardware
        Where they are now, if not where the mapping says.

    Raises
    ------
    InputError
        If mapping, workload or chip cannot be read.
    """
    mapping = load(file)
    chip = hardware_of(mapping, hardware)
    return mapping, graph_of(mapping, chip, workload=workload, progress=progress), chip


def verify_file(
    file: Path,
    *,
    workload: str | None = None,
    hardware: str | None = None,
    replay: bool = False,
    progress: Progress | None = None,
) -> Violations:
    """Judge a mapping file against its workload, profiled anew or read from a saved profile, and its chip.

    Parameters
    ----------
    file
        Mapping file, or a file of phases.
    workload, hardware
        Where they are now, if not where the mapping says.
    replay
        Also run the mapped network crossbar by crossbar and compare every spike with the profile.

    Raises
    ------
    InputError
        If mapping, workload or chip cannot be read.
    """
    if is_phases(file):
        from snnmap.pipeline.phases_file import verify_phases

        return verify_phases(file, workload=workload, hardware=hardware, replay=replay, progress=progress)
    mapping, graph, chip = reopen(file, workload=workload, hardware=hardware, progress=progress)
    wrong = as_stage(progress, "verify", violations, mapping, graph, chip)
    if replay and not wrong:
        from snnmap.simulate.mapped import deviation
        from snnmap.simulate.mapped import replay as run_replay

        differ = deviation(graph, run_replay(mapping, graph, progress=progress))
        if differ:
            asked, there = f"{differ} events differ", "the mapped network must spike as the profile did"
            wrong.append(Violation("replay", "spikes", asked, there))
    return Violations(wrong)


def violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """All that is wrong with a mapping that was read from a file: broken rules, forged figures, a broken seal."""
    wrong = verify(mapping, graph, hardware) or _other_figures(mapping, graph, hardware)
    if mapping.origin.snnmap == __version__:  # another version may call them otherwise
        wrong += plan_violations(mapping.origin.plan)
    if wrong or not mapping.origin.verified or is_sealed(mapping):
        return wrong
    asked = "the file has changed since it was compiled"
    return [Violation("seal", "origin.verified", asked, "empty this entry if that was meant")]


def _other_figures(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Figures that `verify` leaves to the device models: computed anew, and none reported besides."""
    recomputed = figures(evaluate(mapping, graph, hardware))
    unknown = [name for name in mapping.figures if name not in recomputed]
    surplus = [Violation("figures", name, f"reported {mapping.figures[name]}", "no such figure") for name in unknown]
    return differing(mapping.figures, recomputed) + surplus


def graph_of(
    mapping: Mapping,
    hardware: Hardware,
    *,
    workload: str | None = None,
    given: collections.abc.Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> SpikeGraph:
    """Spike-activity graph that a mapping was made for: its workload, or `workload`, profiled as the mapping says.

    Parameters
    ----------
    given
        Fields of `LoadOptions` in the place of what the mapping says: other data, say.

    Raises
    ------
    InputError
        If the workload cannot be read.
    """
    source = workload or mapping.workload.source
    if not source:
        raise InputError("the mapping names no workload file; say where it is with --workload")
    chosen: dict[str, Any] = {} if is_profile(source) else dict(mapping.origin.profile.provenance.options)
    chosen |= given or {}
    try:
        options = LoadOptions(**chosen)
    except TypeError:
        raise InputError(
            f"the mapping's profile options {chosen} are not those of this snnmap; compile again"
        ) from None
    graph = profile(source, options, progress=progress)
    if workload:  # a file may be called otherwise by now; what it holds is compared
        graph = replace(graph, provenance=msgspec.structs.replace(graph.provenance, name=mapping.workload.name))
    if mapping.origin.split != "unroll":
        return graph
    from snnmap.pipeline.unrolled import unrolled

    return unrolled(graph, hardware)
