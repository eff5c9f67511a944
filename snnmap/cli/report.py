"""The report command."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import snnmap
from snnmap.cli import options, refresh, terminal
from snnmap.cli.what_if import what_if
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_folder
from snnmap.render.judged import remarks
from snnmap.render.labels import LABELS, mode_of
from snnmap.render.numbers import difference, number
from snnmap.render.partition import bounded_below
from snnmap.render.timing import depends_on_data, holds_for, limited_by

SHOWN = 3
"""Quantities listed per headline figure."""


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap report mapping.json\n"
    "  snnmap report mapping.json --quick\n"
    "  snnmap report mapping.json --plot pictures --crossbar 3\n"
    "  snnmap report mapping.json --refresh --keep 0.5\n"
    "  snnmap report mapping.json --what-if flit_time=1ns,row_time=2ns\n"
    "  snnmap report mapping.json --what-if flit_time=1ns:5ns:1ns\n"
    "  snnmap report mapping.json --json",
)
@click.argument("file", metavar="MAPPING", type=options.FILE)
@click.option("--quick", is_flag=True, help="Print what the file holds; profile and recompute nothing.")
@click.option("--plot", type=options.FILE, metavar="DIR", help="Draw tile maps and one crossbar's maps into DIR.")
@click.option("--crossbar", type=int, metavar="K", help="Crossbar to draw; default: the weakest.")
@click.option(
    "--what-if",
    "changes",
    multiple=True,
    metavar="QUANTITY=VALUE,...",
    help="Only print the time per step that other times of the chip would give; a value, or a range first:last:step.",
)
@click.option("--refresh", "age", is_flag=True, help="Refresh intervals by drift and by accuracy; takes a while.")
@click.option("--keep", type=float, default=0.5, show_default=True, help="Points of accuracy that --refresh may lose.")
@click.option("--devices", type=int, default=10, show_default=True, help="Chips that --refresh draws.")
@click.option("--workload", type=str, help="Workload or saved profile; default: the one that the mapping names.")
@click.option("--hw", "hardware", help="Chip file; default: the one that the mapping names.")
@options.operating_options
@options.quiet
@options.as_json
def report(
    file: Path,
    plot: Path | None,
    crossbar: int | None,
    quiet: bool,
    json_: bool,
    changes: tuple[str, ...],
    **given: Any,
) -> int:
    """Verify a mapping; print its figures, what they rest on, and how much they depend on what is not known.

    With --pulse, --pace or --ambient they are those at another operating point than the mapping records.
    """
    aged = _aged(given)
    if changes:
        return _what_if(file, changes, quiet, json_, {"plot": plot, "crossbar": crossbar, "refresh": aged, **given})
    if plot is not None:
        must_be_folder(plot)
        if given["quick"]:
            raise InputError("pictures need the workload: leave --quick out")
    point = snnmap.OperatingOptions(**{name: given.pop(name) for name in ("pulse", "pace", "ambient")})
    with terminal.progress(quiet) as progress:
        mapped = snnmap.report(file, progress=progress, point=point, **given)
        intervals = snnmap.refresh_intervals(mapped, aged, progress) if aged and not mapped.violations else ()
    if json_:
        drawn = [] if plot is None or mapped.violations else snnmap.pictures(mapped, plot, crossbar)
        more = {"refresh": [each.document() for each in intervals]} if aged else {}
        terminal.as_json({**mapped.document(), **more, "pictures": [str(path) for path in drawn]})
        return int(mapped.legal is False)
    if mapped.violations:
        return _illegal(mapped.violations)
    chip = mapped.mapping.chip
    terminal.figures(
        mapped.figures, f"{mapped.mapping.workload.name} on {chip.name}, {chip.technology}", mapped.reading
    )
    _timing(mapped)
    for each in intervals:
        refresh.show(each.document())
    _sensitivity(mapped)
    _constants(mapped)
    for line in [] if quiet or mapped.reading is None else remarks(mapped.reading):
        terminal.say(line)
    for line in mapped.notes:
        terminal.say(f"note: {line}")
    for path in snnmap.pictures(mapped, plot, crossbar) if plot is not None else ():
        terminal.line(f"drew {path}")
    return 0


def _illegal(violations: Sequence[snnmap.Violation]) -> int:
    for violation in violations:
        terminal.line(str(violation))
    terminal.line(f"not legal: {len(violations)} violation(s); `--quick` prints the figures that the file claims")
    return 1


def _aged(given: dict[str, Any]) -> snnmap.AccuracyOptions | None:
    """Which chips a refresh interval is sought on; none: it is not asked for."""
    asked, keep, devices = (given.pop(name) for name in ("age", "keep", "devices"))
    if asked and given["quick"]:
        raise InputError("a refresh interval by accuracy needs the workload: leave --quick out")
    return snnmap.AccuracyOptions(devices=devices, ages=("1s",), refresh=True, keep=keep) if asked else None


def _timing(mapped: snnmap.MappingReport) -> None:
    if mapped.view is None or mapped.reading is None:
        return
    for line in bounded_below(mapped.partition_bounds):
        terminal.line(line)
    view, worth = mapped.view, mapped.reading.guaranteed
    terminal.line(holds_for(view.graph.frames, view.hardware.noc, guaranteed=worth, margin=mapped.mapping.margin))
    data = [] if mapped.fragility is None else depends_on_data(mapped.fragility, view.period)
    for line in (*limited_by(mapped.bottleneck), *data):
        terminal.line(line)
    terminal.line()


def _what_if(file: Path, changes: tuple[str, ...], quiet: bool, json_: bool, given: dict[str, Any]) -> int:
    """The timing alone, with other times of the chip."""
    asked = snnmap.parse_changes(changes)
    where = {name: given.pop(name) for name in ("workload", "hardware")}
    other = [f"--{name}" for name, value in given.items() if value is not None and value is not False]
    if other:
        raise InputError(f"--what-if prints the timing alone: leave out {' and '.join(other)}")
    with terminal.progress(quiet) as progress:
        answer = snnmap.what_if(file, asked, progress=progress, **where)
    if json_:
        terminal.as_json(answer.document())
        return int(bool(answer.violations))
    return what_if(answer, str(file))


def _sensitivity(mapped: snnmap.MappingReport) -> None:
    moved = mapped.swings()
    if not moved or mapped.sensitivity is None:
        return
    base = mapped.sensitivity.base
    groups: list[tuple[terminal.Heading, list[tuple[str, ...]]]] = []
    for name, swings in moved.items():
        label = LABELS[name]
        mode = f"{mode_of(name)} mode: " if mode_of(name) else ""
        heading = (f"{mode}{label.words.strip()}", number(base[name], label.unit))
        rows: list[tuple[str, ...]] = [
            (f"  {s.quantity}", _band(s), *_ends(s, base[name], label.unit)) for s in swings[:SHOWN]
        ]
        groups.append((heading, rows or [("  nothing moves it", "", "", "")]))
    title = "what the figures depend on most: one quantity at a time, at the ends of its band"
    terminal.grouped(
        title, ("figure, and what moves it", "value, and band", "at the low end", "at the high end"), groups
    )
    terminal.line("What survives the bands:")
    for line in mapped.conclusions():
        terminal.line(f"  {line}")
    terminal.line()


def _band(swing: snnmap.Swing) -> str:
    unit = "" if swing.unit == "1" else swing.unit
    return " to ".join(number(float(end), unit) for end in swing.band)


def _ends(swing: snnmap.Swing, base: object, unit: str) -> tuple[str, str]:
    def said(value: object) -> str:
        if unit == "K" and isinstance(value, float) and isinstance(base, float):
            return difference(value, base)
        return "runs away, or never" if value is None else number(value, unit)

    return said(swing.ends[0]), said(swing.ends[1])


def _constants(mapped: snnmap.MappingReport) -> None:
    if not mapped.constants:
        return
    rows = [(key, q.written.removesuffix(" 1"), q.citation) for key, q in mapped.constants]
    terminal.table("recalled or estimated constants behind these figures", ("quantity", "value", "citation"), rows)
