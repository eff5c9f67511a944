"""Integers of networks through cells and back, in every encoding: what was an integer is the same integer."""

import numpy as np
import pytest

from snnmap.analysis.cells import largest_weights
from snnmap.ir import Network, Population
from snnmap.ir.integers import largest, levels_of, nearest
from snnmap.physics.encoding import ENCODINGS, shares, weights

IF = ("r", "v_threshold", "v_reset")


def network(levels: int, whole: np.ndarray, step: float) -> Network:
    """One input for every integer into one neuron."""
    n = len(whole)
    populations = (
        Population("in", "input", "input", 0, (n,), 0),
        Population("n", "neuron", "IF", n, (1,), 1, dict.fromkeys(IF, np.ones(1)), levels, step),
    )
    ptr = np.r_[np.arange(n + 1), n]
    return Network(populations, ptr, np.full(n, n), whole * step, np.full(2, 2.0**-40), (1,))


def every(levels: int) -> np.ndarray:
    return np.unique(nearest(np.arange(-largest(levels), largest(levels) + 1), levels))


def cells_of(encoding: str, levels: int) -> list[tuple[int, int]]:
    """States of a cell and slices that hold so many levels exactly."""
    states = [(levels if encoding == "offset_column" else largest(levels) + 1, 1)]
    root = round(states[0][0] ** 0.5)
    return [*states, *([(root, 2)] if root > 1 and root**2 == states[0][0] else [])]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("levels", [levels_of(bits) for bits in range(1, 9)] + [4, 9, 16, 81, 256])
def test_integer_to_conductance_to_integer_is_the_identity(encoding: str, levels: int) -> None:
    whole = every(levels)
    assert len(whole) == levels
    few = whole[np.abs(whole) <= max(1, largest(levels) // 2)]  # the largest integer need not occur
    for step in (0.5, 300.0):
        for own in (whole, few):
            made = network(levels, own, step)
            full = largest_weights(made)[1]
            for states, slices in cells_of(encoding, levels):
                held = shares(made.weight / full, encoding, states, slices)
                assert np.allclose(held * (states - 1), np.rint(held * (states - 1)), atol=1e-12)
                back = weights(held, encoding, states) * full
                assert np.array_equal(np.rint(back / step), own)
                assert np.allclose(back, own * step, rtol=1e-12, atol=1e-12 * full)


def test_too_few_states_would_be_seen() -> None:
    made = network(15, every(15), 1.0)
    back = weights(shares(made.weight / 7, "pair_columns", 7, 1), "pair_columns", 7) * 7
    assert not np.array_equal(np.rint(back), made.integers())


def test_without_levels_a_full_cell_is_the_largest_weight_that_there_is() -> None:
    assert largest_weights(network(0, np.array([1.0, -3.0]), 0.5)).tolist() == [0.0, 1.5]
    assert largest_weights(network(15, np.array([1.0, -3.0]), 0.5)).tolist() == [0.0, 3.5]
