"""The simulate command."""

from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, terminal
from snnmap.core.errors import InputError

ROWS = ("worst", "frame", "mean")


class Gate(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """When the port lets the next step in."""

    name = "gate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Seconds between two steps, or a word for them."""
        if isinstance(value, float) or value in {"realtime", "guaranteed"}:
            return float(value) if isinstance(value, float) else str(value)
        try:
            rate = float(value)
        except ValueError:
            rate = 0.0
        if not 0.0 < rate < float("inf"):
            self.fail(f"{value!r} is not realtime, guaranteed, or steps per second above 0, like 500", param, ctx)
        return 1.0 / rate


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap simulate mapping.json                                the three rates, beside what the mapping says\n"
    "  snnmap simulate mapping.json --worst                        the busiest step of everything in every step\n"
    "  snnmap simulate mapping.json --arbitration oldest --buffers 2\n"
    "  snnmap simulate mapping.json --frames 10 --gate guaranteed  no step enters before its time: is anything late?\n"
    "  snnmap simulate mapping.json --trace steps.csv               spikes, messages, times of every step\n"
    "  snnmap simulate mapping.json --frames 10 --seed 1           shorter times and fewer spikes, at random",
)
@click.argument("file", metavar="MAPPING", type=options.FILE)
@click.option("--frames", type=int, metavar="N", help="Frames, from the first on and again; default: each once.")
@click.option("--worst", is_flag=True, help="Only the worst: every read, fire and producer at its busiest step.")
@click.option(
    "--arbitration",
    type=click.Choice(snnmap.ARBITRATIONS),
    default="round-robin",
    show_default=True,
    help="Whose flit a free link takes in a best-effort network.",
)
@click.option(
    "--buffers",
    type=int,
    metavar="N",
    help="Flits of a router's buffer, at most 268 million on all links together; default: as the chip says.",
)
@click.option(
    "--gate",
    type=Gate(),
    metavar="PACE",
    help="Let steps in realtime, at the guaranteed period, or N per second; default: as soon as there is room.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Shorten all times and drop a share of the spikes at random; default: no.",
)
@click.option("--trace", type=options.FILE, metavar="FILE", help="Also write a CSV with a row per step.")
@click.option("--workload", type=str, help="Workload or saved profile; default: the one that the mapping names.")
@click.option("--hw", "hardware", help="Chip file; default: the one that the mapping names.")
@options.quiet
@options.as_json
def simulate(file: Path, quiet: bool, json_: bool, **given: Any) -> int:
    """Run the mapped chip event by event, with code that shares nothing with the scheduler.

    Tiles fire in their static orders, flits cross the network, with the profile's spikes. Prints how fast the chip is
    at its worst, on the slowest frame and on the average of all, each beside the period that the mapping promises, and
    how many firings began later than the mapping says. Exit code 1 if a guarantee is broken.
    """
    where = {name: given.pop(name) for name in ("workload", "hardware", "trace")}
    if snnmap.is_phases(file):
        return _phases(file, quiet, json_, where, given)
    with terminal.progress(quiet) as progress:
        answer = snnmap.simulate_file(file, snnmap.ExecuteOptions(**given), **where, progress=progress)
    document, broken = answer.document(), int(bool(answer.guaranteed and answer.slower))
    if json_:
        terminal.as_json(document)
        return broken
    period, worth = document["promised_seconds_per_step"], "guarantees" if answer.guaranteed else "estimates"
    title = (
        f"{file}: the mapping {worth} a step every {terminal.number(period, 's')}, {terminal.number(1 / period, '1/s')}"
    )
    rows = [_row(name, document) for name in ROWS if document[name] is not None]
    terminal.table(title, ("rate", "of", "a step every", "rate / mapping's", "late firings", "the latest"), rows)
    if where["trace"] is not None:
        terminal.line(f"wrote {where['trace']}")
    if answer.slower:
        said = "the guarantee is broken" if answer.guaranteed else "slower than estimated"
        terminal.line(f"{said}: {', '.join(answer.slower)}")
    return broken


def _phases(file: Path, quiet: bool, json_: bool, where: dict[str, Any], given: dict[str, Any]) -> int:
    """The same of every phase of a file of phases."""
    if where.pop("trace") is not None:
        raise InputError("--trace is for one mapping; leave it out for a file of phases")
    with terminal.progress(quiet) as progress:
        found = snnmap.simulate_phases(file, snnmap.ExecuteOptions(**given), **where, progress=progress)
    promised, measured = (sum(getattr(phase, side) for phase in found) for side in ("promised", "measured"))
    broken = [number for number, phase in enumerate(found, 1) if phase.rates.slower]
    if json_:
        each = [{"promised_s": p.promised, "measured_s": p.measured, **p.rates.document()} for p in found]
        terminal.as_json({"promised_s": promised, "measured_s": measured, "slower": broken, "phases": each})
        return int(bool(broken))
    rows = [
        (str(n), *(terminal.number(s, "s") for s in (p.promised, p.measured)), *_ratios(p))
        for n, p in enumerate(found, 1)
    ]
    terminal.table(f"{file}: {len(found)} phases", ("phase", "promised", "takes", *ROWS), rows)
    total = " and ".join(terminal.number(s, "s") for s in (promised, measured))
    terminal.line(f"a frame, promised and at the slowest step measured: {total}; worst, frame, mean: a step / promised")
    if broken:
        terminal.line(f"slower than promised: phases {', '.join(map(str, broken))}")
    return int(bool(broken))


def _ratios(phase: snnmap.PhaseRates) -> list[str]:
    """Measured rates of a phase beside the promised one."""
    rates = phase.rates
    return [f"{float(rates.measured[n].period / rates.promised):.4f}" if n in rates.measured else "-" for n in ROWS]


def _row(name: str, document: dict[str, Any]) -> tuple[str, ...]:
    found = document[name]
    of = {
        "worst": "every read, fire and producer at its busiest step",
        "frame": f"frame {document['slowest_frame']}, the slowest, again and again",
        "mean": f"{document['frames']:,} frames one after the other",
    }[name]
    late = "-" if found["late"] is None else f"{found['late']:,} of {found['firings']:,}"
    by = f"{found['latest_actor']} by {terminal.number(found['latest_seconds'], 's')}" if found["late"] else "-"
    return name, of, terminal.number(found["seconds_per_step"], "s"), f"{found['ratio']:.4f}", late, by
