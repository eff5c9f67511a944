"""Cell, array and chip temperature: analytic cases, an independent sparse solve, conservation, the K0 tail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import thermal_sheet
from scipy.special import k0

from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware, load_technology
from snnmap.physics.crossbar import Wires, gated_row_map
from snnmap.physics.thermal import (
    ChipThermal,
    Sheet,
    cell_power,
    cell_rise,
    coupled_rise,
    mean_cell_rise,
    self_resistance,
    sheet_rise,
)


def test_cell_power_is_in_the_cell_only():
    np.testing.assert_allclose(cell_power([5e-6, 1e-6, 0.0], [25e-6, 0.0, 0.0]), [1e-6, 0.0, 0.0])


def test_cell_rise_and_its_time_constant():
    assert cell_rise([1e-6], 3e6, 10e-9, 1e-6)[0] == pytest.approx(3.0)
    assert cell_rise([1e-6], 3e6, 10e-9, 10e-9)[0] == pytest.approx(3.0 * (1 - np.exp(-1)))
    assert cell_rise([1e-6], 3e6, 10e-9, 0.0)[0] == 0.0
    # dT/dt = P / C - T / tau, integrated in small steps
    temperature, step = 0.0, 1e-12
    for _ in range(20_000):
        temperature += step * (1e-6 * 3e6 - temperature) / 10e-9
    assert cell_rise([1e-6], 3e6, 10e-9, 20e-9)[0] == pytest.approx(temperature, rel=1e-3)


def test_mean_rise_is_proportional_to_duty():
    np.testing.assert_allclose(mean_cell_rise([1e-6], 3e6, [1.0, 0.1, 1e-5]), [3.0, 0.3, 3e-5])
    with pytest.raises(InputError, match="faster than reads"):
        mean_cell_rise([1e-6], 3e6, [1.1])


@settings(deadline=None, max_examples=25)
@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.floats(1e-3, 1e3),
    st.floats(0, 1e3),
    st.floats(0, 1e3),
    st.integers(0, 2**32 - 1),
)
def test_sheet_equals_the_sparse_solve(shape, vertical, row, column, seed):
    power = np.random.default_rng(seed).random(shape)
    got = sheet_rise(Sheet(vertical, row, column), power)
    expected = thermal_sheet.rise(power, vertical, row, column)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12 * expected.max())


def test_real_sheet_equals_the_sparse_solve_to_6e_14():
    sheet = Sheet.of(load_technology("pcm-32"))
    power = np.random.default_rng(0).random((128, 128)) * 1e-6
    expected = thermal_sheet.rise(power, sheet.vertical, sheet.row, sheet.column)
    assert np.abs(sheet_rise(sheet, power) - expected).max() < 1e-12 * expected.max()


def test_heat_out_equals_heat_in_and_uniform_stays_uniform():
    sheet = Sheet(2e-8, 7.5e-6, 3e-6)
    power = np.random.default_rng(1).random((3, 40, 70))
    rise = sheet_rise(sheet, power)
    np.testing.assert_allclose(rise.sum((1, 2)) * sheet.vertical, power.sum((1, 2)), rtol=1e-12)
    np.testing.assert_allclose(sheet_rise(sheet, np.full((9, 5), 1e-6)), 1e-6 / sheet.vertical, rtol=1e-12)
    np.testing.assert_allclose(rise[1], sheet_rise(sheet, power[1]), rtol=1e-13)


def test_tail_of_a_point_source_is_k0():
    """PHYSICS M4: K0(r / lambda) / (2 pi g_l), within 0.6 % from three cells on."""
    sheet = Sheet.of(load_technology("pcm-32"))
    decay = np.sqrt(sheet.row / sheet.vertical)
    assert decay == pytest.approx(18.1, abs=0.1)
    power = np.zeros((401, 401))
    power[200, 200] = 1.0
    rise = sheet_rise(sheet, power)
    for r in (3, 5, 10, 20, 50):
        assert rise[200, 200 + r] == pytest.approx(k0(r / decay) / (2 * np.pi * sheet.row), rel=6e-3)
        assert rise[200 + r, 200] == pytest.approx(rise[200, 200 + r], rel=1e-9)


def test_anisotropy_follows_the_better_metal():
    power = np.zeros((41, 41))
    power[20, 20] = 1.0
    rise = sheet_rise(Sheet(1.0, 100.0, 10.0), power)
    assert rise[20, 25] > 2 * rise[25, 20]  # `row` is along the word line: axis 1


def test_one_mode_is_damped_by_the_analytic_factor():
    sheet, n, m = Sheet(0.3, 5.0, 2.0), 64, 3
    mode = np.cos(np.pi * m * (np.arange(n) + 0.5) / n)
    factor = 0.3 + 2 * 5.0 * (1 - np.cos(np.pi * m / n))
    np.testing.assert_allclose(sheet_rise(sheet, 2.0 + np.tile(mode, (7, 1)))[4], 2 / 0.3 + mode / factor)


def test_grid_refinement_is_of_second_order():
    """The same plate on finer grids approaches the continuous solution of one cosine mode with error ~ pitch^2."""
    side, k_t, h, m = 1.0, 1.0, 4.0, 2
    errors = []
    for n in (16, 32, 64):
        pitch = side / n
        profile = 1.0 + np.cos(np.pi * m * (np.arange(n) + 0.5) / n)
        rise = sheet_rise(Sheet(h * pitch**2, k_t, k_t), np.tile(profile, (n, 1)) * pitch**2)
        exact = 1.0 / h + (profile - 1.0) / (h + k_t * (np.pi * m / side) ** 2)
        errors.append(np.abs(rise[0] - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.05)


def test_self_resistance_is_the_diagonal_of_the_inverse():
    sheet = Sheet(0.5, 3.0, 1.0)
    inverse = np.linalg.inv(thermal_sheet.conductance_matrix((5, 7), 0.5, 3.0, 1.0).toarray())
    np.testing.assert_allclose(self_resistance(sheet, (5, 7)), inverse.diagonal().reshape(5, 7), rtol=1e-12)


def test_coupling_adds_only_the_neighbours():
    sheet, rng = Sheet(0.5, 3.0, 1.0), np.random.default_rng(5)
    own, power, duty = rng.random((5, 7)) * 100, rng.random((5, 7)) * 25, rng.random((5, 7))
    green = np.linalg.inv(thermal_sheet.conductance_matrix((5, 7), 0.5, 3.0, 1.0).toarray())
    np.fill_diagonal(green, 0.0)
    expected = own + (green @ (power * duty).reshape(-1)).reshape(5, 7)
    np.testing.assert_allclose(coupled_rise(sheet, own, power, duty), expected, rtol=1e-12)
    lone = np.zeros((5, 7))
    lone[2, 2] = 10.0
    assert coupled_rise(sheet, lone, lone / 4.0, np.ones((5, 7)))[2, 2] == pytest.approx(10.0)


@pytest.mark.parametrize(("ohm", "coolest"), [(0.54, 2.4), (4.0, 0.8)])
def test_read_heating_across_an_array(ohm, coolest):
    """PHYSICS section 5: reads of 25 uS at 0.2 V and 3 K/uW span 2.4-3.0 K at 65 nm and 0.8-3.0 K at 16 nm."""
    G = np.full((128, 128), 25e-6)
    current = gated_row_map(G=G, V_r=0.2, wires=Wires(ohm, ohm, 0.0, 0.0))
    rise = cell_rise(cell_power(current, G), 3e6, 10e-9, 100e-9)
    assert rise.min() == pytest.approx(coolest, abs=0.05)
    assert rise.max() == pytest.approx(3.0, abs=0.06)


@pytest.mark.parametrize(
    ("pitch", "sheet_kelvin", "spreading_kelvin"), [(400e-9, 4.5, 1.2), (160e-9, 28.0, 2.9), (100e-9, 71.0, 4.7)]
)
def test_regimes_that_the_manual_prints(pitch, sheet_kelvin, spreading_kelvin):
    """PHYSICS section 4: 128 x 128 cells of 1 uW at duty 1."""
    sheet = Sheet(1.4 * pitch**2 / 1e-6, 7.5e-6, 7.5e-6)
    assert sheet_rise(sheet, np.full((128, 128), 1e-6)).max() == pytest.approx(sheet_kelvin, rel=0.02)
    hardware = load_hardware("pcm-mesh").sized(1)
    own = ChipThermal.of(hardware, (1, 1), 0.5e-3, 128 * pitch).own
    assert own * 16384e-6 == pytest.approx(spreading_kelvin, abs=0.08)


def test_chip_matrix_against_the_sparse_solve():
    chip = ChipThermal(width=4, height=3, lateral=0.0195, vertical=0.04, common=40.0, own=100.0)
    power = np.random.default_rng(2).random(12)
    silicon = thermal_sheet.rise(power.reshape(3, 4), 0.04, 0.0195, 0.0195).reshape(-1)
    expected = silicon + 40.0 * power.sum()
    np.testing.assert_allclose(chip.rise(power), expected, rtol=1e-12)
    np.testing.assert_allclose(chip.constriction(0.3 * power), 30.0 * power, rtol=1e-12)
    matrix = chip.matrix()
    np.testing.assert_allclose(matrix @ power, expected, rtol=1e-12)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > 0
    assert matrix[0, 1] > matrix[0, 3] > 0  # nearer tiles couple more
    assert matrix[0, 4] > matrix[0, 8]  # tile 4 lies below tile 0 on a mesh 4 wide


def test_chip_of_a_hardware_record():
    hardware = load_hardware("pcm-mesh").sized(9)
    chip = ChipThermal.of(hardware, (hardware.mesh_width, hardware.mesh_height), 0.5e-3, 128 * 260e-9)
    assert chip.lateral == pytest.approx(130 * 0.15e-3)
    assert chip.vertical == pytest.approx(1 / (20e-6 / (4 * 0.25e-6) + 0.15e-3 / (2 * 130 * 0.25e-6)))
    assert chip.rise(np.full(9, 1e-3)).max() == pytest.approx(0.36 + 1e-3 / chip.vertical)
    cooled = load_hardware("pcm-mesh", None, "hotspot-cpu").sized(9)
    assert ChipThermal.of(cooled, (3, 3), 0.5e-3, 3e-5).common == pytest.approx(1.142)


def test_hotspot_template_heats_1_2_kelvin_per_watt():
    """PHYSICS section 3.6: 1 W uniform on 1 cm2 heats the die 1.2 K (4 x 4 tiles of 2.5 mm, no constriction)."""
    hardware = load_hardware("pcm-mesh", None, "hotspot-cpu")
    rise = ChipThermal.of(hardware, (4, 4), 2.5e-3, 2.5e-3).rise(np.full(16, 1 / 16))
    assert rise.mean() == pytest.approx(1.2, abs=0.03)
    assert np.ptp(rise) < 0.03


@pytest.mark.parametrize(
    "call",
    [
        lambda: sheet_rise(Sheet(1.0, 1.0, 1.0), np.ones(4)),
        lambda: sheet_rise(Sheet(1.0, 1.0, 1.0), -np.ones((2, 2))),
        lambda: Sheet(0.0, 1.0, 1.0),
        lambda: ChipThermal(0, 0, 1.0, 1.0, 1.0, 1.0),
        lambda: ChipThermal(2, 2, 1.0, 1.0, 1.0, 1.0).rise(np.ones(3)),
        lambda: ChipThermal(2, 2, 1.0, 1.0, 1.0, 1.0).constriction(np.ones(3)),
        lambda: ChipThermal(65, 64, 1.0, 1.0, 1.0, 1.0).matrix(),
        lambda: cell_power([1.0], [1.0, 2.0]),
        lambda: cell_rise([1.0], 1.0, 1.0, -1.0),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(InputError):
        call()
