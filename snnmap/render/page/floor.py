"""The chip from above: what the tiles are like, and what goes over the links between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.ir import Chart
from snnmap.ir.scenes import Contents, Floor
from snnmap.render.numbers import number
from snnmap.render.page.plot import (
    MODES,
    Figure,
    Option,
    Picker,
    Plot,
    packed,
    plain,
    scale_of_layers,
    told,
)

WRITTEN = 10
"""Tiles on a side up to which every tile carries its value."""
NAMED, MANY = 4, 1000
"""Layers and crossbars of a tile that are named; of more tiles than `MANY`, one of each."""
GREY = "rgba(128, 140, 150, 0.2)"
LINKS = 1200
"""Links that are drawn, the busiest first."""
WIDTHS = (1.5, 3.0, 5.0, 7.0, 9.0)
"""Of a link, by its share of the busiest one's load; on larger chips less."""
LOADS = ("#8fa1b3", "#56b4e9", "#0072b2", "#e69f00", "#d55e00")
"""Their colours, which stand out from light and dark."""
STEPS = ((1, 0), (-1, 0), (0, 1), (0, -1))
"""Where the links of a tile lead."""
HEADS = ("triangle-right", "triangle-left", "triangle-down", "triangle-up")


def contents(tile: int, held: Contents, width: int, named: int = NAMED) -> str:
    """A tile in words, for its readout; `named` of its crossbars and layers one by one."""
    where = f"tile {tile} at ({tile % width}, {tile // width})"
    if not held.clusters:
        return f"<b>{where}</b><br>not in use"
    bars = ", ".join(str(k) for k in held.clusters[:named]) + (", ..." if len(held.clusters) > named else "")
    layers = [f"{plain(name)}: {count:,} columns" for name, count in held.layers[:named]]
    layers += [f"and {len(held.layers) - named} more layers"] if len(held.layers) > named else []
    plural = "s" if len(held.clusters) > 1 else ""
    return f"<b>{where}</b>, crossbar{plural} {bars}<br>{'<br>'.join(layers)}<br>{held.rows:,} rows in use"


def tiles_plot(floor: Floor, charts: Sequence[Chart], horizon: float = np.inf) -> tuple[Plot, dict[str, Any]]:
    """Maps of the chip, one at a time, and the readouts of the tiles that they share; `horizon` of lifetimes, s."""
    named = NAMED if len(floor.tiles) <= MANY else 1
    names = [contents(t, held, floor.width, named) for t, held in enumerate(floor.tiles)]
    figures: dict[str, Figure] = {"layers": _layers(floor)}
    options = [Option("layers", "layer with most columns", MODES[""])]
    for chart in charts:
        key = f"{chart.mode}-{chart.key}" if chart.mode else chart.key
        figures[key] = _map(floor, chart, horizon)
        options.append(Option(key, chart.words.partition("\n")[0], MODES[chart.mode]))
    order = list(MODES.values())
    options.sort(key=lambda option: order.index(option.group))
    plot = Plot("tiles", "map of the tiles", (Picker("Show", tuple(options)),), figures, floor.width / floor.height)
    return plot, {"tiles": _grid(floor, names)}


def _grid(floor: Floor, values: Sequence[Any]) -> list[list[Any]]:
    return [list(values[y * floor.width : (y + 1) * floor.width]) for y in range(floor.height)]


def _layers(floor: Floor) -> Figure:
    names = [plain(floor.layers[int(d)]) if np.isfinite(d) else "" for d in floor.depth]
    trace = {
        "z": packed(floor.depth.reshape(floor.height, floor.width)),
        **scale_of_layers(floor.layers),
    }
    many = sum(len(held.layers) > 1 for held in floor.tiles)
    caption = "Layers are coloured in the order of the network."
    caption += f" Tiles that hold more than one: {many:,}; the readout lists them." if many else ""
    return _figure(floor, trace, names, caption)


def _map(floor: Floor, chart: Chart, horizon: float) -> Figure:
    shown = told(chart, horizon)
    written = [
        ("" if not np.isfinite(v) else f"{v:,.3g}" if abs(v) < 1000 else f"{v:,.0f}") for v in shown.drawn.values
    ]
    trace = {
        "z": packed(shown.values.reshape(floor.height, floor.width)),
        **shown.scale,
        "customdata": {"$tiles": "tiles", **shown.readout(chart)},
    }
    figure = _figure(floor, trace, written, shown.caption(chart))
    return figure if shown.flat is None else {**figure, "flat": list(shown.flat)}


def _figure(floor: Floor, trace: dict[str, Any], written: list[str], caption: str) -> Figure:
    gap = 2 if max(floor.width, floor.height) <= 40 else 0
    heat: dict[str, Any] = {
        "type": "heatmap",
        "xgap": gap,
        "ygap": gap,
        "hoverongaps": False,
        "customdata": {"$ref": "tiles"},
        "hovertemplate": "%{customdata}<extra></extra>",
        **trace,
    }
    data = [heat, _port(floor)]
    if max(floor.width, floor.height) <= WRITTEN:
        heat |= {"text": _grid(floor, written), "texttemplate": "%{text}"}
    return {"data": data, "layout": _mesh(floor), "caption": (caption + _marks_said(floor)).strip()}


def _marks_said(floor: Floor) -> str:
    """What the triangle beside a tile is, and lines across the map of several chips."""
    across, down = floor.grid
    said = f" The triangle at tile ({floor.port[0]}, {floor.port[1]}) is the port, where inputs enter."
    return said + (f" Dashed lines are the borders of the {across} x {down} chips." if across * down > 1 else "")


def _borders(floor: Floor) -> list[dict[str, Any]]:
    """Lines between chips, of several."""
    (across, down), (width, height) = floor.grid, (floor.width, floor.height)
    line = {"type": "line", "line": {"color": "@accent", "width": 2, "dash": "dash"}}
    upright = [k * width // across - 0.5 for k in range(1, across)]
    level = [k * height // down - 0.5 for k in range(1, down)]
    ends = [{"x0": x, "x1": x, "y0": -0.6, "y1": height - 0.4} for x in upright]
    ends += [{"x0": -0.6, "x1": width - 0.4, "y0": y, "y1": y} for y in level]
    return [{**line, **own} for own in ends]


def _port(floor: Floor) -> dict[str, Any]:
    """The chip's port, beside the tile at which inputs enter; the caption names it: a word has no room on a phone."""
    x, y = floor.port
    side = -1 if x <= (floor.width - 1) / 2 else 1
    return {
        "type": "scatter",
        "x": [x + 0.78 * side],
        "y": [y],
        "mode": "markers",
        "marker": {"symbol": "triangle-right" if side < 0 else "triangle-left", "size": 13, "color": "@accent"},
        "cliponaxis": False,
        "hovertemplate": f"port: network inputs enter at tile ({x}, {y})<extra></extra>",
        "showlegend": False,
    }


def _mesh(floor: Floor) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "showgrid": False,
        "zeroline": False,
        "constrain": "domain",
        "ticks": "",
        "tickformat": "d",
        "tick0": 0,
    }
    most = max(floor.width, floor.height)
    few: dict[str, Any] = {"tickvals": list(range(most))} if most <= WRITTEN else {"nticks": 8}
    return {
        "xaxis": {**axis, **few, "title": {"text": "tile x"}, "range": _ends(floor), "minallowed": -1.2},
        "yaxis": {**axis, **few, "title": {"text": "tile y"}, "range": [floor.height - 0.4, -0.6], "scaleanchor": "x"},
        "margin": {"l": 50, "r": 10, "t": 10, "b": 45},
        **({"shapes": _borders(floor)} if floor.grid != (1, 1) else {}),
    }


def _ends(floor: Floor) -> list[float]:
    """Range of x, with room for the port."""
    left = floor.port[0] <= (floor.width - 1) / 2
    return [-1.2 if left else -0.6, floor.width - (0.4 if left else -0.2)]


def links_plot(floor: Floor) -> Plot:
    """Load of the links, drawn as arrows between the tiles."""
    tile, direction, load = _used(floor)
    used = len(load)
    tile, direction, load = tile[:LINKS], direction[:LINKS], load[:LINKS]
    most = float(load[0]) if used else 1.0
    bins = np.minimum((load / most * len(WIDTHS)).astype(int), len(WIDTHS) - 1)
    thin = min(1.0, 6.0 / max(floor.width, floor.height))
    numbers = [f"tile {t}" for t in range(len(floor.tiles))]
    gap = 12 if max(floor.width, floor.height) <= WRITTEN else 2
    tiles: dict[str, Any] = {
        "type": "heatmap",
        "z": _grid(floor, [0] * len(floor.tiles)),
        "colorscale": [[0, GREY], [1, GREY]],
        "showscale": False,
        "xgap": gap,
        "ygap": gap,
        "customdata": {"$ref": "tiles"},
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    if max(floor.width, floor.height) <= WRITTEN:
        tiles |= {"text": _grid(floor, numbers), "texttemplate": "%{text}", "textfont": {"color": "@quiet"}}
    data: list[dict[str, Any]] = [tiles]
    for k, width in enumerate(WIDTHS):
        own = bins == k
        if own.any():
            data += _arrows(floor, (tile[own], direction[own], load[own]), (max(width * thin, 1.0), LOADS[k]), k)
    legend = {"x": 1.02, "y": 1, "title": {"text": "of the busiest"}, "traceorder": "reversed"}
    layout = {**_mesh(floor), "legend": legend, "plot_bgcolor": "rgba(0, 0, 0, 0)"}
    figure = {"data": [*data, _port(floor)], "layout": layout, "caption": _said(floor, (tile, direction, load), used)}
    return Plot("links", "load of the links between tiles", (), {"": figure}, floor.width / floor.height)


def _used(floor: Floor) -> tuple[I64, I64, F64]:
    """Links that carry messages, the busiest first: tile, direction, messages per frame."""
    flat = floor.loads.reshape(-1)
    link = np.flatnonzero(flat)
    link = link[np.argsort(-flat[link], kind="stable")]
    return link // 4, link % 4, flat[link] / floor.frames


def _arrows(floor: Floor, links: tuple[I64, I64, F64], look: tuple[float, str], which: int) -> list[dict[str, Any]]:
    """Lines and heads of links of about the same load."""
    x: list[float | None] = []
    y: list[float | None] = []
    heads: list[tuple[float, float, str, str]] = []
    for t, d, load in zip(*(part.tolist() for part in links), strict=True):
        (at_x, at_y), (dx, dy) = (t % floor.width, t // floor.width), STEPS[d]
        aside_x, aside_y = 0.13 * -dy, 0.13 * dx
        begin, end = 0.3, 0.66
        x += [at_x + begin * dx + aside_x, at_x + end * dx + aside_x, None]
        y += [at_y + begin * dy + aside_y, at_y + end * dy + aside_y, None]
        leaves = floor.chip(at_x, at_y) != floor.chip(at_x + dx, at_y + dy)
        ends = f"({at_x}, {at_y}) to ({at_x + dx}, {at_y + dy}){', between chips' if leaves else ''}"
        words = f"link {ends}<br><b>{number(load, '', 6)} messages per frame</b>"
        heads.append((at_x + end * dx + aside_x, at_y + end * dy + aside_y, HEADS[d], words))
    width, colour = look
    share = 100 // len(WIDTHS)
    name = f"{which * share}–{(which + 1) * share} %"
    group = {"legendgroup": str(which), "hoverlabel": {"align": "left"}}
    lines = {
        "type": "scatter", "x": x, "y": y, "mode": "lines", "line": {"width": width, "color": colour},
        "hoverinfo": "skip", "name": name, **group,
    }  # fmt: skip
    marks = {
        "type": "scatter", "x": [h[0] for h in heads], "y": [h[1] for h in heads], "mode": "markers",
        "marker": {"symbol": [h[2] for h in heads], "size": 4 + 1.4 * width, "color": colour},
        "text": [h[3] for h in heads], "hovertemplate": "%{text}<extra></extra>", "showlegend": False, **group,
    }  # fmt: skip
    return [lines, marks]


def _said(floor: Floor, shown: tuple[I64, I64, F64], used: int) -> str:
    width, height = floor.width, floor.height
    every = 2 * (width * (height - 1) + height * (width - 1))
    if not used:
        return "No message crosses a link: everything stays on its tile." + _marks_said(floor)
    t, d, load = (part[0] for part in shown)
    x, y = int(t) % width, int(t) // width
    dx, dy = STEPS[int(d)]
    words = (
        f"Busiest link: tile ({x}, {y}) to ({x + dx}, {y + dy}), {number(float(load), '', 6)} messages per frame; "
        f"colour and width are the share of that. {used:,} of {every:,} links between tiles carry messages"
    )
    return words + (f"; the {LINKS:,} busiest are drawn." if used > LINKS else ".") + _marks_said(floor)
