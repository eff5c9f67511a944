"""How an array holds a signed weight: encoding, states of a cell, cells of a magnitude. Knows no conductance.

A *logical* row is an input of a crossbar, a logical column a neuron: what partition, wiring and verifier count. The
array below them has *physical* word and bit lines: a pair of columns takes two bit lines for each neuron, and each
slice (digit of a magnitude, most significant first) one more.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import I64
from snnmap.core.suggest import suggestion
from snnmap.core.toml import Table

Encoding = Literal["pair_arrays", "pair_columns", "pair_rows", "offset_column"]
ENCODINGS: tuple[Encoding, ...] = ("pair_arrays", "pair_columns", "pair_rows", "offset_column")
ANALOG = "analog"
"""What a chip says of its levels if a cell takes any conductance."""
MIN_LEVELS, MAX_LEVELS = 2, 256
"""States of a cell."""
MAX_SLICES = 24
MAX_STATES = 1 << 24
"""Values of a magnitude: a weight is a 32-bit float, which tells no more apart."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the cells of one signed weight are.

    `pair_arrays`: its positive and its negative half stand in two arrays, at the same row and column; `pair_columns`:
    in two columns of one array; `pair_rows`: in two rows, the second of which is driven with the opposite voltage;
    `offset_column`: one array of cells that stand for a weight of 0 at half of their states, and one column half-way
    between g_min and g_max whose current is subtracted from that of all others.
    """

    encoding: Encoding = "pair_arrays"
    levels: int = 0
    """Equidistant conductances that a cell takes, g_min and g_max among them; 0: any (analog)."""
    slices: int = 1
    """Cells of a magnitude: digits of base `levels`, most significant first, in columns side by side."""

    @property
    def states(self) -> int:
        """N, values that a magnitude (of an offset column: a weight) can take: levels ** slices; 0: any."""
        return self.levels**self.slices if self.levels else 0

    @property
    def halves(self) -> int:
        """Cells of a slice: one for each sign, or one beside a reference."""
        return 1 if self.encoding == "offset_column" else 2

    @property
    def cells(self) -> int:
        """Cells of a weight."""
        return self.halves * self.slices

    @property
    def arrays(self) -> int:
        """Arrays of a tile, alike, read and programmed together."""
        return 2 if self.encoding == "pair_arrays" else 1

    @property
    def lines_per_row(self) -> int:
        """Word lines of one input in an array."""
        return 2 if self.encoding == "pair_rows" else 1

    @property
    def lines_per_column(self) -> int:
        """Bit lines of one neuron in an array."""
        return self.slices * (2 if self.encoding == "pair_columns" else 1)

    @property
    def reference_lines(self) -> int:
        """Bit lines of an array that hold no neuron."""
        return 1 if self.encoding == "offset_column" else 0

    @property
    def planes(self) -> int:
        """Halves that stand in one array."""
        return self.halves // self.arrays

    def word_lines(self, row: npt.ArrayLike) -> I64:
        """Word lines of rows `row` (n,) in an array, int64 (planes, n), that of the positive half first."""
        first = self.lines_per_row * np.asarray(row, np.int64)
        return np.stack([first + plane * (self.lines_per_row - 1) for plane in range(self.planes)])

    def bit_lines(self, column: npt.ArrayLike) -> I64:
        """Bit lines of columns `column` (n,) in an array, int64 (planes, slices, n), most significant slice first."""
        first = self.lines_per_column * np.asarray(column, np.int64)
        apart = self.lines_per_column - self.slices
        return np.stack([[first + plane * apart + s for s in range(self.slices)] for plane in range(self.planes)])

    def table(self) -> dict[str, Any]:
        """Everything that a figure can depend on, JSON-able."""
        return {"encoding": self.encoding, "levels": self.levels, "slices": self.slices}


def read_weights(table: Table | None) -> Weights:
    """Weights of a chip's `[weights]` table, those that a file without one has by default.

    Raises
    ------
    InputError
        If a key is unknown or out of range, or slices and levels do not go together.
    """
    if table is None:
        return Weights()
    encoding = table.text("encoding", Weights().encoding)
    if encoding not in ENCODINGS:
        raise table.error("encoding", f"{encoding!r} is not known; {suggestion(encoding, ENCODINGS)}")
    levels, slices = _levels(table), table.integer("slices", 1, low=1, high=MAX_SLICES)
    table.end()
    if slices > 1 and not levels:
        said = f"{slices} slices are the digits of a number: give the levels of a cell, {MIN_LEVELS} to {MAX_LEVELS}"
        raise table.error("slices", said)
    weights = Weights(encoding, levels, slices)
    if weights.states > MAX_STATES:
        most = next(s for s in range(slices, 0, -1) if levels**s <= MAX_STATES)
        said = f"{slices} slices of {levels} levels are more than {MAX_STATES:,} values; at most {most} make sense"
        raise table.error("slices", said)
    return weights


def _levels(table: Table) -> int:
    """States of a cell, 0 for analog."""
    levels = table.value("levels", ANALOG)
    if levels == ANALOG:
        return 0
    if type(levels) is not int or not MIN_LEVELS <= levels <= MAX_LEVELS:
        said = f"must be {MIN_LEVELS} to {MAX_LEVELS} states of a cell, or {ANALOG!r}; read {str(levels)[:80]!r}"
        raise table.error("levels", said)
    return levels
