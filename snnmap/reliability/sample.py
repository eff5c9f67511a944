"""A sample of the crossbars of a chip that stands for all of them, where every array cannot be evaluated many times.

Crossbars are sorted by what is known of all, the heat of one exact evaluation, and cut into as many strata as are to be
drawn; one is drawn of each and stands for its stratum. Those with the shortest lives and the most heat are drawn for
sure and stand for themselves. A sum over crossbars is estimated by ratio: every crossbar follows its stand-in from the
heat that is known of it. Its variance is that of pairs of neighbouring strata, which counts what lies between them too,
so that intervals are rather too wide. Source: Cochran, Sampling Techniques, 3rd ed., 1977, sections 5A.12 and 6.10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64, Bool

DRAWN = 256
"""Crossbars drawn at random, and the number up to which all are evaluated."""
SURE = 16
"""Crossbars drawn for sure by each measure of what may be an extreme."""
NORMAL = 1.959964
"""Standard deviations on either side of the mean that hold 95 % of a normal distribution."""


class Known(NamedTuple):
    """What one exact evaluation says of all crossbars, to which those that are not in a sample are in proportion."""

    energy: F64
    """Reads of the array over the window, J (K,)."""
    rise: F64
    """By eSpine's equations, above the silicon below, K (K,)."""
    power: F64
    """That its drivers deliver by eSpine's equations, W (K,)."""
    rewritten: F64
    """Cells that its refresh writes, 1/s (K,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Which of K crossbars are evaluated, and which of these stands for each."""

    by: I64
    """The crossbar that stands for each (K,); itself if it is drawn."""
    strata: tuple[I64, ...]
    """Crossbars of every stratum, by rising heat; those drawn for sure are in none."""
    known: Known
    shift: float = 0.0
    """Where in the 95 % interval sums are: -1 at its low end, 1 at its high end."""

    @property
    def drawn(self) -> Bool:
        """Whether each crossbar is evaluated (K,)."""
        drawn: Bool = self.by == np.arange(len(self.by))
        return drawn

    @property
    def size(self) -> int:
        """Crossbars that are evaluated."""
        return int(np.count_nonzero(self.drawn))

    def groups(self, every: Sequence[I64]) -> list[I64]:
        """Those of the groups of crossbars that hold one that is drawn."""
        drawn = self.drawn
        return [group for group in every if drawn[group].any()]

    def told(self) -> str:
        """The sample in words."""
        return f"sample of {self.size:,} of {len(self.by):,} crossbars"

    def filled(self, values: F64, known: F64) -> F64:
        """Values (K,) of all crossbars from those of the drawn ones, in proportion to what is `known` of all (K,)."""
        ratio = np.divide(values[self.by], known[self.by], out=np.zeros(len(known)), where=known[self.by] > 0)
        filled: F64 = np.where(self.drawn, values, ratio * known)
        rest = float(filled[~self.drawn].sum())
        if self.shift == 0.0 or rest == 0.0:
            return filled
        scale = max(0.0, 1.0 + self.shift * self.margin(values, known) / rest)
        filled[~self.drawn] *= scale
        return filled

    def margin(self, values: F64, known: F64) -> float:
        """Half of the 95 % interval of the sum over all crossbars; `values` and `known` as for `filled`."""
        chosen = np.array([self.by[own[0]] for own in self.strata], np.int64)
        weight = np.array([known[own].sum() - known[k] for own, k in zip(self.strata, chosen, strict=True)])
        ratio = np.divide(values[chosen], known[chosen], out=np.zeros(len(chosen)), where=known[chosen] > 0)
        return NORMAL * float(np.sqrt(np.sum(np.square(weight) * _spread(ratio))))


def _spread(ratio: F64) -> F64:
    """Variance of the ratio inside every stratum (H,), from those of neighbours."""
    if len(ratio) < 2:
        return np.zeros(len(ratio))
    squared = np.square(np.diff(ratio)) / 2.0
    spread: F64 = np.maximum(np.append(squared, squared[-1]), np.append(squared[:1], squared))
    return spread


def sample_of(known: Known, extremes: tuple[F64, ...], rng: np.random.Generator, drawn: int = DRAWN) -> Sample | None:
    """`drawn` of the crossbars and the extreme ones; none if that would not leave out any.

    Parameters
    ----------
    known
        Of every crossbar; its reads, or without any its rise, are the heat that strata are cut by.
    extremes
        Measures (K,) of which the smallest must not be missed.
    """
    heat = known.energy if known.energy.any() else known.rise
    if len(heat) <= drawn:
        return None
    sure = np.zeros(len(heat), bool)
    for measure in (-known.energy, -known.rise, *extremes):
        sure[np.argsort(measure, kind="stable")[:SURE]] = True
    rest = np.flatnonzero(~sure)
    rest = rest[np.argsort(heat[rest], kind="stable")]
    if len(rest) <= drawn:
        return None
    by, strata = np.arange(len(heat)), np.array_split(rest, drawn)
    for stratum in strata:
        by[stratum] = stratum[int(rng.integers(len(stratum)))]
    return Sample(by, tuple(strata), known)
