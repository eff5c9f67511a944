"""What a layer costs in crossbars, in closed form: time, energy and reads of a step, area, by the rules of a mapping.

Times are those of the schedule: uses x (read_time + adc_time x columns that share a converter) + row_time x rows that
are on, in all uses together, + column_time x neurons + merge_time x sums that arrive. Energies are those of reads:
arrays, drivers, converters, merging; neurons and network are left out, they are much the same however a layer is held.
How many rows are on is not known without data: a share is stated.
"""

import math
from typing import NamedTuple

from snnmap.analysis.arrangements import Arranged
from snnmap.hardware import Hardware
from snnmap.ir.forms import LayerForm
from snnmap.physics import pcm
from snnmap.physics.encoding import rest
from snnmap.reliability.events import conversion_energy, pulse_energy


class LayerCost(NamedTuple):
    """Of one layer in one arrangement."""

    seconds: float
    """Per step: of the busiest crossbar."""
    joules: float
    """Per step: of all."""
    reads: float
    """Of the busiest cell, per step."""
    area: float
    """m2."""
    utilisation: float
    """Programmed cells over cells."""


def layer_cost(form: LayerForm, held: Arranged, hardware: Hardware, activity: float) -> LayerCost:
    """Cost of `form`, held as `held`, where a share `activity` of the rows is on in every use; constants always are."""
    steady = min(form.biases, held.rows)
    on = math.ceil(activity * (held.rows - steady) * held.uses) + steady * held.uses
    home = min(form.neurons, held.columns * held.uses)
    reading = hardware["read_time"] + hardware.turns * hardware["adc_time"]
    firing = home * (hardware["column_time"] + (held.parts - 1) * hardware["merge_time"])
    return LayerCost(
        seconds=held.uses * reading + on * hardware["row_time"] + firing,
        joules=held.vectors * _use_energy(held, hardware, activity),
        reads=held.uses * (1.0 if steady else activity),
        area=held.crossbars * hardware.tile_pitch**2,
        utilisation=held.cells / max(1, held.crossbars * hardware.rows * hardware.columns),
    )


def _use_energy(held: Arranged, hardware: Hardware, activity: float) -> float:
    """Joules of a use of all blocks."""
    merged = held.converted * (held.parts - 1) / held.parts * hardware["merge_energy"]
    driven = activity * held.driven * pulse_energy(hardware)
    return array_energy(held, hardware, activity) + driven + held.converted * conversion_energy(hardware) + merged


def array_energy(held: Arranged, hardware: Hardware, activity: float) -> float:
    """Joules that the cells of all blocks draw in a use, a share `activity` of the rows on.

    Weights are at half of g_max in the mean; what is not programmed is left at rest.
    """
    technology, weights = hardware.technology, hardware.weights
    low, high = technology["g_min"], technology["g_max"]
    idle = weights.cells * float(pcm.conductance(rest(weights.encoding), low, high))
    full = weights.slices * ((low + high) / 2.0 + (0.0 if weights.encoding == "offset_column" else low))
    copies = max(1, held.copies)
    cells, crossings = held.cells / copies, held.crossings / copies
    siemens = cells * full + max(0.0, crossings - cells) * idle
    return float(activity * siemens * hardware["read_voltage"] ** 2 * hardware["read_time"])
