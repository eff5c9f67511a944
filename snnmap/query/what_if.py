"""What a mapping's time per step would be if the chip had other times: `flit_time=1ns`, or `flit_time=1ns:5ns:1ns`."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.core.suggest import suggestion
from snnmap.evaluation.bottleneck import bottleneck
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.evaluation.what_if import BETWEEN, TIMED, retimed
from snnmap.hardware.keys import CHIP_KEYS
from snnmap.hardware.ranges import plausible
from snnmap.hardware.units import TIME
from snnmap.ir import Bottleneck, Violation
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.operating import read_quantity
from snnmap.pipeline.reopen import reopen, violations

POINTS = 100
"""Most values of a range."""
FACTOR = 100
"""Most by which a value may differ from the chip's: a slot table is as long as the period over the time of a flit."""
NEW = 1e-6
"""Most seconds of a time that is 0 on the chip."""
SLACK = 1e-9
"""Share of a step by which the last value of a range may lie above its end."""


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """The timing of a mapping with some values of its chip."""

    values: Mapping[str, float]
    """Of every quantity that was asked about, SI."""
    period: float
    """Seconds per step."""
    bottleneck: Bottleneck | None
    """What limits it; none if nothing takes time."""


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """The timing of a mapping as it is, and with other times of its chip."""

    before: Timed
    after: tuple[Timed, ...]
    """In the order of the range, or one."""
    guaranteed: bool
    """Whether the times per step are guarantees, or estimates."""
    violations: tuple[Violation, ...] = ()
    """What `verify` finds wrong with the mapping; then there is no timing after."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return {
            "legal": not self.violations,
            "violations": [str(violation) for violation in self.violations],
            "guaranteed": self.guaranteed,
            "before": _document(self.before),
            "after": [_document(timed) for timed in self.after],
        }


def _document(timed: Timed) -> dict[str, Any]:
    found = timed.bottleneck
    least = None if found is None else found.least
    limit = (
        None
        if found is None
        else {
            "class": found.binding,
            "actor": found.actor,
            "kind": found.kind,
            "tile": found.tile,
        }
    )
    return {
        "values": dict(timed.values),
        "period_s": timed.period,
        "period_bound_s": None if least is None else least.seconds,
        "limited_by": limit,
    }


def what_if(
    source: Path | str | Compiled,
    changes: Mapping[str, float | str],
    *,
    workload: str | None = None,
    hardware: str | None = None,
    progress: Progress | None = None,
) -> WhatIf:
    """Exact time per step and bottleneck with other times of the chip, without mapping again.

    Clusters, tiles and wiring stay; the scheduler that the mapping records runs again.

    Parameters
    ----------
    source
        Mapping file, which is verified first, or what `compile` returned.
    changes
        Quantity of the chip, as its file calls it, to its value on this chip: SI, or text with a unit (`1ns`). One of
        them may be a range, `first:last:step`.
    workload, hardware
        Where they are now, if not where the mapping says.

    Raises
    ------
    InputError
        If mapping, workload or chip cannot be read; or a quantity is unknown, or a value out of range.
    InfeasibleError
        If the mapping cannot be scheduled with them.
    """
    points = _points(changes)
    wrong: tuple[Violation, ...] = ()
    if isinstance(source, Compiled):
        view = source.view
    else:
        view = View(*reopen(Path(source), workload=workload, hardware=hardware, progress=progress))
        wrong = tuple(violations(view.mapping, view.graph, view.hardware))
    before = _timed(view, {key: view.hardware[key] for key in changes})
    _must_be_near(before.values, points)
    after = [] if wrong else [_timed(retimed(view, values), values) for values in points]
    return WhatIf(before, tuple(after), is_guaranteed(view.mapping, view.hardware), wrong)


def _must_be_near(now: Mapping[str, float], points: list[dict[str, float]]) -> None:
    """Refuse values that are far from those of the chip; 0 is none of them."""
    for key, value in ((key, values[key]) for values in points for key in values):
        low, high = (now[key] / FACTOR, now[key] * FACTOR) if now[key] else (0.0, NEW)
        if value and not low * (1 - SLACK) <= value <= high * (1 + SLACK):
            unit = CHIP_KEYS[key].unit.removesuffix("1")
            raise InputError(
                f"what-if: {key} is {now[key]:g} {unit}".rstrip()
                + f" on this chip; {value:g} is too far from it, {low:g} to {high:g} is taken"
            )


def _timed(view: View, values: Mapping[str, float]) -> Timed:
    return Timed(values, view.period, bottleneck(view))


def parse_changes(texts: Iterable[str]) -> dict[str, str]:
    """`("flit_time=1ns,row_time=2ns",)` as quantity to text.

    Raises
    ------
    InputError
        If a text is not `quantity=value`, or a quantity is given twice.
    """
    changes: dict[str, str] = {}
    for text in (part for one in texts for part in one.split(",")):
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            raise InputError(f"what-if {text!r} is not quantity=value, like flit_time=1ns or flit_time=1ns:5ns:1ns")
        if key in changes:
            raise InputError(f"what-if: {key} is given twice, as {changes[key]} and {value}; give it once")
        changes[key] = value
    return changes


def _points(changes: Mapping[str, float | str]) -> list[dict[str, float]]:
    """Values of all quantities, point by point.

    Raises
    ------
    InputError
        As `what_if`.
    """
    if not changes:
        raise InputError(f"what-if names no quantity; there is: {', '.join(TIMED)}")
    known: dict[str, list[float]] = {}
    for key, value in changes.items():
        if key not in (*TIMED, *BETWEEN):
            raise InputError(f"what-if: {key!r} is no quantity that the timing depends on; {suggestion(key, TIMED)}")
        known[key] = _range(key, value) if isinstance(value, str) and ":" in value else [_value(key, value)]
    ranges = [key for key, values in known.items() if len(values) > 1]
    if len(ranges) > 1:
        raise InputError(f"what-if: {' and '.join(ranges)} are ranges; one at a time")
    count = max(len(values) for values in known.values())
    return [{key: values[min(k, len(values) - 1)] for key, values in known.items()} for k in range(count)]


def _range(key: str, text: str) -> list[float]:
    parts = text.split(":")
    if len(parts) != 3:
        raise InputError(f"what-if: {key}={text} is no range; write first:last:step, like {key}={_example(key, True)}")
    first, last = (_value(key, part) for part in parts[:2])
    step = _number(key, parts[2])
    if not (0 < step < math.inf and first <= last):
        raise InputError(f"what-if: {key}={text} leads nowhere; the first value is the least and the step above 0")
    count = int((last - first) / step + SLACK) + 1 if (last - first) / step < POINTS else POINTS + 1
    if count > POINTS:
        raise InputError(f"what-if: {key}={text} has more than {POINTS} values; give a longer step")
    return [_rounded(first + k * step) for k in range(count)]


def _value(key: str, given: float | str) -> float:
    value, declared = _number(key, given), CHIP_KEYS[key]
    low, high = plausible(key, declared)
    if not (low <= value <= high or (value == 0 and declared.zero)):
        least = "0, or " if declared.zero else ""
        raise InputError(f"what-if: {key}={given} makes no sense; it is {least}{low:g} to {high:g} {declared.unit}")
    if declared.whole and value != int(value):
        raise InputError(f"what-if: {key}={given} must be a whole number: {declared.meaning}")
    return value


def _number(key: str, given: float | str) -> float:
    if isinstance(given, str):
        return read_quantity(f"what-if: {key}", given, CHIP_KEYS[key].dimension, _example(key))
    return float(given)


def _example(key: str, ranged: bool = False) -> str:
    if CHIP_KEYS[key].dimension == TIME:
        return "1ns:5ns:1ns" if ranged else "1ns or 1e-9 (seconds)"
    return "8:32:8" if ranged else "32"


def _rounded(value: float) -> float:
    """Without the noise of adding up: 3 ns, not 3.0000000000000004 ns."""
    return float(f"{value:.12g}")
