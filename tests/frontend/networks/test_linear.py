"""Layer matrices against the definition; structure of stored zeros; what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dense_conv

from snnmap.core.errors import InputError
from snnmap.frontend.networks.linear import Window, convolution, dense, diagonal, pool, repeated, window


def canonical(matrix):
    for row in range(matrix.shape[0]):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        assert np.all(np.diff(columns) > 0)
    return matrix


@st.composite
def convolutions(draw):
    axes = draw(st.integers(1, 2))
    per_axis = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(axes))  # noqa: E731
    groups = draw(st.integers(1, 3))
    inputs, outputs = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel, stride, dilation = per_axis(1, 4), per_axis(1, 3), per_axis(1, 2)
    before, after = per_axis(0, 3), per_axis(0, 3)
    spare = per_axis(0, 4)
    size = tuple(
        max(1, d * (k - 1) + 1 - b - a + s)
        for k, d, b, a, s in zip(kernel, dilation, before, after, spare, strict=True)
    )
    return inputs, outputs, groups, size, Window(kernel, stride, before, after, dilation)


@settings(deadline=None, max_examples=120)
@given(convolutions(), st.integers(0, 2**32 - 1))
def test_convolution_equals_the_definition(case, seed):
    inputs, outputs, groups, size, over = case
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 9, (outputs, inputs // groups, *over.kernel)).astype(np.float32)
    x = rng.integers(-5, 6, (inputs, *size)).astype(float)
    expected = dense_conv.convolve(x, weight, over.stride, over.before, over.after, over.dilation, groups)
    assert expected.shape[1:] == over.output(size)
    matrix = canonical(convolution(weight, size, over, groups))
    np.testing.assert_array_equal(matrix.T @ x.ravel(), expected.ravel())


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 3),
    st.tuples(st.integers(4, 7), st.integers(4, 7)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(0, 1), st.integers(0, 1)),
    st.booleans(),
)
def test_pooling_equals_the_definition(channels, size, kernel, stride, padding, average):
    x = np.random.default_rng(3).integers(-5, 6, (channels, *size)).astype(float)
    matrix = canonical(pool(channels, size, window(kernel, stride, padding), average))
    expected = dense_conv.pool(x, kernel, stride, padding, average)
    np.testing.assert_allclose(matrix.T @ x.ravel(), expected.ravel(), rtol=1e-6, atol=1e-6)


def test_a_3x5_kernel_on_10x12_gives_8x8():
    over = window((3, 5))
    assert over.output((10, 12)) == (8, 8)
    assert convolution(np.ones((2, 3, 3, 5), np.float32), (10, 12), over).shape == (3 * 120, 2 * 64)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (4, 1), (2, 3), (5, 2)])
def test_same_padding_keeps_the_size_and_puts_the_odd_zero_behind(kernel, dilation):
    over = window((kernel,), 1, "same", dilation)
    assert over.output((9,)) == (9,)
    assert over.before[0] + over.after[0] == dilation * (kernel - 1)
    assert over.after[0] - over.before[0] in {0, 1}
    assert window((kernel,), 1, "valid", dilation).output((20,)) == (20 - dilation * (kernel - 1),)


def test_dense_is_transposed_and_keeps_few_zeros_but_not_many():
    weight = np.array([[1.0, 2.0, 0.0], [4.0, 0.0, 6.0]], np.float32)
    matrix = canonical(dense(weight))
    np.testing.assert_array_equal(matrix.toarray(), weight.T)
    assert matrix.nnz == 6
    sparse_weight = np.array([[1.0, 0.0, 0.0], [4.0, 0.0, 6.0]], np.float32)
    matrix = canonical(dense(sparse_weight))
    np.testing.assert_array_equal(matrix.toarray(), sparse_weight.T)
    assert matrix.nnz == 3


def test_convolution_drops_the_zeros_of_a_mostly_zero_kernel_only():
    full, cross = np.ones((1, 1, 3, 3), np.float32), np.zeros((1, 1, 3, 3), np.float32)
    full[0, 0, 1, 1] = 0.0
    cross[0, 0, 1, :] = 1.0
    assert convolution(full, (3, 3), window((3, 3), 1, 1)).nnz == 49
    assert convolution(cross, (3, 3), window((3, 3), 1, 1)).nnz == 21


def test_diagonal_and_repeated():
    np.testing.assert_array_equal(diagonal(np.array([2.0, 0.0, 3.0])).toarray(), np.diag([2.0, 0.0, 3.0]))
    weight = np.arange(1.0, 7.0).reshape(2, 3)
    np.testing.assert_array_equal(canonical(repeated(dense(weight), 3)).toarray(), np.kron(np.eye(3), weight.T))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((3,), 0), "stride"),
        (((0,), 1), "kernel size"),
        (((3,), 1, -1), "padding"),
        (((3,), 1, 0, 0), "dilation"),
        (((3, 3), (1, 1, 1)), "does not match 2 axes"),
        (((3,), 2, "same"), "needs stride 1"),
        (((3,), 1, "full"), "neither"),
    ],
)
def test_windows_out_of_range_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        window(*arguments)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="does not fit"):
        window((5,)).output((3,))
    with pytest.raises(InputError, match="3 groups"):
        convolution(np.ones((4, 1, 1), np.float32), (4,), window((1,)), 3)
