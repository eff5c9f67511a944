"""Endurance that a training took: against the log-normal law by hand."""

import math
from statistics import NormalDist

import numpy as np
import pytest

import snnmap

LAYERS = {"conv1": np.array([[[1, 40, 3]], [[1, 1, 900]]]), "dense2": np.array([[[5, 0]], [[2, 900]]])}
EVERY = [1, 40, 3, 1, 1, 900, 5, 0, 2, 900]


def writes():
    return snnmap.Writes("ab" * 32, 1, 600, LAYERS)


def test_trainings_are_those_until_the_first_of_all_cells_fails():
    """P(no cell has failed) = product over cells of 1 - Phi(log10(n writes / endurance) / sigma), cell by cell."""
    technology = snnmap.load_hardware("pcm-mesh-64").technology
    endurance, sigma = technology["endurance"], technology["endurance_sigma"]
    found = snnmap.training_wear(writes(), technology)
    assert (found.largest, found.batches, found.technology) == (900, 600, technology.name)
    assert found.mean == pytest.approx(sum(EVERY) / 10)
    median = endurance * (technology["reset_time"] / technology["endurance_reference_time"]) ** -1.5
    assert found.endurance == pytest.approx(median)
    assert found.consumed == pytest.approx(900 / median)
    assert [(each.layer, each.cells, each.largest) for each in found.layers] == [("conv1", 6, 900), ("dense2", 4, 900)]
    assert [each.mean for each in found.layers] == pytest.approx([946 / 6, 907 / 4])
    for trainings, probability in zip(found.trainings, (0.1, 0.5, 0.9), strict=True):
        alive = math.prod(
            1 - NormalDist().cdf(math.log10(trainings * count / median) / sigma) for count in EVERY if count
        )
        assert alive == pytest.approx(1 - probability, abs=1e-6)
    assert found.trainings == tuple(sorted(found.trainings))
