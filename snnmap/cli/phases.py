"""The phases command."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.files import must_be_writable
from snnmap.render.phases import phases_sheet


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap phases mnist-mlp --tiles 2x2                               in how many phases it fits, what they cost\n"
    "  snnmap phases vgg16 --tiles 4x4 --conv dense -o phases.json.gz    keep them: verify and simulate read the file\n"
    "  snnmap phases mnist-mlp --tiles 2x2 --within inf                  the fastest plan, however much it writes\n"
    "  snnmap phases nmnist-cnn --tiles 8x8 --samples 2 --json",
)
@click.argument("source", metavar="WORKLOAD")
@click.option("-o", "--output", type=options.FILE, help="Write the phases here (.json or .json.gz).")
@options.hw
@options.technology
@click.option("--objective", default="default", show_default=True, help="Preset: " + ", ".join(snnmap.OBJECTIVES) + ".")
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="Take the fastest plan that writes no more cells than this above the least; inf: the fastest.",
)
@click.option(
    "--conv",
    type=click.Choice(snnmap.CONVS),
    default="unrolled",
    show_default=True,
    help="Hold convolutions by synapses, or their kernels once for all positions.",
)
@click.option(
    "--copies", type=options.COPIES, default=0, metavar="N|auto", help="Crossbars that hold the same kernels."
)
@click.option("--time-budget", type=click.FloatRange(min=0), metavar="SECONDS", help="Of the searches of every phase.")
@click.option("--set", "settings", multiple=True, metavar="STAGE.OPTION=VALUE", help="Change one option of a stage.")
@options.data_options
@options.seed
@options.quiet
@options.as_json
def phases(source: str, output: Path | None, within: float, quiet: bool, json_: bool, **given: Any) -> None:
    """Map a network that is larger than the chip, in phases between which the tiles are programmed anew.

    All steps of a frame run in one phase, then the next has the tiles; what neurons spiked waits outside. Prints the
    phases, the cells that a frame writes beside the least that any plan writes, the guaranteed time of a frame, energy,
    and how long the most written cell lasts.
    """
    if output is not None:
        must_be_writable(output, (".json", ".json.gz"), source, *given.values())
    given["hardware"] = options.chip(given)
    seed, settings = given.pop("seed"), tuple(snnmap.parse_settings(given.pop("settings")).items())
    load = options.load_options(given, seed)
    wanted = snnmap.CompileOptions(seed=seed, settings=settings, **given)
    with terminal.progress(quiet) as progress:
        found = snnmap.phases(source, wanted, within=within, load=load, progress=progress)
    if output is not None:
        snnmap.save_phases(found.phased, output)
    document = found.document()
    if json_:
        terminal.as_json({"legal": True, **document, "file": None if output is None else str(output)})
        return
    terminal.sheet(phases_sheet(document))
    for line in [] if quiet else found.notes:
        terminal.say(f"note: {line}")
    terminal.line("legal; nothing written, -o FILE keeps the phases" if output is None else f"legal; wrote {output}")
