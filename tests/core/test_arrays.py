"""Array idioms against plain loops; exact sums against fractions."""

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.arrays import (
    digest,
    distinct_columns,
    frozen,
    numbered_columns,
    offsets,
    ranges,
    row_of_entry,
    transpose_csr,
)
from snnmap.core.exact import GRID_BITS, grid_of, on_grid

FEW = settings(max_examples=60, deadline=None)
COUNTS = st.lists(st.integers(0, 4), max_size=6)


def test_frozen_is_read_only_and_does_not_freeze_the_callers_array() -> None:
    mine = np.arange(4)
    theirs = frozen(mine, np.int64)
    mine[0] = 9
    assert theirs[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        theirs[0] = 1
    view = frozen(mine[::2], np.int64)
    mine[0] = 7
    assert view.tolist() == [9, 2]
    assert view.flags.c_contiguous


def test_frozen_shares_what_is_frozen_already() -> None:
    once = frozen([1, 2], np.int32)
    assert frozen(once, np.int32) is once
    assert frozen(once, np.int64).dtype == np.int64
    assert frozen(3.0, np.float64).shape == ()


@FEW
@given(COUNTS)
def test_offsets_rows_and_ranges(counts: list[int]) -> None:
    ptr = offsets(counts)
    assert ptr.tolist() == [sum(counts[:k]) for k in range(len(counts) + 1)]
    assert row_of_entry(ptr).tolist() == [k for k, n in enumerate(counts) for _ in range(n)]
    start = np.arange(len(counts), dtype=np.int64) * 10
    told = ranges(start, np.array(counts, np.int64)).tolist()
    assert told == [k * 10 + i for k, n in enumerate(counts) for i in range(n)]


@FEW
@given(COUNTS, st.randoms(use_true_random=False))
def test_transpose_against_a_list_of_pairs(counts: list[int], rng) -> None:
    columns = 5
    rows = [sorted(rng.sample(range(columns), n)) for n in counts]
    index = np.array([c for row in rows for c in row], np.int32)
    ptr, row, entry = transpose_csr(offsets(counts), index, columns)
    flat = [(r, c) for r, row_ in enumerate(rows) for c in row_]
    expected = sorted(((c, r, e) for e, (r, c) in enumerate(flat)))
    assert row.tolist() == [r for _, r, _ in expected]
    assert entry.tolist() == [e for *_, e in expected]
    assert np.diff(ptr).tolist() == [sum(c == k for _, c in flat) for k in range(columns)]


@FEW
@given(
    st.floats(1e-30, 1e30), st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=50), st.randoms(use_true_random=False)
)
def test_sums_on_the_grid_are_exact_in_any_order(largest: float, shares: list[float], rng) -> None:
    grid = grid_of(largest)
    assert Fraction(grid).numerator == 1 or Fraction(grid).denominator == 1
    assert largest <= grid * 2**GRID_BITS < 2.0000001 * largest
    values = on_grid(np.array(shares) * largest, grid)
    assert np.all(np.abs(values - np.array(shares) * largest) <= grid / 2)
    exact = sum((Fraction(v) for v in values.tolist()), Fraction(0))
    shuffled = values.tolist()
    rng.shuffle(shuffled)
    total = 0.0
    for value in shuffled:
        total += value
    assert Fraction(total) == exact


def test_the_grid_keeps_single_precision_weights_near_the_largest() -> None:
    weights = np.random.default_rng(0).uniform(1 / 64, 1, 1000).astype(np.float32)
    assert np.array_equal(on_grid(weights, grid_of(1.0)), weights.astype(np.float64))


def test_a_grid_of_nothing_is_finite() -> None:
    assert grid_of(0.0) == 2.0**-GRID_BITS
    assert on_grid([0.0], grid_of(0.0)).tolist() == [0.0]


def test_digest_sees_values_types_shapes_and_order() -> None:
    parts = [np.arange(4), "a", b"b"]
    variants = [
        parts,
        [np.arange(4, dtype=np.int32), "a", b"b"],
        [np.arange(4).reshape(2, 2), "a", b"b"],
        [np.arange(4) + 1, "a", b"b"],
        ["a", np.arange(4), b"b"],
        [np.arange(4), "ab", b""],
        [np.arange(4), "a", b"c"],
        [np.zeros(0), "a", b"b"],
    ]
    assert len({digest(v) for v in variants}) == len(variants)
    assert digest(iter(parts)) == digest([np.arange(4)[::1], b"a", "b"])


def test_digest_is_the_same_on_any_machine() -> None:
    values = np.arange(3, dtype=np.int64)
    assert digest([values]) == digest([values.astype(">i8")])
    assert digest([values[::-1][::-1]]) == digest([values])
    content = b"<i8(3,)" + b"".join(k.to_bytes(8, "little") for k in range(3)) + b"s1:x"
    assert digest([values, "x"]) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("spread", [1, 3, 40, 2**31, 2**40])
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_distinct_columns_are_those_of_numpy(rows: int, spread: int) -> None:
    """Packed into one number where it fits, which 4 rows of 2^31 values do not; negative values included."""
    table = np.random.default_rng(rows).integers(-spread, spread, (rows, 60))
    table = np.concatenate([table, table[:, ::2]], axis=1)
    expected, number, count = np.unique(table, axis=1, return_inverse=True, return_counts=True)
    assert np.array_equal(distinct_columns(table), expected)
    found, which = numbered_columns(table)
    assert np.array_equal(found, expected)
    assert np.array_equal(which, number.reshape(-1))
    assert np.array_equal(np.bincount(which), count)
    short = table.astype(np.int32) % 100
    assert np.array_equal(distinct_columns(short), np.unique(short, axis=1))


def test_a_table_without_columns_has_none() -> None:
    assert distinct_columns(np.zeros((3, 0), np.int64)).shape == (3, 0)
    found, which = numbered_columns(np.zeros((2, 0), np.int64))
    assert found.shape == (2, 0)
    assert which.shape == (0,)
