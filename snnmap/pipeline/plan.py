"""A plan: one algorithm per stage. An objective is a preset plan; options and files change single fields of it.

Options are named `stage.field=value`, where `stage` alone names the algorithm: `place=swarm`, `place.iterations=500`.
"""

import difflib
from collections.abc import Mapping as MappingType
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin

from snnmap.core.errors import InputError
from snnmap.pipeline.objectives import OBJECTIVES, TERM_NAMES, Quality
from snnmap.stages.registry import REGISTRIES


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
