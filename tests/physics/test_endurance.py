"""Wear in both modes: physics against hand-worked figures and Monte Carlo, eSpine against its published percentages."""

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
from snnmap.physics.espine import (
    EspineCell,
    calibrated_gamma,
    coupled_endurance_map,
    effective_lifetime,
    endurance_map,
    espine_endurance,
    path_asymmetry,
    path_currents,
    self_heating,
)
from snnmap.physics.pcm import drift_exponent, noise_model
from snnmap.physics.thermal import Sheet

EV, K = 1.602176634e-19, 1.380649e-23
DAY, YEAR = 86400.0, 31557600.0
CELLS = (4, 5)
NEVER = np.full(CELLS, np.inf)


# device mode


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
        got = wear(loss_rate=loss, drift=NEVER, endurance=1e8, program_pulses=20, horizon=10 * YEAR)
        intervals.append(got.refresh_interval)
    slope = np.polyfit(1 / temperatures, np.log(intervals), 1)[0]
    assert slope * K == pytest.approx(technology["activation_energy"], rel=1e-9)
    assert technology["activation_energy"] == pytest.approx(2.3 * EV)


def test_read_only_workload_has_no_programming_damage():
    got = wear(loss_rate=np.zeros(CELLS), drift=NEVER, endurance=1e8, program_pulses=20, horizon=10 * YEAR)
    assert got.write_rate.max() == 0.0
    assert got.lifetime.min() == np.inf
    assert (got.refresh_interval, got.refresh_cause, got.limited_by) == (np.inf, "none", "none within horizon")
    assert lifetime_band(got.lifetime, 1.0) == (np.inf, np.inf, np.inf)


def test_lifetime_examples_of_physics_section_5():
    daily = wear(
        loss_rate=np.zeros(CELLS), drift=np.full(CELLS, DAY), endurance=1e8, program_pulses=20, horizon=10 * YEAR
    )
    assert weakest(daily.lifetime) / YEAR == pytest.approx(13_700, rel=0.001)
    assert (daily.refresh_cause, daily.limited_by) == ("drift", "drift")
    learning = {"loss_rate": np.zeros(CELLS), "drift": NEVER, "program_pulses": 20, "horizon": 10 * YEAR}
    once = wear(endurance=1e8, plasticity_rate=1.0, **learning)
    assert weakest(once.lifetime) / YEAR == pytest.approx(3.2, abs=0.05)
    assert once.limited_by == "programming"
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
                horizon=YEAR,
                reprogram_rate=rate * scale,
                plasticity_rate=np.full(CELLS, rate * scale),
            ).lifetime
        )

    assert life(1.0) / life(factor) == pytest.approx(factor, rel=1e-9)


def test_time_multiplexing_is_writing_and_spares_refreshes():
    base = {"loss_rate": np.zeros(CELLS), "drift": np.full(CELLS, 100.0), "endurance": 1e8, "program_pulses": 20}
    turns = wear(**base, horizon=YEAR, reprogram_rate=1.0)
    np.testing.assert_allclose(turns.write_rate, 20.0)
    assert turns.limited_by == "programming"
    np.testing.assert_allclose(wear(**base, horizon=YEAR, reprogram_rate=1e-3).write_rate, 20 / 100)


def test_limiting_mechanism():
    def limit(loss, drift, endurance=1e8, horizon=10 * YEAR):
        got = wear(
            loss_rate=np.array([0.0, loss]),
            drift=np.array([np.inf, drift]),
            endurance=endurance,
            program_pulses=20,
            horizon=horizon,
        )
        return got.refresh_cause, got.limited_by

    assert limit(1 / DAY, YEAR) == ("read disturb", "read disturb")
    assert limit(1 / YEAR, DAY) == ("drift", "drift")
    assert limit(1 / YEAR, DAY, endurance=1e4) == ("drift", "programming")
    assert limit(1 / (50 * YEAR), 60 * YEAR) == ("read disturb", "none within horizon")


def test_the_weakest_cell_sets_the_refresh():
    loss, drift = np.full(CELLS, 1e-9), np.full(CELLS, 1e7)
    drift[2, 3] = 1e6
    got = wear(loss_rate=loss, drift=drift, endurance=1e8, program_pulses=20, horizon=YEAR)
    assert got.refresh_interval == 1e6
    np.testing.assert_allclose(got.write_rate, 20e-6)


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
        lambda: wear(loss_rate=[1.0], drift=[1.0, 2.0], endurance=1, program_pulses=1, horizon=1),
        lambda: wear(loss_rate=[1.0], drift=[0.0], endurance=1, program_pulses=1, horizon=1),
        lambda: wear(loss_rate=[-1.0], drift=[1.0], endurance=1, program_pulses=1, horizon=1),
        lambda: state_loss_rate(Retention(1e-19, 1, 300), 300.0, 0.0, 1.5),
        lambda: drift_interval([0.1], 0.0, 20.0),
        lambda: lifetime_band([1.0], 0.0),
        lambda: lifetime_band([1.0], 1.0, 0),
        lambda: lifetime_band([0.0], 1.0),
        lambda: weakest([1.0], 0),
        lambda: effective_lifetime([1.0], [1.0, 2.0]),
        lambda: effective_lifetime([1.0], [1.0], 0),
        lambda: espine_endurance([0.0], 1e4),
        lambda: Retention(1e-19, 1, 300).rate([0.0]),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(InputError):
        call()


# espine mode

CELL = EspineCell.of(load_technology("espine-pcm-65"))


@pytest.mark.parametrize(("n", "percent"), [(32, 13.3), (64, 25.1), (128, 39.2), (256, 55.8)])
def test_published_current_differences(n, percent):
    """eSpine: the longest path carries so much less current than the shortest; within 0.7 points."""
    assert 100 * path_asymmetry(n, CELL) == pytest.approx(percent, abs=0.7)


def test_path_currents_follow_the_wires():
    current = path_currents((6, 4), CELL)
    assert current[0, -1] == current.min() == pytest.approx(CELL.spike_current)
    assert current[-1, 0] == current.max()
    volts = CELL.spike_current * (690 + 4 * 2.5 + 6 * 1.0)
    for i, j in ((0, 0), (5, 0), (5, 3), (2, 1)):
        assert current[i, j] == pytest.approx(volts / (690 + 2.5 * (j + 1) + 1.0 * (6 - i)))


def test_self_heating_is_the_fixed_point():
    """R_th 0.72 K/uW, tau 36 ns (PHYSICS section 5); both equations hold at the returned state."""
    assert CELL.thermal_resistance == pytest.approx(0.72e6)
    assert CELL.heating == pytest.approx(0.72e6 * (1 - np.exp(-40 / 36)))
    for alpha in (2.25, 2.25e6):
        constants = {name: getattr(CELL, name) for name in CELL.__dataclass_fields__}
        cell = EspineCell(**{**constants, "crystallisation": alpha})
        rise, resistance = self_heating([200e-6, 100e-6], cell)
        np.testing.assert_allclose(rise, np.array([200e-6, 100e-6]) ** 2 * resistance * cell.heating, rtol=1e-9)
        crystalline = np.exp(-alpha * rise / 810 * 40e-9)
        np.testing.assert_allclose(resistance, 1e4 + (1 - crystalline) * 19e4, rtol=1e-9)
    assert resistance[0] > 1.5e4  # the second alpha matters


def test_gamma_of_the_file_is_calibrated():
    """The near corner of 128 x 128 at 65 nm survives 1e6 spikes, the far corner about 1e10."""
    endurance = endurance_map((128, 128), CELL)
    assert endurance[-1, 0] == endurance.min() == pytest.approx(1e6, rel=0.01)
    assert endurance[0, -1] == endurance.max() == pytest.approx(1e10, rel=0.05)
    rise, _ = self_heating(path_currents((128, 128), CELL), CELL)
    assert calibrated_gamma(CELL.ambient + rise[-1, 0], 1e6) == pytest.approx(CELL.gamma, rel=1e-4)
    assert calibrated_gamma(900.0, 1e6) == pytest.approx(12434, abs=1)
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
    assert effective_lifetime(endurance, activations, 2) == 1e7
    assert effective_lifetime(endurance, 10 * activations) == 5e5
    assert effective_lifetime(endurance, 0 * activations) == np.inf


def test_neighbours_shorten_life():
    sheet, shape = Sheet.of(load_technology("espine-pcm-65")), (16, 16)
    alone = endurance_map(shape, CELL)
    np.testing.assert_allclose(coupled_endurance_map(CELL, sheet, np.zeros(shape)), alone)
    busy = coupled_endurance_map(CELL, sheet, np.full(shape, 1e-3))
    assert np.all(busy < alone)
    corner = np.zeros(shape)
    corner[0, 0] = 1e-2
    near = coupled_endurance_map(CELL, sheet, corner) / alone
    assert near[0, 1] < near[8, 8] < 1.0
    assert near[0, 0] == pytest.approx(1.0)


def test_constants_must_make_sense():
    constants = {name: getattr(CELL, name) for name in CELL.__dataclass_fields__}
    with pytest.raises(InputError, match="r_reset"):
        EspineCell(**{**constants, "r_reset": 1.0})
    with pytest.raises(InputError, match="gamma"):
        EspineCell(**{**constants, "gamma": 0.0})
