"""Lava .net: the trained MNIST network by plain integer arithmetic, every layer type, what is refused."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dense_conv
from support.dense import between

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.frontend.networks import lava
from snnmap.frontend.networks.assemble import build_network
from snnmap.frontend.networks.lava import _add_biases, _chain, _layers, read_lava

DATA = Path(__file__).parents[2] / "data"
TRAINED = DATA / "mnist_mlp_784_128_64_10.net"
CUBA = {
    "type": "CUBA",
    "iDecay": np.array(410),
    "vDecay": np.array(512),
    "vThMant": np.array(80),
    "refDelay": np.array(1),
}
FORGETFUL = CUBA | {"iDecay": np.array(4096)}


def read(*layers):
    """Network and repairs of a list of layers."""
    chain = _chain(_layers({"layer": {str(i): layer for i, layer in enumerate(layers)}}))
    last = len(chain.drafts) - 1
    _add_biases(chain)
    return build_network(chain.drafts, chain.blocks, [last]), chain.repairs


def kind(name):
    return np.array([name], object)


def dense_layer(weight, **options):
    return {"type": kind("dense"), "weight": np.asarray(weight, np.float32), "neuron": CUBA} | options


def conv_layer(weight, **options):
    options = {"stride": np.array([1, 1]), "padding": np.array([0, 0]), "dilation": np.array([1, 1])} | options
    return {
        "type": kind("conv"),
        "groups": np.array(1),
        "weight": np.asarray(weight, np.float32),
        "neuron": CUBA,
    } | options


def input_layer(*shape, **options):
    return {"type": kind("input"), "shape": np.array(shape)} | options


def decayed(y, decay):
    return np.sign(y) * ((np.abs(y) * (4096 - decay)) >> 12)


def run_loihi(network, images, steps):
    """Plain simulation of a feed-forward network of LavaCuba neurons, deterministic rate code; output spike counts."""
    matrices, parameters = [], []
    for a, b in zip(network.populations, network.populations[1:], strict=False):
        matrices.append(between(network, a.name, b.name).astype(np.int64))
        parameters.append({key: values.astype(np.int64) for key, values in b.parameters.items()})
    u = [np.zeros((len(images), m.shape[1]), np.int64) for m in matrices]
    v = [np.zeros_like(state) for state in u]
    charge = np.zeros(images.shape)
    spikes = np.zeros((len(images), matrices[-1].shape[1]), np.int64)
    for _ in range(steps):
        charge += images / 255.0
        sent = (charge >= 1.0).astype(np.int64)
        charge -= sent
        for k, matrix in enumerate(matrices):
            p = parameters[k]
            u[k] = decayed(u[k], p["i_decay"]) + sent @ matrix
            v[k] = decayed(v[k], p["v_decay"]) + u[k]
            sent = (v[k] > p["v_threshold"]).astype(np.int64)
            v[k][sent == 1] = 0
        spikes += sent
    return spikes


def test_the_trained_network_classifies_with_these_weights_and_this_neuron():
    imported = read_lava(TRAINED)
    network = imported.network
    assert [(p.name, p.model, p.shape, p.level) for p in network.populations] == [
        ("input", "input", (784,), 0),
        ("dense0", "LavaCuba", (128,), 1),
        ("dense1", "LavaCuba", (64,), 2),
        ("dense2", "LavaCuba", (10,), 3),
    ]
    assert (network.synapses, network.outputs, imported.repairs) == (784 * 128 + 128 * 64 + 64 * 10, (3,), ())
    assert imported.hints == {"integration": "step", "reset": "zero", "comparison": ">", "dt": 1e-3}
    assert {key: set(values) for key, values in network.populations[1].parameters.items()} == {
        "i_decay": {410.0},
        "v_decay": {410.0},
        "v_threshold": {4096.0},
        "ref_delay": {1.0},
        "bias": {0.0},
    }
    with np.load(DATA / "mnist_test100.npz") as data:
        spikes = run_loihi(network, data["images"], 16)
        assert np.mean(np.argmax(spikes, axis=1) == data["labels"]) >= 0.98


def test_weights_are_the_files_times_64():
    network = read_lava(TRAINED).network
    with h5py.File(TRAINED) as file:
        np.testing.assert_array_equal(between(network, "dense1", "dense2"), 64.0 * file["layer/2/weight"][()].T)


def test_recurrent_layers_lead_to_themselves_one_step_later():
    loop = np.array([[1.0, 2.0], [3.0, 4.0]])
    layer = dense_layer([[5.0], [6.0]], type=kind("dense_rec"), weight_rec=loop)
    network, _ = read(layer)
    np.testing.assert_array_equal(between(network, "dense_rec0", "dense_rec0"), 64 * loop.T)
    assert [p.level for p in network.populations] == [0, 1]
    with pytest.raises(InputError, match="lacks 'weight_rec'"):
        read(dense_layer([[5.0], [6.0]], type=kind("recurrent")))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), st.integers(0, 1), st.integers(1, 2))
def test_convolutions_are_cross_correlations(groups, inputs, stride, padding, dilation):
    rng = np.random.default_rng(groups)
    weight = rng.integers(1, 9, (2 * groups, inputs, 2, 3)).astype(np.float32)
    x = rng.integers(-3, 4, (groups * inputs, 5, 6)).astype(float)
    pair = [(value, value) for value in (stride, padding, dilation)]
    expected = dense_conv.convolve(x, weight, pair[0], pair[1], pair[1], pair[2], groups)
    options = {key: np.array(value) for key, value in zip(("stride", "padding", "dilation"), pair, strict=True)}
    network, repairs = read(input_layer(*x.shape), conv_layer(weight[..., None], groups=np.array(groups), **options))
    np.testing.assert_array_equal(between(network, "input", "conv1").T @ x.ravel(), 64 * expected.ravel())
    assert not repairs
    assert network.populations[1].shape == expected.shape


def test_pool_flatten_dense_and_average():
    pool = conv_layer(np.full((1, 1, 2, 2), 3.0), type=kind("pool"), stride=np.array([2, 2]))
    weight = np.arange(1.0, 33.0).reshape(4, 8)
    average = {"type": kind("average"), "shape": np.array([2, 1, 1])}
    network, _ = read(input_layer(2, 4, 4), pool, {"type": kind("flatten")}, dense_layer(weight), average)
    assert [(p.name, p.model, p.shape) for p in network.populations] == [
        ("input", "input", (2, 4, 4)),
        ("pool1", "LavaCuba", (2, 2, 2)),
        ("dense3", "LavaCuba", (4,)),
        ("average4", "relay", (2,)),
    ]
    x = np.arange(32.0).reshape(2, 4, 4)
    expected = dense_conv.pool(x, (2, 2), (2, 2), (0, 0), average=False)
    np.testing.assert_array_equal(between(network, "input", "pool1").T @ x.ravel(), 64 * 3 * expected.ravel())
    np.testing.assert_array_equal(between(network, "pool1", "dense3"), 64 * weight.T)
    np.testing.assert_array_equal(between(network, "dense3", "average4"), [[0.5, 0], [0.5, 0], [0, 0.5], [0, 0.5]])


def test_a_first_convolution_without_input_layer_gets_the_smallest_input():
    network, repairs = read(conv_layer(np.ones((2, 1, 3, 3)), stride=np.array([2, 2]), shape=np.array([2, 4, 5])))
    assert network.populations[0].shape == (1, 9, 11)
    assert "smallest input" in repairs[0]
    with pytest.raises(InputError, match="needs its 'shape'"):
        read(conv_layer(np.ones((2, 1, 3, 3))))


def test_axonal_delays_become_a_population():
    network, _ = read(dense_layer(np.eye(3), delay=np.array([0.0, 2.7, 5.0])), dense_layer(np.ones((1, 3))))
    assert [p.name for p in network.populations] == ["input", "dense0", "dense0.delay", "dense1"]
    np.testing.assert_allclose(network.populations[2].parameters["delay"], [0.0, 2e-3, 5e-3])
    np.testing.assert_array_equal(between(network, "dense0", "dense0.delay"), np.eye(3))
    network, _ = read(dense_layer(np.eye(3), delay=np.zeros(3)))
    assert [p.name for p in network.populations] == ["input", "dense0"]


def test_an_input_layer_with_neurons_scales_and_shifts():
    layer = input_layer(2, 1, 1, weight=np.array([[3.0]]), bias=np.array([[5.0]]), neuron=CUBA)
    network, _ = read(layer, dense_layer(np.ones((1, 2))))
    assert [p.name for p in network.populations] == ["input", "bias", "input0", "dense1"]
    np.testing.assert_array_equal(between(network, "input", "input0"), 64 * 3 * np.eye(2))
    np.testing.assert_array_equal(between(network, "bias", "input0"), [[320.0, 320.0]])


def test_biases_beside_a_lasting_current_are_added_to_the_voltage():
    network, _ = read(dense_layer(np.eye(2), bias=np.array([3.0, -4.0])))
    np.testing.assert_array_equal(network.populations[1].parameters["bias"], [192.0, -256.0])
    assert [p.kind for p in network.populations] == ["input", "neuron"]


def test_biases_are_rows_where_a_row_does_the_same():
    network, _ = read(dense_layer(np.eye(2), bias=np.array([3.0, -4.0]), neuron=FORGETFUL))
    np.testing.assert_array_equal(between(network, "bias", "dense0"), [[192.0, -256.0]])
    weight = np.ones((2, 1, 2, 2))
    network, _ = read(input_layer(1, 2, 3), conv_layer(weight, bias=np.array([1.0, 2.0]), neuron=FORGETFUL))
    np.testing.assert_array_equal(between(network, "bias", "conv1"), [[64.0, 64.0, 128.0, 128.0]])
    network, _ = read(dense_layer(np.eye(2), bias=np.zeros(2)))
    assert [p.name for p in network.populations] == ["input", "dense0"]


def test_parameters_per_channel_and_fractional_weights():
    layer = conv_layer(np.full((2, 1, 2, 2), 1.5), neuron=CUBA | {"vDecay": np.array([1, 2])})
    network, repairs = read(input_layer(1, 2, 3), layer)
    assert network.populations[1].parameters["v_decay"].tolist() == [1.0, 1.0, 2.0, 2.0]
    assert set(network.weight) == {64.0}
    assert ["cut to integers" in repairs[0], "per channel" in repairs[1]] == [True, True]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([dense_layer(np.eye(2), neuron=CUBA | {"type": "SDNN"})], r"dense0.* has sigma-delta neurons \(SDNN\)"),
        ([input_layer(2, neuron={"type": "SD_RELU"})], r"input0.* has sigma-delta neurons \(SD_RELU\)"),
        ([dense_layer(np.eye(2), neuron=CUBA | {"type": "ALIF"})], "neurons of type 'ALIF'; only CUBA"),
        ([dense_layer(np.eye(2)), dense_layer(np.ones((1, 3)), neuron=None)], "takes \\(3,\\) values"),
        ([dense_layer(np.eye(2), neuron=None), dense_layer(np.eye(2))], "has no neuron"),
        ([dense_layer(np.eye(2), neuron=CUBA | {"gradedSpike": np.array(True)})], "graded"),
        ([dense_layer(np.eye(2), neuron=CUBA | {"weight_exp": np.array(2)})], "weight_exp"),
        ([dense_layer(np.eye(2), neuron=CUBA | {"iDecay": np.array(5000)})], r"0\.\.4096"),
        ([dense_layer(np.eye(2), neuron=CUBA | {"vThMant": np.array(0.5)})], "whole numbers"),
        ([dense_layer(np.eye(2), neuron={"type": "CUBA"})], "lacks 'iDecay'"),
        ([dense_layer(np.eye(2), neuron=None)], "has no neuron"),
        ([dense_layer(np.eye(2)), dense_layer(np.ones((1, 3)))], "takes 3 values"),
        ([dense_layer(np.ones((2, 2, 2)))], r"\(outputs, inputs\)"),
        ([dense_layer(np.eye(2)) | {"weight": {"real": np.eye(2), "imag": np.eye(2)}}], "complex"),
        ([dense_layer(np.eye(2), delay=np.array([-1.0, 0.0]))], "delays"),
        ([input_layer(1, 4, 4), conv_layer(np.ones((1, 2, 3, 3)))], "takes 2 channels"),
        ([input_layer(1, 2, 2), conv_layer(np.ones((1, 1, 3, 3)))], "does not fit"),
        ([dense_layer(np.eye(2)), conv_layer(np.ones((1, 1, 3, 3)))], r"\(channels, height, width\)"),
        ([{"type": kind("unpool")}], "not supported"),
        ([dense_layer(np.eye(2)), input_layer(2)], "not the first"),
        ([dense_layer(np.eye(3)), {"type": kind("average"), "shape": np.array([2])}], "equal groups"),
        ([{"weight": np.eye(2)}], "layer 0 has no type"),
    ],
)
def test_what_is_not_supported_is_named(layers, words):
    with pytest.raises(InputError, match=words):
        read(*layers)


@pytest.mark.parametrize("layer", [input_layer(2), {"type": kind("flatten")}])
def test_a_network_without_neurons_cannot_be_mapped(layer):
    with pytest.raises(InfeasibleError, match="neurons: need 1, have 0"):
        read(layer)


def test_foreign_and_damaged_files_are_named(tmp_path):
    with pytest.raises(InputError, match="no group 'layer'"):
        read_lava(DATA / "single_lif_norse.nir")
    path = tmp_path / "cut.net"
    path.write_bytes(TRAINED.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"cut\.net: truncated or damaged"):
        read_lava(path)
    with pytest.raises(InputError, match="numbered from 0 to 0"):
        _layers({"layer": {"1": dense_layer(np.eye(2))}})


def test_strict_refuses_repairs(tmp_path, monkeypatch):
    tree = {"layer": {"0": dense_layer(np.full((1, 1), 1.5))}}
    monkeypatch.setattr(lava, "read_tree", lambda path, what: (tree, "digest"))
    assert read_lava(tmp_path).digest == "digest"
    with pytest.raises(InputError, match="cut to integers"):
        read_lava(tmp_path, strict=True)


ODD = st.sampled_from(
    [None, "x", np.array(-1), np.array(2.5), np.array(2**40), np.ones((2, 1, 3)), np.zeros(0), {}, kind("a")]
)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_trees_with_odd_values_give_one_error_or_a_network(data):
    layers = [
        input_layer(1, 4, 4, neuron=dict(CUBA), weight=np.array([[2.0]])),
        conv_layer(np.ones((2, 1, 3, 3)), neuron=dict(CUBA)),
        {"type": kind("flatten"), "shape": np.array([8, 1, 1])},
        dense_layer(np.ones((4, 8)), delay=np.ones(4), neuron=dict(FORGETFUL), bias=np.ones(4)),
        {"type": kind("average"), "shape": np.array([2])},
    ]
    places = [*layers, *(layer["neuron"] for layer in layers if "neuron" in layer)]
    read(*layers)
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(ODD)
    try:
        read(*layers)
    except InputError:
        return


def test_a_last_layer_without_neurons_is_a_readout():
    """As slayer's and bootstrap's `Affine` exports it: weights and nothing else."""
    layers = [dense_layer(np.eye(3)), dense_layer([[1, 2, 3], [-4, 5, 6]])]
    del layers[1]["neuron"]
    network, repairs = read(*layers)
    readout = network.populations[-1]
    assert (readout.model, readout.shape, network.outputs) == ("relay", (2,), (2,))
    assert repairs == ["node 'dense1' (dense) has no neuron; its weighted sums are the output"]
    np.testing.assert_array_equal(
        between(network, "dense0", "dense1") * readout.parameters["gain"][0], [[1, -4], [2, 5], [3, 6]]
    )
