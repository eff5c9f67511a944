"""eSpine's endurance model, equations as recalled (PHYSICS section 9; [espine]); the `espine` mode and nothing else.

Every spike drives a programming-class current through the cell, heats it, and wears it. That is not what reading does
to phase-change memory (`endurance` is), but it is what the paper optimises. Publish its maps as ratios: the endurance
constant is calibrated, not known. Knows arrays and technologies, no mapping.

The wire model is eSpine's too: a cell is reached over its own path of wire segments, whatever other cells carry.
Row i is driven at its left end, column j sensed at its bottom end, so cell (i, j) has j + 1 word-line and M - i
bit-line segments.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics.checks import Values, not_negative, numbers, positive, same_shape

FIXED_POINT_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class EspineCell:
    """Constants of eSpine's equations, SI."""

    r_wordline: float
    r_bitline: float
    path_resistance: float
    spike_current: float
    spike_time: float
    cell_length: float
    cell_volume: float
    conductivity: float
    heat_capacity: float
    ambient: float
    melt_temperature: float
    crystallisation: float
    r_set: float
    r_reset: float
    gamma: float

    def __post_init__(self) -> None:
        not_negative(r_wordline=self.r_wordline, r_bitline=self.r_bitline, crystallisation=self.crystallisation)
        for name in self.__dataclass_fields__:
            if name not in {"r_wordline", "r_bitline", "crystallisation"}:
                positive(**{name: getattr(self, name)})
        if self.r_reset < self.r_set:
            raise InputError(f"r_reset must be at least r_set = {self.r_set:g} ohm, is {self.r_reset:g}")

    @classmethod
    def of(cls, technology: Values) -> "EspineCell":
        """Constants of a technology with `mode = "espine"`."""
        wires = {name: technology[name] for name in ("r_wordline", "r_bitline")}
        rest = [name for name in cls.__dataclass_fields__ if name not in wires]
        return cls(**wires, **{name: technology[f"espine_{name}"] for name in rest})

    @property
    def thermal_resistance(self) -> float:
        """R_th of a cell, K/W: l^2 / (k V) x R_set / R, R the resistance of the path without its wires.

        The paper heats with I^2 R_set = I^2 x 10 kohm while I flows through R = 690 ohm: 14.5 times what the source
        delivers. Its temperatures are kept, at the power there is: that makes the thermal resistance as much larger.
        """
        printed = self.cell_length**2 / (self.conductivity * self.cell_volume)
        return printed * self.r_set / self.path_resistance

    @property
    def warmed(self) -> float:
        """Share of the steady rise that a cell reaches in one spike: 1 - exp(-k t / (l^2 C))."""
        time_constant = self.cell_length**2 * self.heat_capacity / self.conductivity
        return -float(np.expm1(-self.spike_time / time_constant))

    @property
    def heating(self) -> float:
        """Rise per watt of a cell after one spike, K/W."""
        return self.thermal_resistance * self.warmed


def path_currents(shape: tuple[int, int], cell: EspineCell) -> F64:
    """Current of a spike through every cell, A (M, N), at the voltage that gives the longest path `spike_current`."""
    path = path_resistances(shape, cell)
    current: F64 = cell.spike_current * path[0, -1] / path
    return current


def path_resistances(shape: tuple[int, int], cell: EspineCell) -> F64:
    """Resistance between driver and sense end through every cell, ohm (M, N)."""
    rows, columns = shape
    positive(rows=rows, columns=columns)
    word = np.arange(1, columns + 1) * cell.r_wordline
    bit = np.arange(rows, 0, -1) * cell.r_bitline
    path: F64 = cell.path_resistance + bit[:, None] + word[None, :]
    return path


@dataclass(frozen=True, slots=True, eq=False)
class SpikePower:
    """Power while a spike passes, by where it is dissipated; source = cell + wires."""

    source: F64
    """Delivered by the row driver for every cell, W (M, N)."""
    cell: F64
    """Dissipated in the cell, W (M, N)."""


def spike_power(shape: tuple[int, int], cell: EspineCell) -> SpikePower:
    """Power of a spike through every cell: V I of the source, I^2 R of the cell, R the path without its wires.

    What the phase adds to R_PCM heats the cell in the paper's equation, but draws no more: the current is set by the
    path. So the dissipated power is that of the path in any state, and never above the source's.
    """
    path, current = path_resistances(shape, cell), path_currents(shape, cell)
    return SpikePower(cell.spike_current * path[0, -1] * current, current**2 * cell.path_resistance)


def self_heating(current: npt.ArrayLike, cell: EspineCell) -> tuple[F64, F64]:
    """Rise above ambient, K, and R_PCM, ohm, of cells after a spike of `current` (A); shapes of `current`.

    T_SH = I^2 R_PCM l^2/(kV) (1 - exp(-k t/(l^2 C))) + T_amb with R_PCM = R_set + (1 - V_c)(R_reset - R_set) and
    V_c = exp(-alpha (T_SH - T_amb)/T_m t): R rises with T and T with R, so the iteration from R_set climbs to the
    least fixed point. I^2 R_PCM l^2/(kV) is the paper's product; `EspineCell.thermal_resistance` says how it splits.

    Raises
    ------
    InputError
        If the iteration does not settle (currents so large that the resistance creeps).
    """
    amperes = numbers("current", current, least=0.0)
    power_to_rise = amperes**2 * (cell.heating * cell.path_resistance / cell.r_set)
    resistance = np.full(amperes.shape, cell.r_set)
    for _ in range(FIXED_POINT_STEPS):
        rise = power_to_rise * resistance
        lost = -np.expm1(-cell.crystallisation * cell.spike_time / cell.melt_temperature * rise)
        following: F64 = cell.r_set + lost * (cell.r_reset - cell.r_set)
        if np.all(np.abs(following - resistance) <= 1e-12 * following):
            return power_to_rise * following, following
        resistance = following
    raise InputError("eSpine's resistance and temperature do not settle at these currents")


def espine_endurance(temperature: npt.ArrayLike, gamma: float) -> F64:
    """Spikes that cells survive at `temperature` (K), same shape: exp(gamma / T)."""
    positive(gamma=gamma)
    kelvin = numbers("temperature", temperature)
    if kelvin.size and kelvin.min() <= 0:
        raise InputError("temperature must be above 0 K")
    endurance: F64 = np.exp(gamma / kelvin)
    return endurance


def endurance_map(shape: tuple[int, int], cell: EspineCell) -> F64:
    """Spikes that every cell of an array survives, (M, N), each heated by itself alone."""
    rise, _ = self_heating(path_currents(shape, cell), cell)
    return espine_endurance(cell.ambient + rise, cell.gamma)


def effective_lifetime(endurance: npt.ArrayLike, activations: npt.ArrayLike) -> float:
    """Runs until the weakest used cell fails: least N_ij / a_ij over cells with a_ij > 0; infinite if none is used.

    `activations` are spikes through the cell in the profiled run, shape of `endurance`; unused cells do not count.
    """
    cycles, spikes = numbers("endurance", endurance, least=0.0), numbers("activations", activations, least=0.0)
    same_shape(endurance=cycles, activations=spikes)
    used = spikes > 0
    return float(np.min(cycles[used] / spikes[used], initial=np.inf))
