"""A plan: one algorithm per stage. An objective is a preset plan; options and files change single fields of it.

Options are named `stage.field=value`, where `stage` alone names the algorithm: `place=swarm`, `place.iterations=500`.
"""

import difflib
import tomllib
from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import asdict, dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from snnmap.core.errors import InputError

STAGES = ("partition", "place", "wire", "schedule")


class Registries(MappingType[str, MappingType[str, type]]):
    """Algorithms of every stage by name; a stage is imported when it is looked up, so that `--help` stays quick."""

    def __getitem__(self, stage: str) -> MappingType[str, type]:
        """`ALGORITHMS` of the stage's package."""
        if stage not in STAGES:
            raise KeyError(stage)
        registry: MappingType[str, type] = import_module(f"snnmap.{stage}").ALGORITHMS
        return registry

    def __iter__(self) -> Iterator[str]:
        return iter(STAGES)

    def __len__(self) -> int:
        return len(STAGES)


REGISTRIES = Registries()
"""Algorithms of every stage, by name."""

TERM_NAMES = ("thermal", "leakage", "lifetime")
"""Placement terms of `objectives.chip`, which is imported when one is used."""

Quality = Literal["current", "endurance"]
"""What makes a cell good: little read current (physics), or eSpine's endurance (paper)."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What an objective stands for."""

    summary: str
    partition: str = "kernighan_lin"
    place: str = "anneal"
    wire: str = "activity_sort"
    schedule: str = "list"
    quality: Quality = "current"
    terms: tuple[tuple[str, float], ...] = ()
    """Placement terms beside the traffic, with their weights."""


OBJECTIVES: dict[str, Preset] = {
    "default": Preset("few messages, and busy rows where cells carry little current"),
    "traffic": Preset("few messages alone, lines in order: SpiNeMap's objective", wire="identity"),
    "espine": Preset("the weakest cell by eSpine's endurance (paper mode)", wire="weakest_cell", quality="endurance"),
    "thermal": Preset("cool and even tiles", place="hill_climb", terms=(("thermal", 0.2),)),
    "lifetime": Preset(
        "the weakest cell by read current; busy clusters on enduring tiles",
        wire="weakest_cell",
        terms=(("lifetime", 1.0),),
    ),
    "leakage": Preset("little leakage", place="hill_climb", terms=(("leakage", 0.2),)),
    "energy": Preset("little energy: few hops, busy rows on little current", wire="activity_sort"),
    "throughput": Preset("a short guaranteed period: merging shared out", partition="balanced_homes"),
}
"""Objectives by name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The algorithms of a compilation; each stage's field holds a configured one."""

    objective: str
    partition: Any
    place: Any
    wire: Any
    schedule: Any
    quality: Quality
    terms: tuple[tuple[str, float], ...]

    def describe(self) -> dict[str, str]:
        """Stage to `repr` of its algorithm: what the provenance records."""
        stages = {stage: repr(getattr(self, stage)) for stage in REGISTRIES}
        return {"objective": self.objective, **stages, "quality": self.quality, "terms": repr(self.terms)}


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
    if objective not in OBJECTIVES:
        raise InputError(f"objective {objective!r} is unknown; {_offer(objective, OBJECTIVES)}")
    settings = dict(settings or {})
    preset = OBJECTIVES[objective]
    chosen = {}
    for stage, registry in REGISTRIES.items():
        name = str(settings.pop(stage, getattr(preset, stage)))
        if name not in registry:
            raise InputError(f"{stage} algorithm {name!r} is unknown; {_offer(name, registry)}")
        chosen[stage] = registry[name]()
    for key, value in settings.items():
        stage, _, name = key.partition(".")
        if stage not in chosen:
            raise InputError(f"setting {key!r} names no stage; {_offer(stage, REGISTRIES)}")
        chosen[stage] = _with_field(chosen[stage], stage, name, value)
    for name, weight in terms:
        if name not in TERM_NAMES:
            raise InputError(f"placement term {name!r} is unknown; {_offer(name, dict.fromkeys(TERM_NAMES))}")
        if not 0 <= weight < float("inf"):
            raise InputError(f"the weight of term {name!r} must be 0 or more, not {weight}")
    weighed = {**dict(preset.terms), **dict(terms)}
    return Plan(objective=objective, **chosen, quality=preset.quality, terms=tuple(sorted(weighed.items())))


def _with_field(algorithm: Any, stage: str, name: str, value: Any) -> Any:
    known = {f.name: getattr(algorithm, f.name) for f in fields(algorithm)}
    choices = {f.name: get_args(f.type) for f in fields(algorithm) if get_origin(f.type) is Literal}
    if name not in known:
        raise InputError(f"{stage} algorithm {type(algorithm).__name__} has no option {name!r}; {_offer(name, known)}")
    if name in choices and value not in choices[name]:
        raise InputError(f"{stage}.{name}={value!r} is unknown; {_offer(str(value), dict.fromkeys(choices[name]))}")
    try:
        return replace(algorithm, **{name: _typed(value, known[name])})
    except ValueError as error:
        kind = type(known[name]).__name__
        raise InputError(f"{stage}.{name}={value!r} is not usable ({error}); give a {kind}") from None


def _typed(value: Any, default: Any) -> Any:
    """`value` as the type of the field's default; text from the command line is converted."""
    if isinstance(default, bool):
        if str(value).lower() not in {"true", "false"}:
            raise ValueError("true or false")
        return str(value).lower() == "true"
    if isinstance(default, int | float):
        fraction = isinstance(default, int) and isinstance(value, float) and not value.is_integer()
        if fraction or isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"it is a {type(value).__name__}")
        return type(default)(value)
    if not isinstance(value, type(default)):
        raise ValueError(f"it is a {type(value).__name__}")
    return value


def _offer(asked: str, known: MappingType[str, Any]) -> str:
    close = difflib.get_close_matches(asked, known, n=1)
    did_you_mean = f"did you mean {close[0]!r}? " if close else ""
    return f"{did_you_mean}There is: {', '.join(known)}"


def algorithms() -> dict[str, Any]:
    """Objectives with what they stand for, and the algorithms of every stage with their options and defaults."""
    stages = {
        stage: [
            {
                "algorithm": name,
                "summary": (algorithm.__doc__ or "").strip().splitlines()[0],
                "options": {f.name: getattr(algorithm(), f.name) for f in fields(algorithm)},
            }
            for name, algorithm in registry.items()
        ]
        for stage, registry in REGISTRIES.items()
    }
    presets = {name: asdict(preset) for name, preset in OBJECTIVES.items()}
    return {"objectives": presets, "stages": stages, "terms": list(TERM_NAMES)}


def parse_settings(texts: tuple[str, ...]) -> dict[str, str]:
    """`("place=swarm", "place.particles=20")` as a dict.

    Raises
    ------
    InputError
        If a text is not `name=value`.
    """
    settings = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InputError(f"--set {text!r} is not stage.option=value, for example place.sweeps=200")
        settings[key.strip()] = value.strip()
    return settings


def parse_terms(texts: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """`("thermal=0.5",)` as names and weights.

    Raises
    ------
    InputError
        If a text is not `name=number`.
    """
    terms = []
    for text in texts:
        name, _, weight = text.partition("=")
        try:
            terms.append((name.strip(), float(weight)))
        except ValueError:
            raise InputError(f"--term {text!r} is not name=weight, for example thermal=0.5") from None
    return tuple(terms)


def read_config(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of `[compile]` and settings of the stage tables of a TOML file.

    A stage table names its algorithm by `algorithm` and holds the algorithm's options: `[place]`,
    `algorithm = "swarm"`, `particles = 20`.

    Raises
    ------
    InputError
        If the file cannot be read or has an unknown table.
    """
    try:
        table = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"config {path} cannot be read: {error}") from None
    options = table.pop("compile", {})
    settings: dict[str, Any] = {}
    for stage, values in table.items():
        if stage not in REGISTRIES or not isinstance(values, dict):
            raise InputError(f"config {path}: table [{stage}] is unknown; there is: compile, {', '.join(REGISTRIES)}")
        for name, value in values.items():
            settings[stage if name == "algorithm" else f"{stage}.{name}"] = value
    if not isinstance(options, dict):
        raise InputError(f"config {path}: [compile] must be a table")
    return options, settings
