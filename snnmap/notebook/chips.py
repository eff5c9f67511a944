"""Chips, and how accurate a network is on them."""

from collections.abc import Callable
from typing import Any

from snnmap.hardware import Hardware, describe
from snnmap.ir.devices import ChipMap
from snnmap.notebook.frames import table
from snnmap.pipeline.accuracy import MappedAccuracy
from snnmap.render.accuracy import accuracy_sheet, budget_sheet
from snnmap.render.cell import Cell
from snnmap.render.chips import chip_told
from snnmap.render.drawings import draw_accuracy
from snnmap.render.numbers import span
from snnmap.render.refresh import headline, refresh_sheet
from snnmap.render.sheets import Sheet, sheet

CONSTANTS = ("quantity", "value", "band", "citation")


def hardware_cell(chip: Hardware) -> Cell:
    """Limits of a chip in words, and every constant."""
    mesh = f"up to {chip.max_tiles:,} tiles" if chip.adaptive else f"{chip.mesh_width} x {chip.mesh_height} tiles"
    rows = [
        (key, q.written.removesuffix(" 1"), span(q.band, q.unit), q.citation) for key, q in chip.quantities().items()
    ]
    told, *limits = describe(chip)
    folded = [(f"all {len(rows)} constants, with units and sources", [sheet("", CONSTANTS, rows)])]
    aside = f"{chip.technology.name}; {mesh} of {chip.crossbar} crossbars; {told}"
    return Cell(chip.name, aside=aside, lines=limits, folded=folded)


def chip_cell(chip: ChipMap) -> Cell:
    """Size, stuck cells and spread of the columns of one chip."""
    facts = chip.facts()
    width, height = facts["mesh"]
    return Cell(facts["chip"], aside=f"one chip of {width} x {height} tiles", lines=chip_told(facts))


def accuracy_cell(found: MappedAccuracy) -> Cell:
    """What `accuracy` prints: a table over ages, what it rests on, write pulses, refresh intervals."""
    document = found.document()
    first = accuracy_sheet(document)
    tables = [first._replace(title="")]
    if document["program_pulses"]:
        tables.append(budget_sheet(document["program_pulses"], document["measured"]))
    tables += [_refresh(each) for each in document["refresh"]]
    return Cell(first.title, tables)


def _refresh(found: dict[str, Any]) -> Sheet:
    return refresh_sheet(found)._replace(title=headline(found))


def _hardware_frame(chip: Hardware) -> Any:
    known = chip.quantities()
    return table(
        {
            "quantity": list(known),
            "value": [float(q.value) for q in known.values()],
            "unit": [q.unit for q in known.values()],
            "recalled": [bool(q.recalled) for q in known.values()],
            "citation": [q.citation for q in known.values()],
        }
    )


def _accuracy_frame(found: MappedAccuracy) -> Any:
    document = found.document()
    ages = document["ages"]
    columns: dict[str, list[Any]] = {name: [age[name] for age in ages] for name in ("age_s", "mean", "deviation")}
    for name, key in (("interval", "interval"), ("change", "change_interval")):
        if name == "change":
            columns[name] = [age[name] for age in ages]
        columns[f"{name}_low"] = [age[key][0] for age in ages]
        columns[f"{name}_high"] = [age[key][1] for age in ages]
    facts = {name: [document[name]] * len(ages) for name in ("measured", "ideal", "devices", "frames")}
    return table({**columns, **facts})


CELLS: dict[str, Callable[[Any], Cell]] = {
    "ChipMap": chip_cell,
    "Hardware": hardware_cell,
    "MappedAccuracy": accuracy_cell,
}
FIGURES: dict[str, Callable[..., Any]] = {"MappedAccuracy": lambda found: draw_accuracy(found.document())}
FRAMES: dict[str, Callable[[Any], Any]] = {"Hardware": _hardware_frame, "MappedAccuracy": _accuracy_frame}
