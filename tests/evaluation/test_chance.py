"""Lines by chance and the gamma of a gain: against the state of the chip, and by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.evaluation.chance import gamma_of, lifetimes_by_chance
from snnmap.ir import Wiring
from snnmap.physics.espine import EspineCell, endurance_map
from snnmap.reliability.crossbars import passes_of
from snnmap.reliability.espine import espine_twin


@pytest.fixture(scope="module")
def views(chip):
    graph = snnmap.profile(small_workload.workload())
    compiled = [
        snnmap.compile(graph, snnmap.CompileOptions(hardware=str(chip), objective=name, technology="pcm-16"))
        for name in ("traffic", "espine")
    ]
    return [each.view for each in compiled]


def cell_of(view, **values):
    cell = EspineCell.of(espine_twin(view.hardware.technology))
    return replace(cell, **values)


def frames(view, cell):
    """Of the weakest cell, cell by cell."""
    lasts, least = endurance_map((view.hardware.rows, view.hardware.columns), cell), np.inf
    for k in range(view.mapping.clustering.clusters):
        passes = passes_of(view, k)
        least = min(least, (lasts[passes > 0] / passes[passes > 0]).min(initial=np.inf))
    return least * view.graph.frames


def test_chance_draws_wirings_of_the_same_clusters(views):
    view = views[0]
    cell, clustering = cell_of(view), view.mapping.clustering
    found = lifetimes_by_chance(view, cell, 3, rng=np.random.default_rng(5))
    rng = np.random.default_rng(5)
    lines = [[], [], []]
    for k in range(clustering.clusters):
        rows, columns = (s.stop - s.start for s in (clustering.rows_of(k), clustering.columns_of(k)))
        for n in range(3):
            lines[n].append(
                (rng.permutation(view.hardware.rows)[:rows], rng.permutation(view.hardware.columns)[:columns])
            )
    for n, drawn in enumerate(lines):
        wiring = Wiring(*(np.concatenate(side) for side in zip(*drawn, strict=True)))
        assert found[n] == pytest.approx(frames(view.at(view.hardware, replace(view.mapping, wiring=wiring)), cell))


def test_the_gamma_of_a_gain_gives_it(views):
    base, other = views
    cell = cell_of(base)
    whole = frames(other, cell) / frames(base, cell)
    assert whole > 1.2
    wanted = whole**0.4
    found = gamma_of(wanted, base, other, cell)
    weaker = replace(cell, gamma=found.gamma)
    assert frames(other, weaker) / frames(base, weaker) == pytest.approx(wanted, rel=1e-6)
    assert found.gamma < found.calibrated == cell.gamma
    nearest = endurance_map((base.hardware.rows, base.hardware.columns), weaker)[-1, 0]
    assert found.corner == pytest.approx(nearest, rel=1e-6)
    with pytest.raises(InputError, match="no gamma"):
        gamma_of(2 * whole, base, other, cell)
