"""Least power by assignments in turn: against every wiring of small crossbars, and never above lines as numbered."""

from itertools import permutations

import numpy as np
import pytest
from support.crossbars import crossbars
from support.machines import mesh

from snnmap.analysis.view import ClusteringView
from snnmap.core.errors import InputError
from snnmap.physics.thermal import Sheet
from snnmap.stages.protocols import CellPower, Run, WiringProblem
from snnmap.stages.wire import LeastPower

SHEET = Sheet(1.0, 1.0, 1.0)


def place_map(shape):
    up, along = np.arange(shape[0], 0, -1.0)[:, None], np.arange(1.0, shape[1] + 1)[None, :]
    return 1.0 / (1.0 + 0.2 * up + 0.5 * along) ** 2


def drawn(content, place, rows, columns):
    return float((content * place[np.ix_(rows, columns)]).sum())


def test_the_power_is_near_the_least_of_all_wirings():
    exact = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        content = rng.integers(1, 50, (3, 1)) * (rng.random((3, 3)) < 0.7).astype(float)
        place = place_map((4, 4))
        rows, columns = LeastPower().search(content, place)
        least = min(drawn(content, place, r, c) for r in permutations(range(4), 3) for c in permutations(range(4), 3))
        got = drawn(content, place, rows, columns)
        assert got <= 1.05 * least
        exact += got <= least * (1 + 1e-6)
    assert exact >= 18


def test_lines_are_distinct_and_draw_less_than_as_numbered():
    graph, clustering, cells = crossbars(np.random.default_rng(4), [(9, 6), (12, 10)], 0.5)
    place = place_map((12, 10))
    machine = mesh(1, 2, rows=12, columns=10)
    problem = WiringProblem(
        ClusteringView(graph, clustering), machine, np.ones((12, 10)), lambda: (CellPower(None, 0.0, place, SHEET),)
    )
    told = []
    wiring = LeastPower()(problem, Run(np.random.default_rng(0), lambda *a: told.append(a)))
    assert [a[:3] for a in told] == [("wire", 1, 2), ("wire", 2, 2)]
    for k, (rows, columns) in enumerate(((slice(0, 9), slice(0, 6)), (slice(9, 21), slice(6, 16)))):
        content = cells[rows, columns] * graph.spikes[rows, None]
        own = wiring.row[rows], wiring.column[columns]
        assert len(set(own[0].tolist())) == rows.stop - rows.start
        numbered = np.arange(rows.stop - rows.start), np.arange(columns.stop - columns.start)
        assert drawn(content, place, *own) < 0.9 * drawn(content, place, *numbered), k


def test_an_array_without_activity_stays_as_it_is():
    rows, columns = LeastPower().search(np.zeros((2, 3)), place_map((4, 4)))
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1, 2])


def test_it_must_be_told_what_cells_draw():
    graph, clustering, _ = crossbars(np.random.default_rng(0), [(2, 2)], 1.0)
    blind = WiringProblem(ClusteringView(graph, clustering), mesh(1, 1, rows=4, columns=4), np.ones((4, 4)))
    with pytest.raises(InputError, match="what cells draw"):
        LeastPower()(blind, Run(np.random.default_rng(0)))


@pytest.mark.parametrize("seed", range(8))
def test_no_exchange_of_two_lines_saves_power(seed):
    rng = np.random.default_rng(seed)
    content = rng.lognormal(0.0, 1.5, (7, 1)) * (rng.random((7, 9)) < 0.5)
    place = place_map((9, 11))
    rows, columns = LeastPower().search(content, place)
    least = drawn(content, place, rows, columns)
    for fixed, lines, size in ((0, rows, 9), (1, columns, 11)):
        whole = np.concatenate([lines, np.setdiff1d(np.arange(size), lines)])
        for a in range(len(lines)):
            for b in range(a + 1, size):
                other = whole.copy()
                other[[a, b]] = whole[[b, a]]
                pair = (other[:7], columns) if fixed == 0 else (rows, other[:9])
                assert drawn(content, place, *pair) >= least * (1 - 1e-5)
