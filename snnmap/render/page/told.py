"""What a page says in words: guarantees and their conditions, figures, where everything is from."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from snnmap.ir import Mapping as Mapped
from snnmap.ir import Reading
from snnmap.ir.origin import AlgorithmRecord
from snnmap.render import judged, labels
from snnmap.render.labels import LABELS, mode_of
from snnmap.render.numbers import number
from snnmap.render.page.content import Content
from snnmap.render.partition import bounded_below
from snnmap.render.plots import Drawn, readable
from snnmap.render.timing import depends_on_data, holds_for, limited_by

LEGAL = (
    "Every rule of `snnmap verify` holds, figures included, recounted from network, data and chip by code that shares "
    "none with the compiler."
)
TILES = 100
"""Tiles of the table below the map."""
LIFETIMES = ("device_lifetime_s", "device_first_failure_low_s")
CARDS = (
    ("period_s", "time per step"),
    ("throughput_frames_per_s", "frames per second"),
    ("energy_J", "dynamic energy per frame"),
    ("area_m2", "area of all tiles"),
    ("device_temperature_hottest_K", "hottest crossbar"),
    ("device_refresh_interval_s", "re-programming due after"),
    ("device_lifetime_s", "lifetime, most written cell"),
    ("espine_lifetime_frames", "effective lifetime, frames"),
)
"""Figures at the top."""


class Item(NamedTuple):
    """One thing that holds, or does not."""

    kind: str
    """`ok`, `warn` or `note`."""
    head: str
    lines: tuple[str, ...]


class Card(NamedTuple):
    """One figure at the top."""

    words: str
    value: str
    aside: str
    mode: str
    severe: bool = False
    """Whether it makes the chip useless as it is mapped."""


class Group(NamedTuple):
    """Figures under one heading."""

    heading: str
    aside: str
    mode: str
    rows: tuple[tuple[str, str, bool], ...]
    """Words, value, and whether the row is a part of the one above."""


def alerts(content: Content) -> list[str]:
    """Why the chip is of no use as it is mapped."""
    lines = judged.remarks(content.reading)
    return [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")]


def notes(content: Content) -> list[str]:
    """What else a reader must know."""
    lines = judged.remarks(content.reading)
    return [line.removeprefix("note: ") for line in lines if line.startswith("note: ")] + list(content.notes)


def guarantees(content: Content) -> list[Item]:
    """What is promised, and under which conditions, first to last."""
    mapping, read = content.mapping, content.reading
    figures = mapping.figures
    items = [Item("ok", "Legal", (LEGAL,))]
    step = judged.shown("period_s", figures.get("period_s"), read)
    data = holds_for(mapping.workload.frames, content.noc, guaranteed=read.guaranteed, margin=mapping.margin)
    head = f"{step} per step, {'guaranteed' if read.guaranteed else 'estimated'}"
    items.append(Item("ok" if read.guaranteed else "warn", head, (f"{data[0].upper()}{data[1:]}.",)))
    if content.bottleneck is not None:
        items.append(Item("note", "What limits it", tuple(limited_by(content.bottleneck))))
    if content.fragility is not None and content.bottleneck is not None:
        lines = tuple(depends_on_data(content.fragility, content.bottleneck.period))
        items += [Item("note", "If the data are busier", lines)] if lines else []
    if content.bounds is not None:
        items.append(Item("note", "Beside what no partition beats", tuple(bounded_below(content.bounds))))
    items.append(Item("note", "Conditions of temperature and wear", tuple(_conditions(content))))
    return items


def _conditions(content: Content) -> Iterator[str]:
    read = content.reading
    yield f"A step every {number(read.step_time, 's', 3)}, {read.pace}."
    for mode, air in read.ambient.items():
        yield f"Air of {number(air, 'K')} in {mode} mode."
    yield f"The modes are never mixed in one number. {labels.MODES[0].upper()}{labels.MODES[1:]}."


def cards(content: Content) -> list[Card]:
    """The figures at the top, those of a mode labelled."""
    return headlines(content.mapping, content.reading)


def headlines(mapping: Mapped, read: Reading | None) -> list[Card]:
    """The figures of a mapping that people look for first; `read` says how to read them, if that is known."""
    figures = mapping.figures
    listed = []
    for key, words in CARDS:
        if key not in figures:
            continue
        value, _, rest = judged.shown(key, figures[key], read).partition(" (")
        worth = "" if read is None else "guaranteed" if read.guaranteed else "estimated"
        aside = {"period_s": worth, "area_m2": size_told(figures)}.get(key, "")
        aside = aside or (rest.rstrip(")") if key.endswith("_K") else "")
        doubt = None if read is None else read.of(key)
        listed.append(Card(words, value, aside, mode_of(key), doubt is not None and doubt.severe))
    if mapping.workload.accuracy is not None:
        facts = mapping.workload
        listed.insert(
            0, Card("accuracy on ideal devices", number(facts.accuracy, "1"), f"{facts.frames:,} samples", "")
        )
    return listed


def horizon(content: Content) -> float:
    """Seconds beyond which no lifetime is claimed; infinite if no figure of the mapping is."""
    limits = [j.limit for j in content.reading.judgements if j.doubt == "beyond horizon" and j.figure in LIFETIMES]
    return min(limits, default=math.inf)


def size_told(figures: Mapping[str, Any]) -> str:
    """Crossbars and tiles in use."""
    return f"{number(figures.get('crossbars'))} crossbars on {number(figures.get('tiles'))} tiles"


def groups(content: Content) -> list[Group]:
    """Every figure, under the headings of the terminal's table."""
    found = []
    for heading, listed in labels.grouped(content.mapping.figures):
        title, *aside = judged.heading(heading, content.reading)
        rows = tuple(
            (known.words.strip(), judged.shown(known.key, value, content.reading), known.words.startswith("  "))
            for known, value in listed
        )
        mode = {labels.DEVICE: "device", labels.ESPINE: "espine"}.get(heading, "")
        found.append(Group(title, " ".join(aside), mode, rows))
    return found


def tile_table(content: Content) -> tuple[tuple[str, ...], list[tuple[str, ...]], str]:
    """The maps of the tiles as a table: header, rows, and what was left out."""
    floor = content.floor
    used = [t for t, held in enumerate(floor.tiles) if held.clusters]
    drawn = [readable(chart) for chart in content.maps]
    header = ("tile", "crossbars", "layers", *(_titled(d) for d in drawn))
    rows = []
    for t in used[:TILES]:
        held = floor.tiles[t]
        layers = ", ".join(f"{name} ({columns:,})" for name, columns in held.layers[:4])
        values = (f"{d.values[t]:,.4g}" if np.isfinite(d.values[t]) else "-" for d in drawn)
        bars = ", ".join(str(k) for k in held.clusters[:4]) + (", ..." if len(held.clusters) > 4 else "")
        rows.append((f"{t} ({t % floor.width}, {t // floor.width})", bars, layers, *values))
    left = f"The first {TILES} of {len(used):,} tiles in use." if len(used) > TILES else ""
    return header, rows, left


def _titled(drawn: Drawn) -> str:
    return " ".join(drawn.title.split()) + (f", {drawn.unit}" if drawn.unit else "")


def provenance(content: Content) -> list[tuple[str, str]]:
    """What repeats the mapping, name and value."""
    origin, chip, facts = content.mapping.origin, content.mapping.chip, content.mapping.workload
    profile, plan = origin.profile.provenance, origin.plan
    weights = "" if chip.plain else f"; {chip.encoding}, {chip.levels or 'analog'} levels, {chip.slices} slices"
    tiles = f"{chip.mesh[0]} x {chip.mesh[1]} tiles"
    tiles += "" if chip.grid == (1, 1) else f" on {chip.grid[0]} x {chip.grid[1]} chips"
    lines = [
        ("snnmap", origin.snnmap),
        ("seed", str(origin.seed)),
        ("objective", plan.objective),
        *((stage, _algorithm(getattr(plan, stage))) for stage in ("partition", "place", "wire", "schedule")),
        ("placement terms", _pairs(plan.terms)),
        ("split of large fan-in", origin.split),
        ("network", f"{facts.name}, from {facts.source or profile.source or 'memory'} ({profile.format})"),
        (
            "data",
            _pairs(profile.options) + ("; " if profile.options and profile.stimulus else "") + _pairs(profile.stimulus),
        ),
        ("origin of the workload", profile.origin),
        ("licence of the workload", profile.licence),
        ("files", "; ".join(f"{what}: {digest[:16]}…" for what, digest in profile.files.items())),
        ("digest of network and activity", facts.digest),
        ("chip", f"{chip.name} from {chip.source}: {tiles} of {chip.rows} x {chip.columns} crossbars{weights}"),
        ("technology", f"{chip.technology}, {chip.mode} mode"),
        ("process variation", "none" if chip.variation_seed is None else f"seed {chip.variation_seed}"),
        ("digest of the chip", chip.digest),
        ("digest of the verified mapping", origin.verified),
    ]
    if origin.wired_for is not msgspec.UNSET:
        wired = origin.wired_for
        lines.append(("wired for the stuck cells of", f"{wired.source or 'a chip in memory'}: {wired.digest[:16]}…"))
    if origin.cells_of is not msgspec.UNSET:
        lines.append(("clusters, tiles and lines of the mapping", origin.cells_of))
    remarks = origin.profile.remarks
    lines += [
        ("assumed of the data", "; ".join(remarks.assumed)),
        ("repaired in the network", "; ".join(remarks.repairs)),
    ]
    lines += [
        ("layers that never spike", ", ".join(remarks.dead)),
        ("layers that always spike", ", ".join(remarks.saturated)),
    ]
    return [(name, value) for name, value in lines if value]


def _algorithm(record: AlgorithmRecord) -> str:
    package = f" [{record.package}]" if record.package else ""
    return f"{record.algorithm}{package}" + (f" ({_pairs(record.options)})" if record.options else "")


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in sorted(values.items()) if value is not None)


def words_left(content: Content) -> list[tuple[str, str]]:
    """Headline figures that no chart shows: words, and figures that nothing moves."""
    found = []
    for name, value in content.base.items():
        if isinstance(value, int | float) and content.moved.get(name):
            continue
        mode = f"{mode_of(name)} mode: " if mode_of(name) else ""
        known = LABELS.get(name, labels.label(name))
        moved = ", ".join(m.quantity for m in content.moved.get(name, ()))
        found.append((f"{mode}{known.words.strip()}", f"changes with {moved}" if moved else "nothing moves it"))
    return found
