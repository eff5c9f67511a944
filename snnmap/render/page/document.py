"""The file around the charts and words of a page: one HTML document that loads nothing."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from snnmap.render.page.environment import asset, template_of
from snnmap.render.page.plot import Plot

LIBRARY = "plotly-cartesian.min.js"
SCRIPT = "page.js"


def document(
    template: str,
    head: tuple[str, str, str],
    sections: Sequence[tuple[str, str]],
    plots: Mapping[str, Plot],
    data: Mapping[str, Any],
    **words: Any,
) -> bytes:
    """A page, UTF-8.

    Parameters
    ----------
    template
        File of `assets/` that fills `base.html`.
    head
        Title, what stands beside it, and the version of snnmap whose figures these are.
    sections
        Ids and words of the navigation.
    plots
        Charts, by key.
    data
        What the page's script reads besides them.
    words
        What the template is filled with.
    """
    title, beside, version = head
    scripts = {"library": asset(LIBRARY), "script": asset(SCRIPT)}
    text = template_of(template).render(
        title=title,
        beside=beside,
        version=version,
        sections=sections,
        plots=plots,
        data=as_json({"plots": {key: plot._asdict() for key, plot in plots.items()}, **data}),
        styles=asset("page.css"),
        **scripts,
        policy=" ".join(f"'sha256-{_digest(source)}'" for source in scripts.values()),
        **words,
    )
    return str(text).encode()


def as_json(data: Any) -> str:
    """JSON that cannot end the element it stands in, whatever its strings say."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
