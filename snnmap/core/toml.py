"""Strict reading of TOML tables: every key is asked for by name and type, and what nobody asked for is refused."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from snnmap.core.errors import InputError

T = TypeVar("T")

REQUIRED: Any = object()
"""Default that marks a key as required."""


class Table:
    """One TOML table that remembers which of its keys were read.

    Parameters
    ----------
    path
        File, for messages.
    values
        The table.
    where
        Name of the table in the file, for messages.
    """

    def __init__(self, path: Path, values: Mapping[str, Any], where: str = "") -> None:
        self.path = path
        self.where = where
        self._values = values
        self._read: list[str] = []

    def error(self, key: str, reason: str) -> InputError:
        """Error that names the file, the key and the reason."""
        full = f"{self.where}.{key}" if self.where and key else key or self.where
        return InputError(f"{self.path}: {full}: {reason}")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def _take(self, key: str, default: Any) -> Any:
        self._read.append(key)
        if key in self._values:
            return self._values[key]
        if default is REQUIRED:
            raise self.error(key, "this key is missing")
        return default

    def text(self, key: str, default: Any = REQUIRED, choices: Sequence[str] = ()) -> Any:
        """A string that is not empty, one of `choices` if there are any; or the default."""
        value = self._take(key, default)
        if value is default:
            return value
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"must be text, not {value!r}")
        if choices and value not in choices:
            raise self.error(key, f"{value!r} is not one of {', '.join(choices)}")
        return value

    def number(self, key: str, default: Any = REQUIRED, low: float = -float("inf")) -> Any:
        """A finite float of at least `low`; or the default."""
        value = self._take(key, default)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < float("inf"):
            least = "" if low == -float("inf") else f" of at least {low:g}"
            raise self.error(key, f"must be a finite number{least}, not {value!r}")
        return float(value)

    def integer(self, key: str, default: Any = REQUIRED, low: int = 0) -> Any:
        """An integer of at least `low`; or the default."""
        value = self._take(key, default)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise self.error(key, f"must be an integer of at least {low}, not {value!r}")
        return value

    def flag(self, key: str, default: Any = REQUIRED) -> Any:
        """True or false; or the default."""
        value = self._take(key, default)
        if value is not default and not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {value!r}")
        return value

    def integers(self, key: str, default: Any = REQUIRED, low: int = 1) -> Any:
        """A list of integers of at least `low`, not empty, as a tuple; or the default."""
        value = self._take(key, default)
        if value is default:
            return value
        good = isinstance(value, list) and value and all(type(item) is int and item >= low for item in value)
        if not good:
            raise self.error(key, f"must be a list of integers of at least {low}, not {value!r}")
        return tuple(value)

    def pair(self, key: str, default: Any = REQUIRED, low: int = 1) -> Any:
        """Two integers (height, width) of at least `low`; or the default."""
        value = self.integers(key, default, low)
        if value is not default and len(value) != 2:
            raise self.error(key, f"must be two integers (height, width), not {list(value)}")
        return value

    def array(self, key: str) -> Any:
        """A nested list, unchecked."""
        return self._take(key, REQUIRED)

    def table(self, key: str, default: Any = REQUIRED) -> Any:
        """A sub-table as `Table`; or the default."""
        value = self._take(key, default)
        if value is default:
            return value
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table, not {value!r}")
        return Table(self.path, value, f"{self.where}.{key}" if self.where else key)

    def tables(self, key: str, default: Any = REQUIRED) -> "list[Table]":
        """An array of tables, not empty."""
        value = self._take(key, default)
        if value is default:
            return list(value)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.error(key, f"must be an array of tables ([[{key}]])")
        return [Table(self.path, item, f"{key}[{i}]") for i, item in enumerate(value)]

    def keys(self) -> list[str]:
        """Keys of the table as written."""
        return list(self._values)

    def end(self) -> None:
        """Refuse every key that was not read.

        Raises
        ------
        InputError
            Naming the first of them and the known keys.
        """
        extra = [key for key in self._values if key not in self._read]
        if extra:
            known = ", ".join(dict.fromkeys(self._read))
            raise self.error(extra[0], f"this key is not known here; known keys are {known}")


def read_toml(path: Path) -> tuple[Table, bytes]:
    """The root table of a TOML file, and the file's bytes.

    Raises
    ------
    InputError
        If the file cannot be read or is not TOML.
    """
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from error
    return Table(path, values), content
