"""The mac command."""

from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError
from snnmap.render.mac import mac_sheet, sends_sheet


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap mac net.npz --data images.gz --labels labels.gz            five chips with noise and pattern\n"
    "  snnmap mac net.npz --data t.npz --noise 1.6 --gain-spread 0 --offset-spread 0 --synapse-spread 0\n"
    "  snnmap mac net.npz --data t.npz --num-sends 6,12,12 --json\n"
    "  snnmap mac net.npz --data train.npz --advise-sends                how often to send inputs, layer by layer",
)
@click.argument("source")
@click.option("--hw", "hardware", default="brainscales2", show_default=True, help="Machine: shipped name or TOML file.")
@click.option("--data", type=options.FILE, help="Input data, as in `snnmap profile`.")
@click.option("--labels", type=options.FILE, help="Labels, where they do not lie beside the data.")
@click.option("--layout", metavar="LETTERS", help="Axes of the data, if they are an array, e.g. BCHW.")
@click.option("--samples", type=int, metavar="N", help="Use the first N samples.")
@click.option(
    "--encode", type=click.Choice(["uint5", "current"]), help="Default: as the network says, else uint5, 0 to 31."
)
@click.option("--devices", type=int, default=5, show_default=True, metavar="N", help="Chips that are drawn.")
@click.option(
    "--noise", type=float, metavar="STEPS", help="Of a result from run to run; default: as the machine's file."
)
@click.option(
    "--gain-spread", type=float, metavar="SHARE", help="Of the gain from column to column; default: the file's."
)
@click.option("--offset-spread", type=float, metavar="STEPS", help="Of the offset, likewise.")
@click.option("--synapse-spread", type=float, metavar="SHARE", help="From synapse to synapse, likewise.")
@click.option("--num-sends", metavar="N,...", help="How often inputs are sent, one for all layers or one each.")
@click.option(
    "--scaling",
    type=click.Choice(["fixed", "sample"]),
    default="fixed",
    show_default=True,
    help="Inputs as encoded, or of every sample up to the largest input.",
)
@click.option("--advise-sends", is_flag=True, help="Vary num_sends of every layer and recommend numbers.")
@options.seed
@options.quiet
@options.as_json
def mac(source: str, hardware: str, advise_sends: bool, quiet: bool, json_: bool, **given: Any) -> None:
    """Run an integer network on drawn chips of BrainScaleS-2 and print blocks, accuracy, time and energy.

    The network is a chain of MacReLU and MacLinear layers with weights of -63 to 63; a convolution is held once and
    used per position. Every chip is one sample of its columns and synapses; chip k has the seed given, and k more.
    """
    data, labels = (given.pop(key) for key in ("data", "labels"))
    load = snnmap.LoadOptions(
        data=data,
        labels=labels,
        layout=given.pop("layout"),
        samples=given.pop("samples"),
        encode=given.pop("encode"),
    )
    wanted = snnmap.MacOptions(**{**given, "num_sends": _counts(given["num_sends"])})
    work, table = (snnmap.mac_sends, sends_sheet) if advise_sends else (snnmap.mac_accuracy, mac_sheet)
    with terminal.progress(quiet) as progress:
        document = work(source, hardware, wanted, load, progress=progress).document()
    if json_:
        terminal.as_json(document)
        return
    terminal.sheet(table(document))


def _counts(text: str | None) -> tuple[int, ...]:
    """Whole numbers with commas between."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise InputError(f"--num-sends {text!r} is no list of whole numbers like 6,12,12") from None
