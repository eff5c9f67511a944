"""The figures of a mapping as a table on the terminal: in words, with units, under headings."""

from collections.abc import Mapping
from typing import Any

from snnmap import Reading
from snnmap.cli import show
from snnmap.render.judged import heading, shown
from snnmap.render.labels import MODES, grouped, mode_of


def figures(values: Mapping[str, Any], title: str, reading: Reading | None = None) -> None:
    """Print every figure of a mapping on stdout, with pace and air in the headings if they are known."""
    groups = [
        (heading(group, reading), [(f"  {label.words}", shown(label.key, value, reading)) for label, value in listed])
        for group, listed in grouped(values)
    ]
    show.grouped(title, ("figure", "value"), groups)
    if any(mode_of(key) for key in values):
        show.line(MODES)
        show.line()
