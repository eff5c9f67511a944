"""Comma-, semicolon- or tab-separated tables to arrays: columns by their names, or one array without a header."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.errors import InputError
from snnmap.frontend.data.archive import Arrays
from snnmap.frontend.data.events import columns_of, has_places, time_column

SUFFIXES = (".csv", ".tsv", ".tab")
CLASSES = ("labels", "label", "class", "target", "y")
"""Names of a column that holds the class of a row; `y` only where it is no coordinate."""


def read_table(path: Path, content: bytes) -> Arrays:
    """Columns of events by name; else `data` (rows, columns), and `labels` if a column is called so.

    Raises
    ------
    InputError
        If it is no table of numbers.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text in UTF-8") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise InputError(f"{path}: holds no rows")
    delimiter = next((mark for mark in "\t;," if mark in lines[0]), None)
    names = [cell.strip().strip("\"'") for cell in lines[0].split(delimiter)]
    headed = not all(_is_number(name) for name in names)
    rows = lines[1:] if headed else lines
    if not rows:
        raise InputError(f"{path}: holds a header, but no rows")
    try:
        values = np.loadtxt(io.StringIO("\n".join(rows)), delimiter=delimiter, ndmin=2, comments=None)
    except ValueError as error:
        raise InputError(f"{path}: not a table of numbers ({' '.join(str(error).split())[:160]})") from None
    if not headed:
        return {"data": _whole(values)}
    if len(names) != values.shape[1] or len(dict.fromkeys(names)) != len(names):
        raise InputError(f"{path}: the header names {len(names)} columns, not {values.shape[1]} different ones")
    columns = columns_of({name: _whole(values[:, k]) for k, name in enumerate(names)})
    if time_column(columns) is not None and has_places(columns):
        return columns
    label = next((k for word in CLASSES for k, name in enumerate(names) if name.lower() == word), None)
    kept = [k for k in range(len(names)) if k != label]
    data = {"data": _whole(values[:, kept])}
    return data if label is None else {**data, "labels": _whole(values[:, label])}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers, if all values are."""
    small = values.size and np.all(np.isfinite(values)) and np.all(np.abs(values) < 2**53)
    return values.astype(np.int64) if small and np.all(values == np.rint(values)) else values
