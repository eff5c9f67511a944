"""What the stages are asked and what they answer: problems, and the protocols of their algorithms.

An algorithm is a frozen dataclass whose fields are its options; it is called with a problem and a run. It takes all it
needs from the problem, draws from `run.rng` alone, and returns a record: valid in, valid out. Whatever it returns is
verified. `docs/adding-an-algorithm.md` shows how to write one outside this package.

A Python callback inside a search loop costs 35-75x, so a placement objective is data: `Term`s, arrays that the search
kernels read. A weighted sum of objectives is a tuple of scaled terms. Everything is an integer, so that incremental
costs equal recounts exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F64, I64, frozen
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, is_over
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Placement, Schedule, Sdfg, SpikeGraph, Traffic, Wiring
from snnmap.physics.thermal import ChipThermal, Sheet

LIMIT = 2**62
"""Costs stay below this magnitude, so that a sum of two never leaves int64."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a stage needs besides its problem."""

    rng: np.random.Generator
    """The stage's own random stream; nothing else may be drawn from."""
    progress: Progress | None = None
    """Whom to tell."""
    deadline: float | None = None
    """`time.monotonic()` at which a search returns the best it has, or none."""

    def tell(self, stage: str, done: int, total: int, best: float = 0.0) -> None:
        """Report that `done` of `total` parts of the work are finished, and the best cost so far."""
        if self.progress is not None:
            self.progress(stage, done, total, best)

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return is_over(self.deadline)


@dataclass(frozen=True, slots=True, eq=False)
class PartitionProblem:
    """Cover the connection matrix of a network with crossbars."""

    graph: SpikeGraph
    hardware: Hardware
    """Crossbar size and limits; the mesh may not be sized yet."""
    may_split: bool = True
    """Whether a neuron's inputs may be cut over several crossbars (partial sums); if not, too many are infeasible."""


@dataclass(frozen=True, slots=True, eq=False)
class TileHeat:
    """What heats the tiles of a chip under a placement: powers are means over time, leakage apart."""

    power: F64
    """(K,) of every cluster, wherever it lies, W: reads, firing, merging."""
    array: F64
    """(K,) of that, drawn in its crossbar, W."""
    message: float
    """W on a tile that one message of the window leaves over a link on its chip."""
    above: float
    """K that a crossbar is warmer than its tile on average, per watt drawn in it."""
    chip: ChipThermal
    crossing: float = 0.0
    """W on a tile that one message of the window leaves for another chip."""


@dataclass(frozen=True, slots=True, eq=False)
class PlacementProblem:
    """Put clusters on tiles."""

    traffic: Traffic
    """What travels between them."""
    clusters: int
    """K."""
    hardware: Hardware
    """Sized to K clusters (`Hardware.sized`)."""
    terms: "tuple[Term, ...]" = ()
    """What counts beside messages x links."""
    start: Placement | None = None
    """Placement to improve, or none."""
    heat: Callable[[], TileHeat] | None = None
    """What heats the tiles, worked out when called; none if nobody can say."""
    border: int = 1
    """Links on a chip that a link between chips counts as."""


@dataclass(frozen=True, slots=True, eq=False)
class CellPower:
    """What cells draw on average over time, up to a factor: spikes of the row x share of the synapse x place."""

    share: F64 | None
    """(S,) what each synapse's cell draws at a unit place; none: all alike, 1."""
    background: float
    """What an unprogrammed cell of a used column draws there."""
    place: F64
    """(R, C) what a cell draws by where it is."""
    sheet: Sheet
    """How the array conducts heat."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorModel:
    """How much wires and stuck cells disturb the neurons of one crossbar by where its m rows and n columns stand.

    The sum over columns j, k of columns[j, k] x (1 + min(line of j, line of k)), over rows i, k of rows[i, k] x (R -
    max(line of i, line of k)), and over pairs of content[i, j] x place[line of i, line of j].
    """

    columns: F64
    """(n, n) what cells of column j suffer from the current that column k takes from their word lines, per crossing."""
    rows: F64
    """(m, m) what cells of row i suffer from the current that row k brings to their bit lines, per crossing."""
    pairs: tuple[tuple[F64, F64], ...] = ()
    """Contents (m, n), by entry, and places (R, C), by line: what is stuck."""


@dataclass(frozen=True, slots=True, eq=False)
class CellError:
    """How much what cells get wrong disturbs the neurons of every crossbar."""

    model: Callable[[int], ErrorModel]
    """Of a cluster, to first order in the resistances."""
    exact: Callable[[int, tuple[I64, I64]], float]
    """Of a cluster whose row and column entries stand on these lines."""


@dataclass(frozen=True, slots=True, eq=False)
class WiringProblem:
    """Give sources and neurons their lines in each crossbar."""

    view: ClusteringView
    """Graph, clustering, and what follows from them."""
    hardware: Hardware
    quality: F64
    """(R, C) how long each cell lasts at unit activity, up to a factor; higher is better."""
    power: Callable[[], tuple[CellPower, ...]] | None = None
    """What heats the arrays, in every mode that counts, the most important first, worked out when called; none if
    nobody can say."""
    stirred: Callable[[F64], F64] | None = None
    """`quality` (R, C) of cells among neighbours, for the spikes through every cell of a crossbar over the window
    (R, C): what the neighbours' heat leaves of it. None: they do not touch one another."""
    error: Callable[[], CellError] | None = None
    """How much errors of cells disturb, worked out when called; none if nobody can say."""


@dataclass(frozen=True, slots=True, eq=False)
class ScheduleProblem:
    """Order the firings of the clusters of every tile."""

    view: ClusteringView
    """Graph, clustering, and what follows from them."""
    placement: Placement
    hardware: Hardware
    """Sized."""


class Partitioner(Protocol):
    """Algorithm of the stage `partition`."""

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters that fit the crossbars and realise every synapse exactly once.

        Raises
        ------
        InfeasibleError
            If there are none.
        """


class Placer(Protocol):
    """Algorithm of the stage `place`."""

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Tile of every cluster, no tile shared more often than the chip allows.

        Raises
        ------
        InfeasibleError
            If there are more clusters than the tiles can take.
        """


class Wirer(Protocol):
    """Algorithm of the stage `wire`."""

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Line of every row entry and of every column entry, distinct within a cluster.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        """


class Scheduler(Protocol):
    """Algorithm of the stage `schedule`."""

    def __call__(self, problem: ScheduleProblem, run: Run) -> tuple[Sdfg, Schedule]:
        """Dataflow graph with the channels of the tiles' orders, and the schedule with its guaranteed period.

        Raises
        ------
        InputError
            If hardware and placement do not allow a dataflow graph.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One addend of the placement cost, beyond routed traffic.

    cost(tile) = sum over i, j of flow[i, j] x distance[tile[i], tile[j]] + sum over i of preference[i, tile[i]].

    The first sum runs over all ordered pairs of clusters, i = j included. Leave `flow` and `distance` (0, 0) for a
    purely linear term and `preference` (0, 0) for a purely pairwise one. Weights are multiplied in before rounding.

    Raises
    ------
    InputError
        If shapes do not match, or a cost could leave int64.
    """

    flow: I64
    """(K, K) between clusters, any integers; need not be symmetric."""
    distance: I64
    """(T, T) between tiles; need not be symmetric, and its diagonal counts."""
    preference: I64
    """(K, T) cost of a cluster on a tile."""

    def __post_init__(self) -> None:
        for name in ("flow", "distance", "preference"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("flow", "distance"):
            shape = getattr(self, name).shape
            if len(shape) != 2 or shape[0] != shape[1]:
                raise InputError(f"the {name} of a placement term must be square, not of shape {shape}")
        if (self.flow.size == 0) != (self.distance.size == 0):
            raise InputError("a placement term needs both flow and distance, or neither")
        if self.preference.ndim != 2:
            raise InputError(f"the preference of a placement term has shape {self.preference.shape}; (K, T) is needed")
        if self.largest >= LIMIT:
            raise InputError("a placement term's cost would leave 64-bit integers: scale it down")

    @property
    def largest(self) -> float:
        """Bound on the magnitude of the cost of any placement."""
        pairs = _magnitude(self.flow).sum() * _magnitude(self.distance).max(initial=0.0)
        return float(pairs + _magnitude(self.preference).max(axis=1, initial=0.0).sum())


def pairwise(flow: I64, distance: I64) -> Term:
    """Term of cluster pairs only: `flow` (K, K) x `distance` (T, T)."""
    return Term(flow, distance, np.zeros((0, 0), np.int64))


def linear(preference: I64) -> Term:
    """Term of each cluster's own tile only: `preference` (K, T)."""
    return Term(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64), preference)


def _magnitude(values: I64) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.abs(values.astype(np.float64))
