"""Cells of a chip: moments of the published models, worked out here; places of a tile, whatever the wiring."""

from dataclasses import replace

import numpy as np
import pytest

from snnmap.analysis.view import View
from snnmap.hardware import load_technology
from snnmap.hardware.weights import ENCODINGS, Weights
from snnmap.ir import Wiring
from snnmap.simulate.imperfect.cells import Cells
from snnmap.simulate.imperfect.chips import Chip
from snnmap.simulate.imperfect.options import ImperfectOptions, parsed

US, DAY = 1e-6, 86400.0
LOW, HIGH = 0.1, 25.0
"""Conductances of pcm-65, uS."""


def cells_of(
    compiled, effects, *, weights=None, technology=None, wiring=None, temperature=318.15, noise=None, **options
):
    hardware, mapping, network = compiled.hardware, compiled.mapping, compiled.graph.network
    hardware = hardware if weights is None else replace(hardware, weights=weights)
    hardware = hardware if technology is None else replace(hardware, technology=load_technology(technology))
    if noise is not None:
        hardware = replace(hardware, technology=replace(hardware.technology, noise=noise))
    mapping = mapping if wiring is None else replace(mapping, wiring=wiring)
    signed = network.weight / 5.0
    warm = np.full(mapping.clustering.clusters, temperature)
    view = View(mapping, compiled.graph, hardware)
    return Cells(view, ImperfectOptions(parsed(effects), **options), np.clip(signed, -1, 1), warm)


def drawn(cells: Cells, share: float, age: float, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Conductances, uS, and read noise of many cells of one share, from many chips."""
    shape = cells.target(0).share.shape
    found = [cells.state(0, np.full(shape, share), Chip(seed), age) for seed in range(count)]
    return tuple(np.concatenate([state[k].ravel() * state.gain for state in found]) / US for k in (0, 1))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_programming_error_of_a_hundred_thousand_cells(compiled, share) -> None:
    g = LOW + share * (HIGH - LOW)
    sd = 0.26348 + 1.9650 * (g / HIGH) - 1.1731 * (g / HIGH) ** 2
    now, spread = drawn(cells_of(compiled, "programming"), share, 0.0)
    assert len(now) > 100_000
    assert np.all(spread == 0.0)
    if share:  # at g_min two fifths of the cells would be negative and are 0
        assert np.mean(now) == pytest.approx(g, abs=0.01 * sd * 3)
        assert np.std(now) == pytest.approx(sd, rel=0.01)
    else:
        from scipy.special import ndtr

        assert np.mean(now == 0.0) == pytest.approx(ndtr(-g / sd), abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("noise", ["pcm-like", "none"])
def test_every_cell_misses_by_the_spread_that_is_asked_for(compiled, share, noise) -> None:
    chosen = cells_of(compiled, "programming", programming_sd=0.2, noise=noise)
    normal = drawn(chosen, share, DAY)[0]
    g, sd = LOW + share * (HIGH - LOW), 0.2 * HIGH
    above = normal[normal > g]  # none is negative: the lower half is not whole
    assert np.mean(np.square(above - g)) == pytest.approx(sd**2, rel=0.01)
    assert len(above) == pytest.approx(len(normal) / 2, rel=0.01)


def test_a_spread_replaces_the_error_of_the_noise_model(compiled) -> None:
    assert np.ptp(drawn(cells_of(compiled, "programming", programming_sd=0.0), 0.5, DAY)[0]) == 0.0


def test_drift_of_a_hundred_thousand_cells(compiled) -> None:
    g = LOW + 0.5 * (HIGH - LOW)
    x = np.log((DAY + 20.0) / 20.0)
    nu, sd = 0.049, 0.008  # the limits that the fits reach at this conductance
    mean = g * np.exp(-nu * x + 0.5 * (sd * x) ** 2)
    now, _ = drawn(cells_of(compiled, "drift", compensated=False), 0.5, DAY)
    assert np.mean(now) == pytest.approx(mean, rel=0.01)
    assert np.std(np.log(now)) == pytest.approx(sd * x, rel=0.01)
    scaled, _ = drawn(cells_of(compiled, "drift", compensated=True), 0.5, DAY)
    assert np.mean(scaled) == pytest.approx(g, rel=0.001)
    assert np.std(np.log(scaled)) == pytest.approx(sd * x, rel=0.05)


def test_read_noise_follows_its_law(compiled) -> None:
    _, spread = drawn(cells_of(compiled, "read"), 0.5, DAY, count=1)
    g = LOW + 0.5 * (HIGH - LOW)
    q = 0.0088 / (g / HIGH) ** 0.65
    np.testing.assert_allclose(spread, g * q * np.sqrt(np.log((DAY + 20.0 + 250e-9) / 500e-9)), rtol=1e-9)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_line_takes_the_noise_of_both_halves_and_all_that_of_the_reference(compiled, encoding) -> None:
    cells = cells_of(compiled, "read,off,programming", weights=Weights(encoding, 4, 2))
    state, read = cells.state(0, cells.target(0).share, Chip(2), DAY), cells.read(0, Chip(2), DAY, None)
    square = np.square(state.spread / ((HIGH - LOW) * US))
    for s, place in enumerate((0.8, 0.2)):
        expected = 4.0 * square[0, s, :, :-1] if encoding == "offset_column" else square[0, s] + square[1, s]
        np.testing.assert_allclose(read.variance[:, :, s], expected * place**2, rtol=1e-12)
    if encoding == "offset_column":  # one cell for both slices
        np.testing.assert_allclose(read.shared, square[0, 0, :, -1], rtol=1e-12)
        np.testing.assert_allclose(cells.reference_share, [-1.6, -0.4])
    else:
        assert not len(read.shared)


def test_resistive_cells_relax_by_one_draw(compiled) -> None:
    cells = cells_of(compiled, "programming,drift", technology="oxram-22")
    fresh, aged = (drawn(cells, 0.5, age, count=200)[0] for age in (0.0, 2 * DAY))
    g = 2.0 + 0.5 * 198.0
    first, later = np.polyval([-16.815, 45.393, -43.853, 16.030, 0.348], g / 200.0) * 5.0, np.std(aged)
    assert np.std(fresh) == pytest.approx(first, rel=0.01)
    assert later > 1.5 * first
    assert np.corrcoef(fresh, aged)[0, 1] > 0.999  # a cell that was off stays off to its side


def test_stuck_cells_are_as_many_as_said_and_stay_so(compiled) -> None:
    cells = cells_of(compiled, "stuck", stuck_on=0.05, stuck_off=0.1)
    now, _ = drawn(cells, 0.5, 0.0)
    assert np.mean(np.isclose(now, HIGH)) == pytest.approx(0.05, abs=0.004)
    assert np.mean(np.isclose(now, LOW)) == pytest.approx(0.1, abs=0.005)
    np.testing.assert_array_equal(drawn(cells, 0.5, 0.0, 3)[0], drawn(cells, 0.5, DAY, 3)[0])
    default, _ = drawn(cells_of(compiled, "stuck"), 0.5, 0.0)
    assert 0.00005 < np.mean(~np.isclose(default, 12.55)) < 0.0005  # one in 5,000, as the technology says


def test_warm_cells_conduct_more_the_less_they_do(compiled) -> None:
    cells = cells_of(compiled, "temperature", temperature=318.15 + 20.0)
    ambient = cells.view.hardware["ambient_temperature"]
    low, _ = drawn(cells, 0.0, 0.0, 1)
    full, _ = drawn(cells, 1.0, 0.0, 1)
    factor = np.exp(-0.2 / 8.617333e-5 * (1 / 338.15 - 1 / ambient))
    np.testing.assert_allclose(low, LOW * factor, rtol=1e-5)
    np.testing.assert_allclose(full, HIGH)
    np.testing.assert_allclose(drawn(cells_of(compiled, "read", temperature=400.0), 0.0, 0.0, 1)[0], LOW)


def test_a_chip_is_the_same_whatever_is_looked_at_and_however_it_is_wired(compiled) -> None:
    wiring, clustering = compiled.mapping.wiring, compiled.mapping.clustering
    plain, more = cells_of(compiled, "programming,off"), cells_of(compiled, "programming,off,read,drift")
    np.testing.assert_array_equal(plain.read(0, Chip(4), 0.0, None).mean, more.read(0, Chip(4), 0.0, None).mean)
    turned = Wiring(wiring.row, wiring.column.copy())
    own = clustering.columns_of(0)
    column = wiring.column.copy()
    column[own] = column[own][::-1]
    turned = cells_of(compiled, "programming,off", wiring=Wiring(wiring.row, column))
    first = plain._drawn("drift", plain._place(0), Chip(4))
    np.testing.assert_array_equal(turned._drawn("drift", turned._place(0), Chip(4)), first[:, :, :, ::-1])


def test_slices_share_one_reference_column(compiled) -> None:
    cells = cells_of(compiled, "programming,drift,stuck", weights=Weights("offset_column", 4, 2), stuck_on=0.2)
    now = cells.state(0, cells.target(0).share, Chip(3), DAY).now
    np.testing.assert_array_equal(now[:, 1, :, -1], now[:, 0, :, -1])
    assert not np.array_equal(now[:, 1, :, 0], now[:, 0, :, 0])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_cells_without_a_synapse_are_nothing_or_devices(compiled, encoding) -> None:
    weights = Weights(encoding)
    without, with_off = (cells_of(compiled, effects, weights=weights) for effects in ("programming", "programming,off"))
    for cluster in range(compiled.mapping.clustering.clusters):
        empty = ~without.target(cluster).used[:, : with_off.read(cluster, Chip(1), 0.0, None).mean.shape[1]]
        if encoding != "offset_column":  # there the reference is noisy too
            assert np.all(without.read(cluster, Chip(1), 0.0, None).mean[empty] == 0.0)
        on = with_off.read(cluster, Chip(1), 0.0, None).mean[empty] != 0.0
        assert not on.size or np.mean(on) > 0.5  # both cells of a pair may be made below 0, which is 0


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("levels", "slices"), [(0, 1), (0, 2), (11, 1), (4, 3)])
def test_ideal_cells_read_the_weight(compiled, encoding, levels, slices) -> None:
    cells = cells_of(compiled, "off", weights=Weights(encoding, levels, slices))
    network, clustering, view = compiled.graph.network, compiled.mapping.clustering, cells.view
    for cluster in range(clustering.clusters):
        mean = cells.read(cluster, Chip(0), 0.0, None).mean.sum(axis=2)
        rows = clustering.rows_of(cluster)
        ptr = view.cells.ptr[rows.start : rows.stop + 1]
        own = slice(int(ptr[0]), int(ptr[-1]))
        at = (
            np.repeat(np.arange(len(ptr) - 1), np.diff(ptr)),
            view.cells.column[own] - clustering.columns_of(cluster).start,
        )
        expected = np.zeros(mean.shape)
        expected[at] = np.clip(network.weight[view.cells.synapse[own]] / 5.0, -1, 1)
        np.testing.assert_allclose(mean, expected, atol=1e-12)
