"""Pictures of what studies and chips say: activity of layers, accuracy over age, variants, runs of a sweep.

Each takes plain records and gives a figure of matplotlib (`render.canvas`), with units on its axes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.render.labels import label
from snnmap.render.numbers import number, scale_of
from snnmap.render.plots import MARKERS, SERIES, must_be_drawable
from snnmap.render.swept import place_of, varying
from snnmap.render.variants import Contrast, figure_words, in_kelvin

BETTER, WORSE, SAME = "#0072b2", "#d55e00", "#999999"


def draw_activity(title: str, populations: Sequence[Mapping[str, Any]]) -> Any:
    """Spikes per source and step of every population, its spikes per frame beside the bar."""
    from snnmap.render.canvas import canvas

    figure = canvas(6.4, 1.4 + 0.34 * len(populations))
    axis = figure.subplots()
    names = [p["name"] for p in populations]
    rates = [p["rate_per_step"] for p in populations]
    shades = [SERIES[0] if p["kind"] == "neuron" else SAME for p in populations]
    bars = axis.barh(range(len(names)), rates, color=shades)
    told = [f"{p['spikes_per_sample']:,.4g} spikes per frame" for p in populations]
    axis.bar_label(bars, told, padding=4, fontsize=8)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.invert_yaxis()
    axis.set_xlim(0, 1.45 * max([*rates, 1e-9]))
    axis.set_xlabel("spikes per source and step (grey: inputs)", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.set_title(title, fontsize=10)
    _open(axis)
    return figure


def draw_accuracy(document: Mapping[str, Any]) -> Any:
    """Share of right answers over the age of the chips: every chip, their mean and its 95 % interval, ideal devices."""
    from snnmap.render.canvas import canvas

    figure = canvas(6.4, 3.8)
    axis = figure.subplots()
    ages = document["ages"]
    places = np.arange(len(ages))
    for place, age in zip(places, ages, strict=True):
        axis.plot([place] * len(age["each"]), 100 * np.array(age["each"]), "o", ms=3, color=SAME, zorder=1)
    mean = 100 * np.array([age["mean"] for age in ages])
    ends = 100 * np.array([age["interval"] for age in ages]).T
    gaps = np.maximum(0.0, [mean - ends[0], ends[1] - mean])
    axis.errorbar(places, mean, gaps, fmt="s-", color=SERIES[0], capsize=4, label="mean, 95 % interval", zorder=3)
    axis.plot([], [], "o", ms=3, color=SAME, label="every chip")
    axis.axhline(100 * document["ideal"], color="black", ls="--", lw=1, label="ideal devices", zorder=2)
    axis.set_xticks(places, [number(age["age_s"], "s", 3) for age in ages], fontsize=8)
    axis.set_xlim(-0.5, len(ages) - 0.5)
    axis.set_xlabel("age of the chip", fontsize=9)
    axis.set_ylabel(f"{document['measured']}, %", fontsize=9)
    title = f"{document['workload']} on {document['chip']}, {document['technology']}"
    axis.set_title(f"{title}: {document['devices']} chips, {document['frames']:,} frames", fontsize=10)
    axis.legend(fontsize=8, frameon=False)
    _open(axis)
    return figure


def draw_variants(found: Sequence[Contrast]) -> Any:
    """How the figures of every variant differ from the first's, %, coloured where chance does not explain it."""
    from snnmap.render.canvas import canvas

    shown = [c for c in found if c.change is not None and not in_kelvin(c.figure)]
    keys = list(dict.fromkeys((c.workload, c.technology, c.variant) for c in shown))
    figures = list(dict.fromkeys(c.figure for c in shown))
    tall = 1.3 + 0.26 * len(figures)
    figure = canvas(2.6 + 3.2 * len(keys), tall)
    axes = figure.subplots(1, len(keys), squeeze=False, sharey=True)[0]
    for axis, key in zip(axes, keys, strict=True):
        own = {c.figure: c for c in shown if (c.workload, c.technology, c.variant) == key}
        changes = [100 * (own[name].change or 0.0) if name in own else 0.0 for name in figures]
        shades = [{"better": BETTER, "worse": WORSE}.get(own[n].verdict if n in own else "", SAME) for n in figures]
        axis.barh(range(len(figures)), changes, color=shades)
        axis.axvline(0, color="black", lw=0.8)
        axis.set_title(f"{key[2]}\n{key[0]} on {key[1]}", fontsize=9)
        axis.set_xlabel(f"change of the mean to {found[0].variant}, %", fontsize=8)
        axis.tick_params(labelsize=8)
        _open(axis)
    axes[0].set_yticks(range(len(figures)), [figure_words(name) for name in figures], fontsize=8)
    axes[0].invert_yaxis()
    _legend(figure, {"better": BETTER, "worse": WORSE, "no difference that matters": SAME})
    return figure


def plot_variants(found: Sequence[Contrast], path: Path) -> Path:
    """Picture of `draw_variants` in a file.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    from snnmap.render.canvas import written

    must_be_drawable(path)
    return written(draw_variants(found), path)


def draw_swept(rows: Sequence[Mapping[str, Any]], figure: str, over: str | None) -> Any:
    """A figure of every run that fits, over what varies most: a point per run, a colour for all else that varies."""
    from snnmap.render.canvas import canvas

    whole = [row for row in rows if isinstance(row.get(figure), int | float)]
    told = [place_of(row) for row in whole]
    axes = [name for name in varying(whole) if name != "seed"] or ["workload"]
    across = over or max(axes, key=lambda name: len({point[name] for point in told}))
    others = [name for name in axes if name != across]
    places = list(dict.fromkeys(point[across] for point in told))
    groups = list(dict.fromkeys(tuple(point[name] for name in others) for point in told))
    scale, unit = scale_of(float(np.median([abs(row[figure]) for row in whole])), label(figure).unit)
    drawn = canvas(max(4.6, 1.6 + 0.9 * len(places)), 3.8)
    axis = drawn.subplots()
    for k, group in enumerate(groups):
        own = [i for i, point in enumerate(told) if tuple(point[name] for name in others) == group]
        shift = 0.5 * ((k + 0.5) / len(groups) - 0.5)
        at = [places.index(told[i][across]) + shift for i in own]
        values = [whole[i][figure] / scale for i in own]
        name = ", ".join(part or "-" for part in group)
        axis.plot(at, values, MARKERS[k % len(MARKERS)], ms=5, alpha=0.85, color=SERIES[k % len(SERIES)], label=name)
    axis.set_xticks(range(len(places)), places, fontsize=8)
    axis.set_xlim(-0.6, len(places) - 0.4)
    axis.set_xlabel(across, fontsize=9)
    axis.set_ylabel(f"{figure_words(figure)}{f', {unit}' if unit else ''}", fontsize=9)
    _open(axis)
    if others:
        drawn.legend(loc="outside lower center", ncols=min(3, len(groups)), fontsize=8, title=", ".join(others))
    return drawn


def _open(axis: Any) -> None:
    """No frame at the top and right."""
    axis.spines[["top", "right"]].set_visible(False)


def _legend(figure: Any, colours: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=colour, label=words) for words, colour in colours.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=8)
