"""The climb to an even temperature: against brute force, never worse than its start, and what it refuses."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from oracles import thermal_sheet
from support.crossbars import crossbars
from support.machines import mesh

from snnmap.analysis.view import ClusteringView
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.physics.fields import exchanges
from snnmap.physics.thermal import Sheet
from snnmap.stages.protocols import CellPower, Run, WiringProblem
from snnmap.stages.wire import EvenHeat, Identity, even_heat
from snnmap.stages.wire.content import content_of
from snnmap.stages.wire.even_heat import fields_of
from snnmap.stages.wire.kernels.even import even, judge, smooth

SHEET = Sheet(1.0, 2.0, 3.0)


def place_map(shape, strength=0.2):
    up, along = np.arange(shape[0], 0, -1.0)[:, None], np.arange(1.0, shape[1] + 1)[None, :]
    return 1.0 / (1.0 + strength * up + 2.0 * strength * along) ** 2


def problem(shapes, size, seed=0, density=0.7):
    """Separate crossbars of `shapes` on arrays of `size`, and what their cells draw."""
    graph, clustering, cells = crossbars(np.random.default_rng(seed), shapes, density)
    power = CellPower(None, 0.0, place_map(size), SHEET)
    machine = mesh(1, len(shapes), rows=size[0], columns=size[1])
    return WiringProblem(ClusteringView(graph, clustering), machine, np.ones(size), lambda: (power,)), cells


def drawn(asked, wiring, cluster=0):
    """Power of every cell, cell by cell."""
    view, power = asked.view, asked.power()[0]
    c, grid = view.clustering, np.zeros(power.place.shape)
    for r in range(c.row_ptr[cluster], c.row_ptr[cluster + 1]):
        for cell in range(view.cells.ptr[r], view.cells.ptr[r + 1]):
            i, j = wiring.row[r], wiring.column[view.cells.column[cell]]
            share = 1.0 if power.share is None else power.share[view.cells.synapse[cell]]
            grid[i, j] += view.graph.spikes[c.row_source[r]] * share * power.place[i, j]
    return grid


def cost_of(grid, weight=0.0):
    rise = thermal_sheet.rise(grid, SHEET.vertical, SHEET.row, SHEET.column)
    return float(np.ptp(rise) + weight * rise.mean())


def brute_force(content, place, weight):
    """Least cost over all wirings that draw no more than the lines as numbered: every order of rows and of columns."""
    rows, columns = content.shape
    unit = np.zeros((rows * columns, rows, columns))
    unit.reshape(rows * columns, -1)[np.arange(rows * columns), np.arange(rows * columns)] = 1.0
    response = np.array([thermal_sheet.rise(u, SHEET.vertical, SHEET.row, SHEET.column).ravel() for u in unit])
    limit, best = (content * place).sum(), np.inf
    for row in permutations(range(rows)):
        grids = np.array([(content[list(row)][:, list(c)] * place).ravel() for c in permutations(range(columns))])
        rise = grids @ response
        cost = np.ptp(rise, axis=1) + weight * rise.mean(axis=1)
        cost[grids.sum(axis=1) > limit * (1 + 1e-9)] = np.inf
        best = min(best, float(cost.min()))
    return best


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_small_crossbars_reach_the_optimum(weight):
    optimal, cases = 0, 0
    for seed in range(40):
        size = [(4, 4), (3, 4), (4, 2), (2, 3)][seed % 4]
        used = (size[0] - seed // 4 % 2, size[1])
        asked, cells = problem([used], size, seed)
        wiring = EvenHeat(mean_weight=weight)(asked, Run(np.random.default_rng(seed)))
        content = np.zeros(size)
        content[: used[0], : used[1]] = cells * asked.view.graph.spikes[: used[0], None]
        best, got = brute_force(content, asked.power()[0].place, weight), cost_of(drawn(asked, wiring), weight)
        assert got >= best * (1 - 1e-9)
        assert got <= 1.05 * best
        optimal += got <= best * (1 + 1e-9)
        cases += 1
    assert optimal >= 0.9 * cases


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_larger_crossbars_get_evener_and_draw_no_more(weight):
    asked, _ = problem([(20, 16), (9, 14), (24, 5)], (24, 16), 5, 0.5)
    wiring = EvenHeat(mean_weight=weight)(asked, Run(np.random.default_rng(1)))
    numbered = Identity()(asked, Run(np.random.default_rng(1)))
    for k in range(3):
        before, after = drawn(asked, numbered, k), drawn(asked, wiring, k)
        assert cost_of(after, weight) < 0.6 * cost_of(before, weight)
        assert after.sum() <= before.sum() * (1 + 1e-9)
        rows = asked.view.clustering.row_ptr
        assert len(set(wiring.row[rows[k] : rows[k + 1]].tolist())) == rows[k + 1] - rows[k]


def test_many_crossbars_are_evened_by_deviation_alone_in_one_round():
    asked, _ = problem([(20, 16), (9, 14), (24, 5)], (24, 16), 5, 0.5)
    run = [Run(np.random.default_rng(1)) for _ in range(3)]
    quick = EvenHeat(many=2)(asked, run[0])
    told = EvenHeat(rounds=1, exact=False)(asked, run[1])
    np.testing.assert_array_equal(quick.row, told.row)
    thorough = EvenHeat(many=3)(asked, run[2])
    numbered = Identity()(asked, Run(np.random.default_rng(1)))
    costs = [sum(cost_of(drawn(asked, w, k), 0.0) for k in range(3)) for w in (thorough, quick, numbered)]
    assert costs[0] < costs[1] < costs[2]


def test_the_mean_weighs_in():
    asked, _ = problem([(20, 12)], (24, 16), 2, 0.5)
    means = []
    for weight in (0.0, 50.0):
        wiring = EvenHeat(mean_weight=weight)(asked, Run(np.random.default_rng(1)))
        means.append(drawn(asked, wiring).sum())
    assert means[1] < 0.99 * means[0]


def test_shares_and_background_are_drawn():
    asked, cells = problem([(4, 3)], (4, 4), 1, 0.5)
    share = np.linspace(0.2, 1.0, int(cells.sum()))
    power = CellPower(share, 0.1, place_map((4, 4)), SHEET)
    content = content_of(asked, power, 0)
    spikes = asked.view.graph.spikes[:4]
    assert content[:, 3].tolist() == [0.0] * 4
    assert content[:, :3][cells] == pytest.approx((spikes[:, None] * np.ones(3))[cells] * share)
    assert content[:, :3][~cells] == pytest.approx((spikes[:, None] * 0.1 * np.ones(3))[~cells])


def two_modes(asked, seed=3):
    """Problem with a second mode, whose cells draw by their weights on places that differ less."""
    size = asked.power()[0].place.shape
    share = np.random.default_rng(seed).uniform(0.1, 1.0, asked.view.graph.network.synapses)
    other = CellPower(share, 0.1, place_map(size, 0.02), Sheet(1.0, 0.5, 2.0))
    return replace(asked, power=lambda: (*asked.power(), other))


def gradients(asked, wiring):
    """Of every mode, cell by cell and by an independent solve; background cells count in the second."""
    found = []
    for power in asked.power():
        content = content_of(asked, power, 0)
        grid = np.zeros_like(content)
        grid[np.ix_(wiring.row, wiring.column)] = content[: len(wiring.row), : len(wiring.column)]
        rise = thermal_sheet.rise(grid * power.place, power.sheet.vertical, power.sheet.row, power.sheet.column)
        found.append(float(np.ptp(rise)))
    return np.array(found)


def test_all_modes_get_evener_and_the_first_counts_most():
    one, _ = problem([(12, 10)], (14, 12), 6, 0.6)
    asked = two_modes(one)
    numbered = gradients(asked, Identity()(asked, Run(np.random.default_rng(0))))
    both, alone = (gradients(asked, EvenHeat()(a, Run(np.random.default_rng(0)))) / numbered for a in (asked, one))
    assert both.max() < 0.75
    assert both[1] < 0.99 * alone[1]
    assert both[0] < 1.2 * alone[0]


def test_the_cost_of_a_descent_is_that_of_its_lines():
    asked = two_modes(problem([(12, 10)], (14, 12), 6, 0.6)[0])
    powers = asked.power()
    swaps = [exchanges(power.sheet, power.place) for power in powers]
    lines = [swap.rows.lines(content_of(asked, power, 0)) for swap, power in zip(swaps, powers, strict=True)]
    worth, at = np.array([2.0, 0.3]), np.arange(14)
    fields = fields_of(lines, worth, np.full(2, np.inf), 0.5)
    start = judge(fields, at)[0] @ worth
    order = np.random.default_rng(1).permutation(14)
    assert smooth(fields, at, order) > 0
    reached = even(fields, at, order)
    assert reached == pytest.approx(judge(fields, at)[0] @ worth, rel=1e-12)
    assert reached < 0.8 * start
    tight = fields_of(lines, worth, judge(fields, at)[1] * (1 - 1e-6), 0.5)
    settled = at.copy()
    even(tight, settled, order)
    assert np.all(judge(tight, settled)[1] <= tight.limit) or settled.tolist() == at.tolist()


def test_same_seed_same_lines_and_the_deadline_leaves_lines_as_numbered():
    asked, _ = problem([(10, 8)], (12, 10), 4)
    told = []
    one, two = (EvenHeat()(asked, Run(np.random.default_rng(7), lambda *a: told.append(a))) for _ in range(2))
    assert (one.row.tolist(), one.column.tolist()) == (two.row.tolist(), two.column.tolist())
    assert told[0][:3] == ("wire", 1, 1)
    late = EvenHeat()(asked, Run(np.random.default_rng(7), deadline=0.0))
    assert late.row.tolist() == list(range(10))


def test_what_is_refused():
    for weight in (-0.1, float("nan"), float("inf")):
        with pytest.raises(InputError, match=r"thermal:WEIGHT.*0 or more"):
            EvenHeat(mean_weight=weight)
    asked, _ = problem([(5, 3)], (4, 4))
    with pytest.raises(InfeasibleError):
        EvenHeat()(asked, Run(np.random.default_rng(0)))
    blind = WiringProblem(asked.view, mesh(1, 1, rows=8, columns=8), np.ones((8, 8)))
    with pytest.raises(InputError, match="what heats the arrays"):
        EvenHeat()(blind, Run(np.random.default_rng(0)))


def test_a_mode_that_draws_nothing_does_not_stop_the_others():
    one, _ = problem([(6, 5)], (6, 5), 3)
    powers = two_modes(one).power()
    content = content_of(one, powers[0], 0)
    swaps = [exchanges(power.sheet, power.place) for power in powers]
    spot = EvenHeat().search([content, content * 0.0], swaps, np.random.default_rng(0))
    place = powers[0].place
    assert cost_of(content[spot.row][:, spot.column] * place) < 0.9 * cost_of(content * place)


@pytest.mark.parametrize(("small", "climbs"), [(0, 1), (11, 1), (12, 2), (23, 2), (24, 3)])
def test_small_crossbars_are_climbed_from_random_lines_too(monkeypatch, small, climbs):
    """An array of 4 x 3 cells: once from the lines as numbered, and `small` // 12 times from others."""
    starts = []
    climbed = EvenHeat._climbed
    monkeypatch.setattr(
        EvenHeat,
        "_climbed",
        lambda self, crossbar, start, rng: starts.append(start) or climbed(self, crossbar, start, rng),
    )
    asked, _ = problem([(4, 3)], (4, 3), 1)
    EvenHeat(small=small)(asked, Run(np.random.default_rng(0)))
    assert len(starts) == climbs
    assert starts[0].row.tolist() == [0, 1, 2, 3]
    assert all(sorted(start.row.tolist()) == [0, 1, 2, 3] for start in starts)
    assert EvenHeat().small == 1600


@pytest.mark.parametrize(
    ("kept", "costs", "rounds"),
    [
        ([100, 6, 5, 9], [10.0, 9.5], (3, 1)),
        ([100, 5], [10.0, 8.9, 8.0, 7.2], (2, 3)),
        ([1, 100, 50, 49, 5], [10.0, 9.0], (5, 1)),
        ([0], [10.0, 11.0], (1, 1)),
        ([9] * 9, [2.0**-n for n in range(10)], (8, 8)),
    ],
)
def test_a_descent_goes_on_while_a_round_keeps_or_gains_enough(monkeypatch, kept, costs, rounds):
    """A twentieth of the exchanges of the busiest round before; then a tenth of the cost."""
    asked, _ = problem([(4, 3)], (4, 3), 1)
    powers = asked.power()
    crossbar = even_heat._Crossbar(
        [content_of(asked, powers[0], 0)], [exchanges(powers[0].sheet, powers[0].place)], 0.0
    )
    told = {"smoothed": 0, "evened": 0}

    def next_of(name, values):
        def told_next(*_):
            told[name] += 1
            return values[told[name] - 1]

        return told_next

    monkeypatch.setattr(crossbar, "smoothed", next_of("smoothed", kept))
    monkeypatch.setattr(crossbar, "evened", next_of("evened", costs[1:]))
    monkeypatch.setattr(crossbar, "cost", lambda _: costs[0])
    start = even_heat.Spot(np.arange(4), np.arange(3))
    EvenHeat()._climbed(crossbar, start, np.random.default_rng(0))
    assert (told["smoothed"], told["evened"]) == rounds
