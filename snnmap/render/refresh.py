"""Refresh intervals in words: when weights have drifted, when accuracy fell, and what each costs."""

from collections.abc import Sequence
from typing import Any

from snnmap.render.numbers import number
from snnmap.render.sheets import Sheet, sheet

DIGITS = 3
"""Of durations."""
COLUMNS = (
    "refreshed when",
    "or at the latest",
    "writes per cell and year",
    "lifetime, median",
    "first failure",
    "limited by",
)


def share(value: float) -> str:
    """A share in per cent."""
    return f"{100 * value:.2f} %"


def shares(interval: Sequence[float]) -> str:
    """An interval of shares in per cent."""
    low, high = interval
    return f"{100 * low:.2f} to {100 * high:.2f} %"


def headline(found: dict[str, Any]) -> str:
    """Both rules of one kind of compensation in a line."""
    drift, last = found["by_drift"], found["longest_asked_s"]
    kind = "with" if found["compensated"] else "without"
    weight = drift["said"] or until(drift["interval_s"], None)
    low, high = (until(age, last) for age in found["longest_interval_s"])
    network = "at once: fresh chips alone are as accurate as wanted"
    if found["by_accuracy"] is not None:
        network = f"{until(found['longest_s'], last)} (95 %: {low} to {high})"
    return (
        f"{kind} drift compensation, refresh when a weight has drifted: {weight}; "
        f"when accuracy has, by {100 * found['keep']:g} points: {network}"
    )


def refresh_sheet(found: dict[str, Any]) -> Sheet:
    """What each rule of one kind of compensation costs."""
    by_accuracy = found["by_accuracy"]
    rows = [("weights have drifted", *costs(found["by_drift"]))]
    if by_accuracy is not None:
        rows.append((f"accuracy {100 * found['keep']:g} points less", *costs(by_accuracy)))
    lines = []
    if found["other_chips"] is not None:
        mean, interval = found["other_chips"]["mean"], found["other_chips"]["interval"]
        fresh = share(found["accuracy_fresh"])
        lines.append(f"fresh chips: {fresh}; as many others at that age: {share(mean)} ({shares(interval)})")
    return sheet("", COLUMNS, rows, lines)


def until(seconds: float | None, last: float | None) -> str:
    """A time; one as long as was looked at is `at least`; none is never."""
    if seconds is None or seconds == float("inf"):
        return "never"
    text = number(seconds, "s", DIGITS)
    return f"at least {text}" if seconds == last else text


def costs(rule: dict[str, Any]) -> tuple[str, ...]:
    """Cells of a table: interval, writes per cell and year, lifetime, first failure, what limits them."""
    times = (
        number(rule[key], "s", DIGITS) if rule[key] < float("inf") else "never"
        for key in ("lifetime_s", "first_failure_s")
    )
    return (until(rule["interval_s"], None), f"{rule['writes_per_cell_and_year']:.3g}", *times, rule["limited_by"])
