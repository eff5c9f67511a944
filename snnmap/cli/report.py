"""The report command."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

import snnmap
from snnmap.cli import flops as operations
from snnmap.cli import options, terminal, training
from snnmap.cli.what_if import what_if
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_folder
from snnmap.render.judged import remarks
from snnmap.render.labels import LABELS, mode_of
from snnmap.render.numbers import difference, number, span
from snnmap.render.page import must_be_page
from snnmap.render.partition import bounded_below
from snnmap.render.plots import PICTURE
from snnmap.render.sheets import Heading
from snnmap.render.timing import depends_on_data, holds_for, limited_by

SHOWN = 3
"""Quantities listed per headline figure."""


@click.command(
    cls=options.Command,
    epilog="\b\nExamples:\n"
    "  snnmap report mapping.json\n"
    "  snnmap report mapping.json --quick\n"
    "  snnmap report mapping.json --html report.html\n"
    "  snnmap report mapping.json --plot pictures --crossbar 3 --svg\n"
    "  snnmap report mapping.json --refresh --keep 0.5\n"
    "  snnmap report mapping.json --what-if flit_time=1ns,row_time=2ns\n"
    "  snnmap report mapping.json --what-if flit_time=1ns:5ns:1ns\n"
    "  snnmap report mapping.json --json",
)
@click.argument("file", metavar="MAPPING", type=options.FILE)
@click.option("--quick", is_flag=True, help="Print what the file holds; profile and recompute nothing.")
@click.option("--plot", type=options.FILE, metavar="DIR", help="Draw tile maps and one crossbar's maps into DIR.")
@click.option("--png", "ending", flag_value=".png", help="What --plot draws; the default.")
@click.option("--svg", "ending", flag_value=".svg", help="Drawings in the place of images, for papers.")
@click.option("--pdf", "ending", flag_value=".pdf", help="The same as PDF.")
@click.option(
    "--html", type=options.FILE, metavar="FILE", help="Write all of it as one page with charts, for browsers."
)
@click.option("--crossbar", type=int, metavar="K", help="Crossbar to draw, or to open first; default: the weakest.")
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
@click.option("--flops", is_flag=True, help="Operations per classification with spikes and without, as published.")
@click.option(
    "--training-writes", "writes", type=options.FILE, help="Also the endurance that a training took: its --trace file."
)
@click.option("--workload", type=str, help="Workload or saved profile; default: the one that the mapping names.")
@click.option("--hw", "hardware", help="Chip file; default: the one that the mapping names.")
@options.operating_options
@options.quiet
@options.as_json
def report(file: Path, quiet: bool, json_: bool, changes: tuple[str, ...], **given: Any) -> int:
    """Verify a mapping; print its figures, what they rest on, and how much they depend on what is not known.

    With --pulse, --pace or --ambient they are those at another operating point than the mapping records.
    """
    aged, counted, writes = _aged(given), given.pop("flops"), given.pop("writes")
    drawn = Drawn.asked(given)
    if changes:
        others = {"plot": drawn.plot, "html": drawn.html, "crossbar": drawn.crossbar, "refresh": aged, "flops": counted}
        return _what_if(file, changes, quiet, json_, {**others, "training-writes": writes, **given})
    drawn.must_be_possible(file, quick=given["quick"])
    point = snnmap.OperatingOptions(**{name: given.pop(name) for name in ("pulse", "pace", "ambient")})
    with terminal.progress(quiet) as progress:
        mapped = snnmap.report(file, progress=progress, point=point, **given)
        drawn.must_be_there(mapped)
        if counted and mapped.view is None:
            raise InputError("--flops needs the workload: leave --quick out")
        worn = None if writes is None else _training_wear(mapped, writes)
        intervals = snnmap.refresh_intervals(mapped, aged, progress) if aged and not mapped.violations else ()
    if json_:
        more: dict[str, Any] = {"refresh": [each.document() for each in intervals]} if aged else {}
        more |= {"flops": snnmap.flops(mapped.view.graph).document()} if counted and mapped.view else {}
        more |= {"training": worn.document()} if worn is not None else {}
        terminal.as_json({**mapped.document(), **more, **drawn.document(mapped)})
        return int(mapped.legal is False)
    if mapped.violations:
        return _illegal(mapped.violations)
    chip = mapped.mapping.chip
    terminal.figures(
        mapped.figures, f"{mapped.mapping.workload.name} on {chip.name}, {chip.technology}", mapped.reading
    )
    _timing(mapped)
    for each in intervals:
        terminal.refresh(each.document())
    training.show(worn)
    if counted and mapped.view is not None:
        operations.show(snnmap.flops(mapped.view.graph), mapped.view.graph.frames)
    _sensitivity(mapped)
    _constants(mapped)
    for line in [] if quiet or mapped.reading is None else remarks(mapped.reading):
        terminal.say(line)
    for line in mapped.notes:
        terminal.say(f"note: {line}")
    drawn.tell(mapped)
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


def _training_wear(mapped: snnmap.MappingReport, writes: Path) -> snnmap.TrainingWear:
    """What a training took of the endurance of the mapping's cells."""
    if mapped.view is None:
        raise InputError("the endurance of cells is looked up in the chip's file: leave --quick out")
    return snnmap.training_wear(writes, mapped.view.hardware.technology)


class Drawn(NamedTuple):
    """What is to be drawn, and where to."""

    plot: Path | None
    """Folder of pictures."""
    ending: str
    """Of their names."""
    html: Path | None
    """File of the page."""
    crossbar: int | None

    @classmethod
    def asked(cls, given: dict[str, Any]) -> "Drawn":
        """Taken out of what was given."""
        plot, ending, html, crossbar = (given.pop(name) for name in cls._fields)
        if ending is not None and plot is None:
            raise InputError(f"--{ending[1:]} says what --plot draws; give --plot DIR, too")
        return cls(plot, ending or PICTURE, html, crossbar)

    def must_be_possible(self, file: Path, *, quick: bool) -> None:
        """Refuse what cannot be drawn or written, before the work that goes into it."""
        if self.crossbar is not None and self.plot is None and self.html is None:
            raise InputError(
                "--crossbar says which crossbar --plot draws or --html opens first; give --plot DIR or --html FILE, too"
            )
        if self.plot is not None:
            must_be_folder(self.plot)
        if self.html is not None:
            must_be_page(self.html, file)
        asked = "pictures need" if self.plot is not None else "a page needs" if self.html is not None else ""
        if quick and asked:
            raise InputError(f"{asked} the workload: leave --quick out")

    def must_be_there(self, mapped: snnmap.MappingReport) -> None:
        """Refuse a crossbar that does not exist, before anything is printed or written."""
        if self.crossbar is None or mapped.view is None or mapped.violations:
            return
        crossbars = mapped.view.folded.mapping.clustering.clusters
        if not 0 <= self.crossbar < crossbars:
            raise InputError(f"crossbar {self.crossbar} does not exist; there are 0 to {crossbars - 1}")

    def pictures(self, mapped: snnmap.MappingReport) -> list[Path]:
        """Pictures, once they are drawn; none of a mapping that is not legal."""
        if self.plot is None or mapped.violations:
            return []
        return snnmap.pictures(mapped, self.plot, self.crossbar, self.ending)

    def page(self, mapped: snnmap.MappingReport) -> Path | None:
        """The page, once it is written; none of a mapping that is not legal."""
        return None if self.html is None or mapped.violations else snnmap.html_report(mapped, self.html, self.crossbar)

    def document(self, mapped: snnmap.MappingReport) -> dict[str, Any]:
        """Everything drawn, JSON-able."""
        page = self.page(mapped)
        return {"pictures": [str(p) for p in self.pictures(mapped)], "html": None if page is None else str(page)}

    def tell(self, mapped: snnmap.MappingReport) -> None:
        """Draw everything, and print where it is."""
        for path in self.pictures(mapped):
            terminal.line(f"drew {path}")
        page = self.page(mapped)
        if page is not None:
            terminal.line(f"wrote {page}")


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
    groups: list[tuple[Heading, list[tuple[str, ...]]]] = []
    for name, swings in moved.items():
        label = LABELS[name]
        mode = f"{mode_of(name)} mode: " if mode_of(name) else ""
        heading = (f"{mode}{label.words.strip()}", number(base[name], label.unit))
        rows: list[tuple[str, ...]] = [
            (f"  {s.quantity}", span(s.band, s.unit), *_ends(s, base[name], label.unit)) for s in swings[:SHOWN]
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
