"""Weights on a grid of powers of two, down to the smallest number."""

import numpy as np
import pytest

from snnmap.core.exact import FINEST, grid_of, on_grid


@pytest.mark.parametrize("largest", [1.0, 0.75, 1e-3, 1e30, 2.0**-119, 2.0**-120, 1e-45, 5e-324])
def test_the_grid_is_a_power_of_two_that_float32_can_hold(largest: float) -> None:
    grid = grid_of(largest)
    assert np.frexp(grid)[0] == 0.5
    assert grid >= 2.0**FINEST
    on = on_grid([largest, -largest, largest / 3], grid)
    stored = on.astype(np.float32).astype(np.float64)
    assert np.array_equal(stored / grid, np.rint(stored / grid))
    assert np.all(np.abs(on - [largest, -largest, largest / 3]) <= grid / 2)


def test_weights_below_every_float32_are_zero() -> None:
    assert on_grid(5e-324, grid_of(5e-324)) == 0.0
    assert grid_of(0.0) == 2.0**-30
