"""The descents to an even temperature, exchange by exchange, against fields that are solved anew for each of them."""

import numpy as np
import pytest
from oracles import thermal_sheet

from snnmap.physics.fields import exchanges
from snnmap.physics.thermal import Sheet
from snnmap.stages.wire.even_heat import fields_of
from snnmap.stages.wire.kernels.even import even, judge, smooth

SHEETS = (Sheet(1.0, 2.0, 3.0), Sheet(1.5, 0.5, 2.0))


class Case:
    """Lines of cells that draw `contents` x `places` in one or two modes, and how their fields are judged."""

    def __init__(self, seed, shape, modes, *, room):
        rng = np.random.default_rng(seed)
        self.contents = [rng.integers(0, 9, shape) * (rng.random(shape) < 0.7) * 1.0 for _ in range(modes)]
        for content in self.contents[1:]:  # a line that is alike in the first mode alone
            content[0] = content[1] + 0.5
        self.contents[0][0] = self.contents[0][1]
        up, along = np.arange(shape[0], 0, -1.0)[:, None], np.arange(1.0, shape[1] + 1)[None, :]
        self.places = [1.0 / (1.0 + s * up + 2.0 * s * along) ** 2 for s in (0.2, 0.05)[:modes]]
        self.worth, self.mean = np.array([2.0, 0.7])[:modes], float(rng.choice([0.0, 0.8]))
        self.units = [self.response(sheet) for sheet in SHEETS[:modes]]
        self.limit = np.full(modes, np.inf)
        self.limit = self.judged(np.arange(shape[0]))[1] * room
        lines = [
            exchanges(sheet, place).rows.lines(content)
            for sheet, place, content in zip(SHEETS, self.places, self.contents, strict=False)
        ]
        self.fields = fields_of(lines, self.worth, self.limit, self.mean)

    def response(self, sheet):
        """Rise of every cell for a watt in every other, per vertical conductance."""
        shape = self.contents[0].shape
        unit = np.eye(shape[0] * shape[1]).reshape(-1, *shape)
        rises = [thermal_sheet.rise(u, sheet.vertical, sheet.row, sheet.column).ravel() for u in unit]
        return np.array(rises) * sheet.vertical

    def judged(self, at):
        """Rises of all modes and power in each."""
        grids = [(content[at] * place).ravel() for content, place in zip(self.contents, self.places, strict=True)]
        rises = [grid @ unit for grid, unit in zip(grids, self.units, strict=True)]
        return rises, np.array([grid.sum() for grid in grids])

    def descended(self, at, order, spread):
        """Lines after exchanging every pair that lowers the sum of worth x (`spread` + mean) and passes no limit."""

        def cost(rises):
            return sum(w * (spread(rise) + self.mean * rise.mean()) for w, rise in zip(self.worth, rises, strict=True))

        at, kept = at.copy(), 0
        least = cost(self.judged(at)[0])
        for n, a in enumerate(order):
            for b in order[n + 1 :]:
                tried = at.copy()
                tried[[a, b]] = at[[b, a]]
                rises, power = self.judged(tried)
                if np.all(power <= self.limit) and cost(rises) < least * (1.0 - 1e-9):
                    at, least, kept = tried, cost(rises), kept + 1
        return at, least, kept


@pytest.fixture(params=range(16))
def made(request):
    """A case, how many lines it has, and its seed."""
    seed = request.param
    shape = ((7, 5), (6, 6), (16, 3), (5, 9))[seed % 4]
    room = (1.0 + 1e-9, 1.02, 0.99, np.inf)[seed // 2 % 4]
    return Case(seed, shape, 1 + seed // 4 % 2, room=room), shape[0], seed


def test_the_quick_descent_takes_every_exchange_that_lowers_the_deviation(made):
    case, lines, seed = made
    order = np.random.default_rng(seed).permutation(lines)
    at = np.arange(lines)
    wanted, _, kept = case.descended(at, order, lambda rise: 12.0**0.5 * rise.std())
    assert smooth(case.fields, at, order) == kept
    assert at.tolist() == wanted.tolist()


def test_the_exact_descent_takes_every_exchange_that_lowers_the_gradient(made):
    case, lines, seed = made
    order = np.random.default_rng(seed).permutation(lines)
    at = np.random.default_rng(seed + 1).permutation(lines)
    wanted, cost, _ = case.descended(at, order, np.ptp)
    assert even(case.fields, at, order) == pytest.approx(cost, rel=1e-9)
    assert at.tolist() == wanted.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_the_exact_descent_knows_the_gradient_though_it_works_out_few_lines(seed):
    rng, shape = np.random.default_rng(seed), (40, 30)
    place = 1.0 / (1.0 + 0.05 * np.arange(40.0)[:, None] + 0.1 * np.arange(30.0)) ** 2
    contents = [rng.lognormal(0.0, 1.0, (40, 1)) * (rng.random(shape) < density) for density in (1.0, 0.5)]
    wide = [exchanges(sheet, place) for sheet in (Sheet(1.0, 40.0, 60.0), Sheet(1.0, 5.0, 5.0))]
    lines = [each.rows.lines(content) for each, content in zip(wide, contents, strict=True)]
    fields, at = fields_of(lines, np.array([1.0, 0.3]), np.full(2, np.inf), 0.2), rng.permutation(40)
    for _ in range(2):
        found = even(fields, at, rng.permutation(40))
        assert found == pytest.approx(judge(fields, at)[0] @ fields.worth, rel=1e-12)


def test_fields_are_judged_by_gradient_mean_and_power(made):
    case, lines, seed = made
    at = np.random.default_rng(seed).permutation(lines)
    rises, power = case.judged(at)
    costs, total = judge(case.fields, at)
    assert costs.tolist() == pytest.approx([np.ptp(rise) + case.mean * rise.mean() for rise in rises])
    assert total.tolist() == pytest.approx(power.tolist())


def test_an_array_that_draws_nothing_or_the_same_everywhere_stays():
    case = Case(3, (4, 3), 1, room=np.inf)
    case.contents[0][:] = 0.0
    lines = [exchanges(SHEETS[0], case.places[0]).rows.lines(case.contents[0])]
    fields, at = fields_of(lines, np.ones(1), np.full(1, np.inf), 0.0), np.array([2, 0, 3, 1])
    assert smooth(fields, at, np.arange(4)) == 0
    assert even(fields, at, np.arange(4)) == 0.0
    assert at.tolist() == [2, 0, 3, 1]
