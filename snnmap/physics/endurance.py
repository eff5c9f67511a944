"""Wear and state loss as device physics has them: the `device` mode (PHYSICS section 5); eSpine's model is `espine`.

Three accumulators per cell. Write pulses consume endurance (PCM counts melt cycles, reading melts nothing). State is
lost by itself and under reads: retention with an Arrhenius factor at the temperature of the cell, in OxRAM also read
disturb per read. Conductance drifts (`tolerance`). The last two ask for a refresh, and a refresh is `program_pulses`
real writes per cell; so is every turn of a time-multiplexed tile. Endurance is log-normal over cells, hence lifetimes
come with a band. Knows arrays of cells, no mapping.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics.checks import BOLTZMANN, Values, not_negative, numbers, positive

Cause = Literal["programming noise", "read disturb", "drift", "none"]


def write_endurance(endurance: float, pulse_time: float, reference_time: float, exponent: float) -> float:
    """Median write pulses to failure: N_0 (t / t_ref)^-exponent, t the molten time, s [goux2009, strukov2015]."""
    positive(endurance=endurance, pulse_time=pulse_time, reference_time=reference_time)
    not_negative(exponent=exponent)
    return float(endurance * (pulse_time / reference_time) ** -exponent)


@dataclass(frozen=True, slots=True)
class Retention:
    """Loss of state by thermal activation: rate 1/time at `temperature`, Arrhenius with `activation_energy`."""

    activation_energy: float
    """J."""
    time: float
    """s, state kept this long at `temperature`."""
    temperature: float
    """K."""

    def __post_init__(self) -> None:
        positive(activation_energy=self.activation_energy, time=self.time, temperature=self.temperature)

    @classmethod
    def of(cls, technology: Values) -> "Retention":
        """Retention of a technology."""
        return cls(technology["activation_energy"], technology["retention_time"], technology["retention_temperature"])

    def rate(self, temperature: npt.ArrayLike) -> F64:
        """State lost per second, 1/s, at `temperature` (K), same shape: exp(-(E/k)(1/T - 1/T_ref)) / time."""
        kelvin = numbers("temperature", temperature)
        if kelvin.size and kelvin.min() <= 0:
            raise InputError("temperature must be above 0 K")
        exponent = -(self.activation_energy / BOLTZMANN) * (1.0 / kelvin - 1.0 / self.temperature)
        rate: F64 = np.exp(exponent) / self.time
        return rate


@dataclass(frozen=True, slots=True)
class ReadDisturb:
    """Loss of state by reading (OxRAM): 1 / `reads` per read at `voltage`, e-fold more per `scale` [yao2020]."""

    reads: float
    voltage: float
    """V."""
    scale: float
    """V."""

    def __post_init__(self) -> None:
        positive(reads=self.reads, voltage=self.voltage, scale=self.scale)

    @classmethod
    def of(cls, technology: Values) -> "ReadDisturb":
        """Read disturb of an OxRAM technology; phase-change memory has none."""
        return cls(technology["read_endurance"], technology["read_disturb_voltage"], technology["read_disturb_scale"])

    def rate(self, read_rate: npt.ArrayLike, voltage: npt.ArrayLike) -> F64:
        """State lost per second, 1/s, at `read_rate` (1/s) and `voltage` (V) across the cell, broadcast together."""
        worse: F64 = np.exp((numbers("voltage", voltage, least=0.0) - self.voltage) / self.scale)
        return numbers("read_rate", read_rate, least=0.0) * (worse / self.reads)


def state_loss_rate(retention: Retention, temperature: npt.ArrayLike, rise: npt.ArrayLike, duty: npt.ArrayLike) -> F64:
    """State lost per second by temperature, 1/s: (1 - d) r(T) + d r(T + rise), refresh is due when it adds up to 1.

    Parameters
    ----------
    retention
        Arrhenius law r.
    temperature
        Of the cell at rest, K.
    rise
        Of the cell during a read, K.
    duty
        Share of the time under read, 0 to 1. All broadcast together.
    """
    share = numbers("duty", duty, least=0.0)
    if share.size and share.max() > 1.0:
        raise InputError(f"duty must be at most 1, holds {share.max():g}")
    rest = numbers("temperature", temperature)
    hot = rest + numbers("rise", rise, least=0.0)
    return (1.0 - share) * retention.rate(rest) + share * retention.rate(hot)


def tile_factors(tiles: int, sigma: float, *, rng: np.random.Generator) -> F64:
    """Endurance of every tile over the nominal one (T,), log-normal with `sigma` decades: process variation."""
    positive(tiles=tiles)
    not_negative(sigma=sigma)
    factors: F64 = 10.0 ** (sigma * rng.standard_normal(tiles))
    return factors


class Due(NamedTuple):
    """When cells that leave the tolerance of their weight ask for a refresh."""

    off_after: float
    """s until `share` of the cells have left it (`tolerance.first_time`): 0 as programmed, may be infinite."""
    share: float
    """Of the cells of an array, above 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Wear:
    """Wear of the cells of one array that is refreshed as a whole."""

    refresh_interval: float
    """s until the array must be refreshed; infinite if it never must."""
    refresh_cause: Cause
    """What asks for it; `programming noise`: too many cells are off as programmed, which no refresh repairs."""
    lifetime: F64
    """Median time to failure of every cell, s; infinite where it is never written."""


def wear(
    *,
    loss_rate: npt.ArrayLike,
    due: Due,
    endurance: float,
    program_pulses: float,
    reprogram_rate: float = 0.0,
    plasticity_rate: npt.ArrayLike = 0.0,
) -> Wear:
    """Wear of the used cells of one array; all arrays have one shape.

    The array is refreshed when `due.share` of its cells have lost their state or left the tolerance of their weight,
    unless it is re-programmed more often anyway; writes per cell are program_pulses x max(1 / refresh interval,
    reprogram_rate) + plasticity_rate.

    Parameters
    ----------
    loss_rate
        State lost per second, 1/s: `state_loss_rate` plus, for OxRAM, `ReadDisturb.rate`.
    due
        When the tolerance asks for a refresh.
    endurance
        Median write pulses to failure (`write_endurance`).
    program_pulses
        Pulses per cell and re-programming.
    reprogram_rate
        Re-programmings per second of a time-multiplexed tile.
    plasticity_rate
        Further write pulses per second and cell (on-line learning), 1/s.
    """
    positive(endurance=endurance, program_pulses=program_pulses)
    not_negative(reprogram_rate=reprogram_rate)
    loss = numbers("loss_rate", loss_rate, least=0.0)
    interval, cause = _refresh(loss, due)
    writes = program_pulses * max(1.0 / interval, reprogram_rate)
    rate = np.broadcast_to(writes + numbers("plasticity_rate", plasticity_rate, least=0.0), loss.shape)
    lifetime = np.divide(endurance, rate, out=np.full(loss.shape, np.inf), where=rate > 0)
    return Wear(interval, cause, lifetime)


def _refresh(loss: F64, due: Due) -> tuple[float, Cause]:
    """Seconds until an array must be refreshed, and what asks for it."""
    off_after, share = due
    if loss.size == 0 or not off_after >= 0 or not 0 < share <= 1:
        raise InputError(f"{loss.size} cells, off after {off_after:g} s, share {share:g}: nothing can be refreshed")
    lost = loss.size - max(int(np.ceil(share * loss.size)), 1)  # in ascending order of loss, the last cell that counts
    decisive = float(np.partition(loss.reshape(-1), lost)[lost])
    by_loss = 1.0 / decisive if decisive > 0 else float(np.inf)
    if off_after == 0.0:
        return by_loss, "programming noise"
    interval = min(by_loss, off_after)
    return interval, "none" if interval == np.inf else "drift" if off_after < by_loss else "read disturb"


def weakest(lifetime: npt.ArrayLike, k: int = 1, cells: npt.ArrayLike | None = None) -> float:
    """Lifetime, s, of the k-th weakest cell: what k - 1 spares allow; infinite if there are fewer cells.

    `cells`, if given, says how many cells have each lifetime.
    """
    seconds = np.asarray(lifetime, np.float64).reshape(-1)
    if k < 1 or np.any(np.isnan(seconds)):
        raise InputError(f"k must be at least 1 and lifetimes must be numbers, k is {k}")
    # whole crossbars share one lifetime, and numpy's partition is slow on ties; its sort is not
    if cells is None:
        return float(np.sort(seconds)[k - 1]) if len(seconds) >= k else np.inf
    order = np.argsort(seconds, kind="stable")
    at = int(np.searchsorted(np.cumsum(np.asarray(cells, np.int64)[order]), k))
    return float(seconds[order[at]]) if at < len(order) else np.inf


def lifetime_band(
    lifetime: npt.ArrayLike,
    sigma: float,
    k: int = 1,
    probabilities: tuple[float, ...] = (0.1, 0.5, 0.9),
    cells: npt.ArrayLike | None = None,
) -> tuple[float, ...]:
    """Times, s, by which k cells have failed with the given probabilities.

    Cells fail independently, log10 of their lifetime normal around log10 of `lifetime` (median, s, any shape, may be
    infinite) with standard deviation `sigma` (decades); `cells`, if given, says how many there are of each. Exact for
    k = 1; for k > 1 the number of failed cells is taken as Poisson, which is good while each cell is unlikely to have
    failed. The weakest of many cells lies far below the median cell.

    Raises
    ------
    InputError
        If sigma is not positive, k below 1, or a probability not between 0 and 1.
    """
    positive(sigma=sigma)
    if k < 1 or not all(0 < p < 1 for p in probabilities):
        raise InputError(f"k must be at least 1 and probabilities between 0 and 1, got {k} and {probabilities}")
    seconds = np.asarray(lifetime, np.float64).reshape(-1)
    if not np.all(seconds > 0):
        raise InputError("lifetimes must be positive")
    number = np.ones(seconds.shape, np.int64) if cells is None else np.asarray(cells, np.int64).reshape(-1)
    fails = np.isfinite(seconds)
    finite, which = np.unique(np.log10(seconds[fails]), return_inverse=True)
    counts = np.zeros(len(finite), np.int64)
    np.add.at(counts, which.reshape(-1), number[fails])
    if counts.sum() < k:
        return (np.inf,) * len(probabilities)
    return tuple(_quantile(finite, counts, sigma, k, p) for p in probabilities)


def _quantile(median: F64, counts: npt.NDArray[np.int64], sigma: float, k: int, probability: float) -> float:
    """Bisection in log10 of time for P(at least k failed) = probability; `counts` cells share a `median` (log10 s)."""
    from scipy.special import gammainc, log_ndtr

    low, high = float(median.min()) - 40.0 * sigma, float(median.max()) + 40.0 * sigma
    for _ in range(200):
        middle = 0.5 * (low + high)
        expected = -float(counts @ log_ndtr(-(middle - median) / sigma))  # -sum of ln P(cell lives)
        if float(gammainc(k, expected)) < probability:
            low = middle
        else:
            high = middle
    return float(10.0 ** (0.5 * (low + high)))
