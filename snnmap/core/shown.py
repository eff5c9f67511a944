"""Records as a notebook shows them: a record says that it can be shown, the package says who shows it.

A notebook asks the class of a value for `_repr_html_`, but most records live in rooms that may know neither words nor
pictures. So they inherit the question from here, and the root of the package, which may import anything, says once
which module answers it; that module is imported when a record is first shown. Knows no record and no answer.
"""

import importlib
from typing import Any

_ANSWERS: dict[str, str] = {}
"""`module`: who shows records; set by `shown_by`."""


def shown_by(module: str) -> None:
    """Say which module shows records, by its dotted name: it has `html`, `figure` and `frame`, each of a record."""
    _ANSWERS["module"] = module


def shown(record: object, how: str, **asked: Any) -> Any:
    """What the module that shows records makes of one: `how` is `html`, `figure` or `frame`."""
    return getattr(importlib.import_module(_ANSWERS["module"]), how)(record, **asked)


class Shown:
    """A record that a notebook shows as tables with units when it is the last line of a cell."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """The record as HTML: escaped, without scripts, nothing loaded."""
        return str(shown(self, "html"))


class Tabled(Shown):
    """A record that gives its numbers to pandas; what its rows are, its own description says."""

    __slots__ = ()

    def to_pandas(self) -> Any:
        """The numbers as a `pandas.DataFrame`, SI units, shares 0 to 1; `NaN`: there is none.

        Where figures of several units share a column, `unit` says which (`1`: a share), and `said` has the words that
        stand in the place of a number.

        Raises
        ------
        InputError
            If pandas is not installed.
        """
        return shown(self, "frame")


class Pictured(Tabled):
    """A record that draws itself; what its picture is, its own description says."""

    __slots__ = ()

    def plot(self) -> Any:
        """A picture as a `matplotlib.figure.Figure`, units on its axes; neither shown nor written by itself."""
        return shown(self, "figure")
