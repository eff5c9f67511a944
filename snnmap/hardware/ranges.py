"""What a quantity of a hardware file can be at all: decades beyond anything built, so that a slip of a unit is noticed.

Sources of uncertainty are the bands that the files state; these are limits of sense, by dimension, and for pure numbers
by name. Zero is another matter: `keys.Key.zero`.
"""

from snnmap.hardware.keys import (
    CONDUCTIVITY,
    CURRENT_PER_WIDTH,
    HEAT_CAPACITY,
    PER_KELVIN,
    THERMAL_CONDUCTANCE,
    THERMAL_RESISTANCE,
    Key,
)
from snnmap.hardware.units import CONDUCTANCE, CURRENT, ENERGY, LENGTH, RESISTANCE, TEMPERATURE, TIME, VOLTAGE

Range = tuple[float, float]

DIMENSIONS: dict[tuple[int, ...], Range] = {
    VOLTAGE: (1e-3, 1e2),
    CURRENT: (1e-15, 1e1),
    RESISTANCE: (1e-6, 1e15),
    CONDUCTANCE: (1e-15, 1e1),
    TIME: (1e-15, 1e12),
    ENERGY: (1e-24, 1e0),
    LENGTH: (1e-10, 1e0),
    TEMPERATURE: (1e0, 1e6),
    CONDUCTIVITY: (1e-4, 1e5),
    THERMAL_CONDUCTANCE: (1e-15, 1e3),
    THERMAL_RESISTANCE: (1e-4, 1e10),
    HEAT_CAPACITY: (1e2, 1e9),
    CURRENT_PER_WIDTH: (1e-12, 1e4),
    PER_KELVIN: (1e-7, 1e0),
    (0, 3, 0, 0, 0): (1e-30, 1e-6),
    (0, 0, -1, 0, 0): (1e-12, 1e15),
}
"""SI, by dimension."""

SHARE, DECADES = (1e-9, 1.0), (1e-3, 1e1)

NUMBERS: dict[str, Range] = {
    "program_pulses": (1.0, 1e6),
    "flit_bits": (1.0, 1e4),
    "spike_bits": (1.0, 1e4),
    "sum_bits": (1.0, 1e4),
    "router_buffer_flits": (1.0, 1e6),
    "memory_bits": (1.0, 1e13),
    "adc_bits": (1.0, 24.0),
    "adc_columns": (1.0, 4096.0),
    "dac_bits": (1.0, 24.0),
    "buffer_bytes": (1e-3, 1e9),
    "weight_tolerance": SHARE,
    "refresh_share": SHARE,
    "first_pulse_error": SHARE,
    "pulse_convergence": SHARE,
    "stuck_on_share": SHARE,
    "stuck_off_share": SHARE,
    "tile_variation": DECADES,
    "endurance": (1.0, 1e30),
    "endurance_sigma": DECADES,
    "endurance_exponent": DECADES,
    "read_endurance": (1.0, 1e30),
    "logic_time": (1e-6, 1e3),
    "logic_energy": (1e-6, 1e3),
}
"""Pure numbers by name; widths and areas in feature sizes are the rest."""

FEATURES: Range = (1e-3, 1e12)


def plausible(name: str, key: Key) -> Range:
    """Least and largest value of a quantity, SI."""
    return DIMENSIONS.get(key.dimension) or NUMBERS.get(name, FEATURES)
