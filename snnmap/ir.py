"""All records: what the stages hand to one another. Nouns only; no stage, no file format, no machine.

Every record is frozen and owns read-only arrays. Constructors check what would otherwise fail far away (shapes, ranges,
order) and nothing else. Symbols: N sources, S synapses, K clusters, T tiles, E events, F frames (samples).

Sources are numbered so that every *external* source (network input, then bias) comes first and neurons follow, and
populations are contiguous, in ascending level. `level` is the longest path from an input through the graph whose
cycles are cut: a synapse i -> j is **delayed** by one step exactly if level(j) <= level(i); otherwise j sees the spike
of i in the same step.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64, Bool, digest, frozen, row_of_entry
from snnmap.core.errors import InputError

Kind = Literal["input", "bias", "neuron"]

MODELS: dict[str, tuple[str, ...]] = {
    "input": (),
    "bias": (),
    "recorded": (),
    "IF": ("r", "v_threshold", "v_reset"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "Threshold": ("threshold",),
    "Delay": ("delay",),
    "relay": ("gain",),
    "LavaCuba": ("i_decay", "v_decay", "v_threshold", "ref_delay", "bias"),
}
"""Neuron models and the parameters each needs (names of NIR; LavaCuba: integers, Loihi's CUBA neuron)."""

ANALOG = frozenset({"LI", "CubaLI", "relay", "Delay"})
"""Models whose output is a graded value rather than spikes; each non-zero output in a step is one message."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """A contiguous run of sources of one kind and model."""

    name: str
    kind: Kind
    model: str
    """A key of `MODELS`."""
    first: int
    """Id of its first source."""
    shape: tuple[int, ...]
    """Shape of the population; its product is the number of sources, numbered in C order."""
    level: int
    """0 for inputs and biases; see the module docstring."""
    parameters: MappingType[str, F64] = field(default_factory=dict)
    """Per parameter of the model, float64 (size,); SI units; a zero-stride broadcast is welcome."""

    @property
    def size(self) -> int:
        """Number of sources."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def stop(self) -> int:
        """One past its last source id."""
        return self.first + self.size


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Populations and the synapses between their sources, CSR by presynaptic source.

    Raises
    ------
    InputError
        If populations are not contiguous and in order, or the CSR arrays are inconsistent.
    """

    populations: tuple[Population, ...]
    indptr: I64
    """(N + 1,) first synapse of every source."""
    post: I32
    """(S,) target source id, ascending and distinct within a source; always a neuron."""
    weight: F32
    """(S,) weight, a multiple of the target population's grid."""
    grid: F64
    """(number of populations,) power-of-two grid of the weights into each population (`arrays`, exact sums)."""
    outputs: tuple[int, ...]
    """Indices of the populations that the network's outputs read."""

    def __post_init__(self) -> None:
        for name, dtype in (("indptr", np.int64), ("post", np.int32), ("weight", np.float32), ("grid", np.float64)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        expected, level, neuron_seen = 0, 0, False
        for population in self.populations:
            if population.first != expected or population.level < level:
                raise InputError(f"population {population.name!r} is out of order in the network")
            if population.kind != "neuron" and neuron_seen:
                raise InputError(f"external population {population.name!r} comes after a neuron population")
            missing = [key for key in MODELS[population.model] if key not in population.parameters]
            if missing:
                raise InputError(f"population {population.name!r} ({population.model}) lacks {', '.join(missing)}")
            expected, level = population.stop, population.level
            neuron_seen |= population.kind == "neuron"
        if len(self.indptr) != expected + 1 or self.indptr[-1] != len(self.post) or len(self.post) != len(self.weight):
            raise InputError("synapse arrays do not match the populations")
        if len(self.grid) != len(self.populations):
            raise InputError("one weight grid per population is needed")
        if len(self.post) and (self.post.min() < self.externals or self.post.max() >= expected):
            raise InputError("a synapse targets something that is not a neuron")

    @property
    def sources(self) -> int:
        """N, everything that can spike: inputs, biases, neurons."""
        return len(self.indptr) - 1

    @property
    def externals(self) -> int:
        """Number of sources that are not neurons; also the id of the first neuron."""
        return sum(p.size for p in self.populations if p.kind != "neuron")

    @property
    def neurons(self) -> int:
        """Number of neurons: sources that take a column."""
        return self.sources - self.externals

    @property
    def synapses(self) -> int:
        """S."""
        return len(self.post)

    def population_of(self) -> I32:
        """Population index of every source, int32 (N,)."""
        return np.repeat(np.arange(len(self.populations), dtype=np.int32), [p.size for p in self.populations])

    def level_of(self) -> I32:
        """Level of every source, int32 (N,)."""
        return np.repeat(np.array([p.level for p in self.populations], np.int32), [p.size for p in self.populations])

    def is_bias(self) -> Bool:
        """Which sources are constant-current rows, driven on the tile every step, never sent; bool (N,)."""
        return np.repeat(np.array([p.kind == "bias" for p in self.populations]), [p.size for p in self.populations])

    def digest(self) -> str:
        """SHA-256 of everything that defines the network."""
        parts: list[Any] = [self.indptr, self.post, self.weight, self.grid, repr(self.outputs)]
        for p in self.populations:
            parts.append(f"{p.name}|{p.kind}|{p.model}|{p.first}|{p.shape}|{p.level}")
            parts.extend(x for key in MODELS[p.model] for x in (key, np.asarray(p.parameters[key], np.float64)))
        return digest(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    """Events of F frames: source `source[e]` emits `value[e]` in step `step[e]` of its frame.

    Events are sorted by frame, step, source; a (frame, step, source) occurs at most once.
    """

    frame: I64
    """(F + 1,) first event of every frame."""
    step: I32
    """(E,) step within the frame, 0 <= step < steps."""
    source: I32
    """(E,) source id."""
    value: F32
    """(E,) 1 for a plain spike; a count for several in one step; a current for direct encoding or analog relays."""
    steps: int
    """Steps per frame."""
    dt: float
    """Seconds per step."""

    def __post_init__(self) -> None:
        columns = (("frame", np.int64), ("step", np.int32), ("source", np.int32), ("value", np.float32))
        for name, dtype in columns:
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        if len(self.frame) < 1 or self.frame[-1] != len(self.step) or len(self.step) != len(self.source):
            raise InputError("event arrays do not match")
        if len(self.value) != len(self.step):
            raise InputError("event arrays do not match")
        if len(self.step) and (self.step.min() < 0 or self.step.max() >= self.steps):
            raise InputError(f"an event lies outside the {self.steps} steps of its frame")

    @property
    def frames(self) -> int:
        """F."""
        return len(self.frame) - 1

    def frame_of_event(self) -> I64:
        """Frame of every event, int64 (E,)."""
        return row_of_entry(self.frame)


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How the neurons are stepped: what NIR leaves open. Recorded in every profile."""

    dt: float = 1e-3
    """Seconds per step."""
    integration: Literal["time", "step"] = "time"
    """`time`: forward Euler with dt in seconds; `step`: time constants are in steps, dt = 1 in the equations."""
    reset: Literal["value", "subtract", "zero"] = "value"
    """After a spike: v = v_reset; v -= v_threshold; v = 0."""
    comparison: Literal[">", ">="] = ">"
    """A neuron spikes if v > v_threshold, or >=."""
    clamp: float | None = None
    """Lower bound of v in multiples of -v_threshold (sinabs: 1), or none."""
    multispike: bool = False
    """Several spikes per step, floor(v / v_threshold) (sinabs); subtract reset only."""


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """A network, what it is fed, and how it is stepped: the one input of the profiler."""

    name: str
    network: Network
    stimulus: Spikes
    """Events of external sources (inputs); biases are implied."""
    labels: I64 | None
    """(F,) class of every frame, or none."""
    dynamics: Dynamics
    provenance: MappingType[str, Any]
    """JSON-able facts to repeat it: source, options, encoding, seed, file digests, repairs, licence."""


@dataclass(frozen=True, slots=True, eq=False)
class SpikeGraph:
    """The spike-activity graph: all that the mapping stages read."""

    network: Network
    spikes: I64
    """(N,) spikes (analog sources: non-zero outputs) over all frames; biases: frames x steps."""
    worst_frame: I64
    """(N,) the most in any one frame."""
    worst_step: I32
    """(N,) the most in any one step."""
    active_steps: I64
    """(N,) number of (frame, step) in which the source emits anything."""
    frames: int
    steps: int
    """Steps per frame; the window is frames x steps."""
    dt: float
    """Seconds per step."""
    events: Spikes | None
    """Every emission of every input and neuron (not biases), or none if there were too many to keep."""
    accuracy: float | None
    provenance: MappingType[str, Any]
    """JSON-able facts to repeat the profile."""

    def __post_init__(self) -> None:
        for name, dtype in (("spikes", np.int64), ("worst_frame", np.int64), ("worst_step", np.int32)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        object.__setattr__(self, "active_steps", frozen(self.active_steps, np.int64))
        for name in ("spikes", "worst_frame", "worst_step", "active_steps"):
            if len(getattr(self, name)) != self.network.sources:
                raise InputError(f"{name} does not match the network's sources")

    @property
    def window(self) -> int:
        """Number of profiled steps, frames x steps."""
        return self.frames * self.steps

    def digest(self) -> str:
        """SHA-256 of the network and its activity: what a mapping file names as its workload."""
        facts = f"{self.frames}|{self.steps}|{self.dt!r}"
        parts: list[Any] = [
            self.network.digest(),
            facts,
            self.spikes,
            self.worst_frame,
            self.worst_step,
            self.active_steps,
        ]
        return digest(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Which sources (rows) and neurons (columns) share a crossbar, and where each neuron fires.

    A synapse (i, j) is realised in the one cluster whose rows hold i and whose columns hold j; exactly one must.
    A neuron with columns in several clusters has *partial columns*: the sums of all but its home travel to the home.
    """

    row_ptr: I64
    """(K + 1,) first row entry of every cluster."""
    row_source: I32
    """Source ids, ascending and distinct within a cluster."""
    column_ptr: I64
    """(K + 1,) first column entry of every cluster."""
    column_neuron: I32
    """Neuron source ids, ascending and distinct within a cluster."""
    home: I32
    """(neurons,) cluster in which neuron id externals + n fires; it has a column there."""

    def __post_init__(self) -> None:
        for name in ("row_ptr", "column_ptr"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("row_source", "column_neuron", "home"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))

    @property
    def clusters(self) -> int:
        """K."""
        return len(self.row_ptr) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """Messages between clusters over the profiled window, multicast sets kept.

    Groups g: all messages of one kind from one cluster to one set of clusters, merged. The sender is never among them.
    """

    sender: I32
    """(G,) cluster, or -1 for the chip's input port."""
    target_ptr: I64
    """(G + 1,) first target of every group."""
    target: I32
    """Target clusters, ascending and distinct within a group."""
    messages: I64
    """(G,) messages sent, each reaching every target of the group."""
    kind: I32
    """(G,) 0 spikes of neurons, 1 network inputs, 2 partial sums."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "target_ptr", frozen(self.target_ptr, np.int64))
        object.__setattr__(self, "messages", frozen(self.messages, np.int64))
        for name in ("sender", "target", "kind"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))

    @property
    def delivered(self) -> int:
        """Messages x destination crossbars: the multicast objective."""
        return int(np.sum(self.messages * np.diff(self.target_ptr)))


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Tile of every cluster; tile t sits at mesh position (x, y) = (t mod width, t div width)."""

    tile: I32
    """(K,) tile index."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tile", frozen(self.tile, np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """Physical row of every cluster row entry and physical column of every column entry."""

    row: I32
    """(len(row_source),) physical word line, R - 1 nearest the sense amplifiers; distinct within a cluster."""
    column: I32
    """(len(column_neuron),) physical bit line, 0 nearest the drivers; distinct within a cluster."""

    def __post_init__(self) -> None:
        for name in ("row", "column"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Sdfg:
    """Synchronous dataflow graph. Times are integers in `tick` seconds, so that ratios are exact."""

    name: tuple[str, ...]
    """(A,) actor names."""
    time: I64
    """(A,) worst-case execution time in ticks."""
    resource: I32
    """(A,) what serialises the actor: a tile index, or -1 for none."""
    source: I32
    """(H,) producing actor of every channel."""
    target: I32
    """(H,) consuming actor."""
    production: I64
    consumption: I64
    tokens: I64
    """(H,) initial tokens."""
    tick: float
    """Seconds per tick."""


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Static order per tile and the throughput it guarantees."""

    order: tuple[tuple[int, ...], ...]
    """Per tile in use (ascending), its actors in firing order."""
    tiles: I32
    """Tile index of every entry of `order`."""
    start: I64
    """(A,) start of every actor in the first period of the periodic schedule, ticks."""
    period_numerator: int
    period_denominator: int
    """Period per step = numerator / denominator ticks: the maximum cycle ratio, exact."""
    critical: tuple[int, ...]
    """Actors on one critical cycle, in order."""
    latency: int
    """Ticks from the start of a step to its last firing."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One reported figure."""

    name: str
    value: float | int | str | None
    unit: str
    source: str = ""
    """Equation or module it comes from."""
    band: tuple[float, float] | None = None
    """Low and high where the parameters are uncertain."""
    mode: Literal["", "paper", "physics"] = ""
    """Which physics it belongs to, if any."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Every figure of a mapping, and the maps behind them."""

    metrics: tuple[Metric, ...]
    tiles: MappingType[str, F64]
    """Per-tile arrays (T,), by name with unit, e.g. `temperature_K`."""
    notes: tuple[str, ...] = ()
    """What a reader must know: recalled constants used, assumptions, bounds instead of counts."""

    def __getitem__(self, name: str) -> float | int | str | None:
        for metric in self.metrics:
            if metric.name == name:
                return metric.value
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of a mapping."""

    rule: str
    where: str
    asked: str
    available: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.asked}; {self.available}"


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A compiled workload: what `mapfile` writes and `verify` judges."""

    clustering: Clustering
    placement: Placement
    wiring: Wiring
    sdfg: Sdfg
    schedule: Schedule
    spikes: I64
    """(N,) activity the mapping was made for."""
    active_steps: I64
    """(N,)"""
    partial_messages: I64
    """(len(column_neuron),) partial-sum messages of every column that is not its neuron's home, 0 for homes."""
    figures: MappingType[str, Any]
    """Reported figures, JSON-able."""
    hardware: MappingType[str, Any]
    """Resolved hardware: name, digest, mode, mesh size, crossbar size."""
    provenance: MappingType[str, Any]
    """Version, seed, plan (repr of every algorithm), workload name, source and digests."""

    def to_networkx(self) -> Any:
        """Cluster graph as a `networkx.MultiDiGraph`: who talks to whom in the profiled window.

        Nodes are clusters with `tile`, `rows` and `columns` in use, and `"input"`, the chip's port. Edges have `kind`
        (`"spikes"`, `"inputs"`, `"partial_sums"`) and `messages`; a spike counts once per cluster that it goes to.
        """
        import networkx as nx

        clustering, tile = self.clustering, self.placement.tile.tolist()
        graph = nx.MultiDiGraph(name=str(self.provenance["workload"]["name"]))
        rows, columns = np.diff(clustering.row_ptr).tolist(), np.diff(clustering.column_ptr).tolist()
        for k in range(clustering.clusters):
            graph.add_node(k, tile=tile[k], rows=rows[k], columns=columns[k])
        for (sender, receiver, kind), messages in sorted(self._messages().items()):
            graph.add_edge("input" if sender < 0 else sender, receiver, kind=kind, messages=messages)
        return graph

    def _messages(self) -> dict[tuple[int, int, str], int]:
        """(sending cluster or -1, receiving cluster, kind) -> messages; biases never travel."""
        clustering, externals = self.clustering, int(self.provenance["workload"]["externals"])
        bias = np.zeros(len(self.spikes), bool)
        for p in self.provenance["populations"]:
            bias[p["first"] : p["first"] + int(np.prod(p["shape"]))] = p["kind"] == "bias"
        home = np.concatenate([np.full(externals, -1, np.int64), clustering.home])
        source, column = clustering.row_source, clustering.column_neuron
        row_cluster, column_cluster = row_of_entry(clustering.row_ptr), row_of_entry(clustering.column_ptr)
        away = home[column] != column_cluster
        sent = (home[source] != row_cluster) & ~bias[source]
        kind = np.where(source < externals, "inputs", "spikes")
        streams = (
            (home[source][sent], row_cluster[sent], kind[sent], self.spikes[source][sent]),
            (column_cluster[away], home[column][away], ["partial_sums"] * int(away.sum()), self.partial_messages[away]),
        )
        total: dict[tuple[int, int, str], int] = {}
        for sender, receiver, kinds, messages in streams:
            for *key, count in zip(sender.tolist(), receiver.tolist(), map(str, kinds), messages.tolist(), strict=True):
                edge = (key[0], key[1], key[2])
                total[edge] = total.get(edge, 0) + count
        return total

    def _repr_html_(self) -> str:
        """Table of what is mapped where and its figures, for notebooks."""
        workload = self.provenance["workload"]
        facts = {"workload": workload["name"], "hardware": self.hardware["name"], **self.figures}
        cells = (f"<tr><td>{escape(str(k))}</td><td>{escape(str(v))}</td></tr>" for k, v in facts.items())
        return f"<table><tbody>{''.join(cells)}</tbody></table>"
