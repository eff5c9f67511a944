"""Strict reading of TOML: every key is asked for by name, type and range, and what nobody asked for is refused."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from snnmap.core.errors import InputError
from snnmap.core.files import must_be_content
from snnmap.core.suggest import suggestion

T = TypeVar("T")

REQUIRED: Any = object()
"""Default that marks a key as required."""

LARGEST = 2**63 - 1
"""Largest integer that TOML promises."""

DEPTH = 64
"""Parts of a dotted key at most: tomllib takes memory in their square."""

_TOO_DEEP = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{DEPTH}}}""")


class Table:
    """One TOML table that remembers which of its keys were read.

    Every reader takes a default; without one, a missing key is an InputError, and so is a value that is not what was
    asked for. The message is one line that names file, key and reason.

    Parameters
    ----------
    path
        File, for messages.
    content
        The table.
    where
        Name of the table in the file, for messages.
    """

    def __init__(self, path: Path, content: Mapping[str, Any], where: str = "") -> None:
        self.path = path
        self.content = content
        self.where = where
        self._read: dict[str, None] = {}

    def error(self, key: str, reason: str) -> InputError:
        """Error that names the file, the key and the reason."""
        return InputError(_line(f"{self.path}: {self._name(key)}: {reason}"))

    def _name(self, key: str) -> str:
        return ".".join(filter(None, (self.where, _cut(key))))

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def __iter__(self) -> Iterator[str]:
        """Keys as written."""
        return iter(self.content)

    def value(self, key: str, default: Any = REQUIRED) -> Any:
        """Whatever stands there, unchecked."""
        self._read[key] = None
        if key in self.content:
            return self.content[key]
        if default is REQUIRED:
            raise self.error(key, "this key is missing")
        return default

    def text(self, key: str, default: T = REQUIRED, choices: Sequence[str] = (), *, blank: bool = False) -> str | T:
        """A string, one of `choices` if there are any, and not blank unless it may be."""
        value = self.value(key, default)
        if value is default:
            return default
        if not isinstance(value, str):
            raise self.error(key, f"must be text, not {_shown(value)}")
        if not blank and not value.strip():
            raise self.error(key, "must be text, but is empty")
        if choices and value not in choices:
            raise self.error(key, f"{_shown(value)} is not one of {', '.join(choices)}")
        return value

    def number(self, key: str, default: T = REQUIRED, low: float = -float("inf")) -> float | T:
        """A finite number of at least `low`."""
        value = self.value(key, default)
        if value is default:
            return default
        number = _finite(value)
        if number is None or number < low:
            least = "" if low == -float("inf") else f" of at least {low:g}"
            raise self.error(key, f"must be a finite number{least}, not {_shown(value)}")
        return number

    def numbers(self, key: str, default: T = REQUIRED) -> tuple[float, ...] | T:
        """A list of finite numbers."""
        value = self.value(key, default)
        if value is default:
            return default
        numbers = [_finite(item) for item in value] if isinstance(value, list) else [None]
        if None in numbers:
            raise self.error(key, f"must be a list of finite numbers, not {_shown(value)}")
        return tuple(number for number in numbers if number is not None)

    def integer(self, key: str, default: T = REQUIRED, low: int = 0, high: float = LARGEST) -> int | T:
        """An integer of `low` to `high`."""
        value = self.value(key, default)
        if value is default:
            return default
        if type(value) is not int or value < low:
            raise self.error(key, f"must be an integer of at least {low}, not {_shown(value)}")
        if value > high:
            raise self.error(key, f"must be at most {high}, not {_shown(value)}")
        return value

    def flag(self, key: str, default: T = REQUIRED) -> bool | T:
        """True or false."""
        value = self.value(key, default)
        if value is not default and not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_shown(value)}")
        return value

    def integers(self, key: str, default: T = REQUIRED, low: int = 1) -> tuple[int, ...] | T:
        """A list of integers of at least `low`, not empty."""
        value = self.value(key, default)
        if value is default:
            return default
        if not isinstance(value, list) or not value or not all(type(v) is int and low <= v <= LARGEST for v in value):
            raise self.error(key, f"must be a list of integers of at least {low}, not {_shown(value)}")
        return tuple(value)

    def pair(self, key: str, default: T = REQUIRED, low: int = 1, names: str = "height, width") -> tuple[int, int] | T:
        """Two integers of at least `low`, called `names`."""
        if self.value(key, default) is default:
            return default
        value = self.integers(key, low=low)
        if len(value) != 2:
            raise self.error(key, f"must be two integers, [{names}], not {_shown(list(value))}")
        return value[0], value[1]

    def texts(self, key: str, default: T = REQUIRED) -> tuple[str, ...] | T:
        """A list of strings."""
        value = self.value(key, default)
        if value is default:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, f"must be a list of texts, not {_shown(value)}")
        return tuple(value)

    def table(self, key: str, default: T = REQUIRED) -> "Table | T":
        """A sub-table."""
        value = self.value(key, default)
        if value is default:
            return default
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table, not {_shown(value)}")
        return Table(self.path, value, self._name(key))

    def tables(self, key: str, default: Sequence[Any] = REQUIRED) -> "list[Table]":
        """An array of tables, empty only if there is a default."""
        value = self.value(key, default)
        if value is default:
            return list(default)
        right = isinstance(value, list) and all(isinstance(item, dict) for item in value)
        if not right or not (value or default is not REQUIRED):
            raise self.error(key, f"must be an array of tables ([[{key}]])")
        return [Table(self.path, item, f"{self._name(key)}[{i}]") for i, item in enumerate(value)]

    def only(self, known: Iterable[str]) -> None:
        """Refuse every key that is not `known`, naming the first of them and the closest."""
        names = list(known)
        extra = [key for key in self.content if key not in names]
        if extra:
            raise self.error(extra[0], f"this key is not known here; {suggestion(extra[0], names)}")

    def end(self) -> None:
        """Refuse every key that was not read."""
        self.only(self._read)


def read_toml(path: Path) -> tuple[Table, bytes]:
    """The root table of a TOML file, and the file's bytes.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or is nested beyond reason.
    """
    if path.exists() and not path.is_file():  # reading a pipe or device would not end
        raise InputError(f"{path}: cannot be read: it is a folder, device or pipe; give a plain file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    must_be_content(path, content)
    try:
        return Table(path, _parsed(content.decode())), content
    except RecursionError:
        raise InputError(f"{path}: not a TOML file: its keys or values are nested too deep") from None
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, an integer of more digits than Python reads
        raise InputError(_line(f"{path}: not a TOML file: {_cut(str(error), 300)}")) from None


def _parsed(text: str) -> dict[str, Any]:
    if _TOO_DEEP.search(text):
        raise RecursionError
    return tomllib.loads(text)


def _finite(value: Any) -> float | None:
    """A finite TOML number as a float, else `None`."""
    if type(value) not in (int, float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < float("inf") else None


def _shown(value: Any) -> str:
    """A value for a message."""
    try:
        return _cut(repr(value))
    except ValueError:
        return "an integer of thousands of digits"


def _cut(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[:length]}..."


def _line(text: str) -> str:
    """`text` without line breaks and control characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
