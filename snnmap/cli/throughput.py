"""The throughput command."""

from pathlib import Path

import click

import snnmap
from snnmap.cli import options, terminal

SHOWN = 40
"""Most actors that the table lists; `--json` has all."""
CYCLE = 8
"""Most firings of the critical cycle on its line."""


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap throughput h263.xml                              of a graph in an SDF3 file\n"
    "  snnmap throughput h263.xml --auto-concurrency on        firings of one actor may overlap\n"
    "  snnmap throughput h263.xml --json                       with start times and critical cycle: the proof\n"
    "  snnmap throughput mapping.json --export graph.xml       a mapping's graph, for SDF3 or Kiter to contradict",
)
@click.argument("file", metavar="GRAPH", type=options.FILE)
@click.option(
    "--auto-concurrency",
    type=click.Choice(["on", "off"]),
    default="off",
    show_default=True,
    help="Whether firings of one actor may overlap where no channel forbids it.",
)
@click.option("--export", type=options.FILE, metavar="FILE", help="Write the graph as an SDF3 file (.xml).")
@options.as_json
def throughput(file: Path, auto_concurrency: str, export: Path | None, json_: bool) -> None:
    """Exact throughput of a dataflow graph, with what limits it.

    GRAPH is an SDF3 file (synchronous or cyclo-static) or a mapping file. An iteration fires every actor as often as
    the smallest repetition vector says. A graph whose rates are inconsistent or that deadlocks is an answer: exit code
    0.
    """
    answer = snnmap.throughput(file, auto_concurrency=auto_concurrency == "on", export=export)
    if json_:
        terminal.as_json(answer.document())
        return
    _show(answer)
    if export is not None:
        terminal.line(f"wrote {export}")


def _show(answer: snnmap.Throughput) -> None:
    graph = answer.graph
    kind = "cyclo-static" if len(graph.time) > len(graph.actor) else "synchronous"
    size = f"{len(graph.actor):,} actors, {len(graph.channel):,} channels, {sum(answer.repetition):,} firings"
    overlap = "on" if answer.auto_concurrency else "off"
    terminal.line(f"{graph.name or 'graph'}: {kind}, {size} an iteration; auto-concurrency {overlap}")
    terminal.line(f"consistent: {_said(answer.consistent)}; live: {_said(answer.live)}")
    if answer.reason:
        terminal.line(answer.reason)
    if answer.throughput is None:
        terminal.line("throughput: none")
    else:
        terminal.line(f"throughput: {answer.throughput} iterations per tick")
    if answer.period:
        seconds = "" if graph.tick is None else f" = {terminal.number(float(answer.period) * graph.tick, 's')}"
        terminal.line(f"period: {answer.period} ticks{seconds}")
        cycle = [f"{actor}#{firing}" for actor, firing in answer.critical_firings()]
        more = f" -> ... ({len(cycle) - CYCLE:,} more)" if len(cycle) > CYCLE else ""
        terminal.line(
            f"critical cycle (tokens: {sum(answer.lags):,}): {' -> '.join(cycle[:CYCLE])}{more} -> {cycle[0]}"
        )
    for remark in graph.remarks:
        terminal.line(f"remark: {remark}")
    if answer.repetition:
        _actors(answer)


def _actors(answer: snnmap.Throughput) -> None:
    graph = answer.graph
    columns = zip(graph.actor, answer.repetition, graph.phases.tolist(), strict=True)
    rows = [(name, firings, phases, _first_start(answer, k)) for k, (name, firings, phases) in enumerate(columns)]
    terminal.line()
    terminal.table("repetition vector", ("actor", "firings", "phases", "first start, ticks"), rows[:SHOWN])
    if len(rows) > SHOWN:
        terminal.line(f"... {len(rows) - SHOWN:,} more; --json has all")


def _first_start(answer: snnmap.Throughput, actor: int) -> str:
    start = answer.first_start(actor)
    return "-" if start is None else str(start)


def _said(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"
