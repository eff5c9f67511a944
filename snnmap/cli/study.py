"""Commands that compare: compare, study."""

import sys
from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.files import must_be_writable, write_atomically
from snnmap.render.plots import FORMATS
from snnmap.render.ratios import plot_comparison
from snnmap.render.tables import comparison_legend, comparison_sheets, ratios


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap compare mnist-mlp\n"
    "  snnmap compare mnist-mlp braille-rsnn --objectives traffic,espine --technology pcm-65,pcm-16\n"
    "  snnmap compare nmnist-cnn --samples 3 --csv figures.csv --plot figures.png\n"
    "  snnmap compare mnist-mlp --objectives traffic,accuracy --technology pcm-16 --accuracy --devices 5 --age 1d",
)
@click.argument("sources", metavar="WORKLOAD...", nargs=-1, required=True)
@click.option(
    "--objectives",
    default=",".join(snnmap.CompareOptions().objectives),
    show_default=True,
    help="Ratios are to the first.",
)
@options.hw
@click.option("--technology", metavar="T1,T2,...", default="", help="Device technologies; default: the chip's own.")
@click.option(
    "--variation",
    type=click.IntRange(min=0),
    metavar="SEED",
    help="Seed of tile-to-tile process variation; default: none.",
)
@click.option(
    "--time-budget",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Search this long per mapping, keep the best.",
)
@options.operating_options
@click.option("--workers", type=int, default=1, show_default=True, metavar="N", help="Processes, a workload each.")
@click.option("--accuracy", is_flag=True, help="Also measure accuracy on drawn chips, the same for all objectives.")
@click.option("--devices", type=int, default=10, show_default=True, metavar="N", help="Chips, with --accuracy.")
@click.option("--effects", default="all", show_default=True, metavar="LIST", help="What is not ideal, with --accuracy.")
@click.option("--age", default="1d", show_default=True, help="Of the chips, with --accuracy.")
@click.option("--csv", "table", type=options.FILE, metavar="FILE", help="Also write the table as CSV.")
@click.option("--plot", type=options.FILE, metavar="FILE", help="Also draw the ratios (.png, .svg or .pdf).")
@options.data_options
@options.seed
@options.quiet
@options.as_json
def compare(sources: tuple[str, ...], quiet: bool, json_: bool, **given: Any) -> None:
    """Compile workloads under several objectives and put the figures side by side."""
    table, plot = given.pop("table"), given.pop("plot")
    given["pace"] = given["pace"] or snnmap.CompileOptions().pace
    chosen = {name: given.pop(name) for name in ("accuracy", "devices", "effects", "age")}
    wanted = {name: options.listed(given.pop(name)) for name in ("objectives", "technology")}
    workers = given.pop("workers")
    read = tuple(given.values())
    given["hardware"] = options.chip(given)
    seed = given.pop("seed")
    load = options.load_options(given, seed)
    asked = snnmap.CompareOptions(
        objectives=wanted["objectives"],
        technologies=wanted["technology"],
        base=snnmap.CompileOptions(seed=seed, **given),
        measure=_measured(chosen),
        workers=workers,
    )
    for path, endings in ((table, (".csv",)), (plot, FORMATS)):
        if path is not None:
            must_be_writable(path, endings, *sources, *wanted["technology"], *read)
    with terminal.progress(quiet) as progress:
        comparison = snnmap.compare(sources, asked, load=load, progress=progress)
    if table is not None:
        write_atomically(table, comparison.csv().encode())
    if plot is not None:
        title = f"figures under each objective, as ratio to {comparison.objectives[0]}"
        plot_comparison(ratios(comparison.rows()), plot, title=title)
    if json_:
        verdicts = [verdict.row() for verdict in comparison.verdicts]
        document = {"objectives": comparison.objectives, "pace": asked.base.pace, "figures": comparison.rows()}
        terminal.as_json({**document, "verdicts": verdicts})
        return
    for found in comparison_sheets(comparison, f", {_pace(asked.base.pace)}"):
        terminal.sheet(found)
        click.echo()
    for text in comparison_legend(comparison):
        terminal.line(text)


def _measured(chosen: dict[str, Any]) -> snnmap.AccuracyOptions | None:
    """What accuracy is measured on; none if it is not asked for."""
    if not chosen["accuracy"]:
        return None
    return snnmap.AccuracyOptions(effects=chosen["effects"], devices=chosen["devices"], ages=(chosen["age"],))


def _pace(pace: float | str) -> str:
    """Pace in words: steps per second if it is a number."""
    return str(pace) if isinstance(pace, str) and not pace[:1].isdigit() else f"{pace} steps per second"


@click.command(cls=options.Command, epilog="\b\nExample:\n  snnmap study reports/papers/study.toml")
@click.argument("file", metavar="STUDY.toml", type=options.FILE)
@options.quiet
@options.as_json
def study(file: Path, quiet: bool, json_: bool) -> None:
    """Run a study: published figures beside ours, written beside its file (report.md, results.csv, results.json)."""
    try:
        with terminal.progress(quiet) as progress:
            written = snnmap.run_study(file, progress=progress)
    except KeyboardInterrupt:
        terminal.say("snnmap: stopped; finished workloads are kept, and the same command goes on with the next")
        sys.exit(130)
    if json_:
        terminal.as_json({"written": [str(path) for path in written]})
        return
    for path in written:
        terminal.line(f"wrote {path}")
