"""Compilation: partition, place, schedule, wire, evaluate, verify, in this order (lines do not change the times).

One seed enters and each stage draws from its own stream, so that another partitioner does not shift the placer's draws.
"""

import time
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Unpack, cast

import msgspec

from snnmap.analysis.bounds import partition_bounds
from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage, stream
from snnmap.core.shown import Pictured
from snnmap.core.suggest import suggestion
from snnmap.core.version import __version__
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.disturbance import FIGURE, error_metric, stuck_cells
from snnmap.evaluation.figures import figures, report_of
from snnmap.evaluation.judgement import reading_of
from snnmap.formats.mapping import sealed
from snnmap.frontend import LoadOptions, Source
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import (
    Bottleneck,
    Clustering,
    Mapping,
    Origin,
    PartitionBounds,
    Placement,
    Reading,
    Report,
    Schedule,
    Sdfg,
    SpikeGraph,
    Workload,
)
from snnmap.ir.devices import ChipMap
from snnmap.legality.rules import verify
from snnmap.pipeline.demands import must_be_mappable, must_have_work
from snnmap.pipeline.disturbed import cell_error, counts, known_chip, wired_for, with_error
from snnmap.pipeline.facts import chip_facts, profile_record, said_of, workload_facts
from snnmap.pipeline.heat import cell_powers, cell_quality, stirring
from snnmap.pipeline.judged import blamed, partitioned, placed, scheduled, wired
from snnmap.pipeline.objectives import Goal
from snnmap.pipeline.operating import check_pace, check_pulse, operated
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.own_figure import Verdict, goal_of, stays, verdict_on
from snnmap.pipeline.plan import Algorithms, Plan, plan_for, preset_of
from snnmap.pipeline.profile import Inputs, prepared, profile
from snnmap.reliability.crossbars import tile_variation
from snnmap.simulate.imperfect.chips import must_fit
from snnmap.simulate.margins import near_threshold
from snnmap.stages.protocols import (
    PartitionProblem,
    PlacementProblem,
    Run,
    ScheduleProblem,
    Term,
    TileHeat,
    WiringProblem,
)
from snnmap.stages.registry import STAGES


@dataclass(frozen=True, slots=True, eq=False)
class Compiled(Pictured):
    """What `compile` returns: the mapping and all it was made from.

    `to_pandas()` has a row per figure; `plot()` maps the tiles: temperature, power, W, lifetime, use, messages.
    """

    view: View
    """The mapping, its graph and its chip, with what follows from them."""
    report: Report
    verdict: Verdict | None = None
    """How the objective did in its own figure; none if it was not compared."""

    @property
    def mapping(self) -> Mapping:
        """What a mapping file holds."""
        return self.view.mapping

    @property
    def graph(self) -> SpikeGraph:
        """Spike-activity graph that was mapped."""
        return self.view.graph

    @property
    def hardware(self) -> Hardware:
        """The chip, sized."""
        return self.view.hardware

    @property
    def reading(self) -> Reading:
        """What the figures are for, and how far they can be believed."""
        return reading_of(self.mapping, self.hardware)

    @property
    def bottleneck(self) -> Bottleneck | None:
        """What limits the time per step."""
        return bottleneck(self.view)

    @property
    def partition_bounds(self) -> PartitionBounds | None:
        """Crossbars and messages beside what no partition can go below; none where crossbars are used repeatedly."""
        return partition_bounds(self.view)

    def remarks(self) -> list[str]:
        """What the reader must know: assumptions, repairs, bounds, the deviation of an unrolled network."""
        verdict = [] if self.verdict is None else self.verdict.said()
        return [*said_of(self.graph.remarks), *self.report.notes, *verdict]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Results of earlier stages to start from, made for the same activity, crossbars, seed and algorithms."""

    clustering: Clustering | None = None
    placement: Placement | None = None
    rivals: MappingType[str, Compiled] = field(default_factory=dict)
    """Mappings under the objectives that this one is compared with, by name."""
    view: ClusteringView | None = None
    """View of `clustering`, if there is one already: its cells are large."""
    schedule: tuple[Sdfg, Schedule] | None = None


class Arguments(Algorithms, Inputs, total=False):
    """Further arguments of `compile`.

    `data`, `labels`, `layout` in the place of those of `load`: files, or arrays or tensors in memory. `partitioner`,
    `placer`, `wirer`, `scheduler`: objects in place of the plan's, for example `placer=MyPlacer(depth=3)`.
    """


def compile(  # noqa: A001  the word every user of a compiler expects
    source: Source | Workload | SpikeGraph,
    options: CompileOptions | None = None,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
    given: Given | None = None,
    like: Mapping | Path | str | None = None,
    **arguments: Unpack[Arguments],
) -> Compiled:
    """Map a workload onto a chip: profile, partition, place, schedule, wire, evaluate, verify.

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
    like
        Mapping, or its file, of a network of the same synapses whose chip and cells are taken, without options.
    arguments
        As `Arguments`.

    Raises
    ------
    InputError
        If a file, name or option is not usable.
    InfeasibleError
        If the workload does not fit the chip, or has nothing to map.
    """
    inputs, algorithms = _parted(arguments)
    if like is not None:
        return _alike(like, prepared(source, load, inputs), progress, free=not (options or given or algorithms))
    options = options or CompileOptions()
    own = preset_of(options.objective)[0].partition
    plan = plan_for(options.objective, dict(options.partitioning(own)), options.terms).using(algorithms)
    hardware = operated(load_hardware(options.hardware, options.technology), options.point)
    ready = prepared(source, load, inputs)
    must_be_mappable(ready.network, hardware, options)
    known = known_chip(options, plan, hardware)
    graph = _profiled(ready, hardware, options, progress)
    near = near_threshold(graph) if counts(plan) else None
    compiled = _best(Asked(graph, hardware, options, progress, near, known), plan, given or Given(), algorithms)
    return verified(compiled, progress)


def _alike(
    like: Mapping | Path | str, ready: Workload | SpikeGraph, progress: Progress | None, *, free: bool
) -> Compiled:
    """A workload on the cells of another mapping, which nobody may ask options for."""
    from snnmap.pipeline.like import compile_like

    if not free:
        raise InputError("like takes chip, clusters, tiles and lines from a mapping; leave options and algorithms out")
    return compile_like(ready, like, progress)


def verified(compiled: Compiled, progress: Progress | None) -> Compiled:
    """A mapping that is legal, sealed.

    Raises
    ------
    SnnmapError
        If it is not, naming whose fault it is.
    """
    wrong = as_stage(progress, "verify", verify, compiled.mapping, compiled.graph, compiled.hardware)
    if wrong:
        raise blamed(wrong[0], compiled.mapping.origin.plan)
    return replace(compiled, view=compiled.view.at(compiled.hardware, sealed(compiled.mapping)))


def _profiled(
    ready: Workload | SpikeGraph, hardware: Hardware, options: CompileOptions, progress: Progress | None
) -> SpikeGraph:
    """The spike-activity graph that is mapped: profiled, and unrolled where that is asked for."""
    graph = ready if isinstance(ready, SpikeGraph) else profile(ready, progress=progress)
    must_have_work(graph)
    if options.split != "unroll":
        return graph
    from snnmap.pipeline.unrolled import unrolled

    return unrolled(graph, hardware)


def _parted(arguments: Arguments) -> tuple[Inputs, Algorithms]:
    for name in arguments:
        if name not in Arguments.__annotations__:
            raise InputError(f"{name!r} is no argument of compile; {suggestion(name, Arguments.__annotations__)}")
    inputs = {key: value for key, value in arguments.items() if key in Inputs.__annotations__}
    algorithms = {key: value for key, value in arguments.items() if key not in inputs}
    return cast("Inputs", inputs), cast("Algorithms", algorithms)


class Asked(NamedTuple):
    """What is to be mapped, and onto what."""

    graph: SpikeGraph
    hardware: Hardware
    options: CompileOptions
    progress: Progress | None
    near: F64 | None = None
    """How often every neuron is near its threshold, where errors of cells count."""
    known: ChipMap | None = None
    """The chip that is wired for."""


def _best(asked: Asked, plan: Plan, given: Given, algorithms: Algorithms) -> Compiled:
    """The plan's mapping, judged where the objective is as it is shipped: an option or an own algorithm is an order."""
    mine = _map(asked, plan, given)
    ordered = algorithms or asked.options.settings or asked.options.terms or asked.options.conv != "unrolled"
    return mine if ordered else _judged(asked, plan, mine, given)


def _judged(asked: Asked, plan: Plan, mine: Compiled, given: Given) -> Compiled:
    """The mapping, or a reference's where the own figure is no worse there, with the verdict."""
    preset, _ = preset_of(plan.objective)
    goal = goal_of(preset, mine.mapping.figures)
    if goal is None or goal.figure == "hops":
        return mine
    weight = float(plan.objective.partition(":")[2] or 0.0)
    names = dict.fromkeys((preset.reference, "traffic"))
    rivals = {name: given.rivals.get(name) or _rival(asked, plan, name, mine) for name in names}
    if goal.figure == FIGURE:
        rivals = {name: _with_error(rival) for name, rival in rivals.items()}
    base = _own(asked, goal, rivals["traffic"])
    found = _own(asked, goal, mine)
    if preset.otherwise and not stays(goal, found, base, weight):
        other = _map(asked, plan_for(plan.objective, dict(preset.otherwise)), _clusters_of(rivals["traffic"]))
        if stays(goal, _own(asked, goal, other), base, weight):
            mine, found = other, _own(asked, goal, other)
    best, returned, kept = mine, found, ""
    for name, rival in rivals.items():
        its = _own(asked, goal, rival)
        if not stays(goal, returned, its, weight, must_gain=name != "traffic"):
            best, returned, kept = rival, its, name
    verdict = verdict_on(plan.objective, goal, found, base, returned, kept)
    mapping = best.mapping
    origin = msgspec.structs.replace(
        mapping.origin, plan=msgspec.structs.replace(mapping.origin.plan, objective=plan.objective), verified=""
    )
    view = best.view.at(best.hardware, replace(mapping, origin=origin))
    return replace(best, view=view, verdict=verdict, report=_remarked(asked, best.report, verdict))


def _own(asked: Asked, goal: Goal, compiled: Compiled) -> MappingType[str, Any]:
    """Figures that an objective is judged by; its error is that on the chip that was given."""
    its = compiled.mapping.figures
    if goal.figure != FIGURE or asked.known is None:
        return its
    return {**its, FIGURE: error_metric(compiled.view, asked.known).value}


def _with_error(compiled: Compiled) -> Compiled:
    view, report = with_error(compiled.view, compiled.report)
    return replace(compiled, view=view, report=report)


def _remarked(asked: Asked, report: Report, verdict: Verdict) -> Report:
    """The report, with a note where one chip was wired for: its file says nothing of the figure that was judged."""
    if asked.known is None or verdict.traffic is None or verdict.value is None:
        return report
    note = f"on the chip that was given, by wires and stuck cells: {verdict.figure} {verdict.value:.6g}"
    return replace(report, notes=(*report.notes, f"{note}, traffic {verdict.traffic:.6g}"))


def _clusters_of(compiled: Compiled) -> Given:
    return Given(compiled.mapping.clustering, view=compiled.view.clusters)


def _rival(asked: Asked, plan: Plan, name: str, mine: Compiled) -> Compiled:
    """Mapping of objective `name`, from the clusters and tiles of `mine` where it would find the same."""
    other = plan_for(name)
    same = other.partition == plan.partition
    if not same:
        return _map(asked, other, Given())
    found = Given(mine.mapping.clustering, view=mine.view.clusters)
    border = plan.border(asked.hardware) == other.border(asked.hardware)
    if other.place == plan.place and border and not (plan.terms or other.terms):
        found = replace(found, placement=mine.mapping.placement)
        if other.schedule == plan.schedule:
            found = replace(found, schedule=(mine.mapping.sdfg, mine.mapping.schedule))
    return _map(asked, other, found)


def _map(asked: Asked, plan: Plan, given: Given) -> Compiled:
    graph, hardware, options, progress = asked[:4]
    check_pulse(options.point, graph.dt)
    deadline = None if options.time_budget is None else time.monotonic() + options.time_budget
    runs = {stage: Run(stream(options.seed, stage), progress, deadline) for stage in STAGES}
    connections = PartitionProblem(graph, hardware, may_split=options.split == "partial_sum")
    clustering = given.clustering or partitioned(plan.partition, connections, runs["partition"])
    hardware = hardware.sized(clustering.clusters).fitted(int(clustering.rows.max(initial=0)))
    if asked.known is not None:
        must_fit(asked.known, hardware)
    view = given.view or ClusteringView(graph, clustering, asked.near)
    arrays = view.folded or view
    terms = placement_terms(arrays, hardware, plan, options.variation)
    heat, border = partial(_heat, arrays, hardware), plan.border(hardware)
    spread = PlacementProblem(view.traffic, clustering.clusters, hardware, terms, heat=heat, border=border)
    placement = given.placement or placed(plan.place, spread, runs["place"])
    quality = cell_quality(hardware, plan.quality)
    problem = ScheduleProblem(view, placement, hardware)
    sdfg, schedule = given.schedule or scheduled(plan.schedule, problem, runs["schedule"])
    stirred = stirring(hardware, graph, options.point, (sdfg, schedule)) if plan.quality == "endurance" else None
    stuck = None if asked.known is None else stuck_cells(asked.known, placement.tile)
    error = partial(cell_error, arrays, hardware, arrays.near, stuck)
    lines = WiringProblem(arrays, hardware, quality, lambda: cell_powers(arrays, hardware, plan.modes), stirred, error)
    wiring = wired(plan.wire, lines, runs["wire"])
    wiring = wiring if view.folded is None else view.folded.expanded(wiring)
    mapping = Mapping(
        clustering=clustering,
        placement=placement,
        wiring=wiring,
        sdfg=sdfg,
        schedule=schedule,
        spikes=graph.spikes,
        active_steps=graph.active_steps,
        partial_messages=view.partial_messages,
        figures={},
        chip=chip_facts(hardware, options),
        workload=workload_facts(graph),
        origin=_origin(asked, plan),
    )
    check_pace(mapping)
    whole = View(mapping, graph, hardware, of_clustering=view)
    report = as_stage(progress, "evaluate", report_of, whole)
    return Compiled(whole.at(hardware, replace(mapping, figures=figures(report))), report)


def placement_terms(view: ClusteringView, hardware: Hardware, plan: Plan, variation: int | None) -> tuple[Term, ...]:
    """Placement terms that the plan weighs in beside the traffic."""
    if not plan.terms:
        return ()
    from snnmap.pipeline.terms import TERMS, Chip

    chip = Chip(view, hardware, tile_variation(hardware, variation), plan.border(hardware))
    return tuple(TERMS[name](chip, weight) for name, weight in plan.terms if weight > 0)


def _heat(view: ClusteringView, hardware: Hardware) -> TileHeat:
    from snnmap.pipeline.terms import tile_heat

    return tile_heat(view, hardware)


def _origin(asked: Asked, plan: Plan) -> Origin:
    options, found = asked.options, profile_record(asked.graph)
    origin = Origin(__version__, options.seed, options.split, plan.record(), found, options.point)
    return origin if asked.known is None else msgspec.structs.replace(origin, wired_for=wired_for(options, asked.known))
