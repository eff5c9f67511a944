"""The page itself: charts and words of a mapping in one file that loads nothing."""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from snnmap.render.page import told
from snnmap.render.page.content import Content
from snnmap.render.page.crossbar import crossbars_plot
from snnmap.render.page.floor import links_plot, tiles_plot
from snnmap.render.page.plot import Plot, plain
from snnmap.render.page.schedule import gantt
from snnmap.render.page.spikes import raster_plot
from snnmap.render.page.splits import area_plot, energy_plot
from snnmap.render.page.tornado import tornado_plot
from snnmap.render.printable import one_line

ASSETS = Path(__file__).parent / "assets"
LIBRARY = "plotly-cartesian.min.js"
SCRIPT = "page.js"


def page(content: Content) -> bytes:
    """The report of a mapping as one HTML file, UTF-8."""
    plots, shared = _plots(content)
    data = {"plots": {key: p._asdict() for key, p in plots.items()}, "shared": shared, "opened": _opened(content)}
    scripts = {"library": asset(LIBRARY), "script": asset(SCRIPT)}
    header, rows, left = told.tile_table(content)
    text = _template().render(
        content=content,
        plots=plots,
        data=as_json(data),
        styles=asset("page.css"),
        **scripts,
        policy=" ".join(f"'sha256-{_digest(source)}'" for source in scripts.values()),
        alerts=told.alerts(content),
        notes=told.notes(content),
        guarantees=told.guarantees(content),
        cards=told.cards(content),
        groups=told.groups(content),
        tiles={"header": header, "rows": rows, "left": left},
        words_left=told.words_left(content),
        provenance=told.provenance(content),
    )
    return str(text).encode()


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


def as_json(document: Any) -> str:
    """JSON that cannot end the element it stands in, whatever its strings say."""
    text = json.dumps(document, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def asset(name: str) -> str:
    """Text of a file that ships with the page."""
    return (ASSETS / name).read_text(encoding="utf-8")


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: one_line(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["coded"] = _coded
    return environment.get_template("page.html")


def _coded(text: str) -> Any:
    """`text` with what stands between backquotes as code, all else escaped."""
    import markupsafe

    escaped = str(markupsafe.escape(one_line(text)))
    return markupsafe.Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))
