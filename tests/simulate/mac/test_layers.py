"""Networks become chains of matrices: convolutions are found by their weights, and what is none is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import convolution, dense, window
from snnmap.ir import Network
from snnmap.simulate.mac.layers import layers_of

RELU, LINEAR = (
    {"gain": 0.012, "shift": 2.0, "most": 31.0},
    {"gain": 0.012, "shift": 0.0, "least": -128.0, "most": 127.0},
)


def draft(name: str, shape: tuple[int, ...], model: str = "MacReLU", **other: float) -> Draft:
    given = (RELU if model == "MacReLU" else LINEAR) | other
    return Draft(name, "neuron", model, shape, {key: np.full(1, value) for key, value in given.items()}, 127)


def conv_network(kernel: np.ndarray, taken: tuple[int, ...], stride: int, padding: int, last: int = 3) -> Network:
    """A convolution, then a dense layer."""
    rule = window(kernel.shape[2:], (stride, stride), (padding, padding))
    matrix = convolution(kernel.astype(np.float32), taken[1:], rule)
    matrix.eliminate_zeros()
    shape = (kernel.shape[0], *rule.output(taken[1:]))
    rng = np.random.default_rng(1)
    second = dense(rng.integers(1, 64, (last, int(np.prod(shape)))).astype(np.float32))
    drafts = [Draft("in", "input", "input", taken), draft("conv", shape), draft("out", (last,), "MacLinear")]
    return build_network(drafts, [Block(0, 1, matrix), Block(1, 2, second)], [2])


@pytest.mark.parametrize(
    ("channels", "size", "outputs", "kernel", "stride", "padding"),
    [(1, 28, 20, 10, 5, 1), (3, 9, 4, 3, 1, 1), (2, 8, 5, 2, 2, 0), (2, 7, 3, 3, 2, 1), (1, 6, 2, 3, 3, 0)],
)
def test_a_convolution_is_one_kernel_used_once_per_position(
    channels: int, size: int, outputs: int, kernel: int, stride: int, padding: int
) -> None:
    rng = np.random.default_rng(kernel)
    weights = rng.integers(-63, 64, (outputs, channels, kernel, kernel))
    network = conv_network(weights, (channels, size, size), stride, padding)
    layer = layers_of(network, 63)[0]
    assert layer.matrix.shape == (channels * kernel * kernel, outputs)
    np.testing.assert_array_equal(layer.matrix.T.reshape(weights.shape), weights)
    positions = (size + 2 * padding - kernel) // stride + 1
    assert layer.uses == positions**2
    image = rng.integers(0, 32, (channels, size, size))
    heard = np.append(image.ravel(), 0)[layer.rows]
    padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
    for u in range(layer.uses):
        y, x = stride * (u // positions), stride * (u % positions)
        np.testing.assert_array_equal(heard[u], padded[:, y : y + kernel, x : x + kernel].ravel())


def test_a_kernel_with_empty_edges_is_still_found() -> None:
    weights = np.random.default_rng(3).integers(1, 64, (4, 2, 5, 5))
    weights[:, :, 0] = weights[:, :, :, 4] = 0
    layer = layers_of(conv_network(weights, (2, 12, 12), 2, 0), 63)[0]
    assert layer.uses == 16
    assert layer.matrix.shape == (2 * 4 * 4, 4)


def test_zeros_that_are_synapses_hold_their_place_in_a_kernel() -> None:
    weights = np.random.default_rng(3).integers(1, 64, (4, 2, 5, 5))
    network = conv_network(weights, (2, 12, 12), 2, 0)
    before = layers_of(network, 63)[0]
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    inputs, units = 2 * 12 * 12, 4 * 4 * 4
    down = (network.post - inputs) // 4 % 4  # row of the unit
    first = (network.post < inputs + units) & (pre % 144 // 12 == 2 * down)
    layer = layers_of(changed(network, np.where(first, 0, network.weight).astype(np.float32)), 63)[0]
    assert layer.matrix.shape == before.matrix.shape
    np.testing.assert_array_equal(layer.rows, before.rows)
    assert not layer.matrix.reshape(2, 5, 5, 4)[:, 0].any()
    np.testing.assert_array_equal(layer.matrix.reshape(2, 5, 5, 4)[:, 1:], before.matrix.reshape(2, 5, 5, 4)[:, 1:])


def changed(network: Network, weight: np.ndarray) -> Network:
    return replace(network, weight=weight)


@pytest.mark.parametrize("how", ["another", "missing"])
def test_one_synapse_of_its_own_makes_a_plain_matrix(how: str) -> None:
    network = conv_network(np.random.default_rng(4).integers(1, 60, (3, 1, 3, 3)), (1, 6, 6), 1, 0)
    weight = network.weight.copy()
    weight[11] = weight[11] + 1 if how == "another" else 0
    layer = layers_of(changed(network, weight), 63)[0]
    assert layer.uses == 1
    assert layer.matrix.shape == (36, 48)


def test_layers_carry_what_their_units_do() -> None:
    first, last = layers_of(conv_network(np.ones((2, 1, 3, 3)), (1, 6, 6), 1, 0), 63)
    assert (first.gain, first.shift, first.least, first.most) == (0.012, 2, 0, 31)
    assert (last.gain, last.shift, last.least, last.most) == (0.012, 0, -128, 127)
    assert (first.units, last.units) == (32, 3)


def flat(*drafts: Draft, blocks: list[Block] | None = None) -> Network:
    every = [Draft("in", "input", "input", (3,)), *drafts]
    one = [Block(0, 1, dense(np.ones((every[1].shape[0], 3), np.float32)))]
    return build_network(every, one if blocks is None else blocks, [len(every) - 1])


def test_what_a_chip_cannot_hold_is_refused_by_value_and_place() -> None:
    heavy = np.ones((2, 3), np.float32)
    heavy[1, 2] = 64
    wide = replace(draft("n", (2,)), levels=0)
    with pytest.raises(InputError, match=r"from 'in'\[2\] to 'n'\[1\] is 64; weights are integers from -63 to 63"):
        layers_of(flat(wide, blocks=[Block(0, 1, dense(heavy))]), 63)
    heavy[1, 2] = 0.5
    with pytest.raises(InputError, match=r"weight from 'in'\[2\] to 'n'\[1\] is 0.5"):
        layers_of(flat(wide, blocks=[Block(0, 1, dense(heavy))]), 63)


def test_networks_that_are_no_chain_are_refused_by_name() -> None:
    spiking = Draft("s", "neuron", "IF", (2,), {k: np.ones(1) for k in ("r", "v_threshold", "v_reset")})
    with pytest.raises(InputError, match=r"population 's' \(IF\) is no integer unit"):
        layers_of(flat(spiking), 63)
    ones = [dense(np.ones(shape, np.float32)) for shape in ((2, 3), (2, 2), (2, 3))]
    skip = [Block(0, 1, ones[0]), Block(1, 2, ones[1]), Block(0, 2, ones[2])]
    with pytest.raises(InputError, match="'in' feeds 'b'; a layer must hear the one before it"):
        layers_of(flat(draft("a", (2,)), draft("b", (2,)), blocks=skip), 63)
    constant = Draft("c", "bias", "bias", (1,))
    both = [Block(0, 2, dense(np.ones((2, 3), np.float32))), Block(1, 2, dense(np.ones((2, 1), np.float32)))]
    with pytest.raises(InputError, match="'c' is a constant input"):
        layers_of(flat(constant, draft("n", (2,)), blocks=both), 63)
    uneven = Draft("n", "neuron", "MacReLU", (2,), {k: np.array([v, v + 1]) for k, v in RELU.items()}, 127)
    with pytest.raises(InputError, match="units of 'n' differ in gain; a layer has one"):
        layers_of(flat(uneven), 63)
