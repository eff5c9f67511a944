"""Every model is unrolled with a link that hands its output on, or refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import binned
from snnmap.ir import MODELS, Dynamics, Network, Population, Workload
from snnmap.simulate.profile import profile
from snnmap.transform.unroll import unroll

NEURONS = [model for model in MODELS.values() if model.kind == "neuron"]
VALUES = {
    "tau": 4.0, "tau_mem": 4.0, "tau_syn": 1.0, "r": 2.0, "w_in": 0.5, "v_leak": 0.0, "v_threshold": 3.0,
    "v_reset": 0.0, "threshold": 3.0, "gain": 2.0, "delay": 0.0,
    "alpha": 0.0, "beta": 0.5, "reset": 1.0, "tau_ref": 1.0, "v_min": 0.0, "gamma": 0.1,
    "c": 1.0, "e_1": 1.0, "e_2": -1.0, "r_on": 1.0, "r_off": 9.0, "v_on": 1.0, "v_off": 0.5, "v_t": 0.1, "tau_x": 1.0,
    "substeps": 1.0, "shift": 1.0, "least": -8.0, "most": 8.0,
}  # fmt: skip
REFUSED = {
    "Alpha": "the Alpha of a chain would hand on late",
    "RefractoryLIF": "a RefractoryLIF that rests",
    "MIF": "a MIF that rests",
    "MacReLU": "a MacReLU that rests, or sends a function",
    "MacLinear": "a MacLinear that rests, or sends a function",
    "SoftLIF": "a SoftLIF that rests, or sends a function",
}
LAVA = {"i_decay": 4096.0, "v_decay": 0.0, "v_threshold": 3.0, "ref_delay": 1.0, "bias": 0.0}


def fed(model: str, inputs: int = 3, weight: float = 16.0) -> Network:
    """One neuron with equal inputs."""
    values = LAVA if model == "LavaCuba" else VALUES
    parameters = {key: np.full(1, values[key]) for key in MODELS[model].parameters}
    populations = (
        Population("in", "input", "input", 0, (inputs,), 0),
        Population("n", "neuron", model, inputs, (1,), 1, parameters),
    )
    ptr = np.minimum(np.arange(inputs + 2), inputs)
    return Network(populations, ptr, np.full(inputs, inputs), np.full(inputs, weight), np.ones(2), (1,))


def emitted(network: Network, source: int) -> float:
    """What the last neuron sends in the step in which only `source` spikes."""
    zero = np.zeros(1, np.int64)
    stimulus = binned(zero, zero, np.array([source]), np.ones(1), (1, 1, network.externals), 1.0)
    dynamics = Dynamics(dt=1.0, integration="step", comparison=">=")
    events = profile(Workload("one", network, stimulus, None, dynamics), threads=1).events
    return float(events.value[events.source == network.sources - 1].sum())


@pytest.mark.parametrize("model", NEURONS, ids=lambda m: m.name)
def test_every_model_is_unrolled_or_refused_by_name(model) -> None:
    network = fed(model.name)
    if not model.stepped:
        with pytest.raises(InputError, match=rf"population 'n' \({model.name}\) has no equation"):
            unroll(network, 2)
        return
    if model.name in REFUSED:
        with pytest.raises(InputError, match=f"'n' cannot be unrolled: {REFUSED[model.name]}"):
            unroll(network, 2)
        return
    again = unroll(network, 2)
    assert [p.name for p in again.populations] == ["in", "n/unroll1", "n"]
    assert np.bincount(again.post).max() == 2
    for source in range(3):  # the first two inputs go through the link, the third does not
        assert emitted(again, source) == pytest.approx(emitted(network, source)) != 0


def test_a_link_that_is_too_weak_would_be_seen() -> None:
    again = unroll(fed("LIF"), 2)
    weak = Network(again.populations, again.indptr, again.post, again.weight / 2, again.grid / 2, again.outputs)
    assert emitted(weak, 2) == 1
    assert emitted(weak, 0) == 0


def test_the_link_of_a_current_that_lasts_is_weaker_and_of_one_without_end_refused() -> None:
    network = fed("Synaptic")
    lasting, endless = (
        replace(network, populations=(network.populations[0], replace(network.populations[1], parameters={
            **network.populations[1].parameters, "alpha": np.full(1, alpha)
        }))) for alpha in (0.75, 1.0)
    )  # fmt: skip
    again = unroll(lasting, 2)
    np.testing.assert_allclose(again.weight[again.indptr[3] : again.indptr[4]], 3.0 * 0.25, rtol=2e-6)
    with pytest.raises(InputError, match="'n' cannot be unrolled: the Synaptic of a chain"):
        unroll(endless, 2)


def test_the_link_follows_the_decay() -> None:
    """A membrane that takes 1 - exp(-1 / tau) of its input needs a link larger than by forward Euler."""
    for decay, share in (("euler", 1 / 4), ("exponential", 1 - np.exp(-1 / 4))):
        again = unroll(fed("LIF"), 2, decay=decay)
        link = again.weight[again.indptr[3] : again.indptr[4]]
        np.testing.assert_allclose(link, 3.0 / (2.0 * share), rtol=1e-6)


def test_chains_have_no_levels_and_other_populations_keep_theirs() -> None:
    network = fed("LIF")
    populations = (network.populations[0], replace(network.populations[1], levels=3, step=16.0))
    assert [p.levels for p in unroll(replace(network, populations=populations), 2).populations] == [0, 0, 0]
    second = Population("m", "neuron", "LIF", 4, (1,), 2, populations[1].parameters, 3, 16.0)
    longer = Network((*populations, second), [0, 1, 2, 3, 4, 4], [3, 3, 3, 4], [16.0] * 4, np.ones(3), (2,))
    again = unroll(longer, 2)
    assert [(p.name, p.levels, p.step) for p in again.populations[1:]] == [
        ("n/unroll1", 0, 1.0),
        ("n", 0, 1.0),
        ("m", 3, 16.0),
    ]


def test_a_chain_behind_an_alpha_synapse_is_refused() -> None:
    network = fed("LIF")
    neuron = network.populations[1]
    parameters = {**neuron.parameters, "tau_alpha": np.full(1, 2.0)}
    filtered = replace(network, populations=(network.populations[0], replace(neuron, parameters=parameters)))
    assert unroll(filtered, 3) is filtered
    with pytest.raises(InputError, match="'n' cannot be unrolled: behind its alpha synapse"):
        unroll(filtered, 2)
