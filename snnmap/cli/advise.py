"""The advise command."""

from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError
from snnmap.render.advise import form_sheet, layer_sheet, noise_sheet, total_sheet


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap advise vgg16                                        a recipe: nothing is built\n"
    "  snnmap advise nmnist-cnn --sweep crossbar=64,128,256       which size of array\n"
    "  snnmap advise lenet --hw pcm-pair-columns --pooling digital\n"
    "  snnmap advise mnist-bss2 --noise 0.2,0.3 --devices 10      and how accurate each way stays\n"
    "  snnmap advise nmnist-cnn --compile --json",
)
@click.argument("source")
@click.option("--hw", "hardware", default="pcm-mesh", show_default=True, help="Chip: shipped name or TOML file.")
@options.technology
@click.option(
    "--sweep", default="", metavar="crossbar=N,...", help="Square arrays of these sizes; default: the chip's."
)
@click.option(
    "--pooling",
    type=click.Choice(["array", "digital"]),
    default="array",
    show_default=True,
    help="Averages are cells of crossbars, or are taken outside and not counted.",
)
@click.option(
    "--activity", type=float, default=0.1, show_default=True, metavar="SHARE", help="Rows that are on in a use."
)
@click.option("--step", type=options.TIME, help="Time from step to step; default: the workload's, else 1 ms.")
@click.option("--compile", "compiled", is_flag=True, help="Compile the network at every size, each way, too.")
@click.option(
    "--noise", default="", metavar="SHARE,...", help="Simulate accuracy on cells that miss by these shares of g_max."
)
@click.option(
    "--devices", type=int, default=5, show_default=True, metavar="N", help="Chips that are drawn for --noise."
)
@click.option("--data", type=options.FILE, help="Input data for --noise and --compile; as in `snnmap profile`.")
@click.option("--labels", type=options.FILE, help="Labels, where they do not lie beside the data.")
@click.option("--layout", metavar="LETTERS", help="Axes of the data, if they are an array, e.g. TBCHW.")
@click.option("--samples", type=int, metavar="N", help="Use the first N samples.")
@options.seed
@options.quiet
@options.as_json
def advise(source: str, quiet: bool, json_: bool, **given: Any) -> None:
    """Say how each layer is best held: kernels once and used often, or every synapse by a cell, and on which arrays.

    For every layer and size of array: dense (one kernel matrix, a use per output position), packed (several positions a
    use) and unrolled, with crossbars, uses, time, energy, reads and area in closed form, and a recommended mix.
    """
    load = snnmap.LoadOptions(**{key: given.pop(key) for key in ("data", "labels", "layout", "samples")})
    if (load.data or load.labels or load.layout or load.samples) and not (given["noise"] or given["compiled"]):
        raise InputError(
            "data are for --noise and --compile; give one of them, or leave --data, --labels, --samples out"
        )
    wanted = snnmap.AdviseOptions(**{**given, "noise": _shares(given["noise"])})
    with terminal.progress(quiet) as progress:
        answer = snnmap.advise(source, wanted, load=load, progress=progress)
    if json_:
        terminal.as_json(answer)
        return
    terminal.sheet(form_sheet(answer))
    for size in answer["sizes"]:
        terminal.sheet(layer_sheet(answer, size))
        terminal.line()
    terminal.sheet(total_sheet(answer))
    noise = noise_sheet(answer)
    if noise is not None:
        terminal.line()
        terminal.sheet(noise)


def _shares(text: str) -> tuple[float, ...]:
    """Numbers with commas between."""
    try:
        return tuple(float(part) for part in options.listed(text, "--noise"))
    except ValueError:
        raise InputError(f"--noise {text!r} is no list of shares like 0.2,0.3") from None
