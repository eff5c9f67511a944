"""Options of a plan as people write them: `stage.option=value`, `term=weight`, a TOML file."""

from pathlib import Path
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.toml import read_toml
from snnmap.stages.registry import REGISTRIES


def parse_settings(texts: tuple[str, ...]) -> dict[str, str]:
    """`("place=swarm", "place.particles=20")` as a dict.

    Raises
    ------
    InputError
        If a text is not `name=value`, or a name is given twice.
    """
    settings: dict[str, str] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key:
            raise InputError(f"--set {text!r} is not stage.option=value, for example place.sweeps=200")
        if key in settings:
            raise InputError(f"--set {key} is given twice, as {settings[key]} and {value}; give it once")
        settings[key] = value
    return settings


def parse_terms(texts: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """`("thermal=0.5",)` as names and weights.

    Raises
    ------
    InputError
        If a text is not `name=number`, or a name is given twice.
    """
    terms: dict[str, float] = {}
    for text in texts:
        name, _, weight = (part.strip() for part in text.partition("="))
        if name in terms:
            raise InputError(f"--term {name} is given twice, as {terms[name]:g} and {weight}; give it once")
        try:
            terms[name] = float(weight)
        except ValueError:
            raise InputError(f"--term {text!r} is not name=weight, for example thermal=0.5") from None
    return tuple(terms.items())


def read_config(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of `[compile]` and settings of the stage tables of a TOML file.

    A stage table names its algorithm by `algorithm` and holds the algorithm's options: `[place]`,
    `algorithm = "swarm"`, `particles = 20`.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or has an unknown table.
    """
    root, _ = read_toml(path)
    root.only(("compile", *REGISTRIES))
    options = root.table("compile", None)
    settings: dict[str, Any] = {}
    for stage in root:
        if stage != "compile":
            for name, value in root.table(stage).content.items():
                settings[stage if name == "algorithm" else f"{stage}.{name}"] = value
    return {} if options is None else dict(options.content), settings
