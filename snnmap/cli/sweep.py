"""The sweep command."""

import sys
from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError
from snnmap.core.toml import read_toml
from snnmap.render.page import must_be_page
from snnmap.render.swept import runs_told, swept_sheet

SHOWN = 30
"""Rows that are printed; all are in the table."""
MOST = 1_000_000
"""Seeds that a range may have."""


def _configured(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Take what `[sweep]` of a TOML file says as defaults: keys are the options' names, and `workloads`."""
    if path is None:
        return
    root, _digest = read_toml(path)
    root.only(("sweep",))
    table = root.table("sweep")
    names = {p.opts[0].lstrip("-"): p for p in context.command.params if isinstance(p, click.Option)}
    names = {"output" if p.name == "table" else name: p for name, p in names.items() if name != "config"}
    table.only(("workloads", *names))
    said: dict[str, Any] = {"sources": [str(each) for each in _values(table.value("workloads", []))]}
    for key, option in names.items():
        if key in table and key != "set":
            value = table.value(key)
            if value == []:
                raise table.error(key, "lists nothing; give values, or leave it out")
            said[str(option.name)] = value if isinstance(value, bool) else ",".join(map(str, _values(value)))
    chosen = table.table("set", None)
    if chosen is not None:
        said["settings"] = [f"{key}={','.join(map(str, _values(chosen.value(key))))}" for key in chosen]
    context.default_map = said


def _values(value: Any) -> list[Any]:
    """One value, or several."""
    return value if isinstance(value, list) else [value]


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap sweep mnist-mlp --crossbar 64,128 --technology pcm-65,pcm-16 --seeds 0..2 -o sweep.csv --html s.html\n"
    "  snnmap sweep braille-rsnn --set place=anneal,swarm --seeds 0..9 -o sweep.parquet --mappings mappings\n"
    "  snnmap sweep mnist-mlp --hw pcm-mesh,my-chip.toml --tiles 4x4,6x6 --objective traffic,energy -o sweep.csv\n"
    "  snnmap sweep --config sweep.toml\n"
    "  snnmap sweep lenet --rows 64,128,256 -o sweep.parquet --scheduler tcp://10.0.0.1:8786",
)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option(
    "--config",
    type=options.FILE,
    is_eager=True,
    expose_value=False,
    callback=_configured,
    metavar="FILE",
    help="TOML file whose table [sweep] says the same; options given here win.",
)
@click.option("--hw", "hardware", metavar="C1,C2,...", default="pcm-mesh", show_default=True, help="Chips.")
@click.option("--crossbar", metavar="N,...", default="", help="Sides of square crossbars.")
@click.option("--rows", metavar="N,...", default="", help="Rows of the crossbars: numbers or unlimited.")
@click.option("--columns", metavar="N,...", default="", help="Columns of the crossbars.")
@click.option("--tiles", metavar="WxH,...", default="", help="Tiles of the mesh, across and down.")
@click.option("--chips", metavar="AxD,...", default="", help="Chips of a machine, across and down.")
@click.option("--technology", metavar="T1,T2,...", default="", help="Device technologies; default: the chip's own.")
@click.option("--objective", metavar="O1,O2,...", default="default", show_default=True, help="What is optimised.")
@click.option(
    "--set", "settings", multiple=True, metavar="STAGE[.OPTION]=V1,V2,...", help="Algorithms, or options of them."
)
@click.option("--seeds", metavar="LIST", default="0", show_default=True, help="Seeds, and ranges like 0..9.")
@click.option("--conv", metavar="C1,C2,...", default="", help=f"Ways to hold convolutions: {', '.join(snnmap.CONVS)}.")
@click.option(
    "--copies", type=options.COPIES, default=0, metavar="N|auto", help="Of kernels that are held once; as of compile."
)
@click.option("--split", type=click.Choice(snnmap.SPLITS), default="partial_sum", show_default=True)
@click.option("--time-budget", type=click.FloatRange(min=0), metavar="SECONDS", help="Search this long per mapping.")
@options.operating_options
@click.option("-o", "--output", "table", type=options.FILE, help="Table: .parquet, .csv or .json.  [required]")
@click.option("--mappings", type=options.FILE, metavar="DIR", help="Also keep the mapping file of every run.")
@click.option("--html", type=options.FILE, metavar="FILE", help="Also write the table as one page with charts.")
@click.option("--workers", type=int, metavar="N", help="Processes; default: one per core.")
@click.option("--scheduler", metavar="ADDRESS", help="Make the runs on the Dask cluster of this scheduler instead.")
@options.data_options
@options.quiet
@options.as_json
@click.pass_context
def sweep(context: click.Context, /, sources: tuple[str, ...], quiet: bool, json_: bool, **given: Any) -> None:
    """Compile workloads at every point of a grid, in parallel, into one table with a row per run.

    Finished runs are kept beside the table as they come: the same command goes on where it was stopped, and a grid that
    was made larger makes only what is new. Runs that do not fit the chip are rows that say why.
    """
    sources = sources or tuple(context.lookup_default("sources") or ())
    if not sources or given["table"] is None:
        raise InputError("a sweep needs workloads and a table: snnmap sweep WORKLOAD... -o sweep.csv, or --config FILE")
    where, page = _where(given), given.pop("html")
    if page is not None:
        must_be_page(page, where.table, *sources)
    grid = _grid(given)
    load = options.load_options(given, 0)
    try:
        with terminal.progress(quiet) as progress:
            swept = snnmap.sweep(sources, grid, where, load=load, progress=progress)
    except KeyboardInterrupt:
        terminal.say("snnmap: stopped; finished runs are kept, and the same command goes on with the next")
        sys.exit(130)
    if page is not None:
        snnmap.html_sweep(swept.table, page)
    if json_:
        document = {"table": str(swept.table), "runs": len(swept.rows), "made": swept.made}
        written = {} if page is None else {"html": str(page)}
        terminal.as_json({**document, **written, "rows": list(swept.rows)})
        return
    terminal.sheet(swept_sheet(swept.rows, SHOWN))
    terminal.line(f"{runs_told(swept.rows)}; {swept.made} made now; wrote {swept.table}")
    if page is not None:
        terminal.line(f"wrote {page}")


def _where(given: dict[str, Any]) -> "snnmap.SweepWhere":
    asked = {name: given.pop(name) for name in ("table", "mappings", "workers", "scheduler")}
    return snnmap.SweepWhere(**{name: value for name, value in asked.items() if value is not None})


def _grid(given: dict[str, Any]) -> "snnmap.Sweep":
    names = ("hardware", "crossbar", "rows", "columns", "tiles", "chips", "technology", "objective")
    listed: dict[str, Any] = {
        name: options.listed(given.pop(name), f"--{'hw' if name == 'hardware' else name}") for name in names
    }
    settings = snnmap.parse_settings(given.pop("settings"))
    split = tuple((key, options.listed(values)) for key, values in settings.items())
    for key, values in split:
        if not values:
            raise InputError(f"--set {key} has no value")
    point = {name: value for name in ("pulse", "pace", "ambient") if (value := given.pop(name)) is not None}
    base = snnmap.CompileOptions(time_budget=given.pop("time_budget"), split=given.pop("split"), **point)
    listed |= {"conv": options.listed(given.pop("conv"), "--conv"), "copies": given.pop("copies")}
    return snnmap.Sweep(**listed, settings=split, seed=parse_seeds(given.pop("seeds")), base=base)


def parse_seeds(text: str) -> tuple[int, ...]:
    """`0..3,7` as numbers.

    Raises
    ------
    InputError
        If a part is neither a number nor a range.
    """
    found: list[int] = []
    for part in options.listed(text):
        first, dots, last = part.partition("..")
        ends = [first, last] if dots else [first, first]
        if not all(end.isascii() and end.isdigit() for end in ends) or not 0 <= int(ends[1]) - int(ends[0]) < MOST:
            raise InputError(f"seeds are numbers and ranges, like 0..9 or 1,5, not {part!r}")
        found += range(int(ends[0]), int(ends[1]) + 1)
    if not found:
        raise InputError("seeds are empty; give at least one, like 0")
    return tuple(found)
