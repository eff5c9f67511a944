"""How results look on a terminal: tables, SI numbers, figures in words, progress, what a first run compiles."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from snnmap import Reading
from snnmap.cli.progress import bars, lines
from snnmap.core.run import Progress
from snnmap.render import judged, labels
from snnmap.render.numbers import number
from snnmap.render.printable import one_line
from snnmap.render.refresh import headline, refresh_sheet
from snnmap.render.sheets import Heading, Sheet

__all__ = ["as_json", "figures", "grouped", "line", "number", "progress", "refresh", "say", "sheet", "table"]

PACKAGE = Path(__file__).resolve().parents[1]


def as_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(_plain(document), indent=2, sort_keys=False, allow_nan=False))


def _plain(value: Any) -> Any:
    """`value` as JSON types; numbers that JSON cannot say become null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table on stdout; columns of numbers are right-aligned."""
    grouped(title, columns, [("", rows)])


def sheet(found: Sheet) -> None:
    """Print a table and the lines below it on stdout."""
    grouped(found.title, found.columns, found.groups)
    for text in found.lines:
        line(text)


def refresh(found: dict[str, Any]) -> None:
    """Print the refresh intervals of one kind of compensation on stdout."""
    line()
    line(headline(found))
    sheet(refresh_sheet(found))


def grouped(title: str, columns: Sequence[str], groups: Sequence[tuple[Heading, Sequence[Sequence[Any]]]]) -> None:
    """Print a table on stdout whose rows stand under headings; columns of numbers are right-aligned.

    A heading is the text of the first column, or of as many columns as it has parts.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(
        title=Text(one_line(title)),
        title_justify="left",
        box=SIMPLE_HEAD,
        title_style="bold",
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name, numeric in zip(columns, Sheet(title, tuple(columns), groups).numeric(), strict=True):
        grid.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for heading, rows in groups:
        if heading:
            grid.add_section()
            parts = (heading,) if isinstance(heading, str) else heading
            grid.add_row(*(Text(one_line(part), style="bold") for part in parts))
        for row in rows:
            grid.add_row(*(cell if isinstance(cell, Text) else Text(one_line(str(cell))) for cell in row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    console.print(grid)


def figures(values: Mapping[str, Any], title: str, reading: Reading | None = None) -> None:
    """Print every figure of a mapping on stdout, with pace and air in the headings if they are known."""
    groups = [
        (
            judged.heading(group, reading),
            [(f"  {label.words}", judged.shown(label.key, value, reading)) for label, value in listed],
        )
        for group, listed in labels.grouped(values)
    ]
    grouped(title, ("figure", "value"), groups)
    if any(labels.mode_of(key) for key in values):
        line(labels.MODES)
        line()


def line(message: str = "") -> None:
    """A line of the answer, on stdout."""
    click.echo(one_line(message))


def say(message: str) -> None:
    """A line for the reader, on stderr."""
    click.echo(one_line(message), err=True)


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """Progress display on stderr: a live bar on a terminal, plain lines for long stages elsewhere, none if quiet."""
    if not quiet and not kernels_are_compiled():
        say("first run: compiling the kernels, which takes one to two minutes; they are cached for later runs")
    if quiet:
        yield None
        return
    with bars() if sys.stderr.isatty() else lines(say) as shown, compiling(shown):
        yield shown


def kernels_are_compiled() -> bool:
    """Whether numba has cached anything of this installation: next to the source, in NUMBA_CACHE_DIR, or in the user's.

    Reads folders only; numba itself is not imported.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return any(Path(chosen).rglob("*.nbi"))
    if any(PACKAGE.rglob("kernels/__pycache__/*.nbi")):
        return True
    if os.access(PACKAGE, os.W_OK):
        return False
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return any((caches / "numba").rglob("*.nbi"))


@contextmanager
def compiling(progress: Progress) -> Iterator[None]:
    """Report every kernel that is compiled in the meantime as progress of its room, `partition kernels`."""
    from snnmap.core.jit import kernels_in, watched

    begun: Counter[str] = Counter()

    def tell(module: str) -> None:
        room = module.partition(".kernels")[0].rpartition(".")[2]
        begun[room] += 1
        progress(f"{room} kernels", min(begun[room], kernels_in(module)), kernels_in(module), 0.0)

    with watched(tell):
        yield
