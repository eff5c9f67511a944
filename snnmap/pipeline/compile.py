"""Compilation: partition, place, schedule, wire, evaluate, verify, in this order (lines do not change the times).

One seed enters and each stage draws from its own stream, so that another partitioner does not shift the placer's draws.
"""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack, cast

import msgspec

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage, stream
from snnmap.core.suggest import suggestion
from snnmap.core.version import __version__
from snnmap.evaluation.disturbance import stuck_cells
from snnmap.evaluation.figures import figures, report_of
from snnmap.formats.mapping import sealed
from snnmap.frontend import LoadOptions, Source
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Mapping, Origin, SpikeGraph, Workload
from snnmap.legality.rules import verify
from snnmap.pipeline.compiled import Asked, Compiled, Given, plan_asked
from snnmap.pipeline.contest import contested
from snnmap.pipeline.demands import must_be_mappable, must_have_work, sized_for
from snnmap.pipeline.disturbed import cell_error, counts, known_chip, wired_for
from snnmap.pipeline.facts import chip_facts, profile_record, workload_facts
from snnmap.pipeline.heat import cell_powers, cell_quality, stirring
from snnmap.pipeline.judged import blamed, partitioned, placed, scheduled, wired
from snnmap.pipeline.operating import check_pace, check_pulse, operated
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import Algorithms, Plan
from snnmap.pipeline.profile import Inputs, prepared, profile
from snnmap.pipeline.ways import best_held
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

__all__ = ["Compiled", "Given", "compile", "placement_terms", "verified"]


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
    inputs, algorithms = parted(arguments)
    if like is not None:
        return _alike(like, prepared(source, load, inputs), progress, free=not (options or given or algorithms))
    options = options or CompileOptions()
    plan = plan_asked(options, algorithms)
    hardware = operated(load_hardware(options.hardware, options.technology), options.point)
    ready = prepared(source, load, inputs)
    must_be_mappable(ready.network, hardware, options)
    known = known_chip(options, plan, hardware)
    graph = profiled(ready, hardware, options, progress)
    near = near_threshold(graph) if counts(plan) else None
    asked = Asked(graph, hardware, options, progress, algorithms, near, known)
    return verified(_best(asked, plan, given or Given()), progress)


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


def profiled(
    ready: Workload | SpikeGraph, hardware: Hardware, options: CompileOptions, progress: Progress | None
) -> SpikeGraph:
    """The spike-activity graph that is mapped: profiled, and unrolled where that is asked for."""
    graph = ready if isinstance(ready, SpikeGraph) else profile(ready, progress=progress)
    must_have_work(graph)
    if options.split != "unroll":
        return graph
    from snnmap.pipeline.unrolled import unrolled

    return unrolled(graph, hardware)


def parted(arguments: Arguments) -> tuple[Inputs, Algorithms]:
    """Arguments of `profile` among those of `compile`, and algorithms."""
    for name in arguments:
        if name not in Arguments.__annotations__:
            raise InputError(f"{name!r} is no argument of compile; {suggestion(name, Arguments.__annotations__)}")
    inputs = {key: value for key, value in arguments.items() if key in Inputs.__annotations__}
    algorithms = {key: value for key, value in arguments.items() if key not in inputs}
    return cast("Inputs", inputs), cast("Algorithms", algorithms)


def _best(asked: Asked, plan: Plan, given: Given) -> Compiled:
    """The plan's mapping; where the user leaves open how convolutions are held, the best way's."""
    if asked.options.conv == "auto" and "partitioner" not in asked.algorithms:
        return best_held(asked, plan, _judged)
    return _judged(asked, plan, given)


def _judged(asked: Asked, plan: Plan, given: Given) -> Compiled:
    """The plan's mapping, judged where the objective is as it is shipped: an option or an own algorithm is an order."""
    if asked.algorithms or asked.options.settings or asked.options.terms:
        return mapped(asked, plan, given)
    return contested(asked, plan, given, mapped)


def mapped(asked: Asked, plan: Plan, given: Given) -> Compiled:
    """The mapping of one plan, all stages in turn; neither compared nor verified."""
    graph, hardware, options, progress = asked[:4]
    check_pulse(options.point, graph.dt)
    deadline = None if options.time_budget is None else time.monotonic() + options.time_budget
    runs = {stage: Run(stream(options.seed, stage), progress, deadline) for stage in STAGES}
    connections = PartitionProblem(graph, hardware, may_split=options.split == "partial_sum")
    clustering = given.clustering or partitioned(plan.partition, connections, runs["partition"])
    late = [runs["partition"].late]
    hardware = sized_for(graph.network, hardware, options.conv, clustering.clusters)
    hardware = hardware.fitted(int(clustering.rows.max(initial=0)))
    if asked.known is not None:
        must_fit(asked.known, hardware)
    view = given.view or ClusteringView(graph, clustering, asked.near)
    arrays = view.folded or view
    terms = placement_terms(arrays, hardware, plan, options.variation)
    heat, border = partial(tile_heating, arrays, hardware), plan.border(hardware)
    spread = PlacementProblem(view.traffic, clustering.clusters, hardware, terms, heat=heat, border=border)
    placement = given.placement or placed(plan.place, spread, runs["place"])
    late.append(runs["place"].late)
    quality = cell_quality(hardware, plan.quality)
    problem = ScheduleProblem(view, placement, hardware)
    sdfg, schedule = given.schedule or scheduled(plan.schedule, problem, runs["schedule"])
    stirred = stirring(hardware, graph, options.point, (sdfg, schedule)) if plan.quality == "endurance" else None
    stuck = None if asked.known is None else stuck_cells(asked.known, placement.tile)
    error = partial(cell_error, arrays, hardware, arrays.near, stuck)
    lines = WiringProblem(arrays, hardware, quality, lambda: cell_powers(arrays, hardware, plan.modes), stirred, error)
    wiring = wired(plan.wire, lines, runs["wire"])
    late.append(runs["wire"].late)
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
    whole = whole.at(hardware, replace(mapping, figures=figures(report)))
    return Compiled(whole, report, ended=late.index(True) if any(late) else None)


def placement_terms(view: ClusteringView, hardware: Hardware, plan: Plan, variation: int | None) -> tuple[Term, ...]:
    """Placement terms that the plan weighs in beside the traffic."""
    if not plan.terms:
        return ()
    from snnmap.pipeline.terms import TERMS, Chip

    chip = Chip(view, hardware, tile_variation(hardware, variation), plan.border(hardware))
    return tuple(TERMS[name](chip, weight) for name, weight in plan.terms if weight > 0)


def tile_heating(view: ClusteringView, hardware: Hardware) -> TileHeat:
    """What heats the tiles, of a `PlacementProblem`."""
    from snnmap.pipeline.terms import tile_heat

    return tile_heat(view, hardware)


def _origin(asked: Asked, plan: Plan) -> Origin:
    options, found = asked.options, profile_record(asked.graph)
    origin = Origin(__version__, options.seed, options.split, plan.record(), found, options.point)
    return origin if asked.known is None else msgspec.structs.replace(origin, wired_for=wired_for(options, asked.known))
