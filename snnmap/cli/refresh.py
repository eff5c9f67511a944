"""Refresh intervals in the terminal: when weights have drifted, when accuracy fell, and what each costs."""

from typing import Any

from snnmap.cli import terminal

DIGITS = 3
"""Of durations."""


def share(value: float) -> str:
    """A share in per cent."""
    return f"{100 * value:.2f} %"


def shares(interval: list[float]) -> str:
    """An interval of shares in per cent."""
    low, high = interval
    return f"{100 * low:.2f} to {100 * high:.2f} %"


def show(found: dict[str, Any]) -> None:
    """Both rules of one kind of compensation: a line, and what each costs."""
    drift, by_accuracy = found["by_drift"], found["by_accuracy"]
    points, last = 100 * found["keep"], found["longest_asked_s"]
    kind = "with" if found["compensated"] else "without"
    weight = drift["said"] or until(drift["interval_s"], None)
    low, high = (until(age, last) for age in found["longest_interval_s"])
    network = "at once: fresh chips alone are as accurate as wanted"
    if by_accuracy is not None:
        network = f"{until(found['longest_s'], last)} (95 %: {low} to {high})"
    terminal.line()
    terminal.line(
        f"{kind} drift compensation, refresh when a weight has drifted: {weight}; "
        f"when accuracy has, by {points:g} points: {network}"
    )
    rows = [("weights have drifted", *costs(drift))]
    if by_accuracy is not None:
        rows.append((f"accuracy {points:g} points less", *costs(by_accuracy)))
    columns = (
        "refreshed when",
        "or at the latest",
        "writes per cell and year",
        "lifetime, median",
        "first failure",
        "limited by",
    )
    terminal.table("", columns, rows)
    if found["other_chips"] is not None:
        mean, interval = found["other_chips"]["mean"], found["other_chips"]["interval"]
        fresh = share(found["accuracy_fresh"])
        terminal.line(f"fresh chips: {fresh}; as many others at that age: {share(mean)} ({shares(interval)})")


def until(seconds: float | None, last: float | None) -> str:
    """A time; one as long as was looked at is `at least`; none is never."""
    if seconds is None or seconds == float("inf"):
        return "never"
    text = terminal.number(seconds, "s", DIGITS)
    return f"at least {text}" if seconds == last else text


def costs(rule: dict[str, Any]) -> tuple[str, ...]:
    """Cells of a table: interval, writes per cell and year, lifetime, first failure, what limits them."""
    times = (
        terminal.number(rule[key], "s", DIGITS) if rule[key] < float("inf") else "never"
        for key in ("lifetime_s", "first_failure_s")
    )
    return (until(rule["interval_s"], None), f"{rule['writes_per_cell_and_year']:.3g}", *times, rule["limited_by"])
