"""Pictures of ratios and gains: objectives beside the first one, figures over technologies beside published ones."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from snnmap.render.plots import MARKERS, SERIES, TITLE, must_be_drawable


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
    from snnmap.render.canvas import written

    must_be_drawable(path)
    return written(draw_comparison(table, title=title), path)


def draw_comparison(table: Sequence[Mapping[str, Any]], *, title: str) -> Any:
    """Figure of `plot_comparison`."""
    from snnmap.render.canvas import canvas

    rows = [row for row in table if row["ratio"] is not None]
    if len({row["workload"] for row in rows}) == 1:
        return _one_workload(rows, title)
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    workloads = list(dict.fromkeys(row["workload"] for row in rows))
    objectives = list(dict.fromkeys(row["objective"] for row in rows))
    across = min(3, max(1, len(metrics)))
    down = -(-max(1, len(metrics)) // across)
    figure = canvas(5.2 * across, 3.1 * down)
    axes = figure.subplots(down, across, squeeze=False)
    shades = [SERIES[k % len(SERIES)] for k in range(len(objectives))]
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
    return figure


def _one_workload(rows: Sequence[Mapping[str, Any]], title: str) -> Any:
    """All metrics of one workload in one panel, a mark for every objective, ratios on a logarithmic axis."""
    from snnmap.render.canvas import canvas

    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    first, *objectives = dict.fromkeys(row["objective"] for row in rows)
    figure = canvas(8.2, 1.7 + 0.33 * len(metrics))
    axis = figure.subplots()
    for k, objective in enumerate(objectives):
        own = {row["metric"]: float(row["ratio"]) for row in rows if row["objective"] == objective}
        shown = [(own[metric], place) for place, metric in enumerate(metrics) if own.get(metric, 0.0) > 0]
        look: Any = {"marker": MARKERS[k % len(MARKERS)], "color": SERIES[k % len(SERIES)], "ms": 6.5, "alpha": 0.9}
        axis.plot([x for x, _ in shown], [y for _, y in shown], ls="", label=objective, mec="black", mew=0.4, **look)
    axis.axvline(1.0, color="black", lw=0.9, ls="--", label=first)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(lambda value, _: f"x {value:g}")
    axis.xaxis.set_minor_formatter(lambda value, _: f"x {value:g}" if _leads(value) else "")
    axis.set_yticks(range(len(metrics)), ["\n".join(wrap(metric, TITLE)) for metric in metrics], fontsize=8)
    axis.set_ylim(len(metrics) - 0.5, -0.5)
    axis.grid(axis="y", lw=0.3)
    axis.tick_params(labelsize=8, which="both", length=3)
    axis.set_xlabel(f"ratio to {first}", fontsize=8)
    figure.suptitle(f"{rows[0]['workload']}: {title}".replace("\n", " on "), fontsize=10)
    figure.legend(loc="outside lower center", ncols=min(7, len(objectives) + 1), fontsize=8)
    return figure


def _leads(value: float) -> bool:
    """Whether a tick between decades has a number: those that begin with 2 and 5."""
    return f"{value:.0e}"[0] in "25"


class Panel(NamedTuple):
    """One figure over technologies, a line per workload."""

    title: str
    axis: str
    """What the vertical axis shows, with unit."""
    nodes: tuple[str, ...]
    lines: Mapping[str, Sequence[float]]
    """Per workload a value for every node; NaN where there is none."""
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
    from snnmap.render.canvas import canvas, written

    must_be_drawable(path)
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure = canvas(4.8 * across, 3.6 * down)
    axes = figure.subplots(down, across, squeeze=False)
    for axis, panel in zip(axes.flat, panels, strict=False):
        for (name, values), shade, marker in zip(panel.lines.items(), cycle(SERIES), cycle(MARKERS), strict=False):
            axis.plot(panel.nodes, values, marker=marker, color=shade, label=name)
            if name in panel.limits:
                alone = np.isfinite(panel.limits[name]).sum() == 1
                axis.plot(
                    panel.nodes, panel.limits[name], color=shade, ls="--", lw=1.0, marker="_" if alone else "", ms=14
                )
        if panel.limits:
            axis.plot([], [], color="black", ls="--", lw=1.0, label="limit")
        axis.axhline(panel.published, color="black", ls=":", label="published")
        drawn = [v for values in (*panel.lines.values(), *panel.limits.values()) for v in values if np.isfinite(v)]
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
    return written(figure, path)


def _ratio(rows: Sequence[Mapping[str, Any]], metric: str, workload: str, objective: str) -> float:
    for row in rows:
        if (row["metric"], row["workload"], row["objective"]) == (metric, workload, objective):
            return float(row["ratio"])
    return float("nan")
