"""Digital many-core machines: tiles with a memory of their own that compute, wait for one another, then exchange.

A tile's threads take turns: each issues one instruction every `threads` cycles, so that a tile issues one a cycle if
all have work. A *superstep* is an exchange of what was computed, a barrier, and the computation that needs it. Knows no
network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware.keys import Key
from snnmap.hardware.reader import COMMANDS, find, quantities, read_hardware_file
from snnmap.hardware.technology import Quantity
from snnmap.hardware.units import NONE

PER_SECOND = (0, 0, -1, 0, 0)
Number = Literal["float32", "float16"]
NUMBERS: tuple[Number, ...] = ("float32", "float16")
BYTES: Mapping[str, int] = {"float32": 4, "float16": 2}
"""Of a number of each type."""
INDEX_BYTES = 4
"""Of an index: of a stored synapse, or of a source that was active."""

KEYS: dict[str, Key] = {
    "tiles": Key(NONE, "1", "tiles of a chip", whole=True),
    "threads": Key(NONE, "1", "threads of a tile, each of which issues once in so many cycles", whole=True),
    "memory": Key(NONE, "1", "bytes of a tile's memory", whole=True),
    "code": Key(NONE, "1", "bytes of a tile's memory that its program takes", zero=True, whole=True),
    "clock": Key(PER_SECOND, "1/s", "cycles per second"),
    "exchange_bytes": Key(NONE, "1", "bytes that enter, or leave, a tile in a cycle"),
    "barrier_cycles": Key(NONE, "1", "cycles from the last tile that is done to the start of all"),
    "far_barrier_cycles": Key(NONE, "1", "the same across chips"),
    "product_float32": Key(NONE, "1", "instructions per product and sum of a block of weights, float32"),
    "product_float16": Key(NONE, "1", "instructions per product and sum of a block of weights, float16"),
    "event": Key(NONE, "1", "instructions per synapse that is looked up"),
    "update": Key(NONE, "1", "instructions per update of a neuron"),
    "chips": Key(NONE, "1", "most chips that work together", whole=True),
    "link_bytes": Key(PER_SECOND, "1/s", "bytes per second that enter a chip from others"),
}
"""What `[values]` of a file must say."""


@dataclass(frozen=True, slots=True, eq=False)
class ManyCore:
    """One chip, and how many there may be."""

    name: str
    description: str
    values: Mapping[str, Quantity]

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`KEYS`)."""
        return self.values[key].value

    def count(self, key: str) -> int:
        """Value of a key that is a number of things."""
        return int(self.values[key].value)

    def tiles(self, chips: int) -> int:
        """Tiles of so many chips.

        Raises
        ------
        InputError
            If there is no chip.
        InfeasibleError
            If there are more than work together.
        """
        if chips < 1:
            raise InputError(f"chips must be at least 1, not {chips}")
        if chips > self["chips"]:
            raise InfeasibleError("chips", chips, self.count("chips"), f"{self.name} is modelled with no more.")
        return chips * self.count("tiles")

    def limits(self) -> tuple[str, ...]:
        """What a chip holds, in words."""
        tiles, memory = self.count("tiles"), self.count("memory")
        return (
            f"{tiles:,} tiles of {self.count('threads')} threads and {memory:,} bytes, {tiles * memory:,} in all",
            f"up to {self.count('chips')} chips",
            f"bulk-synchronous steps at {self['clock'] / 1e9:g} GHz: exchange, barrier, compute",
        )


def load_manycore(name: str) -> ManyCore:
    """Machine `name`: a shipped name, or a path to a TOML file.

    Raises
    ------
    InputError
        If there is no such file, it is not valid, or it is of another kind: the message says which command takes it.
    """
    table = read_hardware_file("targets", find("targets", name))
    kind = table.text("kind", choices=tuple(COMMANDS))
    if kind != "manycore":
        raise InputError(f"{name!r} is no many-core machine: {COMMANDS[kind].format(name)}")
    made = ManyCore(table.text("name"), table.text("description"), quantities(table.table("values"), KEYS))
    table.end()
    return made
