"""Wirings: legal, repeatable, optimal where the docstring says so, and refusing what does not fit."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.crossbars import crossbars, weakest, wired
from support.machines import mesh

from snnmap.analysis.cells import programmed_cells
from snnmap.analysis.view import ClusteringView
from snnmap.analysis.wiring import crossbar_of
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.ir import SpikeGraph
from snnmap.stages.protocols import Run, WiringProblem
from snnmap.stages.wire import ALGORITHMS, ActivitySort, Identity
from snnmap.stages.wire.sorting import column_spikes, sorted_lines

SEEDS = st.integers(0, 2**32 - 1)


def optimum(quality, cells, activity):
    rows, columns = len(quality), len(quality[0])
    return max(
        weakest(quality, cells, activity, row, column)
        for row in permutations(range(rows), len(cells))
        for column in permutations(range(columns), len(cells[0]))
    )


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, name=st.sampled_from(sorted(ALGORITHMS)))
def test_lines_are_distinct_within_limits_and_repeatable(seed, name):
    rng = np.random.default_rng(seed)
    shapes = [(int(rng.integers(1, 9)), int(rng.integers(1, 7))) for _ in range(int(rng.integers(1, 5)))]
    graph, clustering, _ = crossbars(rng, shapes, 0.5)
    quality = rng.random((8, 6))
    first, second = (wired(ALGORITHMS[name](), graph, clustering, quality, seed=seed) for _ in range(2))
    assert np.array_equal(first.row, second.row)
    assert np.array_equal(first.column, second.column)
    for ptr, line, limit in ((clustering.row_ptr, first.row, 8), (clustering.column_ptr, first.column, 6)):
        for k in range(clustering.clusters):
            mine = line[ptr[k] : ptr[k + 1]].tolist()
            assert len(set(mine)) == len(mine)
            assert all(0 <= x < limit for x in mine)


def monotone(rng, rows, columns):
    """Quality that rises with the row number and falls with the column number."""
    return np.add.outer(np.cumsum(rng.random(rows)), np.cumsum(rng.random(columns))[::-1]) + 0.1


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, full=st.booleans())
def test_dense_crossbars_are_wired_optimally(seed, full):
    """Any map when all columns are used; a map monotone in row and column otherwise."""
    rng = np.random.default_rng(seed)
    graph, clustering, cells = crossbars(rng, [(3, 3 if full else 2)], 1.1)
    quality = rng.random((4, 3)) + 0.1 if full else monotone(rng, 4, 3)
    wiring = wired(ActivitySort(), graph, clustering, quality)
    activity = graph.spikes[:3].tolist()
    reached = weakest(quality.tolist(), cells.tolist(), activity, wiring.row.tolist(), wiring.column.tolist())
    assert reached == optimum(quality.tolist(), cells.tolist(), activity)


def test_sparse_crossbars_are_never_better_than_the_optimum_and_better_than_as_numbered():
    better = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        graph, clustering, cells = crossbars(rng, [(4, 3)], 0.6)
        if not cells.any():
            continue
        quality = monotone(rng, 4, 3)
        judged = [
            weakest(
                quality.tolist(),
                cells.tolist(),
                graph.spikes[:4].tolist(),
                wiring.row.tolist(),
                wiring.column.tolist(),
            )
            for wiring in (wired(algorithm, graph, clustering, quality) for algorithm in (ActivitySort(), Identity()))
        ]
        assert max(judged) <= optimum(quality.tolist(), cells.tolist(), graph.spikes[:4].tolist())
        better += judged[0] >= judged[1]
    assert better >= 16


def test_rows_and_columns_by_hand():
    """Activities 5, 9, 1 on a 4 x 3 array whose best rows are 3, 2, 1, 0 and best columns 0, 1, 2."""
    rng = np.random.default_rng(0)
    graph, clustering, _ = crossbars(rng, [(3, 2)], 1.1)
    spikes = np.array([5, 9, 1, 0, 0])
    graph = SpikeGraph(graph.network, spikes, spikes, spikes, spikes, 1, 100, 1e-3, None, None)
    quality = np.add.outer(np.arange(4.0) * 10, -np.arange(3.0)) + 5
    wiring = wired(ActivitySort(), graph, clustering, quality)
    assert wiring.row.tolist() == [2, 3, 1]
    assert wiring.column.tolist() == [0, 1]
    plain = wired(Identity(), graph, clustering, quality)
    assert (plain.row.tolist(), plain.column.tolist()) == ([0, 1, 2], [0, 1])


def test_a_bad_cell_in_an_unused_column_does_not_matter():
    """Row 1 is the better one over the columns in use, though its cell in column 2 is the worst of all."""
    rng = np.random.default_rng(0)
    graph, clustering, _ = crossbars(rng, [(1, 2)], 1.1)
    quality = np.array([[5.0, 5.0, 2.0], [6.0, 6.0, 0.1]])
    wiring = wired(ActivitySort(), graph, clustering, quality)
    assert (wiring.row.tolist(), sorted(wiring.column.tolist())) == ([1], [0, 1])


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_busier_columns_get_better_lines(seed):
    rng = np.random.default_rng(seed)
    graph, clustering, cells = crossbars(rng, [(5, 4), (2, 3)], 0.6)
    expected = (graph.spikes[: len(cells)] @ cells).tolist()
    assert column_spikes(ClusteringView(graph, clustering)).tolist() == expected
    quality = monotone(rng, 6, 5)
    wiring = wired(ActivitySort(), graph, clustering, quality)
    first = wiring.column[:4]
    assert [expected[j] for j in np.argsort(first)] == sorted(expected[:4], reverse=True)


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [(3, 9, r"crossbar rows: need 4, have 3"), (9, 2, r"crossbar columns: need 3, have 2")],
)
def test_clusters_that_do_not_fit_are_refused(name, rows, columns, message):
    rng = np.random.default_rng(0)
    graph, clustering, _ = crossbars(rng, [(4, 3)], 1.1)
    with pytest.raises(InfeasibleError, match=message):
        wired(ALGORITHMS[name](), graph, clustering, np.ones((rows, columns)))


def test_a_quality_map_of_another_shape_or_without_numbers_is_refused():
    rng = np.random.default_rng(0)
    graph, clustering, _ = crossbars(rng, [(4, 3)], 1.1)
    for quality, message in ((np.ones((3, 4)), "shape"), (np.full((4, 3), np.nan), "not numbers")):
        problem = WiringProblem(ClusteringView(graph, clustering), mesh(1, 1, rows=4, columns=3), quality)
        with pytest.raises(InputError, match=message):
            ActivitySort()(problem, Run(rng))


def test_progress_is_told():
    rng = np.random.default_rng(0)
    graph, clustering, _ = crossbars(rng, [(2, 2), (3, 1)], 1.1)
    heard = []
    wired(ActivitySort(), graph, clustering, np.ones((4, 3)), progress=lambda *said: heard.append(said))
    assert heard == [("wire", 1, 2, 0.0), ("wire", 2, 2, 0.0)]


@pytest.mark.parametrize("density", [0.3, 1.1])
def test_one_crossbar_is_sorted_as_all_are(density):
    rng = np.random.default_rng(7)
    graph, clustering, _ = crossbars(rng, [(6, 4), (3, 8), (8, 8)], density)
    quality = rng.random((8, 8)) + 0.1
    wiring = wired(ActivitySort(), graph, clustering, quality)
    cells = programmed_cells(graph.network, clustering)
    for k in range(3):
        row, column = sorted_lines(crossbar_of(graph, clustering, cells, k), quality)
        assert row.tolist() == wiring.row[clustering.rows_of(k)].tolist()
        assert column.tolist() == wiring.column[clustering.columns_of(k)].tolist()
