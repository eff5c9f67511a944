"""One crossbar looked into: its cells' currents, temperatures, wear and wiring, line by line."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.ir import Chart
from snnmap.ir.scenes import Opened
from snnmap.render.page.plot import (
    MODES,
    Figure,
    Option,
    Picker,
    Plot,
    listed,
    packed,
    plain,
    scale_of_layers,
    told,
)

LARGEST = 256
"""Lines on a side that are drawn one by one; of more, each place is the greatest value of a block."""
WIRING, FIRST = "wiring", "current_A"


def crossbars_plot(crossbars: Sequence[Opened]) -> tuple[Plot, dict[str, Any]]:
    """Maps of the crossbars, the first one first, and the names of their lines."""
    figures: dict[str, Figure] = {}
    shared: dict[str, Any] = {}
    maps: dict[str, Option] = {}
    for bar in crossbars:
        shared |= {f"rows{bar.cluster}": _lines(bar.rows), f"columns{bar.cluster}": _lines(bar.columns)}
        figures[f"{bar.cluster}/{WIRING}"] = _wiring(bar)
        maps.setdefault(WIRING, Option(WIRING, "wiring: layer that drives each cell", MODES[""]))
        for chart in bar.charts:
            key = f"{chart.mode}-{chart.key}" if chart.mode else chart.key
            figures[f"{bar.cluster}/{key}"] = _map(bar, chart)
            maps.setdefault(key, Option(key, chart.words, MODES[chart.mode]))
    order = list(MODES.values())
    maps = {key: maps[key] for key in sorted(maps, key=lambda key: (order.index(maps[key].group), key != FIRST))}
    listed_maps = tuple(maps.values())
    bars = tuple(Option(str(b.cluster), _called(b)) for b in crossbars)
    pickers = (Picker("Crossbar", bars), Picker("Show", listed_maps))
    rows, columns = crossbars[0].charts[0].values.shape
    return Plot("crossbar", "map of one crossbar", pickers, figures, columns / rows * 1.2), shared


def _called(bar: Opened) -> str:
    return f"{bar.cluster} on tile {bar.tile}" + (f" ({bar.why})" if bar.why else "")


def _block(values: F64) -> tuple[int, int]:
    rows, columns = values.shape
    return -(-rows // LARGEST), -(-columns // LARGEST)


def _lines(names: Sequence[str]) -> list[str]:
    """Names of lines, or of the first of every block of them."""
    step = -(-len(names) // LARGEST)
    return [plain(name) or "not in use" for name in names[::step]]


def _blocked(values: F64) -> F64:
    """The greatest value of every block, NaN where there is none."""
    down, across = _block(values)
    if down == across == 1:
        return values
    rows, columns = (-(-n // s) * s for n, s in zip(values.shape, (down, across), strict=True))
    whole = np.full((rows, columns), -np.inf)
    whole[: values.shape[0], : values.shape[1]] = np.where(np.isfinite(values), values, -np.inf)
    found = whole.reshape(rows // down, down, columns // across, across).max(axis=(1, 3))
    return np.where(np.isfinite(found), found, np.nan)


def _map(bar: Opened, chart: Chart) -> Figure:
    shown = told(chart)
    values = _blocked(shown.values)
    trace = {**shown.scale, "z": packed(values), "customdata": {"$cells": bar.cluster, **shown.readout(chart)}}
    figure = _figure(bar, trace, shown.caption(chart), _block(chart.values))
    return figure if shown.flat is None else {**figure, "flat": list(shown.flat)}


def _wiring(bar: Opened) -> Figure:
    """Which layer's spikes come over the row of every programmed cell."""
    own = [name.rpartition("[")[0] for name in bar.rows]
    layers = list(dict.fromkeys(name for name in own if name)) or [""]
    place = np.array([layers.index(name) if name else np.nan for name in own])
    values = np.where(np.isfinite(bar.charts[0].values), place[:, np.newaxis], np.nan)
    heard = ", ".join(dict.fromkeys(name.rpartition("[")[0] for name in bar.columns if name))
    trace = {
        **scale_of_layers(layers),
        "z": packed(_blocked(values)),
        "customdata": {"$cells": bar.cluster, "unit": "", "words": "", "decades": False},
    }
    caption = f"Programmed cells, by the layer that drives their row; their columns are neurons of {heard}."
    return _figure(bar, trace, caption, _block(values))


def _figure(bar: Opened, trace: dict[str, Any], caption: str, block: tuple[int, int]) -> Figure:
    down, across = block
    rows, columns = bar.charts[0].values.shape
    heat = {"type": "heatmap", "hoverongaps": False, "hovertemplate": "%{customdata}<extra></extra>", **trace}
    spikes = bar.spikes[: -(-rows // down) * down]
    rate = np.array([spikes[i : i + down].max() for i in range(0, rows, down)])
    side = {
        "type": "bar",
        "orientation": "h",
        "x": listed(rate),
        "y": list(range(len(rate))),
        "xaxis": "x2",
        "marker": {"color": "@accent"},
        "hovertemplate": "row %{y}: %{x:.4g} spikes per frame<extra></extra>",
        "showlegend": False,
    }
    if block != (1, 1):
        caption += f" Every place is the greatest of {down} x {across} cells, of {rows} x {columns} in all."
    line: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": ""}
    layout = {
        "xaxis": {**line, "title": {"text": "bit line (column)"}, "domain": [0.0, 0.8]},
        "yaxis": {**line, "title": {"text": "word line (row)"}, "autorange": "reversed"},
        "xaxis2": {
            **line,
            "title": {"text": "spikes/frame"},
            "domain": [0.83, 1.0],
            "nticks": 3,
            "rangemode": "tozero",
        },
        "margin": {"l": 55, "r": 10, "t": 10, "b": 60},
        "bargap": 0,
    }
    return {"data": [heat, side], "layout": layout, "caption": caption.strip()}
