"""A network on a digital many-core machine: what tiles hold, what a step takes, and what that rests on. Estimates."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.run import Progress
from snnmap.core.shown import Shown
from snnmap.evaluation.manycore.layers import Layers, layers_of
from snnmap.evaluation.manycore.step import StepTime, step_time
from snnmap.evaluation.manycore.tiles import COMPONENTS, Stored, Tiles, spread
from snnmap.formats.profile import is_profile
from snnmap.frontend import LoadOptions, Source, load_network
from snnmap.hardware import Quantity
from snnmap.hardware.targets.manycore import NUMBERS, ManyCore, Number, load_manycore
from snnmap.ir import Network, SpikeGraph, Workload
from snnmap.pipeline.profile import Inputs, profile
from snnmap.transform.population import with_population_code


@dataclass(frozen=True, slots=True)
class ManycoreOptions:
    """How the network is held and run.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    dtype: Number = "float32"
    """Of weights and states."""
    training: bool = False
    """Whether it is trained by backpropagation through time, with Adam."""
    steps: int | None = None
    """Steps of a sample, which the tape holds; none: as the workload says. A saved profile keeps its activity."""
    population: int | None = None
    """Neurons in the place of every output, that say in one step what it says in all; none: no such code."""
    chips: int = 1
    profile: bool = True
    """Whether the network is run on its data, so that activity is known."""

    def __post_init__(self) -> None:
        if self.dtype not in NUMBERS:
            raise InputError(f"dtype {self.dtype!r} is none of {', '.join(NUMBERS)}")
        for key, value in (("steps", self.steps), ("population", self.population), ("chips", self.chips)):
            if value is not None and value < 1:
                raise InputError(f"{key} must be at least 1, not {value}")


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A network as tiles hold and run it."""

    tiles: Tiles
    steps: int
    """Of a sample."""
    dense: StepTime
    active: StepTime | None
    """With what is active alone; none where activity is not known."""

    @property
    def sample(self) -> float:
        """Seconds of a sample, dense."""
        return self.steps * self.dense.total

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        times = {"dense": self.dense, "active": self.active}
        return {
            "steps": self.steps,
            "tiles": len(self.tiles.population),
            "bytes": {name: int(each.sum()) for name, each in self.tiles.used.items()},
            "fullest_tile_bytes": int(self.tiles.total.max()),
            "layers": [_layer(self.tiles, k) for k in np.unique(self.tiles.population).tolist()],
            "step": {name: None if found is None else _time(found) for name, found in times.items()},
            "sample_s": self.sample,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Manycore(Shown):
    """Estimate of a network on a digital many-core machine."""

    workload: str
    target: ManyCore
    options: ManycoreOptions
    held: Held
    plain: Held | None
    """Without the population code; none where none was asked for, or where it does not fit."""

    @property
    def assumed(self) -> tuple[tuple[str, Quantity], ...]:
        """Recalled and estimated quantities that figures rest on."""
        return tuple((key, q) for key, q in self.target.values.items() if q.recalled)

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; SI units, bytes, shares 0 to 1."""
        made = self.held.document()
        return {
            "workload": self.workload,
            "target": self.target.name,
            "basis": "estimate, closed form",
            "dtype": self.options.dtype,
            "training": self.options.training,
            "population": self.options.population,
            "chips": self.options.chips,
            "tiles_available": self.target.tiles(self.options.chips),
            "tile_memory_bytes": self.target.count("memory"),
            **made,
            "bytes_per_tile": {name: each.tolist() for name, each in self.held.tiles.used.items()},
            "plain": None if self.plain is None else self.plain.document(),
            "assumed": [
                {"quantity": key, "value": q.value, "unit": q.unit, "source": q.citation, "band": q.band}
                for key, q in self.assumed
            ],
        }


def manycore(
    source: Source | Workload | SpikeGraph,
    hardware: str = "ipu-gc200",
    options: ManycoreOptions | None = None,
    load: LoadOptions | None = None,
    *,
    progress: Progress | None = None,
    **inputs: Unpack[Inputs],
) -> Manycore:
    """Estimate a network on a digital many-core machine: bytes per tile, time per step, utilisation.

    Parameters
    ----------
    source
        A network: a shipped name, a file, a saved profile, a `Workload` or a `SpikeGraph`.
    hardware
        A many-core machine: a shipped name, or a TOML file.
    options, load
        How it is held and run; data and encoding, as for `profile`.
    progress
        Called with ("profile", frames done, frames, 0).
    inputs
        `data`, `labels`, `layout` in the place of those of `load`.

    Raises
    ------
    InputError
        If a file or option cannot be used.
    InfeasibleError
        If the network does not fit the tiles: demand, supply and what to change.
    """
    asked, target = options or ManycoreOptions(), load_manycore(hardware)
    name, network, steps, graph = _read(source, asked, load, progress, inputs)
    dt = 1.0 if graph is None or (graph.dynamics and graph.dynamics.integration == "step") else graph.dt
    rate = None if graph is None else graph.active_steps / max(graph.window, 1)
    if asked.population is None:
        return Manycore(name, target, asked, _held(layers_of(network, dt), target, asked, steps, rate), None)
    coded = layers_of(with_population_code(network, asked.population), dt)
    held = _held(coded, target, asked, 1, None)
    try:
        plain = _held(layers_of(network, dt), target, asked, steps, rate)
    except InfeasibleError:  # the code is what makes it fit
        plain = None
    return Manycore(name, target, asked, held, plain)


def _held(layers: Layers, target: ManyCore, asked: ManycoreOptions, steps: int, rate: F64 | None) -> Held:
    stored = Stored(asked.dtype, asked.training, steps, asked.chips)
    tiles = spread(layers, target, stored)
    active = None if rate is None else step_time(tiles, target, stored, rate)
    return Held(tiles, steps, step_time(tiles, target, stored), active)


def _layer(tiles: Tiles, population: int) -> dict[str, Any]:
    """A layer and its fullest tile."""
    own = np.flatnonzero(tiles.population == population)
    fullest = own[np.argmax(tiles.total[own])]
    return {
        "name": tiles.layers.network.populations[population].name,
        "neurons": int(tiles.neurons[own].sum()),
        "tiles": len(own),
        "first_tile": int(own[0]),
        "neurons_per_tile": int(tiles.neurons[own].max()),
        "fullest": {name: int(tiles.used[name][fullest]) for name in COMPONENTS},
        "fullest_bytes": int(tiles.total[fullest]),
    }


def _time(found: StepTime) -> dict[str, float]:
    """A step's time by what it is spent on."""
    return {
        "compute_s": found.compute,
        "barrier_s": found.barrier,
        "exchange_s": found.exchange,
        "links_s": found.links,
        "total_s": found.total,
        "steps_per_s": 1.0 / found.total,
        "moved_bytes": found.moved,
        "utilisation": found.utilisation,
    }


def _read(
    source: Source | Workload | SpikeGraph,
    asked: ManycoreOptions,
    load: LoadOptions | None,
    progress: Progress | None,
    inputs: Inputs,
) -> tuple[str, Network, int, SpikeGraph | None]:
    """Name, network, steps of a sample, and the profile where there is one."""
    name = source.name if isinstance(source, Workload) else str(source)
    if isinstance(source, SpikeGraph):
        return source.provenance.source or "network", source.network, asked.steps or source.steps, source
    saved = isinstance(source, str | Path) and is_profile(source)
    if asked.profile or saved:
        if asked.steps is not None and not saved and not isinstance(source, Workload):
            load = replace(load or LoadOptions(), steps=asked.steps)
        graph = profile(source, load, progress=progress, **inputs)
        return name, graph.network, asked.steps or graph.steps, graph
    if isinstance(source, Workload):
        return name, source.network, asked.steps or source.stimulus.steps, None
    read = load_network(source)
    said = asked.steps or read.stimulus.get("steps")
    if said is None:
        raise InputError("the network does not say how many steps a sample takes; give steps, or its data")
    return read.name, read.network, int(said), None
