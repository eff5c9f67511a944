"""Rows of a sweep as files: a journal that a kill cannot damage, and the finished table as Parquet, CSV or JSON.

A row is identity, figures and run time of one compilation; its `run` is its name.
"""

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.core.tables import Row, arrow, columns_of, tabular
from snnmap.study.grid import FORMAT

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


def written(table: Path, rows: Sequence[Row]) -> None:
    """Write the finished table; whole, or not at all.

    Raises
    ------
    InputError
        If it cannot be written, or Parquet is asked for and pyarrow is not there.
    """
    if table.suffix == ".json":
        content = (json.dumps({"format": FORMAT, "rows": list(rows)}, indent=1) + "\n").encode()
    else:
        content = tabular(table, columns_of(rows), {META: json.dumps({"format": FORMAT}).encode()})
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


def _parquet_rows(table: Path) -> list[Row]:
    with arrow().parquet.ParquetFile(table) as found:  # what is none raises ArrowInvalid, which is a ValueError
        _must_be_of(table, json.loads((found.schema_arrow.metadata or {})[META])["format"])
        rows: list[Row] = found.read().to_pylist()
    return rows


def _must_be_of(table: Path, number: object) -> None:
    if number != FORMAT:
        raise InputError(
            f"{table}: its rows are of format {number!r}, this snnmap writes format {FORMAT}; write to another file"
        )
