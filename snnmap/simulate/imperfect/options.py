"""Which imperfections are looked at."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion

EFFECTS: dict[str, str] = {
    "levels": "cells take only the states that the chip's levels allow",
    "programming": "programming misses its target at random",
    "stuck": "some cells are stuck at g_max or g_min",
    "drift": "conductances drift with age",
    "read": "every read is noisy",
    "off": "cells without a synapse in used rows and columns are devices too",
    "ir": "wires take voltage from cells",
    "adc": "column sums are digitised, crossbar by crossbar",
    "dac": "graded values are driven in steps",
    "temperature": "wires and cells are as warm as the mapping makes them",
}
"""Every effect by name, with what it means."""

Ir = Literal["linear", "exact"]
Inactive = Literal["gated", "grounded", "floating"]


@dataclass(frozen=True, slots=True)
class ImperfectOptions:
    """What is not ideal about cells, wires and converters.

    Raises
    ------
    InputError
        If an effect is unknown, or a share is not 0 to 1.
    """

    effects: frozenset[str] = frozenset(EFFECTS)
    ir: Ir = "linear"
    """`linear`: a cell loses what it loses in the profile's mean step; `exact`: solved for the rows of every step."""
    stuck_on: float | None = None
    """Share of cells stuck at g_max; none: as the technology says."""
    stuck_off: float | None = None
    """Share of cells stuck at g_min; none: as the technology says."""
    compensated: bool | None = None
    """Whether each crossbar's mean drift is scaled away; none: as the chip says."""
    inactive: Inactive = "gated"
    """What rows do that are not driven: their cells are open, they are held at 0 V, or their drivers let go of them.

    Reports assume the first. With the second, what a column reads is linear in what drives rows, and `linear` exact."""
    programming_sd: float | None = None
    """Standard deviation by which every cell misses its target, share of g_max; none: as its noise model says."""

    @property
    def named(self) -> tuple[str, ...]:
        """The effects, in the order of `EFFECTS`."""
        return tuple(name for name in EFFECTS if name in self.effects)

    def __post_init__(self) -> None:
        for name in sorted(self.effects - set(EFFECTS)):
            raise InputError(f"no effect is called {name!r}; {suggestion(name, EFFECTS)}")
        if self.ir not in {"linear", "exact"}:
            raise InputError(f"IR drop is worked out linear or exact, not {self.ir!r}")
        for name, share in (("stuck_on", self.stuck_on), ("stuck_off", self.stuck_off)):
            if share is not None and not (math.isfinite(share) and 0.0 <= share <= 1.0):
                raise InputError(f"{name} is a share of cells, 0 to 1, not {share!r}")
        if self.inactive not in {"gated", "grounded", "floating"}:
            raise InputError(f"inactive rows are gated, grounded or floating, not {self.inactive!r}")
        if self.inactive == "floating" and self.has("ir") and self.ir == "linear":
            raise InputError("what floating rows take depends on which they are: IR drop must be worked out exact")
        missed = self.programming_sd
        if missed is not None and not (math.isfinite(missed) and missed >= 0.0):
            raise InputError(f"programming_sd is a share of g_max, 0 or more, not {missed!r}")
        both = (self.stuck_on or 0.0) + (self.stuck_off or 0.0)
        if both > 1.0:
            raise InputError(f"stuck_on and stuck_off add up to {both:g}, more than all cells")

    def has(self, effect: str) -> bool:
        """Whether `effect` is looked at."""
        return effect in self.effects


def parsed(names: str | Iterable[str]) -> frozenset[str]:
    """Effects of a list of names or of text: `all`, `none`, or names with commas between.

    Raises
    ------
    InputError
        If one is unknown; offers the nearest.
    """
    listed = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    if listed == ["all"]:
        return frozenset(EFFECTS)
    if listed in (["none"], []):
        return frozenset()
    for name in listed:
        if name not in EFFECTS:
            raise InputError(f"no effect is called {name!r}; {suggestion(name, ['all', 'none', *EFFECTS])}")
    return frozenset(listed)
