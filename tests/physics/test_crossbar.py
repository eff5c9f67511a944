"""Array currents: against a rational nodal oracle, badcrossbar, ngspice, and the laws any resistive network obeys."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from oracles import nodal
from support.cell_arrays import MODES, WIRES, array, error

from snnmap.core.errors import InputError
from snnmap.physics.crossbar import (
    Wires,
    array_power,
    cell_currents,
    cell_currents_nonlinear,
    current_statistics,
    gated_row_map,
    transfer_tensor,
)

DATA = Path(__file__).parents[1] / "data"
IDEAL = Wires(0.0, 0.0, 0.0, 0.0)


def references(name):
    """Arguments and stored results of every case in tests/data/<name>_references.npz."""
    with np.load(DATA / f"{name}_references.npz") as file:
        stored = dict(file)
    meta = json.loads(str(stored["meta"]))
    return [(case, meta["volt"], {k.split(".")[1]: v for k, v in stored.items() if k.startswith(case["name"] + ".")})
            for case in meta["cases"]]  # fmt: skip


BADCROSSBAR = references("badcrossbar")
NGSPICE = references("ngspice")


def arguments(case, volt, stored):
    return {
        "G": stored["levels"] * case["unit"],
        "V": stored["volts"] * volt,
        "active": stored["active"],
        "inactive": case["inactive"],
        "wires": Wires(**case["lines"]),
    }


@st.composite
def small_arrays(draw):
    m, n, patterns = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    resistance = st.sampled_from([0.0, 0.0, 1e-6, 0.5, 20.0, 1e3, 1e6])
    closed = draw(st.sampled_from([0.4, 0.8, 1.0]))
    return {
        "G": 10.0 ** rng.uniform(-8, -3, (m, n)) * (rng.random((m, n)) < closed),
        "V": rng.uniform(-0.2, 0.3, (m, patterns)),
        "wires": Wires(*(draw(resistance) for _ in range(4))),
        "active": rng.random((m, patterns)) < draw(st.sampled_from([0.3, 0.7, 1.0])),
        "inactive": draw(st.sampled_from(MODES)),
    }


@settings(max_examples=250, deadline=None)
@given(small_arrays())
def test_every_method_gives_the_exact_solution_of_any_small_array(case):
    expected = nodal.currents(**case, exact=True)
    assert error(cell_currents(**case), expected) < 1e-10
    m, n = case["G"].shape
    copies = 2 * (m + n)
    repeated = {**case, "V": np.tile(case["V"], copies), "active": np.tile(case["active"], copies)}
    superposed = cell_currents(**repeated)
    assert error(superposed, np.tile(expected, copies)) < 1e-10


@settings(max_examples=40, deadline=None)
@given(small_arrays(), st.sampled_from([0.5, 4.0, 15.0]))
def test_nonlinear_cells_agree_with_minpack(case, k):
    case["wires"] = Wires(*(min(r, 1e3) for r in case["wires"].lines))
    case["G"] = np.maximum(case["G"], 1e-6 * (case["G"] > 0))
    try:
        expected = nodal.nonlinear_currents(**case, k=k)
    except ArithmeticError:  # MINPACK gives up on about one array in a hundred
        reject()
    assert error(cell_currents_nonlinear(**case, k=k), expected) < 1e-7


@pytest.mark.parametrize(("case", "volt", "stored"), BADCROSSBAR, ids=[case["name"] for case, _, _ in BADCROSSBAR])
def test_currents_equal_badcrossbar(case, volt, stored):
    found = cell_currents(**arguments(case, volt, stored))
    largest = np.max(np.abs(stored["currents"]))
    cells = stored["cells"]
    assert np.max(np.abs(found[cells[:, 0], cells[:, 1]] - stored["currents"])) < 1e-11 * largest
    assert error(found.sum(axis=0), stored["columns"]) < 1e-11


@pytest.mark.parametrize(("case", "volt", "stored"), NGSPICE, ids=[case["name"] for case, _, _ in NGSPICE])
def test_currents_equal_ngspice(case, volt, stored):
    given_arguments = arguments(case, volt, stored)
    nonlinear = {"k": case["k"]} if case["k"] else {}
    found = (cell_currents_nonlinear if nonlinear else cell_currents)(**given_arguments, **nonlinear)
    assert error(found[:, :, 0], stored["currents"]) < 1e-8


def test_references_cover_what_the_issue_asks():
    assert len(BADCROSSBAR) >= 20
    assert {case["inactive"] for case, _, _ in BADCROSSBAR + NGSPICE} == set(MODES)
    assert max(stored["levels"].shape for _, _, stored in BADCROSSBAR) == (128, 128)


@pytest.mark.parametrize("inactive", MODES)
@pytest.mark.parametrize("ohm", [0.01, 3.0, 500.0])
def test_larger_arrays_equal_a_sparse_nodal_solve(inactive, ohm):
    """Up to N^2 R G = 100 by the sparse oracle, which itself loses digits beyond."""
    case = array(1, 40, 33, 2) | {"wires": Wires(ohm, 0.7 * ohm, 2 * ohm, ohm)}
    assert error(cell_currents(**case, inactive=inactive), nodal.currents(**case, inactive=inactive)) < 1e-10


@pytest.mark.parametrize("inactive", MODES)
def test_ohm_holds_at_every_cell_for_node_voltages_found_by_kirchhoff(inactive):
    """Line currents are sums of cell currents (KCL at every node), node voltages follow from them along the lines."""
    case = array(4)
    found = cell_currents(**case, inactive=inactive)
    word_current = np.cumsum(found[:, ::-1], axis=1)[:, ::-1]
    bit_current = np.cumsum(found, axis=0)
    word = -np.cumsum(WIRES.r_wl * word_current, axis=1) - WIRES.r_source * word_current[:, :1]
    bit = np.cumsum(WIRES.r_bl * bit_current[::-1], axis=0)[::-1] + WIRES.r_sense * bit_current[-1]
    word += np.where(case["active"], case["V"], 0.0)[:, None, :]
    connected = np.broadcast_to((case["G"] > 0)[:, :, None], found.shape).copy()
    if inactive == "gated":
        connected &= case["active"][:, None, :]
    assert np.all(found[~connected] == 0.0)
    gap = word - bit - np.divide(found, case["G"][:, :, None], out=np.zeros_like(found), where=connected)
    floating_row = ~case["active"] if inactive == "floating" else np.zeros_like(case["active"])
    driven = connected & ~floating_row[:, None, :]
    assert np.max(np.abs(gap[driven])) < 1e-11
    assert np.max(np.abs(word_current[:, 0][floating_row]), initial=0.0) < 1e-11 * np.max(found)
    for i, p in np.argwhere(floating_row):
        assert np.ptp(gap[i, connected[i, :, p], p]) < 1e-11  # all cells of a floating row see one unknown voltage


@pytest.mark.parametrize("k", [0.0, 8.0])
@pytest.mark.parametrize("inactive", MODES)
def test_source_power_is_what_cells_and_wires_dissipate(inactive, k):
    case = array(5)
    found = cell_currents_nonlinear(**case, inactive=inactive, k=k)
    power = array_power(currents=found, **case, k=k)
    np.testing.assert_allclose(power.source, power.cells + power.wires, rtol=1e-10)
    assert np.all(power.wires > 0.0)
    wrong = array_power(currents=found * 1.001, **case, k=k)
    assert np.all(np.abs(wrong.source - wrong.cells - wrong.wires) > 1e-4 * power.source)


@pytest.mark.parametrize("inactive", ["gated", "floating"])
def test_superposition(inactive):
    """Currents are linear in the voltages of the rows that drive."""
    case = array(6, patterns=1)
    case |= {"active": np.repeat(case["active"], 3, axis=1), "V": np.hstack([case["V"], case["V"][::-1], case["V"]])}
    case["V"][:, 2] = 2.0 * case["V"][:, 0] - 3.0 * case["V"][:, 1]
    found = cell_currents(**case, inactive=inactive)
    assert error(2.0 * found[:, :, 0] - 3.0 * found[:, :, 1], found[:, :, 2]) < 1e-10


@pytest.mark.parametrize("inactive", MODES)
def test_scaling_conductance_up_and_resistance_down_scales_the_current(inactive):
    case = array(7)
    found = cell_currents(**case, inactive=inactive)
    scaled = case | {"G": 37.0 * case["G"], "wires": Wires(*(ohm / 37.0 for ohm in WIRES.lines))}
    assert error(cell_currents(**scaled, inactive=inactive) / 37.0, found) < 1e-12


@pytest.mark.parametrize("inactive", ["gated", "grounded"])
def test_vanishing_wires_give_ohms_law(inactive):
    case = array(8)
    ohm = case["G"][:, :, None] * np.where(case["active"], case["V"], 0.0)[:, None, :]
    np.testing.assert_allclose(cell_currents(**case | {"wires": IDEAL}, inactive=inactive), ohm, rtol=1e-15)
    nearly = cell_currents(**case | {"wires": Wires(1e-9, 1e-9, 1e-9, 1e-9)}, inactive=inactive)
    assert error(nearly, ohm) < 1e-8


def test_one_cell_is_one_series_circuit():
    case = {"G": [[50e-6]], "V": [[0.2]], "active": [[True]], "inactive": "grounded", "wires": WIRES}
    found = cell_currents(**case)
    assert found[0, 0, 0] == pytest.approx(0.2 / (sum(WIRES.lines) + 1 / 50e-6), rel=1e-14)
    assert cell_currents(**case | {"G": [[0.0]]})[0, 0, 0] == 0.0


def test_transfer_conductance_is_reciprocal():
    """Column current per volt on a row equals row current per volt on that column: the array seen from there."""
    case = array(9)
    conductance = transfer_tensor(G=case["G"], wires=WIRES).sum(axis=0)
    turned = transfer_tensor(
        G=case["G"][::-1, ::-1].T, wires=Wires(WIRES.r_bl, WIRES.r_wl, WIRES.r_sense, WIRES.r_source)
    ).sum(axis=0)[::-1, ::-1]
    assert error(turned.T, conductance) < 1e-12


def test_raising_a_conductance_never_lowers_source_power():
    """Rayleigh's monotonicity law, cell by cell."""
    case = array(10, 6, 5, 1)
    case |= {"active": np.ones((6, 1), bool), "V": np.full((6, 1), 0.2)}

    def source(G):
        changed = case | {"G": G}
        return array_power(currents=cell_currents(**changed, inactive="grounded"), **changed).source[0]

    for i, j in np.ndindex(6, 5):
        more = case["G"].copy()
        more[i, j] += 50e-6
        assert source(more) > source(case["G"]) > 0.0


def test_longer_paths_never_carry_more_in_a_uniform_gated_array():
    found = gated_row_map(G=np.full((20, 30), 50e-6), V_r=0.2, wires=WIRES)
    assert np.all(np.diff(found, axis=1) < 0.0)  # away from the driver
    assert np.all(np.diff(found, axis=0) > 0.0)  # towards the sense end


def test_gated_row_map_is_each_row_read_alone():
    case = array(11, 15, 21, open_share=0.3)
    rows = np.eye(15, dtype=bool)
    expected = nodal.currents(G=case["G"], V=0.25 * rows, active=rows, inactive="gated", wires=WIRES)
    found = gated_row_map(G=case["G"], V_r=0.25, wires=WIRES)
    assert error(found, np.einsum("iji->ij", expected)) < 1e-12
    alone = cell_currents(G=case["G"], V=np.full((15, 15), 0.25), active=rows, inactive="gated", wires=WIRES)
    assert error(alone, expected) < 1e-12


def test_transfer_tensor_superposes_to_cell_currents():
    case = array(12)
    tensor = transfer_tensor(G=case["G"], wires=WIRES)
    superposed = tensor @ np.where(case["active"], case["V"], 0.0)
    assert error(superposed, cell_currents(**case, inactive="grounded")) < 1e-10
    cut = ~case["active"][:, 0]
    floating = transfer_tensor(G=case["G"], wires=WIRES, floating=cut)
    assert np.all(floating[:, :, cut] == 0.0)
    expected = cell_currents(**case, inactive="floating")[:, :, 0]
    assert error(floating @ case["V"][:, 0], expected) < 1e-10


def test_current_statistics_are_the_average_over_all_patterns():
    rng = np.random.default_rng(14)
    case = array(14, 6, 4)
    chance, volts = rng.random(6), rng.uniform(0.1, 0.3, 6)
    patterns = (np.arange(64) >> np.arange(6)[:, None] & 1).astype(bool)
    weight = np.prod(np.where(patterns, chance[:, None], 1.0 - chance[:, None]), axis=0)
    found = cell_currents(G=case["G"], V=volts[:, None] * patterns, active=patterns, inactive="grounded", wires=WIRES)
    mean, square = current_statistics(T=transfer_tensor(G=case["G"], wires=WIRES), V=volts, probability=chance)
    assert error(mean, found @ weight) < 1e-12
    assert error(square, np.square(found) @ weight) < 1e-12


def test_nonlinear_cells_become_ohmic_for_small_k_and_obey_their_law():
    case = array(15)
    ohmic = cell_currents(**case, inactive="grounded")
    assert error(cell_currents_nonlinear(**case, inactive="grounded", k=1e-4), ohmic) < 1e-8
    ideal = cell_currents_nonlinear(**case | {"wires": IDEAL}, inactive="gated", k=20.0)
    law = case["G"][:, :, None] * np.sinh(20.0 * np.where(case["active"], case["V"], 0.0))[:, None, :] / 20.0
    assert error(ideal, law) < 1e-12
    steep = cell_currents_nonlinear(**case, inactive="grounded", k=200.0)
    power = array_power(currents=steep, **case, k=200.0)
    np.testing.assert_allclose(power.source, power.cells + power.wires, rtol=1e-9)


def test_arguments_are_not_modified_and_the_answer_repeats():
    case = array(16)
    arrays = [case[name] for name in ("G", "V", "active")]
    kept = [values.copy() for values in arrays]
    first = cell_currents(**case, inactive="gated")
    for values in arrays:
        values.flags.writeable = False
    assert np.array_equal(first, cell_currents(**case, inactive="gated"))
    assert all(map(np.array_equal, arrays, kept))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"G": [[1e-6, -1e-6]]}, "at least 0"),
        ({"G": [[1e-6, np.nan]]}, "not finite"),
        ({"G": [1e-6, 1e-6]}, "2 dimensions"),
        ({"G": np.zeros((0, 3))}, "at least one cell"),
        ({"G": [["a", "b"]]}, "numbers"),
        ({"V": [[0.2], [0.2]]}, "one row per row of G"),
        ({"V": [[np.inf]]}, "not finite"),
        ({"V": 0.2}, "2 dimensions"),
        ({"active": [[1]]}, "bool"),
        ({"active": [[True, True]]}, "like V"),
        ({"inactive": "open"}, "gated"),
    ],
)
def test_bad_input_is_one_clear_error(change, words):
    good = {"G": [[1e-6, 2e-6]], "V": [[0.2]], "active": [[True]], "inactive": "gated", "wires": WIRES}
    assert cell_currents(**good).shape == (1, 2, 1)
    with pytest.raises(InputError, match=words):
        cell_currents(**good | change)


@pytest.mark.parametrize("name", ["r_wl", "r_bl", "r_source", "r_sense"])
@pytest.mark.parametrize("ohm", [-1.0, np.nan, np.inf, [1.0], "1", True, 1j])
def test_bad_wires_are_one_clear_error(name, ohm):
    with pytest.raises(InputError, match=name):
        Wires(**{"r_wl": 1.0, "r_bl": 1.0, "r_source": 1.0, "r_sense": 1.0, name: ohm})


def test_wires_of_a_technology_warm_with_the_metal_only():
    technology = {"r_wordline": 2.0, "r_bitline": 3.0, "r_source": 5.0, "r_sense": 7.0}
    technology["wire_temperature_coefficient"] = 0.0045
    assert Wires.of(technology, 300.0) == Wires(2, 3, 5, 7)
    assert Wires.of(technology, 400.0).lines == pytest.approx((2.9, 4.35, 5.0, 7.0))


def test_bad_input_of_the_other_functions():
    G = np.full((2, 3), 1e-6)
    case = {"G": G, "V": np.full((2, 1), 0.2), "active": np.ones((2, 1), bool), "wires": WIRES}
    with pytest.raises(InputError, match="V_r"):
        gated_row_map(G=G, V_r=np.nan, wires=WIRES)
    with pytest.raises(InputError, match="floating"):
        transfer_tensor(G=G, wires=WIRES, floating=[True])
    with pytest.raises(InputError, match="k must"):
        cell_currents_nonlinear(**case, inactive="gated", k=-1.0)
    with pytest.raises(InputError, match="overflow"):
        cell_currents_nonlinear(**case, inactive="gated", k=2000.0)
    with pytest.raises(InputError, match="currents"):
        array_power(currents=np.zeros((2, 3)), **case)
    with pytest.raises(InputError, match="transfer tensor"):
        current_statistics(T=G, V=0.2, probability=0.5)
    with pytest.raises(InputError, match="probability"):
        current_statistics(T=np.zeros((2, 3, 2)), V=0.2, probability=1.5)
    with pytest.raises(InputError, match="V must"):
        current_statistics(T=np.zeros((2, 3, 2)), V=[0.2], probability=0.5)


def test_no_pattern_at_all():
    found = cell_currents(G=[[1e-6]], V=np.zeros((1, 0)), active=np.zeros((1, 0), bool), inactive="gated", wires=WIRES)
    assert found.shape == (1, 1, 0)
