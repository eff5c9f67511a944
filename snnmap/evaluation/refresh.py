"""How long chips may age before they are less accurate than their user wants: the refresh interval that accuracy sets.

Accuracy falls with age, steadily but for noise, so the largest age that keeps it is found by bisection on a grid of ten
ages a decade, the same chips at every age and compared with themselves when fresh: what differs between chips cancels.
Three bisections share what was run: where the mean change has used up what may be lost, and where either end of its
95 % interval has, which is the interval of the answer. It is over chips, on the frames at hand: of a few hundred frames
half a point is a single one, and no interval over other frames could say more. Knows no network and no device.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from snnmap.core.arrays import Bool
from snnmap.core.errors import InputError
from snnmap.evaluation.accuracy import Interval, student

DECADE = 10
"""Ages tried a decade, at most: an answer is good to 26 %."""
FRESH = 1.0
"""Seconds after its first read at which a chip counts as fresh."""
ROUNDING = 1e-9
"""Share of frames: a loss of exactly what may be lost is allowed."""


@dataclass(frozen=True, slots=True)
class Longest:
    """Largest age at which chips are as accurate as wanted, s."""

    keep: float
    """Share of frames that may be lost."""
    fresh: float
    """Accuracy of the fresh chips."""
    age: float
    """Where the mean change has used up `keep`; 0: fresh chips alone are as accurate as that."""
    interval: Interval
    """Where the ends of the 95 % interval of the change have; over chips."""
    last: float
    """The largest age that was asked for: an age as large says "at least"."""
    changes: dict[float, tuple[float, float, float]] = field(default_factory=dict)
    """Age to mean change against fresh and its 95 % interval over chips, of all ages that were run."""


def longest_age(correct: Callable[[float], Bool], keep: float, last: float) -> Longest:
    """Largest age up to `last`, s, at which chips lose at most `keep` of the frames that they get right when fresh.

    Parameters
    ----------
    correct
        Whether each chip is right about each frame at an age (C, F), the same chips and frames at every age; run once
        for every age that is asked for.
    keep
        Share of frames, above 0 and below 1.
    last
        Largest age of interest, s.

    Raises
    ------
    InputError
        If `keep` or `last` make no sense, or there is a single chip.
    """
    if not 0.0 < keep < 1.0:
        raise InputError(f"{100 * keep:g} points of accuracy cannot be kept to; give more than 0 and less than 100")
    if not FRESH < last < float("inf"):
        raise InputError(f"the largest age is {last:g} s; it must be above {FRESH:g} s")
    fresh = correct(FRESH)
    if len(fresh) < 2:
        raise InputError("a refresh interval has an interval over chips: at least 2 devices are needed")
    grid = _grid(last)
    changes: dict[float, tuple[float, float, float]] = {}

    def change(k: int) -> tuple[float, float, float]:
        age = grid[k]
        if age not in changes:
            each = correct(age).mean(axis=1) - fresh.mean(axis=1)
            changes[age] = (float(each.mean()), *student(each, (-1.0, 1.0)))
        return changes[age]

    def longest(part: int) -> float:
        k = _last(lambda k: change(k)[part] >= -keep - ROUNDING, len(grid))
        return grid[k] if k >= 0 else 0.0

    age, interval = longest(0), (longest(1), longest(2))
    return Longest(keep, float(fresh.mean()), age, interval, last, dict(sorted(changes.items())))


def _grid(last: float) -> list[float]:
    """Ages from just above fresh to `last`, s: ten a decade, three digits each."""
    steps = int(math.log10(last / FRESH) * DECADE)
    ages = [float(f"{FRESH * 10 ** (k / DECADE):.3g}") for k in range(1, steps + 1)]
    return [*(age for age in ages if age < last), last]


def _last(holds: Callable[[int], bool], count: int) -> int:
    """Largest of 0 .. count - 1 up to which `holds` does, -1 if never: it does not again once it no longer did."""
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
