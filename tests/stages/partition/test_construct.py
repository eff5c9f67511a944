"""First assignments: how coarse the pieces are."""

import numpy as np
import pytest
from support.partition_cases import machine

from snnmap.core.arrays import offsets
from snnmap.stages.partition.assignment import grain_for
from snnmap.stages.partition.atoms import Twins


def grain(columns, sizes, fan_in):
    """Neurons per piece where `sizes` neurons share lists of `fan_in` inputs; inputs and neurons are only counted."""
    none = np.zeros(0, np.int32)
    return grain_for(Twins(offsets(fan_in), none, offsets(sizes), none, none), machine(4, columns))


@pytest.mark.parametrize(("columns", "share"), [(1, 1), (7, 1), (16, 2), (31, 3), (128, 16)])
def test_pieces_are_an_eighth_of_a_crossbar(columns, share):
    assert grain(columns, [50, 3], [10, 7]) == share


@pytest.mark.parametrize(("pins", "coarser"), [(30_000_000, False), (30_000_001, True)])
def test_pieces_are_coarser_where_they_would_take_more_than_30_million_entries(pins, coarser):
    """Of 3 and 1 neurons, two pieces and one in pairs; all neurons of a list in one from four on."""
    assert grain(16, [3, 1], [10_000_000, pins - 20_000_000]) == (4 if coarser else 2)


def test_pieces_are_never_wider_than_a_crossbar():
    assert [grain(columns, [1000], [10**9]) for columns in (1, 5, 24, 20)] == [1, 5, 24, 20]
