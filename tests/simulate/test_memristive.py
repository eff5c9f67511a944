"""MIF neurons against a stiff solver of the same circuit, and currents of any size."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from snnmap.core.errors import InputError
from snnmap.simulate.kernels import neurons as kernel
from snnmap.simulate.neurons import neuron_state, step_rule

CIRCUIT = {
    "c": 1e-7, "gain": 1.0, "e_1": 0.05, "e_2": -0.05, "r_on": 1e3, "r_off": 1e5, "v_on": 0.11, "v_off": 5e-3,
    "v_t": 5e-3, "tau_x": 1e-4, "substeps": 5.0,
}  # fmt: skip
"""Recalled orders of magnitude of Kang et al. 2021, none of them re-read: what is held here holds for others too."""
RULE = step_rule("value", ">", None, False)


def run(current: np.ndarray, steps: int, dt: float, **changed: float) -> np.ndarray:
    """Potentials (steps, neurons) under constant currents."""
    given = {key: np.full(len(current), value) for key, value in (CIRCUIT | changed).items()}
    state, sent = neuron_state(["MIF"], [len(current)], [given], dt), np.zeros((steps, len(current)))
    for t in range(steps):
        kernel.update(kernel.MIF, RULE, 0, len(current), state, current.copy(), sent[t])
        assert np.all((state.i >= 0) & (state.i <= 1))
        assert np.all((state.ring >= 0) & (state.ring <= 1))
    return sent


def circuit(y: np.ndarray, current: float, p: dict[str, float]) -> list[float]:
    """Rates of change of v, s_1, s_2, as equations and not as steps."""
    v, s = y[0], y[1:]
    u = np.array([p["e_1"] - v, v - p["e_2"]])
    on = 1 / (1 + np.exp(-np.clip((u - p["v_on"]) / p["v_t"], -700, 700)))
    off = 1 / (1 + np.exp(np.clip((u - p["v_off"]) / p["v_t"], -700, 700)))
    g = s / p["r_on"] + (1 - s) / p["r_off"]
    return [(current + g[0] * u[0] - g[1] * u[1]) / p["c"], *((on * (1 - s) - off * s) / p["tau_x"])]


CURRENTS = np.array([1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 6e-5, 1e-4])


@pytest.mark.parametrize("changed", [{}, {"v_t": 0.01}, {"tau_x": 1e-3}, {"tau_x": 2e-5, "substeps": 25.0}])
def test_the_peak_is_that_of_a_stiff_solver(changed: dict[str, float]) -> None:
    """Within 1 % from 0.1 to 100 uA, where steps end, with sub-steps of tau_x / 5; within 0.1 % at finer ones."""
    p = CIRCUIT | changed
    found = run(CURRENTS, 200, 1e-4, **changed)
    fine = run(CURRENTS, 2000, 1e-5, **changed)
    spiked = 0
    for k, current in enumerate(CURRENTS):
        exact = solve_ivp(lambda _, y, i=current: circuit(y, i, p), (0, 0.02), [0, 0, 0], "Radau", rtol=1e-8,
                          atol=1e-11, t_eval=np.arange(1, 2001) * 1e-5).y[0]  # fmt: skip
        assert found[:, k].max() == pytest.approx(exact[9::10].max(), rel=1e-2)
        assert fine[:, k].max() == pytest.approx(exact.max(), rel=1e-3)
        spiked += exact.max() > 1.2 * exact[-1]
    assert spiked >= 3


@pytest.mark.parametrize("dt", [1e-9, 1e-4, 1e-3, 1.0])
@pytest.mark.parametrize("substeps", [1.0, 5.0])
def test_no_current_overflows(dt: float, substeps: float) -> None:
    """1 nA to 50 mA both ways, in steps of any length: v stays where the currents lead with both memristors off."""
    sizes = np.geomspace(1e-9, 50e-3, 40)
    sent = run(np.concatenate([sizes, -sizes]), 50, dt, substeps=substeps)
    assert np.all(np.isfinite(sent))
    assert np.all(np.abs(sent) <= 50e-3 * 5e4 + 0.051)


def test_forward_euler_with_the_same_constants_runs_off() -> None:
    y = np.zeros(3)
    with np.errstate(all="ignore"):
        for _ in range(2000):
            y = y + 1e-3 * np.array(circuit(y, 1e-4, CIRCUIT))
    assert not np.all(np.abs(y) < 1e9)


@pytest.mark.parametrize("size", [1, 127, 128, 129, 300])
def test_neurons_do_not_depend_on_their_company(size: int) -> None:
    """A population behind another, in blocks, against every neuron by itself: the same bytes."""
    rng, first = np.random.default_rng(size), 3
    given = {key: np.full(first + size, value) * rng.uniform(0.9, 1.1, first + size) for key, value in CIRCUIT.items()}
    given["substeps"][:] = 3.0
    parts = [{key: values[own] for key, values in given.items()} for own in (slice(first), slice(first, None))]
    state, sent = neuron_state(["MIF", "MIF"], [first, size], parts, 1e-4), np.zeros((30, first + size))
    currents = rng.normal(0, 1e-5, (30, first + size))
    for t in range(30):
        kernel.update(kernel.MIF, RULE, first, first + size, state, currents[t].copy(), sent[t])
    assert np.abs(sent).max() > 0.03
    for j in (first, first + size // 2, first + size - 1):
        alone, own = neuron_state(["MIF"], [1], [{k: v[j : j + 1] for k, v in given.items()}], 1e-4), np.zeros((30, 1))
        for t in range(30):
            kernel.update(kernel.MIF, RULE, 0, 1, alone, currents[t, j : j + 1].copy(), own[t])
        assert own[:, 0].tobytes() == sent[:, j].tobytes()
        assert alone.v[0] == state.v[j]


def test_all_neurons_of_a_population_take_the_same_sub_steps() -> None:
    given = {key: np.full(2, value) for key, value in CIRCUIT.items()} | {"substeps": np.array([1.0, 2.0])}
    with pytest.raises(InputError, match="the same substeps"):
        neuron_state(["MIF"], [2], [given], 1e-3)
