"""What a page shows of a mapping besides its figures: bounded in size, ready to be drawn. Knows no colour."""

from typing import NamedTuple

from snnmap.core.arrays import F64, I64, Bool
from snnmap.ir.results import Chart


class Contents(NamedTuple):
    """What one tile holds."""

    clusters: tuple[int, ...]
    layers: tuple[tuple[str, int], ...]
    """Population and how many columns its neurons take, in the order of the network."""
    rows: int
    """Rows in use, over all its clusters."""


class Floor(NamedTuple):
    """The chip from above. T tiles, tile t at (t mod width, t div width)."""

    width: int
    height: int
    port: tuple[int, int]
    """Tile at which network inputs enter."""
    tiles: tuple[Contents, ...]
    """(T,)"""
    depth: F64
    """(T,) place, in `layers`, of the population with most columns there; NaN where there is none."""
    layers: tuple[str, ...]
    """Populations of neurons in the order of the network."""
    loads: I64
    """(T, 4) messages over every directed link in the window, in the order of `Mesh`: to x + 1, x - 1, y + 1, y - 1."""
    frames: int
    """Frames of the window."""
    grid: tuple[int, int] = (1, 1)
    """Equal chips across and down."""

    def chip(self, x: int, y: int) -> tuple[int, int]:
        """Chip, across and down, of the tile at a place."""
        return x * self.grid[0] // self.width, y * self.grid[1] // self.height


class Opened(NamedTuple):
    """One crossbar looked into. R word lines, C bit lines."""

    cluster: int
    tile: int
    why: str
    """What it is shown for."""
    charts: tuple[Chart, ...]
    """Maps of its cells, (R, C)."""
    rows: tuple[str, ...]
    """(R,) source on every word line; empty where there is none."""
    columns: tuple[str, ...]
    """(C,) neuron on every bit line; empty where there is none."""
    spikes: F64
    """(R,) spikes per frame that come over every word line."""


class Firing(NamedTuple):
    """One actor in the first period of the schedule."""

    actor: str
    tile: int
    """-1: a message on the network."""
    start: float
    """s."""
    seconds: float
    critical: bool
    """Whether it is on the critical cycle."""


class Timeline(NamedTuple):
    """A part of a schedule: whole tiles, those of the critical cycle and the busiest first."""

    firings: tuple[Firing, ...]
    """By tile in the order of their starts; messages last."""
    period: float
    """Seconds from one block of steps to the next."""
    block: int
    """Steps of a firing."""
    tiles: tuple[int, int]
    """Tiles shown, and in use."""
    messages: tuple[int, int]
    """Messages shown, and in all."""
    cycle: tuple[str, ...]
    """Actors of the critical cycle, in order."""


class Raster(NamedTuple):
    """Spikes of one frame. S sources shown, L populations."""

    frame: int
    frames: int
    """Frames profiled."""
    dt: float
    """Seconds per step."""
    names: tuple[str, ...]
    """(S,) of the sources shown, in the order of the network."""
    layer: I64
    """(S,) place of their population in `layers`."""
    layers: tuple[str, ...]
    """Populations, inputs too, biases not."""
    on: Bool
    """(S, steps) whether it spikes."""
    sizes: I64
    """(L,) sources of every population."""
    total: F64
    """(L, steps) spikes of all sources of every population."""
