"""How accurate chips are, in words: a table over their ages, what it rests on, and what write pulses buy."""

from typing import Any

from snnmap.render.numbers import number
from snnmap.render.refresh import DIGITS, costs, share, shares, until
from snnmap.render.sheets import Sheet, sheet


def accuracy_title(document: dict[str, Any]) -> str:
    """What was run, on which chips and frames."""
    levels = f"{document['levels']} levels" if document["levels"] else "analog"
    slices = f", {document['slices']} slices" if document["slices"] > 1 else ""
    title = f"{document['workload']} on {document['chip']}, {document['technology']} ({document['mode']} mode); "
    held = f"{document['encoding']}, {levels}{slices}"
    return f"{title}{held}; chips: {document['devices']}, frames: {document['frames']:,}"


def accuracy_sheet(document: dict[str, Any]) -> Sheet:
    """The document of a measured accuracy as a table over the ages of the chips."""
    columns = (
        "age",
        document["measured"],
        "+- over chips",
        "95 % interval",
        "on these frames",
        "change, points",
        "95 % interval",
    )
    rows: list[tuple[str, ...]] = [("ideal devices", share(document["ideal"]), "-", "-", "-", "-", "-")]
    rows += [_row(each) for each in document["ages"]]
    return sheet(accuracy_title(document), columns, rows, _below(document))


def _below(document: dict[str, Any]) -> list[str]:
    """What the table rests on."""
    lines = []
    if document["measured"] == "agreement":
        off = ", ".join(f"{100 * each['counts_off']:.2g} %" for each in document["ages"])
        lines.append("accuracy unknown: the workload has no labels; right is what ideal devices say")
        lines.append(f"counts of the outputs are off by {off} in the mean")
    lines.append(f"effects: {', '.join(document['effects']) or 'none'}; {_how(document)}")
    if document["deviating_events"] is not None:
        deviating, events = document["deviating_events"], document["events"]
        lines.append(f"deviating events: {deviating:,} of {events:,}; all chips are alike, one was run")
    if document["assumed"]:
        named = ", ".join(each["quantity"] for each in document["assumed"])
        besides = "; the temperature rests on those that report lists" if "temperature" in document["effects"] else ""
        lines.append(f"recalled or estimated, not read in a source: {named}{besides}")
    return lines


def budget_sheet(found: list[dict[str, Any]], measured: str) -> Sheet:
    """What each number of write pulses buys and costs; `found` is not empty."""
    age = number(found[0]["age_s"], "s", DIGITS)
    columns = (
        "write pulses per cell",
        "error left, of g_max",
        f"{measured} after {age}",
        "95 % interval",
        "energy to program",
        "refreshed after",
        "writes per cell and year",
        "lifetime, median",
        "first failure",
    )
    rows = [
        (
            f"{each['pulses']:g}",
            f"{100 * each['error_left']:.2g} %",
            share(each["mean"]),
            shares(each["interval"]),
            number(each["programming_energy_J"], "J", DIGITS),
            each["by_drift"]["said"] or until(each["by_drift"]["interval_s"], None),
            *costs(each["by_drift"])[1:4],
        )
        for each in found
    ]
    return sheet("what write pulses buy and cost", columns, rows)


def _error(error: dict[str, Any] | None) -> str:
    """How far the estimate of IR drop is off."""
    if error is None or not error["patterns"]:
        return ""
    rms, worst = (f"{100 * error[key]:.2g} %" for key in ("rms", "worst"))
    return f" (off by {rms} of what columns read, at most {worst} of the largest, in {error['patterns']} solved reads)"


def _how(document: dict[str, Any]) -> str:
    """Modes that matter for the effects."""
    effects = document["effects"]
    rows = "" if document["inactive"] in (None, "gated") else f", rows {document['inactive']}"
    said = [f"IR drop {document['ir']}{rows}{_error(document['ir_error'])}"] if "ir" in effects else []
    if "drift" in effects:
        said.append(f"drift {'compensated' if document['compensated'] else 'not compensated'}")
    if {"programming", "drift", "read"} & set(effects):
        said.append(f"noise model {document['noise']}")
    return "; ".join([*said, f"seed {document['seed']}"])


def _row(age: dict[str, Any]) -> tuple[str, ...]:
    spread = "-" if age["deviation"] is None else f"{100 * age['deviation']:.2f}"
    here = "-" if age["interval_chips"] is None else shares(age["interval_chips"])
    change = f"{100 * age['change']:+.2f}"
    low, high = age["change_interval"]
    return (
        number(age["age_s"], "s", DIGITS),
        share(age["mean"]),
        spread,
        shares(age["interval"]),
        here,
        change,
        f"{100 * low:+.2f} to {100 * high:+.2f}",
    )
