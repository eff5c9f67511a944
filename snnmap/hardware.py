"""Machine records, made from `hwmodels/*.toml`.

A chip (mesh, tiles, crossbar, energies, latencies) names a technology (device, node, wires, leakage) and a package
(heat path to the air); one chip can be tried at every technology and in every package. Knows nothing of networks.
`hardware_file` reads the files, `hardware_keys` says what they hold.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.library import shipped
from snnmap.hardware_file import (
    CHIP_FIELDS,
    MAX_SIDE,
    MIN_SIDE,
    TECHNOLOGY_FIELDS,
    Value,
    check_values,
    find,
    finish,
    read_document,
    take,
    take_choice,
    take_mesh,
    take_port,
    take_side,
)
from snnmap.hardware_keys import CHIP_KEYS, DEVICE_KEYS, PACKAGE_KEYS, PAPER_KEYS, TECHNOLOGY_KEYS

Mode = Literal["paper", "physics"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in SI with its SI unit, its source, the band it may lie in, and the text of the file."""

    value: float
    unit: str
    source: str
    band: tuple[float, float] | None = None
    written: str = ""
    """Value and unit as the file has them, e.g. `100 ns`."""

    @property
    def recalled(self) -> bool:
        """Whether no source was read for it: recalled or estimated; every report lists these."""
        return self.source.startswith(("recalled:", "estimate:"))


@dataclass(frozen=True, slots=True, eq=False)
class Technology:
    """Memory device, wires and transistors at one node."""

    name: str
    device: Literal["PCM", "OxRAM"]
    node_nm: int
    mode: Mode
    values: Mapping[str, Quantity]
    noise: str = "none"
    """Noise and drift model of the conductances, a key of `physics.pcm.NOISE_MODELS`, or `none`."""
    transistors: str = "LP"
    """`LP` (low power) or `HP` (high performance): which off-current the leakage values are."""
    description: str = ""

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`hardware_keys.TECHNOLOGY_KEYS`, `DEVICE_KEYS`, `PAPER_KEYS`)."""
        return self.values[key].value

    def with_value(self, key: str, value: float) -> "Technology":
        """The same technology with `key` at `value` (SI): one step of a sensitivity study."""
        return replace(self, values=_changed(self.values, key, value))

    def table(self) -> dict[str, Any]:
        """Everything that a figure can depend on, JSON-able, with sources."""
        return {
            "name": self.name,
            "device": self.device,
            "node_nm": self.node_nm,
            "mode": self.mode,
            "noise": self.noise,
            "transistors": self.transistors,
            "values": _value_table(self.values),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Hardware:
    """One chip at one technology."""

    name: str
    description: str
    rows: int
    """R, word lines per crossbar."""
    columns: int
    """C, bit lines per crossbar."""
    synapse_limit: int | None
    """Synapses per crossbar, or no limit but R x C."""
    mesh_width: int
    mesh_height: int
    """Tiles in x and y; both 0 while an adaptive chip has not been sized."""
    max_tiles: int
    """The largest mesh an adaptive chip may grow to; width x height of a fixed chip."""
    clusters_per_tile: int
    """More than 1: a tile's crossbar is re-programmed between clusters (time multiplexing)."""
    merge: bool
    """Whether tiles can add partial sums of a split neuron digitally."""
    port: tuple[int, int]
    """Mesh position (x, y) where network inputs enter."""
    buffer_tokens: int
    """Messages of a channel that a tile can hold; steps that a producer may run ahead."""
    technology: Technology
    values: Mapping[str, Quantity]
    min_tiles: int = 1
    """The smallest mesh an adaptive chip has; width x height of a fixed chip."""
    drift_compensation: bool = True
    """Whether the mean drift is scaled away at the sense amplifiers; if not, it counts against the weights."""
    package: str = ""
    """Name of the package whose values `values` holds."""

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`hardware_keys.CHIP_KEYS`, `PACKAGE_KEYS`)."""
        return self.values[key].value

    @property
    def tiles(self) -> int:
        """Tiles of the mesh."""
        return self.mesh_width * self.mesh_height

    @property
    def adaptive(self) -> bool:
        """Whether the mesh still has to be sized to a workload."""
        return self.tiles == 0

    def sized(self, clusters: int) -> "Hardware":
        """Chip with the smallest near-square mesh that holds `clusters`, or unchanged if the mesh is fixed.

        Raises
        ------
        InfeasibleError
            If more tiles are needed than the chip has or may grow to.
        """
        needed = -(-clusters // self.clusters_per_tile)
        limit = self.max_tiles if self.adaptive else self.tiles
        if needed > limit:
            raise InfeasibleError(
                "tiles", needed, limit, f"Use a chip with more tiles than {self.name!r}, or larger crossbars."
            )
        if not self.adaptive:
            return self
        needed = max(needed, self.min_tiles)
        width = 1
        while width * width < needed:
            width += 1
        return replace(self, mesh_width=width, mesh_height=max(1, -(-needed // width)))

    @property
    def cells(self) -> int:
        """Synapses that one crossbar can hold: R x C, or the synapse limit if that is lower."""
        area = self.rows * self.columns
        return area if self.synapse_limit is None else min(area, self.synapse_limit)

    @property
    def leaking_width(self) -> float:
        """Transistor width that leaks in one tile, metres: one driver per row, one channel per column."""
        return self["periphery_width"] * (self.rows + self.columns)

    def tile_xy(self, tile: int) -> tuple[int, int]:
        """Mesh position (x, y) of `tile`; tiles are numbered row by row, tile = y x width + x.

        Raises
        ------
        InputError
            If the mesh has no such tile.
        """
        if not 0 <= tile < self.tiles:
            raise InputError(f"tile {tile} does not exist; {self.name!r} has tiles 0 to {self.tiles - 1}")
        return tile % self.mesh_width, tile // self.mesh_width

    def resized(self, rows: int, columns: int) -> "Hardware":
        """The same chip with crossbars of another size; the synapse limit is kept where it still binds.

        Raises
        ------
        InputError
            If a side is out of range.
        """
        for name, side in (("rows", rows), ("columns", columns)):
            if not MIN_SIDE <= side <= MAX_SIDE:
                raise InputError(f"{name} must be {MIN_SIDE} to {MAX_SIDE}, not {side}")
        return replace(self, rows=rows, columns=columns)

    def with_value(self, key: str, value: float) -> "Hardware":
        """The same chip with `key` of chip, package or technology at `value` (SI): one step of a sensitivity study."""
        if key in self.values:
            return replace(self, values=_changed(self.values, key, value))
        return replace(self, technology=self.technology.with_value(key, value))

    def quantities(self) -> dict[str, Quantity]:
        """Every number of chip, package and technology by key (the key sets are disjoint)."""
        return {**self.values, **self.technology.values}

    def recalled(self) -> list[tuple[str, Quantity]]:
        """Numbers of chip, package and technology that no source was read for; every report lists them."""
        return [(key, quantity) for key, quantity in self.quantities().items() if quantity.recalled]

    def table(self) -> dict[str, Any]:
        """Everything that a figure can depend on, JSON-able, with sources."""
        return {
            "name": self.name,
            "rows": self.rows,
            "columns": self.columns,
            "synapse_limit": self.synapse_limit,
            "mesh": [self.mesh_width, self.mesh_height],
            "tiles": [self.min_tiles, self.max_tiles],
            "clusters_per_tile": self.clusters_per_tile,
            "merge": self.merge,
            "port": list(self.port),
            "buffer_tokens": self.buffer_tokens,
            "drift_compensation": self.drift_compensation,
            "package": self.package,
            "values": _value_table(self.values),
            "technology": self.technology.table(),
        }

    def digest(self) -> str:
        """SHA-256 of `table()` without sources: citing a number better does not change the chip.

        The mesh counts as it is, so a sized chip differs from the chip before sizing.
        """
        table = self.table()
        for values in (table["values"], table["technology"]["values"]):
            for quantity in values.values():
                del quantity["source"]
        text = json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def describe(self) -> list[str]:
        """Limits in words, one sentence per line."""
        technology = self.technology
        mesh = (
            f"The mesh adapts to the workload, {self.min_tiles} to {self.max_tiles} tiles."
            if self.adaptive
            else f"The mesh has {self.mesh_width} x {self.mesh_height} = {self.tiles} tiles."
        )
        sharing = (
            f"A tile takes up to {self.clusters_per_tile} clusters in turn; its crossbar is re-programmed between them."
            if self.clusters_per_tile > 1
            else "A tile holds one cluster."
        )
        split = (
            "A neuron with more inputs than rows is split; the partial sums are added at its home tile."
            if self.merge
            else f"A neuron may have at most {self.rows} distinct inputs: tiles cannot add partial sums."
        )
        return [
            self.description,
            f"A crossbar has {self.rows} rows (inputs), {self.columns} columns (neurons), {self.cells:,} synapses.",
            mesh,
            sharing,
            split,
            f"Network inputs enter at tile ({self.port[0]}, {self.port[1]}).",
            f"A tile buffers {self.buffer_tokens} messages per channel.",
            f"Technology {technology.name}: {technology.description}, {technology.mode} mode.",
            f"A synapse is {technology['g_min'] * 1e6:g} to {technology['g_max'] * 1e6:g} uS.",
            f"A read is {self['read_voltage']:g} V for {self['read_time'] * 1e9:g} ns.",
            f"A hop takes {self['hop_energy'] * 1e12:g} pJ and {self['hop_time'] * 1e9:g} ns.",
            f"An output spike takes {self['neuron_energy'] * 1e12:g} pJ.",
            f"Package {self.package}: {self['convection_resistance']:g} K/W to {self['ambient_temperature']:g} K air.",
            f"{len(self.recalled())} of {len(self.quantities())} numbers are recalled or estimated.",
        ]


def list_hardware() -> list[str]:
    """Names of the shipped chips, sorted."""
    return list(shipped("hwmodels", "chips"))


def list_technologies() -> list[str]:
    """Names of the shipped technologies, sorted."""
    return list(shipped("hwmodels", "technologies"))


def list_packages() -> list[str]:
    """Names of the shipped packages, sorted."""
    return list(shipped("hwmodels", "packages"))


def load_hardware(name: str, technology: str | None = None, package: str | None = None) -> Hardware:
    """Chip `name` at its own or another `technology`, in its own or another `package`.

    Each is a shipped name or a path to a TOML file; what a file names itself is looked up beside that file.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    """
    path = find("chips", name)
    document = read_document("chips", path)
    plain = dict(document.plain)
    own_technology = take(document, plain, "technology", str)
    own_package = take(document, plain, "package", str)
    beside = path.parent
    tech = load_technology(own_technology, beside) if technology is None else load_technology(technology)
    package_path = find("packages", own_package, beside) if package is None else find("packages", package)
    package_name, package_values = _package(package_path)
    width, height, low, high = take_mesh(document, take(document, plain, "mesh", dict))
    limit = take(document, plain, "synapse_limit", int, 1) if "synapse_limit" in plain else None
    hardware = Hardware(
        name=take(document, plain, "name", str),
        description=take(document, plain, "description", str),
        rows=take_side(document, plain, "rows"),
        columns=take_side(document, plain, "columns"),
        synapse_limit=limit,
        mesh_width=width,
        mesh_height=height,
        max_tiles=high,
        clusters_per_tile=take(document, plain, "clusters_per_tile", int, 1),
        merge=take(document, plain, "merge", bool),
        port=take_port(document, plain, width, height),
        buffer_tokens=take(document, plain, "buffer_tokens", int, 1),
        technology=tech,
        values={**_quantities(check_values(document, CHIP_KEYS)), **package_values},
        min_tiles=low,
        drift_compensation=take(document, plain, "drift_compensation", bool),
        package=package_name,
    )
    finish(document, plain, CHIP_FIELDS)
    return hardware


def load_technology(name: str, beside: Path | None = None) -> Technology:
    """Technology `name`: a shipped name, or a path to a TOML file, relative to the folder `beside` if given.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    """
    document = read_document("technologies", find("technologies", name, beside))
    plain = dict(document.plain)
    device = take_choice(document, plain, "device", tuple(DEVICE_KEYS))
    mode = take_choice(document, plain, "mode", ("physics", "paper"))
    keys = {**TECHNOLOGY_KEYS, **DEVICE_KEYS[device], **(PAPER_KEYS if mode == "paper" else {})}
    technology = Technology(
        name=take(document, plain, "name", str),
        device=device,
        node_nm=take(document, plain, "node_nm", int, 1),
        mode=mode,
        values=_quantities(check_values(document, keys)),
        noise=take_choice(document, plain, "noise", ("none", "pcm-like", "hermes-1", "hermes-2")),
        transistors=take_choice(document, plain, "transistors", ("LP", "HP")),
        description=take(document, plain, "description", str),
    )
    finish(document, plain, TECHNOLOGY_FIELDS)
    if technology["g_min"] >= technology["g_max"]:
        raise document.refuse("g_min", "must be below g_max")
    return technology


def _package(path: Path) -> tuple[str, dict[str, Quantity]]:
    document = read_document("packages", path)
    plain = dict(document.plain)
    name = take(document, plain, "name", str)
    take(document, plain, "description", str)
    finish(document, plain, ("extends", "name", "description", "values"))
    return name, _quantities(check_values(document, PACKAGE_KEYS))


def _quantities(values: Mapping[str, Value]) -> dict[str, Quantity]:
    return {key: Quantity(v.value, v.unit, v.source, v.band, v.written) for key, v in values.items()}


def _changed(values: Mapping[str, Quantity], key: str, value: float) -> dict[str, Quantity]:
    if key not in values:
        raise InputError(f"there is no hardware value {key!r}")
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"hardware value {key!r} must be finite and not negative, not {value!r}")
    return {**values, key: replace(values[key], value=value)}


def _value_table(values: Mapping[str, Quantity]) -> dict[str, Any]:
    return {
        key: {"value": q.value, "unit": q.unit, "source": q.source, "band": None if q.band is None else list(q.band)}
        for key, q in values.items()
    }
