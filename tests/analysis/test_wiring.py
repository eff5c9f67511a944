"""What no wiring can beat: the three relaxations of the upper bound, each against enumeration of all assignments."""

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.analysis.wiring import Crossbar, upper_bound


def crossbar(cells, activity):
    """Crossbar record of a 0/1 matrix."""
    cells = np.asarray(cells, bool)
    by_row, by_column = np.nonzero(cells), np.nonzero(cells.T)
    return Crossbar(
        np.searchsorted(by_row[0], np.arange(len(cells) + 1)),
        by_row[1].astype(np.int32),
        np.searchsorted(by_column[0], np.arange(cells.shape[1] + 1)),
        by_column[1].astype(np.int32),
        np.asarray(activity, float),
    )


def test_each_relaxation_binds_somewhere():
    """Free cells: 2 / 1 left for the second cell. Rows: both rows want the one good line. Columns: likewise."""
    quality = np.array([[9.0, 8.0, 1.0], [2.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    assert upper_bound(crossbar([[1, 0], [0, 1]], [1, 1]), quality) == 2.0
    assert upper_bound(crossbar([[1, 1], [0, 0]], [1, 1]), quality) == 8.0
    assert upper_bound(crossbar([[1, 1], [1, 0]], [1, 1]), quality) == 2.0
    assert upper_bound(crossbar([[1, 1], [1, 0]], [1, 1]), quality.T) == 2.0
    flat = np.array([[9.0, 9.0, 9.0, 1.0], [4.0, 1.0, 1.0, 1.0]])
    assert upper_bound(crossbar([[1, 1], [1, 1]], [1, 1]), flat) == 1.0
    assert upper_bound(crossbar([[1, 1], [1, 1]], [1, 1]), flat.T) == 1.0
    assert upper_bound(crossbar([[1, 0], [1, 0]], [3, 1]), np.array([[6.0, 5.0], [1.0, 5.0]])) == 5.0 / 3.0
    assert upper_bound(crossbar([[1, 1], [1, 1]], [0, 0]), flat) == np.inf


def best_assignment(scores):
    """Largest least score over all ways to give each entry a line of its own."""
    lines = range(len(scores[0])) if scores else ()
    return max(min(row[p] for row, p in zip(scores, way, strict=True)) for way in permutations(lines, len(scores)))


def relaxed(cells, activity, quality):
    """The three relaxations: (free cells, rows on word lines, columns on bit lines)."""
    busy = sorted((activity[i] for i, j in np.argwhere(cells) if activity[i] > 0), reverse=True)
    free = min(q / a for q, a in zip(sorted(quality.ravel(), reverse=True), busy, strict=False))
    by_row = [
        [min(q / activity[i] for q in sorted(line, reverse=True)[: cells[i].sum()]) for line in quality]
        for i in range(len(cells))
        if activity[i] > 0 and cells[i].any()
    ]
    demands = [sorted((activity[i] for i in np.flatnonzero(column) if activity[i]), reverse=True) for column in cells.T]
    by_column = [
        [min(q / a for q, a in zip(sorted(line, reverse=True), demand, strict=False)) for line in quality.T]
        for demand in demands
        if demand
    ]
    return free, best_assignment(by_row), best_assignment(by_column)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 1.0), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_the_bound_is_the_least_of_three_enumerated_relaxations(seed, density, rows, columns, flat):
    rng = np.random.default_rng(seed)
    cells = rng.random((rows, columns)) < density
    activity = rng.integers(0, 5, rows).astype(float)
    quality = (rng.integers(1, 6, (5, 4)) if flat else rng.random((5, 4)) + 0.1).astype(float)
    found = upper_bound(crossbar(cells, activity), quality)
    if cells[activity > 0].any():
        assert found == min(relaxed(cells, activity, quality))
    else:
        assert found == np.inf
