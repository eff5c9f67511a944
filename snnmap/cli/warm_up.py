"""The warm-up command."""

from dataclasses import asdict

import click

import snnmap
from snnmap.cli import options, terminal


@click.command(
    "warm-up",
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap warm-up\n"
    "  NUMBA_CACHE_DIR=/shared/cache snnmap warm-up --quiet      into a folder that all nodes use",
)
@options.quiet
@options.as_json
def warm_up(quiet: bool, json_: bool) -> None:
    """Compile the kernels now, so that no later command has to: for container images and clusters."""
    with terminal.progress(quiet) as progress:
        warmed = snnmap.warm_up(progress=progress)
    if json_:
        terminal.as_json(asdict(warmed))
        return
    terminal.line(f"compiled {warmed.kernels} kernels in {warmed.seconds:.0f} s")
