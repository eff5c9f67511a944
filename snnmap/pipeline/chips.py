"""Which chips of a mapping are drawn, how old they are, and what is not ideal about them: what a user may say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnmap.core.errors import InputError
from snnmap.frontend import Data
from snnmap.frontend.chips import load_chip
from snnmap.hardware.units import TIME
from snnmap.ir.devices import ChipMap
from snnmap.pipeline.operating import read_quantity
from snnmap.simulate.imperfect.options import ImperfectOptions, Inactive, Ir, parsed

AGES = ("1s", "1h", "1d", "30d", "1y")
"""Ages that are looked at unless others are asked for."""
SHORT = {"d": "day", "y": "year"}
"""Units of an age beside those of hardware files."""
EXAMPLE = "1s, 1h, 1d, 30d or 1y"


@dataclass(frozen=True, slots=True)
class AccuracyOptions:
    """Which chips are drawn, how old they are, and what is not ideal about them.

    Raises
    ------
    InputError
        If a value is out of its range, or an effect unknown.
    """

    effects: str | Sequence[str] = "all"
    """`all`, `none`, or names with commas between."""
    devices: int = 10
    """Chips, each a sample of all devices."""
    ages: Sequence[float | str] = AGES
    """Since the first read: text with a unit (`30d`), or seconds."""
    ir: Ir = "linear"
    """How IR drop of gated rows is worked out."""
    inactive: Inactive = "gated"
    """What rows do that are not driven, where wires take voltage: gated, grounded or floating."""
    stuck_on: float | None = None
    """Share of cells stuck at g_max; none: as the technology says."""
    stuck_off: float | None = None
    """Share of cells stuck at g_min; none: as the technology says."""
    programming_sd: float | None = None
    """Standard deviation by which every cell misses its target, share of g_max; none: as its noise model says."""
    compensated: bool | None = None
    """Whether the mean drift is scaled away; none: as the chip says."""
    seed: int = 0
    """Seed of the first chip; the others follow by one."""
    refresh: bool = False
    """Whether the largest refresh interval that keeps accuracy is sought."""
    keep: float = 0.5
    """Points of accuracy that may be lost against fresh, for `refresh`."""
    program_pulses: Sequence[int] = ()
    """Write pulses per cell of which accuracy, energy and wear are told beside each other."""
    data: Data | None = None
    """Other data than those of the mapping's profile."""
    labels: Data | None = None
    """Labels, where they do not lie beside the data."""
    layout: str | None = None
    """Axes of the other data, if they are an array."""
    samples: int | None = None
    """Take the first so many samples of the other data."""
    chip: Path | str | ChipMap | None = None
    """What is known of one chip, or its file: its stuck cells, gains and offsets; all else is drawn."""

    def __post_init__(self) -> None:
        if self.devices < 1:
            raise InputError(f"{self.devices} devices cannot be drawn; give at least 1")
        if self.seed < 0:
            raise InputError(f"seed must not be negative, but is {self.seed}")
        if self.samples is not None and self.samples < 1:
            raise InputError(f"{self.samples} samples cannot be taken; give at least 1")
        if not self.ages:
            raise InputError(f"no age is asked for; give one or more, like {EXAMPLE}")
        if not 0.0 < self.keep < 100.0:
            raise InputError(f"keep is {self.keep:g} points of accuracy; it must be above 0 and below 100")
        if self.refresh and self.devices < 2:
            raise InputError("refresh needs an interval over chips: give at least 2 devices")
        if any(pulses < 1 or pulses != int(pulses) for pulses in self.program_pulses):
            raise InputError(f"program_pulses are whole numbers from 1, not {', '.join(map(str, self.program_pulses))}")
        _ = self.seconds, self.imperfect

    @property
    def seconds(self) -> tuple[float, ...]:
        """Ages in seconds, as they were given."""
        return tuple(_seconds(age) for age in self.ages)

    @property
    def known(self) -> ChipMap | None:
        """What is known of one chip.

        Raises
        ------
        InputError
            If its file cannot be used.
        """
        return load_chip(self.chip) if isinstance(self.chip, str | Path) else self.chip

    @property
    def imperfect(self) -> ImperfectOptions:
        """What is not ideal."""
        stuck = self.stuck_on, self.stuck_off
        return ImperfectOptions(
            parsed(self.effects), self.ir, *stuck, self.compensated, self.inactive, self.programming_sd
        )

    @property
    def given(self) -> dict[str, Any]:
        """What is asked of the data instead of what the mapping says, as fields of `LoadOptions`; empty: nothing."""
        named = {"data": self.data, "labels": self.labels, "layout": self.layout, "samples": self.samples}
        if self.data is not None:  # what belongs to the mapping's own data goes with them
            return {name: str(value) if isinstance(value, Path) else value for name, value in named.items()}
        return {name: value for name, value in named.items() if value is not None}


def parse_ages(text: str) -> tuple[str, ...]:
    """`1s,30d` as ages, each of which has a unit.

    Raises
    ------
    InputError
        If one is no time with a unit, or not above 0.
    """
    ages = tuple(part.strip() for part in text.split(","))
    for age in ages:
        _seconds(age)
    return ages


def parse_pulses(text: str) -> tuple[int, ...]:
    """`5,10,20` as numbers of write pulses.

    Raises
    ------
    InputError
        If one is not a whole number from 1.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise InputError(f"program-pulses are whole numbers from 1, like 5,10,20, not {text!r}")
    return tuple(int(part) for part in parts)


def _seconds(age: float | str) -> float:
    if isinstance(age, str):
        unit = age.strip().lstrip("+-.0123456789eE").strip()
        if not unit:
            raise InputError(f"age {age!r} has no unit; write it like {EXAMPLE}")
        known = age.replace(unit, SHORT.get(unit, unit))
        value = read_quantity("age", known, TIME, EXAMPLE)
    else:
        value = float(age)
    if not 0.0 < value < math.inf:
        raise InputError(f"age {age!r} is not after the first read; it must be above 0, like {EXAMPLE}")
    return value
