"""Wear in device mode against hand-worked figures and Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware, load_technology
from snnmap.physics.endurance import (
    ReadDisturb,
    Retention,
    drift_interval,
    lifetime_band,
    state_loss_rate,
    tile_factors,
    weakest,
    wear,
    write_endurance,
)
from snnmap.physics.pcm import drift_exponent, noise_model

EV, K = 1.602176634e-19, 1.380649e-23
DAY, YEAR = 86400.0, 31557600.0
CELLS = (4, 5)
NEVER = np.full(CELLS, np.inf)


def test_write_endurance_falls_with_molten_time():
    assert write_endurance(1e8, 40e-9, 40e-9, 1.5) == 1e8
    assert write_endurance(1e8, 160e-9, 40e-9, 1.5) == pytest.approx(1e8 / 8)


@pytest.mark.parametrize(("celsius", "years"), [(45.0, 4e5), (85.0, 10.0), (105.0, 0.12)])
def test_retention_examples_of_physics_section_5(celsius, years):
    retention = Retention(2.6 * EV, 10 * YEAR, 358.15)
    assert 1 / retention.rate([celsius + 273.15])[0] / YEAR == pytest.approx(years, rel=0.06)


@pytest.mark.parametrize(("energy", "factor"), [(2.3, 3.7), (2.9, 5.2)])
def test_a_five_kelvin_read_pulse_only_counts_while_on(energy, factor):
    retention = Retention(energy * EV, 10 * YEAR, 358.15)
    rest = retention.rate([318.15])[0]
    assert state_loss_rate(retention, 318.15, 5.0, 1.0) / rest == pytest.approx(factor, rel=0.02)
    assert state_loss_rate(retention, 318.15, 5.0, 0.0) / rest == pytest.approx(1.0)
    assert state_loss_rate(retention, 318.15, 5.0, 0.1) / rest == pytest.approx(0.9 + 0.1 * factor, rel=0.02)


def test_arrhenius_slope_of_the_refresh_interval_is_the_activation_energy():
    technology = load_technology("pcm-65")
    retention, temperatures = Retention.of(technology), np.linspace(320, 400, 9)
    intervals = []
    for kelvin in temperatures:
        loss = state_loss_rate(retention, np.full(CELLS, kelvin), np.zeros(CELLS), np.zeros(CELLS))
        got = wear(loss_rate=loss, drift=NEVER, endurance=1e8, program_pulses=20)
        intervals.append(got.refresh_interval)
    slope = np.polyfit(1 / temperatures, np.log(intervals), 1)[0]
    assert slope * K == pytest.approx(technology["activation_energy"], rel=1e-9)
    assert technology["activation_energy"] == pytest.approx(2.3 * EV)


def test_read_only_workload_has_no_programming_damage():
    got = wear(loss_rate=np.zeros(CELLS), drift=NEVER, endurance=1e8, program_pulses=20)
    assert got.lifetime.min() == np.inf
    assert (got.refresh_interval, got.refresh_cause) == (np.inf, "none")
    assert lifetime_band(got.lifetime, 1.0) == (np.inf, np.inf, np.inf)


def test_lifetime_examples_of_physics_section_5():
    daily = wear(loss_rate=np.zeros(CELLS), drift=np.full(CELLS, DAY), endurance=1e8, program_pulses=20)
    assert weakest(daily.lifetime) / YEAR == pytest.approx(13_700, rel=0.001)
    assert daily.refresh_cause == "drift"
    learning = {"loss_rate": np.zeros(CELLS), "drift": NEVER, "program_pulses": 20}
    once = wear(endurance=1e8, plasticity_rate=1.0, **learning)
    assert weakest(once.lifetime) / YEAR == pytest.approx(3.2, abs=0.05)
    assert weakest(wear(endurance=1e6, plasticity_rate=1.0, **learning).lifetime) / DAY == pytest.approx(12, abs=0.5)


@settings(deadline=None, max_examples=30)
@given(st.floats(1e-6, 1e3), st.floats(1.0, 1e3), st.floats(1e-9, 1e-1))
def test_lifetime_scales_as_one_over_rate(rate, factor, loss):
    def life(scale):
        return weakest(
            wear(
                loss_rate=np.full(CELLS, loss * scale),
                drift=NEVER,
                endurance=1e8,
                program_pulses=20,
                reprogram_rate=rate * scale,
                plasticity_rate=np.full(CELLS, rate * scale),
            ).lifetime
        )

    assert life(1.0) / life(factor) == pytest.approx(factor, rel=1e-9)


def test_time_multiplexing_is_writing_and_spares_refreshes():
    base = {"loss_rate": np.zeros(CELLS), "drift": np.full(CELLS, 100.0), "endurance": 1e8, "program_pulses": 20}
    np.testing.assert_allclose(wear(**base, reprogram_rate=1.0).lifetime, 1e8 / 20)
    np.testing.assert_allclose(wear(**base, reprogram_rate=1e-3).lifetime, 1e8 / 20 * 100)


@pytest.mark.parametrize(
    ("loss", "drift", "cause"), [(1 / DAY, YEAR, "read disturb"), (1 / YEAR, DAY, "drift"), (0.0, np.inf, "none")]
)
def test_what_asks_for_the_first_refresh(loss, drift, cause):
    got = wear(loss_rate=[0.0, loss], drift=[np.inf, drift], endurance=1e8, program_pulses=20)
    assert got.refresh_cause == cause


def test_the_weakest_cell_sets_the_refresh():
    loss, drift = np.full(CELLS, 1e-9), np.full(CELLS, 1e7)
    drift[2, 3] = 1e6
    got = wear(loss_rate=loss, drift=drift, endurance=1e8, program_pulses=20)
    assert got.refresh_interval == 1e6
    np.testing.assert_allclose(got.lifetime, 1e8 / 20e-6)


def test_read_disturb_of_oxram():
    """1e6 reads at 0.2 V; bounds 8e3 and 1e8; e-fold per scale."""
    disturb = ReadDisturb.of(load_technology("oxram-22"))
    assert disturb.rate([1000.0], 0.2)[0] == pytest.approx(1e-3)
    assert disturb.rate([1000.0], 0.3)[0] == pytest.approx(1e-3 * np.e)
    assert load_technology("oxram-22").values["read_endurance"].band == (8e3, 1e8)


def test_drift_interval():
    nu = np.array([0.05, 0.1, 0.0])
    got = drift_interval(nu, 0.1, 20.0)
    assert got[2] == np.inf
    np.testing.assert_allclose(((got[:2] + 20) / 20) ** -nu[:2], 0.9)
    hardware = load_hardware("pcm-mesh")
    mean, sd = drift_exponent(noise_model(hardware.technology.noise), [25e-6], 25e-6)
    tolerance = hardware["weight_tolerance"]
    assert drift_interval(mean, tolerance, 20.0)[0] == pytest.approx(152, abs=1)  # without compensation: minutes
    assert drift_interval(sd, tolerance, 20.0)[0] / DAY == pytest.approx(121, abs=1)  # with: months
    assert drift_interval([1e-6], 0.1, 20.0)[0] == np.inf
    assert drift_interval([0.05, 0.05], [1.0, np.inf], 20.0).tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("k", [1, 3])
def test_band_against_monte_carlo(k):
    rng = np.random.default_rng(11)
    median = 10 ** rng.uniform(7, 9, 200)
    got = np.log10(lifetime_band(median, 1.0, k))
    drawn = np.log10(median) + rng.standard_normal((20_000, 200))
    expected = np.quantile(np.partition(drawn, k - 1, axis=1)[:, k - 1], (0.1, 0.5, 0.9))
    np.testing.assert_allclose(got, expected, atol=0.02 if k == 1 else 0.04)


def test_band_scales_and_ignores_cells_that_never_fail():
    median = np.full((16, 16), 1e8)
    low, middle, high = lifetime_band(median, 1.0)
    assert low < middle < high < 1e8  # the weakest of 256 cells lies below the median cell
    np.testing.assert_allclose(lifetime_band(median * 1e3, 1.0), np.array([low, middle, high]) * 1e3, rtol=1e-9)
    padded = np.concatenate([median.reshape(-1), np.full(50, np.inf)])
    assert lifetime_band(padded, 1.0) == (low, middle, high)
    assert lifetime_band(np.array([1e8]), 1.0)[1] == pytest.approx(1e8)
    assert lifetime_band(np.array([1e8]), 1.0, k=2) == (np.inf,) * 3


def test_tile_variation():
    factors = tile_factors(100_000, 0.1, rng=np.random.default_rng(4))
    assert np.std(np.log10(factors)) == pytest.approx(0.1, rel=0.02)
    assert np.median(factors) == pytest.approx(1.0, abs=0.005)
    np.testing.assert_array_equal(tile_factors(9, 0.0, rng=np.random.default_rng(4)), 1.0)


def test_weakest_cells():
    life = np.array([[5.0, 1.0], [np.inf, 3.0]])
    assert [weakest(life, k) for k in (1, 2, 3, 4, 5)] == [1.0, 3.0, 5.0, np.inf, np.inf]


@pytest.mark.parametrize(
    "call",
    [
        lambda: wear(loss_rate=[1.0], drift=[1.0, 2.0], endurance=1, program_pulses=1),
        lambda: wear(loss_rate=[1.0], drift=[0.0], endurance=1, program_pulses=1),
        lambda: wear(loss_rate=[-1.0], drift=[1.0], endurance=1, program_pulses=1),
        lambda: state_loss_rate(Retention(1e-19, 1, 300), 300.0, 0.0, 1.5),
        lambda: drift_interval([0.1], 0.0, 20.0),
        lambda: lifetime_band([1.0], 0.0),
        lambda: lifetime_band([1.0], 1.0, 0),
        lambda: lifetime_band([0.0], 1.0),
        lambda: weakest([1.0], 0),
        lambda: Retention(1e-19, 1, 300).rate([0.0]),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(InputError):
        call()
