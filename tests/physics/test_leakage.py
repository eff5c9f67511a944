"""Leakage law against its anchors, the fixed point against brute iteration, runaway."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import load_hardware
from snnmap.physics.leakage import Leakage, loop_gain, settle
from snnmap.physics.thermal import ChipThermal

EV = 1.602176634e-19


def per_width(energy_ev):
    return Leakage(width=1.0, voltage=1.0, current=1e-4, energy=energy_ev * EV)


@pytest.mark.parametrize(
    ("energy", "times_at_400", "doubling"),
    [  # PHYSICS section 3.5: low power, then high performance; x at 400 K and doubling near 310 K
        (0.203, 12.7, 22.5), (0.221, 15.1, 20.9), (0.238, 17.7, 19.7), (0.258, 21.4, 18.4), (0.440, 125, 11.6),
        (0.090, 4.2, 40), (0.096, 4.4, 38), (0.093, 4.3, 39), (0.095, 4.5, 39), (0.264, 22.8, 18.0),
    ],
)  # fmt: skip
def test_anchor_temperatures(energy, times_at_400, doubling):
    leak = per_width(energy)
    at = leak.power([300.0, 400.0])
    assert at[0] == pytest.approx(1e-4, rel=1e-12)
    rounding = 0.05 if times_at_400 < 100 else 0.5  # of the printed table
    assert at[1] / at[0] == pytest.approx(times_at_400, abs=0.02 * times_at_400 + rounding)
    assert np.log(2.0) * leak.power(310.0) / leak.slope(310.0) == pytest.approx(doubling, rel=0.03)


@pytest.mark.parametrize(("energy", "saving"), [(0.203, 0.30), (0.238, 0.34), (0.258, 0.36), (0.440, 0.50)])
def test_what_11_kelvin_save(energy, saving):
    """PHYSICS section 3.5: 311.4 K to 300 K at 65, 32, 22 and 14 nm, low power; the published 52 % is beyond."""
    hot, cool = per_width(energy).power([311.4, 300.0])
    assert 1.0 - cool / hot == pytest.approx(saving, abs=0.007)


def test_default_tile_leaks_most_of_a_microwatt():
    hardware = load_hardware("pcm-mesh")
    leak = Leakage.of(hardware.technology, hardware.leaking_width)
    assert leak.power([300.0])[0] == pytest.approx(0.83e-6, rel=0.01)  # with the drivers of both signs


def test_slope_is_the_derivative():
    leak = per_width(0.203)
    t = np.linspace(300, 420, 7)
    numeric = (leak.power(t + 1e-3) - leak.power(t - 1e-3)) / 2e-3
    np.testing.assert_allclose(leak.slope(t), numeric, rtol=1e-6)


def iterate(chip, power, leak, ambient, steps=20_000):
    """Plain fixed-point iteration with the written-out matrix."""
    matrix, temperature = chip.matrix(), np.full(chip.tiles, ambient)
    for _ in range(steps):
        temperature = ambient + matrix @ (power + leak.power(temperature))
        if not temperature.max() < 1e5:
            return None
    return temperature


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 4), st.integers(1, 3), st.floats(1.0, 300.0), st.floats(1e-6, 0.02), st.integers(0, 1000))
def test_fixed_point_equals_plain_iteration(width, height, common, watts, seed):
    chip = ChipThermal(width, height, 0.02, 0.05, common, 50.0)
    power = np.random.default_rng(seed).random(chip.tiles) * 0.05
    leak = Leakage(watts, 1.0, 1.0, 0.258 * EV)
    expected = iterate(chip, power, leak, 318.15, 3000)
    try:
        got = settle(chip, power, leak, 318.15)
    except InfeasibleError:
        assert expected is None or loop_gain(chip, leak.slope(expected)) > 0.99
        return
    assert expected is not None
    if got.gain < 0.98:
        np.testing.assert_allclose(got.temperature, expected, rtol=1e-7)
    np.testing.assert_allclose(got.leakage, leak.power(got.temperature))
    radius = np.abs(np.linalg.eigvals(chip.matrix() * leak.slope(got.temperature))).max()
    assert got.gain == pytest.approx(radius, rel=1e-6)


def test_gain_up_to_one_is_stable_and_above_runs_away():
    """One tile: the largest width with a fixed point is found by tangency, from both sides."""
    chip = ChipThermal(1, 1, 0.02, 1e9, 40.0, 0.0)

    def stable(width):
        try:
            return settle(chip, np.array([0.1]), Leakage(width, 1.0, 1e-4, 0.258 * EV), 318.15).gain < 1
        except InfeasibleError:
            return False

    low, high = 1e-3, 1e6
    assert stable(low)
    assert not stable(high)
    for _ in range(60):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if stable(middle) else (low, middle)
    # tangency: F(T) = T and F'(T) = 1; with a = E/k: T - T0 = 1 / (2/T + a/T^2), T0 = ambient + R P
    a, start = 0.258 * EV / 1.380649e-23, 318.15 + 4.0
    lower, upper = start, start + 200
    for _ in range(200):
        t = (lower + upper) / 2
        lower, upper = (t, upper) if t - start < 1 / (2 / t + a / t**2) else (lower, t)
    critical = (t - start) / 40.0 / float(Leakage(1.0, 1.0, 1e-4, 0.258 * EV).power([t])[0])
    assert low == pytest.approx(critical, rel=1e-6)


@pytest.mark.parametrize(("watts", "current"), [(0.1, 1e-9), (10.0, 1e-9), (1700.0, 3.2e-4)])
def test_it_settles_however_hot_it_gets(watts, current):
    """What may be missing is a share of the temperature: rounding alone is more where it is very hot."""
    chip = ChipThermal(4, 3, 0.02, 0.05, 20.0, 5.0)
    power, leak = np.random.default_rng(0).random(12) * watts, Leakage(1.0, 1.0, current, 0.0)
    got = settle(chip, power, leak, 300.0)
    rise = chip.matrix() @ (power + leak.power(got.temperature))
    np.testing.assert_allclose(got.temperature, 300.0 + rise, rtol=1e-9)


def test_runaway_says_what_to_change():
    chip = ChipThermal(2, 2, 0.02, 0.05, 400.0, 50.0)
    with pytest.raises(InfeasibleError, match=r"device mode \(temperature runaway") as caught:
        settle(chip, np.zeros(4), Leakage(1.0, 1.0, 0.1, 0.09 * EV), 318.15)
    assert caught.value.asked > caught.value.available == 1.0
    assert "package" in caught.value.remedy


def test_warmer_neighbours_leak_more_and_no_leakage_is_no_feedback():
    chip = ChipThermal(3, 1, 0.001, 0.001, 1.0, 0.0)
    got = settle(chip, np.array([0.05, 0.0, 0.0]), Leakage(1e-2, 1.0, 1e-4, 0.25 * EV), 300.0)
    assert got.leakage[0] > got.leakage[1] > got.leakage[2]
    cold = settle(chip, np.array([0.05, 0.0, 0.0]), Leakage(0.0, 1.0, 1e-4, 0.25 * EV), 300.0)
    assert cold.gain == 0.0
    np.testing.assert_allclose(cold.temperature, 300.0 + chip.rise(np.array([0.05, 0.0, 0.0])))


def test_the_array_beside_the_periphery_adds_to_its_temperature():
    """T = ambient + above + R (P + L(T)): `above` heats where it is, and reaches other tiles only as leakage."""
    chip = ChipThermal(3, 1, 0.02, 0.05, 40.0, 0.0)
    power, above, leak = np.array([0.05, 0.0, 0.01]), np.array([20.0, 0.0, 3.0]), Leakage(0.5, 1.0, 1e-4, 0.44 * EV)
    got = settle(chip, power, leak, 300.0, above)
    rise = chip.matrix() @ (power + leak.power(got.temperature))
    np.testing.assert_allclose(got.temperature, 300.0 + above + rise, rtol=1e-9)
    assert got.leakage[0] > settle(chip, power, leak, 300.0).leakage[0]
    with pytest.raises(InputError, match="above"):
        settle(chip, power, leak, 300.0, [-1.0, 0.0, 0.0])


def test_bad_arguments():
    with pytest.raises(InputError):
        per_width(0.2).power([300.0, 0.0])
    assert per_width(0.0).power([0.5])[0] > 0.0
    assert per_width(0.2).power([]).tolist() == []
    with pytest.raises(InputError):
        Leakage(-1.0, 1.0, 1.0, 1.0)
    with pytest.raises(InputError):
        settle(ChipThermal(2, 1, 1.0, 1.0, 1.0, 0.0), np.ones(3), per_width(0.2), 300.0)
