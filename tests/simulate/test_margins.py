"""How near neurons come to their threshold, against a plain step-by-step run that looks before it fires."""

from dataclasses import replace

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.ir import Dynamics, Network, Population, Spikes, Workload
from snnmap.ir.models import NONE, SUBTRACT, SUBTRACT_NEXT, ZERO, ZERO_NEXT
from snnmap.simulate.margins import REACH, near_threshold


def workload(model, parameters, reset="subtract", *, comparison=">", bias=0.0):
    """Two inputs, a bias, three neurons that hear all; 2 frames of 40 steps."""
    rng = np.random.default_rng(5)
    populations = (
        Population("in", "input", "input", 0, (2,), 0),
        Population("b", "bias", "bias", 2, (1,), 0),
        Population("n", "neuron", model, 3, (3,), 1, {key: np.full(3, value) for key, value in parameters.items()}),
    )
    weight = np.array([[0.3125, 0.25, -0.125], [0.1875, -0.25, 0.5], [bias, bias, bias]])
    network = Network(
        populations, np.array([0, 3, 6, 9, 9, 9, 9]), np.tile([3, 4, 5], 3), weight.ravel(), np.full(3, 2.0**-10), (2,)
    )
    steps, frames = 40, 2
    events = [[(t, s) for t in range(steps) for s in range(2) if rng.random() < 0.6] for _ in range(frames)]
    flat = [e for frame in events for e in frame]
    spikes = Spikes(
        np.cumsum([0] + [len(f) for f in events]),
        *(np.array(c) for c in zip(*flat, strict=True)),
        np.ones(len(flat)),
        steps=steps,
        dt=1.0,
    )
    dynamics = Dynamics(dt=1.0, reset=reset, comparison=comparison, integration="step")
    return Workload("small", network, spikes, None, dynamics), weight, events, steps


def expected(weight, events, steps, step, limit, rest):
    """Nearness counted neuron by neuron; `step(v, x)` is the potential before the threshold, then what reset leaves."""
    near = np.zeros(3)
    for frame in events:
        for j in range(3):
            v = rest
            for t in range(steps):
                x = weight[2, j] + sum(weight[s, j] for when, s in frame if when == t)
                v, after = step(v, x)
                near[j] += max(0.0, 1.0 - abs(v - limit) / (REACH * abs(limit - rest)))
                v = after
    return near


@pytest.mark.parametrize(("reset", "left"), [("subtract", lambda v, f: v - f), ("value", lambda v, f: 0.0 if f else v)])
@pytest.mark.parametrize("bias", [0.0, 0.0625])
def test_integrate_and_fire_is_as_near_as_a_plain_run_says(reset, left, bias):
    given, *rest = workload("IF", {"r": 1.0, "v_threshold": 1.0, "v_reset": 0.0}, reset, bias=bias)

    def step(v, x):
        v += x
        return v, left(v, float(v > 1.0))

    found = near_threshold(snnmap.profile(given))
    assert found.sum() > 3.0
    assert found.tolist() == pytest.approx(expected(*rest, step, 1.0, 0.0).tolist(), rel=1e-12)


def test_what_is_subtracted_in_the_next_step_is_gone_before_the_threshold():
    given, *rest = workload("IF", {"r": 1.0, "v_threshold": 1.0, "v_reset": 0.0}, "subtract-next")
    weight, events, steps = rest
    near = np.zeros(3)
    for frame in events:
        for j in range(3):
            v = owed = 0.0
            for t in range(steps):
                v += sum(weight[s, j] for when, s in frame if when == t) - owed
                near[j] += max(0.0, 1.0 - abs(v - 1.0) / REACH)
                owed = float(v > 1.0)
    assert near_threshold(snnmap.profile(given)).tolist() == pytest.approx(near.tolist(), rel=1e-12)


def test_a_leak_sets_where_neurons_rest():
    given, *rest = workload("LIF", {"tau": 4.0, "r": 4.0, "v_leak": 0.2, "v_threshold": 1.0, "v_reset": 0.0}, "value")

    def step(v, x):
        v += 0.25 * ((4.0 * x + 0.2) - v)
        return v, 0.0 if v > 1.0 else v

    found = near_threshold(snnmap.profile(given))
    assert found.tolist() == pytest.approx(expected(*rest, step, 1.0, 0.2).tolist(), rel=1e-12)


@pytest.mark.parametrize("reset", [NONE, SUBTRACT_NEXT, SUBTRACT, ZERO, ZERO_NEXT])
@pytest.mark.parametrize("model", ["Leaky", "Synaptic"])
def test_neurons_with_a_reset_of_their_own_are_near_by_what_was_compared(model, reset):
    """As snnTorch has them: a reset is due where the potential of the step before is above the threshold."""
    beta, alpha, limit = 0.75, 0.5, 0.5
    parameters = {"beta": beta, "v_threshold": limit, "reset": float(reset)}
    parameters |= {"gain": 1.0} if model == "Leaky" else {"alpha": alpha}
    given, weight, events, steps = workload(model, parameters, "none")
    near = np.zeros(3)
    for frame in events:
        for j in range(3):
            v = i = 0.0
            for t in range(steps):
                x = sum(weight[s, j] for when, s in frame if when == t)
                due = v > limit
                i = alpha * i + x if model == "Synaptic" else x
                v = beta * (0.0 if due and reset == ZERO else v) + i
                v -= limit if due and reset in {SUBTRACT_NEXT, SUBTRACT} else 0.0
                v = 0.0 if due and reset == ZERO_NEXT else v
                near[j] += max(0.0, 1.0 - abs(v - limit) / (REACH * limit))
                if reset == SUBTRACT:
                    v -= limit * (float(v > limit) - float(due))
    found = near_threshold(snnmap.profile(given))
    assert found.sum() > 1.0
    assert found.tolist() == pytest.approx(near.tolist(), rel=1e-9)


@pytest.mark.parametrize("tau_alpha", [None, 1.5])
def test_neurons_that_rest_are_as_near_as_nengo_leaves_them(tau_alpha):
    """Steps count; a neuron that rests is far, and one behind an alpha synapse is as near as its filters let it be."""
    tau, rest, gain = 4.0, 1.3, 4.0
    parameters = {"tau": tau, "tau_ref": rest, "r": gain, "v_threshold": 1.0, "v_min": -0.25}
    filtered = parameters if tau_alpha is None else parameters | {"tau_alpha": tau_alpha}
    given, weight, events, steps = workload("RefractoryLIF", filtered, "none", bias=0.0625)
    near, share = np.zeros(3), 1.0 if tau_alpha is None else -np.expm1(-1 / tau_alpha)
    for frame in events:
        for j in range(3):
            v = a = b = left = 0.0
            for t in range(steps):
                a += share * (weight[2, j] + sum(weight[s, j] for when, s in frame if when == t) - a)
                b += share * (a - b)
                left -= 1
                v -= (gain * b - v) * np.expm1(-min(max(1 - left, 0.0), 1.0) / tau)
                near[j] += max(0.0, 1.0 - abs(max(v, -0.25) - 1.0) / REACH)
                if v > 1.0:
                    v, left = 0.0, rest + 1 + tau * np.log1p(-(v - 1) / (gain * b - 1))
                v = max(v, -0.25)
    graph = snnmap.profile(given)
    assert graph.spikes[3:].sum() > 5
    assert near_threshold(graph).sum() > 0.5
    assert near_threshold(graph).tolist() == pytest.approx(near.tolist(), rel=1e-9)


def test_neurons_without_memory_are_near_by_their_input():
    given, *rest = workload("Threshold", {"threshold": 0.5})
    found = near_threshold(snnmap.profile(given))
    assert found.tolist() == pytest.approx(expected(*rest, lambda _v, x: (x, 0.0), 0.5, 0.0).tolist(), rel=1e-12)


def test_neurons_without_memory_are_near_by_what_their_filters_hold():
    """Two filters that halve what is new: their own run, and no spike in it changes them."""
    given, weight, events, steps = workload("Threshold", {"threshold": 0.25, "tau_alpha": 1 / np.log(2)})
    near = np.zeros(3)
    for frame in events:
        for j in range(3):
            a = b = 0.0
            for t in range(steps):
                a += 0.5 * (sum(weight[s, j] for when, s in frame if when == t) - a)
                b += 0.5 * (a - b)
                near[j] += max(0.0, 1.0 - abs(b - 0.25) / (REACH * 0.25))
    found = near_threshold(snnmap.profile(given))
    assert found.sum() > 1.0
    assert found.tolist() == pytest.approx(near.tolist(), rel=1e-9)


def test_neurons_that_hand_values_on_count_every_emission():
    rate = {"tau": 4.0, "tau_ref": 1.0, "r": 4.0, "v_threshold": 1.0, "gamma": 0.1}
    for model, parameters in (("LI", {"tau": 4.0, "r": 4.0, "v_leak": 0.0}), ("SoftLIF", rate)):
        graph = snnmap.profile(workload(model, parameters)[0])
        assert near_threshold(graph).tolist() == graph.active_steps[3:].tolist()


def test_without_events_spikes_stand_in():
    graph = snnmap.profile(small_workload.workload())
    bare = replace(graph, events=None)
    assert near_threshold(bare).tolist() == graph.spikes[graph.network.externals :].tolist()
    recorded = replace(graph, dynamics=None)
    assert near_threshold(recorded).tolist() == near_threshold(bare).tolist()


def test_the_number_of_threads_changes_nothing():
    graph = snnmap.profile(small_workload.workload())
    assert near_threshold(graph, threads=1).tobytes() == near_threshold(graph, threads=3).tobytes()
