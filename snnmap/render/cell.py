"""A record in the cell of a notebook: a title, warnings, tables, and more that is folded away. One piece of HTML.

It loads nothing and runs nothing. Its colours are those around it, so that it reads in light and dark notebooks; where
somebody strips its styles, plain tables are left. Its words come as text and are escaped here, all of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from snnmap.render.page.environment import asset, template_of
from snnmap.render.sheets import Sheet


class Cell(NamedTuple):
    """What is to be seen of a record."""

    title: str
    sheets: Sequence[Sheet] = ()
    aside: str = ""
    """Beside the title."""
    alerts: Sequence[str] = ()
    """Why it is of no use as it is."""
    lines: Sequence[str] = ()
    """Below the tables."""
    folded: Sequence[tuple[str, Sequence[Sheet]]] = ()
    """What opens on a click: its words, and tables."""

    def html(self) -> str:
        """The cell as HTML."""
        return str(template_of("cell.html").render(cell=self, styles=asset("cell.css").strip()))
