"""Accuracy in a comparison: the closed form of every mapping, and, if asked for, drawn chips, the same for all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.evaluation.accuracy import accuracy, change_interval
from snnmap.evaluation.disturbance import FIGURE, error_metric
from snnmap.ir import Reading
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.study.cases import Case

MEASURED = "accuracy_measured_share"
GAIN = "accuracy_gain_share"
"""Measured accuracy less that of the first objective of the pair, chip by chip and frame by frame."""
METRICS = (
    *(FIGURE, MEASURED, "accuracy_measured_low_share", "accuracy_measured_high_share"),
    *(GAIN, "accuracy_gain_low_share", "accuracy_gain_high_share"),
)
"""Rows of the table: values, and the ends of their 95 % intervals over chips and frames."""


class Figured(NamedTuple):
    """What is kept of a case: a mapping of a large network is not held beside the next."""

    workload: str
    technology: str
    objective: str
    figures: dict[str, Any]
    reading: Reading
    """How they are to be read."""


def must_be_measurable(options: AccuracyOptions | None) -> None:
    """Refuse what a column of a comparison cannot hold.

    Raises
    ------
    InputError
        If more than one age is asked for, other data, a known chip, or a refresh interval.
    """
    if options is None:
        return
    if len(options.seconds) != 1:
        raise InputError(f"a comparison measures accuracy at one age, not {len(options.seconds)}; give one, like 1d")
    if options.given or options.chip is not None or options.refresh:
        raise InputError("a comparison measures accuracy on its own data and drawn chips; leave data, chip and refresh")


@dataclass(frozen=True, slots=True)
class Measured:
    """Drawn chips, the same for all cases; the first case of a workload and technology is what others gain over."""

    options: AccuracyOptions
    """Of one age."""
    _first: dict[tuple[str, str], I64] = field(default_factory=dict)

    def of(self, case: Case, progress: Progress | None) -> dict[str, float]:
        """`METRICS` of a case, but for the closed form."""
        from snnmap.pipeline.drawn import DrawnChips

        chips = DrawnChips.of(case.compiled.view, case.compiled.graph, self.options)
        correct = chips.correct(self.options.seconds[0], progress).astype(np.int64)
        base = self._first.setdefault((case.workload, case.technology), correct)
        return measured(correct, base, chips.ideal.astype(np.int64), self.options.seed)


def with_accuracy(
    cases: Iterable[Case], options: AccuracyOptions | None, progress: Progress | None
) -> Iterator[Figured]:
    """Figures of every case and, beside them, those of `METRICS` that there are."""
    chips = None if options is None else Measured(options)
    for case in cases:
        figures = {FIGURE: error_metric(case.compiled.view).value, **case.compiled.mapping.figures}
        if chips is not None:
            figures |= chips.of(case, progress)
        yield Figured(case.workload, case.technology, case.objective, figures, case.compiled.reading)


def measured(correct: I64, base: I64, ideal: I64, seed: int) -> dict[str, float]:
    """Figures of what chips are right about (C, F), beside the same chips under the first objective `base` (C, F)."""
    at = accuracy(correct.astype(bool), ideal.astype(bool), rng=stream(seed, "accuracy"))
    gain = correct - base
    ends = change_interval(gain, rng=stream(seed, "gain")) if gain.any() else (0.0, 0.0)
    return dict(zip(METRICS[1:], (at.mean, *at.interval, float(gain.mean()), *ends), strict=True))
