"""Energy per event against hand-worked figures, and the array read against the exact solver's energy balance."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware
from snnmap.physics.crossbar import array_power, cell_currents, gated_row_map
from snnmap.physics.energy import EnergyParts, Events, energy_parts, read_energy, row_read_energy, write_energy

WIRES = {"r_wl": 2.0, "r_bl": 2.0, "r_source": 1.0, "r_sense": 3.0}


def test_one_cell_read_is_a_tenth_of_a_picojoule():
    """PHYSICS 3.7: V^2 G t at 0.2 V, 25 uS, 100 ns."""
    assert row_read_energy([[0.2 * 25e-6]], 0.2, 100e-9)[0] == pytest.approx(0.1e-12)


def test_row_energy_is_cells_plus_wires_of_the_exact_solution():
    G = np.random.default_rng(0).uniform(1e-7, 25e-6, (6, 9))
    rows = row_read_energy(gated_row_map(G=G, V_r=0.2, **WIRES), 0.2, 100e-9)
    V, active = np.full((6, 6), 0.2), np.eye(6, dtype=bool)
    single = cell_currents(G=G, V=V, active=active, inactive="gated", **WIRES)
    power = array_power(currents=single, G=G, V=V, active=active, **WIRES)
    np.testing.assert_allclose(rows, (power.cells + power.wires) * 100e-9, rtol=1e-9)
    np.testing.assert_allclose(rows, 0.2 * 100e-9 * single.sum((0, 1)), rtol=1e-9)


def test_energy_counts_every_spike():
    assert read_energy([1e-12, 2e-12, 5e-12], [10, 0, 3]) == pytest.approx(25e-12)
    with pytest.raises(InputError, match="3 rows"):
        read_energy([1e-12] * 3, [1, 2])
    with pytest.raises(InputError):
        read_energy([1e-12], [-1])


def test_write_energy():
    technology = load_hardware("pcm-mesh").technology
    reset, set_ = 217e-6**2 * 2850 * 40e-9, 108e-6**2 * 2850 * 150e-9
    assert write_energy(technology, 16384, 20) == pytest.approx(16384 * 20 * (reset + set_) / 2)
    assert write_energy(technology, 0, 20) == 0.0


def test_parts_add_up():
    hardware = load_hardware("pcm-mesh")
    events = Events(spikes=100, hops=1000, merges=50, written_cells=0, time=0.3)
    parts = energy_parts(hardware, hardware.technology, events, 1e-9, [1e-6, 2e-6])
    assert parts.parts() == pytest.approx(
        {"array": 1e-9, "neuron": 5e-9, "noc": 3e-9, "merge": 5e-12, "programming": 0.0, "leakage": 0.9e-6}
    )
    assert parts.total == pytest.approx(1e-9 + 5e-9 + 3e-9 + 5e-12 + 0.9e-6)
    assert sum(parts.shares().values()) == pytest.approx(1.0)
    assert EnergyParts(0, 0, 0, 0, 0, 0).shares()["noc"] == 0.0
    with pytest.raises(InputError):
        Events(-1, 0, 0, 0, 0)
