"""Connection patterns against dense reference implementations that share no code with them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.frontend.networks.topology import Connection, Weights, planes, synapse_count, synapses

NORMAL = Weights("normal", 0.0, 1.0)


def rng(seed=0):
    return np.random.default_rng(seed)


def pooled(image, high, wide):
    c, h, w = image.shape
    h, w = h // high * high, w // wide * wide
    return image[:, :h, :w].reshape(c, h // high, high, w // wide, wide).mean(axis=(2, 4))


def correlated(image, kernel, stride, padding):
    """Cross-correlation, loop by loop; kernel (out, in, kh, kw)."""
    image = np.pad(image, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    out, _, kh, kw = kernel.shape
    rows = (image.shape[1] - kh) // stride[0] + 1
    columns = (image.shape[2] - kw) // stride[1] + 1
    result = np.zeros((out, rows, columns))
    for o in range(out):
        for y in range(rows):
            for x in range(columns):
                patch = image[:, y * stride[0] : y * stride[0] + kh, x * stride[1] : x * stride[1] + kw]
                result[o, y, x] = (patch * kernel[o]).sum()
    return result


@settings(deadline=None, max_examples=40)
@given(
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    pool=st.sampled_from([(1, 1), (2, 2), (1, 2)]),
    seed=st.integers(0, 99),
)
def test_convolution_with_folded_pooling_equals_pooling_then_convolving(size, kernel, stride, padding, pool, seed):
    image = rng(seed).random((2, *size))
    values = rng(seed + 1).standard_normal(kernel).astype(np.float32)
    if any(n // p + 2 * q < k for n, p, q, k in zip(size, pool, padding, kernel, strict=True)):
        return
    expected = correlated(pooled(image, *pool), np.broadcast_to(values, (3, 2, *kernel)), stride, padding)
    connection = Connection("a", "b", "conv", Weights("kernel", kernel=values), kernel, stride, padding, pool)
    there = (3, *expected.shape[1:])
    if any(n % p for n, p in zip(size, pool, strict=True)):
        with pytest.raises(InputError, match="cannot be pooled evenly"):
            synapse_count(connection, image.shape, there)
        return
    matrix = synapses(connection, image.shape, there, rng())
    np.testing.assert_allclose(matrix.T @ image.ravel(), expected.ravel(), atol=1e-5)
    assert matrix.nnz == synapse_count(connection, image.shape, there)


def test_kernels_are_shared_and_local_weights_are_not():
    shapes = (2, 6, 6), (3, 4, 4)
    shared = synapses(Connection("a", "b", "conv", NORMAL, (3, 3)), *shapes, rng())
    own = synapses(Connection("a", "b", "local", NORMAL, (3, 3)), *shapes, rng())
    np.testing.assert_array_equal(shared.indices, own.indices)
    assert len(np.unique(shared.data)) == 3 * 2 * 9
    assert len(np.unique(own.data)) == own.nnz == 3 * 16 * 2 * 9


def test_groups_do_not_mix():
    matrix = synapses(Connection("a", "b", "conv", NORMAL, (1, 1), groups=2), (4, 1, 1), (2, 1, 1), rng()).toarray()
    np.testing.assert_array_equal(matrix != 0, [[1, 0], [1, 0], [0, 1], [0, 1]])


def test_pooling_averages_per_channel():
    image = rng().random((2, 4, 6))
    connection = Connection("a", "b", "pool", Weights("constant", 0.25), (2, 2), (2, 2), groups=2)
    matrix = synapses(connection, image.shape, (2, 2, 3), rng())
    np.testing.assert_allclose(matrix.T @ image.ravel(), pooled(image, 2, 2).ravel(), rtol=1e-6)


def test_dense_without_equal_indices():
    matrix = synapses(Connection("a", "b", "dense", NORMAL, skip_same_index=True), (4,), (4,), rng()).toarray()
    np.testing.assert_array_equal(matrix != 0, ~np.eye(4, dtype=bool))


@settings(deadline=None, max_examples=40)
@given(n=st.integers(2, 9), m=st.integers(2, 9), part=st.floats(0, 1), same=st.booleans(), seed=st.integers(0, 99))
def test_random_draws_exactly_so_many_distinct_pairs(n, m, part, same, seed):
    m = n if same else m
    pairs = n * (m - 1) if same else n * m
    count = max(1, round(part * pairs))
    connection = Connection("a", "a" if same else "b", "random", NORMAL, synapses=count)
    matrix = synapses(connection, (n,), (m,), rng(seed))
    assert matrix.nnz == count == synapse_count(connection, (n,), (m,))
    pattern = matrix.copy()
    pattern.data[:] = 1
    assert pattern.toarray().max() == 1
    assert not same or not np.diag(pattern.toarray()).any()
    for row in range(n):
        assert np.all(np.diff(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]) > 0)


def test_every_pair_is_equally_likely():
    connection = Connection("a", "a", "random", Weights("constant", 1.0), synapses=3)
    total = sum(synapses(connection, (4,), (4,), rng(k)).toarray() for k in range(800))
    expected = 800 * 3 / 12
    assert np.all(np.diag(total) == 0)
    assert np.all(np.abs(total[~np.eye(4, dtype=bool)] - expected) < 6 * np.sqrt(expected))


@pytest.mark.parametrize("divide_by", ["1", "fan-in", "sqrt-fan-in"])
def test_drawn_weights_have_the_stated_moments(divide_by):
    divisor = {"1": 1, "fan-in": 100, "sqrt-fan-in": 10}[divide_by]
    normal = synapses(Connection("a", "b", "dense", Weights("normal", 2, 0.5, None, divide_by)), (100,), (900,), rng())
    assert np.mean(normal.data) == pytest.approx(2 / divisor, rel=0.01)
    assert np.std(normal.data) == pytest.approx(0.5 / divisor, rel=0.02)
    flat = synapses(Connection("a", "b", "dense", Weights("uniform", -1, 3, None, divide_by)), (100,), (900,), rng())
    assert flat.data.min() >= np.float32(-1 / divisor)
    assert flat.data.max() <= np.float32(3 / divisor) * 1.000001
    assert np.mean(flat.data) == pytest.approx(1 / divisor, rel=0.02)


def test_drawing_in_slices_changes_nothing(monkeypatch):
    connection = Connection("a", "b", "dense", NORMAL)
    whole = synapses(connection, (5,), (7,), rng()).data
    monkeypatch.setattr("snnmap.frontend.networks.topology.DRAWN", 8)
    np.testing.assert_array_equal(np.sort(synapses(connection, (5,), (7,), rng()).data), np.sort(whole))


def test_more_than_three_axes_are_refused():
    assert planes((5,)) == (1, 1, 5)
    with pytest.raises(InputError, match="more than three axes"):
        planes((1, 2, 3, 4))
