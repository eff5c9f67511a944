"""Leakage power and the temperature it settles at, or the news that it runs away (PHYSICS M6).

Leakage heats the tiles, heat raises leakage. P_leak(T) is convex, so the least fixed point of T = T_amb + R P(T) is
approached from below by Newton steps that never overshoot, and the loop gain (spectral radius of R dP/dT) grows on the
way: a gain of 1 or more below it proves that there is no stable temperature. Nothing is clipped. Knows no mapping.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.physics.checks import BOLTZMANN, Values, not_negative, numbers, positive, scalar
from snnmap.physics.thermal import ChipThermal

REFERENCE = 300.0
"""K, temperature that off-currents are stated at; the law fits to within 2 % up to 400 K [neurosim]."""
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Leakage:
    """Leakage of a piece of circuit: P(T) = W V_dd I_300 (T/300)^2 exp(-(E/k)(1/T - 1/300)), fit to [neurosim]."""

    width: float
    """Leaking transistor width W, m."""
    voltage: float
    """Supply V_dd, V."""
    current: float
    """Off-current per width at 300 K, A/m."""
    energy: float
    """E, J."""

    def __post_init__(self) -> None:
        not_negative(width=self.width, current=self.current, energy=self.energy)
        positive(voltage=self.voltage)

    @classmethod
    def of(cls, technology: Values, width: float) -> "Leakage":
        """Leakage of `width` metres of transistors of a technology."""
        return cls(width, technology["supply_voltage"], technology["leakage_current"], technology["leakage_energy"])

    def power(self, temperature: npt.ArrayLike) -> F64:
        """W at `temperature` (K), same shape."""
        kelvin = numbers("temperature", temperature)
        if kelvin.size and kelvin.min() <= 0:
            raise InputError("temperature must be above 0 K")
        scale = self.width * self.voltage * self.current
        exponent = -(self.energy / BOLTZMANN) * (1.0 / kelvin - 1.0 / REFERENCE)
        watts: F64 = scale * (kelvin / REFERENCE) ** 2 * np.exp(exponent)
        return watts

    def slope(self, temperature: npt.ArrayLike) -> F64:
        """dP/dT, W/K, at `temperature` (K), same shape: P (2/T + E/(k T^2))."""
        kelvin = numbers("temperature", temperature)
        return self.power(kelvin) * (2.0 / kelvin + self.energy / (BOLTZMANN * kelvin**2))


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Stable state of a chip."""

    temperature: F64
    """K (T,)."""
    leakage: F64
    """W (T,)."""
    gain: float
    """Spectral radius of R dP/dT there: 0 no feedback, towards 1 runaway."""


def settle(
    chip: ChipThermal,
    power: npt.ArrayLike,
    leakage: Leakage,
    ambient: float,
    above: npt.ArrayLike = 0.0,
    mode: str = "device",
) -> Settled:
    """Temperature and leakage of the periphery of every tile, in air at `ambient` K.

    Every tile leaks as `leakage` says, used or not.

    Parameters
    ----------
    chip
        Heat path of the tiles.
    power
        Dynamic power of every tile, arrays included, W (T,).
    leakage
        Law of one tile's periphery.
    ambient
        Air, K.
    above
        Rise of the periphery above the mean of its tile, K (T,) or 0: the array that it stands beside.
    mode
        Which physics this is, for the error.

    Raises
    ------
    InfeasibleError
        If there is no stable temperature (thermal runaway).
    """
    ambient = scalar("ambient", ambient, above=0.0)
    dynamic = numbers("power", power, least=0.0, ndim=1)
    local = ambient + numbers("above", above, least=0.0)
    temperature = local + chip.rise(dynamic)
    for _ in range(MOST_STEPS):
        slope = leakage.slope(temperature)
        gain = loop_gain(chip, slope)
        if gain >= 1.0:
            raise _runaway(mode, gain, float(temperature.max()))
        missing = local + chip.rise(dynamic + leakage.power(temperature)) - temperature
        if np.abs(missing).max() <= 1e-10 * temperature.max():
            return Settled(temperature, leakage.power(temperature), gain)
        temperature = temperature + _newton_step(chip, slope, missing)
    raise _runaway(mode, gain, float(temperature.max()))


def loop_gain(chip: ChipThermal, slope: npt.ArrayLike) -> float:
    """Spectral radius of R diag(slope), slope = dP/dT in W/K (T,): heat that comes back per heat put in.

    Power iteration; the matrix has no negative entry, so it converges to the Perron root from a positive start.
    """
    watts_per_kelvin = numbers("slope", slope, least=0.0, ndim=1)
    vector = np.ones(chip.tiles)
    gain = 0.0
    for _ in range(1000):
        image = chip.rise(watts_per_kelvin * vector)
        previous, gain = gain, float(image.max())
        if gain == 0.0 or abs(gain - previous) <= 1e-12 * gain:
            break
        vector = image / gain
    return gain


def _newton_step(chip: ChipThermal, slope: F64, missing: F64) -> F64:
    """Solve (I - R D) x = missing, D = diag(slope), by its Neumann-free form: conjugate gradients in D^1/2 x.

    With y = D^1/2 x the matrix I - D^1/2 R D^1/2 is symmetric and, at gains below 1, positive definite.
    """
    root = np.sqrt(slope)
    residual = root * missing
    y, direction, norm = np.zeros_like(residual), residual.copy(), float(residual @ residual)
    target = 1e-24 * norm
    for _ in range(2 * chip.tiles + 10):
        if norm <= target:
            break
        image = direction - root * _apply(chip, root * direction)
        length = norm / float(direction @ image)
        y += length * direction
        residual -= length * image
        previous, norm = norm, float(residual @ residual)
        direction = residual + (norm / previous) * direction
    step: F64 = missing + _apply(chip, root * y)
    return step


def _apply(chip: ChipThermal, values: F64) -> F64:
    """R times values of any sign (`rise` takes powers, which are not negative)."""
    return chip.rise(np.maximum(values, 0.0)) - chip.rise(np.maximum(-values, 0.0))


def _runaway(mode: str, gain: float, temperature: float) -> InfeasibleError:
    return InfeasibleError(
        f"cooling in {mode} mode (temperature runaway past {temperature:.0f} K: leakage returns more heat than the "
        "package removes; loop gain)",
        round(gain, 3),
        1.0,
        "Use a package with less thermal resistance, fewer or less active tiles, or low-power transistors.",
    )
