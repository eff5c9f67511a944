"""Commands about workloads and hardware: inspect, check, profile, workloads, hardware."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.cli.rounding import roundings
from snnmap.core.files import must_be_writable
from snnmap.render.networks import activity_sheet, layers_sheet, size_told


@click.command(
    cls=options.Command, epilog="\b\nExamples:\n  snnmap inspect mnist-mlp\n  snnmap inspect net.nir --dt 1e-4 --json"
)
@click.argument("source")
@click.option("--dt", type=options.TIME, help="Step to compare the time constants with: 1e-3, 1ms, 250us.")
@options.dialect
@options.pooling
@options.strict
@options.as_json
def inspect(source: str, dt: float | None, dialect: Any, pooling: Any, strict: bool, json_: bool) -> None:
    """Show the layers of a network: shape, neurons, synapses, fan-in, time constants."""
    answer = snnmap.inspect(source, dt=dt, pooling=pooling, strict=strict, dialect=dialect)
    if json_:
        terminal.as_json(answer)
        return
    terminal.sheet(layers_sheet(f"{answer['name']} ({answer['format']})", answer["populations"]))
    terminal.line(size_told(answer["inputs"], answer["neurons"], answer["synapses"]))
    for line in (*answer["repairs"], *answer["hints"], *answer["warnings"]):
        terminal.say(f"note: {line}")


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap check nmnist-cnn --hw pcm-mesh-64\n"
    "  snnmap check net.nir --hw mychip.toml\n"
    "  snnmap check nmnist-cnn --pooling both --sweep crossbar=32,64,128,256\n"
    "  snnmap check nmnist-cnn --conv dense --sweep crossbar=64,128",
)
@click.argument("source")
@options.hw
@options.technology
@click.option(
    "--pooling",
    type=click.Choice(["fold", "relay", "both"]),
    default="fold",
    show_default=True,
    help="Multiply pooling into the next layer, or keep it as relay neurons; both: partition and compare.",
)
@click.option("--sweep", default="", metavar="crossbar=N,...", help="Partition for square crossbars of these sizes.")
@options.holding
@options.strict
@options.quantise
@options.as_json
def check(json_: bool, **asked: Any) -> int:
    """Say whether a network fits a chip, before any data: crossbars at least, neurons that exceed the rows."""
    asked["hardware"], asked["sweep"] = options.chip(asked), asked["sweep"] or ()
    answer = snnmap.check(asked.pop("source"), **asked)
    fits = any(row["fits"] for row in answer["trials"]) if asked["sweep"] else answer["fits"]
    if json_:
        terminal.as_json(answer)
        return 0 if fits else 3
    terminal.line(f"{answer['name']} on {answer['hardware']}: {'fits' if answer['fits'] else 'does not fit'}")
    rows = [(name.replace("_", " "), terminal.number(value)) for name, value in answer["bounds"].items()]
    terminal.table("crossbars needed at least, by bound", ("bound", "crossbars"), rows)
    if answer["messages_at_least"] is not None:
        terminal.line(f"messages at least: {terminal.number(answer['messages_at_least'])}, {answer['messages_of']}")
    terminal.line(f"tiles available: {answer['tiles']:,}")
    roundings(answer.get("quantised", ()))
    for line in answer["notes"]:
        terminal.line(line)
    if answer["trials"]:
        _show_trials(answer)
    return 0 if fits else 3


TRIAL = (
    "crossbar",
    "pooling",
    "neurons",
    "synapses",
    "crossbars",
    "at least",
    "gap",
    "messages",
    "no fewer than",
    "cells used",
)


def _or_dash(value: int | None) -> str:
    return "-" if value is None else terminal.number(value)


def _show_trials(answer: dict[str, Any]) -> None:
    """Table of the partitions that were tried, and why others were not."""
    rows = [
        (
            t["crossbar"],
            t["pooling"],
            *(terminal.number(t[key]) for key in ("neurons", "synapses")),
            *(
                (
                    terminal.number(t["crossbars"]) if t["fits"] else "does not fit",
                    _or_dash(t["crossbars_at_least"]),
                )
            ),
            *(
                (
                    f"{t['gap_share']:.1%}",
                    terminal.number(t["messages"]),
                    _or_dash(t["messages_at_least"]),
                    f"{t['cell_utilisation']:.1%}",
                )
                if t["fits"]
                else ("-", "-", _or_dash(t["messages_at_least"]), "-")
            ),
        )
        for t in answer["trials"]
    ]
    terminal.table(f"partitions by {answer['trials_by']}; messages {answer['messages_of']}", TRIAL, rows)
    for reason in dict.fromkeys(f"{t['crossbar']}: {t['why']}" for t in answer["trials"] if t["why"]):
        terminal.line(reason)


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap profile mnist-mlp -o mnist.profile.npz\n"
    "  snnmap profile net.nir --data events.npz --dt 1e-3 --steps 300 --reset value -o net.profile.npz",
)
@click.argument("source")
@options.data_options
@options.seed
@click.option("-o", "--output", type=options.FILE, help="Write the profile here (.npz); the input of compile.")
@options.quiet
@options.as_json
def profile(source: str, seed: int, output: Path | None, quiet: bool, json_: bool, **given: Any) -> None:
    """Run a network on data and record who spikes how often: the spike-activity graph."""
    if output is not None:
        must_be_writable(output, (".npz",), source, *given.values())
    with terminal.progress(quiet) as progress:
        graph = snnmap.profile(source, options.load_options(given, seed), progress=progress)
    if output is not None:
        snnmap.save_profile(graph, output)
    answer = snnmap.activity(graph)
    if not quiet:
        for line in answer["notes"]:
            terminal.say(f"note: {line}")
    if json_:
        terminal.as_json(answer)
        return
    title = f"{answer['name']}: {answer['samples']} samples of {answer['steps']} steps"
    terminal.sheet(activity_sheet(title, answer["populations"]))
    roundings(answer.get("quantised", ()))
    if answer["accuracy"] is not None:
        terminal.line(f"accuracy {100 * answer['accuracy']:.1f} %")
    if output is not None:
        terminal.line(f"wrote {output}")


SIZES = ("neurons", "weights", "synapses")
"""What of a network is counted."""


@click.command(cls=options.Command, epilog="\b\nExamples:\n  snnmap workloads\n  snnmap workloads --benchmark --json")
@click.option("--benchmark", is_flag=True, help="Those for comparing algorithms, with bounds and best known values.")
@options.as_json
def workloads(benchmark: bool, json_: bool) -> None:
    """List the workloads that ship with snnmap."""
    if benchmark:
        _benchmark(json_)
        return
    answer = snnmap.list_workloads()
    if json_:
        terminal.as_json(answer)
        return
    columns = ("name", "kind", "neurons", "synapses", "paper neurons", "paper synapses", "what it is")
    rows = [
        (
            w["name"],
            w["kind"],
            terminal.number(w["neurons"]),
            terminal.number(w["synapses"]),
            terminal.number(w["paper_neurons"]),
            terminal.number(w["paper_synapses"]),
            w["summary"],
        )
        for w in answer
    ]
    terminal.table("workloads", columns, rows)
    counted = [
        (w["name"], *(terminal.number(w["counted"][key]) for key in SIZES), *_printed(w))
        for w in answer
        if w["paper_weights"]
    ]
    title = "counted as published: spiking neurons but the outputs, kernels once, padding as if it were inputs"
    terminal.table(title, ("name", *SIZES, *(f"paper {key}" for key in SIZES)), counted)


def _printed(workload: dict[str, Any]) -> list[str]:
    return [terminal.number(workload[f"paper_{key}"]) for key in SIZES]


def _benchmark(json_: bool) -> None:
    """Networks for comparing algorithms."""
    cases = snnmap.benchmark_set()
    if json_:
        terminal.as_json([case.document() for case in cases])
        return
    rows = [
        (case.source, figure, f"{known.bound:,}", f"{known.best:,}", known.found_by)
        for case in cases
        for figure, known in case.known.items()
    ]
    terminal.table("for comparing algorithms", ("workload", "figure", "bound", "best known", "found by"), rows)
    for hardware, partition in dict.fromkeys((case.hardware, case.partition) for case in cases):
        terminal.line(f"on {hardware}; hops with partition={partition}")


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n  snnmap algorithms\n  snnmap compile mnist-mlp --objective espine --set place=swarm",
)
@options.as_json
def algorithms(json_: bool) -> None:
    """List objectives, and the algorithms of every stage with the options that --set changes."""
    answer = snnmap.algorithms()
    if json_:
        terminal.as_json(answer)
        return
    wanted = [(name, preset["summary"]) for name, preset in answer["objectives"].items()]
    terminal.table("objectives (--objective)", ("objective", "what it wants"), wanted)
    lines = [
        (
            f"{stage}={a['algorithm']}",
            a["summary"],
            "  ".join(f"{k}={v}" for k, v in a["options"].items()),
            a["package"] or "snnmap",
        )
        for stage, listed in answer["stages"].items()
        for a in listed
    ]
    terminal.table(
        "algorithms (--set stage=algorithm --set stage.option=value)",
        ("algorithm", "what it does", "options", "of"),
        lines,
    )
    terminal.line(f"placement terms (--term name=weight): {', '.join(answer['terms'])}")


class _Shows(click.Group):
    """Group for which a name that is no command is a piece of hardware to show."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with `show` before a name."""
        known = args[0].startswith("-") or self.get_command(ctx, args[0]) is not None
        return super().resolve_command(ctx, args if known else ["show", *args])


@click.group(
    cls=_Shows,
    invoke_without_command=True,
    epilog="\b\nExamples:\n  snnmap hardware list\n  snnmap hardware show pcm-mesh\n  snnmap hardware ipu-gc200",
)
@click.pass_context
def hardware(context: click.Context) -> None:
    """List the chips and other machines that ship with snnmap, or show one: `snnmap hardware NAME`."""
    if context.invoked_subcommand is None:
        context.invoke(hardware_list)


@hardware.command("list", cls=options.Command)
@options.as_json
def hardware_list(json_: bool = False) -> None:
    """List chips, device technologies, and machines without crossbars."""
    answer = snnmap.list_hardware()
    if json_:
        terminal.as_json(answer)
        return
    rows = [(c["name"], c["crossbar"], c["mesh"], c["technology"], c["description"]) for c in answer["chips"]]
    terminal.table("chips", ("name", "crossbar", "mesh", "technology", "what it is"), rows)
    terminal.line(f"technologies: {', '.join(answer['technologies'])}")
    machines = [tuple(m[key] for key in ("name", "kind", "command", "description")) for m in answer["machines"]]
    terminal.table("machines without crossbars", ("name", "kind", "taken by", "what it is"), machines)


@hardware.command("show", cls=options.Command)
@click.argument("name")
@options.technology
@options.as_json
def hardware_show(name: str, technology: str | None, json_: bool) -> None:
    """Show the limits and every constant of a chip or another machine, with unit, source and band."""
    answer = snnmap.show_hardware(name, technology)
    if json_:
        terminal.as_json(answer)
        return
    for line in answer["limits"]:
        terminal.line(line)
    rows = [(q["key"], f"{q['value']:g}", q["unit"], _band(q["band"]), q["citation"]) for q in answer["quantities"]]
    terminal.table("constants", ("quantity", "value", "unit", "band", "citation"), rows)


def _band(ends: Any) -> str:
    """Where a constant may lie; nothing if its file does not say."""
    return "" if ends is None else f"{ends[0]:g} to {ends[1]:g}"
