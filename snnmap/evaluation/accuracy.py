"""How accurate chips are, from what each of them said of each frame: mean, spread, and how far both can be trusted.

An outcome is a table of C chips x F frames; a chip is one drawn sample of devices, a frame one presented image. Chips
and frames are crossed: every chip sees the same frames, so two numbers that share a chip or a frame are not
independent, and C x F outcomes are worth far less than so many coin tosses. The interval over both is for other chips
*and* other frames of the same kind; the one over chips alone is for other chips on these very frames.

**Method.** A two-level bootstrap, studentised: chips and frames are drawn again, each with replacement and
independently of the other [owen2007], and of every such table t* = (mean* - mean) / error* is taken, error from the
two-way analysis of variance, whose estimate of the variance of the mean is unbiased:
(MS_chips + MS_frames - MS_rest) / (C F). The interval is the mean less quantiles of t* times its error. An accuracy
lies near one end of its range and is skewed: its interval has equal tails. A change counts gains and losses and is not:
quantiles of |t*|, without which the interval of a handful of changed frames misses one time in five.

**Measured** (`benchmarks/intervals.py`; 20 chips of 300 and 1,000 frames, 64 to 98 % right): 94 to 97 of 100 intervals
of accuracies hold the truth, 91 to 96 of those of changes, 92 to 95 of those over chips alone. With a handful of frames
that any chip gets wrong none can be trusted to that: of 100 frames, 97 of them right, 94 and 88.

**Rejected**, on the same tables: percentiles of the drawn means hold accuracies in 92 to 95 of 100 and changes in 86 to
96 (where chips and frames matter, C - 1 stands for C and the normal for Student's quantiles; where they do not, the
rest is counted three times [owen2007] and 98 hold); Student's interval with Satterthwaite's degrees of freedom in 91 to
96 and 87 to 95. Knows no network and no device.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.errors import InputError

REPLICATES = 1000
"""Tables drawn for an interval."""
LEVEL = 0.95
"""Share of intervals that hold the truth."""
LEAST_ERROR = 0.5
"""Least error of a drawn table over that of the table at hand: a table that misses nearly all odd frames knows no
error. At this value one to four odd frames of n have the upper ends 3, 6, 9, 10 of n; exact, of frames alone: 5.6, 7.2,
8.8, 10.2."""
DRAWN = 1 << 22
"""Frames that are drawn at a time, over all tables: what bounds the memory."""

Interval = tuple[float, float]
"""Ends of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What C chips say of F frames, beside ideal devices; shares, 0 to 1."""

    chips: int
    frames: int
    ideal: float
    """Of ideal devices, on the same frames."""
    mean: float
    deviation: float | None
    """Standard deviation from chip to chip; none of a single one."""
    interval: Interval
    """Of the mean, over chips and frames; of a single chip over frames alone."""
    interval_chips: Interval | None
    """Of the mean over other chips, on these frames; none of a single one."""
    change: float
    """Mean less ideal; pairs of the same frame."""
    change_interval: Interval
    """Of the change, over chips and frames."""


def accuracy(correct: Bool, ideal: Bool, *, rng: np.random.Generator) -> Accuracy:
    """Accuracy of chips with its intervals.

    Parameters
    ----------
    correct
        Whether each chip is right about each frame (C, F).
    ideal
        Whether ideal devices are (F,).
    rng
        Draws the tables of the bootstrap; one state, one interval.

    Raises
    ------
    InputError
        If there is no chip or no frame, or the two do not belong together.
    """
    if correct.ndim != 2 or 0 in correct.shape or ideal.shape != correct.shape[1:]:
        raise InputError(f"outcomes of shape {correct.shape} and {ideal.shape} are not those of chips and their frames")
    right, at_best = correct.astype(np.int64), ideal.astype(np.int64)
    chips, frames = correct.shape
    each = right.mean(axis=1)
    return Accuracy(
        chips=chips,
        frames=frames,
        ideal=float(at_best.mean()),
        mean=float(right.mean()),
        deviation=float(each.std(ddof=1)) if chips > 1 else None,
        interval=mean_interval(right, (0, 1), rng=rng),
        interval_chips=student(each) if chips > 1 else None,
        change=float((right - at_best).mean()),
        change_interval=change_interval(right - at_best, rng=rng),
    )


def change_interval(change: I64, *, rng: np.random.Generator) -> Interval:
    """95 % interval of the mean of changes -1, 0 or 1 of every chip and frame (C, F), over chips and frames."""
    return mean_interval(change, (-1, 1), symmetric=True, rng=rng)


def mean_interval(values: I64, span: tuple[int, int], *, symmetric: bool = False, rng: np.random.Generator) -> Interval:
    """95 % interval of the mean over chips and frames, cut to what a mean can be.

    Parameters
    ----------
    values
        Integers of every chip and frame (C, F): sums of them are exact, whatever their order.
    span
        The least and the largest value that there can be.
    symmetric
        Whether both ends are equally far from the mean.
    """
    low, high = span
    table, frames = values.astype(np.float64), values.shape[1]
    mean = float(values.mean())
    error = float(np.sqrt(_variance(_Sums.of(table))[0]))
    if error == 0.0:  # every chip and frame alike: as many frames as that say that others are rare
        rare = 1.0 - ((1.0 - LEVEL) / 2.0) ** (1.0 / frames)
        return mean - rare * (mean - low), mean + rare * (high - mean)
    means, variances = drawn(table, rng)
    t = (means - mean) / np.maximum(np.sqrt(variances), LEAST_ERROR * error)
    if symmetric:
        most = float(np.quantile(np.abs(t), LEVEL))
        least = -most
    else:
        least, most = (float(q) for q in np.quantile(t, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]))
    return max(mean - most * error, float(low)), min(mean - least * error, float(high))


def student(each: F64, span: tuple[float, float] = (0.0, 1.0)) -> Interval:
    """Student's 95 % interval of the mean of independent values (n,), n at least 2, cut to `span`."""
    from scipy.special import stdtrit

    middle, count = float(each.mean()), len(each)
    half = float(stdtrit(count - 1, (1.0 + LEVEL) / 2.0) * each.std(ddof=1) / np.sqrt(count))
    return max(middle - half, span[0]), min(middle + half, span[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums of one table, or of B drawn ones: all of integers, so exact."""

    shape: tuple[int, int]
    total: F64
    """Of all values (B,)."""
    squares: F64
    """Of their squares (B,)."""
    of_chips: F64
    """Of the squares of the chips' totals (B,)."""
    of_frames: F64
    """Of the squares of the frames' totals (B,)."""

    @classmethod
    def of(cls, values: F64) -> "_Sums":
        """Of the table itself."""
        one = np.ones((1, values.shape[0])), np.ones((1, values.shape[1]))
        return cls.weighted(values, *one)

    @classmethod
    def weighted(cls, values: F64, chip: F64, frame: F64) -> "_Sums":
        """Of tables that hold each chip `chip` (B, C) times and each frame `frame` (B, F) times."""
        by_chip, by_frame = frame @ values.T, chip @ values
        return cls(
            values.shape,
            np.sum(chip * by_chip, axis=1),
            np.sum(chip * (frame @ np.square(values).T), axis=1),
            np.sum(chip * np.square(by_chip), axis=1),
            np.sum(frame * np.square(by_frame), axis=1),
        )


def _variance(sums: _Sums) -> F64:
    """Variance of the means (B,): two-way, chips and frames drawn from many, one value of each pair."""
    chips, frames = sums.shape
    count = chips * frames
    middle = np.square(sums.total) / count
    by_chip, by_frame = sums.of_chips / frames - middle, sums.of_frames / chips - middle
    rest = np.maximum(sums.squares - middle - by_chip - by_frame, 0.0)
    of_chips, of_frames = by_chip / max(chips - 1, 1), by_frame / max(frames - 1, 1)
    of_rest = rest / max((chips - 1) * (frames - 1), 1)
    least = 1e-9 * sums.squares / count  # what is left of equal values is rounding
    variance: F64 = np.maximum(of_chips + of_frames - of_rest, of_rest)
    return np.where(variance > least, variance, 0.0) / count


def drawn(values: F64, rng: np.random.Generator) -> tuple[F64, F64]:
    """Mean of every drawn table, and its variance, (REPLICATES,) each."""
    chips, frames = values.shape
    at_once = max(DRAWN // frames, 1)
    means, variances = [], []
    for first in range(0, REPLICATES, at_once):
        count = min(at_once, REPLICATES - first)
        sums = _Sums.weighted(values, _times(chips, count, rng), _times(frames, count, rng))
        means.append(sums.total / (chips * frames))
        variances.append(_variance(sums))
    return np.concatenate(means), np.concatenate(variances)


def _times(things: int, count: int, rng: np.random.Generator) -> F64:
    """How often each of `things` is among as many drawn with replacement, `count` times over, (count, things)."""
    drawn = rng.integers(0, things, (count, things)) + things * np.arange(count)[:, np.newaxis]
    return np.bincount(drawn.reshape(-1), minlength=count * things).reshape(count, things).astype(np.float64)
