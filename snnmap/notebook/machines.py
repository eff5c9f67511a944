"""Networks on machines without crossbars."""

from collections.abc import Callable
from typing import Any

from snnmap.pipeline.mac import MacAccuracy
from snnmap.pipeline.manycore import Manycore
from snnmap.render.cell import Cell
from snnmap.render.mac import mac_sheet
from snnmap.render.manycore import manycore_sheet
from snnmap.render.sheets import Sheet


def mac_cell(found: MacAccuracy) -> Cell:
    """What `mac` prints: blocks, accuracy, time and energy."""
    return _cell(mac_sheet(found.document()))


def manycore_cell(found: Manycore) -> Cell:
    """What `manycore` prints: tiles, bytes, times."""
    return _cell(manycore_sheet(found.document()))


def _cell(made: Sheet) -> Cell:
    return Cell(made.title, [made._replace(title="", lines=())], lines=made.lines)


CELLS: dict[str, Callable[[Any], Cell]] = {"MacAccuracy": mac_cell, "Manycore": manycore_cell}
