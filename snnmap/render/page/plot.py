"""What the charts of a page are made of: figures in Plotly's words, pickers, and large arrays made small."""

import base64
import html
import zlib
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import F64
from snnmap.ir import Chart
from snnmap.render.numbers import number
from snnmap.render.plots import Drawn, readable, told_apart
from snnmap.render.printable import one_line

Figure = dict[str, Any]
"""`data` and `layout` as Plotly has them, colours named `@...` after the theme; and `caption`, in words.

`flat`, if it is there, are the ends of a colour scale on which the values look as equal as they are.
"""
CODES = 65_534
"""Steps of a packed array; one more code is for none."""
CIVIDIS = (
    *("#00204c", "#00306e", "#2a406c", "#48516b", "#5e626e", "#727374", "#878479", "#9e9677", "#b6a971", "#d0be67"),
    *("#ead357", "#ffea46"),
)
"""Monotone in lightness: it reads in grey print and for colour-blind readers."""
MODES = {"": "the mapping", "device": "device mode", "espine": "espine mode"}


class Option(NamedTuple):
    """One entry of a picker."""

    value: str
    text: str
    group: str = ""


class Picker(NamedTuple):
    """What a reader chooses from."""

    label: str
    options: tuple[Option, ...]

    def groups(self) -> list[tuple[str, list[Option]]]:
        """Headings with their options, in order."""
        return [(group, list(found)) for group, found in groupby(self.options, lambda option: option.group)]


class Plot(NamedTuple):
    """One chart of the page."""

    key: str
    title: str
    pickers: tuple[Picker, ...]
    figures: Mapping[str, Figure]
    """By the values of the pickers, joined by `/`."""
    unlike: float = 0.0
    """Width over height of what it shows, if that must not be stretched; 0: it fills its frame."""


def plain(text: str) -> str:
    """`text` for a label of a figure, where Plotly would read tags."""
    return html.escape(one_line(text), quote=False)


def shades(count: int) -> list[str]:
    """`count` colours from dark to light, for things in an order."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in CIVIDIS], float)
    at = np.linspace(0.0, len(stops) - 1, count) if count > 1 else np.array([len(stops) / 2])
    mixed = [np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)]
    return [f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in zip(*mixed, strict=True)]


def scale_of_layers(layers: Sequence[str]) -> dict[str, Any]:
    """Colour scale of a heat map of places in `layers`, with their names at its bar."""
    count = len(layers)
    colours = [[edge / count, c] for k, c in enumerate(shades(count)) for edge in (k, k + 1)]
    ticks = {"tickvals": list(range(count)), "ticktext": [plain(name) for name in layers]}
    bar = {
        **BAR,
        "orientation": "v",
        "x": 1.02,
        "y": 0.5,
        "yanchor": "middle",
        "len": 1.0,
        **ticks,
        "title": {"text": "layer"},
    }
    return {"colorscale": colours, "zmin": -0.5, "zmax": count - 0.5, "colorbar": bar}


BAR: dict[str, Any] = {"thickness": 12, "outlinewidth": 0, "orientation": "v", "len": 1.0, "x": 1.02}


def listed(values: F64) -> list[Any]:
    """Values (n,) with five digits, none for NaN."""
    return [None if not np.isfinite(v) else float(f"{v:.5g}") for v in values.tolist()]


def packed(values: F64) -> dict[str, Any]:
    """A map as 16-bit numbers, compressed, for `page.js` to unpack: 65,534 steps between least and greatest value."""
    finite = np.isfinite(values)
    low, high = (float(f(values[finite])) if finite.any() else 0.0 for f in (np.min, np.max))
    step = (high - low) / CODES or 1.0
    codes = np.where(finite, np.rint((np.where(finite, values, low) - low) / step), CODES + 1).astype("<u2")
    squeezed = base64.b64encode(zlib.compress(codes.tobytes(), 9)).decode()
    return {"$packed": squeezed, "low": low, "step": step, "shape": list(values.shape)}


class Told(NamedTuple):
    """A map ready to be coloured."""

    drawn: Drawn
    scale: dict[str, Any]
    """Colour scale, its ends and its bar; of logarithmic colours, of the logarithms of the values."""
    values: F64
    """What is coloured."""
    flat: tuple[float, float] | None
    """Ends of a scale that shows the values as equal as they are."""
    remark: str

    def words(self, chart: Chart) -> str:
        """What the map shows, with its mode, and what its values are above."""
        mode = f"{MODES[chart.mode]}: " if chart.mode else ""
        base = self.drawn.title.rpartition("\n")[2]
        return f"{mode}{chart.words.partition(chr(10))[0]}{', ' + base if base.startswith('above') else ''}"

    def caption(self, chart: Chart) -> str:
        """The map in a sentence, with its unit."""
        unit = f" ({self.drawn.unit})" if self.drawn.unit else ""
        more = "".join(f" {line.strip('()').capitalize()}." for line in chart.words.split("\n")[1:])
        words = self.words(chart)
        return f"{words if chart.mode else words[0].upper() + words[1:]}{unit}.{more} {self.remark}".strip()

    def readout(self, chart: Chart) -> dict[str, Any]:
        """What `page.js` needs to say a value in words."""
        return {"unit": self.drawn.unit, "words": plain(self.words(chart)), "decades": self.drawn.decades}


def told(chart: Chart, horizon: float = np.inf) -> Told:
    """A map in a unit that suits it, and whether its colours say anything; of times beyond `horizon` nothing is."""
    drawn = readable(chart)
    values = np.log10(drawn.values) if drawn.decades else drawn.values
    finite, raw = values[np.isfinite(values)], chart.values[np.isfinite(chart.values)]
    bar: dict[str, Any] = {**BAR, "title": {"text": drawn.unit, "side": "right"}}
    if not len(finite):
        return Told(drawn, {"colorscale": "Cividis", "colorbar": bar}, values, None, "There is none.")
    low, high = float(finite.min()), float(finite.max())
    if drawn.decades:
        bar |= _decades(low, high)
    scale = {"colorscale": "Cividis", "colorbar": bar, "zmin": low, "zmax": high}
    spread = float(raw.max() - raw.min())
    if spread == 0.0:
        middle = {"zmin": low - 1.0, "zmax": high + 1.0, "showscale": False}
        return Told(drawn, scale | middle, values, None, f"{number(float(raw[0]), chart.unit)} everywhere.")
    alike = told_apart(chart, horizon)
    half = (high - low) / 2.0 * alike.wider
    flat = None if not alike.remark else ((low + high) / 2.0 - half, (low + high) / 2.0 + half)
    return Told(drawn, scale, values, flat, alike.remark)


def _decades(low: float, high: float) -> dict[str, Any]:
    """Ticks of a bar of logarithms, at whole decades, as their values."""
    every = max(1, int(np.ceil((high - low) / 8)))
    ticks = np.arange(np.ceil(low), np.floor(high) + 1, every)
    return {"tickvals": ticks.tolist(), "ticktext": [f"{10.0**t:g}" for t in ticks]}
