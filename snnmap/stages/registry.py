"""Algorithms of every stage by name: those of snnmap, those of installed packages, and `package.module:Class`.

A package offers an algorithm by an entry point of the groups below, whose value is the class. A stage is imported when
it is looked up, and an entry point when it is used, so that `--help` stays quick.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, files, packages_distributions, version
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.plug_ins import loaded, plug_ins
from snnmap.ir import AlgorithmRecord

GROUPS = {
    "partition": "snnmap.partitioners",
    "place": "snnmap.placers",
    "wire": "snnmap.wirers",
    "schedule": "snnmap.schedulers",
}
"""Stage to its group of entry points."""
STAGES = tuple(GROUPS)

Algorithm = Any
"""A `Partitioner`, `Placer`, `Wirer` or `Scheduler`: a dataclass of options that is called with a problem and a run."""


@dataclass(frozen=True, slots=True)
class Registry(Mapping[str, "type[Algorithm]"]):
    """Algorithms of one stage by name, snnmap's own first."""

    stage: str

    def __getitem__(self, name: str) -> "type[Algorithm]":
        """Class of that name.

        Raises
        ------
        KeyError
            If there is none.
        InputError
            If it is there but cannot be imported, is not an algorithm, or has an option without default; or if a
            package offers a name that another one or snnmap has.
        """
        others, own = offered(self.stage), built_in(self.stage)
        if name in own:
            return own[name]
        kind = checked(self.stage, name, loaded(f"{self.stage} algorithm", others[name]))
        open_ = [f.name for f in fields(kind) if f.init and f.default is MISSING and f.default_factory is MISSING]
        if open_:
            raise InputError(f"{self.stage} algorithm {name!r}: option {open_[0]!r} must have a default")
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*built_in(self.stage), *offered(self.stage)]))

    def __len__(self) -> int:
        return len(list(iter(self)))


REGISTRIES = {stage: Registry(stage) for stage in STAGES}
"""Stage to its algorithms."""


def built_in(stage: str) -> "Mapping[str, type[Algorithm]]":
    """Algorithms of a stage that are snnmap's own, by name."""
    own: Mapping[str, type[Algorithm]] = import_module(f"snnmap.stages.{stage}").ALGORITHMS
    return own


def offered(stage: str) -> Mapping[str, EntryPoint]:
    """Algorithms of a stage that installed packages offer, by name; raises as `plug_ins`."""
    return plug_ins(GROUPS[stage], tuple(built_in(stage)))


def algorithm_class(stage: str, name: str) -> "type[Algorithm]":
    """Class of a registered name, or of `package.module:Class`.

    Raises
    ------
    KeyError
        If no algorithm has that name.
    InputError
        If it cannot be imported, or is not an algorithm.
    """
    if ":" not in name:
        return REGISTRIES[stage][name]
    return checked(stage, name, loaded(f"{stage} algorithm", EntryPoint(name, name, GROUPS[stage])))


def checked(stage: str, name: str, candidate: object) -> "type[Algorithm]":
    """`candidate`, if it is a dataclass that can be called.

    Raises
    ------
    InputError
        Otherwise.
    """
    bases = candidate.__mro__ if isinstance(candidate, type) and is_dataclass(candidate) else ()
    if isinstance(candidate, type) and any("__call__" in vars(kind) for kind in bases):
        return candidate
    raise InputError(f"{stage} algorithm {name!r} must be a dataclass of its options with a __call__(problem, run)")


def package_of(algorithm: "type[Algorithm]") -> str:
    """Distribution and version that a class comes from, `name version`; empty for snnmap's own."""
    package = algorithm.__module__.partition(".")[0]
    if package == "snnmap":
        return ""
    file = getattr(sys.modules.get(algorithm.__module__), "__file__", None)
    for name in packages_distributions().get(package, ()):  # several may share a name such as `tests`
        if any(str(path.locate()) == file for path in files(name) or ()):
            return f"{name} {version(name)}"
    for point in (point for stage in STAGES for point in offered(stage).values()):
        if point.dist and point.module.partition(".")[0] == package:  # an editable install lists no modules
            return f"{point.dist.name} {point.dist.version}"
    return f"{algorithm.__module__} (not installed)"


def name_of(stage: str, algorithm: "type[Algorithm]") -> str:
    """Registered name of a class, else `package.module:Class`."""
    for name, known in built_in(stage).items():
        if known is algorithm:
            return name
    for point in offered(stage).values():  # the class may be defined elsewhere in its package
        if getattr(sys.modules.get(point.module), point.attr, None) is algorithm:
            return point.name
    return f"{algorithm.__module__}:{algorithm.__qualname__}"


def record_of(stage: str, algorithm: Algorithm) -> AlgorithmRecord:
    """What a mapping file says of a configured algorithm.

    Raises
    ------
    InputError
        If it is not a dataclass, or an option is not a plain value that a file can hold.
    """
    kind = type(algorithm)
    checked(stage, kind.__qualname__, kind)
    options = {f.name: getattr(algorithm, f.name) for f in fields(algorithm)}
    wrong = [name for name, value in options.items() if not _is_plain(value)]
    if wrong:
        raise InputError(
            f"{stage} algorithm {kind.__qualname__}: option {wrong[0]!r} must be a finite number, a text or none"
        )
    return AlgorithmRecord(name_of(stage, kind), options, package_of(kind))


def _is_plain(value: object) -> bool:
    return math.isfinite(value) if isinstance(value, float) else isinstance(value, bool | int | str | None)


def restored(stage: str, record: AlgorithmRecord) -> Algorithm:
    """The algorithm that a mapping file names, configured as it was.

    Raises
    ------
    InputError
        If it is not installed, or has other options now.
    """
    try:
        return algorithm_class(stage, record.algorithm)(**record.options)
    except KeyError:
        wanted = f" of {record.package}" if record.package else ""
        raise InputError(f"{stage} algorithm {record.algorithm!r}{wanted} is not installed here") from None
    except TypeError as error:
        raise InputError(f"{stage} algorithm {record.algorithm!r} has other options here: {error}") from None
