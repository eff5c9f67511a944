"""Where everything went: clusters, tiles, lines, messages, and the mapping that holds them."""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnmap.core.arrays import I32, I64, distinct_columns, frozen, row_of_entry
from snnmap.core.shown import Pictured
from snnmap.ir.dataflow import Schedule, Sdfg
from snnmap.ir.origin import ChipFacts, Origin, WorkloadFacts


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """Clusters that hold a block of weights once and use it several times a step, with other sources and neurons.

    Row and column entries of a cluster are those of its uses, one use after the other. All uses of a cluster drive and
    read the same cells: entries of equal line stand on one row, or column, of its crossbar.
    """

    ptr: I64
    """(K + 1,) first use of every cluster."""
    row_ptr: I64
    """(U + 1,) first row entry of every use."""
    column_ptr: I64
    """(U + 1,) first column entry of every use."""
    row_line: I32
    """(len(row_source),) line of its cluster's block on which every row entry stands, distinct within a use."""
    column_line: I32
    """(len(column_neuron),) line of every column entry, distinct within a use."""

    def __post_init__(self) -> None:
        for name, dtype in (("ptr", np.int64), ("row_ptr", np.int64), ("column_ptr", np.int64)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        for name in ("row_line", "column_line"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))

    @property
    def cluster(self) -> I64:
        """(U,) cluster of every use."""
        return row_of_entry(self.ptr)

    @property
    def count(self) -> I64:
        """(K,) uses of every cluster."""
        return np.diff(self.ptr)


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Which sources (rows) and neurons (columns) share a crossbar, and where each neuron fires.

    A synapse (i, j) is realised in the one use of the one cluster whose rows hold i and whose columns hold j; exactly
    one must. A cluster is used once, unless `uses` says otherwise. A neuron with columns in several clusters has
    *partial columns*: the sums of all but its home travel to the home.
    """

    row_ptr: I64
    """(K + 1,) first row entry of every cluster."""
    row_source: I32
    """Source ids, ascending and distinct within a use."""
    column_ptr: I64
    """(K + 1,) first column entry of every cluster."""
    column_neuron: I32
    """Neuron source ids, ascending and distinct within a use; a cluster has a neuron in one use at most."""
    home: I32
    """(neurons,) cluster in which neuron id externals + n fires; it has a column there."""
    uses: Uses | None = None
    """Who is used more than once; none: nobody."""

    def __post_init__(self) -> None:
        for name in ("row_ptr", "column_ptr"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("row_source", "column_neuron", "home"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))

    def rows_of(self, cluster: int) -> slice:
        """Row entries of a cluster."""
        return slice(int(self.row_ptr[cluster]), int(self.row_ptr[cluster + 1]))

    def columns_of(self, cluster: int) -> slice:
        """Column entries of a cluster."""
        return slice(int(self.column_ptr[cluster]), int(self.column_ptr[cluster + 1]))

    def heard(self) -> tuple[I64, I32]:
        """Cluster and source of every row that a message may come to, each pair once, ascending by cluster.

        A source that several uses of a cluster drive is sent to it once.
        """
        cluster = row_of_entry(self.row_ptr)
        if self.uses is None:
            return cluster, self.row_source
        pairs = distinct_columns(np.stack([cluster, self.row_source.astype(np.int64)]))
        return pairs[0], pairs[1].astype(np.int32)

    @property
    def clusters(self) -> int:
        """K."""
        return len(self.row_ptr) - 1

    @property
    def use_row_ptr(self) -> I64:
        """(U + 1,) first row entry of every use."""
        return self.row_ptr if self.uses is None else self.uses.row_ptr

    @property
    def use_column_ptr(self) -> I64:
        """(U + 1,) first column entry of every use."""
        return self.column_ptr if self.uses is None else self.uses.column_ptr

    @property
    def use_ptr(self) -> I64:
        """(K + 1,) first use of every cluster."""
        return np.arange(self.clusters + 1) if self.uses is None else self.uses.ptr

    @property
    def rows(self) -> I64:
        """(K,) rows of every crossbar that are in use."""
        return np.diff(self.row_ptr) if self.uses is None else _lines(self.uses.row_line, self.row_ptr)

    @property
    def columns(self) -> I64:
        """(K,) columns of every crossbar that are in use."""
        return np.diff(self.column_ptr) if self.uses is None else _lines(self.uses.column_line, self.column_ptr)


def _lines(line: I32, ptr: I64) -> I64:
    """Distinct lines of every cluster, int64 (K,)."""
    table = distinct_columns(np.stack([row_of_entry(ptr), line.astype(np.int64)]))
    return np.bincount(table[0], minlength=len(ptr) - 1)


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
class Mapping(Pictured):
    """A compiled workload: what `mapfile` writes and `verify` judges.

    `to_pandas()` has a row per cluster: its tile and where that is, rows, columns and neurons, spikes per frame;
    `plot()` maps the tiles: rows and columns in use, %, spikes per frame.
    """

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
    figures: MappingType[str, float | int | str | None]
    """Reported figures by name."""
    chip: ChipFacts
    workload: WorkloadFacts
    origin: Origin

    @property
    def margin(self) -> float:
        """Share by which steps may be busier than the profiled ones, as the scheduler was told; 0 if it has no such."""
        return float(self.origin.plan.schedule.options.get("margin") or 0.0)

    def to_networkx(self) -> Any:
        """Cluster graph as a `networkx.MultiDiGraph`: who talks to whom in the profiled window.

        Nodes are clusters with `tile`, `rows` and `columns` in use, and `"input"`, the chip's port. Edges have `kind`
        (`"spikes"`, `"inputs"`, `"partial_sums"`) and `messages`; a spike counts once per cluster that it goes to.
        """
        import networkx as nx

        clustering, tile = self.clustering, self.placement.tile.tolist()
        graph = nx.MultiDiGraph(name=self.workload.name)
        rows, columns = clustering.rows.tolist(), clustering.columns.tolist()
        for k in range(clustering.clusters):
            graph.add_node(k, tile=tile[k], rows=rows[k], columns=columns[k])
        for (sender, receiver, kind), messages in sorted(self._messages().items()):
            graph.add_edge("input" if sender < 0 else sender, receiver, kind=kind, messages=messages)
        return graph

    def _messages(self) -> dict[tuple[int, int, str], int]:
        """(sending cluster or -1, receiving cluster, kind) -> messages; biases never travel."""
        clustering, externals = self.clustering, self.workload.externals
        bias = np.zeros(len(self.spikes), bool)
        for p in self.workload.populations:
            bias[p.first : p.first + int(np.prod(p.shape))] = p.kind == "bias"
        home = np.concatenate([np.full(externals, -1, np.int64), clustering.home])
        (row_cluster, source), column = clustering.heard(), clustering.column_neuron
        column_cluster = row_of_entry(clustering.column_ptr)
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
