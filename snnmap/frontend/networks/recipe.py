"""Workload files (`*.toml`): a network, as a recipe or as the file that holds it, and what it is fed by default.

Strict: unknown and missing keys and impossible values are refused with file, key and reason. `workloads/README.md`
describes the keys for users. Nothing is read here but the TOML file itself.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.toml import Table, read_toml
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.networks.topology import (
    DISTRIBUTIONS,
    DIVISORS,
    TOPOLOGIES,
    WINDOWED,
    Connection,
    Distribution,
    Weights,
    as_published,
    synapse_count,
    synapses,
)
from snnmap.frontend.options import CHOICES
from snnmap.ir import ANALOG, FILTERS, MODELS, declared

LARGEST = 2**31 - 1
"""Sources of all populations together at most."""
WIDEST = 10.0
"""Sigma of the logarithms of rates; at 10 the busiest of 1000 sources has e^30 times the rate of the median."""
STRONGEST = 1e30
"""Weights up to this can be added up in 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One `[[population]]` of a recipe."""

    name: str
    shape: tuple[int, ...]
    model: str
    parameters: Mapping[str, float]

    @property
    def size(self) -> int:
        """Number of sources."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """A network to be built; equal seeds give equal weights, connection by connection."""

    seed: int
    members: tuple[Member, ...]
    connections: tuple[Connection, ...]
    outputs: tuple[str, ...]

    @property
    def inputs(self) -> int:
        """Number of network inputs."""
        return sum(member.size for member in self.members if member.model == "input")

    @property
    def neurons(self) -> int:
        """Number of neurons, inputs not counted."""
        return sum(member.size for member in self.members) - self.inputs

    @property
    def synapses(self) -> int:
        """Number of synapses, counted without building them."""
        shape = {member.name: member.shape for member in self.members}
        return sum(synapse_count(c, shape[c.pre], shape[c.post]) for c in self.connections)

    @property
    def counted(self) -> dict[str, int]:
        """Neurons, weights and synapses as papers count them: spiking neurons without the outputs, `as_published`."""
        shape = {member.name: member.shape for member in self.members}
        each = [as_published(c, shape[c.pre], shape[c.post]) for c in self.connections]
        inner = [m for m in self.members if m.model not in ANALOG | {"input"} and m.name not in self.outputs]
        sizes = sum(member.size for member in inner), sum(w for w, _ in each), sum(s for _, s in each)
        return dict(zip(("neurons", "weights", "synapses"), sizes, strict=True))


@dataclass(frozen=True, slots=True)
class Paper:
    """Sizes that a paper prints for the network which a recipe imitates."""

    neurons: int
    synapses: int
    source: str
    weights: int | None = None
    """Where it prints them, all three count as `Recipe.counted` does."""


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Poisson input of a stated mean rate; sources differ by a log-normal factor of mean 1."""

    rate_hz: float
    spread: float
    """Standard deviation of the logarithm of a source's rate."""
    samples: int


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadFile:
    """One workload file, parsed and checked."""

    name: str
    path: Path
    digest: str
    """SHA-256 of the file's bytes."""
    summary: str
    origin: str
    licence: str
    network: Path | Recipe
    paper: Paper | None = None
    inputs: int | None = None
    """Sizes as stated in the file, where the network lies in a file of its own."""
    neurons: int | None = None
    synapses: int | None = None
    dynamics: Mapping[str, Any] = field(default_factory=dict)
    """Keys of `ir.Dynamics` that the file states."""
    data: Path | None = None
    labels: Path | None = None
    synthetic: Synthetic | None = None
    stimulus: Mapping[str, Any] = field(default_factory=dict)
    """Keys steps, encode, samples, max_rate, window, delta that the file states."""


def read_workload_file(path: Path) -> WorkloadFile:
    """Parse and check a workload file.

    Raises
    ------
    InputError
        Naming file, key and reason.
    """
    root, content = read_toml(path)
    if "network" not in root and ("technology" in root or "extends" in root or "values" in root):
        raise InputError(f"{path}: is a hardware file, not a workload; give it with --hw or --technology")
    given: dict[str, Any] = {key: root.text(key) for key in ("summary", "origin", "licence")}
    network = root.table("network")
    if "file" in network:
        given["network"] = path.parent / network.text("file")
        given |= {key: network.integer(key, low=1) for key in ("inputs", "neurons", "synapses")}
    else:
        given["network"] = _recipe(root, network)
    network.end()
    given["dynamics"] = _dynamics(root.table("dynamics", None))
    given |= _stimulus(path, root.table("stimulus", None))
    paper = root.table("paper", None)
    if paper is not None:
        sizes = {key: paper.integer(key, low=1) for key in ("neurons", "synapses")}
        weights = paper.integer("weights", None, low=1)
        given["paper"] = Paper(source=paper.text("source"), weights=weights, **sizes)
        paper.end()
    root.end()
    return WorkloadFile(name=path.stem, path=path, digest=hashlib.sha256(content).hexdigest(), **given)


def build_recipe(workload: WorkloadFile) -> Imported:
    """Network of a recipe; the weights of connection k are drawn from a stream of (seed, k) alone.

    Raises
    ------
    InputError
        If the populations and connections make no network.
    """
    from snnmap.frontend.networks.assemble import Block, Draft, build_network

    recipe = cast("Recipe", workload.network)
    drafts = [
        Draft(
            member.name,
            "input" if member.model == "input" else "neuron",
            member.model,
            member.shape,
            {key: np.asarray(value) for key, value in member.parameters.items()},
        )
        for member in recipe.members
    ]
    place = {member.name: i for i, member in enumerate(recipe.members)}
    blocks = []
    for k, c in enumerate(recipe.connections):
        pre, post = recipe.members[place[c.pre]], recipe.members[place[c.post]]
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([recipe.seed, k])))
        blocks.append(Block(place[c.pre], place[c.post], synapses(c, pre.shape, post.shape, rng)))
    try:
        network = build_network(drafts, blocks, [place[name] for name in recipe.outputs])
    except InputError as error:
        raise InputError(f"{workload.path}: {error}") from None
    return Imported(workload.name, "recipe", network, workload.digest)


def _dynamics(table: Table | None) -> dict[str, Any]:
    """The keys of `[dynamics]` that are given."""
    if table is None:
        return {}
    given: dict[str, Any] = {
        "dt": table.number("dt", None),
        **{key: table.text(key, None, CHOICES[key]) for key in ("integration", "reset", "comparison", "decay")},
        "clamp": table.number("clamp", None, low=0.0),
        "multispike": table.flag("multispike", None),
    }
    table.end()
    if given["dt"] is not None and given["dt"] <= 0:
        raise table.error("dt", "must be positive")
    return {key: value for key, value in given.items() if value is not None}


def _stimulus(path: Path, table: Table | None) -> dict[str, Any]:
    """Fields of `WorkloadFile` that `[stimulus]` gives."""
    if table is None:
        return {}
    given: dict[str, Any] = {}
    stimulus: dict[str, Any] = {"steps": table.integer("steps", None, low=1)}
    if "data" in table:
        given["data"] = path.parent / table.text("data")
        labels = table.text("labels", None)
        given["labels"] = None if labels is None else path.parent / labels
        stimulus |= {
            "encode": table.text("encode", None, CHOICES["encode"]),
            "samples": table.integer("samples", None, low=1),
            **{key: table.number(key, None, low=1e-9) for key in ("max_rate", "window", "delta")},
        }
    else:
        given["synthetic"] = Synthetic(
            rate_hz=table.number("rate_hz", low=1e-9),
            spread=table.number("spread", 0.0, low=0.0),
            samples=table.integer("samples", low=1),
        )
        if given["synthetic"].spread > WIDEST:
            raise table.error("spread", f"is the sigma of the logarithm of the rates: at most {WIDEST:g}")
        if stimulus["steps"] is None:
            raise table.error("steps", "this key is missing; synthetic input needs it")
    table.end()
    given["stimulus"] = {key: value for key, value in stimulus.items() if value is not None}
    return given


def _recipe(root: Table, network: Table) -> Recipe:
    """The populations and connections, checked against one another."""
    seed = network.integer("seed", high=float("inf"))
    members = tuple(_members(root))
    names = [member.name for member in members]
    for name in names:
        if names.count(name) > 1:
            raise root.error("population", f"the name {name!r} is used more than once")
    if not any(member.model == "input" for member in members):
        raise root.error("population", 'no population has model = "input"')
    connections = tuple(_connection(table, members) for table in root.tables("connection"))
    last = [m.name for m in members if all(c.pre != m.name or c.post == m.name for c in connections)]
    outputs = network.value("outputs") if "outputs" in network else last
    if not outputs and "outputs" not in network:
        raise network.error("outputs", "this key is missing, and every population sends to another one")
    if not isinstance(outputs, list) or not outputs or any(name not in names for name in outputs):
        raise network.error("outputs", f"must be names of populations, not {outputs!r}")
    return Recipe(seed, members, connections, tuple(outputs))


def _members(root: Table) -> list[Member]:
    """Every `[[population]]`; `[neuron]` gives the model and parameters of those that state none."""
    shared = root.table("neuron", None)
    model, parameters = (None, None) if shared is None else _model(shared)
    if shared is not None:
        shared.end()
    members: list[Member] = []
    for table in root.tables("population"):
        name, shape = table.text("name"), table.integers("shape")
        sources = math.prod(shape) + sum(math.prod(member.shape) for member in members)
        if sources > LARGEST:
            raise table.error("shape", f"makes {sources:,} sources in all; at most 2^31 - 1 can be numbered")
        own = _model(table) if "model" in table or model is None or parameters is None else (model, parameters)
        table.end()
        members.append(Member(name, shape, *own))
    return members


def _model(table: Table) -> tuple[str, Mapping[str, float]]:
    """Neuron model and its parameters, complete."""
    model = table.text("model", choices=[m.name for m in MODELS.values() if m.stepped or m.kind == "input"])
    if not MODELS[model].parameters:
        return model, {}
    values = table.table("parameters")
    there = [key for key in FILTERS if key in values]
    parameters = {key: values.number(key) for key in declared(model, there)}
    values.end()
    return model, parameters


def _connection(table: Table, members: tuple[Member, ...]) -> Connection:
    """One `[[connection]]`, checked to fit its populations."""
    shape = {member.name: member.shape for member in members}
    topology = table.text("topology", choices=TOPOLOGIES)
    if next((m.model for m in members if m.name == table.text("to", choices=list(shape))), "") == "input":
        raise table.error("to", "synapses cannot lead to an input population")
    parts: dict[str, Any] = {key: table.text(word, choices=list(shape)) for key, word in _ENDS}
    if topology in WINDOWED:
        parts["kernel"] = table.pair("kernel")
        parts["stride"] = table.pair("stride", parts["kernel"] if topology == "pool" else (1, 1))
        parts["padding"] = table.pair("padding", (0, 0), low=0)
    if topology in ("conv", "local"):
        parts["pool"] = table.pair("pool", (1, 1))
        parts["groups"] = table.integer("groups", 1, low=1)
    if topology == "pool":
        parts["groups"] = shape[parts["pre"]][0] if len(shape[parts["pre"]]) == 3 else 1
        area = parts["kernel"][0] * parts["kernel"][1]
        parts["weights"] = Weights("constant", table.number("gain", 1.0) / area)
    else:
        parts["weights"] = _weights(table.table("weights"), topology)
    if topology == "random":
        parts["synapses"] = table.integer("synapses", low=1)
    if topology == "dense":
        parts["skip_same_index"] = table.flag("skip_same_index", False)
    table.end()
    connection = Connection(topology=cast("Any", topology), **parts)
    try:
        synapse_count(connection, shape[connection.pre], shape[connection.post])
    except InputError as error:
        raise table.error("topology", str(error)) from None
    return connection


_ENDS = (("pre", "from"), ("post", "to"))


def _weights(table: Table, topology: str) -> Weights:
    """One `weights` table."""
    distribution = table.text("distribution", choices=DISTRIBUTIONS)
    if distribution == "kernel":
        if topology != "conv":
            raise table.error("distribution", "kernel values need topology = conv")
        try:
            kernel = np.array(table.value("values"), np.float64)
        except (ValueError, TypeError, OverflowError):
            kernel = np.zeros(0)
        if kernel.ndim != 2 or not kernel.size or not np.all(np.abs(kernel) <= STRONGEST):
            raise table.error("values", f"must be rows of numbers up to {STRONGEST:g}, all of one length")
        weights = Weights("kernel", kernel=kernel.astype(np.float32))
    else:
        first, second = {"constant": ("value", ""), "uniform": ("low", "high"), "normal": ("mean", "std")}[distribution]
        spread = table.number(second, low=0.0 if distribution == "normal" else -float("inf")) if second else 0.0
        divide_by = table.text("divide_by", "1", DIVISORS)
        if max(abs(table.number(first)), abs(spread)) > STRONGEST:
            raise table.error(first, f"weights are numbers up to {STRONGEST:g}")
        weights = Weights(cast("Distribution", distribution), table.number(first), spread, None, divide_by)
    table.end()
    return weights
