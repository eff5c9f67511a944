"""Placement terms that would not survive a search are refused."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.stages.protocols import Term, linear, pairwise


@pytest.mark.parametrize(
    ("flow", "distance", "preference", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), np.zeros((0, 0)), "flow .* square"),
        (np.ones((2, 2)), np.ones(4), np.zeros((0, 0)), "distance .* square"),
        (np.ones((2, 2)), np.zeros((0, 0)), np.zeros((0, 0)), "both flow and distance"),
        (np.zeros((0, 0)), np.zeros((0, 0)), np.ones(3), "preference"),
        (np.full((2, 2), 2**31), np.full((2, 2), 2**31), np.zeros((0, 0)), "scale it down"),
        (np.zeros((0, 0)), np.zeros((0, 0)), np.full((2, 2), 2**61), "scale it down"),
    ],
)
def test_unusable_terms_are_refused(flow, distance, preference, message):
    with pytest.raises(InputError, match=message):
        Term(flow, distance, preference)


def test_terms_are_read_only_and_bounded():
    term = pairwise(np.array([[0, 3], [-1, 0]]), np.array([[0, 2], [5, 0]]))
    assert term.largest == (3 + 1) * 5
    assert linear(np.array([[1, -7], [2, 0]])).largest == 9
    with pytest.raises(ValueError, match="read-only"):
        term.flow[0, 0] = 1
