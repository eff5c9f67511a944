"""Cell state against the published constants and their moments; every number here is written out, not read back."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.physics.pcm import (
    NOISE_MODELS,
    conductance,
    drawn_drift_exponent,
    drift_exponent,
    drifted,
    mean_drifted,
    noise_model,
    program,
    programming_sd,
    pulse_energy,
    read_noise_sd,
    sampled_state,
    state_sd,
    written,
)

PCM = NOISE_MODELS["pcm-like"]
US = 1e-6
DAY, YEAR = 86400.0, 31557600.0
MODELS = pytest.mark.parametrize("name", list(NOISE_MODELS))
RRAM = NOISE_MODELS["rram-wan"]


def test_weight_to_conductance():
    np.testing.assert_allclose(conductance([0.0, 0.5, 1.0], 1e-7, 25e-6), [1e-7, 12.55e-6, 25e-6])
    for bad in ([-0.1], [1.1], [np.nan], ["x"]):
        with pytest.raises(InputError):
            conductance(bad, 1e-7, 25e-6)


def test_check_of_physics_3_2_at_half_range():
    """PHYSICS section 3.2: at 12.5 uS s = 0.953 uS, nu = 0.049 +- 0.008, after one day mean 8.31 uS."""
    g = np.array([12.5 * US])
    assert programming_sd(PCM, g, 25 * US)[0] == pytest.approx(0.953 * US, abs=0.0005 * US)
    mean, sd = drift_exponent(PCM, g, 25 * US)
    assert (mean[0], sd[0]) == (0.049, 0.008)
    assert mean_drifted(PCM, g, 25 * US, DAY)[0] == pytest.approx(8.31 * US, abs=0.005 * US)


@pytest.mark.parametrize(
    ("g", "mean", "sd"),
    [  # relative conductance; -0.0155 ln g + 0.0244 in 0.049..0.1; -0.0125 ln g - 0.0059 in 0.008..0.045
        (0.0, 0.1, 0.045), (0.001, 0.1, 0.045), (0.1, 0.0600900696, 0.0228823137),
        (0.15, 0.053805391, 0.0178140), (1.0, 0.049, 0.008),
    ],
)  # fmt: skip
def test_pcm_like_drift_exponent(g, mean, sd):
    got = drift_exponent(PCM, np.array([g * 25 * US]), 25 * US)
    assert (got[0][0], got[1][0]) == pytest.approx((mean, sd), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "g", "mean", "sd", "q", "programming"),
    [
        # 0.0387 ln(20) - 0.0182; 0.012 ln 20 - 0.0023; 0.0078 ln 20 + 0.0038; cubic / uS
        ("hermes-1", 0.05, 0.0977348, 0.0336487882, 0.0271667, 0.26871805),
        ("hermes-1", 0.5, 0.0564, 0.012075, 0.0217, 0.8653126),
        ("hermes-2", 0.05, 0.0977348, 0.0293500685, 0.0281500685, 0.3813190),
        ("hermes-2", 0.5, 0.0564, 0.009, 0.0167125, 0.9910131),
    ],
)
def test_hermes_constants(name, g, mean, sd, q, programming):
    model = NOISE_MODELS[name]
    g_max = model.g_reference
    at = np.array([g * g_max])
    got_mean, got_sd = drift_exponent(model, at, g_max)
    assert got_mean[0] == pytest.approx(mean, abs=1e-6)
    assert got_sd[0] == pytest.approx(sd, abs=1e-6)
    assert programming_sd(model, at, g_max)[0] == pytest.approx(programming * US, abs=2e-6 * US)
    t = 1000.0
    spread = np.sqrt(np.log((t + model.t_0 + 512e-9) / (2 * 512e-9)))
    assert read_noise_sd(model, at, at, g_max, t)[0] / (at[0] * spread) == pytest.approx(q, abs=1e-6)


def test_pcm_like_read_noise():
    g = np.array([0.0, 0.001, 0.5, 1.0]) * 25 * US
    q = np.array([0.0, 0.2, 0.0088 / 0.5**0.65, 0.0088])
    spread = np.sqrt(np.log((DAY + 20 + 250e-9) / 500e-9))
    np.testing.assert_allclose(read_noise_sd(PCM, g, g, 25 * US, DAY), g * q * spread, rtol=1e-12)


@MODELS
@pytest.mark.parametrize("time", [0.0, DAY, YEAR])
def test_moments_with_200000_samples(name, time):
    """Mean and spread of drawn states equal the moments worked out from the published law, at t0, one day, one year."""
    model, n = NOISE_MODELS[name], 200_000
    g_max = model.g_reference
    target = np.full(n, 0.6 * g_max)
    got = sampled_state(model, target, g_max, time, rng=np.random.default_rng(7))
    x = np.log((time + model.t_0) / model.t_0)
    s = state_sd(model, target[:1], g_max, time)[0]
    mean, sd = (value[0] for value in drift_exponent(model, target[:1], g_max))
    decay, decay2 = np.exp(-mean * x + (sd * x) ** 2 / 2), np.exp(-2 * mean * x + 2 * (sd * x) ** 2)
    read = read_noise_sd(model, target[:1], target[:1], g_max, time)[0] / target[0]
    expected = target[0] * decay
    variance = (target[0] ** 2 + s**2) * decay2 * (1 + read**2) - expected**2
    assert np.mean(got) == pytest.approx(expected, abs=5 * np.sqrt(variance / n))
    assert np.std(got) == pytest.approx(np.sqrt(variance), rel=0.02)
    assert mean_drifted(model, target[:1], g_max, time)[0] == pytest.approx(expected, rel=1e-12)


@MODELS
def test_programming_moments_and_scaling_with_g_max(name):
    model = NOISE_MODELS[name]
    g = np.full(200_000, 0.5 * model.g_reference)
    got = program(model, g, model.g_reference, rng=np.random.default_rng(3))
    assert np.std(got) == pytest.approx(programming_sd(model, g[:1], model.g_reference)[0], rel=0.01)
    assert np.mean(got) == pytest.approx(g[0], rel=0.002)
    doubled = programming_sd(model, 2 * g[:1], 2 * model.g_reference)
    np.testing.assert_allclose(doubled, 2 * programming_sd(model, g[:1], model.g_reference))


@pytest.mark.parametrize(
    ("relative", "first", "day", "two_days"),
    [(0.0, 0.348, 0.701, 0.782), (0.5, 2.02294, 3.909, 3.92913), (1.0, 1.103, 2.651, 2.677)],
)
def test_resistive_cells_relax_as_wan_measured(relative, first, day, two_days):
    """uS at 40 uS full scale; sums of the five coefficients worked out by hand, shares of 1/2 by powers of two."""
    g = [relative * 40 * US]
    for seconds, expected in ((1.0, first), (DAY, day), (2 * DAY, two_days), (YEAR, two_days)):
        assert state_sd(RRAM, g, 40 * US, seconds - 1.0)[0] / US == pytest.approx(expected, rel=1e-5)
    between = state_sd(RRAM, g, 40 * US, np.sqrt(DAY) - 1.0)[0] / US  # half-way in the logarithm of time
    assert between == pytest.approx(np.sqrt((first**2 + day**2) / 2), rel=1e-5)
    np.testing.assert_allclose(state_sd(RRAM, g, 40 * US, 0.0), programming_sd(RRAM, g, 40 * US))


def test_resistive_cells_are_read_with_one_hundredth_of_full_scale_at_any_age():
    g = np.array([0.02, 0.5, 1.0]) * 40 * US
    for seconds in (0.0, DAY, YEAR):
        np.testing.assert_allclose(read_noise_sd(RRAM, g, g, 40 * US, seconds), 0.4 * US)


@pytest.mark.parametrize("name", ["pcm-like", "hermes-1", "hermes-2"])
def test_phase_change_cells_spread_by_drift_alone(name):
    g = np.array([0.1, 0.9]) * NOISE_MODELS[name].g_reference
    late = state_sd(NOISE_MODELS[name], g, NOISE_MODELS[name].g_reference, YEAR)
    np.testing.assert_array_equal(late, programming_sd(NOISE_MODELS[name], g, NOISE_MODELS[name].g_reference))


def test_nothing_is_negative_and_draws_repeat():
    g = np.zeros(1000)
    for name in NOISE_MODELS:
        model = noise_model(name)
        first = sampled_state(model, g, 25 * US, YEAR, rng=np.random.default_rng(1))
        assert first.min() >= 0
        np.testing.assert_array_equal(first, sampled_state(model, g, 25 * US, YEAR, rng=np.random.default_rng(1)))
        assert drawn_drift_exponent(model, g, 25 * US, rng=np.random.default_rng(1)).min() >= 0


def test_drift_law():
    np.testing.assert_allclose(drifted([1e-5, 1e-5], [0.05, 0.0], 180.0, 20.0), [1e-5 * 10**-0.05, 1e-5])
    np.testing.assert_array_equal(drifted([1e-5], [0.05], 0.0, 20.0), [1e-5])
    with pytest.raises(InputError, match="shapes"):
        drifted([1e-5], [0.05, 0.05], 1.0, 20.0)
    with pytest.raises(InputError, match="t must"):
        drifted([1e-5], [0.05], -1.0, 20.0)


def test_write_pulse():
    assert pulse_energy(300e-6, 2e3, 40e-9) == pytest.approx(7.2e-12)


def test_unknown_model():
    with pytest.raises(InputError, match="pcm-like, hermes-1, hermes-2"):
        noise_model("nvm")
    with pytest.raises(InputError, match="g_max"):
        programming_sd(PCM, [1e-6], 0.0)


def test_cells_that_are_written_briefly_miss_by_more():
    """0.2 g_max after one pulse, 0.6 of that after each further one, beside the published error."""
    values, g = {"first_pulse_error": 0.2, "pulse_convergence": 0.6}, np.array([0.1, 0.5, 1.0]) * 25 * US
    for pulses in (1, 2, 4):
        model = written("pcm-like", values, pulses)
        more = 0.2 * 0.6 ** (pulses - 1) * 25 * US
        expected = np.sqrt(programming_sd(PCM, g, 25 * US) ** 2 + more**2)
        np.testing.assert_allclose(programming_sd(model, g, 25 * US), expected)
        np.testing.assert_allclose(state_sd(model, g, 25 * US, YEAR), expected)
        resistive = written("rram-wan", values, pulses)
        both = np.sqrt(state_sd(RRAM, g, 25 * US, DAY) ** 2 + more**2)
        np.testing.assert_allclose(state_sd(resistive, g, 25 * US, DAY), both)
    np.testing.assert_allclose(
        programming_sd(written("pcm-like", values, 30), g, 25 * US), programming_sd(PCM, g, 25 * US)
    )
    assert written("none", values, 3) is None
    with pytest.raises(InputError, match="pulses"):
        written("pcm-like", values, 0)
