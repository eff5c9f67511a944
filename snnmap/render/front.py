"""A Pareto front as a table, and as a picture: every run, the front through the best ones, its knee."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from snnmap.core.arrays import F64
from snnmap.render.labels import label, mode_of
from snnmap.render.numbers import number, scale_of
from snnmap.render.plots import COLOURS, must_be_drawable
from snnmap.render.sheets import Sheet, sheet
from snnmap.render.swept import way_of
from snnmap.render.variants import figure_words

DIGITS = 4


class Aim(Protocol):
    """A figure, and whether more of it is better."""

    @property
    def figure(self) -> str:
        """Key."""

    @property
    def more(self) -> bool:
        """Whether more is better."""


class Front(Protocol):
    """The runs of one workload that no other dominates."""

    @property
    def workload(self) -> str:
        """Name."""

    @property
    def aims(self) -> Mapping[str, Any]:
        """Name to `Aim`."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """Of the sweep."""

    @property
    def values(self) -> F64:
        """Of rows and aims, SI."""

    @property
    def others(self) -> F64:
        """Of the dominated runs."""

    @property
    def knee(self) -> int:
        """Row."""

    @property
    def hypervolume(self) -> float:
        """Share."""

    @property
    def left_out(self) -> int:
        """Runs."""


def _settings(row: Any) -> str:
    """Settings of a run, and how it holds convolutions if not by synapses."""
    held = way_of(row)
    said = [] if held == "unrolled" else [f"conv={held}"]
    return " ".join([*said, *([row["settings"]] if row["settings"] else [])]) or "-"


def front_sheet(front: Front) -> Sheet:
    """The runs of a front, best in the first aim first."""
    shown = []
    for k, (row, values) in enumerate(zip(front.rows, front.values, strict=True)):
        size = f"{row['rows'] or 'unlimited'}x{row['columns']}"
        point = (size, row["technology"], row["objective"], _settings(row), str(row["seed"]))
        figures = [
            number(float(value), label(aim.figure).unit, DIGITS)
            for value, aim in zip(values, front.aims.values(), strict=True)
        ]
        shown.append((row["run"], *point, *figures, "knee" if k == front.knee else ""))
    heads = [_head(name, aim) for name, aim in front.aims.items()]
    columns = ("run", "crossbar", "technology", "objective", "settings", "seed", *heads, "")
    runs = len(front.rows) + len(front.others)
    out = f"; {front.left_out} left out" if front.left_out else ""
    title = f"{front.workload}: {len(front.rows)} of {runs} runs are not dominated{out}; "
    return sheet(f"{title}hypervolume {front.hypervolume:.4g}", columns, shown)


def _head(name: str, aim: Aim) -> str:
    mode = f", {mode_of(aim.figure)} mode" if mode_of(aim.figure) else ""
    return f"{name}{mode} ({'more' if aim.more else 'less'})"


class Axis(NamedTuple):
    """One aim."""

    words: str
    unit: str
    more: bool
    """Whether more is better."""


class Picture(NamedTuple):
    """The runs of one workload in two aims."""

    title: str
    axes: tuple[Axis, Axis]
    front: F64
    """(runs, 2), SI, best in the first aim first."""
    others: F64
    knee: int


def picture_of(front: Front) -> Picture:
    """The first two aims of a front."""
    axes = [Axis(figure_words(aim.figure), label(aim.figure).unit, aim.more) for aim in front.aims.values()]
    return Picture(front.workload, (axes[0], axes[1]), front.values[:, :2], front.others[:, :2], front.knee)


def plot_fronts(pictures: list[Picture], path: Path) -> Path:
    """Draw a panel for every workload.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    from snnmap.render.canvas import written

    must_be_drawable(path)
    return written(draw_fronts(pictures), path)


def draw_fronts(pictures: list[Picture]) -> Any:
    """Figure of `plot_fronts`."""
    from snnmap.render.canvas import canvas, colours

    shade, dark = colours(COLOURS)([0.75, 0.1])
    across = min(3, len(pictures))
    down = -(-len(pictures) // across)
    figure = canvas(5.2 * across, 4.2 * down)
    panels = figure.subplots(down, across, squeeze=False)
    for panel, picture in zip(panels.flat, pictures, strict=False):
        every = np.vstack([picture.front, picture.others])
        scales, labels = [], []
        for k, axis in enumerate(picture.axes):
            scale, unit = scale_of(float(np.abs(every[:, k]).max()), axis.unit)
            scales.append(scale)
            labels.append(f"{axis.words}{f', {unit}' if unit else ''} ({'more' if axis.more else 'less'} is better)")
        front, others = picture.front / scales, picture.others / scales
        panel.scatter(*others.T, s=22, color=shade, edgecolor="black", lw=0.4, label="dominated")
        line = front[np.argsort(front[:, 0], kind="stable")]
        panel.plot(*line.T, color=dark, lw=1.0, marker="o", ms=5.5, label="front")
        panel.scatter(*front[picture.knee], s=150, facecolor="none", edgecolor="black", lw=1.4, label="knee")
        panel.set(title=picture.title, xlabel=labels[0], ylabel=labels[1])
        panel.legend(fontsize=8)
    for panel in list(panels.flat)[len(pictures) :]:
        panel.set_axis_off()
    return figure
