"""A plan: one algorithm per stage. An objective is a preset plan; options and files change single fields of it.

Options are named `stage.field=value`, where `stage` alone names the algorithm: `place=swarm`, `place.iterations=500`,
`place=package.module:Class`.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypedDict, get_args, get_origin

from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.hardware import Hardware
from snnmap.ir import PlanRecord, Violation
from snnmap.pipeline.objectives import TERM_NAMES, Crossing, Mode, Preset, Quality, objectives
from snnmap.stages.protocols import Partitioner, Placer, Scheduler, Wirer
from snnmap.stages.registry import REGISTRIES, STAGES, Algorithm, algorithm_class, built_in, name_of, record_of

MOST_LINKS = 1000
"""Links on a chip that a link between chips counts as, at most: then no message crosses that need not."""
KINDS = {bool: "true or false", int: "a whole number", float: "a number"}
"""What an option takes, in words, by the type of its default."""


class Algorithms(TypedDict, total=False):
    """Algorithms given as objects: each a dataclass of its options, called with a problem and a run."""

    partitioner: Partitioner
    placer: Placer
    wirer: Wirer
    scheduler: Scheduler


@dataclass(frozen=True, slots=True)
class Plan:
    """The algorithms of a compilation; each stage's field holds a configured one."""

    objective: str
    partition: Partitioner
    place: Placer
    wire: Wirer
    schedule: Scheduler
    quality: Quality
    terms: tuple[tuple[str, float], ...]
    modes: tuple[Mode, ...] = ("espine",)
    """Whose power heats the cells in a search, of those that a technology has; the most important first."""
    crossing: Crossing = "energy"
    """How its placement weighs links between chips."""

    def border(self, hardware: Hardware) -> int:
        """Links on a chip that a link between chips counts as in its placements, 1 to `MOST_LINKS`; 1 of one chip."""
        if not hardware.chips.several or self.crossing == "link":
            return 1
        far, near = hardware["chip_hop_energy"], hardware["hop_energy"]
        if self.crossing == "time":
            far = hardware.border_hop_time + hardware["chip_flit_time"]
            near = hardware["hop_time"] + hardware["flit_time"]
        return max(1, min(MOST_LINKS, round(far / near))) if near else MOST_LINKS

    def using(self, given: Algorithms) -> "Plan":
        """The plan with some algorithms replaced.

        Raises
        ------
        InputError
            If one is given for something that is not a stage.
        """
        for name in given:
            if name not in Algorithms.__annotations__:
                raise InputError(f"{name!r} is no argument of compile; {suggestion(name, Algorithms.__annotations__)}")
        return replace(
            self,
            partition=given.get("partitioner", self.partition),
            place=given.get("placer", self.place),
            wire=given.get("wirer", self.wire),
            schedule=given.get("scheduler", self.schedule),
        )

    def record(self) -> PlanRecord:
        """What a mapping file says of it.

        Raises
        ------
        InputError
            If an algorithm is not a dataclass with plain options.
        """
        stages = {stage: record_of(stage, getattr(self, stage)) for stage in STAGES}
        return PlanRecord(objective=self.objective, **stages, quality=self.quality, terms=dict(self.terms))


def plan_for(
    objective: str = "default",
    settings: MappingType[str, Any] | None = None,
    terms: tuple[tuple[str, float], ...] = (),
) -> Plan:
    """Preset plan of `objective` with `settings` (`stage` or `stage.field` to value) applied and `terms` added.

    Raises
    ------
    InputError
        If the objective, a stage, an algorithm or a field is unknown, or a value does not fit its field.
    """
    preset, number = preset_of(objective)
    chosen = _configured(preset, {**number, **(settings or {})})
    for name, weight in terms:
        if name not in TERM_NAMES:
            raise InputError(f"placement term {name!r} is unknown; {suggestion(name, TERM_NAMES)}")
        if not 0 <= weight < float("inf"):
            raise InputError(f"the weight of term {name!r} must be 0 or more, not {weight}")
    weighed = {**dict(preset.terms), **dict(terms)}
    sums = tuple(sorted(weighed.items()))
    return Plan(
        objective=objective,
        **chosen,
        quality=preset.quality,
        terms=sums,
        modes=preset.modes,
        crossing=preset.crossing,
    )


def plan_violations(recorded: PlanRecord) -> list[Violation]:
    """`plan` violations: no such objective, algorithm, option, value or term; which of them ran cannot be told.

    Algorithms of other packages are not looked at: they may not be installed here.
    """
    own = {stage: getattr(recorded, stage) for stage in STAGES}
    own = {stage: r for stage, r in own.items() if not r.package or r.algorithm in built_in(stage)}
    settings: dict[str, Any] = {stage: record.algorithm for stage, record in own.items()}
    settings |= {f"{stage}.{name}": value for stage, record in own.items() for name, value in record.options.items()}
    try:
        known = plan_for(recorded.objective, settings, tuple(recorded.terms.items())).record()
    except InputError as error:
        return [Violation("plan", "origin.plan", "what it names does not exist", str(error))]
    parts = (*own, "quality")  # the terms are names and weights that exist, but a plan that gains nothing has none
    return [
        Violation("plan", f"origin.plan.{part}", f"the mapping says {getattr(recorded, part)}", f"there is {there}")
        for part in parts
        if (there := getattr(known, part)) != getattr(recorded, part)
    ]


def preset_of(objective: str) -> tuple[Preset, dict[str, str]]:
    """Preset of `NAME` or `NAME:NUMBER`, and the setting that the number is for.

    Raises
    ------
    InputError
        If there is no such objective, or it takes no number.
    """
    presets = objectives()
    name, colon, number = objective.partition(":")
    if name not in presets:
        raise InputError(f"objective {objective!r} is unknown; {suggestion(name, presets)}")
    preset = presets[name]
    if colon and not preset.weighs:
        takers = ", ".join(f"{other}:X" for other, its in presets.items() if its.weighs)
        raise InputError(f"objective {objective!r}: {name!r} takes no number; these do: {takers}")
    return preset, {preset.weighs: number} if colon else {}


def _configured(preset: Preset, settings: dict[str, Any]) -> dict[str, Algorithm]:
    """Algorithm of every stage: the preset's, or the one that `settings` name, with the options that these give."""
    chosen = {}
    for stage, registry in REGISTRIES.items():
        name = str(settings.pop(stage, getattr(preset, stage)))
        try:
            kind = algorithm_class(stage, name)
        except KeyError:
            raise InputError(f"{stage} algorithm {name!r} is unknown; {suggestion(name, registry)}") from None
        try:
            chosen[stage] = kind()
        except TypeError as error:
            raise InputError(f"{stage} algorithm {name!r} has options without defaults: {error}") from None
        own = preset.options if name == getattr(preset, stage) else ()
        settings = {**{key: value for key, value in own if key.startswith(f"{stage}.")}, **settings}
    for key, value in settings.items():
        stage, _, name = key.partition(".")
        if stage not in chosen:
            raise InputError(f"setting {key!r} names no stage; {suggestion(stage, STAGES)}")
        chosen[stage] = _with_field(chosen[stage], stage, name, value)
    return chosen


def _with_field(algorithm: Algorithm, stage: str, name: str, value: Any) -> Algorithm:
    known = {f.name: getattr(algorithm, f.name) for f in fields(algorithm)}
    choices = {f.name: get_args(f.type) for f in fields(algorithm) if get_origin(f.type) is Literal}
    if name not in known:
        own = name_of(stage, type(algorithm))
        having = [other for other in built_in(stage) if name in {f.name for f in fields(built_in(stage)[other])}]
        else_ = f"`{having[0]}` has it (--set {stage}={having[0]})" if having else suggestion(name, known)
        raise InputError(f"{stage} algorithm {own!r} has no option {name!r}; {else_}")
    if name in choices and value not in choices[name]:
        raise InputError(f"{stage}.{name}={value!r} is unknown; {suggestion(str(value), choices[name])}")
    try:
        typed = _typed(value, known[name])
    except ValueError:
        kind = type(known[name])
        raise InputError(
            f"{stage}.{name}={value!r} is not usable; give {KINDS.get(kind, f'a {kind.__name__}')}"
        ) from None
    try:
        return replace(algorithm, **{name: typed})
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{stage}.{name}={value!r} is not usable ({error})") from None


def _typed(value: Any, default: Any) -> Any:
    """`value` as the type of the field's default, ValueError if it is none; text from the command line is converted."""
    if isinstance(default, bool):
        if str(value).lower() not in {"true", "false"}:
            raise ValueError
        return str(value).lower() == "true"
    if isinstance(default, int | float):
        fraction = isinstance(default, int) and isinstance(value, float) and not value.is_integer()
        if fraction or isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        return type(default)(value)
    if not isinstance(value, type(default)):
        raise ValueError
    return value
