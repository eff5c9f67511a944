"""Variants of algorithms beside each other, on the same workloads and seeds: means, spreads, and what differs.

Every variant is run with every seed, and seed by seed the figures of two variants are a pair. Whether they differ is
asked of Wilcoxon's signed-rank test [wilcoxon1945], two-sided, exact where no two differences are alike: it assumes no
distribution, and needs six seeds or more to find anything at 5 %. Each figure is tested for itself.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.core.shown import Pictured
from snnmap.core.suggest import suggestion
from snnmap.hardware import load_hardware
from snnmap.ir import SpikeGraph
from snnmap.pipeline.options import CONVS, CompileOptions, Conv, LoadOptions
from snnmap.pipeline.plan import plan_for
from snnmap.pipeline.settings import parse_settings
from snnmap.study.cases import Source, must_exist, profiled
from snnmap.study.pareto import AIMS
from snnmap.study.workers import Made, Task, workers_for

LEVEL = 0.05
"""Chance of a difference where there is none, below which one is said to be found."""
LEAST = 1e-3
"""Share, or kelvins, below which a difference that is there does not matter."""
FIGURES = (
    *("crossbars", "messages", "hops", "busiest_link", "energy_J", "period_s", "latency_s", "area_m2"),
    *("device_temperature_average_K", "device_gradient_K", "device_leakage_W", "device_energy_total_J"),
    *("espine_lifetime_frames", "espine_gradient_K"),
)
"""Figures that variants are compared in, besides the seconds that they take."""
MORE = frozenset(aim.figure for aim in AIMS.values() if aim.more)
"""Figures of which more is better."""
SECONDS = "cpu_seconds"


@dataclass(frozen=True, slots=True)
class Variant:
    """A name, and what it sets."""

    name: str
    settings: tuple[tuple[str, str], ...] = ()
    objective: str | None = None
    """None: that of all."""
    hardware: str | None = None
    """Chip; none: that of all."""
    conv: Conv | None = None
    """How convolutions are held; none: as in all."""
    copies: int | None = None
    """Of kernels that are held once, 0 for as many as are needed; none: as in all, of convolutions held as in all."""


def parse_variant(text: str) -> Variant:
    """`name:place=swarm,partition=spinemap`; `objective=`, `hw=`, `conv=` and `copies=` may be among the settings.

    Raises
    ------
    InputError
        If there is no name, a setting is not `name=value`, or there is no such way to hold convolutions.
    """
    name, colon, rest = text.partition(":")
    if not colon or not name.strip():
        raise InputError(f"--variant {text!r} is not NAME:STAGE=VALUE,..., for example swarm:place=swarm")
    settings = parse_settings(tuple(part for part in rest.split(",") if part.strip()))
    objective, chip = settings.pop("objective", None), settings.pop("hw", None)
    held = _conv(text, settings.pop("conv", None)), _copies(text, settings.pop("copies", None))
    return Variant(name.strip(), tuple(settings.items()), objective, chip, *held)


def _conv(text: str, said: str | None) -> Conv | None:
    """`conv` of a variant."""
    if said is not None and said not in CONVS:
        raise InputError(f"--variant {text!r}: conv {said!r} is unknown; {suggestion(said, CONVS)}")
    return said


def _copies(text: str, said: str | None) -> int | None:
    """`copies` of a variant: a number from 1, or `auto`, which is 0."""
    if said is None or said == "auto":
        return None if said is None else 0
    if not (said.isascii() and said.isdigit() and int(said)):
        raise InputError(f"--variant {text!r}: {said!r} is no number of copies; give a whole number from 1, or auto")
    return int(said)


@dataclass(frozen=True, slots=True)
class VariantOptions:
    """What is compared.

    Raises
    ------
    InputError
        If there are fewer than two variants, or a name or seed is listed twice.
    """

    variants: tuple[Variant, ...]
    """The others are compared with the first."""
    seeds: tuple[int, ...] = tuple(range(10))
    technologies: tuple[str, ...] = ()
    """Empty: the chip's own."""
    base: CompileOptions = field(default_factory=CompileOptions)
    """All else."""
    workers: int = 1
    """Processes of this machine; the seconds of a run are honest where each has a core."""

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        if len(names) < 2 or len(set(names)) < len(names):
            said = ", ".join(names) or "none"
            raise InputError(f"variants are two or more, each with a name of its own; there is {said}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise InputError("seeds are one or more, each once")

    def options_of(self, variant: Variant) -> CompileOptions:
        """What a variant is compiled with.

        Raises
        ------
        InputError
            If an objective, algorithm, option or chip does not exist.
        """
        settings = tuple({**dict(self.base.settings), **dict(variant.settings)}.items())
        objective, chip = variant.objective or self.base.objective, variant.hardware or self.base.hardware
        conv, copies = variant.conv or self.base.conv, variant.copies
        if copies is None:
            copies = self.base.copies if variant.conv is None else 0
        if copies and conv == "unrolled":
            raise InputError(
                f"variant {variant.name!r}: copies are of kernels that are held once: give conv=dense, packed or auto "
                "with them"
            )
        held: dict[str, Any] = {"conv": conv, "copies": copies}
        chosen = replace(self.base, objective=objective, hardware=chip, settings=settings, **held)
        plan_for(chosen.objective, dict(chosen.settings), chosen.terms)
        return chosen


@dataclass(frozen=True, slots=True)
class Contrast:
    """One figure of one variant beside that of the first."""

    workload: str
    technology: str
    variant: str
    figure: str
    mean: float
    deviation: float | None
    """Standard deviation over the seeds; none of a single one."""
    change: float | None
    """Mean over the first variant's, less 1; of temperatures the difference, K; none of the first variant itself."""
    chance: float | None
    """p of Wilcoxon's signed-rank test against the first variant; none of the first itself, and of a single seed."""

    @property
    def verdict(self) -> str:
        """`better`, `worse`, `=` where no difference that matters is found; nothing of the first variant."""
        if self.change is None:
            return ""
        if self.chance is None or self.chance >= LEVEL or abs(self.change) < LEAST:
            return "="
        return "better" if (self.change > 0) == (self.figure in MORE) else "worse"

    def row(self) -> dict[str, Any]:
        """Field to value."""
        return {name: getattr(self, name) for name in (*self.__slots__, "verdict")}


class Contrasts(tuple[Contrast, ...], Pictured):
    """Every figure of every variant, workload by workload.

    `to_pandas()` has a row per contrast; `plot()` draws the changes, %, in grey where none that matters is found.
    """

    __slots__ = ()


def compare_variants(
    sources: Sequence[Source],
    asked: VariantOptions,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Contrasts:
    """Every variant with every seed on every workload and technology, and how they differ from the first.

    Raises
    ------
    InputError
        If a name does not exist; before any work is done.
    InfeasibleError
        If a workload does not fit the chip.
    """
    chosen = {variant.name: asked.options_of(variant) for variant in asked.variants}
    must_exist(sources)
    technologies = asked.technologies or (asked.base.technology,)
    titles = {technology: _title(list(chosen.values()), technology) for technology in technologies}
    graphs = [profiled(source, load, progress) for source in sources]
    groups = [(graph, technology) for graph in graphs for technology in technologies]
    tasks = [
        Task("", graph.digest(), replace(options, technology=technology, seed=seed), False, fair=True)
        for graph, technology in groups
        for options in chosen.values()
        for seed in asked.seeds
    ]
    made = _made(graphs, [task._replace(run=str(k)) for k, task in enumerate(tasks)], asked.workers, progress)
    found: list[Contrast] = []
    for (graph, technology), runs in zip(groups, batched(made, len(tasks) // len(groups)), strict=True):
        title = graph.provenance.name, titles[technology]
        found += _contrasts(title, dict(zip(chosen, batched(runs, len(asked.seeds)), strict=True)))
    return Contrasts(found)


def _title(chosen: Sequence[CompileOptions], technology: str | None) -> str:
    """Technology of the chips; names of all if they are of several."""
    chips = dict.fromkeys(options.hardware for options in chosen)
    return ", ".join(dict.fromkeys(load_hardware(chip, technology).technology.name for chip in chips))


def batched(items: Sequence[Made], size: int) -> list[Sequence[Made]]:
    """Runs of `size` of them, one after the other."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _contrasts(title: tuple[str, str], runs: Mapping[str, Sequence[Made]]) -> list[Contrast]:
    """Every variant's runs beside those of the first, in every figure that all have."""
    found = []
    for figure in (*FIGURES, SECONDS):
        values = {name: value for name, each in runs.items() if (value := _values(each, figure)) is not None}
        if len(values) == len(runs):
            first = next(iter(values.values()))
            found += [_contrast(title, name, figure, value, first) for name, value in values.items()]
    return found


def _made(graphs: Sequence[SpikeGraph], tasks: Sequence[Task], workers: int, progress: Progress | None) -> list[Made]:
    """All runs, in the order of the tasks."""
    found: dict[str, Made] = {}
    with closing(workers_for(graphs, min(workers, len(tasks)))) as here:
        for made in here.made(tasks):
            if made.refused is not None:
                raise made.refused
            found[made.run] = made
            if progress is not None:
                progress("compare", len(found), len(tasks), 0.0)
    return [found[task.run] for task in tasks]


def _values(runs: Sequence[Made], figure: str) -> F64 | None:
    """A figure of all runs; none unless all have it as a number."""
    if figure == SECONDS:
        return np.array([made.cpu_seconds for made in runs])
    values = [made.figures.get(figure) for made in runs]
    if not all(isinstance(value, int | float) for value in values):
        return None
    return np.array(values, np.float64)


def _contrast(title: tuple[str, str], name: str, figure: str, values: F64, first: F64) -> Contrast:
    mean, base = float(values.mean()), float(first.mean())
    deviation = None if len(values) < 2 else float(values.std(ddof=1)) if np.ptp(values) else 0.0
    if values is first:
        return Contrast(*title, name, figure, mean, deviation, None, None)
    change = mean - base if figure.endswith("temperature_average_K") else mean / base - 1.0 if base else 0.0
    return Contrast(*title, name, figure, mean, deviation, change, difference_by_chance(values, first))


def difference_by_chance(one: F64, other: F64) -> float | None:
    """Chance that pairs (n,) differ by as much if they do not: p of Wilcoxon's signed-rank test; 1 if all are equal."""
    from scipy.stats import wilcoxon

    gap = one - other
    if len(gap) < 2:
        return None
    return 1.0 if not gap.any() else float(wilcoxon(gap).pvalue)


def verdict_lines(found: Sequence[Contrast], words: Mapping[str, str]) -> list[str]:
    """A line per workload, technology and variant: what is better, what is worse, how much shows no difference."""
    lines = []
    keys = dict.fromkeys((c.workload, c.technology, c.variant) for c in found if c.change is not None)
    for workload, technology, variant in keys:
        own = [c for c in found if (c.workload, c.technology, c.variant) == (workload, technology, variant)]
        parts = []
        for kind in ("better", "worse"):
            told = [f"{words.get(c.figure, c.figure)} {_change(c)}" for c in own if c.verdict == kind]
            parts += [f"{kind}: {', '.join(told)}"] if told else []
        same = sum(c.verdict == "=" for c in own)
        parts += [f"no difference that matters in {same} of {len(own)} figures"] if same else []
        lines.append(f"{workload} on {technology}, {variant}: {'; '.join(parts)}")
    return lines


def _change(contrast: Contrast) -> str:
    assert contrast.change is not None
    if contrast.figure.endswith("temperature_average_K"):
        return f"{contrast.change:+.3g} K"
    return f"{100 * contrast.change:+.3g} %"
