"""The variants command."""

from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.cli.sweep import parse_seeds
from snnmap.render.variants import P, figure_words, variants_sheets


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap variants mnist-mlp lenet --variant anneal: --variant swarm:place=swarm\n"
    "  snnmap variants braille-rsnn --variant ours: --variant mine:place=my_package:MyPlacer --seeds 0..19\n"
    "  snnmap variants lenet --variant kl: --variant metis:partition=metis --variant first:partition=first_fit --json\n"
    "  snnmap variants benchmark --rows 32 --columns 32 --variant anneal:partition=first_fit \\\n"
    "      --variant mine:partition=first_fit,place=my_package:MyPlacer",
)
@click.argument("sources", metavar="WORKLOAD...", nargs=-1, required=True)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    required=True,
    metavar="NAME:STAGE[.OPTION]=VALUE,...",
    help="Algorithms under a name; the others are compared with the first. objective=NAME may be among them.",
)
@click.option("--seeds", metavar="LIST", default="0..9", show_default=True, help="Seeds, and ranges like 0..9.")
@click.option("--objective", default="default", show_default=True, help="What is optimised.")
@options.hw
@click.option("--technology", metavar="T1,T2,...", default="", help="Device technologies; default: the chip's own.")
@click.option("--time-budget", type=click.FloatRange(min=0), metavar="SECONDS", help="Search this long per mapping.")
@click.option("--workers", type=int, default=1, show_default=True, metavar="N", help="Processes.")
@options.operating_options
@options.data_options
@options.quiet
@options.as_json
def variants(sources: tuple[str, ...], quiet: bool, json_: bool, **given: Any) -> None:
    """Compare algorithms: the same workloads with the same seeds, means, spreads, and what really differs.

    Every variant is compiled with every seed. A difference counts as found if Wilcoxon's signed-rank test, on pairs of
    equal seeds, gives it a chance below 5 % where there is none; that takes six seeds or more. The WORKLOAD benchmark
    stands for all networks of `snnmap workloads --benchmark`.
    """
    asked, load = _asked(given)
    sources = tuple(name for source in sources for name in _named(source))
    with terminal.progress(quiet) as progress:
        found = snnmap.compare_variants(sources, asked, load=load, progress=progress)
    if json_:
        names = [variant.name for variant in asked.variants]
        terminal.as_json({"variants": names, "seeds": list(asked.seeds), "contrasts": [each.row() for each in found]})
        return
    for table in variants_sheets(found, len(asked.seeds)):
        terminal.sheet(table)
    for line in snnmap.verdict_lines(found, {each.figure: figure_words(each.figure) for each in found}):
        terminal.line(line)
    least = 2 / 2 ** len(asked.seeds)
    terminal.line(f"{P}; {len(asked.seeds)} seeds cannot give less than {least:.2g}")


def _named(source: str) -> tuple[str, ...]:
    """The workload; of `benchmark` all of the benchmark set."""
    return tuple(case.source for case in snnmap.benchmark_set()) if source == "benchmark" else (source,)


def _asked(given: dict[str, Any]) -> "tuple[snnmap.VariantOptions, snnmap.LoadOptions]":
    """What is compared, and its data."""
    chosen = tuple(snnmap.parse_variant(text) for text in given.pop("variants"))
    seeds, technologies = parse_seeds(given.pop("seeds")), options.listed(given.pop("technology"))
    workers, given["hardware"] = given.pop("workers"), options.chip(given)
    given["pace"] = given["pace"] or snnmap.CompileOptions().pace
    load = options.load_options(given, 0)
    return snnmap.VariantOptions(chosen, seeds, technologies, snnmap.CompileOptions(**given), workers), load
