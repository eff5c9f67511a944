"""Bottleneck assignment against enumeration, and against scipy's matchings where there is too much to enumerate."""

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from snnmap.analysis.kernels.assignment import augment, bottleneck, matches_all

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 5), st.integers(0, 2), st.booleans())
def test_bottleneck_is_optimal(seed, entries, spare, ties):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (entries, entries + spare)).astype(float) if ties else rng.random((entries, 5 + spare))
    scores[rng.random(scores.shape) < 0.1] = np.inf
    own = bottleneck(scores, np.unique(scores))
    assert len(set(own.tolist())) == entries
    best = max(
        min(scores[e, p] for e, p in enumerate(lines)) for lines in permutations(range(scores.shape[1]), entries)
    )
    assert scores[np.arange(entries), own].min() == best


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.floats(0.1, 0.9))
def test_matching_exists_exactly_where_enumeration_finds_one(seed, density):
    rng = np.random.default_rng(seed)
    allowed = rng.random((4, 5)) < density
    match = np.empty(5, np.int64)
    found = matches_all(allowed, match)
    assert found == any(all(allowed[e, p] for e, p in enumerate(lines)) for lines in permutations(range(5), 4))
    if found:
        assert sorted(match[match >= 0].tolist()) == [0, 1, 2, 3]
        assert all(allowed[match[p], p] for p in range(5) if match[p] >= 0)


def test_augmenting_path_moves_every_holder_along():
    """0 holds line 0, 1 holds line 1; entry 2 may only have line 0, so 0 goes to 1 and 1 to 2."""
    allowed = np.array([[True, True, False], [False, True, True], [True, False, False]])
    match = np.array([0, 1, -1])
    work = (np.zeros(3, bool), np.empty(3, np.int64), np.empty(4, np.int64))
    assert augment(allowed, 2, match, *work)
    assert match.tolist() == [2, 0, 1]
    allowed[1, 2] = False
    match = np.array([0, 1, -1])
    assert not augment(allowed, 2, match, *work)
    assert match.tolist() == [0, 1, -1]


def others_match(allowed):
    """Whether scipy matches every entry."""
    return bool(np.all(maximum_bipartite_matching(csr_array(allowed), perm_type="column") >= 0))


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(0, 3), st.floats(0.04, 0.3))
def test_long_searches_find_a_matching_exactly_where_scipy_does(seed, spare, density):
    """Sparse and large: paths are long, and a search sees many holders before it ends."""
    rng = np.random.default_rng(seed)
    allowed = rng.random((25, 25 + spare)) < density
    allowed[np.arange(25), rng.permutation(25 + spare)[:25]] |= rng.random(25) < 0.97
    match = np.empty(25 + spare, np.int64)
    found = matches_all(allowed, match)
    assert found == others_match(allowed)
    if found:
        assert sorted(match[match >= 0].tolist()) == list(range(25))
        assert all(allowed[match[p], p] for p in np.flatnonzero(match >= 0))


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(0, 3), st.integers(2, 60))
def test_no_level_above_the_bottleneck_has_a_matching(seed, spare, values):
    scores = np.random.default_rng(seed).integers(0, values, (12, 12 + spare)).astype(float)
    levels = np.unique(scores)
    own = bottleneck(scores, levels)
    assert len(set(own.tolist())) == 12
    least = scores[np.arange(12), own].min()
    assert not any(others_match(scores >= level) for level in levels[levels > least])
