"""Cells as whole numbers: as fine as sums allow, and exact where weights are."""

import numpy as np
import pytest

from snnmap.simulate.imperfect.fixed import exactly, fixed

RNG = np.random.default_rng(8)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 3e5])
def test_numbers_are_as_fine_as_the_sums_of_columns_allow(scale: float) -> None:
    value = RNG.standard_normal((200, 7)) * scale * np.array([1, 10, 1e-3, 1, 1, 1, 0])
    found = fixed(value)
    assert np.all(np.frexp(found.unit)[0] == 0.5)
    np.testing.assert_allclose(found.number * found.unit, value, rtol=0, atol=0.5 * found.unit.max())
    assert np.all(np.abs(found.number * found.unit - value) <= 0.5 * found.unit)
    size = np.abs(found.number.astype(np.int64)).sum(axis=0)
    assert np.all(size[:-1] > 2**29 - 200)
    assert np.all(size <= 2**30 + 200)
    assert found.number.dtype == np.int32


def test_an_even_unit_has_a_root() -> None:
    found = fixed(np.array([[1.0, 2.0, 4.0, 8.0], [0.5, 0.1, 3.0, 9.0]]), even=True)
    root = np.sqrt(found.unit)
    assert np.all(np.frexp(root)[0] == 0.5)
    assert np.all(np.abs(found.number.astype(np.int64)).sum(axis=0) <= 2**30 + 2)
    assert np.all(np.abs(found.number.astype(np.int64)).sum(axis=0) > 2**28 - 2)


def test_weights_on_a_grid_stay_as_they_are() -> None:
    grid = np.array([2.0**-20, 0.5, 1.0])
    value = RNG.integers(-500, 500, (30, 3)) * grid * np.array([1, 8, 1])
    found, fits = exactly(value, grid)
    assert fits
    np.testing.assert_array_equal(found.number * found.unit, value)
    assert found.unit[1] >= 4.0  # as coarse as can be
    fine = RNG.integers(2**29, 2**30, (30, 3)) * grid
    fine[0] = 2**29 + 1
    fine[0] *= grid
    found, fits = exactly(fine, grid)
    assert not fits
    np.testing.assert_array_equal(found.number * found.unit, fine)


@pytest.mark.parametrize(("least", "fits"), [(-(2.0**30), True), (-(2.0**30) - 1, False), (2.0**30 + 1, False)])
def test_sums_must_fit_31_bits(least: float, fits: bool) -> None:
    found, said = exactly(np.array([[2.0**30 - 1], [least]]), np.ones(1))  # an odd number keeps the unit at 1
    assert found.unit == 1.0
    assert said is fits


def test_nothing_is_nothing() -> None:
    found = fixed(np.zeros((3, 2)))
    assert not found.number.any()
    found, fits = exactly(np.zeros((0, 2)), np.ones(2))
    assert found.number.shape == (0, 2)
    assert fits
