"""Commands about mappings: compile, verify, where, diff, schema."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.cli.folder import Folder, documented
from snnmap.cli.rounding import roundings
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable
from snnmap.render.judged import remarks
from snnmap.render.partition import bounded_below, partition_document
from snnmap.render.timing import holds_for, limited_by, timing_document


@click.command(
    "compile",
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap compile mnist-mlp -o mapping.json\n"
    "  snnmap compile mnist-mlp --out run\n"
    "  snnmap compile net.nir --data events.npz --dt 1e-3 --steps 300 --hw pcm-mesh-64 -o net.json.gz\n"
    "  snnmap compile nmnist-cnn --quantise mse --bits 4 -o 4bit.json\n"
    "  snnmap compile net.profile.npz --set place=swarm --set place.particles=40 --seed 3 -o mapping.json\n"
    "  snnmap compile nmnist-cnn --conv packed -o packed.json\n"
    "  snnmap compile mnist-mlp --config plan.toml -o mapping.json\n"
    "  snnmap compile mnist-mlp --objective accuracy --chip chip.npz -o mapping.json\n"
    "  snnmap compile trained.npz --like mapping.json --data images.gz -o trained.json",
)
@click.argument("source", metavar="WORKLOAD")
@click.option("-o", "--output", type=options.FILE, help="Write the mapping here (.json or .json.gz).")
@click.option("--out", "folder", type=options.FILE, metavar="DIR", help="Or all of it: mapping, page, pictures, log.")
@options.hw
@options.technology
@click.option("--objective", default="default", show_default=True, help="Preset: " + ", ".join(snnmap.OBJECTIVES) + ".")
@click.option(
    "--term", "terms", multiple=True, metavar="NAME=WEIGHT", help="Weigh thermal, leakage or lifetime into it."
)
@click.option("--variation", type=int, metavar="SEED", help="Seed of tile-to-tile process variation; default: none.")
@click.option(
    "--chip", type=options.FILE, help="Objective accuracy: keep sensitive weights off this chip's stuck cells."
)
@click.option("--like", type=options.FILE, metavar="MAPPING", help="Take chip, cells and scheduler from this mapping.")
@click.option("--split", type=click.Choice(snnmap.SPLITS), default="partial_sum", show_default=True)
@options.holding
@click.option(
    "--time-budget",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Stop searching after this long, keep the best; schedule, evaluation and verification are not cut.",
)
@click.option("--set", "settings", multiple=True, metavar="STAGE.OPTION=VALUE", help="Change one option of a stage.")
@click.option("--config", type=options.FILE, help="TOML file with the same names; options given here win.")
@options.operating_options
@options.data_options
@options.seed
@options.quiet
@options.as_json
@click.pass_context
def compile_(
    context: click.Context,
    /,
    source: str,
    output: Path | None,
    folder: Path | None,
    quiet: bool,
    json_: bool,
    **given: Any,
) -> None:
    """Map a workload onto a chip and write the mapping file.

    WORKLOAD is a shipped name (see `snnmap workloads`), a NIR, Lava, recipe or recorded-activity file, or a profile
    saved by `snnmap profile`.
    """
    if output is not None and folder is not None:
        raise InputError(f"--out {folder} keeps the mapping too: leave -o out, or --out")
    if output is not None:
        must_be_writable(output, (".json", ".json.gz"), source, *given.values())
    run = None if folder is None else Folder(folder)
    like = given.pop("like")
    load, wanted = _asked(context, given) if like is None else _asked_alike(context, given)
    with terminal.progress(quiet) if run is None else run.progress(quiet) as progress:
        compiled = snnmap.compile(source, wanted, load=load, progress=progress, like=like)
        written = [] if run is None else run.keep(compiled, progress)
    if output is not None:
        snnmap.save(compiled.mapping, output)
        written = [output]
    said = [*(f"note: {line}" for line in compiled.remarks()), *remarks(compiled.reading)]
    for line in [] if quiet else said:
        terminal.say(line)
    with nullcontext() if run is None else run.logged(said):
        _answer(compiled, source, written, json_=json_)


def _asked(context: click.Context, given: dict[str, Any]) -> tuple["snnmap.LoadOptions", "snnmap.CompileOptions"]:
    """What the options and the configuration ask for."""
    settings: dict[str, Any] = {}
    config = given.pop("config")
    if config is not None:
        chosen, settings = snnmap.read_config(config)
        _apply_config(context, chosen, given, config)
    settings |= snnmap.parse_settings(given.pop("settings"))
    given["hardware"] = options.chip(given)
    given["terms"] = snnmap.parse_terms(given["terms"])
    given["pace"] = given["pace"] or snnmap.CompileOptions().pace
    seed = given.pop("seed")
    load = options.load_options(given, seed)
    return load, snnmap.CompileOptions(seed=seed, settings=tuple(settings.items()), **given)


FREE = {"source", "output", "folder", "quiet", "json_", "like", "seed", *options.DATA_FIELDS}
"""Parameters that may stand beside --like."""


def _asked_alike(context: click.Context, given: dict[str, Any]) -> tuple["snnmap.LoadOptions", None]:
    """What the options ask for where all that concerns the chip is taken from another mapping: no options of it."""
    for parameter in context.command.params:
        name = str(parameter.name)
        if name not in FREE and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"--like takes that from the mapping: leave {max(parameter.opts, key=len)} out, or --like")
    return options.load_options(given, given.pop("seed")), None


def _answer(compiled: snnmap.Compiled, source: str, written: list[Path], *, json_: bool) -> None:
    if json_:
        judged = [judgement._asdict() for judgement in compiled.reading.judgements]
        timing = timing_document(compiled.reading, compiled.bottleneck)
        answer = {"legal": True, **compiled.mapping.figures, "timing": timing, "judgements": judged}
        answer |= compiled.graph.remarks.told()
        answer |= {"partition": partition_document(compiled.partition_bounds)}
        answer |= {} if compiled.held is None else {"conv": compiled.held.document()}
        terminal.as_json({**answer, "mapping": str(written[0]) if written else None, **documented(written)})
        return
    _show(compiled, source)
    if not written:
        terminal.line("legal; nothing written, -o FILE keeps the mapping")
    for path in written[:1]:
        terminal.line(f"legal; wrote {path}")
    for path in written[1:]:
        terminal.line(f"wrote {path}")


def _show(compiled: snnmap.Compiled, source: str) -> None:
    """Figures of a compilation, its bounds, what they hold for and what limits the time per step."""
    title = f"{source} on {compiled.hardware.name}, {compiled.hardware.technology.name}"
    if compiled.graph.accuracy is not None:
        title += f"; profiled accuracy {100 * compiled.graph.accuracy:.1f} % of {compiled.graph.frames:,} samples"
    terminal.figures(compiled.mapping.figures, title, compiled.reading)
    roundings(compiled.graph.remarks.told().get("quantised", ()))
    for line in bounded_below(compiled.partition_bounds):
        terminal.line(line)
    worth, margin = compiled.reading.guaranteed, compiled.mapping.margin
    terminal.line(holds_for(compiled.graph.frames, compiled.hardware.noc, guaranteed=worth, margin=margin))
    for line in limited_by(compiled.bottleneck):
        terminal.line(line)


def _apply_config(context: click.Context, chosen: dict[str, Any], given: dict[str, Any], path: Path) -> None:
    """Values of `[compile]` for options that the command line leaves at their defaults."""
    for name, value in chosen.items():
        key = {"hw": "hardware"}.get(name, name.replace("-", "_"))
        if key not in given:
            known = ", ".join(sorted(given))
            raise InputError(f"config {path}: [compile] has no option {name!r}; there is: {known}")
        source = context.get_parameter_source(key)
        if source is not None and source.name == "DEFAULT":
            option = next(p for p in context.command.params if p.name == key)
            said = [str(v) for v in value] if isinstance(value, list) else str(value)
            given[key] = option.type_cast_value(context, said)


@click.command(
    "verify",
    cls=options.Command,
    epilog="\b\nExamples:\n  snnmap verify mapping.json\n  snnmap verify mapping.json --workload net.profile.npz",
)
@click.argument("file", metavar="MAPPING", type=options.FILE)
@click.option("--workload", type=str, help="Workload or saved profile; default: the one that the mapping names.")
@click.option("--hw", "hardware", help="Chip file; default: the one that the mapping names.")
@click.option(
    "--replay", is_flag=True, help="Also run the mapped network crossbar by crossbar and compare every spike."
)
@options.quiet
@options.as_json
def verify_(file: Path, workload: str | None, hardware: str | None, replay: bool, quiet: bool, json_: bool) -> int:
    """Recount a mapping from its workload and hardware: exit 0 and "legal", or exit 1 and what is wrong."""
    with terminal.progress(quiet) as progress:
        answer = snnmap.verify_file(file, workload=workload, hardware=hardware, replay=replay, progress=progress)
    if json_:
        listed = [{"rule": v.rule, "where": v.where, "asked": v.asked, "available": v.available} for v in answer]
        terminal.as_json({"legal": not answer, "violations": listed, "unchecked": snnmap.UNCHECKED})
        return int(bool(answer))
    for violation in answer:
        terminal.line(str(violation))
    terminal.line("legal" if not answer else f"not legal: {len(answer)} violation(s)")
    if not quiet and not answer:
        terminal.say(f"note: not checked, since no result depends on it: {', '.join(snnmap.UNCHECKED)}")
    return int(bool(answer))


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n  snnmap where mapping.json 800\n  snnmap where mapping.json fc1[3]\n"
    "  snnmap where mapping.json fc1[3] --from input[7]\n  snnmap where mapping.json --tile 2",
)
@click.argument("file", metavar="MAPPING", type=options.FILE)
@click.argument("neuron", required=False)
@click.option("--tile", type=int, help="List what sits on this tile instead.")
@click.option("--from", "source", metavar="SOURCE", help="Show the cells of the synapse from SOURCE to NEURON.")
@options.as_json
def where(file: Path, neuron: str | None, tile: int | None, source: str | None, json_: bool) -> None:
    """Find a neuron: its cluster, tile, column and the rows that carry its spikes; or what a tile holds.

    NEURON is a source id, or population[index] with one index per dimension.
    """
    mapping = snnmap.load(file)
    answer = snnmap.where(mapping, neuron, tile=tile, source=source)
    if json_:
        terminal.as_json(answer)
        return
    if source is not None:
        _show_synapse(answer)
    elif tile is None:
        _show_neuron(answer)
    else:
        _show_tile(answer)


def _show_neuron(answer: dict[str, Any]) -> None:
    place = "an input: it takes no column"
    if answer["home"] is not None:
        place = f"fires in cluster {answer['home']} on tile {answer['tile']}"
    spikes = f"{answer['spikes']:,} spikes in the profiled window"
    terminal.line(f"source {answer['source']} = {answer['name']}: {place}; {spikes}")
    for title, side, extra in (
        ("columns (its synapses)", "column", ("home",)),
        ("rows (where its spikes go)", "row", ()),
    ):
        columns = ("cluster", "tile", side, *extra)
        rows = [[str(line[c]) if c == "home" else line[c] for c in columns] for line in answer[f"{side}s"]]
        terminal.table(title, columns, rows)


def _show_synapse(answer: dict[str, Any]) -> None:
    crossing = f"row {answer['row']}, column {answer['column']} of cluster {answer['cluster']} on tile {answer['tile']}"
    terminal.line(f"{answer['source']} -> {answer['neuron']}: {crossing}, {answer['encoding']}")
    columns = ("array", "word_line", "bit_line", "sign", "slice")
    rows = [[cell[name] for name in columns] for cell in answer["cells"]]
    terminal.table("cells of the weight", [name.replace("_", " ") for name in columns], rows)


def _show_tile(answer: dict[str, Any]) -> None:
    x, y = answer["position"]
    terminal.line(f"tile {answer['tile']} at ({x}, {y}) holds {len(answer['clusters']) or 'no'} cluster(s)")
    rows = [(h["cluster"], len(h["rows"]), len(h["columns"]), h["contents"]) for h in answer["clusters"]]
    terminal.table("clusters", ("cluster", "rows", "columns", "neurons of"), rows)


@click.command(cls=options.Command, epilog="\b\nExample:\n  snnmap diff before.json after.json")
@click.argument("first", metavar="A.json", type=options.FILE)
@click.argument("second", metavar="B.json", type=options.FILE)
@options.as_json
def diff(first: Path, second: Path, json_: bool) -> None:
    """Compare two mappings: figures side by side, and how many neurons moved."""
    answer = snnmap.diff(snnmap.load(first), snnmap.load(second))
    if json_:
        terminal.as_json(answer)
        return
    rows = [
        (
            f["name"],
            terminal.number(f["a"], f["unit"]),
            terminal.number(f["b"], f["unit"]),
            "" if f["ratio"] is None else f"{f['ratio']:.4g}",
        )
        for f in answer["figures"]
    ]
    terminal.table(f"{first} -> {second}", ("figure", "A", "B", "B / A"), rows)
    for line in answer["notes"]:
        terminal.line(line)


@click.command(cls=options.Command)
@click.option("--phases", is_flag=True, help="Of the file that `snnmap phases` writes.")
def schema(phases: bool) -> None:
    """Print the JSON Schema of the mapping file."""
    terminal.as_json(snnmap.schema(phases=phases))
