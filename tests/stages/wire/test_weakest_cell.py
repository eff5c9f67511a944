"""The wiring search against brute force: never better than the optimum, rarely worse, exact where sorting is."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.crossbars import crossbars, weakest, wired

from snnmap.analysis.cells import programmed_cells
from snnmap.analysis.wiring import Crossbar, crossbar_of, upper_bound
from snnmap.analysis.wiring import weakest as scored
from snnmap.stages.wire import ActivitySort, Identity, WeakestCell
from snnmap.stages.wire.weakest_cell import sorting_is_optimal


def brute_force(quality, cells, activity):
    """Largest possible minimum over all wirings: every row order, all column orders at once."""
    rows, columns = cells.shape
    columns_orders = np.array(list(permutations(range(quality.shape[1]), columns)))
    best = 0.0
    for row in permutations(range(quality.shape[0]), rows):
        worth = np.full((columns, quality.shape[1]), np.inf)
        for i, p in enumerate(row):
            for j in np.flatnonzero(cells[i]):
                worth[j] = np.minimum(worth[j], quality[p] / activity[i])
        best = max(best, float(worth[np.arange(columns), columns_orders].min(axis=1).max()))
    return best


def monotone(rng, size):
    """A map like an array's: better away from the drivers, with the two directions mixed."""
    base = np.sort(rng.random(size))[:, None] + np.sort(rng.random(size))[None, :]
    return base + 0.2


def lines_of(graph, clustering, quality, **options):
    wiring = wired(WeakestCell(**options), graph, clustering, quality)
    return wiring.row, wiring.column


def bound_of(graph, clustering, quality):
    return upper_bound(crossbar_of(graph, clustering, programmed_cells(graph.network, clustering), 0), quality)


def cases(count, size, density, maps):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        graph, clustering, cells = crossbars(rng, [(size, size)], density)
        yield graph, clustering, cells, maps(rng, size)


@pytest.mark.parametrize(("size", "count"), [(4, 40), (5, 25), (6, 6)])
def test_sparse_clusters_reach_the_optimum_nearly_always(size, count):
    near = 0
    for graph, clustering, cells, quality in cases(count, size, 0.4, monotone):
        activity = graph.spikes[:size]
        best = brute_force(quality, cells, activity)
        row, column = lines_of(graph, clustering, quality)
        got = weakest(quality, cells, activity, row, column) if cells.any() else np.inf
        if not cells.any():
            count -= 1
            continue
        assert got <= best * (1 + 1e-12)
        assert best <= bound_of(graph, clustering, quality)
        near += got >= 0.95 * best
    assert near >= 0.95 * count


def test_arbitrary_maps_too():
    for graph, clustering, cells, quality in cases(10, 4, 0.5, lambda rng, n: rng.random((n, n)) + 0.05):
        activity = graph.spikes[:4]
        got = weakest(quality, cells, activity, *lines_of(graph, clustering, quality, restarts=20, enough=1.0))
        assert got == pytest.approx(brute_force(quality, cells, activity))


@pytest.mark.parametrize("size", [3, 5])
def test_dense_clusters_are_exactly_optimal(size):
    for graph, clustering, cells, quality in cases(8, size, 1.1, monotone):
        activity = graph.spikes[:size]
        assert cells.all()
        got = weakest(quality, cells, activity, *lines_of(graph, clustering, quality))
        assert got == brute_force(quality, cells, activity)
        assert got == bound_of(graph, clustering, quality)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(0.05, 1.0))
def test_never_worse_than_sorting_never_above_the_bound(seed, density):
    rng = np.random.default_rng(seed)
    graph, clustering, _ = crossbars(rng, [(7, 5), (6, 8)], density)
    quality = rng.random((8, 8)) + 0.01
    cells = programmed_cells(graph.network, clustering)
    algorithms = (ActivitySort(), Identity(), WeakestCell())
    wirings = [wired(algorithm, graph, clustering, quality, seed=seed) for algorithm in algorithms]
    again = wired(WeakestCell(), graph, clustering, quality, seed=seed)
    assert np.array_equal(again.row, wirings[-1].row)
    assert np.array_equal(again.column, wirings[-1].column)
    for k in range(2):
        rows = slice(clustering.row_ptr[k], clustering.row_ptr[k + 1])
        columns = slice(clustering.column_ptr[k], clustering.column_ptr[k + 1])
        crossbar = crossbar_of(graph, clustering, cells, k)
        scores = [
            scored(crossbar, quality, w.row[rows].astype(np.int64), w.column[columns].astype(np.int64)) for w in wirings
        ]
        assert len(set(wirings[-1].row[rows])) == rows.stop - rows.start
        assert len(set(wirings[-1].column[columns])) == columns.stop - columns.start
        assert max(scores[:2]) <= scores[2] <= upper_bound(crossbar, quality) * (1 + 1e-12)


def test_the_bound_is_reached_where_cells_are_free_to_move():
    one = Crossbar(
        np.array([0, 1]), np.array([0], np.int32), np.array([0, 1]), np.array([0], np.int32), np.array([4.0])
    )
    quality = np.array([[1.0, 2.0], [8.0, 3.0]])
    assert upper_bound(one, quality) == 2.0
    assert (
        scored(
            one, quality, *WeakestCell().search(one, quality, (np.array([0]), np.array([0])), np.random.default_rng(0))
        )
        == 2.0
    )


def test_sorting_is_called_optimal_only_where_it_is():
    dense = Crossbar(
        np.array([0, 2]), np.array([0, 1], np.int32), np.array([0, 1, 2]), np.array([0, 0], np.int32), np.ones(1)
    )
    assert sorting_is_optimal(dense, np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert not sorting_is_optimal(dense, np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 4.0], [1.0, 1.0, 1.0]]))
    sparse = dense._replace(row_ptr=np.array([0, 1]), row_columns=np.array([0], np.int32))
    assert not sorting_is_optimal(sparse, np.ones((2, 2)))


def test_search_stops_where_enough_of_the_bound_is_reached():
    """With nothing asked for, the better of the two given wirings comes back as it is."""
    graph, clustering, _ = crossbars(np.random.default_rng(5), [(6, 6)], 0.4)
    quality = np.random.default_rng(6).random((8, 8)) + 0.1
    cells = crossbar_of(graph, clustering, programmed_cells(graph.network, clustering), 0)
    start = (np.arange(6), np.arange(6))
    for enough, same in ((0.0, True), (1.0, False)):
        lines = WeakestCell(enough=enough).search(cells, quality, start, np.random.default_rng(0))
        assert (np.array_equal(lines[0], start[0]) and np.array_equal(lines[1], start[1])) is same


def test_crossbars_far_above_the_weakest_stay_among_hot_neighbours():
    """One cell each, all at one place, which lasts half as long there; activity 5 fails first, 4 lasts 1.25 of it."""
    graph, clustering, _ = crossbars(np.random.default_rng(0), [(1, 1)] * 3, 1.1)
    spikes = np.array([5, 4, 3, 0, 0, 0])
    graph = replace(graph, spikes=spikes)
    quality = np.array([[40.0, 40.0], [40.0, 39.0]])
    start = wired(WeakestCell(), graph, clustering, quality)
    row, column = int(start.row[0]), int(start.column[0])
    assert start.row.tolist() == [row] * 3
    assert start.column.tolist() == [column] * 3

    def stirred(through):
        left = quality.copy()
        left[row, column] /= 2.0 if through[row, column] else 1.0
        return left

    found = wired(WeakestCell(), graph, clustering, quality, stirred=stirred)
    moved = (found.row != row) | (found.column != column)
    assert moved.tolist() == [True, True, False]


@pytest.mark.parametrize("seed", range(4))
def test_in_very_many_crossbars_only_those_that_can_decide_are_searched(seed, monkeypatch):
    graph, clustering, _ = crossbars(np.random.default_rng(seed), [(6, 6)] * 12, 0.4)
    spikes = graph.spikes.copy()
    spikes[: 6 * 12] *= np.repeat(np.random.default_rng(seed).integers(1, 9, 12), 6)
    graph, quality = replace(graph, spikes=spikes), monotone(np.random.default_rng(seed), 6)
    cells = programmed_cells(graph.network, clustering)
    each = [crossbar_of(graph, clustering, cells, k) for k in range(12)]

    def scores(wiring):
        rows, columns = wiring.row.astype(np.int64).reshape(12, 6), wiring.column.astype(np.int64).reshape(12, 6)
        return np.array([scored(c, quality, *lines) for c, *lines in zip(each, rows, columns, strict=True)])

    whole, started = (
        scores(wired(algorithm(), graph, clustering, quality)) for algorithm in (WeakestCell, ActivitySort)
    )
    searched, search = [], WeakestCell.search

    def counted(self, crossbar, *given):
        searched.append(crossbar)
        return search(self, crossbar, *given)

    monkeypatch.setattr(WeakestCell, "search", counted)
    monkeypatch.setattr("snnmap.stages.wire.weakest_cell.MANY", 11)
    few = scores(wired(WeakestCell(), graph, clustering, quality))
    least = min(upper_bound(crossbar, quality) for crossbar in each)
    assert 0 < len(searched) < 12
    assert few.min() >= 0.98 * whole.min()
    left = started > 1.25 * least
    assert left.sum() == 12 - len(searched)
    np.testing.assert_array_equal(few[left], started[left])
    monkeypatch.setattr("snnmap.stages.wire.weakest_cell.MANY", 12)
    assert np.array_equal(scores(wired(WeakestCell(), graph, clustering, quality)), whole)


@pytest.mark.parametrize("seed", range(6))
def test_among_neighbours_dense_crossbars_are_sorted_for_the_map_that_heat_leaves(seed):
    """No search follows where sorting is optimal, so that only the start can be right."""
    rng = np.random.default_rng(seed)
    graph, clustering, cells = crossbars(rng, [(5, 4)], 1.1)
    quality = monotone(rng, 5)
    left = quality[::-1, ::-1] / 2.0
    found = wired(WeakestCell(), graph, clustering, quality, stirred=lambda through: left)
    activity = graph.spikes[:5]
    best = brute_force(left, cells, activity)
    assert weakest(left, cells, activity, found.row, found.column) == best
    unaware = wired(WeakestCell(), graph, clustering, quality)
    assert weakest(left, cells, activity, unaware.row, unaware.column) < best
