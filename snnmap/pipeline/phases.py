"""A network that is larger than the machine, compiled in phases that fit, and verified.

One partition of the whole; a cut of its clusters into phases; then every phase is mapped like any network: its clusters
are placed, scheduled, wired, evaluated and verified, with what was spiked before as its inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

import msgspec
import numpy as np

from snnmap.analysis.phases import (
    apart,
    chunk_of,
    homes_in,
    part_of_phase,
    precedence,
    value_bits,
    waits,
)
from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import I64, row_of_entry
from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.core.run import Progress, as_stage, stream
from snnmap.evaluation.figures import figures
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.evaluation.phases import PhaseRow, Written, phase_rows, phased_figures, written
from snnmap.formats.mapping import sealed
from snnmap.frontend import LoadOptions, Source
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Clustering, Metric, Origin, Placement, Report, SpikeGraph, Workload
from snnmap.ir.phases import Phase, Phased
from snnmap.legality.phases import phase_violations
from snnmap.pipeline.compile import Arguments, mapped, parted, placement_terms, profiled, tile_heating
from snnmap.pipeline.compiled import Asked, Given, plan_asked
from snnmap.pipeline.demands import must_be_mappable
from snnmap.pipeline.facts import chip_facts, profile_record, said_of, workload_facts
from snnmap.pipeline.judged import partitioned, placed
from snnmap.pipeline.operating import operated
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import Plan
from snnmap.pipeline.profile import prepared
from snnmap.reliability.crossbars import cells_in_array
from snnmap.stages.phase import Choice, Cut, PhaseProblem, cut_into_phases
from snnmap.stages.protocols import PartitionProblem, PlacementProblem, Run, Term

FAR = 2**40
"""What a cluster on a tile of another's costs a placement."""
RESERVED = 0.5
"""Share of the tiles' memories that states of neurons may take, so that there is room for what waits."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPhases:
    """What `phases` returns: the phases and what they take."""

    phased: Phased
    rows: tuple[PhaseRow, ...]
    """Of every phase."""
    metrics: tuple[Metric, ...]
    """Of all of them."""
    choices: tuple[Choice, ...]
    """What other shares `within` of the bound would give, times as the search counts them."""
    guaranteed: bool
    """Whether times hold for all data no busier than the profile's."""
    hardware: str
    technology: str
    notes: tuple[str, ...] = ()
    """What a reader must know."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able, in SI units."""
        return {
            "workload": self.phased.workload.name,
            "hardware": self.hardware,
            "technology": self.technology,
            "guaranteed": self.guaranteed,
            "figures": dict(self.phased.figures),
            "choices": [choice._asdict() for choice in self.choices],
            "phases": [row.document(number + 1) for number, row in enumerate(self.rows)],
            "notes": list(self.notes),
        }


def phases(
    source: Source | Workload | SpikeGraph,
    options: CompileOptions | None = None,
    *,
    within: float = 0.1,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
    **arguments: Unpack[Arguments],
) -> CompiledPhases:
    """Map a workload onto a machine with fewer tiles than it needs, in phases between which tiles are programmed anew.

    Parameters
    ----------
    source, options, load, progress, arguments
        As for `compile`; the chip's mesh must have a size.
    within
        How far above the least number of cell writes a plan may be: of those the fastest is taken; `inf`: of all.

    Raises
    ------
    InputError
        If a file, name or option is not usable, or the mesh has no size.
    InfeasibleError
        If clusters that need each other do not fit the tiles together, or what waits does not fit their memories.
    """
    inputs, algorithms = parted(arguments)
    options = options or CompileOptions()
    plan = plan_asked(options, algorithms)
    hardware = operated(load_hardware(options.hardware, options.technology), options.point)
    _must_be_one_machine(hardware, options)
    ready = prepared(source, load, inputs)
    must_be_mappable(ready.network, hardware, options, at_once=False)
    graph = profiled(ready, hardware, options, progress)
    flat = replace(options, pace="flat-out")
    asked = Asked(graph, hardware, flat, progress, algorithms)
    clustering, cut = as_stage(progress, "phases", _planned, asked, _clustering(asked, plan), within)
    return _compiled(asked, plan, homes_in(clustering, cut.phase, graph.network.externals), cut)


def _planned(asked: Asked, clustering: Clustering, within: float) -> tuple[Clustering, Cut]:
    """The cut of a clustering, or of its clusters parted by layers where too many need each other as they are."""
    try:
        return clustering, cut_into_phases(_problem(ClusteringView(asked.graph, clustering), asked.hardware), within)
    except InfeasibleError:
        parted_by_layers = apart(asked.graph.network, clustering)
        if parted_by_layers is clustering:
            raise
    view = ClusteringView(asked.graph, parted_by_layers)
    return parted_by_layers, cut_into_phases(_problem(view, asked.hardware), within)


def _must_be_one_machine(hardware: Hardware, options: CompileOptions) -> None:
    """Refuse what phases are not for."""
    if hardware.adaptive:
        raise InputError(f"{hardware.name} grows with the network, so that nothing is too large; give --tiles WxH")
    if hardware.chips.several:
        raise InputError("phases are for one chip; leave --chips out, or compile without phases")
    if options.chip is not None:
        raise InputError("phases know no single chip's stuck cells; leave --chip out")


def _clustering(asked: Asked, plan: Plan) -> Clustering:
    """Partition of the whole, with room in the tiles' memories for what waits between phases."""
    hardware = asked.hardware
    if asked.options.conv != "unrolled":
        hardware = hardware.with_value("memory_bits", RESERVED * hardware["memory_bits"])
    problem = PartitionProblem(asked.graph, hardware, may_split=asked.options.split == "partial_sum")
    return partitioned(plan.partition, problem, Run(stream(asked.options.seed, "partition"), asked.progress))


def _problem(view: ClusteringView, hardware: Hardware) -> PhaseProblem:
    """What the cut into phases is asked, times those of an average step."""
    graph, clustering = view.graph, view.clustering
    network, externals = graph.network, graph.network.externals
    row, column = row_of_entry(clustering.row_ptr), row_of_entry(clustering.column_ptr)
    clusters, each = clustering.clusters, graph.active_steps[clustering.row_source] / graph.window
    home = np.bincount(clustering.home, minlength=clusters)
    converting = hardware["read_time"] + hardware["adc_time"] * hardware.turns
    step = np.diff(clustering.use_ptr) * converting + np.bincount(row, each, clusters) * hardware["row_time"]
    at_home = clustering.home[clustering.column_neuron - externals] == column
    bits = np.where(at_home, value_bits(graph, hardware)[clustering.column_neuron], hardware["sum_bits"])
    first = np.full(clusters, network.sources)
    np.minimum.at(first, column, clustering.column_neuron)
    return PhaseProblem(
        tiles=hardware.tiles,
        pairs=precedence(network, clustering),
        order=np.argsort(np.lexsort((np.arange(clusters), home > 0, first))),
        cells=cells_in_array(view.folded or view, hardware) * hardware.weights.arrays,
        program=clustering.rows.astype(np.float64) * hardware.row_program_time,
        step=step + home * hardware["column_time"],
        stored=np.bincount(column, bits, clusters) / hardware["flit_bits"] * hardware["flit_time"],
        steps=graph.steps,
    )


def _compiled(asked: Asked, plan: Plan, clustering: Clustering, cut: Cut) -> CompiledPhases:
    """All phases, mapped and verified."""
    count = int(cut.phase.max(initial=-1)) + 1
    seats = _resident_tiles(cut, asked.hardware)
    made: list[tuple[Phase, SpikeGraph, Written]] = []
    quiet, run = asked._replace(progress=None), Run(stream(asked.options.seed, "phases"), asked.progress)
    for number in range(count):
        own = np.flatnonzero(cut.phase == number)
        part = _part(asked, clustering, own, (number, count))
        made.append(_phase(quiet, plan, part, (seats[own], seats[seats >= 0])))
        run.tell("phases", number + 1, count)
    parts = [part for _, part, _ in made]
    found = [own for _, _, own in made]
    chunked = _chunked([phase for phase, _, _ in made], asked)
    graph, hardware = asked.graph, asked.hardware
    phased = Phased(chunked, workload_facts(graph), chip_facts(hardware, asked.options), _origin(chunked[0], graph), {})
    rows = phase_rows(phased, graph, found, hardware)
    metrics = tuple(phased_figures(phased, graph, rows, found, hardware))
    phased = replace(phased, figures=figures(Report(metrics, {})))
    wrong = as_stage(asked.progress, "verify", phase_violations, phased, graph, hardware, parts)
    if wrong:
        raise SnnmapError(f"internal error: the phases are not legal, please report it: {wrong[0]}")
    worth = all(is_guaranteed(phase.mapping, hardware) for phase in phased.phases)
    said = (*said_of(graph.remarks), *_notes(phased, worth, hardware))
    return CompiledPhases(phased, rows, metrics, cut.choices, worth, hardware.name, hardware.technology.name, said)


def _notes(phased: Phased, guaranteed: bool, hardware: Hardware) -> list[str]:
    """What the times and figures of phases rest on."""
    notes = [] if guaranteed else ["a best-effort network: times are estimates"]
    life, horizon = phased.figures.get("device_lifetime_s"), hardware["horizon"]
    if isinstance(life, float) and life < horizon:
        years = f"{horizon / (365.25 * 86400):.3g} years"
        notes.append(f"programming wears cells out before the horizon of {years}: median {life:.3g} s")
    return notes


def _origin(first: Phase, graph: SpikeGraph) -> Origin:
    """How the phases came about: as the first, of the whole."""
    return msgspec.structs.replace(first.mapping.origin, profile=profile_record(graph), verified="")


def _part(
    asked: Asked, clustering: Clustering, own: I64, number: tuple[int, int]
) -> tuple[SpikeGraph, Clustering, I64]:
    """Graph and clustering of a phase, called by its number."""
    part, inside, ids = part_of_phase(asked.graph, clustering, own)
    return named(part, asked.graph, number), inside, ids


def named(part: SpikeGraph, whole: SpikeGraph, number: tuple[int, int]) -> SpikeGraph:
    """The part of a phase under the name of the whole, and its number among so many."""
    name = f"{whole.provenance.name}, phase {number[0] + 1} of {number[1]}"
    return replace(part, provenance=msgspec.structs.replace(whole.provenance, name=name), dynamics=whole.dynamics)


def _resident_tiles(cut: Cut, hardware: Hardware) -> I64:
    """Tile of every resident, int64 (K,), -1 of others: the farthest from the port, where little comes."""
    tile = np.full(len(cut.phase), -1, np.int64)
    if not np.any(cut.phase):  # one phase: nobody has to keep away from anybody's tile
        return tile
    every = np.arange(hardware.tiles)
    far = np.lexsort((-every, -hardware.topology.hops(every, np.full_like(every, hardware.port_tile))))
    residents = np.flatnonzero(cut.resident)
    tile[residents] = every[far][: len(residents)]
    return tile


def _phase(
    asked: Asked, plan: Plan, part: tuple[SpikeGraph, Clustering, I64], residents: tuple[I64, I64]
) -> tuple[Phase, SpikeGraph, Written]:
    """A phase mapped; `residents`: tile of every cluster of the phase (K,), -1 if it is none, and all their tiles."""
    graph, clustering, ids = part
    mine = asked._replace(graph=graph)
    view = ClusteringView(graph, clustering)
    placement = _placement(mine, plan, view, residents)
    compiled = mapped(mine, plan, Given(clustering, placement, view=view))
    mapping = sealed(compiled.mapping)
    return Phase(mapping, ids.astype(np.int32), graph.steps), graph, written(compiled.view)


def _placement(asked: Asked, plan: Plan, view: ClusteringView, resident: tuple[I64, I64]) -> Placement:
    """Placement of a phase: residents on their tiles, nobody else there."""
    (seats, taken), hardware, clusters = resident, asked.hardware, view.clustering.clusters
    terms = placement_terms(view.folded or view, hardware, plan, asked.options.variation)
    heat, border = partial(tile_heating, view.folded or view, hardware), plan.border(hardware)
    problem = PlacementProblem(view.traffic, clusters, hardware, terms, heat=heat, border=border)
    run = Run(stream(asked.options.seed, "place"), asked.progress)
    if not len(taken):
        return placed(plan.place, problem, run)
    free = np.setdiff1d(np.arange(hardware.tiles), taken)
    start = seats.copy()
    start[seats < 0] = free[: np.count_nonzero(seats < 0)]
    away = np.zeros((clusters, hardware.tiles), np.int64)
    away[:, taken] = FAR
    at_home = seats >= 0
    away[at_home] = FAR
    away[at_home, seats[at_home]] = 0
    nothing = np.zeros((0, 0), np.int64)
    kept = (*terms, Term(nothing, nothing, away))
    found = placed(plan.place, replace(problem, terms=kept, start=Placement(start.astype(np.int32))), run)
    wrong = away[np.arange(clusters), found.tile] > 0
    return Placement(start.astype(np.int32)) if np.any(wrong) else found


def _chunked(made: Sequence[Phase], asked: Asked) -> tuple[Phase, ...]:
    """Phases with the chunks of steps whose data fits the tiles' memories."""
    found = waits(made, asked.graph, asked.hardware)
    return tuple(
        replace(phase, chunk=chunk_of(wait, asked.graph.steps, asked.hardware))
        for phase, wait in zip(made, found, strict=True)
    )
