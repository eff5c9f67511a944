"""Plots with matplotlib: maps of the chip and of one crossbar; colours, formats and marks of all pictures.

The colour map is cividis: monotone in lightness, so it reads in grey print and for colour-blind readers. Things without
an order, as objectives are, have colours of their own. A map whose values hardly differ is drawn as the difference to
its least value, which the title then names; one whose values differ by nothing that matters is in one colour.
"""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.ir import Chart
from snnmap.render.numbers import GAP, PREFIXES, number, scale_of

COLOURS = "cividis"
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999")
"""Colours of things without an order, which colour-blind readers tell apart (Okabe and Ito)."""
MARKERS = "osD^vP*X<>"
FORMATS = (".png", ".svg", ".pdf")
PICTURE = FORMATS[0]
"""Ending of a picture whose name nobody gave."""
CLOSE = 1e-3
"""Relative range below which a map is drawn as differences."""
WIDE = 100.0
"""Ratio of largest to least value from which on colours are logarithmic."""
KELVIN = 0.1
"""Difference of temperatures, K, below which nothing depends on it: leakage doubles every 10 K or so, so it changes by
less than a percent; endurance likewise."""
BEYOND = 100.0
"""Times its spread that the scale of a map is wide whose values all lie where nothing is claimed."""
SAME = 0.01
"""Relative spread below which the values of any other map are called equal."""
PLAIN = "#b9c0c7"
"""Colour of a map whose values cannot be told apart."""
BORDER = "#d55e00"
"""Colour of lines between chips, on any map."""
TITLE = 46
"""Characters on a line."""
LARGEST_ANNOTATED = 8
"""Tiles on a side up to which every tile carries its number."""


class Drawn(NamedTuple):
    """A chart in the unit it is drawn in."""

    title: str
    unit: str
    values: F64
    decades: bool = False
    """Whether the values span so many decades that the colours are logarithmic."""
    alike: bool = False
    """Whether it is drawn in one colour, because its values cannot be told apart; its title then has the unit."""


def readable(chart: Chart) -> Drawn:
    """The chart in a unit that suits it; as differences to its least value where that is most of every value."""
    mode = f"{chart.mode} mode: " if chart.mode else ""
    finite = chart.values[np.isfinite(chart.values)]
    if len(finite) == 0:
        return Drawn(f"{mode}{chart.words}: none", chart.unit, chart.values)
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        scale, unit = scale_of(high, chart.unit)
        return Drawn(f"{mode}{chart.words}: {number(high, chart.unit)} everywhere", unit, chart.values / scale)
    if high - low < CLOSE * abs(high) and chart.unit:
        scale, unit = _prefixed(high - low, chart.unit)
        base = number(low, chart.unit)
        return Drawn(f"{mode}{chart.words}\nabove {base}", unit, (chart.values - low) / scale)
    decades = low > 0 and high / low > WIDE
    size = float(np.median(finite)) if decades else high
    scale, unit = _prefixed(size, "K") if chart.unit == "K" and size < 1.0 else scale_of(size, chart.unit)
    return Drawn(f"{mode}{chart.words}", unit, chart.values / scale, decades)


def _remarked(chart: Chart, horizon: float = np.inf) -> Drawn:
    """The chart as it is drawn; one whose values cannot be told apart says so."""
    drawn = readable(chart)
    alike = told_apart(chart, horizon)
    if not alike.remark:
        return drawn
    first, *rest = drawn.title.split("\n")
    title = "\n".join([f"{first}{f', {drawn.unit}' if drawn.unit else ''}", *rest, alike.brief])
    return drawn._replace(title=title, alike=True)


def _prefixed(size: float, unit: str) -> tuple[float, str]:
    if unit != "K":
        return scale_of(size, unit)
    scale, prefix = next((p for p in PREFIXES if size >= p[0]), PREFIXES[-1])
    return scale, f"{prefix}K"


class Alike(NamedTuple):
    """Whether the colours of a map would say anything."""

    wider: float = 1.0
    """How much wider than the spread of the values a scale is on which they look as alike as they are."""
    remark: str = ""
    """Why; nothing if they do differ."""
    brief: str = ""
    """The same for the title of a map, unless that says it already."""


def told_apart(chart: Chart, horizon: float = np.inf) -> Alike:
    """Whether the values of a map differ by anything that matters; of times beyond `horizon`, s, none does."""
    raw = chart.values[np.isfinite(chart.values)]
    spread = float(np.ptp(raw)) if len(raw) else 0.0
    if spread == 0.0:
        return Alike()
    if chart.unit == "s" and raw.min() > horizon:
        remark = f"All outlast the horizon of {number(horizon, 's', 3)}, beyond which none is claimed."
        return Alike(BEYOND, remark, "")
    matters = KELVIN if chart.unit == "K" else SAME * float(np.abs(raw).max())
    if spread >= matters:
        return Alike()
    said = number(spread, GAP if chart.unit == "K" else chart.unit, 3)
    limit = "0.1 K" if chart.unit == "K" else "1 %"
    remark = f"All values lie within {said} of each other, less than {limit}: there is nothing to tell apart."
    return Alike(matters / spread, remark, f"(differ by {said}: nothing to tell apart)")


def plot_tiles(
    charts: Sequence[Chart],
    mesh: tuple[int, int],
    path: Path,
    *,
    title: str,
    horizon: float = np.inf,
    grid: tuple[int, int] = (1, 1),
) -> Path:
    """Draw one panel per map of the chip, tiles at their mesh positions.

    Parameters
    ----------
    charts
        Maps with values (T,).
    mesh
        Width and height in tiles.
    path
        File to write; its suffix is the format.
    horizon
        Seconds beyond which no lifetime is claimed.
    grid
        Chips across and down, whose borders are drawn.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    must_be_drawable(path)
    return _written(draw_tiles(charts, mesh, title=title, horizon=horizon, grid=grid), path)


def draw_tiles(
    charts: Sequence[Chart],
    mesh: tuple[int, int],
    *,
    title: str,
    horizon: float = np.inf,
    grid: tuple[int, int] = (1, 1),
) -> Any:
    """Figure of `plot_tiles`."""
    width, height = mesh
    grids = [_remarked(chart, horizon) for chart in charts]
    grids = [d._replace(values=d.values.reshape(height, width)) for d in grids]
    title = title if grid == (1, 1) else f"{title}; dashed: between {grid[0]} x {grid[1]} chips"
    borders = tuple([k * side // n - 0.5 for k in range(1, n)] for side, n in zip(mesh, grid, strict=True))
    annotate = max(width, height) <= LARGEST_ANNOTATED
    return _panels(grids, title, ("tile x", "tile y"), annotate=annotate, borders=borders)


def plot_crossbar(charts: Sequence[Chart], path: Path, *, title: str) -> Path:
    """Draw one panel per map of a crossbar (R, C): drivers on the left, sense amplifiers at the bottom.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    must_be_drawable(path)
    return _written(draw_crossbar(charts, title=title), path)


def draw_crossbar(charts: Sequence[Chart], *, title: str) -> Any:
    """Figure of `plot_crossbar`."""
    grids = [_remarked(chart) for chart in charts]
    return _panels(grids, title, ("bit line (column)", "word line (row)"), annotate=False)


def _panels(
    grids: list[Drawn],
    title: str,
    axes_names: tuple[str, str],
    *,
    annotate: bool,
    borders: tuple[Sequence[float], ...] = ((), ()),
) -> Any:
    from snnmap.render.canvas import canvas

    grids = sorted(grids, key=lambda grid: grid.alike)  # what has something to tell comes first
    told = [grid for grid in grids if annotate or not grid.alike] or grids
    left, grids = grids[len(told) :], told
    across = {2: 2, 4: 2}.get(len(grids), min(3, len(grids)))
    down = -(-len(grids) // across)
    figure = canvas(3.6 * across, 3.3 * down, maps=True)
    axes = figure.subplots(down, across, squeeze=False)
    for axis, grid in zip(axes.flat, grids, strict=False):
        image = _map(figure, axis, grid)
        axis.set_title(_lines(grid), fontsize=8)
        axis.set_xlabel(axes_names[0], fontsize=8)
        axis.set_ylabel(axes_names[1], fontsize=8)
        axis.tick_params(labelsize=8)
        axis.locator_params(integer=True)
        if annotate:
            _numbers(axis, image, grid.values)
        for x in borders[0]:
            axis.axvline(x, color=BORDER, lw=2, ls="--")
        for y in borders[1]:
            axis.axhline(y, color=BORDER, lw=2, ls="--")
    for axis in list(axes.flat)[len(grids) :]:
        axis.set_axis_off()
    figure.suptitle(title, fontsize=11)
    if left:
        named = [" ".join(grid.title.replace(f", {grid.unit}\n", "\n").split("\n")) for grid in left]
        figure.supxlabel("\n".join(["in one colour, and so left out:", *named]), fontsize=8, x=0.02, ha="left")
    return figure


def _map(figure: Any, axis: Any, grid: Drawn) -> Any:
    """A map with its colour bar, the unit above it; in one colour, without a bar, where values cannot be told apart."""
    from matplotlib.colors import ListedColormap

    colours, norm = (
        (ListedColormap([PLAIN]), "linear") if grid.alike else (COLOURS, "log" if grid.decades else "linear")
    )
    image = axis.imshow(grid.values, cmap=colours, interpolation="nearest", norm=norm)
    bar = figure.colorbar(image, ax=axis, shrink=0.85)
    if grid.alike:  # the place of the bar is kept, so that the maps of a column stand below one another
        bar.ax.set_axis_off()
        bar.solids.set_visible(False)
        return image
    bar.ax.tick_params(labelsize=8)
    bar.ax.set_title(grid.unit, fontsize=8)
    return image


def _lines(grid: Drawn) -> str:
    """Title of a map in short lines."""
    return "\n".join(line for part in grid.title.split("\n") for line in wrap(part, TITLE))


def _numbers(axis: Any, image: Any, grid: F64) -> None:
    """Write every value into its tile, dark on light and light on dark."""
    axis.set_xticks(range(grid.shape[1]))
    axis.set_yticks(range(grid.shape[0]))
    for (y, x), value in np.ndenumerate(grid):
        if np.isfinite(value):
            colour = "black" if sum(image.cmap(image.norm(value))[:3]) > 1.4 else "white"
            axis.text(
                x, y, _short(value), ha="center", va="center", fontsize=7 if max(grid.shape) < 6 else 6, color=colour
            )


def _short(value: float) -> str:
    """A value in a tile: three or four digits, large ones as thousands, millions, billions: k, M, G."""
    if abs(value) < 9999.5:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    scale, name = next(step for step in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if abs(value) >= step[0])
    return f"{value / scale:.4g}{name}"


def must_be_drawable(path: Path) -> None:
    """Refuse a picture of an unknown format, before hours go into its content.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"cannot draw {path}: the name must end in {', '.join(FORMATS)}")


def _written(figure: Any, path: Path) -> Path:
    from snnmap.render.canvas import written

    return written(figure, path)
