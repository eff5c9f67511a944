"""Published figures beside ours: a study file and its run.

A study file names workloads, objectives, technologies and claims; a claim is a published figure with the metric that
stands for it here and the operating point that it needs. Nothing is tuned: the run compiles, evaluates at each pace,
and adds the limits that no mapping can pass. `page` writes it down.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from snnmap.core.run import Progress
from snnmap.core.suggest import suggestion
from snnmap.core.toml import Table, read_toml
from snnmap.evaluation.chance import BesideChance, beside_chance
from snnmap.evaluation.disturbance import FIGURE, error_share
from snnmap.evaluation.limits import limits
from snnmap.evaluation.sensitivity import HEADLINES, Sensitivity, sensitivity
from snnmap.pipeline.options import CompileOptions, LoadOptions
from snnmap.pipeline.profile import profile
from snnmap.pipeline.reached import Reached, reached
from snnmap.pipeline.settings import parse_settings
from snnmap.study.cases import Case, CompareOptions, Pace, cases, checked
from snnmap.study.compare import METRICS, Comparison, tabulated

PACES: tuple[Pace, ...] = ("real-time", "flat-out")
EXTRA = (
    *("device_energy_leakage_J", "ambient_K", "heat_path_K_per_W"),
    *("device_lifetime_bound_s", "device_leakage_at_ambient_W", "device_leakage_if_cooler_W", "espine_ambient_K"),
)
"""Figures of a study beside those of a comparison: its operating point, and limits that no mapping can pass."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A published figure, and what stands for it here."""

    paper: str
    figure: str
    """In words."""
    published: float
    """Ratio, or difference in K."""
    basis: str
    """`abstract` or `recalled`: where the published number was read."""
    kind: Literal["ratio", "difference"]
    objective: str
    """Against the study's first objective."""
    metric: str
    bound: str = ""
    """Figure of the first objective's mapping that no mapping passes: the limit of the ratio or difference."""
    needs: str = ""
    """Operating point that the published figure needs."""
    remark: str = ""
    """What to make of ours."""


@dataclass(frozen=True, slots=True)
class Fewer:
    """Of a workload that takes long not everything is run."""

    workload: str
    objectives: tuple[str, ...]
    """Among those of the study, the first with them."""
    technologies: tuple[str, ...]
    chance: int
    """Wirings by chance."""
    settings: tuple[tuple[str, str], ...] = ()
    """Of the algorithms, whatever the objective: with `partition` and `place` all have the same clusters and tiles."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study file."""

    title: str
    summary: str
    workloads: tuple[str, ...]
    objectives: tuple[str, ...]
    technologies: tuple[str, ...]
    claims: tuple[Claim, ...]
    hardware: str = "pcm-mesh"
    seed: int = 0
    samples: tuple[tuple[str, int], ...] = ()
    """Workload to the number of its samples that are profiled, where not all are."""
    bands: tuple[str, ...] = ()
    """Workloads whose ratios are recomputed at the ends of every band."""
    pulses: tuple[str, ...] = ()
    """Workloads for which the pulse is sought at which a published temperature difference is reached."""
    ratios: tuple[str, ...] = ()
    """Further figures that are put beside those of the first objective."""
    chance: int = 0
    """Wirings of the first objective's clusters that are drawn by chance, as a second baseline of eSpine's lifetime."""
    fewer: tuple[Fewer, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    """Of the algorithms, for the workload that is run; a study file gives them by workload."""
    conclusion: str = ""

    def of(self, workload: str) -> "Study":
        """What is run of `workload`."""
        for less in self.fewer:
            if less.workload == workload:
                what = {name: getattr(less, name) for name in ("objectives", "technologies", "chance", "settings")}
                return replace(self, **what)
        return self


class Chance(NamedTuple):
    """eSpine's lifetime beside wirings drawn by chance."""

    workload: str
    technology: str
    objective: str
    found: BesideChance


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a study found."""

    study: Study
    tables: Mapping[Pace, Comparison]
    """Every metric of every mapping, per pace."""
    bands: tuple[Mapping[str, Any], ...]
    """Per workload, technology and claim: least and largest ratio or difference over all bands, and where."""
    reached: tuple[Reached, ...]
    """Per workload of `pulses`, technology and temperature claim."""
    chance: tuple[Chance, ...]
    """Per workload, technology and objective with a claim on eSpine's lifetime."""

    def rows(self) -> list[dict[str, Any]]:
        """One record per figure."""
        return [{"pace": pace, **row} for pace, table in self.tables.items() for row in table.rows()]

    def csv(self) -> str:
        """All records as CSV with a header."""
        head, body = "", []
        for pace, table in self.tables.items():
            header, _, rest = table.csv().partition("\n")
            head = f"pace,{header}"
            body += [f"{pace},{line}" for line in rest.splitlines()]
        return "\n".join([head, *body]) + "\n"


def read_study(path: Path) -> Study:
    """Study file at `path`.

    Raises
    ------
    InputError
        If it cannot be read, lacks a key, has one that is unknown, or names what is not compared.
    """
    root, _ = read_toml(path)
    samples = root.table("samples", None)
    objectives = root.texts("objectives")
    study = Study(
        title=root.text("title", blank=True),
        summary=root.text("summary", blank=True),
        workloads=root.texts("workloads"),
        objectives=objectives,
        technologies=root.texts("technologies"),
        claims=tuple(_claim(table, objectives) for table in root.tables("claim", ())),
        hardware=root.text("hardware", "pcm-mesh"),
        seed=root.integer("seed", 0, high=math.inf),
        samples=tuple(sorted((name, samples.integer(name, low=1)) for name in samples)) if samples else (),
        bands=root.texts("bands", ()),
        pulses=root.texts("pulses", ()),
        ratios=root.texts("ratios", ()),
        chance=root.integer("chance", 0, low=0),
        fewer=tuple(_fewer(table) for table in root.tables("fewer", ())),
        conclusion=root.text("conclusion", "", blank=True),
    )
    root.end()
    for less in study.fewer:
        _must_be_of(study, less, root)
    for name in study.ratios:
        if name not in (*METRICS, *EXTRA):
            raise root.error("ratios", f"{name!r} is not compared; {suggestion(name, (*METRICS, *EXTRA))}")
    for key, names in (("samples", dict(study.samples)), ("bands", study.bands), ("pulses", study.pulses)):
        for name in names:
            if name not in study.workloads:
                raise root.error(key, f"{name!r} is not among the workloads; {suggestion(name, study.workloads)}")
    return study


def _fewer(table: Table) -> Fewer:
    """One `[[fewer]]`."""
    words = table.text("workload")
    settings = tuple(parse_settings(table.texts("settings", ())).items())
    named = (table.texts("objectives"), table.texts("technologies"))
    less = Fewer(words, *named, table.integer("chance", 0, low=0), settings)
    table.end()
    return less


def _must_be_of(study: Study, less: Fewer, root: Table) -> None:
    """Refuse what `fewer` names and the study does not have; the first objective is what others are compared with."""
    pairs = (
        ("workload", (less.workload,), study.workloads),
        ("objectives", less.objectives, study.objectives),
        ("technologies", less.technologies, study.technologies),
    )
    for key, names, known in pairs:
        if not names or len(set(names)) < len(names):
            raise root.error("fewer", f"{key} of {less.workload} must be some of the study's, each once")
        for name in names:
            if name not in known:
                raise root.error("fewer", f"{key} {name!r} is not among the study's; {suggestion(name, known)}")
    if less.objectives[:1] != study.objectives[:1]:
        raise root.error("fewer", f"objectives of {less.workload} must begin with {study.objectives[0]!r}")


def _claim(table: Table, objectives: tuple[str, ...]) -> Claim:
    """One `[[claim]]`; what it names must be compared."""
    words = {key: table.text(key, blank=True) for key in ("paper", "figure", "basis", "objective", "metric")}
    more = {key: table.text(key, "", blank=True) for key in ("bound", "needs", "remark")}
    kind = cast('Literal["ratio", "difference"]', table.text("kind", choices=("ratio", "difference")))
    claim = Claim(published=table.number("published"), kind=kind, **words, **more)
    table.end()
    for key, known in (("objective", objectives), ("metric", (*METRICS, *EXTRA))):
        if words[key] not in known:
            raise table.error(key, f"{words[key]!r} is not compared; {suggestion(words[key], known)}")
    return claim


class Part(NamedTuple):
    """What a study found for one workload."""

    figures: dict[Pace, list[tuple[str, str, str, Mapping[str, Any]]]]
    """Per pace: workload, technology, objective, figures."""
    bands: list[Mapping[str, Any]]
    points: list[Reached]
    chance: list[Chance]


def run(
    asked: Study,
    *,
    progress: Progress | None = None,
    known: Mapping[str, Part] | None = None,
    finished: Callable[[Mapping[str, Part]], None] | None = None,
) -> Outcome:
    """Compile and evaluate everything that a study asks for.

    Parameters
    ----------
    asked
        The study.
    progress
        Called as by `compile`.
    known
        Workloads that need not be run again, with what was found for them.
    finished
        Called with all parts so far, whenever a workload is finished.

    Raises
    ------
    InputError
        If a workload, technology or objective does not exist; nothing was run then.
    """
    for names in (asked.workloads, *((less.workload,) for less in asked.fewer)):
        own = asked.of(names[0]) if len(names) == 1 else asked
        checked(names, CompareOptions(own.objectives, own.technologies, _base(own)))
    parts: dict[str, Part] = {}
    for workload in asked.workloads:
        parts[workload] = (known or {}).get(workload) or _part(asked, workload, progress)
        if finished is not None:
            finished(parts)
    return outcome_of(asked, parts)


def outcome_of(asked: Study, parts: Mapping[str, Part]) -> Outcome:
    """The workloads that are finished, in tables."""
    figures = {pace: [row for part in parts.values() for row in part.figures[pace]] for pace in PACES}
    tables = {pace: tabulated(rows, (*METRICS, *EXTRA)) for pace, rows in figures.items()}
    bands = tuple(band for part in parts.values() for band in part.bands)
    points = tuple(point for part in parts.values() for point in part.points)
    return Outcome(asked, tables, bands, points, tuple(chance for part in parts.values() for chance in part.chance))


def _base(asked: Study) -> CompileOptions:
    return CompileOptions(hardware=asked.hardware, seed=asked.seed, settings=asked.settings)


def _part(asked: Study, workload: str, progress: Progress | None) -> Part:
    """Every mapping of one workload."""
    asked = asked.of(workload)
    figures: dict[Pace, list[tuple[str, str, str, Mapping[str, Any]]]] = {pace: [] for pace in PACES}
    graph = profile(workload, LoadOptions(samples=dict(asked.samples).get(workload)), progress=progress)
    options = CompareOptions(asked.objectives, asked.technologies, _base(asked))
    swept: dict[tuple[str, str], Sensitivity] = {}
    made: dict[tuple[str, str], Case] = {}
    bases: dict[str, Case] = {}
    chance: list[Chance] = []
    for case in cases([graph], options, progress=progress):
        extra = _limits(case, asked)
        base = bases.setdefault(case.technology, case)
        beside = [_chance(asked.chance, claim, base, case) for claim in _on_lifetime(asked, case.objective)]
        chance += [Chance(workload, case.technology, case.objective, found) for found in beside]
        if workload in asked.pulses:
            made[case.technology, case.objective] = case
        for pace in PACES:
            values = {**case.figures(pace), **extra}
            figures[pace].append((workload, case.technology, case.objective, values))
        if workload in asked.bands and case.technology in {asked.technologies[0], asked.technologies[-1]}:
            swept[case.technology, case.objective] = sensitivity(case.compiled.view, progress=progress)
    return Part(figures, _bands(asked, workload, swept), _reached(asked, made), chance)


def _on_lifetime(asked: Study, objective: str) -> list[Claim]:
    """Claims of eSpine's lifetime under `objective`, if wirings by chance are asked for."""
    claims = [c for c in asked.claims if (c.metric, c.objective) == ("espine_lifetime_frames", objective)]
    return claims if asked.chance else []


def _chance(count: int, claim: Claim, base: Case, case: Case) -> BesideChance:
    """The lifetime of a mapping beside `count` wirings of the base's clusters by chance."""
    rng = np.random.Generator(np.random.PCG64(0))
    return beside_chance(base.compiled.view, case.compiled.view, claim.published, count, rng=rng)


def _reached(asked: Study, made: Mapping[tuple[str, str], Case]) -> list[Reached]:
    """Pulse of every temperature claim, under every objective but the first, at every technology."""
    first, *others = asked.objectives
    wanted = {c.metric: c.published for c in asked.claims if c.metric.endswith("temperature_average_K")}
    return [
        reached(made[technology, first].compiled, made[technology, objective].compiled, metric, published)
        for metric, published in wanted.items()
        for objective in others
        for technology in dict.fromkeys(technology for technology, _ in made)
    ]


def _limits(case: Case, asked: Study) -> dict[str, float]:
    """Limits and operating point of a mapping; where a study wires for accuracy, the error of every mapping too."""
    cooler = min((c.published for c in asked.claims if c.kind == "difference"), default=0.0)
    average = case.figures("real-time").get("device_temperature_average_K")
    told = limits(case.compiled.view, None if average is None else float(average), cooler)
    return told | ({FIGURE: error_share(case.compiled.view)} if "accuracy" in asked.objectives else {})


def _bands(asked: Study, workload: str, swept: Mapping[tuple[str, str], Sensitivity]) -> list[Mapping[str, Any]]:
    """Range of every claim's ratio or difference over all bands, one quantity at a time."""
    first = asked.objectives[0]
    rows: list[Mapping[str, Any]] = []
    for (technology, objective), ours in swept.items():
        base = swept[technology, first]
        for claim in asked.claims:
            if claim.objective != objective or claim.metric not in HEADLINES:
                continue
            pairs = {"as it is": (ours.base, base.base)}
            other = {(p.quantity, p.at): p.figures for p in base.points}
            pairs |= {
                f"{p.quantity} = {p.at:.4g}": (p.figures, other[p.quantity, p.at])
                for p in ours.points
                if (p.quantity, p.at) in other
            }
            gains = {where: _gain(claim, mine, theirs) for where, (mine, theirs) in pairs.items()}
            known = {where: gain for where, gain in gains.items() if gain is not None}
            if not known:
                continue
            low, high = min(known, key=lambda w: known[w]), max(known, key=lambda w: known[w])
            rows.append(
                {
                    "workload": workload,
                    "technology": technology,
                    "objective": objective,
                    "metric": claim.metric,
                    "kind": claim.kind,
                    "gain": known.get("as it is"),
                    "least": known[low],
                    "least_at": low,
                    "largest": known[high],
                    "largest_at": high,
                }
            )
    return rows


def _gain(claim: Claim, ours: Mapping[str, Any], base: Mapping[str, Any]) -> float | None:
    mine, theirs = ours.get(claim.metric), base.get(claim.metric)
    if not (isinstance(mine, int | float) and isinstance(theirs, int | float)):
        return None
    if not (math.isfinite(mine) and math.isfinite(theirs)):
        return None
    if claim.kind == "difference":
        return float(mine - theirs)
    return float(mine / theirs) if theirs else None
