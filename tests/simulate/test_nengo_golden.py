"""RefractoryLIF spikes where Nengo 4.1's LIF does (`regenerate/nengo_golden.py`), and SoftLIF is its rate, softened."""

from pathlib import Path

import numpy as np
import pytest
from oracles import nengo_nets

from snnmap.simulate.kernels import neurons as kernel
from snnmap.simulate.neurons import neuron_state, step_rule

GOLDEN = np.load(Path(__file__).parents[1] / "data" / "golden_nengo.npz")
RULE = step_rule("value", ">", None, False)


def run(model: str, code: int, x: np.ndarray, dt: float, **parameters: float) -> np.ndarray:
    """What neurons emit, (steps, neurons), on input of that shape; every second one counts in thirds of a volt."""
    unit = np.where(np.arange(x.shape[1]) % 2, 1 / 3, 1.0)
    given = {key: np.full(x.shape[1], value) for key, value in parameters.items()}
    given |= {"v_threshold": unit, "r": unit}
    given |= {"v_min": given["v_min"] * unit} if "v_min" in given else {}
    state, sent = neuron_state([model], [x.shape[1]], [given], dt), np.zeros(x.shape)
    for t, current in enumerate(x):
        count = kernel.update(code, RULE, 0, x.shape[1], state, current.copy(), sent[t])
        assert count == np.count_nonzero(sent[t])
    return sent


@pytest.mark.parametrize("case", range(len(nengo_nets.CASES)))
def test_spikes_are_those_of_nengo(case: int) -> None:
    tau, rest, least, dt = nengo_nets.CASES[case]
    x = nengo_nets.currents(case)
    sent = run("RefractoryLIF", kernel.REFRACTORY_LIF, x, dt, tau=tau, tau_ref=rest, v_min=least)
    expected = np.unpackbits(GOLDEN[f"case_{case}"], count=x.size).reshape(x.shape)
    assert expected.sum() > 500
    np.testing.assert_array_equal(sent, expected)


def test_the_refractory_time_and_the_time_within_the_step_decide_the_rate() -> None:
    """1 / (tau_ref + tau ln(1 + 1 / (j - 1))), which no rule of whole steps meets at these rates."""
    x = np.broadcast_to(np.array([1.5, 3.0, 10.0, 40.0]), (20_000, 4)).copy()
    found = run("RefractoryLIF", kernel.REFRACTORY_LIF, x, 1e-3, tau=0.02, tau_ref=0.0013, v_min=0.0).sum(0) / 20
    np.testing.assert_allclose(found, 1 / (0.0013 + 0.02 * np.log1p(1 / (x[0] - 1))), rtol=1e-2, atol=0.1)


def test_soft_rates_are_the_published_function_and_near_the_spikes() -> None:
    j = np.array([-50.0, 0.0, 0.9, 1.0, 1.1, 2.0, 30.0, 400.0])
    sent = run("SoftLIF", kernel.SOFT_LIF, j[None], 2e-3, tau=0.02, tau_ref=0.002, gamma=0.05)[0]
    rho = 0.05 * np.logaddexp(0.0, (j - 1) / 0.05)
    np.testing.assert_allclose(sent[1:] / 2e-3, 1 / (0.002 + 0.02 * np.log1p(1 / rho[1:])), rtol=2e-7)
    assert 0 < sent[0] < 1e-3
    sharp = run("SoftLIF", kernel.SOFT_LIF, j[None], 1.0, tau=0.02, tau_ref=0.002, gamma=1e-4)[0]
    np.testing.assert_allclose(sharp[4:], 1 / (0.002 + 0.02 * np.log1p(1 / (j[4:] - 1))), rtol=1e-6)


def test_a_step_of_many_time_constants_spikes_at_once_and_stays_finite() -> None:
    x = np.full((10, 1), 5.0)
    sent = run("RefractoryLIF", kernel.REFRACTORY_LIF, x, 1.0, tau=1e-3, tau_ref=0.0, v_min=0.0)
    assert sent[:, 0].tolist() == [1.0] * 10


def test_an_alpha_synapse_answers_a_spike_with_an_alpha_function() -> None:
    """Two equal filters, one after the other: after n steps k^2 (n + 1) (1 - k)^n of area 1, once per spike."""
    tau, dt, steps = 5e-3, 1e-3, 80
    given = {"gain": np.ones(1), "tau_alpha": np.full(1, tau)}
    state, sent = neuron_state(["relay"], [1], [given], dt), np.zeros((steps, 1))
    for t in range(steps):
        kernel.update(kernel.RELAY, RULE, 0, 1, state, np.array([float(t == 0)]), sent[t])
    k = 1 - np.exp(-dt / tau)
    n = np.arange(steps)
    np.testing.assert_allclose(sent[:, 0], k**2 * (n + 1) * (1 - k) ** n, rtol=1e-6)
    assert sent.sum() == pytest.approx(1.0, abs=1e-5)
