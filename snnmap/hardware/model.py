"""Machine records: a chip, or a grid of equal ones, at one technology in one package each.

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
from snnmap.core.shown import Tabled
from snnmap.hardware.chips import PREFIX, Chips
from snnmap.hardware.keys import CHIP_KEYS, MAX_MESH, MAX_SIDE, MIN_SIDE
from snnmap.hardware.technology import Quantity, Technology, changed, given_to, value_table
from snnmap.hardware.topology import Mesh
from snnmap.hardware.weights import Weights

Noc = Literal["tdm", "best-effort", "gated"]
NOCS: tuple[Noc, ...] = ("tdm", "best-effort", "gated")
AdcRange = Literal["full", "percentile", "calibrated"]
ADC_RANGES: tuple[AdcRange, ...] = ("full", "percentile", "calibrated")
UNLIMITED = 1 << 30
"""Rows of crossbars that have no limit of rows, until they are sized to their clusters: more than any network needs."""


@dataclass(frozen=True, slots=True, eq=False)
class Hardware(Tabled):
    """One chip at one technology.

    `to_pandas()` has a row per constant: value, unit, whether it is recalled or estimated, citation.
    """

    name: str
    description: str
    word_lines: int
    """Of an array; `UNLIMITED` while crossbars without a limit of rows have not been sized."""
    bit_lines: int
    """Of an array."""
    synapse_limit: int | None
    """Synapses per crossbar, or no limit but R x C."""
    mesh_width: int
    mesh_height: int
    """Tiles in x and y, of all chips; both 0 while an adaptive chip has not been sized."""
    max_tiles: int
    """The largest mesh that adaptive chips may grow to together; width x height of a fixed one."""
    clusters_per_tile: int
    """More than 1: a tile's crossbar is re-programmed between clusters (time multiplexing)."""
    merge: bool
    """Whether tiles can add partial sums of a split neuron digitally."""
    port: tuple[int, int]
    """Mesh position (x, y) where network inputs enter; of several chips on the first."""
    buffer_tokens: int
    """Messages of a channel that a tile can hold; steps that a producer may run ahead."""
    technology: Technology
    values: Mapping[str, Quantity]
    min_tiles: int = 1
    """The smallest mesh that adaptive chips have together; width x height of a fixed one."""
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
    chips: Chips = field(default_factory=Chips)
    """How many chips there are, and what lies between them; of several, `values` has the links' with `chips.PREFIX`."""

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`keys.CHIP_KEYS`, `PACKAGE_KEYS`), at the node of the technology."""
        stated = self.values[key].value
        scale = CHIP_KEYS[key].follows if key in CHIP_KEYS else ""
        return stated * self.technology[scale] if scale else stated

    @property
    def rows(self) -> int:
        """R, inputs of a crossbar: what `weights` leaves of its word lines; `UNLIMITED` as these are."""
        limited = self.word_lines != UNLIMITED
        return self.word_lines // self.weights.lines_per_row if limited else UNLIMITED

    @property
    def columns(self) -> int:
        """C, neurons of a crossbar: what `weights` leaves of its bit lines."""
        return (self.bit_lines - self.weights.reference_lines) // self.weights.lines_per_column

    @property
    def row_program_time(self) -> float:
        """Seconds to program a row: its word lines one after the other."""
        return self.weights.lines_per_row * self["program_time"]

    @property
    def topology(self) -> Mesh:
        """Where tiles are and how messages travel between them."""
        whole = Mesh(self.mesh_width, self.mesh_height)
        return replace(whole, chip=self.chip_mesh) if self.chips.several else whole

    @property
    def chip_mesh(self) -> tuple[int, int]:
        """Tiles in x and y of one chip."""
        return self.mesh_width // self.chips.across, self.mesh_height // self.chips.down

    @property
    def border_hop_time(self) -> float:
        """Seconds from a link between chips to the next link, which no flit takes before it has come as a whole."""
        return max(self["chip_hop_time"], self["chip_flit_time"])

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

        Of several, each grows as much: they are equal, and their number is what was asked for.

        Raises
        ------
        InfeasibleError
            If more tiles are needed than the chip has or may grow to.
        """
        needed = -(-clusters // self.clusters_per_tile)
        limit = self.max_tiles if self.adaptive else self.tiles
        if needed > limit:
            remedy = f"Use a chip with more tiles than {self.name!r}, or larger crossbars{self._several_for(needed)}"
            phases = "" if self.adaptive else f"; or run it in {-(-clusters // limit)} phases or more (snnmap phases)"
            raise InfeasibleError("tiles", needed, limit, f"{remedy}{phases}.")
        if not self.adaptive:
            return self
        needed = -(-max(needed, self.min_tiles) // self.chips.count)
        width = 1
        while width * width < needed:
            width += 1
        height = max(1, -(-needed // width))
        return replace(self, mesh_width=width * self.chips.across, mesh_height=height * self.chips.down)

    def fitted(self, rows: int) -> "Hardware":
        """Chip whose crossbars have `rows` rows, those of its fullest cluster, or unchanged if they are limited.

        Raises
        ------
        InfeasibleError
            If that is more than an array can be worked out for.
        """
        if not self.rows_adapt:
            return self
        lines = rows * self.weights.lines_per_row
        if lines > MAX_SIDE:
            remedy = "Limit them (--rows N), or count crossbars and messages alone: snnmap check --sweep crossbar=N."
            raise InfeasibleError("crossbar rows", lines, MAX_SIDE, remedy)
        return replace(self, word_lines=max(MIN_SIDE, lines))

    def holding(self) -> "Hardware":
        """The same chip, if a weight fits.

        Raises
        ------
        InfeasibleError
            If its arrays are too small for one weight.
        """
        weights, needed = self.weights, self.weights.lines_per_column + self.weights.reference_lines
        if needed > self.bit_lines:
            remedy = f"Use larger crossbars, fewer slices than {weights.slices}, or another encoding."
            raise InfeasibleError(f"bit lines of a neuron ({weights.encoding})", needed, self.bit_lines, remedy)
        return self

    @property
    def crossbar(self) -> str:
        """Size of an array in words, `128x128`."""
        return f"{'unlimited' if self.rows == UNLIMITED else self.word_lines}x{self.bit_lines}"

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
        drivers, converters = self.weights.arrays * self.word_lines, math.ceil(self.converted / self["adc_columns"])
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
        """Component to its area in one tile, m2; arrays first."""
        array = self.weights.arrays * self.word_lines * self.bit_lines * self.technology["cell_pitch"] ** 2
        periphery = {name: count * self[f"{name}_area"] * self.feature**2 for name, count in self._counts().items()}
        return {"array": array, **periphery}

    @property
    def tile_pitch(self) -> float:
        """Distance between the centres of neighbouring tiles, m: side of the square that holds the components."""
        return math.sqrt(sum(self.areas().values()) / self["layout_share"])

    def resized(self, rows: int | None, columns: int) -> "Hardware":
        """The same chip with arrays of another size; the synapse limit is kept where it still binds.

        rows
            Word lines; None: no limit.

        Raises
        ------
        InputError
            If a side is out of range.
        InfeasibleError
            If no weight fits.
        """
        for name, side in (("rows", rows), ("columns", columns)):
            if side is not None and not MIN_SIDE <= side <= MAX_SIDE:
                raise InputError(f"{name} must be {MIN_SIDE} to {MAX_SIDE}, not {side}")
        lines = UNLIMITED if rows is None else rows
        return replace(self, word_lines=lines, bit_lines=columns, rows_adapt=rows is None).holding()

    def of_mesh(self, width: int, height: int) -> "Hardware":
        """The same chip, or each of several, with a mesh of `width` x `height` tiles.

        Inputs enter where they did, or at its corner.

        Raises
        ------
        InputError
            If there is no tile, or too many.
        """
        chips = self.chips
        tiles = width * height * chips.count
        if not 1 <= tiles <= MAX_MESH:
            of_each = f" on each of {chips.count:,} chips" if chips.several else ""
            raise InputError(f"a mesh has 1 to {MAX_MESH:,} tiles, not {width} x {height}{of_each}")
        inside = self.port[0] < width and self.port[1] < height
        return replace(
            self,
            mesh_width=width * chips.across,
            mesh_height=height * chips.down,
            min_tiles=tiles,
            max_tiles=tiles,
            port=self.port if inside else (0, 0),
        )

    def of_chips(self, across: int, down: int) -> "Hardware":
        """A grid of chips like this one, or like each of those that it is, their meshes joined at the borders.

        Raises
        ------
        InputError
            If there is no chip, or too many; or if nobody says what a link between chips takes.
        """
        chips, (width, height) = self.chips.of_grid(across, down), self.chip_mesh
        least, most = (tiles // self.chips.count * chips.count for tiles in (self.min_tiles, self.max_tiles))
        if not self.adaptive and most > MAX_MESH:
            raise InputError(f"{across} x {down} chips of {width} x {height} tiles are more than {MAX_MESH:,} tiles")
        own = {key: quantity for key, quantity in self.values.items() if not key.startswith(PREFIX)}
        return replace(
            self,
            mesh_width=width * across,
            mesh_height=height * down,
            min_tiles=min(least, MAX_MESH),
            max_tiles=min(most, MAX_MESH),
            values={**own, **(chips.links if chips.several else {})},
            chips=chips,
        )

    def _several_for(self, tiles: int) -> str:
        """How many such chips would have so many tiles, in words; nothing if they cannot be joined."""
        count = -(-tiles // max(1, (self.max_tiles if self.adaptive else self.tiles) // self.chips.count))
        across = math.isqrt(count - 1) + 1
        down = -(-count // across)
        try:
            self.of_chips(across, down)
        except InputError:
            return ""
        return f", or {across * down} such chips (--chips {across}x{down})"

    def operated(self, values: Mapping[str, float], twin: Mapping[str, float]) -> "Hardware":
        """The same chip with `values` that the user gives, and `twin` for its technology in `espine` mode; both SI."""
        return replace(self, values=given_to(self.values, values), technology=self.technology.operated(twin))

    def with_value(self, key: str, value: float) -> "Hardware":
        """The same chip with `key` of chip, package or technology at `value` (SI): one step of a sensitivity study."""
        if key in self.values:
            return replace(self, values=changed(self.values, key, value))
        return replace(self, technology=self.technology.with_value(key, value))

    def quantities(self) -> dict[str, Quantity]:
        """Every number of chip, package and technology by key (the key sets are disjoint)."""
        return {**self.values, **self.technology.values}

    def recalled(self) -> list[tuple[str, Quantity]]:
        """Numbers of chip, package and technology that no source was read for; every report lists them."""
        return [(key, quantity) for key, quantity in self.quantities().items() if quantity.recalled]

    def table(self) -> dict[str, Any]:
        """Everything that a figure can depend on, JSON-able, with citations; what is as in a plain chip is left out."""
        weights = {} if self.weights == Weights() else {"weights": self.weights.table()}
        chips = {"chips": list(self.chips.grid)} if self.chips.several else {}
        return {
            **weights,
            **chips,
            "name": self.name,
            "rows": self.word_lines,
            "columns": self.bit_lines,
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
            "values": value_table(self.values),
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
