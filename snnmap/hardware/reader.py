"""Strict reader of `hwmodels/*.toml`: files to tables, numbers to quantities in SI with unit and citation.

Knows folders, extension and units; `catalogue` makes records of the tables. A file may extend another of its kind
(`extends = "pcm-65"`) and then states only what differs; the result must be as complete as any. Whatever is wrong is
one `InputError` that names file, key and reason.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal

from snnmap.core.errors import InputError
from snnmap.core.library import shipped
from snnmap.core.plug_ins import loaded, plug_ins
from snnmap.core.suggest import suggestion
from snnmap.core.toml import Table, read_toml
from snnmap.hardware.chips import PREFIX, Chips
from snnmap.hardware.keys import LINK_KEYS, MAX_MESH, MAX_SIDE, MIN_SIDE, Key
from snnmap.hardware.model import UNLIMITED
from snnmap.hardware.ranges import Range, plausible
from snnmap.hardware.technology import Quantity
from snnmap.hardware.units import Unit, parse_unit

Kind = Literal["chips", "technologies", "packages", "targets"]
LABELS: Mapping[Kind, str] = {
    "chips": "chip",
    "technologies": "technology",
    "packages": "package",
    "targets": "machine without crossbars",
}
MISPLACED: Mapping[Kind, str] = {
    "chips": "name it with --hw {} of a command that compiles",
    "technologies": "name a chip with --hw and --technology {}",
    "packages": 'name it in the chip\'s file, package = "{}"',
    "targets": "nothing is compiled for it",
}
"""Where a name belongs that was given for something else."""
COMMANDS: Mapping[str, str] = {
    "mac": "run an integer network on it with snnmap mac --hw {}",
    "manycore": "estimate a network on it with snnmap manycore --hw {}",
}
"""What takes a machine without crossbars, by what its file calls `kind`."""

MARKS: Mapping[Kind, str] = {"chips": "technology", "technologies": "device", "targets": "kind"}
"""A key that files of one kind have and those of no other."""

LIMITLESS = "unlimited"
"""What a chip says of its rows if crossbars have only a limit of columns."""
GROUP = "snnmap.hardware"
"""Entry points that offer chips: each the path of a TOML file, beside which technologies and packages may lie."""


def find(kind: Kind, name: str, beside: Path | None = None) -> Path:
    """Path of `name`: shipped, offered by an installed package (chips), or a path (relative to `beside`, if given).

    Raises
    ------
    InputError
        If there is neither, with the shipped names and the closest one; or if a package offers a chip of a name that
        is taken.
    """
    if name.endswith(".toml") or "/" in name:
        path = Path(name).expanduser()
        path = path if beside is None or path.is_absolute() else beside / path
        if not path.is_file():
            raise InputError(f"there is no hardware file {name!r}")
        return path
    known, others = shipped("hwmodels", kind), _chips_of_packages() if kind == "chips" else {}
    if name in known:
        return known[name]
    if name in others:
        return _offered(others[name])
    label = LABELS[kind]
    for other in MISPLACED:
        if other != kind and name in shipped("hwmodels", other):
            use = _use(other, name, read_toml(shipped("hwmodels", other)[name])[0].content)
            raise InputError(f"{name!r} is a {LABELS[other]}, not a {label}: {use}; {_chips(kind)}")
    raise InputError(f"no {label} is called {name!r}; {suggestion(name, named(kind))}; or give the path of a TOML file")


def _use(kind: Kind, name: str, content: Mapping[str, Any]) -> str:
    """What to do with a file that is no such kind as was asked for."""
    command = COMMANDS.get(str(content.get("kind"))) if kind == "targets" else None
    return "; ".join([MISPLACED[kind].format(name), *([command.format(name)] if command else [])])


def _chips(kind: Kind) -> str:
    """What there is of the kind that was asked for."""
    return f"{LABELS[kind]} files: {', '.join(named(kind))}"


def named(kind: Kind) -> list[str]:
    """Names of the shipped files of a kind, then of the chips that installed packages offer; each sorted."""
    return list(dict.fromkeys([*shipped("hwmodels", kind), *(_chips_of_packages() if kind == "chips" else ())]))


def _chips_of_packages() -> Mapping[str, EntryPoint]:
    """Chips that installed packages offer, by name; raises as `plug_ins`."""
    return plug_ins(GROUP, tuple(shipped("hwmodels", "chips")))


def _offered(point: EntryPoint) -> Path:
    """File of the chip that an installed package offers.

    Raises
    ------
    InputError
        If the entry point cannot be imported, or names no file.
    """
    path = loaded("hardware", point)
    if isinstance(path, str | Path) and Path(path).is_file():
        return Path(path)
    raise InputError(f"hardware {point.name!r}: {point.value} must be the path of a chip's TOML file, is {path!r}")


def read_hardware_file(kind: Kind, path: Path, seen: tuple[Path, ...] = ()) -> Table:
    """Table of the file at `path` over what it extends; `[values]` (always there) and `[weights]` by key.

    Raises
    ------
    InputError
        If a file cannot be read, is not TOML, is of another kind, or extends itself.
    """
    own, _ = read_toml(path)
    if path.resolve() in seen:
        raise own.error("extends", "the files extend one another in a circle")
    base: Mapping[str, Any] = {}
    name = own.text("extends", None)
    if name is not None:
        base = read_hardware_file(kind, find(kind, name, path.parent), (*seen, path.resolve())).content
    values = own.table("values", None)
    merged = {**base, **own.content, "values": {**base.get("values", {}), **(values.content if values else {})}}
    if "weights" in own:
        merged["weights"] = {**base.get("weights", {}), **own.table("weights").content}
    if "chips" in own:
        merged["chips"] = _chips_over(base.get("chips", {}), own.table("chips"))
    merged.pop("extends", None)
    _must_be(kind, path, merged)
    return Table(path, merged)


def _chips_over(base: Mapping[str, Any], own: Table) -> dict[str, Any]:
    """Table `[chips]` over that of the file that is extended; of links every value for itself."""
    links = own.table("links", None)
    both = {**base.get("links", {}), **(links.content if links else {})}
    return {**base, **own.content, **({"links": both} if both else {})}


def _must_be(kind: Kind, path: Path, content: Mapping[str, Any]) -> None:
    """Refuse a file of another kind, which would only lack keys.

    Raises
    ------
    InputError
        If the keys are those of another kind of hardware file, or of a workload.
    """
    if "network" in content:
        raise InputError(f"{path}: is a workload, not a {LABELS[kind]}; give it as the workload")
    for other, mark in MARKS.items():
        if other != kind and mark in content and MARKS.get(kind, "") not in content:
            raise InputError(f"{path}: is a {LABELS[other]}, not a {LABELS[kind]}: {_use(other, str(path), content)}")


def quantities(table: Table, keys: Mapping[str, Key]) -> dict[str, Quantity]:
    """Quantities of a `[values]` table, exactly those of `keys` and in their order.

    Raises
    ------
    InputError
        For an unknown or missing key, a wrong unit, an empty or unknown source, a value or band out of range.
    """
    table.only(keys)
    missing = [key for key in keys if key not in table]
    if missing:
        key = keys[missing[0]]
        raise table.error(missing[0], f"this key is missing: {key.meaning} ({key.unit})")
    return {name: _quantity(table.table(name), key, plausible(name, key)) for name, key in keys.items()}


def _quantity(table: Table, key: Key, sense: Range) -> Quantity:
    number, written = table.number("value"), table.text("unit")
    try:
        unit = parse_unit(written)
    except InputError as error:
        raise table.error("unit", str(error)) from None
    if unit.dimension != key.dimension:
        raise table.error("unit", f"{written!r} is of another dimension than {key.unit!r} ({key.meaning})")
    value = _si(number, unit)
    written = f"{table.value('value')} {written}"
    shown = written.removesuffix(" 1")  # a pure number
    if value < 0 or (value == 0 and not key.zero):
        raise table.error("value", f"{shown} must {'not be negative' if key.zero else 'be positive'}")
    if value and not sense[0] <= value <= sense[1]:
        raise table.error(
            "value", f"{shown} makes no sense; it must lie within {sense[0]:g} and {sense[1]:g} {key.unit}"
        )
    if key.whole and value != int(value):
        raise table.error("value", f"{shown} must be a whole number: {key.meaning}")
    quantity = Quantity(value, key.unit, _citation(table), _band(table, value, unit), written)
    table.end()
    return quantity


def _si(number: float, unit: Unit) -> float:
    # 17 digits of 100 x 1e-9 differ from 1e-7; 15 are what the file says
    return float(f"{number * unit.scale + unit.offset:.15g}")


def _band(table: Table, value: float, unit: Unit) -> tuple[float, float] | None:
    band = table.numbers("band", None)
    if band is None:
        return None
    if len(band) != 2:
        raise table.error("band", "must be [low, high]")
    low, high = (_si(number, unit) for number in band)
    if not 0 <= low <= value <= high < math.inf:
        raise table.error("band", f"{list(band)} must hold the value and no negative number")
    return low, high


def _citation(table: Table) -> str:
    source = table.value("source", "")
    if not isinstance(source, str) or not source.strip():
        raise table.error("source", "is empty; give a key of references.bib, 'recalled: ...' or 'estimate: ...'")
    for tag in ("recalled:", "estimate:"):
        if source.startswith(tag):
            if not source[len(tag) :].strip():
                raise table.error("source", f"{source!r} says nothing; say where it is recalled or estimated from")
            return source
    cited = source.split(":", 1)[0].strip()
    if cited not in reference_keys():
        raise table.error("source", f"{cited!r} is not a key of references.bib, nor 'recalled:' or 'estimate:'")
    return source


@cache
def reference_keys() -> frozenset[str]:
    """Keys of `references.bib`."""
    text = (Path(__file__).resolve().parents[1] / "references.bib").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if line.startswith("@")]
    return frozenset(line.split("{", 1)[1].rstrip(", ") for line in entries)


def side(table: Table, key: str) -> int:
    """A side of the crossbar; InputError unless MIN_SIDE to MAX_SIDE."""
    return table.integer(key, low=MIN_SIDE, high=MAX_SIDE)


SIZED = re.compile(r"(?P<name>.+?):(?P<size>(?:rows|columns|tiles|chips)=.*)")
"""A chip of another size, `pcm-mesh:rows=unlimited,columns=64,tiles=4x4`, or several, `pcm-mesh:chips=2x1`."""
SIZES = {
    "rows": re.compile(rf"{LIMITLESS}|[0-9]{{1,9}}"),
    "columns": re.compile(r"[0-9]{1,9}"),
    "tiles": re.compile(r"[0-9]{1,9}x[0-9]{1,9}"),
    "chips": re.compile(r"[0-9]{1,9}x[0-9]{1,9}"),
}
"""What a size may say."""
WRITTEN = f"rows=N, rows={LIMITLESS}, columns=N, tiles=WxH or chips=AxD"
"""The same in words."""


def parted(name: str) -> tuple[str, dict[str, str]]:
    """Chip of a name that may end in a size of its crossbars, mesh and grid of chips, and that size, as it is written.

    Raises
    ------
    InputError
        If the size is not one.
    """
    match = SIZED.fullmatch(name)
    if match is None:
        return name, {}
    size: dict[str, str] = {}
    for part in match["size"].split(","):
        key, _, value = part.partition("=")
        if key not in SIZES or key in size or not SIZES[key].fullmatch(value):
            raise InputError(f"hardware {name!r}: {part!r} is not {WRITTEN}")
        size[key] = value
    return match["name"], size


def rows_of(table: Table) -> int:
    """Rows of the crossbar, UNLIMITED for `unlimited`; InputError unless MIN_SIDE to MAX_SIDE."""
    if table.content.get("rows") == LIMITLESS:
        table.text("rows")
        return UNLIMITED
    return side(table, "rows")


def mesh_size(table: Table) -> tuple[int, int, int, int]:
    """Width, height (0 if adaptive), fewest and most tiles of a `mesh` table; InputError where they make no mesh."""
    if not table.flag("adaptive", True):
        raise table.error("adaptive", "must be true if it is given; a mesh of one size has width and height instead")
    width = height = 0
    if "width" in table or "height" in table:
        width, height = table.integer("width", low=1), table.integer("height", low=1)
        low = high = width * height
    else:
        low = table.integer("min_tiles", low=1)
        high = table.integer("max_tiles", low=low)
    table.end()
    if high > MAX_MESH:
        raise table.error("", f"has {high:,} tiles; at most {MAX_MESH:,} are supported")
    return width, height, low, high


def read_chips(table: Table | None) -> Chips:
    """Chips of a table `[chips]`, one where there is none.

    Raises
    ------
    InputError
        If a number makes no sense, or there are several chips and no links between them.
    """
    if table is None:
        return Chips()
    across, down = table.pair("grid", (1, 1), low=1, names="chips across, chips down")
    if across * down > MAX_MESH:
        raise table.error("grid", f"is {across * down:,} chips; at most {MAX_MESH:,} are supported")
    own = table.table("links", None)
    found = {} if own is None else quantities(own, LINK_KEYS)
    table.end()
    if across * down > 1 and not found:
        raise table.error("links", "this table is missing: several chips need its hop_energy, hop_time and flit_time")
    return Chips(across, down, {f"{PREFIX}{key}": quantity for key, quantity in found.items()})


def port(table: Table, width: int, height: int) -> tuple[int, int]:
    """Where inputs come in; InputError unless it lies on the mesh."""
    x, y = table.pair("port", low=0, names="x, y")
    if x >= max(width, 1) or y >= max(height, 1):
        raise table.error("port", f"[{x}, {y}] lies outside the mesh; an adaptive mesh has its port at [0, 0]")
    return x, y
