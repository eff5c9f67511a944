"""Each method of the crossbar solver against another one: closed form, iteration, elimination, Newton."""

import numpy as np
import pytest
from oracles import nodal
from support.cell_arrays import MODES, array, error

from snnmap.core.errors import SnnmapError
from snnmap.physics import crossbar_lines
from snnmap.physics.crossbar import Wires, array_power, cell_currents, cell_currents_nonlinear, transfer_tensor
from snnmap.physics.kernels import crossbar as kernels


@pytest.mark.parametrize("inactive", MODES)
def test_iteration_and_elimination_agree_up_to_huge_wire_resistance(inactive):
    case = array(2, 32, 32, 1) | {"wires": Wires(2e4, 1e4, 50.0, 50.0)}  # N^2 R G = 2000
    copies = 2 * (32 + 32)
    direct = cell_currents(**case | {"V": np.tile(case["V"], copies), "active": np.tile(case["active"], copies)},
                           inactive=inactive)  # fmt: skip
    assert error(cell_currents(**case, inactive=inactive), direct[:, :, :1]) < 1e-10


def test_elimination_answers_where_the_iteration_stalls():
    case = array(3, 32, 32, 1, open_share=0.0) | {"wires": Wires(1e7, 1e7, 0.0, 0.0)}
    everywhere, nowhere = np.ones((1, 32), bool), np.zeros((1, 32), bool)
    volts = np.ascontiguousarray(case["V"].T)
    wrong = np.zeros((1, 32, 32))
    iterations = kernels.solve_patterns(
        case["G"], volts, np.zeros((32, 32)), everywhere, nowhere, case["wires"].lines, crossbar_lines.TOLERANCE, wrong
    )
    assert iterations[0] == -1
    case["active"][:] = True
    expected = transfer_tensor(G=case["G"], wires=case["wires"]) @ case["V"]
    assert error(wrong[0, :, :, None], expected) > 1e-9
    assert error(cell_currents(**case, inactive="grounded"), expected) < 1e-9


@pytest.mark.parametrize("inactive", MODES)
def test_shared_and_single_masks_mixed_in_one_call(inactive):
    case = array(13, 5, 4, 60)
    case["active"][:, 10:] = case["active"][:, 9:10]
    case["active"][:, 3] = False
    case["active"][:, 4] = [True, False, False, False, False]
    assert error(cell_currents(**case, inactive=inactive), nodal.currents(**case, inactive=inactive)) < 1e-10


def test_nonlinear_cells_with_slopes_over_many_decades():
    """Newton steps whose tangent arrays stall the iteration are solved by elimination."""
    rng = np.random.default_rng(17)
    case = {
        "G": 10.0 ** rng.uniform(-7, -3, (20, 30)),
        "V": rng.uniform(-0.5, 1.0, (20, 1)),
        "active": rng.random((20, 1)) < 0.7,
        "wires": Wires(0.0, 20.0, 0.5, 1e4),
    }
    found = cell_currents_nonlinear(**case, inactive="gated", k=200.0)
    power = array_power(currents=found, **case, k=200.0)
    np.testing.assert_allclose(power.source, power.cells + power.wires, rtol=1e-9)


def test_newton_says_when_it_does_not_converge(monkeypatch):
    monkeypatch.setattr(crossbar_lines, "NEWTON_STEPS", 1)
    with pytest.raises(SnnmapError, match="did not converge in 1 Newton steps; lower k = 20"):
        cell_currents_nonlinear(**array(18), inactive="grounded", k=20.0)


@pytest.fixture
def large(monkeypatch):
    """As if every transfer tensor were too large; the patterns that were solved by themselves."""
    monkeypatch.setattr(crossbar_lines, "TENSOR_BYTES", 0)
    alone = []
    each = crossbar_lines._solve_each
    monkeypatch.setattr(crossbar_lines, "_solve_each", lambda G, V, *rest: (alone.append(len(V)), each(G, V, *rest))[1])
    return alone


def patterns_of_every_kind(rows, patterns):
    """One row alone, all, half, every other, smooth, none, and random ones; V (rows, patterns)."""
    V = np.random.default_rng(3).uniform(-0.2, 0.3, (rows, patterns))
    V[:, :6] = 0.0
    V[rows // 3, 0], V[:, 1], V[: rows // 2, 2], V[::2, 3], V[:, 4] = 0.2, 0.2, 0.2, 0.2, np.linspace(0.0, 0.2, rows)
    return V


@pytest.mark.parametrize("inactive", MODES)
@pytest.mark.parametrize(
    "wires", [Wires(2.5, 1.5, 30.0, 20.0), Wires(0.0, 3.0, 0.0, 0.0), Wires(300.0, 200.0, 0.0, 9.0)]
)
def test_patterns_that_take_the_steps_of_another_equal_the_tensor(large, monkeypatch, inactive, wires):
    """More patterns than go abreast, not a multiple of them; the same rows on in all but five."""
    patterns = 2 * crossbar_lines.ABREAST + 5
    case = array(21, 40, 56, patterns) | {"wires": wires, "V": patterns_of_every_kind(40, patterns)}
    case["active"][:, 5:] = case["active"][:, 5:6]
    found = cell_currents(**case, inactive=inactive)
    if inactive != "floating":
        assert sum(large) <= 5
    monkeypatch.setattr(crossbar_lines, "TENSOR_BYTES", 2**31)
    for p in range(patterns):
        single = {name: case[name][:, [p]] for name in ("V", "active")}
        assert error(found[:, :, [p]], cell_currents(**case | single, inactive=inactive)) < 1e-10
    exact = transfer_tensor(G=case["G"] * case["active"][:, [9]], wires=wires) @ case["V"][:, 5:]
    if inactive == "gated":
        assert error(found[:, :, 5:], exact) < 1e-12


def test_512_lines_follow_without_being_told(monkeypatch):
    """The tensor of 512 x 512 cells would cost more than all patterns."""
    followed = []
    monkeypatch.setattr(
        crossbar_lines, "_follow", lambda G, V, *_: (followed.append(len(V)), np.zeros((*G.shape, 1)))[1]
    )
    case = array(24, 512, 512, 40)
    case["active"][:] = True
    cell_currents(**case, inactive="grounded")
    assert followed == [40]


def test_followers_do_not_depend_on_who_goes_abreast_nor_on_how_many_cores(large, monkeypatch):
    case = array(22, 30, 25, 70)
    case["active"][:] = True
    found = cell_currents(**case, inactive="grounded")
    monkeypatch.setattr(crossbar_lines, "ABREAST", 9)
    monkeypatch.setattr(crossbar_lines.os, "cpu_count", lambda: 3)
    np.testing.assert_array_equal(cell_currents(**case, inactive="grounded"), found)
    assert sum(large) == 0


def test_a_follower_that_has_not_arrived_is_solved_by_itself(large, monkeypatch):
    """The leader stops too soon: its followers' errors are known, and none is kept."""
    case = array(23, 30, 25, 40)
    case["active"][:] = True
    exact = cell_currents(**case, inactive="grounded")
    monkeypatch.setattr(crossbar_lines, "LEADER_TOLERANCE", 1e-3)
    found = cell_currents(**case, inactive="grounded")
    assert sum(large) == 40
    assert error(found, exact) < 1e-10
    rows, V = np.arange(30), np.ascontiguousarray(case["V"].T)
    series = crossbar_lines._series(rows, 30, 25, case["wires"].lines)
    grid, steps, taken = crossbar_lines.survey(case["G"], *series, np.zeros(30, bool), V[0], 1e-3)
    wrong = np.zeros((40, 30, 25))
    bound = crossbar_lines._followed(grid, V, steps[:taken], rows, wrong)
    truth = np.moveaxis(exact, 2, 0)
    off = np.abs(wrong - truth).max((1, 2)) / np.abs(truth).max((1, 2))
    assert off.max() > 1e-8
    assert np.all(off <= bound)


def test_a_leader_that_stalls_leaves_all_to_elimination(large):
    case = array(3, 32, 32, 40, open_share=0.0) | {"wires": Wires(1e7, 1e7, 0.0, 0.0)}
    case["active"][:] = True
    expected = transfer_tensor(G=case["G"], wires=case["wires"]) @ case["V"]
    assert error(cell_currents(**case, inactive="grounded"), expected) < 1e-9
    assert sum(large) == 40
