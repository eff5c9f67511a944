"""The accuracy command."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, refresh, terminal


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap accuracy mapping.json                              all effects, 10 chips, fresh to a year old\n"
    "  snnmap accuracy mapping.json --effects none               does it spike as the profile did\n"
    "  snnmap accuracy mapping.json --effects programming,read --age 1s --devices 20\n"
    "  snnmap accuracy mapping.json --data test.npz --labels labels.npy --ir exact --json\n"
    "  snnmap accuracy mapping.json --age 1s --program-pulses 2,5,10,20\n"
    "  snnmap accuracy mapping.json --refresh --keep 0.5         how long may a chip age before it must be refreshed",
)
@click.argument("file", metavar="MAPPING", type=options.FILE)
@click.option("--data", type=options.FILE, help="Other data than the mapping's; as in `snnmap profile`.")
@click.option("--labels", type=options.FILE, help="Labels, where they do not lie beside the data.")
@click.option("--layout", metavar="LETTERS", help="Axes of other data, if they are an array, e.g. TBCHW.")
@click.option("--samples", type=int, metavar="N", help="Use the first N samples.")
@click.option(
    "--effects", default="all", show_default=True, metavar="LIST", help=f"all, none, or of {', '.join(snnmap.EFFECTS)}."
)
@click.option("--devices", type=int, default=10, show_default=True, metavar="N", help="Chips that are drawn.")
@click.option(
    "--age",
    default=",".join(snnmap.AGES),
    show_default=True,
    metavar="LIST",
    help="Ages since the first read, each with a unit.",
)
@click.option(
    "--ir",
    type=click.Choice(["linear", "exact"]),
    default="linear",
    show_default=True,
    help="IR drop: what a cell loses in the mean step, or solved for the rows of every step.",
)
@click.option(
    "--inactive",
    type=click.Choice(["gated", "grounded", "floating"]),
    default="gated",
    show_default=True,
    help="What rows do that are not driven, for IR drop; reports assume gated ones.",
)
@click.option("--stuck-on", type=float, metavar="SHARE", help="Cells stuck at g_max; default: as the technology says.")
@click.option("--stuck-off", type=float, metavar="SHARE", help="Cells stuck at g_min; default: as the technology says.")
@click.option(
    "--programming-sd",
    type=float,
    metavar="SHARE",
    help="Every cell misses its target with this standard deviation, in g_max; default: as its noise model says.",
)
@click.option("--chip", type=options.FILE, help="What is known of one chip: a file of `snnmap chip draw`, or measured.")
@click.option(
    "--compensation", type=click.Choice(["on", "off"]), help="Scale the mean drift away; default: as the chip says."
)
@click.option("--refresh", is_flag=True, help="Seek the longest refresh interval that keeps accuracy.")
@click.option(
    "--keep", type=float, default=0.5, show_default=True, metavar="POINTS", help="Accuracy that --refresh may lose."
)
@click.option(
    "--program-pulses", metavar="LIST", help="What these numbers of write pulses buy in accuracy, cost in energy, wear."
)
@click.option("--workload", type=str, help="Workload or saved profile; default: the one that the mapping names.")
@click.option("--hw", "hardware", help="Chip file; default: the one that the mapping names.")
@options.seed
@options.quiet
@options.as_json
def accuracy(file: Path, workload: str | None, hardware: str | None, quiet: bool, json_: bool, **given: Any) -> None:
    """Run the mapped network on drawn chips and print how accurate it still is.

    Every chip is one sample of all its devices, and is run at every age on every frame of the mapping's data, or of
    others. Printed are the mean, the standard deviation from chip to chip, the 95 % interval over chips and frames, and
    the change against ideal devices, frame by frame. Chip k has the seed that is given, and k more. Without labels a
    chip is right where it says what ideal devices say.
    """
    compensation = given.pop("compensation")
    pulses = given.pop("program_pulses")
    given["program_pulses"] = snnmap.parse_pulses(pulses) if pulses else ()
    given["compensated"] = None if compensation is None else compensation == "on"
    wanted = snnmap.AccuracyOptions(ages=snnmap.parse_ages(given.pop("age")), **given)
    with terminal.progress(quiet) as progress:
        answer = snnmap.accuracy_file(file, wanted, workload=workload, hardware=hardware, progress=progress)
    for note in () if quiet else answer.notes:
        terminal.say(f"note: {note}")
    if json_:
        terminal.as_json(answer.document())
        return
    _show(answer)


def _show(answer: "snnmap.MappedAccuracy") -> None:
    document = answer.document()
    levels = f"{document['levels']} levels" if document["levels"] else "analog"
    slices = f", {document['slices']} slices" if document["slices"] > 1 else ""
    title = f"{document['workload']} on {document['chip']}, {document['technology']} ({document['mode']} mode); "
    title += f"{document['encoding']}, {levels}{slices}; chips: {document['devices']}, frames: {document['frames']:,}"
    columns = (
        "age",
        answer.measured,
        "+- over chips",
        "95 % interval",
        "on these frames",
        "change, points",
        "95 % interval",
    )
    rows = [("ideal devices", refresh.share(document["ideal"]), "-", "-", "-", "-", "-")]
    terminal.table(title, columns, rows + [_row(each) for each in document["ages"]])
    if answer.measured == "agreement":
        off = ", ".join(f"{100 * each['counts_off']:.2g} %" for each in document["ages"])
        terminal.line("accuracy unknown: the workload has no labels; right is what ideal devices say")
        terminal.line(f"counts of the outputs are off by {off} in the mean")
    terminal.line(f"effects: {', '.join(document['effects']) or 'none'}; {_how(document)}")
    if answer.deviating is not None:
        terminal.line(f"deviating events: {answer.deviating:,} of {answer.events:,}; all chips are alike, one was run")
    if document["assumed"]:
        named = ", ".join(each["quantity"] for each in document["assumed"])
        besides = "; the temperature rests on those that report lists" if "temperature" in document["effects"] else ""
        terminal.line(f"recalled or estimated, not read in a source: {named}{besides}")
    _budgets(document["program_pulses"], answer.measured)
    for refreshed in document["refresh"]:
        refresh.show(refreshed)


def _budgets(found: list[dict[str, Any]], measured: str) -> None:
    """What each number of write pulses buys and costs."""
    if not found:
        return
    age = terminal.number(found[0]["age_s"], "s", refresh.DIGITS)
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
            refresh.share(each["mean"]),
            refresh.shares(each["interval"]),
            terminal.number(each["programming_energy_J"], "J", refresh.DIGITS),
            each["by_drift"]["said"] or refresh.until(each["by_drift"]["interval_s"], None),
            *refresh.costs(each["by_drift"])[1:4],
        )
        for each in found
    ]
    terminal.line()
    terminal.table("what write pulses buy and cost", columns, rows)


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
    here = "-" if age["interval_chips"] is None else refresh.shares(age["interval_chips"])
    change = f"{100 * age['change']:+.2f}"
    low, high = age["change_interval"]
    return (
        terminal.number(age["age_s"], "s", refresh.DIGITS),
        refresh.share(age["mean"]),
        spread,
        refresh.shares(age["interval"]),
        here,
        change,
        f"{100 * low:+.2f} to {100 * high:+.2f}",
    )
