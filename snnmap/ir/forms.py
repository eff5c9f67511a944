"""The form of a layer: what a kernel hears, where, and how often it is used. Knows no weight and no activity."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnmap.core.arrays import I64

FormKind = Literal["conv", "pool", "local", "dense", "one-to-one", "random"]


@dataclass(frozen=True, slots=True)
class LayerForm:
    """All synapses from one population to another, as a kernel that slides; a dense layer has one position.

    Channels come in groups that do not mix: each hears `taken[0] / groups` channels and has `outputs / groups`.
    """

    name: str
    """Population that hears."""
    source: str
    """Population that is heard."""
    kind: FormKind
    taken: tuple[int, int, int]
    """Channels, height and width of what is heard."""
    outputs: int
    """Channels of what hears."""
    grid: tuple[int, int] = (1, 1)
    """Output positions, down and across."""
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    """Positions before the first input, down and across."""
    groups: int = 1
    biases: int = 0
    """Constant rows."""
    drawn: int | None = None
    """Synapses, where these are not those of the pattern."""

    @property
    def shared(self) -> bool:
        """Whether one kernel stands for several positions."""
        return self.kind in ("conv", "pool") and self.positions > 1

    @property
    def positions(self) -> int:
        """Output positions."""
        return math.prod(self.grid)

    @property
    def inputs(self) -> int:
        """Rows that a position of one group drives, those of constants apart."""
        return self.taken[0] // self.groups * math.prod(self.kernel)

    @property
    def columns(self) -> int:
        """Columns that a position of one group takes."""
        return self.outputs // self.groups

    @property
    def neurons(self) -> int:
        """Neurons that hear."""
        return self.outputs * self.positions

    @property
    def synapses(self) -> int:
        """Synapses, constants among them; positions beyond an edge are none."""
        if self.drawn is not None:
            return self.drawn
        taps = [int(self.taps(axis).sum()) for axis in (0, 1)]
        return self.outputs * (self.taken[0] // self.groups * taps[0] * taps[1] + self.biases * self.positions)

    def taps(self, axis: int) -> I64:
        """Inputs inside the edges that every output position along an axis hears, int64 (positions,)."""
        first = np.arange(self.grid[axis]) * self.stride[axis] - self.padding[axis]
        last = np.minimum(first + self.kernel[axis], self.taken[1 + axis])
        inside: I64 = np.maximum(0, last - np.maximum(first, 0)).astype(np.int64)
        return inside

    def heard(self, axis: int) -> I64:
        """Output positions along an axis that hear every input, int64 (inputs,)."""
        first = np.arange(self.grid[axis]) * self.stride[axis] - self.padding[axis]
        change = np.zeros(self.taken[1 + axis] + 1, np.int64)
        np.add.at(change, np.clip(first, 0, len(change) - 1), 1)
        np.add.at(change, np.clip(first + self.kernel[axis], 0, len(change) - 1), -1)
        return np.cumsum(change)[:-1]

    def fan_in(self) -> I64:
        """Synapses into every neuron, constants among them, int64 (outputs x positions,)."""
        each = self.taken[0] // self.groups * np.outer(self.taps(0), self.taps(1)).ravel() + self.biases
        return np.tile(each, self.outputs)

    def fan_out(self) -> I64:
        """Synapses of every source, int64 (sources,), constants last."""
        each = self.columns * np.outer(self.heard(0), self.heard(1)).ravel()
        return np.append(np.tile(each, self.taken[0]), np.full(self.biases, self.neurons))
