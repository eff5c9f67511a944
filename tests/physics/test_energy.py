"""Energy per event against hand-worked figures, and the array read against the exact solver's energy balance."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware
from snnmap.physics.crossbar import Wires, array_power, cell_currents, gated_row_map
from snnmap.physics.energy import row_read_energy, write_energy

WIRES = Wires(r_wl=2.0, r_bl=2.0, r_source=1.0, r_sense=3.0)


def test_one_cell_read_is_a_tenth_of_a_picojoule():
    """PHYSICS section 3.7: V^2 G t at 0.2 V, 25 uS, 100 ns."""
    assert row_read_energy([[0.2 * 25e-6]], 0.2, 100e-9)[0] == pytest.approx(0.1e-12)


def test_row_energy_is_cells_plus_wires_of_the_exact_solution():
    G = np.random.default_rng(0).uniform(1e-7, 25e-6, (6, 9))
    rows = row_read_energy(gated_row_map(G=G, V_r=0.2, wires=WIRES), 0.2, 100e-9)
    V, active = np.full((6, 6), 0.2), np.eye(6, dtype=bool)
    single = cell_currents(G=G, V=V, active=active, inactive="gated", wires=WIRES)
    power = array_power(currents=single, G=G, V=V, active=active, wires=WIRES)
    np.testing.assert_allclose(rows, (power.cells + power.wires) * 100e-9, rtol=1e-9)
    np.testing.assert_allclose(rows, 0.2 * 100e-9 * single.sum((0, 1)), rtol=1e-9)


def test_write_energy():
    technology = load_hardware("pcm-mesh").technology
    reset, set_ = 217e-6**2 * 2850 * 40e-9, 108e-6**2 * 2850 * 150e-9
    assert write_energy(technology, 20) == pytest.approx(20 * (reset + set_) / 2)
    assert write_energy(technology, 0) == 0.0
    with pytest.raises(InputError, match="pulses"):
        write_energy(technology, -20)
    with pytest.raises(InputError, match="voltage"):
        row_read_energy([[1e-6]], 0.0, 100e-9)
