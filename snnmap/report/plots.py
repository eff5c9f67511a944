"""Plots with matplotlib: maps of the chip and of one crossbar, and the comparison of objectives.

The colour map is cividis: monotone in lightness, so it reads in grey print and for colour-blind readers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.arrays import F64
from snnmap.errors import InputError

COLOURS = "cividis"
FORMATS = (".png", ".svg", ".pdf")


def plot_tiles(maps: Mapping[str, F64], mesh: tuple[int, int], path: Path, *, title: str) -> Path:
    """Draw one panel per map of the chip, tiles at their mesh positions.

    Parameters
    ----------
    maps
        Label with unit to values (T,); NaN tiles are left blank.
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
    grids = {label: values.reshape(height, width) for label, values in maps.items()}
    return _panels(grids, path, title, ("tile x", "tile y"), annotate=max(width, height) <= 8)


def plot_crossbar(maps: Mapping[str, F64], path: Path, *, title: str) -> Path:
    """Draw one panel per map of a crossbar (R, C): drivers on the left, sense amplifiers at the bottom.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    return _panels(dict(maps), path, title, ("bit line (column)", "word line (row)"), annotate=False)


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
    plt = _matplotlib(path)
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
    return _written(figure, path, plt)


def _ratio(rows: Sequence[Mapping[str, Any]], metric: str, workload: str, objective: str) -> float:
    for row in rows:
        if (row["metric"], row["workload"], row["objective"]) == (metric, workload, objective):
            return float(row["ratio"])
    return float("nan")


def _panels(grids: dict[str, F64], path: Path, title: str, axes_names: tuple[str, str], *, annotate: bool) -> Path:
    plt = _matplotlib(path)
    across = min(2, len(grids))
    down = -(-len(grids) // across)
    figure, axes = plt.subplots(down, across, figsize=(5.4 * across, 4.4 * down), squeeze=False, layout="constrained")
    for axis, (label, grid) in zip(axes.flat, grids.items(), strict=False):
        image = axis.imshow(grid, cmap=COLOURS, interpolation="nearest")
        bar = figure.colorbar(image, ax=axis, shrink=0.9)
        bar.ax.tick_params(labelsize=8)
        bar.formatter.set_useOffset(False)
        axis.set_title(label, fontsize=10)
        axis.set_xlabel(axes_names[0], fontsize=8)
        axis.set_ylabel(axes_names[1], fontsize=8)
        if annotate:
            _numbers(axis, grid)
    for axis in list(axes.flat)[len(grids) :]:
        axis.set_axis_off()
    figure.suptitle(title)
    return _written(figure, path, plt)


def _numbers(axis: Any, grid: F64) -> None:
    """Write every value into its tile, dark on light and light on dark."""
    axis.set_xticks(range(grid.shape[1]))
    axis.set_yticks(range(grid.shape[0]))
    middle = (np.nanmin(grid) + np.nanmax(grid)) / 2 if np.isfinite(grid).any() else 0.0
    for (y, x), value in np.ndenumerate(grid):
        if np.isfinite(value):
            colour = "black" if value > middle else "white"
            axis.text(x, y, f"{value:.4g}", ha="center", va="center", fontsize=6.5, color=colour)


def _matplotlib(path: Path) -> Any:
    """Matplotlib without a window, after the format was checked."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"cannot draw {path}: the name must end in {', '.join(FORMATS)}")
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "snnmap"
    import matplotlib.pyplot as plt

    return plt


def _written(figure: Any, path: Path, plt: Any) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, dpi=150, metadata=metadata)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    finally:
        plt.close(figure)
    return path
