"""The buffers command."""

from fractions import Fraction
from pathlib import Path

import click

import snnmap
from snnmap.cli import options, terminal

SHOWN = 40
"""Most lines of a table; `--json` has all."""


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap buffers mapping.json                messages and bits of every channel, bits of every tile\n"
    "  snnmap buffers mapping.json --curve        what fewer bits cost\n"
    "  snnmap buffers modem.xml --curve --json    of a graph in an SDF3 file: tokens",
)
@click.argument("file", metavar="MAPPING|GRAPH", type=options.FILE)
@click.option("--curve", is_flag=True, help="Also print the time per step, or period, against the total.")
@click.option("--workload", type=str, help="Workload or saved profile; default: the one that the mapping names.")
@click.option("--hw", "hardware", help="Chip file; default: the one that the mapping names.")
@options.quiet
@options.as_json
def buffers(file: Path, curve: bool, workload: str | None, hardware: str | None, quiet: bool, json_: bool) -> None:
    """Least buffers that keep the rate of a mapping, or of a dataflow graph in an SDF3 file.

    Space is claimed when a firing starts and given back when the firing that takes the tokens ends. A message of a
    mapping is what an actor sends in a whole step, in bits of the busiest profiled one.
    """
    with terminal.progress(quiet) as progress:
        answer = snnmap.buffers(file, curve=curve, workload=workload, hardware=hardware, progress=progress)
    if json_:
        terminal.as_json(answer.document())
        return
    if answer.tiles:
        _mapping(answer)
    else:
        _graph(answer)
    if curve:
        _curve(answer)
    for remark in answer.remarks:
        terminal.line(f"remark: {remark}")


def _period(answer: snnmap.Buffers, ticks: Fraction | None) -> str:
    return (
        f"{ticks} ticks"
        if answer.tick is None
        else terminal.number(float(ticks or 0) * answer.tick / answer.steps, "s")
    )


def _mapping(answer: snnmap.Buffers) -> None:
    rows = [(c.name, str(c.tile), c.tokens, c.room, c.bits, c.tokens * c.bits) for c in answer.channels]
    block = "" if answer.steps == 1 else f", each of a block of {answer.steps} steps"
    terminal.line(f"{answer.graph}: messages that keep {_period(answer, answer.period)} a step{block}")
    terminal.table("channels", ("channel", "tile", "messages", "room", "bits of one", "bits"), rows[:SHOWN])
    _more(len(rows))
    memory = answer.memory or 0
    tiles = [
        (str(tile), needs, has, f"{100 * needs / memory:.3g} %" if memory else "-")
        for tile, (needs, has) in answer.tiles.items()
    ]
    terminal.table("buffers by tile", ("tile", "bits needed", "bits of room", "of its memory"), tiles[:SHOWN])
    _more(len(tiles))
    room = sum(has for _, has in answer.tiles.values())
    terminal.line(f"all tiles: {answer.total:,} bits needed, {room:,} bits of room; memory of a tile: {memory:,} bits")


def _graph(answer: snnmap.Buffers) -> None:
    rows = [(c.name, c.producer, c.consumer, c.tokens) for c in answer.channels]
    terminal.line(f"{answer.graph or 'graph'}: tokens that keep a period of {_period(answer, answer.period)}")
    terminal.table("channels", ("channel", "from", "to", "tokens"), rows[:SHOWN])
    _more(len(rows))
    proved = "no smaller total keeps it" if answer.exact else "no channel can do with less by itself"
    terminal.line(f"all channels: {answer.total:,} tokens; {proved}")


def _more(lines: int) -> None:
    if lines > SHOWN:
        terminal.line(f"... {lines - SHOWN:,} more; --json has all")


def _curve(answer: snnmap.Buffers) -> None:
    step = -(-len(answer.curve) // SHOWN) if answer.curve else 1
    points = [*answer.curve[:-1:step], *answer.curve[-1:]]
    rows = [(point.total, _period(answer, point.period), f"{float(point.period or 0) / float(answer.period or 1):.4g}")
            for point in points]  # fmt: skip
    what = "exact: nothing of that size is faster" if answer.curve_exact else "greedy, each point exact"
    unit = "bits" if answer.tiles else "tokens"
    terminal.line(f"what fewer cost; {what}")
    terminal.table("curve", (unit, "time per step" if answer.tiles else "period", "x"), rows)
    if len(points) < len(answer.curve):
        terminal.line(f"{len(answer.curve):,} points in all; --json has all")
