"""Who may trade rows with whom: the seats of a clustering, and how active the columns are that send sums."""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.traffic import steps_by_source
from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import F64, I32, I64, Bool, offsets, ranges, row_of_entry, transpose_csr
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph
from snnmap.stages.partition.kernels.trade import Seated, Seats, alike, reach

LARGEST = 2**26
"""Entries of the table of active steps, and of permissions, beyond which nobody trades."""


class Table(NamedTuple):
    """Seats of a clustering that may be traded."""

    seats: Seats
    seated: Seated
    entry: I64
    """(Q,) row entry of every seat, -1 for those that were empty."""
    cluster: I64
    """(E,) of every row entry."""


class _Grid(NamedTuple):
    """Programmed cells of a clustering both ways."""

    row_ptr: I64
    columns: I64
    """Column entries with a cell in every row entry, CSR."""
    column_ptr: I64
    rows: I64
    """Row entries with a cell in every column entry, CSR."""
    cluster: I64
    """(E,) of every row entry."""
    share: F64
    """(E,) sum of the shares of the cells of every row entry."""


class _Chairs(NamedTuple):
    """Seats by group, before anything is known of activity; as in `Seats`."""

    group_ptr: I64
    entry: I64
    cluster: I64
    place: I64
    like: I64
    """(Q,) a row entry of the same group and cluster."""


def table_of(graph: SpikeGraph, clustering: Clustering, hardware: Hardware) -> Table | None:
    """Seats that may be traded; none if there are none, events were not kept, or the tables would be too large."""
    if graph.events is None:
        return None
    view = ClusteringView(graph, clustering)
    cells = view.cells
    columns = cells.column.astype(np.int64)
    column_ptr, rows, _ = transpose_csr(cells.ptr, columns, len(clustering.column_neuron))
    sums = np.concatenate([[0.0], np.cumsum(view.share[cells.synapse])])
    share = sums[cells.ptr[1:]] - sums[cells.ptr[:-1]]
    grid = _Grid(cells.ptr, columns, column_ptr, rows, row_of_entry(clustering.row_ptr), share)
    chairs = _chairs(clustering, grid, hardware.rows)
    if chairs is None:
        return None
    classes, class_of = _classes(graph, clustering, grid, chairs)
    if max(len(classes) * graph.window, len(chairs.entry) * (int(chairs.place.max()) + 1)) > LARGEST:
        return None
    steps = _steps(graph)
    active = _active(graph, clustering, grid, classes, steps)
    senders = np.bincount(class_of[class_of >= 0], minlength=len(classes)).astype(np.int64)
    listed = _lists(chairs.like, grid, class_of)
    biases, externals = graph.network.is_bias(), graph.network.externals
    travels = np.where(biases, 0, graph.spikes)
    travels[:externals] = 0
    seats = Seats(
        group_ptr=chairs.group_ptr,
        cluster=chairs.cluster,
        width=np.diff(grid.row_ptr)[chairs.like],
        place=chairs.place,
        class_ptr=listed[0],
        classes=listed[1],
        senders=senders,
        heat=graph.spikes.astype(np.int64),
        weight=travels.astype(np.int64),
        home=np.concatenate([np.full(externals, -1, np.int64), clustering.home]),
        step_ptr=steps[0],
        step=steps[1],
        rows=hardware.rows,
        synapses=hardware.rows * hardware.columns if hardware.synapse_limit is None else hardware.synapse_limit,
    )
    return Table(seats, _seated(graph, clustering, grid, chairs, active), chairs.entry, grid.cluster)


def _steps(graph: SpikeGraph) -> tuple[I64, I64]:
    """Steps in which every source is active, CSR; none for biases, which are added where a neuron fires."""
    assert graph.events is not None
    ptr, step = steps_by_source(graph.events, graph.network.sources)
    lasts = np.where(graph.network.is_bias(), 0, np.diff(ptr))
    return offsets(lasts), step[ranges(ptr[:-1], lasts)]


def _lists(like: I64, grid: _Grid, class_of: I64) -> tuple[I64, I64]:
    """Classes whose columns have a cell in every seat, CSR."""
    rows, number = np.unique(like, return_inverse=True)
    found = [np.unique(class_of[grid.columns[grid.row_ptr[row] : grid.row_ptr[row + 1]]]) for row in rows]
    found = [classes[classes >= 0] for classes in found]
    sizes = np.array([len(classes) for classes in found])
    flat, start = np.concatenate(found), offsets(sizes)[:-1]
    number = number.ravel()
    return offsets(sizes[number]), flat[ranges(start[number], sizes[number])]


def _labels(ptr: I64, values: I64) -> I64:
    """Number of every list of a CSR, the same for equal lists."""
    mixed = (values.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    hashes = (sums[ptr[1:]] - sums[ptr[:-1]]).view(np.int64)
    return alike(ptr, values, np.argsort(hashes, kind="stable").astype(np.int64, copy=False), hashes)


def _chairs(clustering: Clustering, grid: _Grid, lines: int) -> _Chairs | None:
    """Rows with cells of the same neurons in several clusters, and the lines that are free there."""
    neuron = clustering.column_neuron[grid.columns].astype(np.int64)
    group, width = _labels(grid.row_ptr, neuron), np.diff(grid.row_ptr)
    pair = np.unique(np.stack([group, grid.cluster]), axis=1)
    clusters = np.bincount(pair[0], minlength=int(group.max(initial=0)) + 1)
    shared = np.flatnonzero((clusters[group] > 1) & (width > 0))
    if len(shared) == 0:
        return None
    shared = shared[np.argsort(group[shared], kind="stable")]
    free = lines - np.diff(clustering.row_ptr)
    parts = []
    for own in np.split(shared, np.flatnonzero(np.diff(group[shared])) + 1):
        among, first, place, count = np.unique(
            grid.cluster[own], return_index=True, return_inverse=True, return_counts=True
        )
        empty = np.repeat(np.arange(len(among)), np.minimum(free[among], len(own) - count))
        entry = np.concatenate([own, np.full(len(empty), -1, np.int64)])
        place = np.concatenate([place.ravel(), empty])
        parts.append((entry, among[place], place, own[first][place]))
    sizes = [len(part[0]) for part in parts]
    return _Chairs(offsets(sizes), *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _classes(graph: SpikeGraph, clustering: Clustering, grid: _Grid, chairs: _Chairs) -> tuple[I64, I64]:
    """One column entry of every class that sends sums, and the class of every column entry, -1 where none is sent.

    A class is columns with cells in the same rows; only those that have a cell in a seat count.
    """
    ends = clustering.home[clustering.column_neuron - graph.network.externals]
    sends = ends != row_of_entry(clustering.column_ptr)
    seated = np.zeros(len(sends), np.bool_)
    like = np.unique(chairs.like)
    seated[grid.columns[ranges(grid.row_ptr[like], np.diff(grid.row_ptr)[like])]] = True
    chosen = np.flatnonzero(sends & seated)
    sizes = np.diff(grid.column_ptr)[chosen]
    label = _labels(offsets(sizes), grid.rows[ranges(grid.column_ptr[chosen], sizes)])
    _, first = np.unique(label, return_index=True)
    class_of = np.full(len(sends), -1, np.int64)
    class_of[chosen] = label
    return chosen[first], class_of


def _active(graph: SpikeGraph, clustering: Clustering, grid: _Grid, classes: I64, steps: tuple[I64, I64]) -> I32:
    """How many rows of every class are active in each step (L, window)."""
    ptr, step = steps
    active = np.zeros((len(classes), graph.window), np.int32)
    for k, column in enumerate(classes):
        source = clustering.row_source[grid.rows[grid.column_ptr[column] : grid.column_ptr[column + 1]]]
        on = step[ranges(ptr[source], np.diff(ptr)[source])]
        active[k] = np.bincount(on, minlength=graph.window)
    return active


def _seated(graph: SpikeGraph, clustering: Clustering, grid: _Grid, chairs: _Chairs, active: I32) -> Seated:
    """Who sits where at first."""
    width = np.diff(grid.row_ptr)
    heat = graph.spikes[clustering.row_source].astype(np.float64) * width
    taken = chairs.entry >= 0
    source = np.full(len(taken), -1, np.int64)
    source[taken] = clustering.row_source[chairs.entry[taken]]
    drawn, count = graph.spikes[clustering.row_source] * grid.share, clustering.clusters
    return Seated(
        source=source,
        allowed=_allowed(graph, clustering, grid, chairs, source),
        drawn=np.where(taken, drawn[chairs.entry], 0.0),
        taken=np.diff(clustering.row_ptr),
        programmed=np.bincount(grid.cluster, weights=width, minlength=count).astype(np.int64),
        total=_sums(grid.cluster, heat, count),
        square=_sums(grid.cluster, np.square(heat), count),
        power=_sums(grid.cluster, drawn, count),
        active=active,
    )


def _sums(cluster: I64, values: F64, clusters: int) -> F64:
    return np.bincount(cluster, weights=values, minlength=clusters).astype(np.float64)


def _allowed(graph: SpikeGraph, clustering: Clustering, grid: _Grid, chairs: _Chairs, source: I64) -> Bool:
    """Where the source of every seat may go (Q, places): where it would have the cells of its seat and no others.

    Others would be synapses that a third crossbar realises.
    """
    network, places = graph.network, int(chairs.place.max()) + 1
    allowed = np.zeros((len(source), places), np.bool_)
    column_cluster = row_of_entry(clustering.column_ptr)
    ptr, _, entry = transpose_csr(offsets(np.ones(len(column_cluster))), clustering.column_neuron, network.sources)
    scratch = np.zeros(clustering.clusters, np.int64)
    for first, last in zip(chairs.group_ptr[:-1], chairs.group_ptr[1:], strict=True):
        sitting = first + np.flatnonzero(source[first:last] >= 0)
        among = np.zeros(int(chairs.place[first:last].max()) + 1, np.int64)
        among[chairs.place[first:last]] = chairs.cluster[first:last]
        met = reach(network.indptr, network.post, source[sitting], ptr, column_cluster[entry], among, scratch)
        width = grid.row_ptr[chairs.like[first] + 1] - grid.row_ptr[chairs.like[first]]
        allowed[sitting, : len(among)] = met == width
    return allowed
