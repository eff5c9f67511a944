"""A chain of layers becomes a network that does what the chain does: factors go into neurons, weights stay."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from support.dense import between, population

from snnmap.core.errors import InputError
from snnmap.frontend.networks import chain
from snnmap.frontend.networks.chain import Chain, Neurons, Signal

WEIGHT = np.array([[1.5, -0.25, 0.75], [0.5, 2.0, -1.0]], np.float32)
BIAS = np.array([0.25, 0.0, -0.5])


def neurons(size: int, factor: object = 1.0, **more: object) -> Neurons:
    values = {
        key: np.full(size, value) for key, value in (("beta", 0.5), ("gain", 1.0), ("v_threshold", 1.0), ("reset", 1.0))
    }
    return Neurons("n", "Leaky", values, np.broadcast_to(np.asarray(factor, float), (size,)), **more)  # type: ignore[arg-type]


def behind(signal: Signal) -> Signal:
    return chain.linear(signal, "fc", sparse.csr_array(WEIGHT), BIAS, (3,))


def test_a_factor_goes_into_the_neurons_and_a_negative_one_turns_its_column() -> None:
    begun, signal = chain.begun("in", (2,))
    normed = chain.scaled(behind(signal), np.array([0.5, -4.0, 0.0]), np.array([1.0, 2.0, 0.25]))
    made, after = chain.fired(begun, normed, neurons(3))
    network = chain.network_of(made)
    assert made.notes == ()
    np.testing.assert_array_equal(between(network, "in", "n"), WEIGHT * [1.0, -1.0, 0.0])
    np.testing.assert_array_equal(population(network, "n").parameters["v_threshold"], [2.0, 0.25, 1.0])
    np.testing.assert_array_equal(between(network, "bias", "n"), [[2.25, 0.5, 0.25]])  # (0.25 / 2 + 1) 2, 2 / 4, 1/4
    assert (after.source, after.shape, after.matrix) == (1, (3,), None)


def test_one_factor_in_front_leaves_the_weights_and_several_are_multiplied_in() -> None:
    _, signal = chain.begun("in", (2,))
    third = behind(chain.scaled(signal, np.full(2, 1 / 3), np.zeros(2)))
    assert third.matrix.dtype == np.float32
    np.testing.assert_array_equal(third.factor, np.full(3, 1 / 3))
    begun, _ = chain.begun("in", (2,))
    uneven = behind(chain.scaled(signal, np.array([0.3, 2.0]), np.array([1.0, -1.0])))
    np.testing.assert_array_equal(uneven.factor, np.ones(3))
    np.testing.assert_allclose(uneven.matrix.toarray(), WEIGHT * [[0.3], [2.0]], rtol=1e-12)
    np.testing.assert_allclose(uneven.constant, WEIGHT[0].astype(float) - WEIGHT[1] + BIAS)
    made, _ = chain.fired(begun, uneven, neurons(3))
    assert made.notes == ("weights into 'n' (fc) are rounded to single precision",)


def test_synapses_to_itself_are_in_the_units_of_the_neurons_and_delayed() -> None:
    begun, signal = chain.begun("in", (2,))
    normed = chain.scaled(behind(signal), np.array([0.5, 0.25, 2.0]), np.zeros(3))
    own = sparse.csr_array(np.array([[0, 1.0, 0], [0, 0, 3.0], [1.0, 0, 0]], np.float32))
    made, _ = chain.fired(begun, normed, neurons(3, recurrent=own, constant=np.array([0.5, 0.5, 1.0])))
    network = chain.network_of(made)
    np.testing.assert_array_equal(between(network, "n", "n"), [[0, 4.0, 0], [0, 0, 1.5], [2.0, 0, 0]])
    np.testing.assert_array_equal(between(network, "bias", "n"), [[1.25, 2.0, 0.0]])
    assert population(network, "n").level == 1


def test_what_a_spike_is_worth_reaches_the_next_layer_alone() -> None:
    begun, signal = chain.begun("in", (2,))
    made, after = chain.fired(begun, behind(signal), neurons(3, factor=0.5))
    np.testing.assert_array_equal(after.factor, [0.5] * 3)
    turned = chain.linear(chain.reshaped(after, (1, 3)), "fc2", sparse.csr_array(WEIGHT.T), np.zeros(2), (2,))
    last, _ = chain.fired(made, turned, replace(neurons(2), name="m"))
    network = chain.network_of(last)
    np.testing.assert_array_equal(population(network, "n").parameters["v_threshold"], [1.0] * 3)
    np.testing.assert_array_equal(population(network, "m").parameters["v_threshold"], [2.0] * 2)
    np.testing.assert_array_equal(between(network, "n", "m"), WEIGHT.T)


def test_what_does_not_fit_is_refused() -> None:
    _, signal = chain.begun("in", (5,))
    with pytest.raises(InputError, match="layer 'fc' takes 2 values, but 5 arrive"):
        behind(signal)
    assert isinstance(chain.begun("in", (5,))[0], Chain)
