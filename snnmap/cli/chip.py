"""The chip commands."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.files import must_be_writable
from snnmap.render.chips import chip_told


@click.group(
    epilog="\b\nExamples:\n"
    "  snnmap chip draw mapping.json --seed 3 -o chip.npz    the chip that accuracy draws for seed 3\n"
    "  snnmap chip show chip.npz                             what it amounts to\n"
    "  snnmap accuracy mapping.json --chip chip.npz          the network on that chip"
)
def chip() -> None:
    """One chip as it is: stuck cells, gains and offsets of its tiles, drawn or measured."""


@chip.command(
    "draw",
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap chip draw mapping.json --seed 3 -o chip.npz\n"
    "  snnmap chip draw pcm-mesh-shared --stuck-on 0.001 --gain-spread 0.02 -o chip.npz",
)
@click.argument("source", metavar="MAPPING|CHIP")
@options.seed
@click.option("--stuck-on", type=float, metavar="SHARE", help="Cells stuck at g_max; default: as the technology says.")
@click.option("--stuck-off", type=float, metavar="SHARE", help="Cells stuck at g_min; default: as the technology says.")
@click.option(
    "--gain-spread", type=float, default=0.0, show_default=True, metavar="X", help="Of the columns' gains, about 1."
)
@click.option(
    "--offset-spread",
    type=float,
    default=0.0,
    show_default=True,
    metavar="X",
    help="Of the columns' offsets, in currents of a full cell.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Chip file, .npz.")
@options.as_json
def draw(source: str, output: Path, json_: bool, **given: Any) -> None:
    """Draw the chip of a mapping, or of hardware of a fixed size, and write it down.

    The file is numpy's: `stuck` (tiles, halves, slices, rows, columns) with 1, -1 and 0, `gain` and `offset` (tiles,
    columns). Change it, or write one from what you measured.
    """
    must_be_writable(output, (".npz",), source)
    drawn = snnmap.draw_chip(source, **given)
    snnmap.save_chip(drawn, output)
    if json_:
        terminal.as_json(drawn.facts())
    else:
        terminal.line(f"wrote {output}")


@chip.command("show", cls=options.Command)
@click.argument("file", metavar="FILE", type=options.FILE)
@options.as_json
def show(file: Path, json_: bool) -> None:
    """Show what a chip file amounts to."""
    facts = snnmap.load_chip(file).facts()
    if json_:
        terminal.as_json(facts)
        return
    width, height = facts["mesh"]
    terminal.line(f"{file}: a chip {facts['chip']!r} of {width} x {height} tiles")
    for line in chip_told(facts):
        terminal.line(line)
