"""BrainScaleS-2: limits, constants, and how hxtorch cuts matrices and layers into what a chip holds.

**MAC mode.** A hemisphere holds 128 signed inputs x 256 outputs. Larger matrices are cut into blocks: of 256 outputs
(outer), of 128 inputs (inner). Blocks are handed out in that order: hemisphere 0, hemisphere 1, then the same of the
next execution. Every layer begins with an execution of its own, since it waits for the one before.

**Spiking mode.** A circuit hears 128 signed inputs; a neuron of more joins c = ceil(fan-in / 128) circuits, so that a
chip holds floor(512 / c) neurons of a layer, and a layer takes so many parts.

Rules as recalled from hxtorch [hxtorch2020]. Knows no network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware.keys import Key
from snnmap.hardware.reader import COMMANDS, find, quantities, read_hardware_file
from snnmap.hardware.technology import Quantity
from snnmap.hardware.units import NONE, POWER, TIME

KEYS: dict[str, Key] = {
    "gain": Key(NONE, "1", "result per product of an input and a weight, in steps of the converter"),
    "noise": Key(NONE, "1", "standard deviation of a result from run to run, in steps of the converter", zero=True),
    "gain_spread": Key(NONE, "1", "standard deviation of the gain from column to column", zero=True),
    "offset_spread": Key(NONE, "1", "standard deviation of the offset from column to column, in steps", zero=True),
    "synapse_spread": Key(NONE, "1", "standard deviation of the strength from synapse to synapse", zero=True),
    "event_time": Key(TIME, "s", "one event on one row"),
    "conversion_time": Key(TIME, "s", "reset, settling and conversion of all columns, per vector"),
    "power": Key(POWER, "W", "mean of the chip during inference"),
}
"""What `[values]` of a file must say."""

ROWS_PER_INPUT = 2
"""One excites, one inhibits."""


class Block(NamedTuple):
    """A part of a matrix, and where it is held."""

    inputs: tuple[int, int]
    """First row of the matrix, and one past its last."""
    outputs: tuple[int, int]
    """First column of the matrix, and one past its last."""
    execution: int
    hemisphere: int


@dataclass(frozen=True, slots=True, eq=False)
class BrainScaleS2:
    """One chip."""

    name: str
    description: str
    hemispheres: int
    inputs: int
    """Signed inputs of a hemisphere."""
    outputs: int
    """Of a hemisphere."""
    circuits: int
    """Neuron circuits of the chip, in spiking mode."""
    input_bits: int
    weight_bits: int
    """Of a weight's magnitude; its sign is the row."""
    output_bits: int
    values: Mapping[str, Quantity]

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`KEYS`)."""
        return self.values[key].value

    @property
    def largest_input(self) -> int:
        """Inputs are 0 to this."""
        return int(2**self.input_bits - 1)

    @property
    def largest_weight(self) -> int:
        """Weights are minus this to this."""
        return int(2**self.weight_bits - 1)

    @property
    def span(self) -> tuple[int, int]:
        """Least and largest result."""
        return -int(2 ** (self.output_bits - 1)), int(2 ** (self.output_bits - 1)) - 1

    def blocks(self, inputs: int, outputs: int) -> tuple[Block, ...]:
        """Blocks of a matrix of so many signed inputs and outputs, in order."""
        parts = [
            ((row, min(row + self.inputs, inputs)), (column, min(column + self.outputs, outputs)))
            for column in range(0, outputs, self.outputs)
            for row in range(0, inputs, self.inputs)
        ]
        return tuple(Block(*part, *divmod(k, self.hemispheres)) for k, part in enumerate(parts))

    def executions(self, inputs: int, outputs: int) -> int:
        """How often a chip is filled for a matrix."""
        return self.blocks(inputs, outputs)[-1].execution + 1

    def vector_time(self, inputs: int, sends: int) -> float:
        """Seconds that a vector of so many signed inputs takes which is sent `sends` times, then converted.

        Both hemispheres are driven at once.
        """
        return sends * ROWS_PER_INPUT * min(inputs, self.inputs) * self["event_time"] + self["conversion_time"]

    def circuits_of(self, fan_in: int) -> int:
        """Circuits that a spiking neuron of so many signed inputs joins.

        Raises
        ------
        InfeasibleError
            If the chip has fewer.
        """
        joined = max(1, -(-fan_in // self.inputs))
        if joined > self.circuits:
            most = self.circuits * self.inputs
            raise InfeasibleError("inputs of a neuron", fan_in, most, f"Split the neuron: {self.name} joins no more.")
        return joined

    def spiking_parts(self, layers: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Parts, each a chip or a turn on one, of every spiking layer, given by fan-in and neurons.

        Raises
        ------
        InfeasibleError
            If a neuron has more inputs than all circuits together.
        """
        held = [self.circuits // self.circuits_of(fan_in) for fan_in, _ in layers]
        return tuple(-(-neurons // most) for (_, neurons), most in zip(layers, held, strict=True))


def load_target(name: str) -> BrainScaleS2:
    """Machine `name`: a shipped name, or a path to a TOML file.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    """
    table = read_hardware_file("targets", find("targets", name))
    kind = table.text("kind", choices=tuple(COMMANDS))
    if kind != "mac":
        raise InputError(f"{name!r} is no machine for integer networks: {COMMANDS[kind].format(name)}")
    bits = {key: table.integer(key, low=1, high=16) for key in ("input_bits", "weight_bits", "output_bits")}
    sides = {key: table.integer(key, low=1, high=1 << 20) for key in ("hemispheres", "inputs", "outputs", "circuits")}
    made = BrainScaleS2(
        name=table.text("name"),
        description=table.text("description"),
        values=quantities(table.table("values"), KEYS),
        **sides,
        **bits,
    )
    table.end()
    return made
