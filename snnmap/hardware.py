"""Machine records and the strict parser of `hwmodels/*.toml`.

A chip (mesh, tiles, crossbar, energies, latencies, package) names a technology (device, node, wires, leakage); one
chip can be tried at every technology. Knows files and units, nothing of networks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from snnmap.errors import InfeasibleError, InputError

Mode = Literal["paper", "physics"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as written in the file, its source, and the band it may lie in (same unit)."""

    value: float
    unit: str
    source: str
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Technology:
    """Memory device, wires and transistors at one node."""

    name: str
    device: Literal["PCM", "OxRAM"]
    node_nm: int
    mode: Mode
    values: Mapping[str, Quantity]

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units."""
        return self.values[key].value


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

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units; `hop_energy`, `hop_time`, `flit_time`, `neuron_energy`, `neuron_time`, ..."""
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
        width = 1
        while width * width < needed:
            width += 1
        return replace(self, mesh_width=width, mesh_height=max(1, -(-needed // width)))


def load_hardware(name: str, technology: str | None = None) -> Hardware:
    """Chip `name` (a shipped name or a path to a TOML file), at its own or another shipped `technology`."""
    raise InputError(f"hardware {name!r} cannot be read yet ({technology})")
