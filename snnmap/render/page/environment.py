"""Jinja2 as a page and a notebook use it: everything escaped, control characters written out, unknown names refused."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from snnmap.render.printable import one_line

ASSETS = Path(__file__).parent / "assets"


@cache
def asset(name: str) -> str:
    """Text of a file that ships with the page."""
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def template_of(name: str) -> Any:
    """A template of `assets`."""
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
    return environment.get_template(name)


def _coded(text: str) -> Any:
    """`text` with what stands between backquotes as code, all else escaped."""
    import markupsafe

    escaped = str(markupsafe.escape(one_line(text)))
    return markupsafe.Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))
