"""The check-algorithm command."""

from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError


@click.command(
    name="check-algorithm",
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap check-algorithm place=anneal\n"
    "  snnmap check-algorithm place=my_package.placers:Mine place.tries=50\n"
    "  snnmap check-algorithm partition=mine --seed 3 --json",
)
@click.argument("settings", metavar="STAGE=ALGORITHM [STAGE.OPTION=VALUE]...", nargs=-1, required=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of its random streams.")
@options.quiet
@options.as_json
def check_algorithm(settings: tuple[str, ...], seed: int, quiet: bool, json_: bool) -> int:
    """Try an algorithm on small problems: is it legal, repeatable, on time, never better than the optimum?

    For authors of partitioners, placers, wirers and schedulers. Exit code 1 if a rule is broken, with one line that
    names the algorithm, its package and its version.
    """
    given = snnmap.parse_settings(settings)
    stages = [key for key in given if "." not in key]
    if len(stages) != 1 or any(not key.startswith(f"{stages[0]}.") for key in given if key != stages[0]):
        raise InputError("name one algorithm and options of its own, for example place=anneal place.window=20")
    stage = stages[0]
    own: dict[str, Any] = {key.partition(".")[2]: value for key, value in given.items() if key != stage}
    with terminal.progress(quiet) as progress:
        found = snnmap.check_algorithm(stage, given[stage], options=own, seed=seed, progress=progress)
    if json_:
        terminal.as_json(found.document())
        return int(not found.ok)
    head, *rows = found.table()
    terminal.table("", head, rows)
    for broken in found.failures[1:]:
        terminal.line(f"{broken.problem}, {broken.rule}: {broken.said}")
    terminal.line(found.verdict)
    return int(not found.ok)
