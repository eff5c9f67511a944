"""A picture of a Pareto front: every run, the front through the best ones, its knee."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64
from snnmap.render.numbers import scale_of
from snnmap.render.plots import COLOURS, matplotlib_for, written


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


def plot_fronts(pictures: list[Picture], path: Path) -> Path:
    """Draw a panel for every workload.

    Raises
    ------
    InputError
        If the format is not one that can be written.
    """
    plt = matplotlib_for(path)
    shade, dark = plt.get_cmap(COLOURS)([0.75, 0.1])
    across = min(3, len(pictures))
    down = -(-len(pictures) // across)
    figure, panels = plt.subplots(down, across, figsize=(5.2 * across, 4.2 * down), squeeze=False, layout="constrained")
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
    return written(figure, path, plt)
