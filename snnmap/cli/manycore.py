"""The manycore command."""

from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.render.manycore import manycore_sheet


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap manycore mnist-tutorial                                     bytes per tile, time per step\n"
    "  snnmap manycore mnist-tutorial --dtype float16 --training --steps 100\n"
    "  snnmap manycore mnist-tutorial --population 50 --no-profile        1 step, 500 outputs\n"
    "  snnmap manycore vgg16 --no-profile --chips 4 --json",
)
@click.argument("source")
@click.option("--hw", "hardware", default="ipu-gc200", show_default=True, help="Machine: shipped name or TOML file.")
@click.option("--dtype", type=click.Choice(["float32", "float16"]), default="float32", show_default=True)
@click.option("--training", is_flag=True, help="Add gradients, Adam, and the tape of every step.")
@click.option("--population", type=int, metavar="K", help="K neurons for every output, in a single step.")
@click.option("--chips", type=int, default=1, show_default=True, metavar="N", help="Chips that work together.")
@click.option("--profile/--no-profile", default=True, help="Run the network on its data, for the activity.")
@options.data_options
@options.seed
@options.quiet
@options.as_json
def manycore(source: str, hardware: str, seed: int, quiet: bool, json_: bool, **given: Any) -> None:
    """Estimate a network on a digital many-core machine: bytes per tile, time per step, utilisation.

    Neurons and their weights are spread over tiles by memory. A step is an exchange, a barrier and the computation of
    the slowest tile, for every layer in turn. Nothing is compiled, and every figure is an estimate.
    """
    kept = ("dtype", "training", "population", "chips", "profile")
    wanted = snnmap.ManycoreOptions(steps=given["steps"], **{key: given.pop(key) for key in kept})
    given["steps"] = None
    load = options.load_options(given, seed)
    with terminal.progress(quiet) as progress:
        answer = snnmap.manycore(source, hardware, wanted, load, progress=progress).document()
    if json_:
        terminal.as_json(answer)
        return
    terminal.sheet(manycore_sheet(answer))
