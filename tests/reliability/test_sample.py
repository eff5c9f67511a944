"""A sample of the crossbars: what it draws, what it says of the others, and how sure of it it is."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import snnmap
from snnmap.reliability.device import device_state, warmed
from snnmap.reliability.espine import espine_state, espine_twin, rise_and_power
from snnmap.reliability.heat import completed, heat, written_cells
from snnmap.reliability.sample import NORMAL, SURE, Known, sample_of


def known(heat):
    heat = np.asarray(heat, float)
    return Known(heat, heat[::-1].copy(), heat, heat)


def drawn(heat, extremes=(), seed=0, size=20):
    return sample_of(known(heat), extremes, np.random.default_rng(seed), size)


def test_of_few_crossbars_all_are_evaluated():
    rng = np.random.default_rng(1)
    assert drawn(rng.random(20)) is None
    assert drawn(rng.random(20 + SURE)) is None
    assert drawn(rng.random(200)).size <= 20 + 2 * SURE


def test_extremes_stand_for_themselves_and_the_others_for_their_like():
    rng = np.random.default_rng(2)
    heat, lasts = rng.random(300), rng.random(300)
    sample = drawn(heat, (lasts,))
    assert sample.drawn[np.argsort(-heat)[:SURE]].all()
    assert sample.drawn[np.argsort(lasts)[:SURE]].all()
    assert np.all(sample.drawn[sample.by])
    assert sample.size == sample.drawn.sum() < 300
    bounds = [(heat[own].min(), heat[own].max()) for own in sample.strata]
    assert all(low[1] <= high[0] for low, high in itertools.pairwise(bounds))
    for own in sample.strata:
        assert np.count_nonzero(sample.drawn[own]) == 1
    assert len(np.concatenate(sample.strata)) + (sample.size - 20) == 300
    assert sample.told() == f"sample of {sample.size} of 300 crossbars"


def test_the_draw_follows_from_the_seed():
    heat = np.random.default_rng(3).random(300)
    assert np.array_equal(drawn(heat, seed=4).by, drawn(heat, seed=4).by)
    assert not np.array_equal(drawn(heat, seed=4).by, drawn(heat, seed=5).by)


def test_others_are_in_proportion_to_what_is_known_of_them():
    heat = np.random.default_rng(6).random(300)
    sample = drawn(heat)
    seen = np.where(sample.drawn, 3.0 * heat, np.nan)
    np.testing.assert_allclose(sample.filled(seen, heat), 3.0 * heat, rtol=1e-12)
    assert sample.margin(3.0 * heat, heat) < 1e-12
    assert np.array_equal(
        sample.filled(np.where(sample.drawn, heat, 0.0), np.zeros(300)), np.where(sample.drawn, heat, 0)
    )


def test_the_interval_of_one_neighbour_pair_by_hand():
    """Two strata of ratios 1 and 2: variance 1/2 in either, weights what is not drawn of them."""
    heat = np.sort(np.random.default_rng(7).random(100))
    sample = drawn(heat, size=2)
    ratio = np.ones(100)
    ratio[sample.strata[1]] = 2.0
    rest = [heat[own].sum() - heat[sample.by[own[0]]] for own in sample.strata]
    wanted = NORMAL * np.sqrt(0.5 * rest[0] ** 2 + 0.5 * rest[1] ** 2)
    assert sample.margin(heat * ratio, heat) == pytest.approx(wanted)


def test_intervals_hold_the_sum_nineteen_times_in_twenty_and_no_interval_would_not():
    rng = np.random.default_rng(8)
    inside = tight = 0
    for seed in range(300):
        heat = rng.lognormal(0.0, 1.0, 400)
        values = heat * (1.0 + 0.2 * rng.standard_normal(400) + 0.1 * np.log(heat))
        sample = drawn(heat, seed=seed)
        error = abs(sample.filled(values, heat).sum() - values.sum())
        inside += error <= sample.margin(values, heat)
        tight += error <= 0.3 * sample.margin(values, heat)
    assert inside >= 0.93 * 300
    assert tight <= 0.65 * 300


@pytest.fixture(scope="module")
def hundreds():
    """A network on 336 crossbars of 16 x 16 cells, whose tiles have one each."""
    options = snnmap.CompileOptions(hardware="pcm-mesh:rows=16,columns=16", objective="traffic")
    return snnmap.compile("imgsmooth", options).view


def known_of(view, heated, device, espine):
    """What three exact evaluations say of every crossbar."""
    return Known(heated.energy, *rise_and_power(view, espine), written_cells(heated) / device.refresh)


@pytest.fixture(scope="module")
def exact(hundreds):
    heated = heat(hundreds)
    twin = espine_twin(hundreds.hardware.technology)
    return heated, device_state(hundreds, heated), espine_state(hundreds, twin, bounds=False)


def test_means_of_hundreds_of_crossbars_are_within_their_interval_and_extremes_exact(hundreds, exact):
    heated, device, espine = exact
    everything = known_of(hundreds, heated, device, espine)
    by_count = Known(*(np.ones(len(heated.rise)) for _ in range(4)))
    assert np.all(everything.rise > 0)
    sample = sample_of(by_count, (espine.lifetime, device.refresh), np.random.default_rng(9), 100)
    assert sample.size < 160
    partly = heat(hundreds, sample)
    assert abs(partly.energy.sum() - heated.energy.sum()) <= sample.margin(partly.energy, sample.known.energy)
    assert abs(partly.rise.sum() - heated.rise.sum()) <= sample.margin(partly.rise, sample.known.energy)
    assert partly.energy.sum() != heated.energy.sum()
    assert np.array_equal(partly.energy[sample.drawn], heated.energy[sample.drawn])
    assert np.array_equal(written_cells(partly), written_cells(heated))
    found = espine_state(hundreds, espine_twin(hundreds.hardware.technology), bounds=False, sample=sample)
    assert found.lifetime.min() == pytest.approx(espine.lifetime.min(), rel=1e-6)
    worn = device_state(hundreds, partly)
    assert worn.refresh.min() == pytest.approx(device.refresh.min(), rel=1e-6)
    assert np.array_equal(worn.lifetime, worn.lifetime[sample.by])
    assert worn.band == pytest.approx(device.band, rel=0.05)
    mean = found.temperature.mean() - found.tile_temperature.mean()
    rise, _ = rise_and_power(hundreds, found)
    assert abs(mean * 336 - everything.rise.sum()) <= sample.margin(rise, sample.known.rise)


def test_known_heat_gives_the_exact_means_back(hundreds, exact):
    heated, device, espine = exact
    sample = sample_of(known_of(hundreds, heated, device, espine), (espine.lifetime,), np.random.default_rng(9), 100)
    partly = heat(hundreds, sample)
    state = device_state(hundreds, partly)
    assert state.array_energy == pytest.approx(device.array_energy, rel=1e-12)
    assert state.programming_power == pytest.approx(device.programming_power, rel=1e-12)
    assert state.refresh == pytest.approx(device.refresh, rel=1e-12)
    assert state.leakage.sum() == pytest.approx(device.leakage.sum(), rel=1e-12)
    found = espine_state(hundreds, espine_twin(hundreds.hardware.technology), bounds=False, sample=sample)
    np.testing.assert_allclose(found.temperature, espine.temperature, rtol=1e-12)


def test_the_ends_of_an_interval_are_a_margin_away(hundreds, exact):
    heated, *_ = exact
    by_count = Known(*(np.ones(len(heated.rise)) for _ in range(4)))
    sample = sample_of(by_count, (), np.random.default_rng(9), 100)
    middle = heat(hundreds, sample)
    high, low = (completed(middle, replace(sample, shift=shift)) for shift in (1.0, -1.0))
    margin = sample.margin(middle.energy, sample.known.energy)
    assert high.energy.sum() - middle.energy.sum() == pytest.approx(margin)
    assert middle.energy.sum() - low.energy.sum() == pytest.approx(margin)
    state = device_state(hundreds, middle)
    assert warmed(hundreds, state, high).programming_power >= warmed(hundreds, state, low).programming_power
    assert warmed(hundreds, state, middle).temperature == pytest.approx(state.temperature, rel=1e-14)
    assert (
        warmed(hundreds, state, high).leakage.sum() > state.leakage.sum() > warmed(hundreds, state, low).leakage.sum()
    )
