"""Published figures beside ours: the run of a study file.

Nothing is tuned: the run compiles, evaluates at each pace, adds the limits that no mapping can pass, and measures
accuracy on drawn chips where that is asked for. `page` writes it down.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from snnmap.core.errors import InfeasibleError
from snnmap.core.run import Progress
from snnmap.evaluation.chance import BesideChance, beside_chance
from snnmap.evaluation.disturbance import FIGURE, error_share
from snnmap.evaluation.limits import limits
from snnmap.evaluation.sensitivity import HEADLINES, Sensitivity, sensitivity
from snnmap.pipeline.options import CompileOptions, LoadOptions
from snnmap.pipeline.profile import profile
from snnmap.pipeline.reached import Reached, reached
from snnmap.study.asked import EXTRA, Claim, Study
from snnmap.study.cases import Case, CompareOptions, Pace, cases, checked
from snnmap.study.compare import METRICS, Comparison, tabulated
from snnmap.study.measured import Measured

PACES: tuple[Pace, ...] = ("real-time", "flat-out")


class Chance(NamedTuple):
    """eSpine's lifetime beside wirings drawn by chance."""

    workload: str
    technology: str
    objective: str
    found: BesideChance


class LeftOut(NamedTuple):
    """A mapping that does not work at a pace; without the first objective's nothing is compared there."""

    workload: str
    technology: str
    objective: str
    pace: Pace
    why: str


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
    left_out: tuple[LeftOut, ...] = ()
    """What does not work at a pace."""

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


class Part(NamedTuple):
    """What a study found for one workload."""

    figures: dict[Pace, list[tuple[str, str, str, Mapping[str, Any]]]]
    """Per pace: workload, technology, objective, figures."""
    bands: list[Mapping[str, Any]]
    points: list[Reached]
    chance: list[Chance]
    left_out: list[LeftOut]


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
    chance = tuple(chance for part in parts.values() for chance in part.chance)
    left_out = tuple(left for part in parts.values() for left in part.left_out)
    return Outcome(asked, tables, bands, points, chance, left_out)


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
    left_out: list[LeftOut] = []
    drawn = None if asked.measure is None else Measured(asked.measure)
    for case in cases([graph], options, progress=progress):
        extra = _limits(case, asked)
        base = bases.setdefault(case.technology, case)
        beside = [_chance(asked.chance, claim, base, case) for claim in _on_lifetime(asked, case.objective)]
        chance += [Chance(workload, case.technology, case.objective, found) for found in beside]
        if workload in asked.pulses:
            made[case.technology, case.objective] = case
        measured = {} if drawn is None else drawn.of(case, progress)
        at = (workload, case.technology, case.objective)
        for pace in PACES:
            try:
                values = {**case.figures(pace), **extra, **(measured if pace == PACES[0] else {})}
            except InfeasibleError as error:
                left_out.append(LeftOut(*at, pace, str(error)))
                continue
            if not any(left[1:4] == (case.technology, asked.objectives[0], pace) for left in left_out):
                figures[pace].append((*at, values))
        if workload in asked.bands and case.technology in {asked.technologies[0], asked.technologies[-1]}:
            swept[case.technology, case.objective] = sensitivity(case.compiled.view, progress=progress)
    return Part(figures, _bands(asked, workload, swept), _reached(asked, made), chance, left_out)


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
