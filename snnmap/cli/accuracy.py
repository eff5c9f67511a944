"""The accuracy command."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.render.accuracy import accuracy_sheet, budget_sheet


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
    document = answer.document()
    terminal.sheet(accuracy_sheet(document))
    if document["program_pulses"]:
        terminal.line()
        terminal.sheet(budget_sheet(document["program_pulses"], answer.measured))
    for refreshed in document["refresh"]:
        terminal.refresh(refreshed)
