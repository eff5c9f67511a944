"""Cells out of tolerance over time, against Monte Carlo with the noise model itself."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware
from snnmap.physics import pcm
from snnmap.physics.tolerance import SHARES, TIMES, ageing, chance_off, first_time

G_MAX, TOLERANCE = 25e-6, 0.1
PCM = pcm.noise_model("pcm-like")
CELLS = 1_000_000


def shares_of(kind: str) -> np.ndarray:
    """Conductances over g_max of the cells of an array."""
    rng = np.random.default_rng(17)
    return {
        "trained": np.minimum(0.004 + np.abs(rng.normal(0.0, 0.3, 4000)), 1.0),
        "uniform": rng.random(4000),
        "large": np.full(4000, 0.55),
    }[kind]


def off_by_drawing(name: str, share: np.ndarray, t: float, compensated: bool) -> float:
    """Share of a million drawn cells that are off at one read, mean drift scaled away or not."""
    model, g = pcm.noise_model(name), np.repeat(share * G_MAX, CELLS // len(share))
    read = pcm.sampled_state(model, g, G_MAX, t, rng=np.random.default_rng(5))
    mean, _ = pcm.drift_exponent(model, g, G_MAX)
    scale = ((t + model.t_0) / model.t_0) ** mean if compensated else 1.0
    return float((np.abs(read * scale - g) > TOLERANCE * G_MAX).mean())


@pytest.mark.parametrize("kind", ["trained", "uniform", "large"])
@pytest.mark.parametrize(("name", "compensated"), [("pcm-like", True), ("pcm-like", False), ("hermes-2", True)])
def test_the_stated_share_is_off_at_the_stated_interval(kind: str, name: str, compensated: bool) -> None:
    """Within 10 % of the quantile, at 5 % and, where that comes later than the first read, at 2 %."""
    share = shares_of(kind)
    over_time = ageing(pcm.noise_model(name), G_MAX, TOLERANCE, compensated).share_off(share)
    for quantile in (0.02, 0.05, 0.1):
        seconds = first_time(over_time, quantile)
        if 0.0 < seconds < np.inf:
            assert off_by_drawing(name, share, seconds, compensated) == pytest.approx(quantile, rel=0.1)
        elif seconds == 0.0:
            assert off_by_drawing(name, share, 0.0, compensated) > 0.9 * quantile
    assert 0.0 < first_time(over_time, 0.15) < np.inf


def test_to_first_order_variances_add() -> None:
    """sigma^2 = sigma_programming^2 + (g sigma_nu ln t / t_0)^2 + sigma_read^2, wide tolerance, little drift."""
    from scipy.special import ndtr

    model, g = pcm.noise_model("pcm-like"), np.array([0.5, 0.8, 1.0]) * G_MAX
    _, spread = pcm.drift_exponent(model, g, G_MAX)
    t = 1000.0
    variance = pcm.programming_sd(model, g, G_MAX) ** 2 + (g * spread * np.log(1 + t / model.t_0)) ** 2
    variance += pcm.read_noise_sd(model, g, g, G_MAX, t) ** 2
    expected = 2 * ndtr(-TOLERANCE * G_MAX / np.sqrt(variance))
    got = chance_off(model, g, G_MAX, t, tolerance=TOLERANCE, compensated=True)
    assert got == pytest.approx(expected, rel=0.02)


def test_the_table_is_the_law() -> None:
    model, share = pcm.noise_model("pcm-like"), shares_of("trained")
    table = ageing(PCM, G_MAX, TOLERANCE, True).share_off(share)
    for at in (0, 1, 50, 120):
        law = chance_off(model, share * G_MAX, G_MAX, TIMES[at], tolerance=TOLERANCE, compensated=True)
        assert table[at] == pytest.approx(law.mean(), rel=1e-3)
    assert np.all(np.diff(table) > 0)
    assert ageing(PCM, G_MAX, TOLERANCE, True).chance.shape == (SHARES, len(TIMES))
    assert ageing(PCM, G_MAX, TOLERANCE, True).share_off([1.0, 2.0])[0] == pytest.approx(0.0742, rel=0.01)


def test_times_are_ten_a_decade_up_to_a_million_million_seconds() -> None:
    assert TIMES[:2].tolist() == [0.0, 1.0]
    assert TIMES[1:] == pytest.approx([10.0 ** (n / 10) for n in range(121)])


def test_a_single_cell_is_all_of_them_and_none_are_never_off() -> None:
    table = ageing(PCM, G_MAX, TOLERANCE, True)
    for at in (0, 1, SHARES // 2, SHARES - 1):
        assert table.share_off([at / (SHARES - 1)]) == pytest.approx(table.chance[at])
    halfway = (table.chance[7] + table.chance[8]) / 2
    assert table.share_off([7.5 / (SHARES - 1)]) == pytest.approx(halfway)
    assert table.share_off([0.0, 1.0]) == pytest.approx((table.chance[0] + table.chance[-1]) / 2)
    assert table.share_off([1.0] * 3) == pytest.approx(table.chance[-1])
    assert table.share_off([]).tolist() == [0.0] * len(TIMES)


def test_first_time_is_between_the_points_of_the_table() -> None:
    off = np.linspace(0.01, 0.13, len(TIMES))
    assert first_time(off, 0.005) == 0.0
    assert first_time(off, 0.2) == np.inf
    assert first_time(off, off[1]) == pytest.approx(TIMES[1])
    assert first_time(off, (off[0] + off[1]) / 2) == pytest.approx(0.5)
    assert first_time(off, (off[60] + off[61]) / 2) == pytest.approx(np.sqrt(TIMES[60] * TIMES[61]))


def test_a_cell_cannot_fall_below_zero() -> None:
    """Of a cell within the tolerance of 0, only what rises too far is off: one tail, as drawing finds."""
    model, share = pcm.noise_model("pcm-like"), np.array([0.01])
    got = chance_off(model, share * G_MAX, G_MAX, 1e3, tolerance=0.012, compensated=True)[0]
    g = np.repeat(share * G_MAX, 400_000)
    read = pcm.sampled_state(model, g, G_MAX, 1e3, rng=np.random.default_rng(2))
    mean, _ = pcm.drift_exponent(model, g, G_MAX)
    drawn = (np.abs(read * ((1e3 + model.t_0) / model.t_0) ** mean - g) > 0.012 * G_MAX).mean()
    assert got == pytest.approx(drawn, rel=0.05)
    assert 0.05 < got < 0.3


def test_one_sigma_was_no_first_cell() -> None:
    """The interval that one standard deviation of drift alone gives, 121 days: a third of full cells is off."""
    technology = load_hardware("pcm-mesh").technology
    model = pcm.noise_model(technology.noise)
    off = chance_off(model, [G_MAX], G_MAX, 121 * 86400.0, tolerance=TOLERANCE, compensated=True)
    assert off[0] > 0.3


@pytest.mark.parametrize("tolerance", [0.0, -0.1, np.nan])
def test_bad_arguments(tolerance: float) -> None:
    with pytest.raises(InputError):
        chance_off(pcm.noise_model("pcm-like"), [1e-6], G_MAX, 1.0, tolerance=tolerance, compensated=True)
