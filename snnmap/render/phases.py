"""A network in phases, in words: the phases one by one, and what all of them take."""

from typing import Any

from snnmap.render.numbers import number
from snnmap.render.refresh import DIGITS
from snnmap.render.sheets import Sheet, sheet

COLUMNS = (
    "phase",
    "layers",
    "crossbars",
    "resident",
    "cells written",
    "programming",
    "a step every",
    "latency",
    "chunk",
    "exchange",
    "all steps",
)


def phases_sheet(document: dict[str, Any]) -> Sheet:
    """The document of `phases` as a table of phases, with everything else below it."""
    figures = document["figures"]
    title = f"{document['workload']} on {document['hardware']}, {document['technology']}: {_fits(figures)}"
    rows = [
        (
            str(row["phase"]),
            _layers(row["layers"]),
            f"{row['crossbars']}",
            f"{row['residents']}",
            f"{row['cell_writes']:,}",
            *(number(row[key], "s", DIGITS) for key in ("programming_s", "period_s", "latency_s")),
            f"{row['chunk']}",
            *(number(row[key], "s", DIGITS) for key in ("exchange_s", "steps_s")),
        )
        for row in document["phases"]
    ]
    return sheet(title, COLUMNS, rows, _below(document))


def _fits(figures: dict[str, Any]) -> str:
    phases, tiles = figures["phases"], figures["mesh_tiles"]
    many = "in 1 phase" if phases == 1 else f"in {phases} phases"
    return f"fits {many} of {tiles} tiles, {figures['cell_writes']:,} cell writes a frame"


def _layers(names: list[str]) -> str:
    return ", ".join(names) if len(names) < 4 else f"{names[0]} .. {names[-1]}"


def _below(document: dict[str, Any]) -> list[str]:
    """Bounds, times, energy and life."""
    figures, worth = document["figures"], "guaranteed" if document["guaranteed"] else "estimate"
    frame, programming = (number(figures[key], "s", DIGITS) for key in ("frame_s", "programming_s"))
    gap = f"{100 * figures['cell_writes_gap_share']:.3g} %"
    lines = [
        f"crossbars: {figures['crossbars']:,}; phases at least {figures['phases_at_least']}",
        f"cell writes at least {figures['cell_writes_bound']:,} a frame for these crossbars; these are {gap} above it",
        f"{worth}: a frame every {frame}, of which programming {programming}",
        f"waits outside the tiles: {figures['kept_bits']:,} bits at most; its memory's energy is not counted",
    ]
    lines += _choices(document)
    energy = figures.get("device_energy_total_J")
    if energy is not None:
        parts = ("energy_run_J", "energy_exchange_J", "device_energy_programming_J", "device_energy_leakage_J")
        shown = [number(figures[part], "J", DIGITS) for part in parts]
        lines.append(
            f"energy a frame, device mode: {number(energy, 'J', DIGITS)} = run {shown[0]} + exchange {shown[1]} + "
            f"programming {shown[2]} + leakage {shown[3]}"
        )
    life = figures.get("device_lifetime_s")
    if life is not None:
        first = number(figures["device_first_failure_s"], "s", DIGITS)
        lines.append(
            f"lifetime, device mode: {number(life, 's', DIGITS)} of the most written cell, median, programmed "
            f"{figures['writes_of_one_cell']} times a frame; first failure after {first} (50 %)"
        )
    return lines


def _choices(document: dict[str, Any]) -> list[str]:
    """What more writes would buy, at the ends and in the middle."""
    choices, bound = document["choices"], document["figures"]["cell_writes_bound"]
    if len(choices) < 2:
        return []
    some = [choices[k] for k in sorted({0, len(choices) // 2, len(choices) - 1})]
    said = [
        f"{100 * (c['writes'] / bound - 1):.3g} % more than the least: {c['phases']} phases, "
        f"{number(c['seconds'], 's', DIGITS)} a frame"
        for c in some
    ]
    return [f"plans (--within), as the search counts times: {'; '.join(said)}"]
