"""Figures, and rules that a mapping breaks: what evaluation and legality hand back."""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Literal, NamedTuple

from snnmap.core.arrays import F64
from snnmap.core.shown import Tabled


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One reported figure."""

    name: str
    value: float | int | str | None
    unit: str
    basis: str = ""
    """Equation or module it comes from."""
    band: tuple[float, float] | None = None
    """Low and high where the parameters are uncertain."""
    mode: Literal["", "espine", "device"] = ""
    """Which physics it belongs to, if any."""


@dataclass(frozen=True, slots=True, eq=False)
class Report(Tabled):
    """Every figure of a mapping, and the maps behind them.

    `to_pandas()` has a row per figure: key, words, physics mode, value, unit.
    """

    metrics: tuple[Metric, ...]
    tiles: MappingType[str, F64]
    """Per-tile arrays (T,), by name with unit, e.g. `temperature_K`."""
    notes: tuple[str, ...] = ()
    """What a reader must know: recalled constants used, assumptions, bounds instead of counts."""

    def __getitem__(self, name: str) -> float | int | str | None:
        for metric in self.metrics:
            if metric.name == name:
                return metric.value
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of a mapping."""

    rule: str
    where: str
    asked: str
    available: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.asked}; {self.available}"


class Violations(list[Violation], Tabled):
    """Broken rules of a mapping; empty: it is legal.

    `to_pandas()` has a row per broken rule.
    """

    __slots__ = ()


Doubt = Literal["outside model", "beyond horizon", "worn out early", "within one frame", "re-programming dominates"]


Pace = Literal["real time", "as asked", "as fast as guaranteed"]


Binding = Literal["compute", "merge", "order", "buffer", "network", "programming"]


class Judgement(NamedTuple):
    """Why one figure is not to be read as it stands."""

    figure: str
    doubt: Doubt
    limit: float
    """What the figure passes, in its unit: melting point, horizon, duration of a frame, energy of all else."""
    band: tuple[float, float] | None = None
    """The figure at the ends of the band of what it is proportional to."""

    @property
    def severe(self) -> bool:
        """Whether the chip is of no use as it is mapped, and not the figure alone."""
        return self.doubt in {"worn out early", "within one frame", "re-programming dominates"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the figures of a mapping are for, and how far they can be believed."""

    ambient: MappingType[str, float]
    """Mode to temperature of the air, K."""
    step_time: float
    """Seconds between two steps: sets duty, heat, leakage and wear per frame."""
    pace: Pace
    """The network's own step, another step that was asked for, or the guaranteed period of the chip."""
    judgements: tuple[Judgement, ...]
    guaranteed: bool = True
    """Whether the timing holds for all data no busier than the profile's, or is an estimate."""

    def of(self, figure: str) -> Judgement | None:
        """The first judgement on a figure."""
        return next((judgement for judgement in self.judgements if judgement.figure == figure), None)


@dataclass(frozen=True, slots=True)
class LowerBound:
    """Time per step that no order of the tiles and no network can beat, with the clusters of a mapping on its tiles."""

    seconds: float
    gap: float
    """Period of the schedule over it, less one."""
    tile: int | None
    """Tile whose work it is; none: it is a cycle."""
    cycle: tuple[str, ...]
    """Actors of the longest cycle of the graph without the tiles' orders and without contention, if that is longer."""


@dataclass(frozen=True, slots=True)
class PartitionBounds:
    """Crossbars and messages of a mapping, and what no partition of its workload can go below."""

    crossbars: int
    crossbars_at_least: int
    messages: int
    """Delivered over the profiled window."""
    messages_at_least: int

    @property
    def crossbars_gap(self) -> float:
        """Crossbars over the bound, less one."""
        return self.crossbars / self.crossbars_at_least - 1

    @property
    def messages_gap(self) -> float | None:
        """Messages over the bound, less one; none where no message has to be sent."""
        return self.messages / self.messages_at_least - 1 if self.messages_at_least else None


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What limits the time per step."""

    cycle: tuple[tuple[str, float], ...]
    """Actors of the longest cycle of the dataflow graph per token, each with its seconds."""
    actor: str
    """The one that takes longest."""
    tile: int | None
    """Where it runs; a message has no tile."""
    kind: str
    """What it spends most of that on: merge, compute, decoding, reading, programming or network."""
    count: int
    """Sums, neurons or rows that take turns there."""
    seconds: float
    """Time of that part."""
    period: float
    """Seconds per step of the schedule."""
    faster: float
    """Seconds of the longest cycle if that part took a tenth less."""
    waits: bool
    """Whether the cycle is the order of one tile."""
    least: LowerBound | None
    """What no schedule can beat."""
    binding: Binding
    """What closes the cycle: a full buffer, a tile's order that another might beat, or what takes most of its time."""


ANY_DATA = 1e9
"""Margin of any data: every source emits in every step as in its own worst, and once at least."""


@dataclass(frozen=True, slots=True)
class Fragility:
    """How far the time per step depends on the profiled data, and what would guarantee it."""

    periods: tuple[tuple[float, float], ...]
    """Margin by which steps may be busier, and the seconds per step then; `ANY_DATA` for any."""
    left_out: int
    """Frames of the second half of the profile."""
    busier: int
    """Those with a step busier than any of the first half."""
    gated: tuple[float, int] | None = None
    """Of an estimate: seconds per step that the same network would guarantee behind gates, and flits per incoming link
    that its routers would have to hold."""


class Chart(NamedTuple):
    """One map: a value per tile (T,) or per cell (R, C); NaN where there is none."""

    key: str
    words: str
    unit: str
    """SI; `1` is a share, nothing a count."""
    values: F64
    mode: str = ""
    """Physics mode, if it belongs to one."""
