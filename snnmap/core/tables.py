"""Rows as the files that tables are opened from: CSV, and Parquet where pyarrow is installed."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically

Row = dict[str, Any]
"""Column to value."""


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Every column, in the order of first appearance; words among numbers move into `said`, so that types are one.

    Whole numbers stay whole where a column has nothing else.
    """
    names = list(dict.fromkeys(key for row in rows for key in row if key != "said"))
    columns = {name: [row.get(name) for row in rows] for name in names}
    said = [[row["said"]] if row.get("said") else [] for row in rows]
    for name, values in columns.items():
        if any(isinstance(value, bool | int | float) for value in values):
            words = [(k, value) for k, value in enumerate(values) if isinstance(value, str)]
            for k, value in words:
                said[k].append(f"{name}: {value}")
                values[k] = None
            if any(isinstance(value, float) for value in values):
                columns[name] = [None if value is None else float(value) for value in values]
    return {**columns, "said": ["; ".join(parts) for parts in said]}


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows of a comparison, .csv or .parquet; whole, or not at all.

    In Parquet words that stand among numbers are in a column of their own, `said`.

    Raises
    ------
    InputError
        If it cannot be written, or Parquet is asked for and pyarrow is not there.
    """
    columns = columns_of(rows)
    if path.suffix == ".csv":
        columns = {name: [row.get(name) for row in rows] for name in columns if name != "said"}
    elif not any(columns["said"]):
        del columns["said"]
    write_atomically(path, tabular(path, columns))


def tabular(path: Path, columns: dict[str, list[Any]], meta: dict[bytes, bytes] | None = None) -> bytes:
    """Columns as the bytes of a Parquet or CSV file, as the ending of `path` says; Parquet keeps `meta`.

    Raises
    ------
    InputError
        If Parquet is asked for and pyarrow is not there.
    """
    if path.suffix == ".parquet":
        return _parquet(columns, meta or {})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if v is None else v for v in each] for each in zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def must_have_writer(table: Path) -> None:
    """Refuse Parquet where nothing can write it, before any work is done.

    Raises
    ------
    InputError
        Naming the extra.
    """
    if table.suffix == ".parquet":
        arrow()


def arrow() -> ModuleType:
    """pyarrow, with its module for Parquet.

    Raises
    ------
    InputError
        Naming the extra.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "Parquet needs pyarrow: pip install 'snnmap[sweep]', or write to a file that ends in .csv"
        ) from None
    module: ModuleType = pyarrow
    return module


def _parquet(columns: dict[str, list[Any]], meta: dict[bytes, bytes]) -> bytes:
    installed = arrow()
    table = installed.table(columns)
    target = installed.BufferOutputStream()
    installed.parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **meta}), target)
    content: bytes = target.getvalue().to_pybytes()
    return content
