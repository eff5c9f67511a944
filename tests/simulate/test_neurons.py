"""Every model with an equation has a code and a place for each of its parameters; nothing has one without a model."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.ir import FILTERS, MODELS
from snnmap.ir.dynamics import share
from snnmap.simulate.kernels import neurons as kernel
from snnmap.simulate.neurons import CODES, ROWS, neuron_state, step_rule

OTHERWISE = {"delay"} | set(MODELS["MIF"].parameters) - {"gain"}
"""Parameters that are no row of the coefficients: the length of a ring, and a circuit of its own."""
STEPPED = [model for model in MODELS.values() if model.stepped]


def test_models_and_codes_are_one_to_one() -> None:
    assert set(CODES) == {model.name for model in STEPPED}
    assert sorted(CODES.values()) == list(range(len(STEPPED)))


@pytest.mark.parametrize("model", STEPPED, ids=lambda m: m.name)
def test_every_parameter_reaches_the_kernel(model) -> None:
    rows = [ROWS[key] for key in model.parameters if key in ROWS]
    assert len(set(rows)) == len(rows)
    base = {key: np.full(1, min(2.0, p.high)) for key, p in model.parameters.items()}
    flat = neuron_state([model.name], [1], [base], 0.5)
    for key, parameter in model.parameters.items():
        moved = neuron_state([model.name], [1], [base | {key: np.full(1, min(3.0, parameter.high - 1.0))}], 0.5)
        changed = [not np.array_equal(a, b) for a, b in zip(flat, moved, strict=True)]
        assert any(changed), key
    assert set(ROWS) | OTHERWISE == {key for m in STEPPED for key in m.parameters} | set(FILTERS)
    bare = neuron_state([model.name], [1], [base], 0.5)
    filtered = neuron_state([model.name], [1], [base | {"tau_alpha": np.full(1, 2.0)}], 0.5)
    assert bare.low_pass.shape == (2, 0)
    assert filtered.low_pass.tolist() == [[0.0], [0.0]]
    assert filtered.coefficients[kernel.FILTER] == pytest.approx(-np.expm1(-0.25))


def test_units_decide_how_a_parameter_meets_the_step() -> None:
    one = np.ones(1)
    state = neuron_state(
        ["IF", "LIF", "Delay"],
        [1, 1, 1],
        [
            {"r": 6 * one, "v_threshold": one, "v_reset": 0 * one},
            {"tau": 4 * one, "r": 6 * one, "v_leak": 7 * one, "v_threshold": one, "v_reset": 0 * one},
            {"delay": 1.2 * one},
        ],
        0.5,
    )
    assert state.coefficients[kernel.GAIN].tolist() == [3.0, 6.0, 0.0]
    assert state.coefficients[kernel.MEMBRANE].tolist() == [0.0, 0.125, 0.0]
    assert state.v.tolist() == [0.0, 7.0, 0.0]
    assert np.diff(state.ring_first).tolist() == [0, 0, 3]


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if not model.stepped])
def test_a_model_without_an_equation_is_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match=f"a '{name}' population has no dynamics"):
        neuron_state([name], [1], [{}], 1e-3)


def test_the_exact_decay_is_rounded_once() -> None:
    taus = np.array([2e-3, 5e-3, 2e-3, 1.0])
    expected = -np.expm1(-1e-3 / taus)
    np.testing.assert_allclose(share(taus, 1e-3, "exponential"), expected, rtol=3e-16)
    np.testing.assert_array_equal(share(taus, 1e-3, "euler"), 1e-3 * (1 / taus))
    assert share(np.array([np.log(2)]), 1.0, "exponential")[0] != 0.5 * np.log(2)


@pytest.mark.parametrize("size", [1, 40, 70])
def test_loihi_neurons_rest_whether_others_fire_or_not(size: int) -> None:
    """Scalar integers, one neuron at a time, beside whole populations that are stepped in blocks."""
    rng = np.random.default_rng(size)
    given = {
        "i_decay": np.full(size, 1024.0),
        "v_decay": np.full(size, 512.0),
        "bias": rng.integers(-3, 4, size).astype(float),
        "v_threshold": np.full(size, 50.0),
        "ref_delay": rng.integers(1, 5, size).astype(float),
    }
    state = neuron_state(["LavaCuba"], [size], [given], 1.0)
    rule = step_rule("zero", ">", None, False)
    i, v, left, rested = np.zeros(size, int), np.zeros(size, int), np.zeros(size, int), 0
    out = np.zeros(size)
    for t in range(60):
        x = np.where(rng.random(size) < 0.15, rng.integers(-60, 120, size), 0)
        i = np.array([int(y * (4096 - 1024) / 4096) for y in i]) + x
        v = np.array([int(y * (4096 - 512) / 4096) for y in v]) + i + given["bias"].astype(int)
        resting = left > 0
        rested += int(np.count_nonzero(resting & (v < 50)))
        fires = ~resting & (v > 50)
        left = np.where(resting, left - 1, np.where(fires, given["ref_delay"].astype(int) - 1, 0))
        v = np.where(resting | fires, 0, v)
        count = kernel.update(kernel.LAVA_CUBA, rule, 0, size, state, x.astype(float), out)
        np.testing.assert_array_equal(out, fires.astype(float), err_msg=f"step {t}")
        np.testing.assert_array_equal(state.v, v)
        np.testing.assert_array_equal(state.i, i)
        assert count == np.count_nonzero(fires)
    assert rested > 0 or size == 1
