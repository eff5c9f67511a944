"""The charts of a sweep: every figure along every axis of the grid, and the front of any two of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import F64
from snnmap.render.labels import label, mode_of
from snnmap.render.numbers import number, scale_of
from snnmap.render.page.plot import MODES, Figure, Option, Picker, Plot, listed, plain, shades
from snnmap.render.plots import SERIES

COLOURS = 24
"""Values that an axis may have to colour runs by: more are not told apart."""
WIDE = 30.0
"""Ratio of the largest to the least value from which on an axis is logarithmic."""
HEIGHT = 440
FRONT = "#d55e00"
WORDS = {"device_temperature_average_K": "temperature of the average crossbar"}
"""What figures are called whose usual words need the heading above them."""
Shared = dict[str, Any]
"""Columns that the figures refer to by name, so that the page holds each once."""


class Curve(NamedTuple):
    """The front of two figures, as runs."""

    front: tuple[int, ...]
    """Best in the first figure first."""
    knee: int
    """Of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """The runs of one workload that fit their chip."""

    workload: str
    names: tuple[str, ...]
    axes: Mapping[str, tuple[str, ...]]
    """What varies, to its value in every run."""
    figures: Mapping[str, F64]
    """Figure to its values (runs,), SI, at most the horizon; NaN where a run has none."""
    beyond: Mapping[str, frozenset[int]]
    """Figure to the runs in which it lies beyond the horizon."""
    fronts: Mapping[tuple[str, str], Curve]

    def place(self, k: int) -> str:
        """Where run `k` stands in the grid, in words."""
        return ", ".join(f"{axis} {values[k]}" for axis, values in self.axes.items()) or "the only run"


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Everything that a page shows of a sweep."""

    ran: Sequence[Ran]
    more: frozenset[str]
    """Figures of which more is better."""
    refused: Sequence[tuple[str, str]]
    """Runs that do not fit, and why."""
    provenance: Sequence[tuple[str, str]]
    version: str

    def axes(self) -> list[str]:
        """What varies."""
        return list(dict.fromkeys(axis for ran in self.ran for axis in ran.axes))

    def figures(self) -> list[str]:
        """Figures that some run has."""
        return list(dict.fromkeys(figure for ran in self.ran for figure in ran.figures))

    def better(self, figure: str) -> str:
        """Which way."""
        return "more is better" if figure in self.more else "less is better"


def charts(runs: Runs) -> tuple[list[Plot], Shared]:
    """Charts of the sweep that there is something to show in, and the columns they share."""
    shared: Shared = {}
    for w, ran in enumerate(runs.ran):
        shared[f"run:{w}"] = [f"{plain(ran.place(k))}<br>run {plain(name)}" for k, name in enumerate(ran.names)]
        for axis, values in ran.axes.items():
            shared[f"{axis}:{w}"] = [plain(value) for value in values]
            shared[f"{axis}:{w}:places"] = [plain(value) for value in dict.fromkeys(values)]
            for v, value in enumerate(dict.fromkeys(values) if _few(runs, axis) else ()):
                shared[f"{axis}={v}:{w}"] = [k for k, said in enumerate(values) if said == value]
        for figure, found in ran.figures.items():
            shared[f"{figure}:{w}"] = listed(found / _scaled(ran, figure)[0])
    return [plot for plot in (_along(runs), _fronts(runs)) if plot is not None], shared


def _scaled(ran: Ran, figure: str) -> tuple[float, str]:
    return scale_of(float(np.nanmax(np.abs(ran.figures[figure]))), label(figure).unit)


def _named(ran: Ran, figure: str) -> dict[str, Any]:
    """An axis of a chart: title with unit, logarithmic where the values differ widely."""
    values, (_, unit) = ran.figures[figure], _scaled(ran, figure)
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    wide = least > 0 and most > WIDE * least
    return {"title": {"text": plain(_words(figure) + (f", {unit}" if unit else ""))}, "type": "log" if wide else "-"}


def words_of(figure: str) -> str:
    """What a figure is called where it stands alone."""
    return WORDS.get(figure) or label(figure).words.strip()


def _words(figure: str) -> str:
    mode = f"{MODES[mode_of(figure)]}: " if mode_of(figure) else ""
    return f"{mode}{words_of(figure)}"


def _along(runs: Runs) -> Plot | None:
    """One figure along one axis, in colours of another."""
    axes = runs.axes()
    if not axes:
        return None
    every = [*(axis for axis in axes if _few(runs, axis)), "no axis"]
    figures = {
        f"{w}/{figure}/{a}/{c}": _points(runs, w, figure, axis, colour)
        for w, ran in enumerate(runs.ran)
        for figure in ran.figures
        for a, axis in enumerate(axes)
        for c, colour in enumerate(every)
        if axis in ran.axes and (colour in ran.axes or c == len(every) - 1)
    }
    second = next((c for c, colour in enumerate(every) if colour != axes[0]), 0)
    order = sorted(range(len(every)), key=lambda c: c != second)
    pickers = (
        Picker("Workload", tuple(Option(str(w), ran.workload) for w, ran in enumerate(runs.ran))),
        Picker("Figure", _options(runs.figures())),
        Picker("Along", tuple(Option(str(a), axis) for a, axis in enumerate(axes))),
        Picker("Coloured by", tuple(Option(str(c), every[c]) for c in order)),
    )
    return Plot("along", "figures along the grid", pickers, figures)


def _few(runs: Runs, axis: str) -> bool:
    return all(len(set(ran.axes.get(axis, ()))) <= COLOURS for ran in runs.ran)


def _options(figures: Sequence[str]) -> tuple[Option, ...]:
    """Figures as a picker has them, those of a mode together."""
    grouped = sorted(figures, key=lambda figure: list(MODES).index(mode_of(figure)))
    return tuple(Option(f, words_of(f), MODES[mode_of(f)].removeprefix("the ")) for f in grouped)


def _points(runs: Runs, w: int, figure: str, axis: str, colour: str) -> Figure:
    ran = runs.ran[w]
    unit = _scaled(ran, figure)[1]
    data: list[dict[str, Any]] = []
    for name, at, shade, chosen in _groups(ran, w, colour):
        dots = {
            "type": "scatter",
            "mode": "markers",
            "x": {"$ref": f"{axis}:{w}", **at},
            "y": {"$ref": f"{figure}:{w}", **at},
            "customdata": {"$ref": f"run:{w}", **at},
            "marker": {"size": 8, "opacity": 0.75, "color": shade},
            "name": plain(name),
            "legendgroup": name,
            "showlegend": bool(name),
            "hovertemplate": f"<b>%{{y:,.4g}}{f' {unit}' if unit else ''}</b><br>%{{customdata}}<extra></extra>",
        }
        line: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines",
            "x": {"$ref": f"{axis}:{w}:places"},
            "y": listed(_medians(ran, figure, axis, chosen)),
            "line": {"color": shade, "width": 1.5},
            "legendgroup": name,
            "showlegend": False,
            "connectgaps": True,
            "hoverinfo": "skip",
        }
        data += [line, dots]
    layout = {
        "height": HEIGHT,
        "xaxis": {"title": {"text": plain(axis)}, "type": "category"},
        "yaxis": _named(ran, figure),
        "legend": {"title": {"text": plain(colour)}, "orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        "margin": {"l": 60, "r": 15, "t": 40, "b": 60},
    }  # fmt: skip
    said = f"Points are runs of {ran.workload}, lines join their medians; {runs.better(figure)}.{_horizon(ran, figure)}"
    return {"data": data, "layout": layout, "caption": said}


def _groups(ran: Ran, w: int, colour: str) -> Iterator[tuple[str, dict[str, str], str, list[int]]]:
    """Runs of one colour: its name, where the page finds them, the colour, and which they are."""
    if colour not in ran.axes:
        yield "", {}, SERIES[0], list(range(len(ran.names)))
        return
    values = ran.axes[colour]
    names = list(dict.fromkeys(values))
    colours = SERIES if len(names) <= len(SERIES) else shades(len(names))
    for v, (name, shade) in enumerate(zip(names, colours, strict=False)):
        yield name, {"$at": f"{colour}={v}:{w}"}, shade, [k for k, value in enumerate(values) if value == name]


def _medians(ran: Ran, figure: str, axis: str, chosen: Sequence[int]) -> F64:
    """Median of the chosen runs at every place of an axis, as drawn; NaN where none of them has the figure."""
    values, places = ran.figures[figure] / _scaled(ran, figure)[0], ran.axes[axis]
    there: dict[str, list[float]] = {place: [] for place in places}
    for k in chosen:
        if np.isfinite(values[k]):
            there[places[k]].append(float(values[k]))
    return np.array([median(found) if found else np.nan for found in there.values()], np.float64)


def _horizon(ran: Ran, figure: str) -> str:
    count = len(ran.beyond.get(figure, ()))
    if not count:
        return ""
    limit = number(float(np.nanmax(ran.figures[figure])), label(figure).unit, 3)
    return f" {count} of {len(ran.names)} lie beyond the horizon of {limit}, and are drawn at it: none is claimed."


def _fronts(runs: Runs) -> Plot | None:
    """Two figures against each other, with the runs that no other beats in both."""
    figures = {
        f"{w}/{across}/{up}": _front(runs, w, across, up)
        for w, ran in enumerate(runs.ran)
        for pair in ran.fronts
        for across, up in (pair, pair[::-1])
    }
    if not figures:
        return None
    pairs = list(dict.fromkeys(pair for ran in runs.ran for pair in ran.fronts))
    options = _options([f for f in runs.figures() if any(f in pair for pair in pairs)])
    first = [next(o for o in options if o.value == figure) for figure in pairs[0]]
    pickers = (
        Picker("Workload", tuple(Option(str(w), ran.workload) for w, ran in enumerate(runs.ran))),
        *(
            Picker(words, (chosen._replace(group=""), *(o for o in options if o != chosen)))
            for words, chosen in zip(("Across", "Up"), first, strict=True)
        ),
    )
    return Plot("front", "runs that no other run beats", pickers, figures)


def _front(runs: Runs, w: int, across: str, up: str) -> Figure:
    ran = runs.ran[w]
    curve = ran.fronts.get((across, up)) or ran.fronts[up, across]
    (x, x_unit), (y, y_unit) = (_scaled(ran, figure) for figure in (across, up))
    hover = f"<b>%{{x:,.4g}}{f' {x_unit}' if x_unit else ''}, %{{y:,.4g}}{f' {y_unit}' if y_unit else ''}</b><br>"
    chosen = list(curve.front)
    front = {"x": listed(ran.figures[across][chosen] / x), "y": listed(ran.figures[up][chosen] / y)}
    knee = chosen[curve.knee]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "markers", "name": "runs", "x": {"$ref": f"{across}:{w}"},
            "y": {"$ref": f"{up}:{w}"}, "customdata": {"$ref": f"run:{w}"},
            "marker": {"size": 7, "opacity": 0.55, "color": "@quiet"},
            "hovertemplate": f"{hover}%{{customdata}}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines+markers", "name": "front", **front, "hoverinfo": "skip",
            "line": {"color": FRONT, "width": 1.5}, "marker": {"size": 9, "color": FRONT},
        },
        {
            "type": "scatter", "mode": "markers", "name": "knee", "hoverinfo": "skip",
            "x": listed(ran.figures[across][[knee]] / x), "y": listed(ran.figures[up][[knee]] / y),
            "marker": {"size": 18, "symbol": "circle-open", "color": "@ink", "line": {"width": 2, "color": "@ink"}},
        },
    ]  # fmt: skip
    layout = {
        "height": HEIGHT, "xaxis": _named(ran, across), "yaxis": _named(ran, up), "hovermode": "closest",
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        "margin": {"l": 60, "r": 15, "t": 40, "b": 60},
    }  # fmt: skip
    said = (
        f"{len(chosen)} of {len(ran.names)} runs of {ran.workload} are beaten by no other in both; across, "
        f"{runs.better(across)}; up, {runs.better(up)}. The knee is {ran.place(knee)} (run {ran.names[knee]})."
    )
    return {"data": data, "layout": layout, "caption": said + _horizon(ran, across) + _horizon(ran, up)}
