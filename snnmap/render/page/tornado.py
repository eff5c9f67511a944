"""How far a figure moves when one uncertain quantity goes from one end of its band to the other."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from snnmap.render.labels import LABELS, label, mode_of
from snnmap.render.numbers import difference, number, scale_of
from snnmap.render.page.plot import MODES, Figure, Option, Picker, Plot, plain

MOST = 12
"""Quantities of a figure that are drawn."""
LOW, HIGH = "#56b4e9", "#d55e00"
WIDE = 30.0
"""Ratio of the largest to the least end from which on the axis is logarithmic."""


class Moved(NamedTuple):
    """One quantity, and the figure at both ends of its band."""

    quantity: str
    band: tuple[str, str]
    """Ends, with unit."""
    ends: tuple[Any, Any]
    """The figure there; none where it runs away, or never happens."""


def tornado_plot(base: Mapping[str, Any], moved: Mapping[str, Sequence[Moved]]) -> Plot | None:
    """One figure at a time; those that are words, or that nothing moves, are left to the text."""
    figures: dict[str, Figure] = {}
    options = []
    for name, listed in moved.items():
        if isinstance(base.get(name), int | float) and listed:
            mode = mode_of(name)
            figures[name] = _bars(name, float(base[name]), listed)
            options.append(Option(name, label(name).words.strip(), MODES[mode]))
    if not options:
        return None
    options.sort(key=lambda option: list(MODES.values()).index(option.group))
    return Plot("sensitivity", "sensitivity of a figure", (Picker("Figure", tuple(options)),), figures)


def _bars(name: str, base: float, moved: Sequence[Moved]) -> Figure:
    known = LABELS.get(name, label(name))
    shown = list(moved[:MOST])[::-1]
    unit = known.unit
    numbers = [float(v) for m in shown for v in m.ends if isinstance(v, int | float)] + [base]
    rises = unit == "K"
    scale, called = (1.0, "K") if rises else scale_of(base, unit)
    if rises:
        scale, called = scale_of(max(abs(v - base) for v in numbers), "K of difference")
    wide = not rises and min(numbers) > 0 and max(numbers) / min(numbers) > WIDE
    data = [_side(shown, end, (base, scale, unit), LOW if end == 0 else HIGH) for end in (0, 1)]
    middle = 0.0 if rises else base / scale
    axis: dict[str, Any] = {"title": {"text": f"change, {called}" if rises else called or "count"}}
    if wide:
        axis |= {"type": "log", "dtick": 1}
    line = {"color": "@ink", "width": 1.5}
    layout = {
        "height": 110 + 30 * max(len(shown), 3),
        "barmode": "overlay",
        "bargap": 0.35,
        "xaxis": axis,
        "yaxis": {"automargin": True, "ticks": "", "type": "category"},
        "shapes": [{"type": "line", "x0": middle, "x1": middle, "yref": "paper", "y0": 0, "y1": 1, "line": line}],
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        "margin": {"l": 20, "r": 20, "t": 40, "b": 50},
    }
    return {"data": data, "layout": layout, "caption": _said(name, base, moved)}


def _side(shown: Sequence[Moved], end: int, at: tuple[float, float, str], colour: str) -> dict[str, Any]:
    """Bars from the figure as it is to one end of every band; where it runs away there is none."""
    base, scale, unit = at
    rises = unit == "K"
    start = 0.0 if rises else base / scale
    lengths, texts = [], []
    for m in shown:
        value = m.ends[end]
        finite = isinstance(value, int | float)
        shift = ((float(value) - base) if rises else float(value)) / scale if finite else start
        lengths.append(float(f"{shift - start:.6g}"))
        said = (
            difference(float(value), base)
            if rises and finite
            else number(value, unit, 4)
            if finite
            else "runs away, or never"
        )
        texts.append(f"{plain(m.quantity)} = {plain(m.band[end])}<br><b>{said}</b>")
    return {
        "type": "bar",
        "orientation": "h",
        "name": ("low end of the band", "high end of the band")[end],
        "base": [start] * len(shown),
        "x": lengths,
        "y": [plain(m.quantity) for m in shown],
        "marker": {
            "color": colour,
            "pattern": {"shape": ("", "/")[end], "bgcolor": colour, "fgcolor": "#ffffff", "solidity": 0.2},
        },
        "hovertext": texts,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _said(name: str, base: float, moved: Sequence[Moved]) -> str:
    known = label(name)
    mode = f"{MODES[mode_of(name)]}: " if mode_of(name) else ""
    said = known.words.strip() if mode else known.words.strip().capitalize()
    words = f"{mode}{said}: {number(base, known.unit, 4)} as it is. One quantity at a time."
    lost = [m.quantity for m in moved if any(v is None for v in m.ends)]
    if lost:
        words += f" At an end of {', '.join(lost)} it runs away, or never happens: no bar."
    return words + (f" The {MOST} that move it most of {len(moved)}." if len(moved) > MOST else "")
