"""Arrays under every encoding: what they hold reads back as the weights, and counts in energy, wear and bounds."""

import numpy as np
import pytest
from support.encoded import CASES, at, encoded_view, name, relative

from snnmap.analysis.wiring import crossbar_of
from snnmap.hardware import Weights
from snnmap.physics.thermal import Sheet
from snnmap.reliability.crossbars import array_of, cells_in_array, other_sign_energy, passes_of, row_energy
from snnmap.reliability.device import device_state
from snnmap.reliability.espine import endured_among_neighbours, espine_quality, espine_state, espine_twin
from snnmap.reliability.heat import heat, written_cells
from snnmap.reliability.lines import coarse, in_array, pooled, spread

every = pytest.mark.parametrize("weights", CASES, ids=name)


def lines(view, k):
    """Rows {source: row} and columns {neuron: column} of a cluster."""
    c, w = view.mapping.clustering, view.mapping.wiring
    rows, columns = c.rows_of(k), c.columns_of(k)
    return (
        dict(zip(c.row_source[rows].tolist(), w.row[rows].tolist(), strict=True)),
        dict(zip(c.column_neuron[columns].tolist(), w.column[columns].tolist(), strict=True)),
    )


@every
def test_what_an_array_holds_reads_back_as_the_nearest_weights(weights):
    view = encoded_view(weights, spare=3)
    chip, wanted, met = view.hardware, relative(view), 0
    low, high = chip.technology["g_min"], chip.technology["g_max"]
    offset = weights.encoding == "offset_column"
    step = 0.0 if weights.levels == 0 else (2 if offset else 1) / (weights.levels**weights.slices - 1)
    for k in range(view.mapping.clustering.clusters):
        rows, columns = lines(view, k)
        array = array_of(view, k)
        share = (array.G - low) / (high - low)
        for (source, neuron), r in wanted.items():
            if source not in rows or neuron not in columns:
                continue
            cells = at(weights, rows[source], columns[neuron])
            whole = sum(value for *_, value in cells) / (2 if weights.planes == 2 else 1)
            if offset:
                reference = share[rows[source], chip.bit_lines - 1]
                assert reference == pytest.approx(0.5)
                read = 2 * sum((share[i, j] - reference) * value for i, j, _, value in cells) / whole
            else:
                read = sum(sign * share[i, j] * value for i, j, sign, value in cells) / whole
            asked = abs(r) if weights.encoding == "pair_arrays" else r
            assert abs(read - asked) <= step / 2 + 1e-12
            assert all(array.used[i, j] for i, j, *_ in cells)
            bearing = [sign for i, j, sign, _ in cells if array.bears[i, j]]
            assert bearing == [1 if weights.planes == 1 or r >= 0 else -1] * weights.slices
            if weights.levels:
                states = np.array([share[i, j] * (weights.levels - 1) for i, j, *_ in cells])
                np.testing.assert_allclose(states, np.rint(states), atol=1e-9)
            met += 1
        taken = weights.cells // weights.arrays
        synapses = sum((s, n) in wanted for s in rows for n in columns)
        if offset:
            assert array.used.sum() == len(rows) * (len(columns) * weights.slices + 1)
        else:
            assert array.used.sum() == taken * synapses
        assert array.used.sum() == cells_in_array(view.clusters, chip)[k]
    assert met == len(wanted)


@every
def test_reads_without_wires_take_the_ideal_energy_of_all_cells(weights):
    view = encoded_view(weights, wires=False)
    chip, heated = view.hardware, heat(view)
    pulse = chip["read_voltage"] ** 2 * chip["read_time"]
    rows = row_energy(view.clusters, chip)
    for k in range(view.mapping.clustering.clusters):
        array, own = array_of(view, k), view.mapping.clustering.rows_of(k)
        drawn = float((array.G.sum(axis=1) * array.spikes).sum()) * pulse
        assert heated.energy[k] == pytest.approx(drawn)
        other = other_sign_energy(view.clusters, chip)[k]
        assert (other > 0) == (weights.encoding == "pair_arrays")
        assert rows[own].sum() == pytest.approx(drawn + other)
    assert device_state(view, heated).array_energy == pytest.approx(rows.sum())


@every
@pytest.mark.parametrize("places", ["alone", "crowd"])
def test_all_cells_of_a_weight_are_written_and_wear(weights, places):
    view = encoded_view(weights, places=places)
    heated = heat(view)
    synapses = np.diff(view.cells.ptr[view.mapping.clustering.row_ptr])
    if weights.encoding != "offset_column":
        assert written_cells(heated).tolist() == (2 * weights.slices * synapses).tolist()
    else:
        assert np.all(written_cells(heated) > weights.slices * synapses)
    for k, cells in enumerate(heated.cells):
        assert len(cells.share) == heated.programmed[k]
        assert cells.bears.sum() * weights.planes == len(cells.bears)
    state = device_state(view, heated)
    assert np.all(state.temperature > view.hardware["ambient_temperature"])
    assert np.all(state.lifetime > 0)


@every
def test_spikes_pass_all_cells_and_no_wiring_outlasts_the_bound(weights):
    view = encoded_view(weights)
    for k in range(view.mapping.clustering.clusters):
        array, passes = array_of(view, k), passes_of(view, k)
        np.testing.assert_array_equal(passes, array.used * array.spikes[:, None])
    state = espine_state(view, espine_twin(view.hardware.technology))
    assert np.all(state.lifetime <= state.bound * (1 + 1e-9))
    assert np.isfinite(state.bound).any()


@every
def test_a_crossbar_as_its_array_has_the_cells_that_are_programmed(weights):
    view = encoded_view(weights)
    for k in range(view.mapping.clustering.clusters):
        whole = in_array(crossbar_of(view.graph, view.mapping.clustering, view.cells, k), weights)
        assert len(whole.row_columns) == array_of(view, k).used.sum()
        assert len(whole.row_ptr) - 1 == len(whole.activity)
        passed = np.repeat(whole.activity, np.diff(whole.row_ptr)).sum()
        assert passed == passes_of(view, k).sum()
        dense = np.zeros((len(whole.row_ptr) - 1, len(whole.column_ptr) - 1), int)
        dense[np.repeat(np.arange(len(dense)), np.diff(whole.row_ptr)), whole.row_columns] += 1
        assert dense.max() <= 1
        assert dense.sum(axis=0).tolist() == np.diff(whole.column_ptr).tolist()


def test_a_pair_of_columns_lies_side_by_side():
    weights = Weights("pair_columns", 4, 2)
    assert weights.bit_lines([0, 3]).tolist() == [[[0, 12], [1, 13]], [[2, 14], [3, 15]]]
    assert weights.word_lines([0, 3]).tolist() == [[0, 3], [0, 3]]
    assert Weights("pair_rows").word_lines([0, 3]).tolist() == [[0, 6], [1, 7]]
    assert Weights("pair_rows").bit_lines([0, 3]).tolist() == [[[0, 3]], [[0, 3]]]
    assert Weights("offset_column", 4, 2).bit_lines([1]).tolist() == [[[2], [3]]]
    assert Weights().word_lines([5]).tolist() == [[5]]


def test_maps_are_pooled_over_the_cells_of_a_crossing_and_spread_back():
    chip = encoded_view(Weights("pair_rows", 2, 3), spare=1).hardware
    values = np.arange(33.0 * 37.0).reshape(33, 37)
    least, mean = pooled(values, chip, np.min), pooled(values, chip, np.mean)
    assert least.shape == mean.shape == (16, 12)
    assert least[2, 3] == values[4, 9]
    assert mean[2, 3] == values[4:6, 9:12].mean()
    back = spread(least, chip)
    assert back.shape == (33, 37)
    assert np.all(back[4:6, 9:12] == least[2, 3])
    assert not back[32].any()
    assert not back[:, 36].any()


def test_a_sheet_of_crossings_conducts_as_its_cells():
    sheet = Sheet(1.0, 2.0, 3.0)
    assert coarse(sheet, Weights()) == sheet
    assert coarse(sheet, Weights("pair_columns", 2, 2)) == Sheet(4.0, 0.5, 12.0)
    assert coarse(sheet, Weights("pair_rows")) == Sheet(2.0, 4.0, 1.5)


@every
def test_the_first_cell_of_a_crossing_decides_its_quality(weights):
    chip = encoded_view(weights).hardware
    lasts = espine_quality(chip)
    alone = endured_among_neighbours(chip, 1.0)(np.zeros((16, 12)))
    assert lasts.shape == (16, 12)
    np.testing.assert_allclose(alone, lasts, rtol=1e-12)
