"""The figures of a mapping as a table on the terminal: in words, with units, under headings."""

from collections.abc import Mapping
from typing import Any

import click

from snnmap.cli import show
from snnmap.render.labels import MODES, grouped, mode_of
from snnmap.render.numbers import number


def figures(values: Mapping[str, Any], title: str) -> None:
    """Print every figure of a mapping on stdout."""
    groups = [
        (heading, [(f"  {label.words}", number(value, label.unit)) for label, value in found])
        for heading, found in grouped(values)
    ]
    show.grouped(title, ("figure", "value"), groups)
    if any(mode_of(key) for key in values):
        click.echo(f"{MODES}\n")
