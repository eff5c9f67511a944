"""Least error by exchanges: against every wiring of small crossbars, never above lines as numbered, off stuck cells."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from support.crossbars import crossbars, disturbing, modelled
from support.machines import mesh

from snnmap.analysis.view import ClusteringView
from snnmap.core.errors import InputError
from snnmap.physics.thermal import Sheet
from snnmap.stages.protocols import CellError, CellPower, ErrorModel, Run, WiringProblem
from snnmap.stages.wire import LeastError
from snnmap.stages.wire.kernels.exchange import descend


def problem(seed, shape, size, density=0.7):
    graph, clustering, cells = crossbars(np.random.default_rng(seed), [shape], density)
    machine = mesh(1, 1, rows=size[0], columns=size[1])
    error = disturbing(graph, clustering)
    made = WiringProblem(ClusteringView(graph, clustering), machine, np.ones(size), error=lambda: error)
    return made, error, cells


def wiring(made, algorithm=None, seed=0):
    found = (algorithm or LeastError())(made, Run(np.random.default_rng(seed)))
    return found.row.astype(np.int64), found.column.astype(np.int64)


def placements(size, count):
    return [np.array(lines) for lines in permutations(range(size), count)]


@pytest.mark.parametrize("seed", range(10))
def test_no_wiring_of_a_small_crossbar_disturbs_less(seed):
    made, error, _ = problem(seed, (4, 3), (5, 4))
    model = error.model(0)
    rows = min(modelled(replace(model, columns=np.zeros((3, 3))), r, np.arange(3)) for r in placements(5, 4))
    columns = min(modelled(replace(model, rows=np.zeros((4, 4))), np.arange(4), c) for c in placements(4, 3))
    least = rows + columns  # without stuck cells rows and columns do not touch one another
    assert error.exact(0, wiring(made)) <= least * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_with_stuck_cells_it_is_near_the_least_of_all_wirings(seed):
    made, error, _ = problem(seed, (3, 3), (4, 4))
    rng = np.random.default_rng(seed + 50)
    place = (rng.random((4, 4)) < 0.3).astype(float)
    stuck = 500.0 * rng.random((3, 3)), place
    both = CellError(
        lambda k: replace(error.model(k), pairs=(stuck,)),
        lambda k, lines: modelled(replace(error.model(k), pairs=(stuck,)), *lines),
    )
    found = wiring(replace(made, error=lambda: both))
    least = min(both.exact(0, (r, c)) for r in placements(4, 3) for c in placements(4, 3))
    assert both.exact(0, found) <= 1.05 * least


@pytest.mark.parametrize("seed", range(4))
def test_lines_are_distinct_and_never_worse_than_as_numbered(seed):
    made, error, _ = problem(seed, (20, 13), (24, 17), density=0.4)
    rows, columns = wiring(made)
    assert len(set(rows.tolist())) == 20
    assert len(set(columns.tolist())) == 13
    assert rows.min() >= 0
    assert rows.max() < 24
    assert columns.max() < 17
    assert error.exact(0, (rows, columns)) < 0.95 * error.exact(0, (np.arange(20), np.arange(13)))


@pytest.mark.parametrize("seed", range(3))
def test_no_exchange_of_two_lines_is_left(seed):
    made, error, _ = problem(seed, (9, 7), (11, 9))
    rows, columns = wiring(made)
    least = error.exact(0, (rows, columns))
    for side, lines, size in ((0, rows, 11), (1, columns, 9)):
        whole = np.concatenate([lines, np.setdiff1d(np.arange(size), lines)])
        for a in range(len(lines)):
            for b in range(a + 1, size):
                other = whole.copy()
                other[[a, b]] = whole[[b, a]]
                pair = (other[:9], columns) if side == 0 else (rows, other[:7])
                assert error.exact(0, pair) >= least * (1 - 1e-9)


def test_where_the_exact_cost_says_otherwise_lines_stay_as_numbered():
    made, error, _ = problem(1, (6, 5), (8, 6))

    def exact(_cluster, lines):
        return 1.0 + float(not all(np.array_equal(own, np.arange(len(own))) for own in lines))

    rows, columns = wiring(replace(made, error=lambda: CellError(error.model, exact)))
    assert rows.tolist() == list(range(6))
    assert columns.tolist() == list(range(5))


def test_nothing_that_disturbs_leaves_lines_as_numbered():
    made, error, _ = problem(2, (4, 3), (6, 5))
    silent = CellError(error.model, lambda _k, _lines: 0.0)
    rows, columns = wiring(replace(made, error=lambda: silent))
    assert (rows.tolist(), columns.tolist()) == ([0, 1, 2, 3], [0, 1, 2])


def test_a_stuck_place_is_avoided_where_there_is_room():
    made, _, _ = problem(3, (3, 3), (4, 4), density=1.0)
    place = np.zeros((4, 4))
    place[3, 0] = place[2, 1] = 1.0
    model = ErrorModel(np.eye(3), np.eye(3), ((np.full((3, 3), 100.0), place),))
    error = CellError(lambda _k: model, lambda _k, lines: modelled(model, *lines))
    rows, columns = wiring(replace(made, error=lambda: error))
    assert place[np.ix_(rows, columns)].sum() == 0


def test_a_weight_of_heat_moves_what_draws_to_where_it_draws_less():
    made, _error, cells = problem(4, (5, 4), (8, 8), density=1.0)
    place = 1.0 / (1.0 + 0.3 * np.add.outer(np.arange(8.0)[::-1], np.arange(8.0)))
    power = CellPower(None, 0.0, place, Sheet(1.0, 1.0, 1.0))
    made = replace(made, power=lambda: (power,))
    spikes = made.view.graph.spikes[:5, None] * cells

    def drawn(lines):
        return float((spikes * place[np.ix_(*lines)]).sum())

    cool, warm = (wiring(made, LeastError(heat_weight=weight)) for weight in (10.0, 0.0))
    assert drawn(cool) < 0.9 * drawn(warm)


def test_late_or_large_crossbars_stay_as_numbered(monkeypatch):
    made, _, _ = problem(5, (4, 3), (6, 5))
    late = LeastError()(made, Run(np.random.default_rng(0), deadline=0.0))
    assert late.row.tolist() == [0, 1, 2, 3]
    monkeypatch.setattr("snnmap.stages.wire.least_error.LARGE", 5)
    assert LeastError()(made, Run(np.random.default_rng(0))).row.tolist() == [0, 1, 2, 3]


def test_bad_input_is_refused():
    made, error, _ = problem(0, (2, 2), (4, 4))
    with pytest.raises(InputError, match="give `error`"):
        wiring(replace(made, error=None))
    with pytest.raises(InputError, match="give `power`"):
        wiring(replace(made, error=lambda: error), LeastError(heat_weight=1.0))
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="heat_weight"):
            LeastError(heat_weight=weight)


@pytest.mark.parametrize("seed", range(8))
def test_what_a_descent_saves_is_what_a_recount_says(seed):
    rng = np.random.default_rng(seed)
    n = 9
    flow = rng.integers(-5, 20, (n, n))
    flow, reach, linear = flow + flow.T, rng.integers(0, 9, (n, n)), rng.integers(0, 50, (n, n))
    reach += reach.T

    def cost(entry):
        line = np.argsort(entry)
        pairs = sum(flow[a, b] * reach[line[a], line[b]] for a in range(n) for b in range(n))
        return int(pairs + sum(linear[a, line[a]] for a in range(n)))

    entry = rng.permutation(n)
    before, by_line = cost(entry), np.ascontiguousarray(flow[np.ix_(entry, entry)])
    saved = descend(by_line, reach, linear, entry, 50)
    assert sorted(entry.tolist()) == list(range(n))
    assert before - cost(entry) == saved
    assert np.array_equal(by_line, flow[np.ix_(entry, entry)])
    for a in range(n):
        for b in range(a):
            other = entry.copy()
            other[[a, b]] = entry[[b, a]]
            assert cost(other) >= cost(entry)
