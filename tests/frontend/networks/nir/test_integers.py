"""Integers in the metadata of NIR nodes are kept, whatever scales stand around them, or it is said that not."""

import numpy as np
import pytest
from support import conv_nets
from support.nir_trees import affine, conv, ends, graph, lif, linear, read

import snnmap
from snnmap.core.errors import InputError

RNG = np.random.default_rng(1)
WHOLE = RNG.integers(-7, 8, (6, 4))
SMALL = WHOLE // 3
NINTH = np.arange(24).reshape(6, 4) == 9
SCALE = np.array([0.3, 0.25, 1e-3, 7.0, 0.5, 0.1])


def told(whole, scale, bits=4, **more):
    return {"metadata": {"weight_int": np.asarray(whole), "scale": np.asarray(scale), "bits": np.array(bits), **more}}


def whole_linear(whole=WHOLE, scale=SCALE, bits=4, **more):
    scale = np.asarray(scale, np.float64)
    weight = np.resize(scale, len(whole))[:, None] * whole
    kind, values = linear(weight)
    return kind, values | told(whole, scale, bits, **more)


def simple(layer, neurons=None, size=6):
    return graph(["i w", "w n", "n o"], **ends([4], [size]), w=layer, n=neurons or lif(size))


def dense(network, k=-1):
    """Weights into a population and its integers, (sources, neurons)."""
    p = network.populations[k]
    made = np.zeros((2, network.sources, p.size))
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    own = (network.post >= p.first) & (network.post < p.stop)
    for at, values in enumerate((network.weight, network.integers())):
        made[at][pre[own], network.post[own] - p.first] = values[own]
    return made


def test_integers_with_a_scale_per_output_are_kept_and_the_neurons_take_the_scale():
    made = read(simple(whole_linear()))
    network, p = made.network, made.network.populations[-1]
    assert (p.levels, p.step, made.repairs) == (15, 4.0, ())
    weights, integers = dense(network)
    assert np.array_equal(integers[:4], WHOLE.T)
    assert np.array_equal(weights[:4], 4.0 * WHOLE.T)
    unit = SCALE / 4.0
    assert np.array_equal(p.parameters["v_threshold"], 1 / unit)
    assert np.array_equal(p.parameters["r"], np.ones(6))


def test_one_scale_that_is_a_power_of_two_changes_no_neuron():
    p = read(simple(whole_linear(scale=0.25))).network.populations[-1]
    assert (p.levels, p.step) == (15, 0.25)
    assert np.array_equal(p.parameters["v_threshold"], np.ones(6))


@pytest.mark.parametrize(("key", "number", "levels"), [("bits", 1, 2), ("bits", 8, 255), ("levels", 16, 16)])
def test_widths_by_bits_and_by_levels(key, number, levels):
    whole = np.where(WHOLE > 0, 1, -1)
    layer = whole_linear(whole)
    del layer[1]["metadata"]["bits"]
    layer[1]["metadata"][key] = number
    made = read(simple(layer)).network
    assert made.populations[-1].levels == levels
    assert np.array_equal(dense(made)[1][:4], whole.T)


def test_a_negative_scale_turns_its_column():
    scale = SCALE * [1, -1, 1, -1, 1, 1]
    made = read(simple(whole_linear(scale=scale))).network
    assert np.array_equal(dense(made)[1][:4], WHOLE.T * np.sign(scale))
    assert made.digest() != read(simple(whole_linear())).network.digest()


def test_a_scale_of_zero_leaves_a_silent_column():
    made = read(simple(whole_linear(scale=np.array([0.5, 0, 1, 1, 1, 1])))).network
    assert np.array_equal(dense(made)[1][:4], WHOLE.T * [1, 0, 1, 1, 1, 1])
    assert made.populations[-1].levels == 15


def test_scale_nodes_and_even_pooling_go_into_the_scale():
    kernel = RNG.integers(-3, 4, (2, 1, 2, 2))
    kind, values = conv(0.3 * kernel, input_shape=np.array([2, 2]))
    layer = (kind, values | told(kernel, 0.3, 3))
    pool = ("AvgPool2d", {"kernel_size": np.array([2, 2]), "stride": np.array([2, 2]), "padding": np.array([0, 0])})
    gain = ("Scale", {"scale": np.array([-2.0, 0.7]).reshape(2, 1, 1)})
    tree = graph(["i p", "p w", "w s", "s n", "n o"], **ends([1, 4, 4], [2, 1, 1]), p=pool, w=layer, s=gain,
                 n=lif((2, 1, 1)))  # fmt: skip
    made = read(tree).network
    p = made.populations[-1]
    spread = np.kron(kernel.reshape(2, 2, 2), np.ones((2, 2)))  # every weight on the 2 x 2 inputs of its pool
    assert np.array_equal(dense(made)[1][:16], (spread * np.array([-1, 1]).reshape(2, 1, 1)).reshape(2, 16).T)
    assert np.allclose(1 / p.parameters["v_threshold"] * p.step, [0.3 / 4 * 2.0, 0.3 / 4 * 0.7], rtol=1e-12)


def test_constants_take_the_scale_and_as_many_rows_as_hold_them():
    bias = np.array([0.3, -25.1, 0.0, 49.0, 0.25, -0.7])
    kind, values = affine(SCALE[:, None] * WHOLE, bias)
    made = read(simple((kind, values | {"bias": bias} | told(WHOLE, SCALE)))).network
    p, rows = made.populations[-1], made.populations[1]
    constants = dense(made)[0][4 : 4 + rows.size]
    unit = SCALE / p.step
    assert np.allclose(constants.sum(axis=0), bias / unit, rtol=1e-8)
    assert np.abs(constants).max() <= p.full == 7 * 4.0
    assert rows.size == int(np.ceil(np.abs(bias / unit).max() / p.full))


def test_what_does_not_stay_integer_is_a_number_and_that_is_said():
    both = graph(
        ["i w", "i x", "w n", "x n", "n o"], **ends([4], [6]), w=whole_linear(), x=linear(0.1 * WHOLE), n=lif(6)
    )
    delay = simple(whole_linear(), ("Delay", {"delay": np.zeros(6)}))
    twice = graph(["i w", "w x", "x n", "n o"], **ends([4], [6]), w=whole_linear(), n=lif(6),
                  x=whole_linear(RNG.integers(-7, 8, (6, 6)), SCALE))  # fmt: skip
    other = graph(["i w", "i x", "w n", "x n", "n o"], **ends([4], [6]), w=whole_linear(SMALL), n=lif(6),
                  x=whole_linear(SMALL, SCALE * (1 + 1e-6)))  # fmt: skip
    large = graph(["i w", "i x", "w n", "x n", "n o"], **ends([4], [6]), w=whole_linear(), n=lif(6),
                  x=whole_linear(SMALL))  # fmt: skip
    for tree, why in ((both, "other numbers arrive"), (delay, "a Delay can take no scale"), (twice, "other numbers"),
                      (other, "other numbers"), (large, "do not stay integers")):  # fmt: skip
        made = read(tree)
        assert made.network.populations[-1].levels == 0
        assert len(made.repairs) == 1
        assert made.repairs[0].startswith("the integers of node 'w' (Linear)")
        assert why in made.repairs[0]
        with pytest.raises(InputError, match="refuses what needs a repair"):
            read(tree, strict=True)
    same = graph(["i w", "i x", "w n", "x n", "n o"], **ends([4], [6]), w=whole_linear(SMALL), n=lif(6),
                 x=whole_linear(SMALL))  # fmt: skip
    assert np.array_equal(dense(read(same).network)[1][:4], 2 * SMALL.T)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight_int": np.where(NINTH, 8, WHOLE)}, r"is 8 at \(2, 1\), but 4 bits are -7 .. 7"),
        ({"weight_int": np.where(NINTH, -8, WHOLE)}, r"is -8 at \(2, 1\)"),
        ({"weight_int": WHOLE + 0.5}, r"is .* at \(0, 0\), but 4 bits"),
        ({"weight_int": WHOLE.T}, "shape .*, which is not that of its weight"),
        ({"bits": 0}, "bits of node 'w' .* must be 1 to 8, not"),
        ({"bits": 9}, "must be 1 to 8, not"),
        ({"bits": 3.5}, "must be 1 to 8, not"),
        ({"bits": None, "levels": 257}, "levels of node 'w' .* must be 2 to 256"),
        ({"bits": 1}, r"is 0 at .*, but 1 bits are odd numbers from -1 to 1|is .* at .*1 bits"),
        ({"scale": np.where(SCALE == 7.0, np.nan, SCALE)}, "scale of node 'w' .* holds numbers that are not finite"),
        ({"scale": SCALE[:3]}, "scale of node 'w' .* has 3 values for 6 outputs"),
        ({"scale": None}, "has weight_int in its metadata, but no scale"),
        ({"bits": None}, "has weight_int in its metadata, but no bits"),
        ({"scale": 2 * SCALE}, r"weight of node 'w' .* is .* at .*, but scale x weight_int is .*; write both anew"),
    ],
)  # fmt: skip
def test_integers_that_are_none_are_refused(change, said):
    kind, values = whole_linear()
    metadata = {key: value for key, value in (values["metadata"] | change).items() if value is not None}
    with pytest.raises(InputError, match=said) as refused:
        read(simple((kind, values | {"metadata": metadata})))
    assert "\n" not in str(refused.value)


def test_zeros_of_a_sparse_binary_tensor_are_no_synapses():
    whole = np.zeros((6, 4), int)
    whole[1, 2], whole[3, 0] = 1, -1
    made = read(simple(whole_linear(whole, bits=1))).network
    assert (made.synapses, made.populations[-1].levels) == (2, 2)


def test_metadata_of_others_change_nothing():
    kind, values = linear(WHOLE)
    plain = read(simple((kind, values))).network.digest()
    assert read(simple((kind, values | {"metadata": {"scale": 3, "author": "x"}}))).network.digest() == plain


def test_files_in_and_out_of_nir_keep_them(tmp_path):
    nir = pytest.importorskip("nir")
    nodes = {
        "i": nir.Input(input_type={"input": np.array([4])}),
        "w": nir.Linear(weight=SCALE[:, None] * WHOLE, metadata=told(WHOLE.astype(np.int8), SCALE)["metadata"]),
        "n": nir.LIF(**lif(6)[1]),
        "o": nir.Output(output_type={"output": np.array([6])}),
    }
    made = nir.NIRGraph(nodes=nodes, edges=[("i", "w"), ("w", "n"), ("n", "o")])
    nir.write(tmp_path / "n.nir", made, compression=None)
    for source in (tmp_path / "n.nir", made, nir.read(tmp_path / "n.nir")):
        assert np.array_equal(dense(snnmap.load_network(source).network)[1][:4], WHOLE.T)


@pytest.mark.parametrize("levels", [15, 2, 255])
def test_a_folded_network_spikes_as_its_original_in_single_precision(levels):
    """Two convolutions with batch normalisation, 60 images: no neuron differs in any step, or by a tie."""
    spikes = conv_nets.rate_coded(conv_nets.images(count=60))
    made = conv_nets.layers(levels, spikes[:20])
    assert any(np.any(layer.statistics[0] < 0) for layer in made)
    tree = conv_nets.nir_tree(made, levels)
    assert [p.levels for p in read(tree).network.populations[2:]] == [levels] * 3
    margins, total, fired = conv_nets.differences(tree, made, spikes)
    assert all(margin < 1e-5 for margin in margins)
    assert total == 60 * 6 * 2754
    assert 0.02 * total < fired < 0.5 * total
    tree["nodes"]["n1"]["v_threshold"] = tree["nodes"]["n1"]["v_threshold"] * 1.01  # what differs would be found
    assert len(conv_nets.differences(tree, made, spikes)[0]) > 10
