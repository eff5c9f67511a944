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
