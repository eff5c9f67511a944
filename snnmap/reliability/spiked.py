"""What spikes do to the cells of an array by eSpine's equations: which cells they pass, what they heat there."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.hardware import Hardware, Technology
from snnmap.physics import espine, thermal
from snnmap.physics.fields import Field
from snnmap.reliability.crossbars import passes_of
from snnmap.reliability.lines import array_shape
from snnmap.reliability.sample import Sample


class SpikedTile(NamedTuple):
    """Cells of one tile under the spikes of all clusters that take turns on it, (word lines, bit lines) each."""

    clusters: I64
    passes: list[F64]
    """Spikes through every cell over the window, of each cluster."""
    duty: F64
    """Share of the time that a spike passes a cell."""


class Heating(NamedTuple):
    """What one spike does to the cells of an array, (word lines, bit lines) each, and how heat leaves them."""

    cell: espine.EspineCell
    own: F64
    """Rise after a spike, K."""
    power: espine.SpikePower
    sheet: thermal.Sheet

    @classmethod
    def of(cls, hardware: Hardware, technology: Technology) -> "Heating":
        """Of a chip at a technology with `mode = "espine"`."""
        cell, shape = espine.EspineCell.of(technology), array_shape(hardware)
        own, _ = espine.self_heating(espine.path_currents(shape, cell), cell)
        return cls(cell, own, espine.spike_power(shape, cell), thermal.Sheet.of(technology))

    def average(self, duty: F64) -> Field:
        """Rise of every cell above the silicon below averaged over time: the sheet's, and the cell's own.

        Power counts in full: what a pulse too short to reach the steady rise has stored leaves after it.
        """
        own = thermal.mean_cell_rise(self.power.cell, self.cell.thermal_resistance, duty)
        return Field(thermal.sheet_rise(self.sheet, self.power.cell * duty), own)

    def in_a_spike(self, duty: F64) -> F64:
        """Rise of every cell above the silicon below at the end of a spike, K, same shape."""
        return thermal.coupled_rise(self.sheet, self.own, self.power.cell, duty)


def spiked_tiles(view: View, spike_time: float, sample: Sample | None = None) -> Iterator[SpikedTile]:
    """The tiles in use, or those of a sample.

    Clusters that take turns on a tile wear and heat the same cells: their spikes add up.
    """
    for group in view.clusters_by_tile if sample is None else sample.groups(view.clusters_by_tile):
        passes = [passes_of(view, int(k)) for k in group]
        total = passes[0] if len(passes) == 1 else np.sum(passes, axis=0)
        yield SpikedTile(group, passes, np.minimum(total * spike_time / view.seconds, 1.0))
