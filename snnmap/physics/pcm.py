"""State of a memory cell: weight to conductance, noise, drift, write pulses (PHYSICS M2; PHYSICS section 3.2 and 3.3).

The noise models are fits to measured phase-change and resistive devices as the IBM Analog Hardware Acceleration Kit
publishes them [aihwkit, nandakumar2019, joshi2020, legallo2023, wan2022]; their constants stand here because they mean
nothing without these equations. Conductances are relative to g_max in the fits, so a model applies to any g_max. Noise
is off unless a function that takes `rng` is called. Knows cells, not arrays.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics.checks import Values, not_negative, numbers, positive, same_shape

ZERO_CLIP = 1e-7
"""Least relative conductance that enters a logarithm, as in the published code."""


def _polynomial(x: F64, coefficients: tuple[float, ...]) -> F64:
    """Value at `x` of a polynomial, constant first; Horner."""
    value = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


@dataclass(frozen=True, slots=True)
class Curve:
    """Fit against relative conductance g: clip(slope ln g + offset, low, high) below `until`, then a polynomial."""

    slope: float
    offset: float
    low: float
    high: float
    until: float = np.inf
    polynomial: tuple[float, ...] = ()
    """Coefficients, constant first."""

    def __call__(self, g: F64) -> F64:
        """Value at relative conductances `g`, same shape."""
        below = np.clip(self.slope * np.log(np.maximum(g, ZERO_CLIP)) + self.offset, self.low, self.high)
        above = _polynomial(g, self.polynomial) if self.polynomial else below
        return np.where(g < self.until, below, above)


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """Fit min(scale / g^exponent, high) of the read noise against relative conductance g."""

    scale: float
    exponent: float
    high: float

    def __call__(self, g: F64) -> F64:
        """Value at relative conductances `g`, same shape."""
        least = 1e-3 ** (1.0 / self.exponent)  # the power of it is 1e-3; that of 0 takes several times as long
        found: F64 = np.minimum(self.scale / np.maximum(g, least) ** self.exponent, self.high)
        return found


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """Statistics of one device family."""

    citation: str
    g_reference: float
    """Conductance that `programming` was fitted at, S."""
    programming: tuple[float, ...]
    """Standard deviation after programming at g_reference, polynomial in g, constant first, S."""
    drift_mean: Curve
    drift_sd: Curve
    read: Curve | PowerLaw
    """Q of the 1/f read noise."""
    t_0: float
    """First read after programming, s: drift is counted from here."""
    t_read: float
    """Length of the read in the 1/f law, s."""
    relaxed: tuple[tuple[float, tuple[float, ...]], ...] = ()
    """Seconds after programming, and standard deviation from the target by then, as `programming`; none: the same."""
    grows: bool = True
    """Whether the read noise is 1/f, and so grows with age; if not, its standard deviation is g Q."""
    unverified: float = 0.0
    """Standard deviation, share of g_max, that writing which ended early leaves beside `programming`."""


_MICRO = 1e-6

NOISE_MODELS: dict[str, NoiseModel] = {
    "pcm-like": NoiseModel(
        citation="aihwkit PCMLikeNoiseModel; nandakumar2019, joshi2020",
        g_reference=25.0e-6,
        programming=(0.26348 * _MICRO, 1.9650 * _MICRO, -1.1731 * _MICRO),
        drift_mean=Curve(-0.0155, 0.0244, 0.049, 0.1),
        drift_sd=Curve(-0.0125, -0.0059, 0.008, 0.045),
        read=PowerLaw(0.0088, 0.65, 0.2),
        t_0=20.0,
        t_read=250e-9,
    ),
    "hermes-1": NoiseModel(
        citation="aihwkit HermesNoiseModel, one device per weight; legallo2023",
        g_reference=10.35e-6,
        programming=(0.15781817 * _MICRO, 2.32443916 * _MICRO, -2.16310839 * _MICRO, 0.68841818 * _MICRO),
        drift_mean=Curve(-0.0387, -0.0182, 0.072, 0.13, 0.0945, (0.0736, -0.0126, -0.0436)),
        drift_sd=Curve(-0.0120, -0.0023, 0.0124, 0.04, 0.3039, (0.0104, 0.0116, -0.0165)),
        read=Curve(-0.0078, 0.0038, 0.0179, 0.04, 0.1591, (0.0088, 0.0768, -0.1352, 0.0664)),
        t_0=200.0,
        t_read=512e-9,
    ),
    "hermes-2": NoiseModel(
        citation="aihwkit HermesNoiseModel, two devices per weight; legallo2023",
        g_reference=20.7e-6,
        programming=(0.16603222 * _MICRO, 4.71806468 * _MICRO, -8.48101252 * _MICRO, 4.68961419 * _MICRO),
        drift_mean=Curve(-0.0387, -0.0182, 0.072, 0.13, 0.0945, (0.0736, -0.0126, -0.0436)),
        drift_sd=Curve(-0.0117, -0.0057, 0.0091, 0.04, 0.3055, (0.0073, 0.0093, -0.0118)),
        read=Curve(-0.0117, -0.0069, 0.015, 0.04, 0.16, (0.0123, 0.0211, -0.0280, 0.0069)),
        t_0=300.0,
        t_read=512e-9,
    ),
    "rram-wan": NoiseModel(
        citation="aihwkit ReRamWan2022NoiseModel, read noise as it recommends; wan2022",
        g_reference=40.0e-6,
        programming=(0.348 * _MICRO, 16.030 * _MICRO, -43.853 * _MICRO, 45.393 * _MICRO, -16.815 * _MICRO),
        drift_mean=Curve(0.0, 0.0, 0.0, 0.0),
        drift_sd=Curve(0.0, 0.0, 0.0, 0.0),
        read=PowerLaw(0.01, 1.0, 10.0),
        t_0=1.0,
        t_read=250e-9,
        relaxed=(
            (1.0, (0.348 * _MICRO, 16.030 * _MICRO, -43.853 * _MICRO, 45.393 * _MICRO, -16.815 * _MICRO)),
            (86400.0, (0.701 * _MICRO, 22.086 * _MICRO, -50.773 * _MICRO, 47.095 * _MICRO, -16.458 * _MICRO)),
            (172800.0, (0.782 * _MICRO, 20.274 * _MICRO, -43.507 * _MICRO, 37.062 * _MICRO, -11.934 * _MICRO)),
        ),
        grows=False,
    ),
}
"""Models that a technology can name with `noise`."""


def noise_model(name: str) -> NoiseModel:
    """Model `name`.

    Raises
    ------
    InputError
        If there is none; lists them.
    """
    if name not in NOISE_MODELS:
        raise InputError(f"no noise model is called {name!r}; there are {', '.join(NOISE_MODELS)}")
    return NOISE_MODELS[name]


def written(name: str, technology: Values, pulses: float) -> NoiseModel | None:
    """Noise model `name` of cells that `pulses` verified write pulses have brought to their target; none of `none`.

    A cell is off by `first_pulse_error` g_max after its first pulse, and every further pulse, a correction by what was
    read, leaves `pulse_convergence` of that. This adds, as a variance, to the published error of cells that were
    written until they stayed: the estimate of a law, with constants that no paper behind these models gives.

    Raises
    ------
    InputError
        If there is no such model; lists them.
    """
    if name == "none":
        return None
    positive(pulses=pulses)
    left = technology["first_pulse_error"] * technology["pulse_convergence"] ** (pulses - 1.0)
    return replace(noise_model(name), unverified=left)


def conductance(share: npt.ArrayLike, g_min: float, g_max: float) -> F64:
    """Conductance of weights, S, same shape: g_min + share (g_max - g_min).

    `share` is |weight| / largest |weight| of the population, 0 to 1. Signed weights take a pair of arrays that are read
    alike, with opposite sign at the sense amplifier: |weight| is programmed into the array of its sign, g_min into the
    other. Both have the same geometry. Currents, wear and temperature are worked out on one array that holds every
    |weight|; the other is counted as cells at g_min that are read and written as often. Others: `physics.encoding`.
    """
    not_negative(g_min=g_min)
    positive(g_max=g_max)
    shares = numbers("share", share, least=0.0)
    if shares.size and shares.max() > 1.0:
        raise InputError(f"share must be at most 1, holds {shares.max():g}")
    return g_min + shares * (g_max - g_min)


def programming_sd(model: NoiseModel, g: npt.ArrayLike, g_max: float) -> F64:
    """Standard deviation of the conductance after programming to `g`, S, same shape [aihwkit]; see `written`."""
    positive(g_max=g_max)
    relative = numbers("g", g, least=0.0) / g_max
    published = _polynomial(relative, model.programming) * (g_max / model.g_reference)
    return np.hypot(published, model.unverified * g_max)


def state_sd(model: NoiseModel, g: npt.ArrayLike, g_max: float, t: float) -> F64:
    """Standard deviation from the target of cells programmed to `g`, S, `t` seconds after the first read, same shape.

    That of programming; where a model says how cells relax, its variance goes linearly with the logarithm of time
    between the measured times, and stays what it was at the last [aihwkit, which knows these times alone]. What drift
    exponents spread is not in it.
    """
    not_negative(t=t)
    if not model.relaxed:
        return programming_sd(model, g, g_max)
    positive(g_max=g_max)
    relative = numbers("g", g, least=0.0) / g_max
    at, passed = np.log([age for age, _ in model.relaxed]), float(np.log(t + model.t_0))
    variance = [np.square(_polynomial(relative, fit)) for _, fit in model.relaxed]
    after = int(np.clip(np.searchsorted(at, passed), 1, len(at) - 1))
    part = float(np.clip((passed - at[after - 1]) / (at[after] - at[after - 1]), 0.0, 1.0))
    mean: F64 = (1.0 - part) * variance[after - 1] + part * variance[after]
    return np.hypot(np.sqrt(mean) * (g_max / model.g_reference), model.unverified * g_max)


def program(model: NoiseModel, g: npt.ArrayLike, g_max: float, *, rng: np.random.Generator) -> F64:
    """Conductances that programming to `g` really gives, S, same shape; never negative [aihwkit]."""
    target = numbers("g", g, least=0.0)
    return np.maximum(target + programming_sd(model, target, g_max) * rng.standard_normal(target.shape), 0.0)


def drift_exponent(model: NoiseModel, g: npt.ArrayLike, g_max: float) -> tuple[F64, F64]:
    """Mean and standard deviation over devices of the drift exponent nu at `g` (S), same shape [aihwkit]."""
    positive(g_max=g_max)
    relative = numbers("g", g, least=0.0) / g_max
    return model.drift_mean(relative), model.drift_sd(relative)


def drawn_drift_exponent(model: NoiseModel, g: npt.ArrayLike, g_max: float, *, rng: np.random.Generator) -> F64:
    """One drift exponent per device, |N(mean, sd)|, same shape as `g` [aihwkit]."""
    mean, sd = drift_exponent(model, g, g_max)
    return np.abs(mean + sd * rng.standard_normal(mean.shape))


def drifted(g: npt.ArrayLike, nu: npt.ArrayLike, t: float, t_0: float) -> F64:
    """Conductance, S, `t` seconds after the first read at `t_0` (s): g ((t + t_0) / t_0)^-nu; `nu` shaped as `g`."""
    not_negative(t=t)
    positive(t_0=t_0)
    start, exponent = numbers("g", g, least=0.0), numbers("nu", nu, least=0.0)
    same_shape(g=start, nu=exponent)
    return start * ((t + t_0) / t_0) ** -exponent


def mean_drifted(model: NoiseModel, g: npt.ArrayLike, g_max: float, t: float) -> F64:
    """Expected conductance, S, `t` seconds after the first read, for nu ~ N(mean, sd): g exp(-mean x + sd^2 x^2 / 2).

    x = ln((t + t_0) / t_0). Same shape as `g`. No draw: what a deterministic run uses.
    """
    not_negative(t=t)
    mean, sd = drift_exponent(model, g, g_max)
    x = np.log((t + model.t_0) / model.t_0)
    factor: F64 = np.exp(-mean * x + 0.5 * (sd * x) ** 2)
    return numbers("g", g) * factor


def read_noise_sd(model: NoiseModel, g_programmed: npt.ArrayLike, g_now: npt.ArrayLike, g_max: float, t: float) -> F64:
    """Standard deviation of one read, S, `t` seconds after the first read: g_now Q sqrt(ln((t + t_0 + t_r) / (2 t_r))).

    Without 1/f noise g_now Q. Q depends on the conductance as programmed [aihwkit]. Both arrays have one shape.
    """
    positive(g_max=g_max)
    not_negative(t=t)
    programmed, now = numbers("g_programmed", g_programmed, least=0.0), numbers("g_now", g_now, least=0.0)
    same_shape(g_programmed=programmed, g_now=now)
    growth = np.log((t + model.t_0 + model.t_read) / (2.0 * model.t_read)) if model.grows else 1.0
    spread = float(np.sqrt(growth))
    return now * model.read(programmed / g_max) * spread


def sampled_state(model: NoiseModel, g: npt.ArrayLike, g_max: float, t: float, *, rng: np.random.Generator) -> F64:
    """One read, S, `t` seconds after the first one, of cells programmed to `g` (S), same shape.

    Programming noise, drift and read noise in the order and with the clipping of the published code [aihwkit].
    """
    target = numbers("g", g, least=0.0)
    normal = rng.standard_normal(target.shape)
    programmed = np.maximum(target + state_sd(model, target, g_max, t) * normal, 0.0)
    now = drifted(programmed, drawn_drift_exponent(model, target, g_max, rng=rng), t, model.t_0)
    noise = read_noise_sd(model, programmed, now, g_max, t) * rng.standard_normal(now.shape)
    return np.maximum(now + noise, 0.0)


def pulse_energy(current: float, resistance: float, time: float) -> float:
    """Energy of one write pulse in the cell, J: I^2 R t (A, ohm, s) [nvsim]."""
    positive(current=current, resistance=resistance, time=time)
    return current**2 * resistance * time
