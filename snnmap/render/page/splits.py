"""Where energy and area go: one bar per part, largest first; the dynamic energy and that of device mode apart."""

from collections.abc import Mapping
from typing import Any

from snnmap.render.labels import LABELS
from snnmap.render.numbers import number, scale_of
from snnmap.render.page.plot import Figure, Option, Picker, Plot
from snnmap.render.plots import SERIES

WHOLE = ("energy_J", "device_energy_total_J", "area_m2")
DYNAMIC = ("neuron", "noc", "chip_links", "merge", "adc", "dac", "buffer")
PARTS: dict[str, tuple[str, ...]] = {
    "energy_J": ("energy_array_J", *(f"energy_{part}_J" for part in DYNAMIC)),
    "device_energy_total_J": (
        *("device_energy_array_J", "device_energy_leakage_J", "device_energy_programming_J"),
        *(f"energy_{part}_J" for part in DYNAMIC),
    ),
}
TITLES = {
    "energy_J": "dynamic energy of a frame",
    "device_energy_total_J": "device mode: all energy of a frame, leakage and re-programming too",
}
LARGE = 0.5
"""Share of the longest bar from which on a bar has room for its label."""


def energy_plot(figures: Mapping[str, Any]) -> Plot | None:
    """Energy of a frame by what it is spent on."""
    known = [whole for whole in PARTS if isinstance(figures.get(whole), int | float)]
    if not known:
        return None
    drawn = {whole: _bars(figures, whole, PARTS[whole], TITLES[whole], SERIES[0]) for whole in known}
    options = tuple(Option(whole, TITLES[whole]) for whole in known)
    return Plot("energy", "energy of a frame by part", (Picker("Show", options),), drawn)


def area_plot(figures: Mapping[str, Any]) -> Plot | None:
    """Silicon of the chip by component."""
    parts = tuple(key for key in figures if key.startswith("area_") and key.endswith("_m2") and key != "area_m2")
    if not parts or not figures.get("area_m2"):
        return None
    return Plot("area", "area by part", (), {"": _bars(figures, "area_m2", parts, "area of all tiles", SERIES[2])})


def _bars(figures: Mapping[str, Any], whole: str, parts: tuple[str, ...], title: str, colour: str) -> Figure:
    total, unit = float(figures[whole]), LABELS[whole].unit
    have = {key: float(figures[key]) for key in parts if isinstance(figures.get(key), int | float) and figures[key]}
    order = sorted(have, key=lambda key: have[key])
    scale, name = scale_of(max(have.values(), default=total), unit)
    texts = [f"{number(have[key], unit, 3)}  ({100 * have[key] / total:.1f} %)" for key in order]
    words = [LABELS[key].words.strip() for key in order]
    most = max(have.values(), default=1.0)
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [float(f"{have[key] / scale:.5g}") for key in order],
        "y": words,
        "text": texts,
        "textposition": ["inside" if have[key] > LARGE * most else "outside" for key in order],
        "insidetextanchor": "end",
        "insidetextfont": {"color": "#ffffff"},
        "cliponaxis": False,
        "marker": {"color": colour},
        "hovertemplate": "%{y}: <b>%{text}</b><extra></extra>",
    }
    layout = {
        "height": 90 + 30 * max(len(order), 3),
        "xaxis": {"title": {"text": name}, "rangemode": "tozero"},
        "yaxis": {"automargin": True, "ticks": ""},
        "bargap": 0.3,
        "margin": {"l": 20, "r": 20, "t": 10, "b": 45},
    }
    return {"data": [trace], "layout": layout, "caption": f"{title[0].upper()}{title[1:]}: {number(total, unit, 3)}."}
