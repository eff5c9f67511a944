"""Tables of text as a terminal prints them and a notebook shows them: one description for both, no markup in it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

Heading = str | tuple[str, ...]
"""Text of the first column, or of as many columns as it has parts; nothing: rows without one."""
Row = Sequence[Any]
"""Cells, text or numbers."""


class Sheet(NamedTuple):
    """A table whose rows may stand under headings, and what is to be said below it."""

    title: str
    columns: tuple[str, ...]
    groups: Sequence[tuple[Heading, Sequence[Row]]]
    lines: Sequence[str] = ()

    def numeric(self) -> list[bool]:
        """Whether a column holds nothing but numbers, which stand on the right."""
        every = [row for _, rows in self.groups for row in rows]
        return [bool(every) and all(_looks_numeric(row[k]) for row in every) for k in range(len(self.columns))]


def sheet(title: str, columns: Sequence[str], rows: Sequence[Row], lines: Sequence[str] = ()) -> Sheet:
    """A table without headings."""
    return Sheet(title, tuple(columns), [("", rows)], lines)


def _looks_numeric(cell: Any) -> bool:
    return not isinstance(cell, str) or cell[:1].isdigit() or cell[:1] in "-"
