"""The command `convert`: a network into a file that every command takes as a source."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.cli.rounding import roundings


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n  snnmap convert net.nir -o net.npz\n"
    "  snnmap convert nmnist-cnn --quantise mse --bits 4 -o cnn-4bit.npz\n"
    "  snnmap convert digitrecog-mlp --quantise mse --bits 4 -o mlp-4bit.nir",
)
@click.argument("source")
@click.option("-o", "--output", type=options.FILE, required=True, help="Write the network here (.npz or .nir).")
@options.dialect
@options.pooling
@options.strict
@options.quantise
@options.quiet
@options.as_json
def convert(source: str, output: Path, quiet: bool, json_: bool, **given: Any) -> None:
    """Write a network, as it is or with its weights rounded to integers, as a file that is a source again."""
    made = snnmap.convert(source, output, snnmap.LoadOptions(**given))
    network = made.read.network
    if not quiet:
        for line in made.remarks.repairs:
            terminal.say(f"note: repaired {line}")
    if json_:
        counts = {"neurons": network.neurons, "synapses": network.synapses, "digest": network.digest()}
        terminal.as_json({"name": made.read.name, **counts, **made.remarks.told(), "network": str(output)})
        return
    roundings(made.remarks.told().get("quantised", ()))
    terminal.line(f"wrote {output}: {network.neurons:,} neurons, {network.synapses:,} synapses")
