"""The benchmark set for algorithms: networks on which placers and partitioners differ, bounds, best known values.

The networks are recipes, `benchmark/NAME` wherever a workload is named. Partitioners are compared in crossbars and
messages; placers in the links that messages cross, with the clusters of `first_fit`, which draws nothing, so that every
seed asks the same. `benchmarks/known.py` makes and checks `workloads/benchmark/known.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from snnmap.core import library
from snnmap.core.errors import InputError

FOLDER = "benchmark"


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure of one network."""

    bound: int
    """Nothing is below it: proved."""
    best: int
    """The least that anybody has found."""
    algorithm: str
    """Who found it: name, or `package.module:Class`."""
    options: dict[str, bool | int | float | str | None]
    seed: int
    package: str
    """Of the algorithm, with its version."""
    version: str
    """Of snnmap, when it was found."""

    @property
    def found_by(self) -> str:
        """Algorithm, options, seed and versions, in words."""
        options = "".join(f", {name}={value}" for name, value in self.options.items())
        whose = f" of {self.package}" if self.package else ""
        return f"{self.algorithm}{whose}{options}, seed {self.seed}, snnmap {self.version}"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of one network."""

    profile: str
    """Digest of its activity: with another one nothing here holds."""
    clusters: str
    """Digest of the clusters that are placed."""
    known: dict[str, Known]
    """By figure."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of what is known."""

    hardware: str
    partition: str
    """Partitioner whose clusters are placed."""
    networks: dict[str, Entry]


@dataclass(frozen=True, slots=True)
class BenchmarkCase:
    """A network of the benchmark set."""

    name: str
    source: str
    """What every command and function takes as a workload."""
    hardware: str
    """What it is mapped onto."""
    partition: str
    """Partitioner whose clusters placers are compared on."""
    known: Mapping[str, Known]
    """Bounds and best values of `crossbars`, `messages` and `hops`."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        own = {"name": self.name, "source": self.source, "hardware": self.hardware, "partition": self.partition}
        return {**own, "known": {figure: msgspec.to_builtins(known) for figure, known in self.known.items()}}


def benchmark_set() -> tuple[BenchmarkCase, ...]:
    """Networks for comparing algorithms, with bounds and the best values that are known.

    Raises
    ------
    InputError
        If the table of an installation is damaged.
    """
    table = read_known(known_file())
    return tuple(
        BenchmarkCase(name, f"{FOLDER}/{name}", table.hardware, table.partition, entry.known)
        for name, entry in table.networks.items()
    )


def known_file() -> Path:
    """Where the table lies."""
    return library.folder("workloads") / FOLDER / "known.json"


def read_known(path: Path) -> Table:
    """The table of what is known.

    Raises
    ------
    InputError
        If it is no such table.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Table)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: not a table of the benchmark set: {error}; install snnmap again") from None
