"""What a compilation is asked, what it may start from, and what comes of it: records alone."""

from collections.abc import Callable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from snnmap.analysis.bounds import partition_bounds
from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64
from snnmap.core.run import Progress
from snnmap.core.shown import Pictured
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.judgement import reading_of
from snnmap.hardware import Hardware
from snnmap.ir import (
    Bottleneck,
    Clustering,
    Mapping,
    PartitionBounds,
    Placement,
    Reading,
    Report,
    Schedule,
    Sdfg,
    SpikeGraph,
)
from snnmap.ir.devices import ChipMap
from snnmap.pipeline.facts import said_of
from snnmap.pipeline.held import Held
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.own_figure import Verdict
from snnmap.pipeline.plan import Algorithms, Plan, plan_for, preset_of


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
    held: Held | None = None
    """Why convolutions are held as they are, where that was decided (`--conv auto`)."""
    ended: int | None = None
    """Which of `SEARCHES` the time budget ran out in, or before; none if it did not."""

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
        held = [] if self.held is None else self.held.said()
        budget = [] if self.ended is None else [_said_of_budget(self.ended)]
        return [*said_of(self.graph.remarks), *self.report.notes, *held, *verdict, *budget]


SEARCHES = ("partition", "placement", "wiring")
"""What a time budget stops, in turn; the schedule is made between the last two."""


def _said_of_budget(ended: int) -> str:
    after = "".join(f"; {name} took what it had at once" for name in SEARCHES[ended + 1 :])
    which = f"ran out by the end of {SEARCHES[ended]}, which keeps the best it had found"
    return f"the time budget {which}{after}; profile, schedule, evaluation and verification are never cut short"


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


class Asked(NamedTuple):
    """What is to be mapped, and onto what."""

    graph: SpikeGraph
    hardware: Hardware
    options: CompileOptions
    progress: Progress | None
    algorithms: Algorithms = Algorithms()
    """Objects in place of the plan's."""
    near: F64 | None = None
    """How often every neuron is near its threshold, where errors of cells count."""
    known: ChipMap | None = None
    """The chip that is wired for."""
    ways: str = ""
    """How convolutions are held, layer by layer, if that was decided (`CompileOptions.partitioning`)."""

    def plan(self, objective: str, settings: MappingType[str, Any] | None = None) -> Plan:
        """Plan of an objective, and `settings` on top of its preset, with whatever else is asked for.

        Raises
        ------
        InputError
            If a name or value does not exist.
        """
        return plan_asked(self.options, self.algorithms, (objective, settings or {}), self.ways)


def plan_asked(
    options: CompileOptions,
    algorithms: Algorithms,
    preset: tuple[str, MappingType[str, Any]] | None = None,
    ways: str = "",
) -> Plan:
    """Plan of the options; of another objective, and settings on top of it, if `preset` says so; as `Asked.plan`."""
    objective, settings = preset or (options.objective, {})
    more = dict(settings)
    own = str(more.pop("partition", preset_of(objective)[0].partition))
    chosen = {"partition": own} | more | dict(options.partitioning(own, ways))
    return plan_for(objective, chosen, options.terms).using(algorithms)


Maker = Callable[[Asked, Plan, Given], Compiled]
"""How a mapping is made by a plan, from results of earlier stages."""
