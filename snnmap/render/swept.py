"""Rows of a sweep in words: where each stands in the grid, and the figures that people look for."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from snnmap.render.labels import label
from snnmap.render.numbers import number
from snnmap.render.sheets import Sheet, sheet

FIGURES = {
    "crossbars": "crossbars",
    "hops": "hops",
    "energy_J": "energy per frame",
    "period_s": "time per step",
    "area_m2": "area",
    "device_temperature_average_K": "average crossbar, device mode",
    "device_lifetime_s": "lifetime, device mode",
    "espine_lifetime_frames": "frames, espine mode",
}
"""Figures that are shown, and their heads."""
DIGITS = 4
BEYOND = re.compile(r"(\w+): beyond horizon \(([^)]*)\)")
"""Of the doubts of a row: figures of which nothing is claimed beyond the horizon."""


def swept_sheet(rows: Sequence[Mapping[str, Any]], most: int) -> Sheet:
    """What varies and the figures people look for, of the first rows; why others do not fit."""
    axes = varying(rows) or ["workload"]
    figures = {name: head for name, head in FIGURES.items() if any(name in row for row in rows)}
    shown = []
    for row in rows[:most]:
        point = place_of(row)
        shown.append((*(point[name] for name in axes), *(_figure(row, name) for name in figures)))
    lines = [f"{len(rows) - most} more rows are in the table"] if len(rows) > most else []
    refused = [row["why"] for row in rows if row["status"] != "mapped"]
    lines += [f"does not fit: {why}" for why in dict.fromkeys(refused)]
    return sheet("", (*axes, *figures.values()), shown, lines)


def runs_told(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many runs there are, and how many fit."""
    refused = sum(row["status"] != "mapped" for row in rows)
    return f"{len(rows)} runs{f', {refused} of them do not fit' if refused else ''}"


def varying(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What differs from row to row, of `place_of`."""
    told = [place_of(row) for row in rows]
    return [name for name in (told[0] if told else ()) if len({point[name] for point in told}) > 1]


def place_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Where a row stands in the grid, in words."""
    chip, _, size = row["hardware"].partition(":")
    mesh = [part.removeprefix("tiles=") for part in size.split(",") if part.startswith("tiles=")]
    return {
        "workload": row["workload"],
        "chip": chip,
        "crossbar": f"{row['rows'] or 'unlimited'}x{row['columns']}",
        "tiles": mesh[0] if mesh else "",
        "technology": row["technology"],
        "objective": row["objective"],
        "conv": way_of(row),
        "settings": row["settings"],
        "seed": str(row["seed"]),
    }


def way_of(row: Mapping[str, Any]) -> str:
    """How a run holds convolutions; as all did, where a table does not say it."""
    copies = f" x {row['copies']}" if row.get("copies") else ""
    return f"{row.get('conv') or 'unrolled'}{copies}"


def beyond(row: Mapping[str, Any]) -> dict[str, float]:
    """Figures of a row that lie beyond the horizon, with the horizon."""
    return {figure: float(limit) for figure, limit in BEYOND.findall(row["doubts"])}


def _figure(row: Mapping[str, Any], name: str) -> str:
    value, unit = row.get(name), label(name).unit
    limits = beyond(row)
    if name in limits:
        return f"> {number(limits[name], unit, DIGITS)}"
    if value is None:
        return "does not fit" if row["status"] != "mapped" and name == "crossbars" else "-"
    return value if isinstance(value, str) else number(value, unit, DIGITS)
