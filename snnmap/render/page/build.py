"""The page itself: charts and words of a mapping in one file that loads nothing."""

from typing import Any

from snnmap.render.page import told
from snnmap.render.page.content import Content
from snnmap.render.page.crossbar import crossbars_plot
from snnmap.render.page.document import document
from snnmap.render.page.floor import links_plot, tiles_plot
from snnmap.render.page.plot import Plot, plain
from snnmap.render.page.schedule import gantt
from snnmap.render.page.spikes import raster_plot
from snnmap.render.page.splits import area_plot, energy_plot
from snnmap.render.page.tornado import tornado_plot

SECTIONS = {
    "guarantees": "Guarantees",
    "figures": "Figures",
    "tiles": "Tiles and links",
    "crossbar": "Crossbar",
    "schedule": "Schedule",
    "split": "Energy and area",
    "spikes": "Spikes",
    "sensitivity": "Sensitivity",
    "provenance": "Provenance",
}
"""Of the page, in order."""


def page(content: Content) -> bytes:
    """The report of a mapping as one HTML file, UTF-8."""
    plots, shared = _plots(content)
    header, rows, left = told.tile_table(content)
    mapping = content.mapping
    return document(
        "mapping.html",
        (mapping.workload.name, f"on {mapping.chip.name}, {mapping.chip.technology}", mapping.origin.snnmap),
        [(key, words) for key, words in SECTIONS.items() if key != "spikes" or "raster" in plots],
        plots,
        {"shared": shared, "opened": _opened(content)},
        content=content,
        alerts=told.alerts(content),
        notes=told.notes(content),
        guarantees=told.guarantees(content),
        cards=told.cards(content),
        groups=told.groups(content),
        tiles={"header": header, "rows": rows, "left": left},
        words_left=told.words_left(content),
        provenance=told.provenance(content),
    )


def _plots(content: Content) -> tuple[dict[str, Plot], dict[str, Any]]:
    """Every chart there is something to show in, and what their figures share."""
    tiles, shared = tiles_plot(content.floor, content.maps, told.horizon(content))
    bars, lines = crossbars_plot(content.crossbars)
    raster = content.raster
    sources = {} if raster is None else {"sources": [plain(name) for name in raster.names]}
    plots = [
        tiles,
        links_plot(content.floor),
        bars,
        gantt(content.timeline),
        energy_plot(content.mapping.figures),
        area_plot(content.mapping.figures),
        None if raster is None else raster_plot(raster),
        tornado_plot(content.base, content.moved),
    ]
    return {p.key: p for p in plots if p is not None}, {**shared, **lines, **sources}


def _opened(content: Content) -> dict[str, int]:
    """Tile to the crossbar on it that the page can open."""
    return {str(bar.tile): bar.cluster for bar in reversed(content.crossbars)}
