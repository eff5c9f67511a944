"""Records in a notebook: each as tables with units, as a picture, as a pandas table.

The last line of a cell asks a value for `_repr_html_`. Records ask `core.shown`, which the root of the package has
told about this room, the only one that knows every record and `render`. So records stay plain: `ir` and `hardware`
import neither words nor templates, nothing is imported before something is shown, and a notebook of any make (Jupyter,
VS Code, marimo) finds the method on the class. **Rejected:** formatters registered with IPython, which only IPython
asks, and which need it imported; and methods in the records' own rooms, which may not know how numbers are written.

What is shown is what the command line prints: both make their tables in `render` (`sheets`). A record is a `cell`
(`render.cell`: one template, escaped, no script, colours of the notebook), a `figure` (matplotlib, neither shown nor
written: `figure.savefig` writes it) or a `frame` (pandas, an optional dependency, SI units).
"""

import importlib
from typing import Any

_ROOMS = {
    "snnmap.notebook.mappings": "Compiled Mapping MappingReport Report StepTrace Violations",
    "snnmap.notebook.networks": "Converted Imported Network SpikeGraph Workload",
    "snnmap.notebook.chips": "ChipMap Hardware MappedAccuracy",
    "snnmap.notebook.machines": "MacAccuracy Manycore",
    "snnmap.notebook.studies": "Comparison Contrasts Front Fronts Swept",
}
"""Module to the classes that it shows; it has a table `CELLS`, and `FIGURES` and `FRAMES` of those that have them."""
_ROOM = {name: module for module, names in _ROOMS.items() for name in names.split()}


def html(record: Any) -> str:
    """A record as HTML."""
    return str(_made(record, "CELLS").html())


def figure(record: Any, **asked: Any) -> Any:
    """A record as a figure of matplotlib."""
    return _made(record, "FIGURES", **asked)


def frame(record: Any) -> Any:
    """A record as a pandas table.

    Raises
    ------
    InputError
        If pandas is not installed.
    """
    return _made(record, "FRAMES")


def _made(record: Any, table: str, **asked: Any) -> Any:
    name = next(kind.__name__ for kind in type(record).__mro__ if kind.__name__ in _ROOM)
    return getattr(importlib.import_module(_ROOM[name]), table)[name](record, **asked)
