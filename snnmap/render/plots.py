"""Plots with matplotlib: maps of the chip and of one crossbar, the comparison of objectives, lines over nodes.

The colour map is cividis: monotone in lightness, so it reads in grey print and for colour-blind readers. A map whose
values hardly differ is drawn as the difference to its least value, which the title then names.
"""

import io
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.ir import Chart
from snnmap.render.numbers import PREFIXES, number, scale_of

COLOURS = "cividis"
MARKERS = "osD^vP*X<>"
FORMATS = (".png", ".svg", ".pdf")
CLOSE = 1e-3
"""Relative range below which a map is drawn as differences."""
WIDE = 100.0
"""Ratio of largest to least value from which on colours are logarithmic."""
LARGEST_ANNOTATED = 8
"""Tiles on a side up to which every tile carries its number."""


class Drawn(NamedTuple):
    """A chart in the unit it is drawn in."""

    title: str
    unit: str
    values: F64
    decades: bool = False
    """Whether the values span so many decades that the colours are logarithmic."""


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


def _prefixed(size: float, unit: str) -> tuple[float, str]:
    if unit != "K":
        return scale_of(size, unit)
    scale, prefix = next((p for p in PREFIXES if size >= p[0]), PREFIXES[-1])
    return scale, f"{prefix}K"


def plot_tiles(charts: Sequence[Chart], mesh: tuple[int, int], path: Path, *, title: str) -> Path:
    """Draw one panel per map of the chip, tiles at their mesh positions.

    Parameters
    ----------
    charts
        Maps with values (T,).
    mesh
        Width and height in tiles.
    path
        File to write; its suffix is the format.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    width, height = mesh
    drawn = [readable(chart) for chart in charts]
    grids = [d._replace(values=d.values.reshape(height, width)) for d in drawn]
    return _panels(grids, path, title, ("tile x", "tile y"), annotate=max(width, height) <= LARGEST_ANNOTATED)


def plot_crossbar(charts: Sequence[Chart], path: Path, *, title: str) -> Path:
    """Draw one panel per map of a crossbar (R, C): drivers on the left, sense amplifiers at the bottom.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    grids = [readable(chart) for chart in charts]
    return _panels(grids, path, title, ("bit line (column)", "word line (row)"), annotate=False)


def plot_comparison(table: Sequence[Mapping[str, Any]], path: Path, *, title: str) -> Path:
    """Draw the comparison of objectives: one panel per metric, bars per objective, groups per workload.

    Parameters
    ----------
    table
        Rows with `workload`, `objective`, `metric`, `unit`, `ratio` (to the first objective).

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    plt = matplotlib_for(path)
    rows = [row for row in table if row["ratio"] is not None]
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    workloads = list(dict.fromkeys(row["workload"] for row in rows))
    objectives = list(dict.fromkeys(row["objective"] for row in rows))
    across = min(3, max(1, len(metrics)))
    down = -(-max(1, len(metrics)) // across)
    figure, axes = plt.subplots(down, across, figsize=(5.2 * across, 3.1 * down), squeeze=False, layout="constrained")
    shades = plt.get_cmap(COLOURS)(np.linspace(0.05, 0.95, len(objectives)))
    for axis, metric in zip(axes.flat, metrics, strict=False):
        for shift, (objective, shade) in enumerate(zip(objectives, shades, strict=True)):
            heights = [_ratio(rows, metric, workload, objective) for workload in workloads]
            places = np.arange(len(workloads)) + (shift - (len(objectives) - 1) / 2) * 0.8 / len(objectives)
            axis.bar(places, heights, 0.8 / len(objectives), color=shade, edgecolor="black", lw=0.4, label=objective)
        axis.axhline(1.0, color="black", lw=0.8, ls=":")
        axis.set_title(metric, fontsize=9)
        axis.set_xticks(np.arange(len(workloads)), workloads, fontsize=8)
        axis.set_ylabel(f"ratio to {objectives[0]}", fontsize=8)
    for axis in list(axes.flat)[len(metrics) :]:
        axis.set_axis_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(7, len(objectives)), fontsize=8)
    figure.suptitle(title)
    return written(figure, path, plt)


class Panel(NamedTuple):
    """One figure over technologies, a line per workload."""

    title: str
    axis: str
    """What the vertical axis shows, with unit."""
    nodes: tuple[str, ...]
    lines: Mapping[str, Sequence[float]]
    limits: Mapping[str, Sequence[float]]
    """What no mapping passes, per workload; drawn dashed."""
    published: float


def plot_nodes(panels: Sequence[Panel], path: Path, *, title: str) -> Path:
    """Draw figures over technologies: ours as lines, limits dashed in the same shade, the published figure dotted.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    plt = matplotlib_for(path)
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure, axes = plt.subplots(down, across, figsize=(4.8 * across, 3.6 * down), squeeze=False, layout="constrained")
    for axis, panel in zip(axes.flat, panels, strict=False):
        shades = plt.get_cmap(COLOURS)(np.linspace(0.0, 0.85, max(2, len(panel.lines))))
        for (name, values), shade, marker in zip(panel.lines.items(), shades, cycle(MARKERS), strict=False):
            axis.plot(panel.nodes, values, marker=marker, color=shade, label=name)
            if name in panel.limits:
                axis.plot(panel.nodes, panel.limits[name], color=shade, ls="--", lw=1.0, label="limit")
        axis.axhline(panel.published, color="black", ls=":", label="published")
        drawn = [v for values in (*panel.lines.values(), *panel.limits.values()) for v in values]
        if drawn and min(drawn) > 0 and max(drawn) / min(drawn) > 10:
            axis.set_yscale("log")
        axis.set_title(panel.title, fontsize=9)
        axis.set_ylabel(panel.axis, fontsize=8)
        axis.tick_params(labelsize=8)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_axis_off()
    handles = {
        label: handle
        for axis in list(axes.flat)[: len(panels)]
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, fontsize=8)
    figure.suptitle(title, fontsize=11)
    return written(figure, path, plt)


def _ratio(rows: Sequence[Mapping[str, Any]], metric: str, workload: str, objective: str) -> float:
    for row in rows:
        if (row["metric"], row["workload"], row["objective"]) == (metric, workload, objective):
            return float(row["ratio"])
    return float("nan")


def _panels(grids: list[Drawn], path: Path, title: str, axes_names: tuple[str, str], *, annotate: bool) -> Path:
    plt = matplotlib_for(path)
    across = {2: 2, 4: 2, 7: 4, 8: 4}.get(len(grids), min(3, len(grids)))
    down = -(-len(grids) // across)
    figure, axes = plt.subplots(down, across, figsize=(4.3 * across, 3.9 * down), squeeze=False, layout="constrained")
    for axis, grid in zip(axes.flat, grids, strict=False):
        norm = "log" if grid.decades else "linear"
        image = axis.imshow(grid.values, cmap=COLOURS, interpolation="nearest", norm=norm)
        bar = figure.colorbar(image, ax=axis, shrink=0.85)
        bar.ax.tick_params(labelsize=8)
        bar.set_label(grid.unit, fontsize=8)
        axis.set_title(grid.title, fontsize=9)
        axis.set_xlabel(axes_names[0], fontsize=8)
        axis.set_ylabel(axes_names[1], fontsize=8)
        axis.tick_params(labelsize=8)
        if annotate:
            _numbers(axis, image, grid.values)
    for axis in list(axes.flat)[len(grids) :]:
        axis.set_axis_off()
    figure.suptitle(title, fontsize=11)
    return written(figure, path, plt)


def _numbers(axis: Any, image: Any, grid: F64) -> None:
    """Write every value into its tile, dark on light and light on dark."""
    axis.set_xticks(range(grid.shape[1]))
    axis.set_yticks(range(grid.shape[0]))
    for (y, x), value in np.ndenumerate(grid):
        if np.isfinite(value):
            colour = "black" if image.norm(value) > 0.5 else "white"
            text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
            axis.text(x, y, text, ha="center", va="center", fontsize=7, color=colour)


def must_be_drawable(path: Path) -> None:
    """Refuse a picture of an unknown format, before hours go into its content.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"cannot draw {path}: the name must end in {', '.join(FORMATS)}")


def matplotlib_for(path: Path) -> Any:
    """Matplotlib without a window, after the format was checked."""
    must_be_drawable(path)
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "snnmap"
    import matplotlib.pyplot as plt

    return plt


def written(figure: Any, path: Path, plt: Any) -> Path:
    """Save a figure, whole or not at all, in a folder that is made if it is not there.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    content, metadata = io.BytesIO(), {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(content, dpi=150, metadata=metadata, format=path.suffix[1:].lower())
    plt.close(figure)
    write_atomically(path, content.getvalue())
    return path
