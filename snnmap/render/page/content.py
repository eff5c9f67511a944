"""What a page is made of: records, as evaluation and files have them. Words, units and colours come later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from snnmap.ir import Bottleneck, Chart, Fragility, PartitionBounds, Reading
from snnmap.ir import Mapping as Mapped
from snnmap.ir.scenes import Floor, Opened, Raster, Timeline
from snnmap.render.page.tornado import Moved


class Constant(NamedTuple):
    """A quantity that nobody measured."""

    key: str
    written: str
    band: str
    citation: str


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Everything that a page shows of one legal mapping."""

    mapping: Mapped
    reading: Reading
    noc: str
    """Kind of the chip's network."""
    bounds: PartitionBounds | None
    bottleneck: Bottleneck | None
    fragility: Fragility | None
    floor: Floor
    maps: Sequence[Chart]
    """Of the tiles (T,)."""
    crossbars: Sequence[Opened]
    """At least one."""
    timeline: Timeline
    raster: Raster | None
    base: Mapping[str, Any]
    """Headline figures as they are, whose sensitivity is known."""
    moved: Mapping[str, Sequence[Moved]]
    """Headline figure to what moves it, the largest effect first."""
    conclusions: Sequence[str]
    constants: Sequence[Constant]
    notes: Sequence[str]
    """What could not be done, and why."""
