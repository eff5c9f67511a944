"""What a study found, written down: records, a page, and pictures. Runs nothing but `published.run`."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snnmap.core.files import must_be_folder, write_atomically
from snnmap.core.run import Progress
from snnmap.core.version import __version__
from snnmap.render.labels import label, mode_of
from snnmap.render.markdown import Finding, Measurement, Page, Table, markdown
from snnmap.render.numbers import difference, number
from snnmap.render.ratios import Panel, plot_nodes
from snnmap.study.asked import Claim, read_study
from snnmap.study.cases import Pace
from snnmap.study.claims import PACES, Chance, Outcome, Part, outcome_of, run
from snnmap.study.kept import forget, keep, kept
from snnmap.study.measured import METRICS as ACCURACIES

Figures = Mapping[tuple[str, str, str, str], Any]
"""(workload, technology, objective, metric) to value."""


def run_study(file: Path, *, progress: Progress | None = None) -> list[Path]:
    """Run the study of `file`; write results.json, results.csv, report.md and pictures beside it; their paths.

    Rows are written as workloads are finished, and a run that was stopped goes on with the first that is not.

    Raises
    ------
    InputError
        If the study file, a workload, a technology or an objective is not usable, or a file cannot be written.
    """
    asked, folder = read_study(file), file.parent
    must_be_folder(folder)

    def finished(parts: Mapping[str, Part]) -> None:
        keep(file, parts)
        write_atomically(folder / "results.csv", outcome_of(asked, parts).csv().encode())

    outcome = run(asked, progress=progress, known=kept(file), finished=finished)
    names = [f"gains-{pace}.png" for pace in PACES] if asked.claims else []
    document = {"snnmap": __version__, "title": asked.title, "figures": outcome.rows(), "bands": outcome.bands}
    document["reached"] = [point._asdict() for point in outcome.reached]
    document["chance"] = [_flat(each) for each in outcome.chance]
    document["left_out"] = [left._asdict() for left in outcome.left_out]
    parts = {
        "results.json": json.dumps(document, indent=1, allow_nan=False) + "\n",
        "results.csv": outcome.csv(),
        "report.md": markdown(page(outcome, names, file)),
    }
    for name, content in parts.items():
        write_atomically(folder / name, content.encode())
    for pace, name in zip(PACES, names, strict=False):
        plot_nodes(panels(outcome, pace), folder / name, title=f"{asked.title}: {pace}")
    forget(file)
    return [*(folder / name for name in parts), *(folder / name for name in names)]


def _flat(each: Chance) -> dict[str, Any]:
    found = each.found
    gamma = {} if found.gamma is None else found.gamma._asdict()
    record = {**each._asdict(), "ordered": found.ordered, "median": found.median, **gamma}
    del record["found"]
    return record


def page(outcome: Outcome, pictures: list[str], file: Path) -> Page:
    """The page of a study."""
    asked = outcome.study
    return Page(
        title=asked.title,
        summary=asked.summary,
        command=f"snnmap study {file.name if file.is_absolute() else file.as_posix()}",
        findings=[_finding(outcome, claim) for claim in asked.claims],
        operating=_operating(outcome),
        reached=_reached(outcome),
        ratios=_ratios(outcome),
        accuracy=_accuracy(outcome),
        chance=_chance(outcome),
        bands=_bands(outcome),
        pictures=pictures,
        notes=[*_notes(outcome), *_left_out(outcome)],
        conclusion=asked.conclusion,
    )


def _figures(outcome: Outcome, pace: Pace) -> Figures:
    return {(e.workload, e.technology, e.objective, e.metric): e.value for e in outcome.tables[pace].entries}


def gain(figures: Figures, claim: Claim, at: tuple[str, str], first: str, *, limit: bool = False) -> float | None:
    """Ratio or difference to the first objective at (workload, technology): ours, or the most that any mapping gets."""
    base = figures.get((*at, first, claim.metric))
    mine = figures.get((*at, first, claim.bound) if limit else (*at, claim.objective, claim.metric))
    if not (isinstance(base, int | float) and isinstance(mine, int | float)):
        return None
    if claim.kind == "difference":
        return float(mine - base)
    return float(mine / base) if base else None


def _said(value: float | None, claim: Claim) -> str:
    if value is None:
        return "-"
    return difference(value, 0.0) if claim.kind == "difference" else f"x {value:.4g}"


def _finding(outcome: Outcome, claim: Claim) -> Finding:
    asked = outcome.study
    rows = []
    for pace in PACES:
        figures = _figures(outcome, pace)
        for workload in asked.workloads:
            for limit in (False, True) if claim.bound else (False,):
                gains = [
                    gain(figures, claim, (workload, t), asked.objectives[0], limit=limit) for t in asked.technologies
                ]
                name = f"{workload}, {pace}{', limit' if limit else ''}"
                rows.append((name, *(_said(value, claim) for value in gains)))
    mode = f", {mode_of(claim.metric)} mode" if mode_of(claim.metric) else ""
    words = label(claim.metric).words.strip()
    published = f"{_said(claim.published, claim)}, {claim.figure} ({claim.paper}, {claim.basis})."
    return Finding(
        heading=f"{words.capitalize()}{mode}: {claim.objective} against {asked.objectives[0]}",
        published=published,
        needs=claim.needs,
        table=Table(("", *asked.technologies), rows),
        remark=claim.remark,
    )


def _operating(outcome: Outcome) -> Table:
    """What the first objective's mappings dissipate, and how warm they get."""
    asked = outcome.study
    columns = ("", "dynamic power", "leakage", "leakage, share of energy", "average crossbar above air")
    rows = []
    for pace in PACES:
        figures = _figures(outcome, pace)
        for workload in asked.workloads:
            for technology in asked.technologies:
                at = (workload, technology, asked.objectives[0])
                powers = [
                    figures.get((*at, metric))
                    for metric in (
                        *("device_power_dynamic_W", "device_leakage_W", "device_energy_leakage_J"),
                        *("device_energy_total_J", "device_temperature_average_K", "ambient_K"),
                    )
                ]
                if any(not isinstance(value, int | float) for value in powers):
                    continue
                dynamic, leaking, leaked, energy, average, air = (float(value or 0.0) for value in powers)
                cells = (number(dynamic, "W"), number(leaking, "W"), f"{100 * leaked / energy:.1f} %")
                rows.append((f"{workload}, {technology}, {pace}", *cells, difference(average, air)))
    return Table(columns, rows)


def _reached(outcome: Outcome) -> Table:
    """Pulse and duty at which the published temperature differences are reached, and what holds there."""
    published = {claim.metric: claim.published for claim in outcome.study.claims}
    columns = ("", "rise saved", "pulse", "duty", "rise of the baseline", "cooler", "leakage")
    rows = []
    for point in outcome.reached:
        mode = mode_of(point.metric)
        wanted = difference(published[point.metric], 0.0)
        what = f"{point.workload}, {point.technology}, {point.objective}, {mode} mode: {wanted}"
        saved = f"{100 * point.relative:.3g} %"
        if point.pulse is None or point.duty is None or point.rise is None or point.difference is None:
            rows.append((what, saved, "no pulse within a step", "-", "-", "-", "-"))
            continue
        leaks = "-" if point.leakage is None else f"x {point.leakage:.3g}"
        pulse, rise = number(point.pulse, "s", 3), difference(point.rise, 0.0)
        rows.append((what, saved, pulse, f"{point.duty:.3g}", rise, difference(point.difference, 0.0), leaks))
    return Table(columns, rows)


def _ratios(outcome: Outcome) -> Table:
    """Figures of every objective over those of the first, in real time."""
    asked, figures = outcome.study, _figures(outcome, PACES[0])
    first, *others = asked.objectives

    def over(workload: str, technology: str, objective: str, metric: str) -> str:
        mine, base = (figures.get((workload, technology, o, metric)) for o in (objective, first))
        if not (isinstance(mine, int | float) and isinstance(base, int | float)) or base == 0:
            return "-"
        return f"x {mine / base:.3g}"

    columns = [(metric, technology) for metric in asked.ratios for technology in asked.technologies]
    named = (f"{label(m).words.strip()}{f' ({mode_of(m)})' if mode_of(m) else ''}, {t}" for m, t in columns)
    rows = [
        (f"{workload}, {objective}", *(over(workload, t, objective, m) for m, t in columns))
        for workload in (asked.workloads if columns else ())
        for objective in others
    ]
    return Table(("", *named), rows)


def _accuracy(outcome: Outcome) -> Measurement | None:
    """Accuracy of every mapping on drawn chips."""
    asked, figures = outcome.study, _figures(outcome, PACES[0])
    if asked.measure is None:
        return None
    rows = []
    for workload in asked.workloads:
        for objective in asked.objectives:
            cells = []
            for technology in asked.technologies:
                at = [figures.get((workload, technology, objective, metric)) for metric in ACCURACIES[1:]]
                mean, low, high, gain, worst, best = (None if value is None else 100 * float(value) for value in at)
                if mean is None:
                    cells += ["-", "-"]
                    continue
                cells += [f"{mean:.2f} % ({low:.2f} to {high:.2f})", f"{gain:+.2f} ({worst:+.2f} to {best:+.2f})"]
            rows.append((f"{workload}, {objective}", *cells))
    columns = (column for t in asked.technologies for column in (t, f"{t}: points over {asked.objectives[0]}"))
    effects = ", ".join(asked.measure.imperfect.named) or "none"
    return Measurement(asked.measure.devices, str(asked.measure.ages[0]), effects, Table(("", *columns), rows))


def _chance(outcome: Outcome) -> Table:
    """ESpine's lifetime over two baselines, and the gamma that the published gain takes."""
    first = outcome.study.objectives[0]
    published = {c.objective: c.published for c in outcome.study.claims if c.metric == "espine_lifetime_frames"}
    columns = ("", f"over {first}", "over the median by chance", "gamma of the published gain", "spikes then")
    rows = []
    for each in outcome.chance:
        what = f"{each.workload}, {each.technology}, {each.objective}"
        found = each.found
        gains = (f"x {found.ordered:.3g}", f"x {found.median:.3g}")
        if found.gamma is None:
            rows.append((what, *gains, f"none gives x {published[each.objective]:g}", "-"))
            continue
        rows.append((what, *gains, f"{found.gamma.gamma:.4g} K", f"{found.gamma.corner:.3g}"))
    return Table(columns, rows)


def _notes(outcome: Outcome) -> list[str]:
    """What the published temperature difference asks of this chip."""
    asked, figures = outcome.study, _figures(outcome, PACES[0])
    cooler = min((claim.published for claim in asked.claims if claim.kind == "difference"), default=None)
    first = (asked.workloads[0], asked.technologies[0], asked.objectives[0])
    path = figures.get((*first, "heat_path_K_per_W"))
    if cooler is None or not path:
        return []
    needed = number(-cooler / float(path), "W")
    line = f"A change of {difference(cooler, 0.0)} through {path:g} K/W to the air takes {needed} less power"
    lines = [f"{line}; no mapping saves more than the chip dissipates."]
    saved = []
    for technology in asked.technologies:
        at = (asked.workloads[0], technology, asked.objectives[0])
        here, there = figures.get((*at, "device_leakage_W")), figures.get((*at, "device_leakage_if_cooler_W"))
        if here and there:
            saved.append(f"{100 * (there / here - 1):.0f} % at {technology}")
    return [*lines, f"If it did get that much cooler, leakage would change by {', '.join(saved)}."] if saved else lines


def _left_out(outcome: Outcome) -> list[str]:
    """Mappings that do not work at a pace."""
    return [
        f"Left out: {left.workload} under `{left.objective}` at {left.technology}, {left.pace}: {left.why}"
        for left in outcome.left_out
    ]


def _bands(outcome: Outcome) -> Table:
    rows = []
    for band in outcome.bands:
        what = f"{band['workload']}, {band['technology']}: {band['objective']}, {band['metric']}"
        kelvin = band["kind"] == "difference"
        ends = [difference(band[k], 0.0) if kelvin else f"x {band[k]:.4g}" for k in ("gain", "least", "largest")]
        if ends[0] == ends[1] == ends[2]:
            rows.append((what, ends[0], "as it is", "as it is"))
            continue
        rows.append((what, ends[0], f"{ends[1]} ({band['least_at']})", f"{ends[2]} ({band['largest_at']})"))
    return Table(("", "as it is", "least", "largest"), rows)


def panels(outcome: Outcome, pace: Pace) -> list[Panel]:
    """One panel per claim."""
    asked, figures = outcome.study, _figures(outcome, pace)
    made = []
    for claim in asked.claims:
        mode = f"{mode_of(claim.metric)} mode: " if mode_of(claim.metric) else ""
        series: list[dict[str, list[float]]] = []
        for limit in (False, True):
            lines = {
                workload: [
                    gain(figures, claim, (workload, t), asked.objectives[0], limit=limit) for t in asked.technologies
                ]
                for workload in asked.workloads
            }
            known = {w: vs for w, vs in lines.items() if any(v is not None for v in vs)}
            series.append({w: [math.nan if v is None else v for v in vs] for w, vs in known.items()})
        axis = f"{claim.objective} - {asked.objectives[0]}, K" if claim.kind == "difference" else (
            f"{claim.objective} / {asked.objectives[0]}"
        )  # fmt: skip
        words = label(claim.metric).words.strip()
        made.append(Panel(f"{mode}{words}", axis, asked.technologies, series[0], series[1], claim.published))
    return made
