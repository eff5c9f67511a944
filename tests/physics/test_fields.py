"""Exchanges of array lines: incremental fields against recomputation and an independent sparse solve."""

import numpy as np
import pytest
from oracles import thermal_sheet

from snnmap.core.errors import InputError
from snnmap.physics.espine import EspineCell, spike_power
from snnmap.physics.fields import Field, cosine_modes, exchanges, products
from snnmap.physics.kernels.sheet import (
    across,
    answer,
    back,
    exchange,
    exchanged,
    linear_change,
    power_modes,
    quadratic_change,
    summed,
    warmth,
)
from snnmap.physics.thermal import Sheet, sheet_rise

SHEET = Sheet(1.3e-7, 7e-6, 3e-6)


def place_map(shape):
    """Power of cells behind wires, as eSpine's paths have it."""
    up, along = np.arange(shape[0], 0, -1.0)[:, None], np.arange(1.0, shape[1] + 1)[None, :]
    return (700.0 / (690.0 + 3.8 * up + 10.0 * along)) ** 2


def case(shape, seed=0):
    rng = np.random.default_rng(seed)
    content = rng.random(shape) * (rng.random(shape) < 0.6)
    return content, place_map(shape), rng


def field_of(lines, at):
    """Temperature (R, N), in units of 1 / vertical conductance, by the kernels."""
    return values(lines, across(lines.table, power_modes(lines.content, lines.scale, at)))


def values(lines, modes):
    out = np.zeros(modes.shape)
    for y in range(len(out)):
        back(modes[y], lines.mode, out[y])
    return out


@pytest.mark.parametrize("shape", [(40, 60), (17, 8), (1, 5)])
def test_the_field_in_modes_is_that_of_the_sheet_rows_and_columns_alike(shape):
    content, place, _ = case(shape)
    swaps = exchanges(SHEET, place)
    truth = thermal_sheet.rise(content * place, SHEET.vertical, SHEET.row, SHEET.column) * SHEET.vertical
    by_row = field_of(swaps.rows.lines(content), np.arange(shape[0]))
    by_column = field_of(swaps.columns.lines(content.T), np.arange(shape[1])).T
    assert by_row == pytest.approx(truth, rel=1e-9)
    assert by_column == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("side", ["rows", "columns"])
def test_ten_thousand_exchanges_leave_the_field_that_recomputation_gives(side):
    content, place, rng = case((32, 48))
    swaps, turned = exchanges(SHEET, place), side == "columns"
    lines = swaps.columns.lines(content.T) if turned else swaps.rows.lines(content)
    at = np.arange(48 if turned else 32)
    field = across(lines.table, power_modes(lines.content, lines.scale, at))
    before = values(lines, field)
    exchanged(lines, at, field, rng.integers(0, len(at), (10_000, 2)))
    assert sorted(at.tolist()) == list(range(len(at)))
    drawn = (content[:, at] if turned else content[at]) * place
    truth = sheet_rise(SHEET, drawn) * SHEET.vertical
    got = values(lines, field)
    assert np.abs((got.T if turned else got) - truth).max() <= 1e-9 * truth.max()
    assert np.abs(got - before).max() > 1e-3 * truth.max()


def test_the_change_of_variance_is_exact_for_every_pair():
    content, place, rng = case((9, 12), 3)
    lines = exchanges(SHEET, place).rows.lines(content)
    at = rng.permutation(9)
    force = across(lines.square, power_modes(lines.content, lines.scale, at))
    first, second = np.zeros(12), np.zeros(12)
    variance = field_of(lines, at).var() * 9 * 12
    for a in range(9):
        for b in range(9):
            exchange(lines.content, lines.scale, at, a, b, first, second)
            if a != b:
                change = quadratic_change(lines.square, force, a, b, first, second)
                swapped = at.copy()
                swapped[[a, b]] = at[[b, a]]
                assert variance + change == pytest.approx(field_of(lines, swapped).var() * 9 * 12, rel=1e-9)
                assert linear_change(force, a, b, first, second) <= change + 1e-12 * variance


def test_an_exchange_of_equals_is_no_exchange():
    lines = exchanges(SHEET, place_map((4, 5))).rows.lines(np.ones((4, 5)))
    first, second = np.ones(5), np.ones(5)
    exchange(lines.content, lines.scale, np.arange(4), 0, 3, first, second)
    assert not first.any()
    assert not second.any()


def test_what_one_cell_comes_to_is_that_of_its_line():
    rng = np.random.default_rng(5)
    lines = exchanges(SHEET, place_map((6, 7))).rows.lines(np.ones((6, 7)))
    first, second, line, room = rng.normal(size=7), rng.normal(size=7), rng.normal(size=7), np.zeros(7)
    cell, after = lines.mode[:, 3].copy(), line.copy()
    answer(lines.table, 4, 1, 5, first, second, after)
    found = warmth(lines.table, line, 4, 1, 5, first, second, cell, room)
    assert found == pytest.approx(after @ cell, rel=1e-12)
    assert summed(np.arange(7.0)) == 21.0


def test_modes_are_orthonormal_and_cosines_exact():
    mode = cosine_modes(31)
    assert mode @ mode.T == pytest.approx(np.eye(31), abs=1e-14)
    assert mode[3, 4] == pytest.approx(np.sqrt(2 / 31) * np.cos(np.pi * 3 * 4.5 / 31), rel=1e-14)


def test_place_maps_are_sums_of_few_products():
    rows, columns = products(place_map((128, 128)))
    assert len(rows) <= 8
    assert np.einsum("qi,qj->ij", rows, columns) == pytest.approx(place_map((128, 128)), abs=1e-10)
    assert len(products(np.zeros((3, 4)))[0]) == 1
    with pytest.raises(InputError, match="no sum of 24 products"):
        products(np.random.default_rng(0).random((40, 40)))
    with pytest.raises(InputError):
        exchanges(SHEET, -np.ones((3, 3)))


def test_spikes_power_is_such_a_map():
    from snnmap.hardware import load_technology

    drawn = spike_power((128, 128), EspineCell.of(load_technology("espine-pcm-16"))).cell
    assert len(products(drawn)[0]) <= 10


def test_gradient_spot_and_mean_of_a_field():
    around, own = np.array([[1.0, 3.0], [2.0, 5.0]]), np.array([[9.0, 0.0], [0.0, 1.0]])
    field = Field(around, own)
    assert (field.gradient, field.spot, field.mean) == (4.0, 10.0, 5.25)


@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 128])
def test_values_of_a_line_come_back_from_its_modes(cells):
    mode, modes = cosine_modes(cells), np.random.default_rng(cells).normal(size=cells)
    out = np.full(cells, np.nan)
    back(modes, mode, out)
    np.testing.assert_allclose(out, modes @ mode, rtol=0, atol=1e-14 * cells)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 9])
def test_an_exchange_adds_up_all_products_of_the_place_map(count):
    rng = np.random.default_rng(count)
    content, scale = rng.random((6, count, 7)), rng.random((count, 6))
    scale[:, 2] *= rng.random(count) < 0.5
    at, first, second = rng.permutation(6), np.full(7, np.nan), np.full(7, np.nan)
    exchange(content, scale, at, 2, 4, first, second)
    moved = content[at[4]] - content[at[2]]
    np.testing.assert_allclose(first, scale[:, 2] @ moved, atol=1e-14)
    np.testing.assert_allclose(second, -scale[:, 4] @ moved, atol=1e-14)
