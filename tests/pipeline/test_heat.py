"""What heats the arrays in a search: the modes that a technology has, in the order asked for."""

import numpy as np
import pytest
from support.crossbars import crossbars

from snnmap.analysis.view import ClusteringView
from snnmap.hardware import load_hardware
from snnmap.pipeline.heat import cell_powers, passed


@pytest.mark.parametrize(
    ("technology", "asked", "uniform"),
    [
        ("pcm-65", ("espine", "device"), [True, False]),
        ("pcm-65", ("device",), [False]),
        ("espine-pcm-65", ("espine", "device"), [True]),
        ("espine-pcm-65", ("device",), [True]),
        ("oxram-22", ("espine", "device"), [False]),
    ],
)
def test_modes_are_those_of_the_technology(technology, asked, uniform):
    graph, clustering, _ = crossbars(np.random.default_rng(0), [(5, 4)], 1.0)
    hardware = load_hardware("pcm-mesh", technology)
    powers = cell_powers(ClusteringView(graph, clustering), hardware, asked)
    assert [power.share is None for power in powers] == uniform
    assert all(power.place.max() == pytest.approx(1.0) for power in powers)


def test_less_passes_far_from_driver_and_sense():
    place = passed(25e-6, load_hardware("pcm-mesh", "pcm-16"))
    assert place[-1, 0] == 1.0
    assert place[0, -1] == place.min() < 1.0
