"""The compare command: objectives beside each other, or, with seeds and a test, algorithms or chips."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.cli.sweep import parse_seeds
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable
from snnmap.core.tables import must_have_writer, write_rows
from snnmap.render.drawings import plot_variants
from snnmap.render.plots import FORMATS
from snnmap.render.ratios import plot_comparison
from snnmap.render.tables import comparison_legend, comparison_sheets, ratios
from snnmap.render.variants import P, figure_words, variants_sheets

OBJECTIVE = snnmap.CompileOptions().objective
"""What variants are compiled for, unless an objective is asked for."""
SEEDS = "0..9"


class Files(NamedTuple):
    """What is also written."""

    table: Path | None
    plot: Path | None

    def must_be_writable(self, *read: Any) -> None:
        """Refuse, before any work, what could not be written or would overwrite what is read."""
        for path, endings in ((self.table, (".csv", ".parquet")), (self.plot, FORMATS)):
            if path is not None:
                must_be_writable(path, endings, *read)
        if self.table is not None:
            must_have_writer(self.table)

    def write(self, rows: Sequence[dict[str, Any]], draw: Callable[[Path], object]) -> None:
        """Whatever is wanted."""
        if self.table is not None:
            write_rows(self.table, rows)
        if self.plot is not None:
            draw(self.plot)


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap compare mnist-mlp\n"
    "  snnmap compare mnist-mlp braille-rsnn --objectives traffic,espine --technology pcm-65,pcm-16\n"
    "  snnmap compare nmnist-cnn --samples 3 --table figures.parquet --plot figures.svg\n"
    "  snnmap compare mnist-mlp --objectives traffic,accuracy --technology pcm-16 --accuracy --devices 5 --age 1d\n"
    "  snnmap compare mnist-mlp lenet --variant anneal: --variant swarm:place=swarm\n"
    "  snnmap compare lenet --variant kl: --variant metis:partition=metis --seeds 0..19\n"
    "  snnmap compare nmnist-cnn --conv dense --objectives traffic,energy,lifetime\n"
    "  snnmap compare nmnist-cnn --variant unrolled: --variant dense:conv=dense --variant packed:conv=packed\n"
    "  snnmap compare braille-rsnn --hw pcm-mesh --hw pcm-mesh-64 --seeds 0..5\n"
    "  snnmap compare benchmark --rows 32 --columns 32 --variant anneal:partition=first_fit \\\n"
    "      --variant mine:partition=first_fit,place=my_package:MyPlacer",
)
@click.argument("sources", metavar="WORKLOAD...", nargs=-1, required=True)
@click.option(
    "--objectives",
    metavar="O1,O2,...",
    help=f"Ratios are to the first.  [default: {','.join(snnmap.CompareOptions().objectives)}; of variants: "
    f"{OBJECTIVE}]",
)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="NAME:STAGE[.OPTION]=VALUE,...",
    help="Algorithms under a name, each with every seed; the others are tested against the first. objective=NAME, "
    "hw=NAME, conv=dense and copies=N may be among them.",
)
@click.option("--seeds", metavar="LIST", help=f"Seeds, and ranges like {SEEDS}, of variants, chips or objectives.")
@click.option(
    "--hw", "hardware", multiple=True, default=("pcm-mesh",), show_default=True, help="Chip; several are compared."
)
@options.sizes
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
@options.holding
@options.operating_options
@click.option("--workers", type=int, default=1, show_default=True, metavar="N", help="Processes.")
@click.option("--accuracy", is_flag=True, help="Also measure accuracy on drawn chips, the same for all objectives.")
@click.option("--devices", type=int, default=10, show_default=True, metavar="N", help="Chips, with --accuracy.")
@click.option("--effects", default="all", show_default=True, metavar="LIST", help="What is not ideal, with --accuracy.")
@click.option("--age", default="1d", show_default=True, help="Of the chips, with --accuracy.")
@click.option("--table", "--csv", "table", type=options.FILE, metavar="FILE", help="Also write it: .csv or .parquet.")
@click.option("--plot", type=options.FILE, metavar="FILE", help="Also draw it (.png, .svg or .pdf).")
@options.data_options
@options.seed
@options.quiet
@options.as_json
def compare(sources: tuple[str, ...], quiet: bool, json_: bool, **given: Any) -> None:
    """Compile workloads under several objectives, or with several algorithms or chips, and compare the figures.

    Objectives are compiled once, for a table of ratios and a verdict each. With --variant, with --hw more than once, or
    with --seeds every alternative is compiled with every seed, for means, spreads and Wilcoxon's signed-rank test on
    pairs of equal seeds: a difference counts if its chance is below 5 % where there is none, which takes six seeds. The
    WORKLOAD benchmark stands for all networks of `snnmap workloads --benchmark`.
    """
    files = Files(given.pop("table"), given.pop("plot"))
    sources = tuple(name for source in sources for name in _named(source))
    read = (*given["hardware"], *options.listed(given["technology"]), given["data"], given["labels"])
    files.must_be_writable(*sources, *read)
    asked = _asked(given)
    with terminal.progress(quiet) as progress:
        if isinstance(asked.options, snnmap.VariantOptions):
            contrasts = snnmap.compare_variants(sources, asked.options, load=asked.load, progress=progress)
        else:
            comparison = snnmap.compare(sources, asked.options, load=asked.load, progress=progress)
    if isinstance(asked.options, snnmap.VariantOptions):
        files.write([each.row() for each in contrasts], lambda path: plot_variants(contrasts, path))
        _tell_variants(contrasts, asked.options, json_)
        return
    title = f"figures under each objective, as ratio to {comparison.objectives[0]}"
    files.write(comparison.rows(), lambda path: plot_comparison(ratios(comparison.rows()), path, title=title))
    _tell(comparison, asked.options, json_)


def _named(source: str) -> tuple[str, ...]:
    """The workload; of `benchmark` all of the benchmark set."""
    return tuple(case.source for case in snnmap.benchmark_set()) if source == "benchmark" else (source,)


class Asked(NamedTuple):
    """What is compared, and its data."""

    options: "snnmap.CompareOptions | snnmap.VariantOptions"
    load: snnmap.LoadOptions


def _asked(given: dict[str, Any]) -> Asked:
    """Objectives with one seed, or whatever else is compared with many."""
    names, size = given.pop("hardware"), {key: given.pop(key) for key in options.SIZES}
    chips = tuple(options.chip({"hardware": name, **size}) for name in names)
    objectives, technologies = (
        options.listed(given.pop(name) or "", f"--{name}") for name in ("objectives", "technology")
    )
    seeds, workers, seed = given.pop("seeds"), given.pop("workers"), given.pop("seed")
    variants, measure = _variants(given.pop("variants"), objectives, chips, seeds), _measured(given)
    load = options.load_options(given, seed)
    given |= {"pace": given["pace"] or snnmap.CompileOptions().pace, "hardware": chips[0]}
    if not variants:
        base = snnmap.CompileOptions(seed=seed, **given)
        chosen = objectives or snnmap.CompareOptions().objectives
        return Asked(snnmap.CompareOptions(chosen, technologies, base, measure, workers), load)
    if measure is not None:
        raise InputError("--accuracy compares objectives with one seed: leave out --variant, --seeds and further --hw")
    base = snnmap.CompileOptions(objective=objectives[0] if len(objectives) == 1 else OBJECTIVE, **given)
    return Asked(
        snnmap.VariantOptions(variants, parse_seeds(SEEDS if seeds is None else seeds), technologies, base, workers),
        load,
    )


def _variants(
    texts: tuple[str, ...], objectives: tuple[str, ...], chips: tuple[str, ...], seeds: str | None
) -> tuple[snnmap.Variant, ...]:
    """Whatever is compared with every seed; nothing if objectives are with one."""
    if texts and len(chips) > 1:
        raise InputError("chips are compared by --hw alone, or as hw=NAME in every --variant; leave one of the two out")
    if (texts or len(chips) > 1) and len(objectives) > 1:
        what = "put objective=NAME into every --variant" if texts else "compare them on one chip at a time"
        raise InputError(f"several --objectives, and other things to compare too: {what}, or name one objective")
    if texts:
        return tuple(snnmap.parse_variant(text) for text in texts)
    if len(chips) > 1:
        return tuple(snnmap.Variant(chip, hardware=chip) for chip in chips)
    if seeds is None:
        return ()
    return tuple(snnmap.Variant(name, objective=name) for name in objectives or snnmap.CompareOptions().objectives)


def _measured(given: dict[str, Any]) -> snnmap.AccuracyOptions | None:
    """What accuracy is measured on; none if it is not asked for."""
    asked, devices, effects, age = (given.pop(name) for name in ("accuracy", "devices", "effects", "age"))
    return snnmap.AccuracyOptions(effects=effects, devices=devices, ages=(age,)) if asked else None


def _tell(found: snnmap.Comparison, asked: snnmap.CompareOptions, json_: bool) -> None:
    """Objectives, with one seed."""
    if json_:
        verdicts = [verdict.row() for verdict in found.verdicts]
        document = {"objectives": found.objectives, "pace": asked.base.pace, "figures": found.rows()}
        terminal.as_json({**document, "verdicts": verdicts})
        return
    for table in comparison_sheets(found, f", {_pace(asked.base.pace)}"):
        terminal.sheet(table)
        click.echo()
    for text in comparison_legend(found):
        terminal.line(text)


def _pace(pace: float | str) -> str:
    """Pace in words: steps per second if it is a number."""
    return str(pace) if isinstance(pace, str) and not pace[:1].isdigit() else f"{pace} steps per second"


def _tell_variants(found: snnmap.Contrasts, asked: snnmap.VariantOptions, json_: bool) -> None:
    """Whatever was compared with every seed."""
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
