"""Weights into cells and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.physics.encoding import ENCODINGS, halves, rest, shares, significance, weights

PAIRS = ENCODINGS[:3]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("levels", "slices"), [(2, 1), (3, 1), (8, 1), (15, 1), (16, 1), (256, 1), (2, 3), (4, 2)])
def test_every_state_reads_back_as_the_integer_it_was_programmed_for(encoding: str, levels: int, slices: int) -> None:
    top = levels**slices - 1
    integer = np.arange(-top, top + 1, 2 if encoding == "offset_column" else 1)
    held = shares(integer / top, encoding, levels, slices)
    assert held.shape == (halves(encoding), slices, len(integer))
    assert held.min() == 0.0
    assert held.max() == 1.0
    np.testing.assert_allclose(held * (levels - 1), np.rint(held * (levels - 1)), atol=1e-12)  # nothing but states
    np.testing.assert_array_equal(np.rint(weights(held, encoding, levels) * top), integer)
    np.testing.assert_allclose(weights(held, encoding, levels) * top, integer, atol=1e-9)


@given(st.sampled_from(ENCODINGS), st.integers(2, 40), st.integers(1, 3), st.floats(-1, 1))
def test_a_weight_goes_to_the_nearest_state(encoding: str, levels: int, slices: int, r: float) -> None:
    step = (2.0 if encoding == "offset_column" else 1.0) / (levels**slices - 1)
    read = weights(shares(r, encoding, levels, slices), encoding, levels)
    assert abs(read - r) <= step / 2 + 1e-12


@given(st.sampled_from(ENCODINGS), st.integers(1, 4), st.floats(-1, 1))
def test_analog_cells_hold_a_weight_as_it_is(encoding: str, slices: int, r: float) -> None:
    held = shares(r, encoding, 0, slices)
    assert held.min() >= 0.0
    assert held.max() <= 1.0
    assert weights(held, encoding, 0) == pytest.approx(r, abs=1e-15)


@pytest.mark.parametrize("encoding", PAIRS)
def test_pairs_hold_a_weight_in_the_half_of_its_sign(encoding: str) -> None:
    assert shares([0.5, -0.25, 0.0], encoding, 0, 1).tolist() == [[[0.5, 0.0, 0.0]], [[0.0, 0.25, 0.0]]]
    assert rest(encoding) == 0.0


def test_the_most_significant_slice_comes_first() -> None:
    assert shares(6 / 15, "pair_columns", 4, 2)[0].tolist() == pytest.approx([1 / 3, 2 / 3])  # 6 = 1 x 4 + 2
    assert significance(4, 2).tolist() == pytest.approx([0.8, 0.2])


def test_an_offset_column_has_no_weight_half_way_and_one_bit_is_a_sign() -> None:
    assert weights([[rest("offset_column")]], "offset_column", 0) == 0.0
    assert shares([-1.0, 1.0], "offset_column", 2, 1).tolist() == [[[0.0, 1.0]]]


def test_reading_is_linear_in_the_cells() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 2, 3, 7)), rng.random((2, 2, 3, 7))
    both = weights(0.25 * a[0] + 0.75 * b[0], "pair_rows", 4)
    np.testing.assert_allclose(both, 0.25 * weights(a[0], "pair_rows", 4) + 0.75 * weights(b[0], "pair_rows", 4))


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ((1.1, "pair_rows", 2, 1), "-1 to 1"),
        ((0.5, "pair_rows", 1, 1), "2 levels"),
        ((0.5, "pair_rows", 2, 0), "1 slice"),
        ((0.5, "pairs", 2, 1), "pair_arrays"),
    ],
)
def test_what_is_out_of_range_is_refused(given_: tuple[float, str, int, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        shares(*given_)


def test_cells_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="2 halves"):
        weights(np.zeros((1, 1, 3)), "pair_rows", 2)
