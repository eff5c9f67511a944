"""The schedule as a Gantt chart: what every tile does from the first input of a step on, critical cycle marked."""

from typing import Any

from snnmap.ir.scenes import Firing, Timeline
from snnmap.render.numbers import number, scale_of
from snnmap.render.page.plot import Figure, Plot, plain
from snnmap.render.printable import one_line

KINDS = {
    "read": ("reads its crossbar", "#56b4e9"),
    "fire": ("adds sums up and fires", "#0072b2"),
    "message": ("message on its way", "#999999"),
}
CRITICAL = "#d55e00"
LONGEST = 28
"""Characters of a lane's name."""
LANE = 24
"""Height of a lane, pixels."""
PERIODS = 12
"""Ends of periods that are drawn."""


def gantt(timeline: Timeline) -> Plot:
    """One period's firings, a lane per tile, and a lane for each of the messages."""
    end = max((f.start + f.seconds for f in timeline.firings), default=timeline.period)
    scale, unit = scale_of(max(end, timeline.period), "s")
    lanes = list(dict.fromkeys(_lane(firing) for firing in timeline.firings))
    data = [
        _bars(timeline, kind, critical, (scale, unit))
        for kind in KINDS
        for critical in (False, True)
        if any(_kind(f) == kind and f.critical == critical for f in timeline.firings)
    ]
    ends = [k * timeline.period / scale for k in range(1, PERIODS + 1) if k * timeline.period <= end * 1.02]
    layout = {
        "barmode": "overlay",
        "bargap": 0.25,
        "height": 150 + LANE * max(len(lanes), 2),
        "xaxis": {"title": {"text": f"time, {unit}"}, "rangemode": "tozero"},
        "yaxis": {"categoryorder": "array", "categoryarray": lanes, "autorange": "reversed", "automargin": True},
        "shapes": [_line(x) for x in ends],
        "annotations": [_note(x, k) for k, x in enumerate(ends, 1)],
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "top", "x": 0, "yref": "container"},
        "margin": {"l": 20, "r": 15, "t": 85, "b": 50},
    }
    figure: Figure = {"data": data, "layout": layout, "caption": _said(timeline)}
    return Plot("schedule", "schedule of the tiles", (), {"": figure})


def _kind(firing: Firing) -> str:
    if firing.tile < 0:
        return "message"
    return "fire" if firing.actor.endswith("fire") else "read"


def _lane(firing: Firing) -> str:
    if firing.tile >= 0:
        return f"tile {firing.tile}"
    name = firing.actor.removeprefix("noc/").replace(">", " → ")
    return plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")


def _bars(timeline: Timeline, kind: str, critical: bool, unit: tuple[float, str]) -> dict[str, Any]:
    own = [f for f in timeline.firings if _kind(f) == kind and f.critical == critical]
    words, colour = KINDS[kind]
    marker: dict[str, Any] = {"color": CRITICAL if critical else colour, "line": {"width": 0}}
    if critical:
        fill = {"read": "", "fire": "/", "message": "x"}[kind]
        marker |= {"pattern": {"shape": fill, "bgcolor": CRITICAL, "fgcolor": "#ffffff", "size": 6, "solidity": 0.25}}
    texts = [
        f"<b>{plain(f.actor)}</b>, {words}<br>from {number(f.start, 's', 4)} for {number(f.seconds, 's', 4)}"
        + ("<br>on the critical cycle" if f.critical else "")
        for f in own
    ]
    return {
        "type": "bar",
        "orientation": "h",
        "name": f"{words}{', critical' if critical else ''}",
        "base": [float(f"{f.start / unit[0]:.6g}") for f in own],
        "x": [float(f"{f.seconds / unit[0]:.6g}") for f in own],
        "y": [_lane(f) for f in own],
        "marker": marker,
        "hovertext": texts,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _line(x: float) -> dict[str, Any]:
    line = {"color": "@ink", "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def _note(x: float, periods: int) -> dict[str, Any]:
    return {
        "x": x, "y": 1, "xref": "x", "yref": "paper", "text": "1 period" if periods == 1 else str(periods),
        "showarrow": False, "yanchor": "bottom", "font": {"color": "@ink"},
    }  # fmt: skip


def _said(timeline: Timeline) -> str:
    unit = "step" if timeline.block == 1 else f"block of {timeline.block:,} steps"
    parts = [f"From the first input of a {unit} on; a new one starts every {number(timeline.period, 's', 4)}."]
    cycle = [one_line(name) for name in timeline.cycle]
    if len(cycle) > 6:
        cycle = [*cycle[:4], f"({len(cycle) - 5} more)", cycle[-1]]
    parts += [f"Critical cycle: {' → '.join([*cycle, cycle[0]])}."] if cycle else []
    (shown, used), (drawn, every) = timeline.tiles, timeline.messages
    if shown < used:
        parts.append(f"{shown} of {used:,} tiles are shown: those of the critical cycle and the busiest.")
    if every:
        longest = "all messages" if drawn == every else f"the {drawn} longest of {every:,} messages"
        parts.append(f"Below the tiles {longest}.")
    return " ".join(parts)
