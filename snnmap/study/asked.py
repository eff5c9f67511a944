"""A study file: what is compared, which published figures are put beside it, and what more is measured."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.core.toml import Table, read_toml
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.settings import parse_settings
from snnmap.study.compare import METRICS

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
    measure: AccuracyOptions | None = None
    """Chips that accuracy is measured on, the same for all objectives, at one age; none: it is not measured."""
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
        measure=_measure(root),
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


def _measure(root: Table) -> AccuracyOptions | None:
    """`[accuracy]`, if there is one."""
    table = root.table("accuracy", None)
    if table is None:
        return None
    devices, age = table.integer("devices", 10, low=1), table.text("age", "1d")
    effects, seed = table.text("effects", "all"), table.integer("seed", 0, high=math.inf)
    table.end()
    try:
        return AccuracyOptions(effects=effects, devices=devices, ages=(age,), seed=seed)
    except InputError as error:
        raise root.error("accuracy", str(error)) from None


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
