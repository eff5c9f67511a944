"""The spikes of one frame: a raster of some sources of every layer, and below it what every layer sends in all."""

from typing import Any

import numpy as np

from snnmap.ir.scenes import Raster
from snnmap.render.numbers import number
from snnmap.render.page.plot import Figure, Plot, packed, plain
from snnmap.render.plots import SERIES

HEIGHT = 640


def raster_plot(raster: Raster) -> Plot:
    """Raster above, spikes of every layer per step below, on one axis of time."""
    count = len(raster.layers)
    colours = [SERIES[k % len(SERIES)] for k in range(count)]
    scale = [[edge / count, c] for k, c in enumerate(colours) for edge in (k, k + 1)]
    lit = np.where(raster.on, raster.layer[:, np.newaxis].astype(float), np.nan)
    heat: dict[str, Any] = {
        "type": "heatmap",
        "z": packed(lit),
        "colorscale": scale,
        "zmin": -0.5,
        "zmax": count - 0.5,
        "showscale": False,
        "hoverongaps": False,
        "customdata": {"$spikes": "sources"},
        "hovertemplate": "%{customdata}, step %{x}<extra></extra>",
    }
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "line": {"color": colours[k], "width": 1.5, "shape": "hvh"},
            "x": list(range(raster.total.shape[1])),
            "y": raster.total[k].tolist(),
            "yaxis": "y2",
            "name": plain(name),
            "hovertemplate": f"{plain(name)}, step %{{x}}: %{{y:,}} spikes<extra></extra>",
        }
        for k, name in enumerate(raster.layers)
    ]
    figure: Figure = {"data": [heat, *lines], "layout": _layout(raster), "caption": _said(raster)}
    return Plot("raster", "spikes of one frame", (), {"": figure})


def _layout(raster: Raster) -> dict[str, Any]:
    first = np.flatnonzero(np.diff(raster.layer, prepend=-1))
    stop = np.append(first[1:], len(raster.layer))
    middle = ((first + stop - 1) / 2).tolist()
    names = [plain(raster.layers[int(raster.layer[at])]) for at in first]
    edges = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": at - 0.5, "y1": at - 0.5,
         "line": {"color": "@line", "width": 1}}
        for at in first[1:].tolist()
    ]  # fmt: skip
    return {
        "height": HEIGHT,
        "xaxis": {"title": {"text": f"step ({number(raster.dt, 's')} each)"}, "anchor": "y2", "showgrid": False},
        "yaxis": {
            "domain": [0.36, 1.0], "autorange": "reversed", "tickvals": middle, "ticktext": names, "automargin": True,
            "showgrid": False, "zeroline": False,
        },
        "yaxis2": {"domain": [0.0, 0.3], "title": {"text": "spikes per step"}, "rangemode": "tozero"},
        "shapes": edges,
        "legend": {"title": {"text": "layer"}, "orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        "margin": {"l": 20, "r": 15, "t": 40, "b": 50},
    }  # fmt: skip


def _said(raster: Raster) -> str:
    shown, every = len(raster.names), int(raster.sizes.sum())
    part = "all sources" if shown == every else f"{shown:,} of {every:,} sources, evenly spaced in every layer"
    return f"Frame {raster.frame} of the {raster.frames:,} profiled: {part}; below, all spikes of every layer."
