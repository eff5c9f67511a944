"""What a user may say about a workload's data and stepping; unsaid things are `None`. Knows no file format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy.typing as npt

from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.frontend.data.layout import checked_layout
from snnmap.frontend.dialects import NAMES, DialectName
from snnmap.ir.dynamics import Comparison, Decay, Integration, Reset
from snnmap.ir.integers import BITS, LEVELS, QUANTISERS, Quantiser, levels_of

Encoding = Literal["rate", "poisson", "latency", "current", "uint5", "delta"]
Pooling = Literal["fold", "relay"]
Inputs = Literal["outside", "column"]
Data = str | Path | npt.ArrayLike | Mapping[str, npt.ArrayLike]
"""A file; or an array, a tensor, anything that numpy takes, or several of them by the names that an npz would have."""

CHOICES: dict[str, tuple[str, ...]] = {
    "encode": get_args(Encoding),
    "pooling": get_args(Pooling),
    "inputs": get_args(Inputs),
    "integration": get_args(Integration),
    "reset": get_args(Reset),
    "comparison": get_args(Comparison),
    "decay": get_args(Decay),
    "dialect": NAMES,
}
POSITIVE = ("dt", "steps", "samples", "max_rate", "window", "delta")


SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
"""Seconds per unit of time."""


def parse_seconds(text: str) -> float:
    """`1e-3`, `1ms`, `0.5 ms`, `250us` in seconds.

    Raises
    ------
    InputError
        If it is no positive number, or the unit is unknown.
    """
    match = re.fullmatch(r"\s*([-+.0-9]+(?:[eE][-+]?[0-9]+)?)\s*([^\W0-9]*)\s*", text)
    unit = SECONDS.get(match[2] or "s") if match else None
    try:
        value = float(match[1]) if match else float("nan")
    except ValueError:
        value = float("nan")
    if unit is None or not 0 < value < float("inf"):
        raise InputError(f"{text!r} is no positive time; give seconds (1e-3) or a unit: 1s, 1ms, 1us, 1ns")
    return float(f"{value * unit:.15g}")  # 3 us is 3e-6, not 2.9999999999999997e-06


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Explicit wishes; they go before the workload file, which goes before what the network file implies.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    data: Data | None = None
    """Input data: a file, an array or tensor in memory, or several of them by name; the workload's own if `None`."""
    labels: Data | None = None
    """Labels, where they do not lie beside the data: a file, or an array."""
    layout: str | None = None
    """Axes of an array of data, one letter each: B samples, T steps, C, H, W or F features; for example TBCHW."""
    dt: float | None = None
    """Seconds per step."""
    steps: int | None = None
    """Steps per sample."""
    dialect: DialectName | None = None
    """Program whose reading of the network is taken: sets dt, integration, decay, reset, comparison and multispike."""
    reset: Reset | None = None
    encode: Encoding | None = None
    samples: int | None = None
    """Take the first so many samples."""
    seed: int = 0
    """Seed of the encoders; a recipe's weights have a seed of their own, in the recipe."""
    pooling: Pooling = "fold"
    strict: bool = False
    """Refuse network files that need a repair."""
    integration: Integration | None = None
    comparison: Comparison | None = None
    decay: Decay | None = None
    """Forward Euler, or exact exponentials."""
    clamp: float | None = None
    """Lower bound of v in multiples of -v_threshold."""
    multispike: bool | None = None
    max_rate: float | None = None
    """Spikes per step of a value of 1, for rate and Poisson encoding; default 1."""
    window: float | None = None
    """Seconds per sample cut from a continuous recording (ECG)."""
    delta: float | None = None
    """Threshold of delta modulation, as a fraction of the data's range; default 0.05."""
    inputs: Inputs | None = None
    """Network inputs come from outside, the default, or take a column each, as vertices of a graph do."""
    quantise: Quantiser | None = None
    """How weights are rounded to integers, population by population (`snnmap.quantise`); they are not if `None`."""
    bits: int | None = None
    """Bits of such an integer, 1 to 8."""
    levels: int | None = None
    """Or how many there are, 2 to 256: 15 are -7 .. 7, as 4 bits are."""

    def __post_init__(self) -> None:
        for key, allowed in CHOICES.items():
            value = getattr(self, key)
            if value is not None and value not in allowed:
                raise InputError(f"{key} {value!r} is not known; choose one of {', '.join(allowed)}")
        for key in POSITIVE:
            value = getattr(self, key)
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"{key} must be a positive number, not {value}")
        if self.layout is not None:
            checked_layout(self.layout)
        if self.max_rate is not None and self.max_rate > 1:
            raise InputError(f"max_rate is at most 1 spike per step, not {self.max_rate}")
        if self.seed < 0:
            raise InputError(f"seed must not be negative, but is {self.seed}")
        if self.clamp is not None and not 0 <= self.clamp < float("inf"):
            raise InputError(f"clamp must be a number of thresholds, 0 or more, not {self.clamp}")
        _ = self.weight_levels

    @property
    def weight_levels(self) -> int:
        """Values of a weight after `quantise`; 0 if it keeps its own.

        Raises
        ------
        InputError
            If there is no such quantiser, or it is not said, exactly once and in range, how fine it is.
        """
        if self.quantise is None:
            if self.bits is None and self.levels is None:
                return 0
            raise InputError(f"bits and levels say how fine weights are rounded; say how, too: {_list(QUANTISERS)}")
        if self.quantise not in QUANTISERS:
            raise InputError(f"quantise {self.quantise!r} is not known; {suggestion(self.quantise, QUANTISERS)}")
        if (self.bits is None) == (self.levels is None):
            raise InputError(f"quantise {self.quantise} needs either bits, {_span(BITS)}, or levels, {_span(LEVELS)}")
        if self.bits is not None and not BITS[0] <= self.bits <= BITS[1]:
            raise InputError(f"bits of a weight are {_span(BITS)}, not {self.bits}")
        if self.levels is not None and not LEVELS[0] <= self.levels <= LEVELS[1]:
            raise InputError(f"levels of a weight are {_span(LEVELS)}, not {self.levels}")
        return self.levels or levels_of(self.bits or 0)

    def given(self) -> dict[str, Any]:
        """JSON-able keyword arguments that make an equal `LoadOptions`; unsaid things and arrays are left out."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        values = {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
        return {key: value for key, value in values.items() if isinstance(value, str | int | float)}

    def must_apply(self, *used: str, where: object, why: str) -> None:
        """Refuse options that would change nothing.

        Parameters
        ----------
        used
            Names of those that would; the seed, which is for other things too, is never refused.
        where
            The source, for the message.
        why
            What makes the others idle, and what to do.

        Raises
        ------
        InputError
            If others differ from their defaults; it names all of them.
        """
        others = {f.name: f.default for f in fields(self) if f.name not in {"seed", *used}}
        told = {name: getattr(self, name) for name in others}
        idle = [name for name, value in told.items() if not (value is None or _equal(value, others[name]))]
        if idle:
            named = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
            raise InputError(f"{where}: {named} would change nothing: {why}")

    @property
    def data_file(self) -> Path | None:
        """The data's file, if they are in one."""
        return Path(self.data).expanduser() if isinstance(self.data, str | Path) else None

    def merged(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """`defaults` overridden by what is said here, for the keys in `defaults`."""
        said = self.given()
        return {key: said.get(key, value) for key, value in defaults.items()}


def _span(range_: tuple[int, int]) -> str:
    return f"{range_[0]} to {range_[1]}"


def _list(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _equal(value: object, default: object) -> bool:
    """Whether an option is as if it were not given; arrays never are."""
    return isinstance(value, str | int | float) and value == default
