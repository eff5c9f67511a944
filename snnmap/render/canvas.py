"""Figures of matplotlib that belong to whoever asked: no window, no entry in pyplot's list, no choice of a backend.

A notebook may therefore draw with a backend of its own, and the same figure is never shown twice. Importing this
imports matplotlib.
"""

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically

SHARP = 150
"""Dots per inch of pixels."""
PAGE = 72
"""Pixels of a page per inch of a figure; what is left makes it sharp on dense screens."""
DATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Without the day on which it was drawn, a picture is the same bytes every time."""


class Canvas(Figure):
    """A figure that is its own picture in a notebook, whether pyplot is used there or not."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Pixels, and how large to show them."""
        width, height = (round(PAGE * inches) for inches in self.get_size_inches())
        return drawn(self, "png"), {"width": width, "height": height}


def canvas(width: float, height: float, *, maps: bool = False) -> Canvas:
    """An empty figure of so many inches, whose panels keep apart; those of `maps`, which are not stretched, no more."""
    return Canvas(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06, compress=maps))


def colours(name: str) -> Any:
    """A colour map by its name."""
    return mpl.colormaps[name]


def drawn(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a `png`, `svg` or `pdf`; the same every time."""
    content = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "snnmap"}):
        figure.savefig(content, dpi=SHARP, metadata=DATED.get(kind), format=kind)
    return content.getvalue()


def written(figure: Figure, path: Path) -> Path:
    """Save a figure, whole or not at all, in a folder that is made if it is not there.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    write_atomically(path, drawn(figure, path.suffix[1:].lower()))
    return path
