"""Rows read together: the two limits, a dense solve of the same equations, and the average over all patterns."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import nodal
from support.cell_arrays import WIRES, array, error

from snnmap.core.errors import InputError, SnnmapError
from snnmap.physics import crossbar_lines
from snnmap.physics.crossbar import Wires, cell_currents, gated_row_map, paired_row_map, shared_row_map


def test_nobody_else_on_is_a_row_alone():
    case = array(11, 15, 21, open_share=0.3)
    found = shared_row_map(G=case["G"], V_r=0.25, wires=WIRES, share=np.zeros(15))
    assert error(found, gated_row_map(G=case["G"], V_r=0.25, wires=WIRES)) < 1e-14


@pytest.mark.parametrize("wires", [WIRES, Wires(0.0, 3.0, 0.0, 0.0), Wires(200.0, 300.0, 0.0, 50.0)])
def test_everybody_on_is_one_read_of_all_rows(wires):
    case = array(12, 15, 21, open_share=0.3)
    on = np.ones((15, 1), bool)
    expected = cell_currents(G=case["G"], V=0.25 * on, active=on, inactive="gated", wires=wires)[:, :, 0]
    found = shared_row_map(G=case["G"], V_r=0.25, wires=wires, share=np.ones(15))
    assert error(found, expected) < 1e-10


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(1, 6), st.integers(1, 5)), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 10.0, 3e3]))
def test_any_shares_equal_a_dense_solve(shape, seed, ohm):
    rng = np.random.default_rng(seed)
    G = rng.uniform(1e-6, 200e-6, shape) * (rng.random(shape) < 0.8)
    wires = nodal.Wires(ohm, 0.7 * ohm, 5.0, 3.0)
    share = rng.random(shape[0]) * (rng.random(shape[0]) < 0.8)
    found = shared_row_map(G=G, V_r=0.2, wires=Wires(*wires), share=share)
    assert error(found, nodal.shared_currents(G=G, volts=0.2, wires=wires, share=share)) < 1e-9


def test_independent_rows_carry_the_average_over_all_patterns():
    """Five rows, 32 patterns, wires that take a fifth: rows alone are off by percents, this is by 2 per mille."""
    rng = np.random.default_rng(4)
    G, share, wires = rng.uniform(20e-6, 200e-6, (5, 6)), np.array([0.9, 0.1, 0.5, 0.7, 0.3]), Wires(60, 60, 0, 0)
    patterns = np.array(list(product([False, True], repeat=5))).T
    chance = np.prod(np.where(patterns, share[:, None], 1 - share[:, None]), axis=0)
    every = cell_currents(G=G, V=np.full(patterns.shape, 0.2), active=patterns, inactive="gated", wires=wires)
    mean = (every * chance).sum(axis=2) / share[:, None]
    found = shared_row_map(G=G, V_r=0.2, wires=wires, share=share)
    assert error(found, mean) < 2e-3
    assert error(gated_row_map(G=G, V_r=0.2, wires=wires), mean) > 0.03


def test_more_company_never_means_more_current():
    case = array(13, 20, 12)
    few, many = (shared_row_map(G=case["G"], V_r=0.2, wires=WIRES, share=np.full(20, s)) for s in (0.1, 0.6))
    assert np.all(many <= few)
    assert many.sum() < few.sum()


@pytest.mark.parametrize("share", [[0.5], [-0.1, 0.5], [1.1, 0.5], [[0.5, 0.5]], [np.nan, 0.0]])
def test_shares_that_are_none_are_refused(share):
    with pytest.raises(InputError, match="share"):
        shared_row_map(G=np.ones((2, 3)) * 1e-6, V_r=0.2, wires=WIRES, share=share)


def test_an_iteration_that_stalls_is_told(monkeypatch):
    monkeypatch.setattr(crossbar_lines, "shared_rows", lambda *_: -1)
    with pytest.raises(SnnmapError, match="did not converge"):
        shared_row_map(G=np.ones((2, 3)) * 1e-6, V_r=0.2, wires=WIRES, share=np.ones(2))


@pytest.mark.parametrize("rows", [14, 15])
def test_pairs_that_are_all_on_are_one_read_with_both_voltages(rows):
    case = array(12, rows, 21, open_share=0.3)
    wires, volts = Wires(20.0, 30.0, 4.0, 9.0), np.where(np.arange(rows) % 2, -0.25, 0.25)[:, None]
    on = np.ones((rows, 1), bool)
    expected = cell_currents(G=case["G"], V=volts, active=on, inactive="gated", wires=wires)[:, :, 0]
    found = paired_row_map(G=case["G"], V_r=0.25, wires=wires, share=np.ones(rows))
    assert error(found, np.abs(expected)) < 1e-10


@pytest.mark.parametrize("rows", [6, 7])
def test_a_pair_alone_is_a_read_of_two_rows(rows):
    rng, wires = np.random.default_rng(3), Wires(20.0, 30.0, 4.0, 9.0)
    G = rng.uniform(1e-6, 200e-6, (rows, 5))
    found = paired_row_map(G=G, V_r=0.2, wires=wires, share=np.zeros(rows))
    for first in range(0, rows - 1, 2):
        on = (np.arange(rows) // 2 == first // 2)[:, None]
        volts = np.where(np.arange(rows) % 2, -0.2, 0.2)[:, None]
        both = cell_currents(G=G, V=volts, active=on, inactive="gated", wires=wires)[first : first + 2, :, 0]
        assert error(found[first : first + 2], np.abs(both)) < 1e-8
    assert np.all(found > (1 - 1e-6) * gated_row_map(G=G, V_r=0.2, wires=wires))


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(1, 3), st.integers(1, 5)), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 10.0, 3e3]))
def test_any_shares_of_pairs_equal_a_dense_solve(shape, seed, ohm):
    rng = np.random.default_rng(seed)
    rows = 2 * shape[0]
    G = rng.uniform(1e-6, 200e-6, (rows, shape[1])) * (rng.random((rows, shape[1])) < 0.8)
    wires = nodal.Wires(ohm, 0.7 * ohm, 5.0, 3.0)
    share = np.repeat(rng.random(shape[0]), 2)
    found = paired_row_map(G=G, V_r=0.2, wires=Wires(*wires), share=share)
    expected = nodal.shared_currents(G=G, volts=0.2, wires=wires, share=share, paired=True)
    assert error(found, expected * np.where(np.arange(rows) % 2, -1.0, 1.0)[:, None]) < 1e-8


def test_rows_of_a_pair_have_one_share():
    with pytest.raises(InputError, match="two rows of a pair"):
        paired_row_map(G=np.ones((2, 3)) * 1e-6, V_r=0.2, wires=WIRES, share=[0.1, 0.2])
