"""Kernels of the wiring search against enumeration and plain loops."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.stages.wire.kernels.lines import descend, entry_score, line_scores

SEEDS = st.integers(0, 2**32 - 1)


def case(rng, rows=5, columns=4, lines=(6, 7), density=0.5):
    """Cells, activity (some rows silent), quality, and a random wiring."""
    cells = rng.random((rows, columns)) < density
    activity = rng.integers(0, 5, rows).astype(float)
    quality = rng.random(lines) + 0.1
    return cells, activity, quality, rng.permutation(lines[0])[:rows], rng.permutation(lines[1])[:columns]


def csr(cells):
    first, second = np.nonzero(cells)
    return np.searchsorted(first, np.arange(len(cells) + 1)), second.astype(np.int32)


def score(cells, activity, quality, at_row, at_column, entry, line, by_row):
    """Worst cell of one row (column) entry if it were on `line`."""
    worst = np.inf
    for i, j in np.argwhere(cells):
        if (i if by_row else j) != entry or activity[i] == 0:
            continue
        value = quality[line, at_column[j]] if by_row else quality[at_row[i], line]
        worst = min(worst, value / activity[i])
    return worst


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_scores_of_lines(seed):
    cells, activity, quality, at_row, at_column = case(np.random.default_rng(seed))
    wired = (cells, activity, quality, at_row, at_column)
    by_row = (*csr(cells), at_column, quality, activity, True)
    by_column = (*csr(cells.T), at_row, np.ascontiguousarray(quality.T), activity, False)
    for arguments, entries, lines in ((by_row, 5, 6), (by_column, 4, 7)):
        scores = line_scores(*arguments)
        ptr, other, at, q, a, way = arguments
        assert scores.shape == (entries, lines)
        for e in range(entries):
            for p in range(lines):
                assert scores[e, p] == score(*wired, e, p, way)
                assert entry_score(e, p, ptr, other, at, q, a, way) == scores[e, p]


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.booleans(), st.integers(1, 3))
def test_descent_keeps_its_books_and_never_loses(seed, by_row, sweeps):
    rng = np.random.default_rng(seed)
    cells, activity, quality, at_row, at_column = case(rng)
    side, own, other = (cells, at_row, at_column) if by_row else (cells.T, at_column, at_row)
    turned = quality if by_row else np.ascontiguousarray(quality.T)
    lines = turned.shape[0]
    holder = np.full(lines, -1, np.int64)
    holder[own] = np.arange(len(own))

    def worst_of(own):
        return [
            score(cells, activity, quality, own, other, e, own[e], True)
            if by_row
            else score(cells, activity, quality, other, own, e, own[e], False)
            for e in range(len(own))
        ]

    before, start = sorted(worst_of(own)), own.copy()
    moved = descend(*csr(side), other, own, holder, turned, activity, by_row, sweeps)
    assert sorted(np.flatnonzero(holder >= 0).tolist()) == sorted(own.tolist())
    assert all(holder[own[e]] == e for e in range(len(own)))
    assert moved == (not np.array_equal(start, own))
    after = sorted(worst_of(own))
    assert after >= before
    assert after[0] >= before[0]
    if sweeps == 3 and not descend(*csr(side), other, own, holder, turned, activity, by_row, 1):
        assert locally_best(own, worst_of)


def locally_best(own, worst_of):
    """No swap of the worst entry with another raises the lesser of the two."""
    scores = worst_of(own)
    worst = int(np.argmin(scores))
    for e in range(len(own)):
        if e != worst:
            swapped = own.copy()
            swapped[[e, worst]] = own[[worst, e]]
            new = worst_of(swapped)
            if min(new[e], new[worst]) > scores[worst]:
                return False
    return True
