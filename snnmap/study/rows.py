"""Rows of a sweep as files: a journal that a kill cannot damage, and the finished table as Parquet, CSV or JSON."""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.study.grid import FORMAT

Row = dict[str, Any]
"""Identity, figures and run time of one compilation; its `run` is its name."""

ENDINGS = (".parquet", ".csv", ".json")
META = b"snnmap"


def journal_of(table: Path) -> Path:
    """Where finished rows stand until all are."""
    return table.with_name(table.name + ".partial")


def journalled(table: Path) -> dict[str, Row]:
    """Rows of the journal by name; a last line that was torn by a kill is none."""
    path, found = journal_of(table), {}
    if not path.exists():
        return {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("run"), str):
            found[row["run"]] = row
    return found


class Journal:
    """Rows as they come; each is on the disk when `add` returns.

    Raises
    ------
    InputError
        If its folder cannot be written.
    """

    def __init__(self, table: Path) -> None:
        try:
            whole = not journal_of(table).exists() or journal_of(table).read_bytes()[-1:] in (b"", b"\n")
            self._file = journal_of(table).open("ab")
            if not whole:  # a torn line ends here
                self._file.write(b"\n")
        except OSError as error:
            raise InputError(f"{journal_of(table)}: cannot be written ({error.strerror})") from None

    def add(self, row: Row) -> None:
        """Write a row down."""
        self._file.write(json.dumps(row).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """No more rows."""
        self._file.close()


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


def written(table: Path, rows: Sequence[Row]) -> None:
    """Write the finished table; whole, or not at all.

    Raises
    ------
    InputError
        If it cannot be written, or Parquet is asked for and pyarrow is not there.
    """
    columns = columns_of(rows)
    if table.suffix == ".parquet":
        content = _parquet(columns)
    elif table.suffix == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(["" if v is None else v for v in each] for each in zip(*columns.values(), strict=True))
        content = text.getvalue().encode()
    else:
        content = (json.dumps({"format": FORMAT, "rows": list(rows)}, indent=1) + "\n").encode()
    write_atomically(table, content)


def rows_in(table: Path) -> dict[str, Row]:
    """Rows of a finished table by name.

    Raises
    ------
    InputError
        If it is not the table of a sweep, or of another format.
    """
    try:
        if table.suffix == ".parquet":
            rows = _parquet_rows(table)
        elif table.suffix == ".csv":
            with table.open(newline="", encoding="utf-8") as file:
                read = csv.DictReader(file)
                if "run" not in (read.fieldnames or ()):
                    raise KeyError("run")
                rows = [{name: _value(name, text) for name, text in row.items()} for row in read]
        else:
            document = json.loads(table.read_text(encoding="utf-8"))
            _must_be_of(table, document["format"])
            rows = document["rows"]
        return {row["run"]: row for row in rows}
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{table}: this is not the table of a sweep, or it is damaged; name another file") from None


WORDS = frozenset(
    {"run", "workload", "hardware", "technology", "objective", "settings", "terms", "split", "pace", "pulse", "ambient"}
    | {"workload_digest", "hardware_digest", "version", "status", "why", "doubts", "said"}
)
"""Columns that are never numbers, whatever they look like."""
EMPTY = frozenset({"settings", "terms", "why", "doubts", "said"})
"""Columns whose nothing is an empty text."""


def _value(name: str, text: str) -> Any:
    """A value of a CSV file."""
    if not text:
        return "" if name in EMPTY else None
    if name in WORDS:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def must_have_writer(table: Path) -> None:
    """Refuse Parquet where nothing can write it, before any work is done.

    Raises
    ------
    InputError
        Naming the extra.
    """
    if table.suffix == ".parquet":
        _arrow()


def _arrow() -> ModuleType:
    try:
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "Parquet needs pyarrow: pip install 'snnmap[sweep]', or write to a file that ends in .csv"
        ) from None
    module: ModuleType = pyarrow
    return module


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    arrow = _arrow()
    table = arrow.table(columns)
    meta = {**(table.schema.metadata or {}), META: json.dumps({"format": FORMAT}).encode()}
    target = arrow.BufferOutputStream()
    arrow.parquet.write_table(table.replace_schema_metadata(meta), target)
    content: bytes = target.getvalue().to_pybytes()
    return content


def _parquet_rows(table: Path) -> list[Row]:
    arrow = _arrow()
    with arrow.parquet.ParquetFile(table) as found:  # what is none raises ArrowInvalid, which is a ValueError
        _must_be_of(table, json.loads((found.schema_arrow.metadata or {})[META])["format"])
        rows: list[Row] = found.read().to_pylist()
    return rows


def _must_be_of(table: Path, number: object) -> None:
    if number != FORMAT:
        raise InputError(
            f"{table}: its rows are of format {number!r}, this snnmap writes format {FORMAT}; write to another file"
        )
