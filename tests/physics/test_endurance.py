"""Wear in device mode against hand-worked figures and Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.hardware import load_technology
from snnmap.physics.endurance import (
    Due,
    ReadDisturb,
    Retention,
    lifetime_band,
    state_loss_rate,
    tile_factors,
    weakest,
    wear,
    write_endurance,
)

EV, K = 1.602176634e-19, 1.380649e-23
DAY, YEAR = 86400.0, 31557600.0
CELLS = (4, 5)


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
        got = wear(loss_rate=loss, due=Due(np.inf, 0.05), endurance=1e8, program_pulses=20)
        intervals.append(got.refresh_interval)
    slope = np.polyfit(1 / temperatures, np.log(intervals), 1)[0]
    assert slope * K == pytest.approx(technology["activation_energy"], rel=1e-9)
    assert technology["activation_energy"] == pytest.approx(2.3 * EV)


def test_read_only_workload_has_no_programming_damage():
    got = wear(loss_rate=np.zeros(CELLS), due=Due(np.inf, 0.05), endurance=1e8, program_pulses=20)
    assert got.lifetime.min() == np.inf
    assert (got.refresh_interval, got.refresh_cause) == (np.inf, "none")
    assert lifetime_band(got.lifetime, 1.0) == (np.inf, np.inf, np.inf)


def test_lifetime_examples_of_physics_section_5():
    daily = wear(loss_rate=np.zeros(CELLS), due=Due(DAY, 0.05), endurance=1e8, program_pulses=20)
    assert weakest(daily.lifetime) / YEAR == pytest.approx(13_700, rel=0.001)
    assert daily.refresh_cause == "drift"
    learning = {"loss_rate": np.zeros(CELLS), "due": Due(np.inf, 0.05), "program_pulses": 20}
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
                due=Due(np.inf, 0.05),
                endurance=1e8,
                program_pulses=20,
                reprogram_rate=rate * scale,
                plasticity_rate=np.full(CELLS, rate * scale),
            ).lifetime
        )

    assert life(1.0) / life(factor) == pytest.approx(factor, rel=1e-9)


def test_time_multiplexing_is_writing_and_spares_refreshes():
    base = {"loss_rate": np.zeros(CELLS), "due": Due(100.0, 0.05), "endurance": 1e8, "program_pulses": 20}
    np.testing.assert_allclose(wear(**base, reprogram_rate=1.0).lifetime, 1e8 / 20)
    np.testing.assert_allclose(wear(**base, reprogram_rate=1e-3).lifetime, 1e8 / 20 * 100)


@pytest.mark.parametrize(
    ("loss", "off_after", "cause"),
    [
        (1 / DAY, YEAR, "read disturb"),
        (1 / YEAR, DAY, "drift"),
        (0.0, np.inf, "none"),
        (1 / DAY, 0.0, "programming noise"),
    ],
)
def test_what_asks_for_the_first_refresh(loss, off_after, cause):
    got = wear(loss_rate=[0.0, loss], due=Due(off_after, 0.5), endurance=1e8, program_pulses=20)
    assert got.refresh_cause == cause
    assert got.refresh_interval == {"read disturb": DAY, "drift": DAY, "none": np.inf, "programming noise": DAY}[cause]


@pytest.mark.parametrize(("share", "days"), [(0.001, 1), (0.05, 1), (0.06, 2), (0.5, 10), (1.0, 20)])
def test_a_refresh_is_due_when_the_share_of_cells_has_lost_its_state(share, days):
    loss = 1 / (DAY * np.random.default_rng(3).permutation(np.arange(1.0, 21.0)).reshape(CELLS))
    got = wear(loss_rate=loss, due=Due(np.inf, share), endurance=1e8, program_pulses=20)
    assert got.refresh_interval == pytest.approx(days * DAY)
    np.testing.assert_allclose(got.lifetime, 1e8 / 20 * days * DAY)


def test_read_disturb_of_oxram():
    """1e6 reads at 0.2 V; bounds 8e3 and 1e8; e-fold per scale."""
    disturb = ReadDisturb.of(load_technology("oxram-22"))
    assert disturb.rate([1000.0], 0.2)[0] == pytest.approx(1e-3)
    assert disturb.rate([1000.0], 0.3)[0] == pytest.approx(1e-3 * np.e)
    assert load_technology("oxram-22").values["read_endurance"].band == (8e3, 1e8)


@pytest.mark.parametrize("k", [1, 3])
def test_band_against_monte_carlo(k):
    rng = np.random.default_rng(11)
    median = 10 ** rng.uniform(7, 9, 200)
    got = np.log10(lifetime_band(median, 1.0, k))
    drawn = np.log10(median) + rng.standard_normal((20_000, 200))
    expected = np.quantile(np.partition(drawn, k - 1, axis=1)[:, k - 1], (0.1, 0.5, 0.9))
    np.testing.assert_allclose(got, expected, atol=0.02 if k == 1 else 0.04)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_lifetimes_with_their_numbers_of_cells_are_as_good_as_all_of_them(k):
    some, cells = np.array([3e8, 1e7, np.inf, 2e7]), np.array([2, 1, 4, 3])
    every = np.repeat(some, cells)
    assert lifetime_band(some, 1.0, k, cells=cells) == lifetime_band(every, 1.0, k)
    assert weakest(some, k, cells) == weakest(every, k)
    assert weakest(some, 11, cells) == np.inf


def test_band_scales_and_ignores_cells_that_never_fail():
    median = np.full((16, 16), 1e8)
    low, middle, high = lifetime_band(median, 1.0)
    assert low < middle < high < 1e8  # the weakest of 256 cells lies below the median cell
    np.testing.assert_allclose(lifetime_band(median * 1e3, 1.0), np.array([low, middle, high]) * 1e3, rtol=1e-9)
    padded = np.concatenate([median.reshape(-1), np.full(50, np.inf)])
    assert lifetime_band(padded, 1.0) == (low, middle, high)
    assert lifetime_band(np.array([1e8]), 1.0)[1] == pytest.approx(1e8)
    assert lifetime_band(np.array([1e8]), 1.0, k=2) == (np.inf,) * 3


@pytest.mark.parametrize("sigma", [0.1, 0.7, 1.0, 3.0])
def test_the_first_failure_is_where_the_chance_that_all_cells_live_says(sigma):
    from scipy.special import ndtr

    median = np.array([3.0, 1e4, 1e4, np.inf])
    chances = (0.01, 0.3, 0.5, 0.99)
    for copies in (1, 500):
        cells = np.repeat(median[:3], copies)
        times = lifetime_band(np.append(cells, np.inf), sigma, 1, chances)
        for time, chance in zip(times, chances, strict=True):
            lives = ndtr(-(np.log10(time) - np.log10(cells)) / sigma)
            assert 1.0 - np.prod(lives) == pytest.approx(chance, rel=1e-9)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_kth_failure_is_where_the_poisson_law_says(k):
    """Of many cells alike, each unlikely to have failed: as many have failed as the sum of their chances says."""
    from scipy.special import log_ndtr
    from scipy.stats import poisson

    (time,) = lifetime_band(np.full(3000, 50.0), 0.4, k, (0.3,))
    expected = -3000.0 * log_ndtr(-(np.log10(time) - np.log10(50.0)) / 0.4)
    assert poisson.sf(k - 1, expected) == pytest.approx(0.3, rel=1e-6)
    assert lifetime_band(np.full(k, 50.0), 0.4, k, (0.3,))[0] < np.inf
    assert lifetime_band(np.full(k - 1, 50.0), 0.4, k, (0.3,)) == (np.inf,)


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
        lambda: wear(loss_rate=[], due=Due(1.0, 0.1), endurance=1, program_pulses=1),
        lambda: wear(loss_rate=[1.0], due=Due(-1.0, 0.1), endurance=1, program_pulses=1),
        lambda: wear(loss_rate=[1.0], due=Due(np.nan, 0.1), endurance=1, program_pulses=1),
        lambda: wear(loss_rate=[1.0], due=Due(1.0, 0.0), endurance=1, program_pulses=1),
        lambda: wear(loss_rate=[-1.0], due=Due(1.0, 0.1), endurance=1, program_pulses=1),
        lambda: state_loss_rate(Retention(1e-19, 1, 300), 300.0, 0.0, 1.5),
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


def test_the_edges_of_what_is_allowed():
    assert wear(loss_rate=[1.0], due=Due(0.0, 1.0), endurance=1, program_pulses=1).refresh_cause == "programming noise"
    assert state_loss_rate(Retention(1e-19, 1, 300), 300.0, 0.0, 1.0) == 1.0
    for probability in (0.0, 1.0):
        with pytest.raises(InputError, match="between 0 and 1"):
            lifetime_band([1.0], 1.0, 1, (0.5, probability))
    assert weakest([1.0], 1) == 1.0
    with pytest.raises(InputError, match="numbers"):
        weakest([1.0, np.nan])
    with pytest.raises(InputError, match=r"share 1\.1"):
        wear(loss_rate=[1.0], due=Due(1.0, 1.1), endurance=1, program_pulses=1)


@pytest.mark.parametrize("cells", [1, 2, 7, 20])
@pytest.mark.parametrize("share", [0.04, 0.05, 0.3, 0.5, 1.0])
def test_the_cell_that_decides_is_the_one_with_which_the_share_is_reached(cells, share):
    loss = np.random.default_rng(cells).permutation(np.arange(1.0, cells + 1))
    counts = next(n for n in range(1, cells + 1) if n >= share * cells)
    found = wear(loss_rate=loss, due=Due(np.inf, share), endurance=1.0, program_pulses=1.0)
    assert found.refresh_interval == 1.0 / np.sort(loss)[::-1][counts - 1]


@pytest.mark.parametrize(("off_after", "cause"), [(0.5, "read disturb"), (0.4, "drift"), (0.6, "read disturb")])
def test_where_loss_and_drift_are_due_at_once_the_loss_is_named(off_after, cause):
    found = wear(loss_rate=[2.0], due=Due(off_after, 1.0), endurance=1.0, program_pulses=1.0)
    assert (found.refresh_cause, found.refresh_interval) == (cause, min(off_after, 0.5))


def test_any_temperature_above_zero_has_a_rate_of_loss():
    retention = Retention(1.0, 1e8, 300.0)
    assert retention.rate(np.array([0.5, 300.0])).tolist() == [0.0, 1e-8]
    with pytest.raises(InputError, match="above 0 K"):
        retention.rate(np.array([300.0, 0.0]))
