"""How large the buffers of a mapping, or of any dataflow graph, must be to keep its rate, and what fewer cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.evaluation.buffers import buffered, kept
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.reopen import reopen, violations
from snnmap.query.throughput import is_sdf3
from snnmap.sdf.buffers import Bounds, Stored, bounds_of, fastest, greedy, pareto, shrunk, sufficient
from snnmap.sdf.phases import PhasedGraph, phased
from snnmap.sdf.xml import read_sdf3

ANALYSES = 2_000
"""Most analyses of an exact search."""
WORK = 20_000_000
"""Most channels that all analyses of a search look at."""
TIMED = (
    "messages have slots or gates, so that every firing keeps its start; along the curve they last as in the mapping"
)


@dataclass(frozen=True, slots=True)
class Channel:
    """The buffer of one channel."""

    name: str
    producer: str
    consumer: str
    tile: int | None
    """Where it is; none in a graph without tiles."""
    tokens: int
    """Least that keep the period: messages of a whole step, or block of steps, in a mapping."""
    room: int | None
    """Tokens that the chip has room for; none in a graph without a chip."""
    bits: int
    """Of a token at worst; 1 in a graph without a chip."""


@dataclass(frozen=True, slots=True, eq=False)
class Buffers:
    """Buffer sizes that keep a period, and what fewer cost."""

    graph: str
    period: Fraction
    """Ticks per iteration."""
    tick: float | None
    """Seconds."""
    steps: int
    """Steps of an iteration: of a mapping's block."""
    memory: int | None
    """Bits of a tile's memory for what waits; none in a graph without a chip."""
    channels: tuple[Channel, ...]
    exact: bool
    """Whether no smaller total keeps the period; if not, no buffer can be smaller by itself."""
    curve: tuple[Stored, ...] = ()
    """Total (bits, or tokens) to period, if it was asked for."""
    curve_exact: bool = False
    """Whether no sizes of the same total are faster."""
    remarks: tuple[str, ...] = ()
    """What a reader should know."""

    @property
    def tiles(self) -> dict[int, tuple[int, int]]:
        """Tile to the bits that its buffers need, and those that the chip has room for."""
        found: dict[int, tuple[int, int]] = {}
        for c in self.channels:
            if c.tile is not None:
                needs, has = found.get(c.tile, (0, 0))
                found[c.tile] = needs + c.tokens * c.bits, has + (c.room or 0) * c.bits
        return dict(sorted(found.items()))

    @property
    def total(self) -> int:
        """Bits, or tokens, of all buffers."""
        return sum(c.tokens * c.bits for c in self.channels)

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; periods are text, `7/2` ticks."""
        tiles = [{"tile": t, "bits": needs, "room": has} for t, (needs, has) in self.tiles.items()]
        curve = [{"total": p.total, "period": str(p.period), "tokens": list(p.sizes)} for p in self.curve]
        return {
            "graph": self.graph,
            "period": str(self.period),
            "seconds_per_tick": self.tick,
            "steps": self.steps,
            "memory": self.memory,
            "total": self.total,
            "unit": "bits" if tiles else "tokens",
            "exact": self.exact,
            "channels": [asdict(c) for c in self.channels],
            "tiles": tiles,
            "curve": curve,
            "curve_exact": self.curve_exact,
            "remarks": list(self.remarks),
        }


def buffers(
    source: Path | str | Compiled | PhasedGraph,
    *,
    curve: bool = False,
    workload: str | None = None,
    hardware: str | None = None,
    progress: Progress | None = None,
) -> Buffers:
    """Least buffers that keep the period.

    Parameters
    ----------
    source
        Mapping file, which is verified first, what `compile` returned, an SDF3 file, or a graph.
    curve
        Also find what fewer cost: total to period.
    workload, hardware
        Of a mapping: where they are now, if not where it says.

    Raises
    ------
    InputError
        If the source cannot be read, the mapping is not legal, or the graph is inconsistent or deadlocks.
    """
    if isinstance(source, Path | str):
        if is_sdf3(Path(source)):
            return _of_graph(read_sdf3(source), curve)
        return _of_mapping(_verified(Path(source), workload, hardware, progress), curve)
    return _of_graph(source, curve) if isinstance(source, PhasedGraph) else _of_mapping(source.view, curve)


def _verified(file: Path, workload: str | None, hardware: str | None, progress: Progress | None) -> View:
    view = View(*reopen(file, workload=workload, hardware=hardware, progress=progress))
    wrong = violations(view.mapping, view.graph, view.hardware)
    if wrong:
        raise InputError(f"{file} is not legal, its buffers say nothing: {wrong[0]}; `snnmap verify` lists all")
    return view


def _of_graph(graph: PhasedGraph, curve: bool) -> Buffers:
    bounds = bounds_of(graph)
    target = fastest(bounds)
    if target is None:
        raise InputError(f"{graph.name or 'the graph'} deadlocks whatever its buffers hold; see `snnmap throughput`")
    points, exact = _curve(bounds, target)
    best = points[-1] if points else bounds.stored(bounds.least)
    columns = zip(bounds.channel.tolist(), best.sizes, strict=True)
    channels = tuple(
        Channel(graph.channel[c], graph.actor[graph.producer[c]], graph.actor[graph.consumer[c]], None, size, None, 1)
        for c, size in columns
    )
    shown = tuple(points) if curve else ()
    return Buffers(graph.name, target, graph.tick, 1, None, channels, exact, shown, exact, graph.remarks)


def _of_mapping(view: View, curve: bool) -> Buffers:
    mapping, flow = view.mapping, view.mapping.sdfg
    found, schedule = buffered(view), view.mapping.schedule
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    graph = phased(found.unbounded(flow), mapping.workload.name)
    last = len(graph.channel)
    own = range(last - len(found.producer), last)
    bounds = bounds_of(graph, channel=own, weight=np.maximum(found.bits, 1).tolist())
    sizes: Sequence[int] = kept(view, found).tolist()
    timed = schedule.slots is not None or schedule.buffers is not None
    if not timed:
        sizes = shrunk(bounds, tuple(sizes), period, most=_analyses(bounds)).sizes
    target = period if timed else fastest(bounds) or period
    points, exact = _curve(bounds, target) if curve else ([], False)
    room = (view.mapping.sdfg.tokens[found.credit] + found.delayed).tolist()
    columns = zip(found.producer.tolist(), found.consumer.tolist(), found.tile.tolist(), sizes, strict=True)
    channels = tuple(
        Channel(
            f"{flow.name[p]} -> {flow.name[c]}", flow.name[p], flow.name[c], tile, size, room[k], int(found.bits[k])
        )
        for k, (p, c, tile, size) in enumerate(columns)
    )
    remarks = (TIMED,) if timed else ()
    points = [_in_bits(point, found.bits) for point in points]
    memory = int(view.hardware["memory_bits"])
    whole = (mapping.workload.name, period, flow.tick, schedule.block, memory)
    return Buffers(*whole, channels, False, tuple(points), exact, remarks)


def _in_bits(point: Stored, bits: I64) -> Stored:
    """A point whose total counts messages of no bits as none."""
    return replace(point, total=sum(size * int(b) for size, b in zip(point.sizes, bits.tolist(), strict=True)))


def _curve(bounds: Bounds, target: Fraction) -> tuple[list[Stored], bool]:
    """Points of the exact search, or of the greedy one where that would take too long; and whether they are exact."""
    found = pareto(bounds, target, _analyses(bounds))
    if found is not None:
        return found, True
    if _analyses(bounds) < ANALYSES:  # not even the greedy path is to be had in time
        return [shrunk(bounds, sufficient(bounds, target), target, most=_analyses(bounds))], False
    return greedy(bounds, target), False


def _analyses(bounds: Bounds) -> int:
    size = len(bounds.graph.channel) + len(bounds.channel) + sum(bounds.cycles)
    return min(ANALYSES, 1 + WORK // size)
