"""Columns as a table of pandas, imported when asked for: whole numbers stay whole, what is missing is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from snnmap.core.errors import InputError

Columns = Mapping[str, Sequence[Any]]


def table(columns: Columns) -> Any:
    """`pandas.DataFrame` of columns: `int64`, `float64` (`NaN`: none), `bool`, or text.

    Whole numbers of which some are missing are `Int64`.

    Raises
    ------
    InputError
        If pandas is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise InputError('to_pandas needs pandas, which is not installed: pip install "snnmap[notebook]"') from None
    return pd.DataFrame({name: pd.Series(values, dtype=_type(values)) for name, values in columns.items()})


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows, which have the same keys, as columns."""
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def numbers_and_words(values: Sequence[Any]) -> dict[str, list[Any]]:
    """A column of figures as two: `value`, numbers alone, and `said`, the words among them."""
    return {
        "value": [None if value is None or isinstance(value, str) else float(value) for value in values],
        "said": [value if isinstance(value, str) else "" for value in values],
    }


def _type(values: Sequence[Any]) -> str | None:
    """What pandas calls the numbers that all values are; none of text, which pandas knows best, and of no values."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "bool" if len(known) == len(values) else "boolean"
    if known and all(isinstance(value, int) for value in known):
        return "int64" if len(known) == len(values) else "Int64"
    return "float64" if values and all(isinstance(value, int | float) for value in known) else None
