"""eSpine's equations against the percentages and figures that it published."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.hardware import load_technology
from snnmap.physics.espine import (
    EspineCell,
    effective_lifetime,
    endurance_map,
    espine_endurance,
    path_currents,
    path_resistances,
    self_heating,
    spike_power,
)
from snnmap.physics.thermal import Sheet, coupled_rise

CELL = EspineCell.of(load_technology("espine-pcm-65"))


@pytest.mark.parametrize(("n", "percent"), [(32, 13.3), (64, 25.1), (128, 39.2), (256, 55.8)])
def test_published_current_differences(n, percent):
    """eSpine: the longest path carries so much less current than the shortest; within 0.7 points."""
    current = path_currents((n, n), CELL)
    without_wires = current[-1, 0] * (690 + 2.5 + 1.0) / 690
    assert 100 * (1 - current[0, -1] / without_wires) == pytest.approx(percent, abs=0.7)


def test_path_currents_follow_the_wires():
    current = path_currents((6, 4), CELL)
    assert current[0, -1] == current.min() == pytest.approx(CELL.spike_current)
    assert current[-1, 0] == current.max()
    volts = CELL.spike_current * (690 + 4 * 2.5 + 6 * 1.0)
    for i, j in ((0, 0), (5, 0), (5, 3), (2, 1)):
        assert current[i, j] == pytest.approx(volts / (690 + 2.5 * (j + 1) + 1.0 * (6 - i)))


def test_self_heating_is_the_fixed_point():
    """l^2/(kV) = 0.72 K/uW, tau 36 ns (PHYSICS section 9); both equations hold at the returned state."""
    printed = 0.72e6 * (1 - np.exp(-40 / 36))
    for alpha in (2.25, 2.25e6):
        cell = replace(CELL, crystallisation=alpha)
        rise, resistance = self_heating([200e-6, 100e-6], cell)
        np.testing.assert_allclose(rise, np.array([200e-6, 100e-6]) ** 2 * resistance * printed, rtol=1e-9)
        crystalline = np.exp(-alpha * rise / 810 * 40e-9)
        np.testing.assert_allclose(resistance, 1e4 + (1 - crystalline) * 19e4, rtol=1e-9)
    assert resistance[0] > 1.5e4  # the second alpha matters


def test_the_rise_of_the_paper_comes_from_the_power_of_the_path():
    """R_th 10.4 K/uW: I^2 x 690 ohm, which the source delivers, makes the rise of the printed I^2 x 10 kohm."""
    assert CELL.thermal_resistance == pytest.approx(10.4e6, rel=0.005)
    assert CELL.warmed == pytest.approx(1 - np.exp(-40 / 36))
    rise, _ = self_heating(path_currents((128, 128), CELL), CELL)
    power = spike_power((128, 128), CELL)
    np.testing.assert_allclose(power.cell * CELL.heating, rise, rtol=2e-6)  # R_PCM has left R_set by a ppm
    assert (1e4 * path_currents((128, 128), CELL) ** 2 / power.source).max() == pytest.approx(14.4, abs=0.05)


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.floats(0, 100), st.floats(0, 100), st.floats(1, 1e5), st.floats(1e-7, 1e-3), st.floats(0, 1e7), st.floats(1, 50),
)  # fmt: skip
def test_no_cell_dissipates_more_than_its_source_delivers(shape, word, bit, path, current, alpha, reset):
    cell = replace(
        CELL, r_wordline=word, r_bitline=bit, path_resistance=path, spike_current=current, crystallisation=alpha,
        r_reset=reset * CELL.r_set,
    )  # fmt: skip
    power = spike_power(shape, cell)
    assert np.all(power.cell <= power.source * (1 + 1e-12))
    wires = path_currents(shape, cell) ** 2 * (path_resistances(shape, cell) - path)
    np.testing.assert_allclose(power.source, power.cell + wires, rtol=1e-9)


def test_gamma_of_the_file_is_calibrated():
    """The near corner of 128 x 128 at 65 nm survives 1e6 spikes, the far corner about 1e10."""
    endurance = endurance_map((128, 128), CELL)
    assert endurance[-1, 0] == endurance.min() == pytest.approx(1e6, rel=0.01)
    assert endurance[0, -1] == endurance.max() == pytest.approx(1e10, rel=0.05)
    rise, _ = self_heating(path_currents((128, 128), CELL), CELL)
    assert (CELL.ambient + rise[-1, 0]) * np.log(1e6) == pytest.approx(CELL.gamma, rel=1e-4)
    assert espine_endurance([900.0], 12434.0)[0] == pytest.approx(1e6, rel=1e-3)
    assert espine_endurance([540.0], 12434.0)[0] == pytest.approx(1e10, rel=0.01)
    assert espine_endurance([298.0, 900.0], 1000.0) == pytest.approx([28.7, 3.04], rel=0.01)  # gamma as printed


def test_scaling_makes_the_spread_worse():
    spread = []
    for node in (65, 45, 32, 22, 16):
        endurance = endurance_map((128, 128), EspineCell.of(load_technology(f"espine-pcm-{node}")))
        spread.append(endurance.max() / endurance.min())
    assert spread == sorted(spread)


def test_effective_lifetime_is_the_weakest_used_cell():
    endurance = np.array([[1e6, 1e8], [1e7, 1e9]])
    activations = np.array([[0, 10], [2, 5]])
    assert effective_lifetime(endurance, activations) == 5e6
    assert effective_lifetime(endurance, 10 * activations) == 5e5
    assert effective_lifetime(endurance, 0 * activations) == np.inf


def test_neighbours_shorten_life():
    sheet, shape = Sheet.of(load_technology("espine-pcm-65")), (16, 16)
    alone = endurance_map(shape, CELL)
    own, _ = self_heating(path_currents(shape, CELL), CELL)
    power = spike_power(shape, CELL).cell

    def coupled(duty):
        return espine_endurance(CELL.ambient + coupled_rise(sheet, own, power, duty), CELL.gamma)

    np.testing.assert_allclose(coupled(np.zeros(shape)), alone)
    assert np.all(coupled(np.full(shape, 1e-3)) < alone)
    corner = np.zeros(shape)
    corner[0, 0] = 1e-2
    near = coupled(corner) / alone
    assert near[0, 1] < near[8, 8] < 1.0
    assert near[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "value"), [("r_reset", 1.0), ("gamma", 0.0), ("r_wordline", -1.0)])
def test_constants_must_make_sense(name, value):
    with pytest.raises(InputError, match=name):
        replace(CELL, **{name: value})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: effective_lifetime([1.0], [1.0, 2.0]), "shapes differ"),
        (lambda: espine_endurance([0.0], 1e4), "above 0 K"),
        (lambda: path_currents((0, 3), CELL), "rows"),
    ],
)
def test_bad_arguments(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_resistance_that_creeps_is_refused():
    """Where a step hardly closes the gap to the next, r_set -> 0 at a slope of one, ten thousand are not enough."""
    slope_one = 810 / (40e-9 * (200e-6) ** 2 * CELL.heating * 2e5 * 690 / 1e4)
    with pytest.raises(InputError, match="do not settle"):
        self_heating([200e-6], replace(CELL, r_set=0.1, crystallisation=slope_one))
