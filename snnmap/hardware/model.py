"""Machine records: a chip at one technology in one package.

A chip (mesh, tiles, crossbar, energies, latencies) names a technology (device, node, wires, leakage) and a package
(heat path to the air); one chip can be tried at every technology and in every package. Knows no file.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware.keys import CHIP_KEYS, MAX_SIDE, MIN_SIDE
from snnmap.hardware.topology import Mesh
from snnmap.hardware.weights import Weights

Mode = Literal["espine", "device"]
Noc = Literal["tdm", "best-effort", "gated"]
NOCS: tuple[Noc, ...] = ("tdm", "best-effort", "gated")
AdcRange = Literal["full", "percentile", "calibrated"]
ADC_RANGES: tuple[AdcRange, ...] = ("full", "percentile", "calibrated")
ARRAYS = 2
"""Arrays of a tile, one for each sign of a weight: alike, read and programmed together, subtracted at the converter."""
UNLIMITED = 1 << 30
"""Rows of crossbars that have no limit of rows, until they are sized to their clusters: more than any network needs."""
GIVEN = "given: operating point"
"""Citation of a value that the user set for one mapping, so that it is neither recalled nor uncertain."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in SI with its SI unit, its citation, the band it may lie in, and the text of the file."""

    value: float
    unit: str
    citation: str
    band: tuple[float, float] | None = None
    written: str = ""
    """Value and unit as the file has them, e.g. `100 ns`."""

    @property
    def recalled(self) -> bool:
        """Whether no source was read for it: recalled or estimated; every report lists these."""
        return self.citation.startswith(("recalled:", "estimate:"))


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
    twin_values: Mapping[str, float] = field(default_factory=dict)
    """Values, in SI, that an operating point gives this node's technology of `mode = "espine"`."""

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`keys.TECHNOLOGY_KEYS`, `DEVICE_KEYS`, `ESPINE_KEYS`)."""
        return self.values[key].value

    def operated(self, values: Mapping[str, float]) -> "Technology":
        """The same technology, or its espine twin later on, with values that the user gives."""
        if self.mode == "espine":
            return replace(self, values=_given(self.values, values))
        return replace(self, twin_values={**self.twin_values, **values})

    def with_value(self, key: str, value: float) -> "Technology":
        """The same technology with `key` at `value` (SI): one step of a sensitivity study."""
        return replace(self, values=_changed(self.values, key, value))

    def table(self) -> dict[str, Any]:
        """Everything that a figure can depend on, JSON-able, with citations."""
        return {
            "name": self.name,
            "device": self.device,
            "node_nm": self.node_nm,
            "mode": self.mode,
            "noise": self.noise,
            "transistors": self.transistors,
            "twin_values": dict(self.twin_values),
            "values": _value_table(self.values),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Hardware:
    """One chip at one technology."""

    name: str
    description: str
    rows: int
    """R, word lines per crossbar; `UNLIMITED` while crossbars without a limit of rows have not been sized."""
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
    noc: Noc = "tdm"
    """Network: `tdm`, flits cross links in the slots of a table; `best-effort`, whenever a link is free; `gated`, that
    too, but what a step sends enters only at the time that its schedule says."""
    sample_registers: int = 1
    """Sets of sampled columns that a tile holds between their reads and fires: clusters that may wait to fire there."""
    end_of_step: bool = True
    """Whether a flit tells receivers that a producer's step has ended; if not, a tick that all tiles hear does."""
    rows_adapt: bool = False
    """Whether crossbars have as many rows as the fullest cluster takes, as programs count that know only columns."""
    weights: Weights = field(default_factory=Weights)
    """How its arrays hold a weight."""
    adc_range: AdcRange = "calibrated"
    """What a converter's largest code stands for: `full`, every row on at g_max; `percentile`, all but the largest
    thousandth of a crossbar's column sums over the profile; `calibrated`, the largest of them."""

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`keys.CHIP_KEYS`, `PACKAGE_KEYS`), at the node of the technology."""
        stated = self.values[key].value
        scale = CHIP_KEYS[key].follows if key in CHIP_KEYS else ""
        return stated * self.technology[scale] if scale else stated

    @property
    def topology(self) -> Mesh:
        """Where tiles are and how messages travel between them."""
        return Mesh(self.mesh_width, self.mesh_height)

    @property
    def port_tile(self) -> int:
        """Tile at the port."""
        return self.topology.tile(*self.port)

    @property
    def tiles(self) -> int:
        """Tiles of the mesh."""
        return self.topology.tiles

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

    def fitted(self, rows: int) -> "Hardware":
        """Chip whose crossbars have `rows` rows, those of its fullest cluster, or unchanged if they are limited.

        Raises
        ------
        InfeasibleError
            If that is more than an array can be worked out for.
        """
        if not self.rows_adapt:
            return self
        if rows > MAX_SIDE:
            remedy = "Limit them (--rows N), or count crossbars and messages alone: snnmap check --sweep crossbar=N."
            raise InfeasibleError("crossbar rows", rows, MAX_SIDE, remedy)
        return replace(self, rows=max(MIN_SIDE, rows))

    @property
    def crossbar(self) -> str:
        """Size of a crossbar in words, `128x128`."""
        return f"{'unlimited' if self.rows == UNLIMITED else self.rows}x{self.columns}"

    @property
    def spike_flits(self) -> int:
        """Flits of a spike."""
        return math.ceil(self["spike_bits"] / self["flit_bits"])

    @property
    def sum_flits(self) -> int:
        """Flits of a partial sum."""
        return math.ceil(self["sum_bits"] / self["flit_bits"])

    @property
    def cells(self) -> int:
        """Synapses that one crossbar can hold: R x C, or the synapse limit if that is lower."""
        area = self.rows * self.columns
        return area if self.synapse_limit is None else min(area, self.synapse_limit)

    @property
    def fan_in(self) -> int:
        """The most inputs that one column can have: R, or the synapse limit if that is lower."""
        return self.rows if self.synapse_limit is None else min(self.rows, self.synapse_limit)

    @property
    def feature(self) -> float:
        """Feature size F of the node, m."""
        return self.technology.node_nm * 1e-9

    @property
    def converted(self) -> int:
        """Columns of cells that are converted, one for each slice: halves are subtracted before."""
        return self.columns * self.weights.slices

    @property
    def turns(self) -> int:
        """Columns that a converter takes one after the other in a read, which lasts so many `adc_time` longer."""
        return min(math.ceil(self["adc_columns"]), self.converted)

    def _counts(self) -> dict[str, float]:
        """Component of the periphery to how many a tile has; of buffers, to how many bytes."""
        drivers, converters = ARRAYS * self.rows, math.ceil(self.converted / self["adc_columns"])
        return {
            "driver": drivers,
            "dac": drivers,
            "sample_hold": self.converted,
            "adc": converters,
            "shift_add": converters if self.weights.slices > 1 else 0,
            "neuron": self.columns,
            "buffer": self.rows * self["buffer_bytes"],
            "router": 1,
        }

    def leaking_widths(self) -> dict[str, float]:
        """Component to transistor width that leaks in one tile, m."""
        return {name: count * self[f"{name}_width"] * self.feature for name, count in self._counts().items()}

    @property
    def leaking_width(self) -> float:
        """Transistor width that leaks in one tile, m; an array of memory cells behind closed transistors does not."""
        return sum(self.leaking_widths().values())

    def areas(self) -> dict[str, float]:
        """Component to its area in one tile, m2; arrays, of both signs, first."""
        array = ARRAYS * self.rows * self.columns * self.technology["cell_pitch"] ** 2
        periphery = {name: count * self[f"{name}_area"] * self.feature**2 for name, count in self._counts().items()}
        return {"array": array, **periphery}

    @property
    def tile_pitch(self) -> float:
        """Distance between the centres of neighbouring tiles, m: side of the square that holds the components."""
        return math.sqrt(sum(self.areas().values()) / self["layout_share"])

    def resized(self, rows: int | None, columns: int) -> "Hardware":
        """The same chip with crossbars of another size; the synapse limit is kept where it still binds.

        rows
            None: no limit.

        Raises
        ------
        InputError
            If a side is out of range.
        """
        for name, side in (("rows", rows), ("columns", columns)):
            if side is not None and not MIN_SIDE <= side <= MAX_SIDE:
                raise InputError(f"{name} must be {MIN_SIDE} to {MAX_SIDE}, not {side}")
        return replace(self, rows=UNLIMITED if rows is None else rows, columns=columns, rows_adapt=rows is None)

    def operated(self, values: Mapping[str, float], twin: Mapping[str, float]) -> "Hardware":
        """The same chip with `values` that the user gives, and `twin` for its technology in `espine` mode; both SI."""
        return replace(self, values=_given(self.values, values), technology=self.technology.operated(twin))

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
        """Everything that a figure can depend on, JSON-able, with citations; weights where they are not the default."""
        weights = {} if self.weights == Weights() else {"weights": self.weights.table()}
        return {
            **weights,
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
            "noc": self.noc,
            "sample_registers": self.sample_registers,
            "end_of_step": self.end_of_step,
            "drift_compensation": self.drift_compensation,
            "adc_range": self.adc_range,
            "package": self.package,
            "values": _value_table(self.values),
            "technology": self.technology.table(),
        }

    def digest(self) -> str:
        """SHA-256 of `table()` without citations: citing a number better does not change the chip.

        The mesh counts as it is, so a sized chip differs from the chip before sizing.
        """
        table = self.table()
        for values in (table["values"], table["technology"]["values"]):
            for quantity in values.values():
                del quantity["citation"]
        text = json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _changed(values: Mapping[str, Quantity], key: str, value: float) -> dict[str, Quantity]:
    if key not in values:
        raise InputError(f"there is no hardware value {key!r}")
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"hardware value {key!r} must be finite and not negative, not {value!r}")
    return {**values, key: replace(values[key], value=value)}


def _given(values: Mapping[str, Quantity], given: Mapping[str, float]) -> dict[str, Quantity]:
    """`values` with those that the user gives: exact, so without a band."""
    said = {
        key: replace(values[key], value=value, citation=GIVEN, band=None, written=f"{value:g}")
        for key, value in given.items()
    }
    return {**values, **said}


def _value_table(values: Mapping[str, Quantity]) -> dict[str, Any]:
    return {
        key: {
            "value": q.value,
            "unit": q.unit,
            "citation": q.citation,
            "band": None if q.band is None else list(q.band),
        }
        for key, q in values.items()
    }
