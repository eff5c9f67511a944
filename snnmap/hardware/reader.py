"""Strict reader of `hwmodels/*.toml`: files to checked plain tables, every number in SI with unit and source.

Knows TOML, folders and keys; `hardware` makes records of the tables. A file may extend another of its kind
(`extends = "pcm-65"`) and then states only what differs; the result must be as complete as any. Whatever is wrong is
one `InputError` that names file, key and reason.
"""

import difflib
import math
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from snnmap.core.errors import InputError
from snnmap.core.library import shipped, suggestion
from snnmap.hardware.keys import Key
from snnmap.hardware.units import parse_unit

Kind = Literal["chips", "technologies", "packages"]

CHIP_FIELDS = (
    "extends", "name", "description", "technology", "package", "rows", "columns", "synapse_limit", "mesh",
    "clusters_per_tile", "merge", "port", "buffer_tokens", "drift_compensation",
    "values",
)  # fmt: skip
TECHNOLOGY_FIELDS = ("extends", "name", "description", "device", "node_nm", "mode", "noise", "transistors", "values")

MIN_SIDE, MAX_SIDE = 2, 4096
"""Rows and columns of a crossbar."""

MAX_MESH = 1 << 20
"""Tiles of the largest mesh: past the largest study of the field (1024 x 1024 cores)."""


class Value(NamedTuple):
    """One number of a file, in SI."""

    value: float
    unit: str
    """SI unit."""
    citation: str
    band: tuple[float, float] | None
    written: str
    """As the file has it, e.g. `100 ns`."""


class Document(NamedTuple):
    """One file with whatever it extends."""

    path: Path
    plain: dict[str, Any]
    """Keys outside `[values]`, `extends` removed."""
    values: dict[str, Any]
    """Raw tables of `[values]`."""

    def refuse(self, key: str, reason: str) -> InputError:
        """Error for `key` of this file."""
        return InputError(f"{self.path.name}: {key}: {reason}")


def find(kind: Kind, name: str, beside: Path | None = None) -> Path:
    """Path of `name`: a shipped name, or a path to a TOML file (relative to the folder `beside`, if given).

    Raises
    ------
    InputError
        If there is neither; lists the shipped names and the closest one.
    """
    if name.endswith(".toml") or "/" in name:
        path = Path(name).expanduser()
        path = path if beside is None or path.is_absolute() else beside / path
        if not path.is_file():
            raise InputError(f"there is no hardware file {name!r}")
        return path
    known = shipped("hwmodels", kind)
    if name in known:
        return known[name]
    label = {"chips": "hardware", "technologies": "technology", "packages": "package"}[kind]
    raise InputError(f"no {label} is called {name!r}: {suggestion(name, known)}; or give the path of a TOML file")


def read_document(kind: Kind, path: Path, seen: tuple[Path, ...] = ()) -> Document:
    """File at `path` merged over what it extends.

    Raises
    ------
    InputError
        If a file cannot be read, is not TOML, or extends itself.
    """
    if path.resolve() in seen:
        raise InputError(f"{path.name}: extends: the files extend one another in a circle")
    plain = _toml(path)
    values = plain.pop("values", {})
    document = Document(path, plain, values)
    if not isinstance(values, dict):
        raise document.refuse("values", "must be a table")
    base_name = plain.pop("extends", None)
    if base_name is None:
        return document
    if not isinstance(base_name, str):
        raise document.refuse("extends", "must be the name of a file of the same kind")
    base = read_document(kind, find(kind, base_name, path.parent), (*seen, path.resolve()))
    return Document(path, base.plain | plain, base.values | values)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name}: not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: cannot be read: {error}") from None


def check_values(document: Document, keys: Mapping[str, Key]) -> dict[str, Value]:
    """Values of `document` in SI, in the order of `keys`.

    Raises
    ------
    InputError
        For an unknown or missing key, a wrong unit, an empty or unknown source, a value or band out of range.
    """
    unknown = [key for key in document.values if key not in keys]
    if unknown:
        close = difflib.get_close_matches(unknown[0], keys, n=1)
        raise document.refuse(unknown[0], "unknown key" + (f"; did you mean {close[0]!r}?" if close else ""))
    missing = [key for key in keys if key not in document.values]
    if missing:
        raise document.refuse(missing[0], f"missing; it is the {keys[missing[0]].meaning} ({keys[missing[0]].unit})")
    return {name: _value(document, name, document.values[name], key) for name, key in keys.items()}


def _value(document: Document, name: str, raw: Any, key: Key) -> Value:
    if not isinstance(raw, dict):
        raise document.refuse(name, "must be a table { value, unit, source }")
    wrong = sorted(set(raw) - {"value", "unit", "source", "band"})
    if wrong:
        raise document.refuse(name, f"unknown field {wrong[0]!r}; a quantity is {{ value, unit, source, band }}")
    lacking = [field for field in ("value", "unit", "source") if field not in raw]
    if lacking:
        raise document.refuse(name, f"has no {lacking[0]}")
    unit_text = raw["unit"]
    if not isinstance(unit_text, str):
        raise document.refuse(name, "unit must be text")
    try:
        unit = parse_unit(unit_text)
    except InputError as error:
        raise document.refuse(name, str(error)) from None
    if unit.dimension != key.dimension:
        raise document.refuse(name, f"unit {unit_text!r} is of another dimension than {key.unit!r} ({key.meaning})")

    def si(number: Any) -> float:
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise document.refuse(name, f"{number!r} is not a finite number")
        # 17 digits of 100 x 1e-9 differ from 1e-7; 15 are what the file says
        return float(f"{number * unit.scale + unit.offset:.15g}")

    value = si(raw["value"])
    if value < 0 or (value == 0 and not key.zero):
        raise document.refuse(
            name, f"{raw['value']} {unit_text} must {'not be negative' if key.zero else 'be positive'}"
        )
    citation = _citation(document, name, raw["source"])
    return Value(
        value, key.unit, citation, _band(document, name, raw.get("band"), value, si), f"{raw['value']} {unit_text}"
    )


def _band(document: Document, name: str, raw: Any, value: float, si: Any) -> tuple[float, float] | None:
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) != 2:
        raise document.refuse(name, "band must be [low, high]")
    low, high = si(raw[0]), si(raw[1])
    if not 0 <= low <= value <= high:
        raise document.refuse(name, f"band {raw} must hold the value and no negative number")
    return low, high


def _citation(document: Document, name: str, source: Any) -> str:
    if not isinstance(source, str) or not source.strip():
        raise document.refuse(name, "source is empty; give a key of references.bib, 'recalled: ...' or 'estimate: ...'")
    for tag in ("recalled:", "estimate:"):
        if source.startswith(tag):
            if not source[len(tag) :].strip():
                raise document.refuse(
                    name, f"source {source!r} says nothing; say where it is recalled or estimated from"
                )
            return source
    cited = source.split(":", 1)[0].strip()
    if cited not in reference_keys():
        raise document.refuse(name, f"source {cited!r} is not a key of references.bib, nor 'recalled:' or 'estimate:'")
    return source


@cache
def reference_keys() -> frozenset[str]:
    """Keys of `references.bib`."""
    text = (Path(__file__).resolve().parents[1] / "references.bib").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if line.startswith("@")]
    return frozenset(line.split("{", 1)[1].rstrip(", ") for line in entries)


def take(document: Document, plain: dict[str, Any], key: str, of: type, low: int | None = None) -> Any:
    """Remove and return the structural `key` from `plain`, of type `of`, at least `low`.

    Raises
    ------
    InputError
        If it is missing, of another type, or smaller.
    """
    names = {str: "text", int: "a whole number", bool: "true or false", dict: "a table", list: "a list"}
    if key not in plain:
        raise document.refuse(key, f"missing; it must be {names[of]}")
    value = plain.pop(key)
    if not isinstance(value, of) or (of is int and isinstance(value, bool)):
        raise document.refuse(key, f"must be {names[of]}, is {value!r}")
    if low is not None and isinstance(value, int) and value < low:
        raise document.refuse(key, f"must be at least {low}, is {value}")
    if isinstance(value, str) and not value.strip():
        raise document.refuse(key, "is empty")
    return value


def finish(document: Document, plain: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse whatever is left in `plain`.

    Raises
    ------
    InputError
        Names the first key left and the closest of `known`.
    """
    for key in plain:
        close = difflib.get_close_matches(key, known, n=1)
        raise document.refuse(key, "unknown key" + (f"; did you mean {close[0]!r}?" if close else ""))


def take_choice(document: Document, plain: dict[str, Any], key: str, choices: tuple[str, ...]) -> Any:
    """Remove and return `key`, one of `choices`; InputError otherwise."""
    value = take(document, plain, key, str)
    if value not in choices:
        raise document.refuse(key, f"must be one of {', '.join(choices)}, is {value!r}")
    return value


def take_side(document: Document, plain: dict[str, Any], key: str) -> int:
    """Remove and return a side of the crossbar; InputError unless MIN_SIDE to MAX_SIDE."""
    side: int = take(document, plain, key, int, MIN_SIDE)
    if side > MAX_SIDE:
        raise document.refuse(key, f"must be at most {MAX_SIDE}, is {side}")
    return side


def take_mesh(document: Document, mesh: dict[str, Any]) -> tuple[int, int, int, int]:
    """Width, height (0 if adaptive), fewest and most tiles; InputError where they make no mesh."""
    mesh = dict(mesh)
    if "adaptive" in mesh and not take(document, mesh, "adaptive", bool):
        raise document.refuse("mesh", "adaptive = false: give width and height instead")
    if "width" in mesh or "height" in mesh:
        width: int = take(document, mesh, "width", int, 1)
        height: int = take(document, mesh, "height", int, 1)
        finish(document, mesh, ("width", "height"))
        low = high = width * height
    else:
        width = height = 0
        low = take(document, mesh, "min_tiles", int, 1)
        high = take(document, mesh, "max_tiles", int, low)
        finish(document, mesh, ("adaptive", "min_tiles", "max_tiles"))
    if high > MAX_MESH:
        raise document.refuse("mesh", f"has {high:,} tiles; at most {MAX_MESH:,} are supported")
    return width, height, low, high


def take_port(document: Document, plain: dict[str, Any], width: int, height: int) -> tuple[int, int]:
    """Remove and return the port; InputError unless it lies on the mesh."""
    port = take(document, plain, "port", list)
    if len(port) != 2 or any(isinstance(x, bool) or not isinstance(x, int) for x in port):
        raise document.refuse("port", f"must be [x, y], is {port}")
    x, y = port
    if not (0 <= x < max(width, 1) and 0 <= y < max(height, 1)):
        raise document.refuse("port", f"{port} lies outside the mesh; an adaptive mesh has its port at [0, 0]")
    return x, y
