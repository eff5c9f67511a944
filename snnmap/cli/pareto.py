"""The pareto command."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable
from snnmap.render.front import front_sheet, picture_of, plot_fronts
from snnmap.render.page import must_be_page
from snnmap.render.plots import FORMATS


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap pareto sweep.parquet --of energy,area\n"
    "  snnmap pareto sweep.csv --of energy,lifetime,latency --mappings mappings --plot front.png\n"
    "  snnmap pareto sweep.csv --of energy,area --html front.html",
)
@click.argument("table", metavar="SWEEP", type=options.FILE)
@click.option("--of", "aims", required=True, metavar="A1,A2,...", help=f"Two or more of {', '.join(snnmap.AIMS)}.")
@click.option("--mappings", type=options.FILE, metavar="DIR", help="Verify the mapping of every run of the front.")
@click.option("--plot", type=options.FILE, metavar="FILE", help="Draw the first two aims (.png, .svg or .pdf).")
@click.option("--html", type=options.FILE, metavar="FILE", help="Write the sweep and these fronts as one page.")
@options.quiet
@options.as_json
def pareto(table: Path, aims: str, mappings: Path | None, quiet: bool, json_: bool, **drawn: Path | None) -> int:
    """Print the runs of a sweep that no other run beats in everything that is asked for.

    The knee is the run from which any gain in one aim costs most in the others; the hypervolume is what the front
    dominates, 1.1 to the power of the aims at most. A lifetime beyond the horizon is worth the horizon.
    """
    wanted, plot, page = snnmap.parse_aims(aims), drawn["plot"], drawn["html"]
    if plot is not None:
        must_be_writable(plot, FORMATS, table)
    if page is not None:
        must_be_page(page, table)
    found = snnmap.pareto(table, wanted)
    with terminal.progress(quiet) as progress:
        wrong = {} if mappings is None else _verified(found, mappings, progress)
    if plot is not None:
        plot_fronts([picture_of(front) for front in found], plot)
    if page is not None:
        snnmap.html_sweep(table, page, wanted)
    if json_:
        documents = [front.document() for front in found]
        more = {} if mappings is None else {"illegal": wrong}
        terminal.as_json({"table": str(table), "fronts": documents, **more})
        return int(bool(wrong))
    for front in found:
        terminal.sheet(front_sheet(front))
        if mappings is not None:
            terminal.line(f"the knee: snnmap report {mappings / front.rows[front.knee]['run']}.json")
    for run, said in wrong.items():
        terminal.line(f"{run}: not legal: {said}")
    if mappings is not None and not wrong:
        terminal.line(f"legal: all {sum(len(front.rows) for front in found)} mappings")
    for path, verb in ((plot, "drew"), (page, "wrote")):
        if path is not None:
            terminal.line(f"{verb} {path}")
    return int(bool(wrong))


def _verified(found: "tuple[snnmap.Front, ...]", mappings: Path, progress: Any) -> dict[str, str]:
    """Runs of the fronts whose mapping is not legal, with the first reason."""
    wrong = {}
    for front in found:
        for row in front.rows:
            file = mappings / f"{row['run']}.json"
            if not file.exists():
                raise InputError(f"{mappings} has no {file.name}; sweep with --mappings {mappings} to make it")
            violations = snnmap.verify_file(file, progress=progress)
            if violations:
                wrong[row["run"]] = str(violations[0])
    return wrong
