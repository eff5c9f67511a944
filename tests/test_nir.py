"""NIR files and graphs: real files, hand-checked small graphs, repairs, folding against a dense oracle, damage."""

import functools
import itertools
import shutil
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dense_conv

from snnmap.errors import InputError
from snnmap.frontend import hdf5
from snnmap.frontend.nir import _imported, from_nir, read_nir

DATA = Path(__file__).parent / "data"


def read(tree, **options):
    return _imported(tree, "test", "", options.get("pooling", "fold"), options.get("strict", False))


@functools.cache
def real(name, pooling="fold"):
    return read_nir(DATA / f"{name}.nir", pooling=pooling)


def graph(edges, **nodes):
    """Tree of a NIR graph; edges as "a b" strings, nodes as (type, values)."""
    members = {name: {"type": kind, **values} for name, (kind, values) in nodes.items()}
    return {"type": "NIRGraph", "nodes": members, "edges": [tuple(edge.split()) for edge in edges]}


def ends(inputs, outputs):
    return {"i": ("Input", {"shape": np.array(inputs)}), "o": ("Output", {"shape": np.array(outputs)})}


def lif(n):
    one = np.ones(n)
    return "LIF", {"tau": 0.01 * one, "r": one, "v_leak": 0 * one, "v_threshold": one, "v_reset": 0 * one}


def linear(weight):
    return "Linear", {"weight": np.asarray(weight, np.float32)}


def affine(weight, bias):
    return "Affine", {"weight": np.asarray(weight, np.float32), "bias": np.asarray(bias, np.float32)}


def conv(weight, **options):
    values = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "input_shape": None} | options
    weight = np.asarray(weight, np.float32)
    return f"Conv{weight.ndim - 2}d", {"weight": weight, "bias": np.zeros(len(weight), np.float32)} | values


def population(network, name):
    return next(p for p in network.populations if p.name == name)


def between(network, pre, post):
    """Dense weights from one population to another."""
    a, b = population(network, pre), population(network, post)
    result = np.zeros((a.size, b.size))
    for row, source in enumerate(range(a.first, a.stop)):
        span = slice(network.indptr[source], network.indptr[source + 1])
        inside = (network.post[span] >= b.first) & (network.post[span] < b.stop)
        result[row, network.post[span][inside] - b.first] = network.weight[span][inside]
    return result


def write(path, tree):
    def fill(group, values):
        for key, value in values.items():
            if isinstance(value, dict):
                fill(group.create_group(key), value)
            elif key == "edges":
                group.create_dataset(key, data=np.array(value, object), dtype=h5py.string_dtype())
            elif value is not None:
                group.create_dataset(key, data=value)

    with h5py.File(path, "w") as file:
        fill(file.create_group("node"), tree)
    return path


# --- real files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pooling", "neurons", "relays", "synapses", "biases"),
    [
        ("nmnist_scnn_structure", "fold", 8970, 0, 1_122_848, 0),
        ("nmnist_scnn_structure", "relay", 8970, 1152, 843_296, 0),
        ("nmnist_scnn_no_input_shape", "fold", 8970, 0, 1_122_848, 0),
        ("nmnist_scnn_no_input_shape", "relay", 8970, 1152, 843_296, 0),
        ("braille_rsnn_bias_zero", "fold", 45, 0, 12 * 38 + 38 * 38 + 38 * 7, 45),
        ("braille_scalar_params_2023_10", "fold", 45, 0, 2166, 45),
        ("braille_subgraph_2023_10", "fold", 45, 0, 2166, 45),
        ("single_lif_norse", "fold", 1, 0, 1, 0),
        ("two_lif_neurons", "fold", 2, 0, 2, 0),
        ("lif_rockpool_batch_dims", "fold", 1, 0, 1, 0),
    ],
)
def test_real_files_have_their_sizes(name, pooling, neurons, relays, synapses, biases):
    network = real(name, pooling).network
    assert sum(p.size for p in network.populations if p.model == "relay") == relays
    assert network.neurons == neurons + relays
    bias = network.is_bias()
    assert int(np.diff(network.indptr)[bias].sum()) == biases
    assert network.synapses == synapses + biases


def test_braille_network_is_recurrent_with_one_step_of_delay():
    network = real("braille_rsnn_bias_zero").network
    assert [(p.name, p.kind, p.model, p.shape, p.level) for p in network.populations] == [
        ("input", "input", "input", (12,), 0),
        ("bias", "bias", "bias", (1,), 0),
        ("lif1.lif", "neuron", "CubaLIF", (38,), 1),
        ("lif2", "neuron", "CubaLIF", (7,), 2),
    ]
    assert network.outputs == (3,)
    with h5py.File(DATA / "braille_rsnn_bias_zero.nir") as file:
        nodes = file["node/nodes"]
        recurrent = nodes["lif1.w_rec/weight"][()].T
        step = network.grid[2]
        assert step == 2.0**-26  # the largest weight into it is 13.4
        np.testing.assert_allclose(between(network, "lif1.lif", "lif1.lif"), recurrent, rtol=0, atol=step / 2)
        both = nodes["lif1.w_rec/bias"][()].astype(float) + nodes["fc1/bias"][()]
        np.testing.assert_allclose(between(network, "bias", "lif1.lif")[0], both, rtol=1e-6)
        np.testing.assert_array_equal(population(network, "lif1.lif").parameters["w_in"], nodes["lif1.lif/w_in"][()])


def test_every_repair_of_the_malformed_files_is_reported():
    repairs = {
        name: real(name).repairs
        for name in (
            "braille_scalar_params_2023_10",
            "braille_subgraph_2023_10",
            "lif_rockpool_batch_dims",
            "nmnist_scnn_no_input_shape",
        )
    }
    scalars = repairs["braille_scalar_params_2023_10"]
    assert [("lif1" in r, "lif2" in r, "applied to all" in r) for r in scalars] == [(1, 0, 1), (0, 1, 1)]
    assert len(repairs["braille_subgraph_2023_10"]) == 1
    assert "'hidden.input'" in repairs["braille_subgraph_2023_10"][0]
    assert len(repairs["lif_rockpool_batch_dims"]) == 1
    assert "(1, 1, 1)" in repairs["lif_rockpool_batch_dims"][0]
    nmnist = repairs["nmnist_scnn_no_input_shape"]
    assert sum("no input_shape" in r for r in nmnist) == 3
    assert sum("batch or time dimensions" in r for r in nmnist) == 6
    assert sum("Flatten" in r for r in nmnist) == 1
    assert sum("Output" in r for r in nmnist) == 1
    for name, found in repairs.items():
        with pytest.raises(InputError) as caught:
            read_nir(DATA / f"{name}.nir", strict=True)
        assert found[0] in str(caught.value)


@pytest.mark.parametrize(
    "name", ["nmnist_scnn_structure", "braille_rsnn_bias_zero", "single_lif_norse", "two_lif_neurons"]
)
def test_sound_files_need_no_repair(name):
    assert read_nir(DATA / f"{name}.nir", strict=True).repairs == ()


def test_the_malformed_cnn_is_the_sound_one():
    a = real("nmnist_scnn_structure").network
    b = real("nmnist_scnn_no_input_shape").network
    assert [(p.name, p.shape, p.level) for p in a.populations] == [(p.name, p.shape, p.level) for p in b.populations]
    np.testing.assert_array_equal(a.indptr, b.indptr)
    np.testing.assert_array_equal(a.post, b.post)


def test_hints_follow_the_dialect():
    nmnist = real("nmnist_scnn_structure")
    assert nmnist.hints == {"integration": "step", "dt": 1e-3}
    braille = real("braille_rsnn_bias_zero")
    assert braille.hints == {"dt": 1e-4, "reset": "subtract"}
    assert "guess" in braille.why["reset"]
    assert real("single_lif_norse").hints == {}
    assert set(nmnist.why) == set(nmnist.hints)
    tree = graph(["i a", "a o"], **ends([2], [2]), a=lif(2))
    stated = tree | {"metadata": {"dt": np.array(2e-3), "reset": "zero", "semantics": "forward Euler"}}
    imported = read(stated)
    assert imported.hints == {"dt": 2e-3, "reset": "zero"}
    assert "forward Euler" in imported.why["reset"]
    assert read(tree | {"metadata": {"dt": np.array(-1.0), "reset": "bounce"}}).hints == {}


def test_files_and_graphs_in_memory_give_the_same_network(tmp_path):
    rng = np.random.default_rng(1)
    one = np.ones(6)
    made = nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([2, 4, 5])),
            "conv": nir.Conv2d((4, 5), rng.normal(size=(3, 2, 3, 2)), 1, (0, 1), 1, 1, rng.normal(size=3)),
            "if": nir.IF(np.ones((3, 2, 6)), np.ones((3, 2, 6))),
            "flat": nir.Flatten(np.array([3, 2, 6]), 0),
            "fc": nir.Affine(rng.normal(size=(6, 36)), rng.normal(size=6)),
            "out": nir.CubaLIF(one, one, one, 0 * one, one),
            "output": nir.Output(np.array([6])),
        },
        edges=[("input", "conv"), ("conv", "if"), ("if", "flat"), ("flat", "fc"), ("fc", "out"), ("out", "output")],
        type_check=False,
    )
    nir.write(tmp_path / "made.nir", made)
    stored, direct = read_nir(tmp_path / "made.nir"), from_nir(made, name="made")
    assert stored.network.digest() == direct.network.digest()
    assert stored.repairs == direct.repairs == ()
    assert (direct.name, stored.name) == ("made", "made")
    with pytest.raises(InputError, match="NIRGraph is needed"):
        from_nir({"nodes": {}})


# --- structure -----------------------------------------------------------------------------------------------------


def test_chains_multiply_paths_add_and_biases_travel():
    a, b, skip = np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([[1.0, 0, 1], [0, 2, 1]]), np.array([[1.0, 1], [1, -1]])
    tree = graph(
        ["i a", "a b", "b n", "i s", "s n", "n o"],
        **ends([2], [2]),
        a=affine(a, [1, 2, 3]),
        b=affine(b, [10, 20]),
        s=linear(skip),
        n=lif(2),
    )
    network = read(tree).network
    np.testing.assert_array_equal(between(network, "i", "n"), (b @ a + skip).T)
    np.testing.assert_array_equal(between(network, "bias", "n"), [b @ [1, 2, 3] + [10, 20]])
    assert [p.name for p in network.populations] == ["i", "bias", "n"]


def test_low_rank_waist_is_kept_as_relays_and_its_bias_goes_past_them():
    rng = np.random.default_rng(2)
    down, up = rng.normal(size=(2, 40)).astype(np.float32), rng.normal(size=(30, 2)).astype(np.float32)
    tree = graph(
        ["i n", "n d", "d u", "u m", "m o"],
        **ends([40], [30]),
        n=lif(40),
        d=affine(down, [1, 1]),
        u=linear(up),
        m=lif(30),
    )
    network = read(tree).network
    assert [(p.name, p.model, p.level) for p in network.populations if p.kind == "neuron"] == [
        ("n", "LIF", 1),
        ("d", "relay", 2),
        ("m", "LIF", 3),
    ]
    np.testing.assert_array_equal(between(network, "n", "d"), down.T)
    np.testing.assert_array_equal(between(network, "d", "m"), up.T)
    np.testing.assert_allclose(between(network, "bias", "m")[0], up.astype(float).sum(axis=1), rtol=1e-6)
    assert not between(network, "bias", "d").any()
    assert network.synapses == 40 + 80 + 60 + 30


def test_a_product_that_does_not_grow_is_taken():
    tree = graph(
        ["i a", "a b", "b n", "n o"], **ends([4], [4]), a=linear(np.ones((4, 4))), b=linear(np.ones((4, 4))), n=lif(4)
    )
    network = read(tree).network
    assert network.synapses == 16
    assert np.all(network.weight == 4.0)


def test_pooling_is_folded_or_relayed_on_either_side():
    base = ends([1, 4, 4], [2]) | {"n": lif((1, 4, 4)), "m": lif(2)}
    pool = ("AvgPool2d", {"kernel_size": np.array([2, 2]), "stride": np.array([2, 2]), "padding": np.array([0, 0])})
    flat = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array([1, 2, 2])})
    weight = np.arange(1.0, 9.0).reshape(2, 4)
    tree = graph(["i n", "n p", "p f", "f w", "w m", "m o"], **base, p=pool, f=flat, w=linear(weight))
    folded, relayed = read(tree).network, read(tree, pooling="relay").network
    expected = np.kron(weight.reshape(2, 2, 2), np.ones((2, 2)) / 4).reshape(2, 16)
    np.testing.assert_array_equal(between(folded, "n", "m"), expected.T)
    assert population(relayed, "p").model == "relay"
    np.testing.assert_array_equal(between(relayed, "n", "p") @ between(relayed, "p", "m"), expected.T)
    square = conv(np.ones((1, 1, 1, 1)), input_shape=np.array([4, 4]))
    before = graph(["i c", "c p", "p n", "n o"], **ends([1, 4, 4], [4]), c=square, p=pool, n=lif((1, 2, 2)))
    assert read(before).network.neurons == 4
    assert population(read(before, pooling="relay").network, "c").size == 16


def test_cycles_levels_and_self_loops():
    w = linear(np.eye(2))
    tree = graph(
        ["i a", "a w", "w b", "b x", "x a", "b y", "y b", "b o"], **ends([2], [2]), a=lif(2), b=lif(2), w=w, x=w, y=w
    )
    network = read(tree).network
    assert {p.name: p.level for p in network.populations} == {"i": 0, "a": 1, "b": 2}
    for pre, post in (("a", "b"), ("b", "a"), ("b", "b")):
        np.testing.assert_array_equal(between(network, pre, post), np.eye(2))


def test_nested_graphs_get_dotted_names_and_duplicate_edges_count_once():
    inner = graph(
        ["in n", "n out"],
        **{"in": ("Input", {"shape": np.array([2])}), "out": ("Output", {"shape": np.array([2])})},
        n=lif(2),
    )
    outer = graph(
        ["input deep", "deep output"],
        input=("Input", {"shape": np.array([2])}),
        output=("Output", {"shape": np.array([2])}),
    )
    outer["nodes"]["deep"] = inner
    tree = graph(["i w", "i w", "w sub", "sub o"], **ends([2], [2]), w=linear(np.eye(2)))
    tree["nodes"]["sub"] = outer
    imported = read(tree)
    assert [p.name for p in imported.network.populations] == ["i", "sub.deep.n"]
    np.testing.assert_array_equal(between(imported.network, "i", "sub.deep.n"), np.eye(2))
    assert imported.repairs == ("edge i -> w is written more than once; it counts once",)


def test_outputs_read_populations_or_get_a_readout():
    w = linear(2 * np.eye(2))
    direct = graph(
        ["i n", "n o", "i m", "m p"], **ends([2], [2]), n=lif(2), m=lif(2), p=("Output", {"shape": np.array([2])})
    )
    network = read(direct).network
    assert [network.populations[k].name for k in network.outputs] == ["n", "m"]
    through = graph(["i n", "n w", "w o"], **ends([2], [2]), n=lif(2), w=w)
    network = read(through).network
    assert [(network.populations[k].name, network.populations[k].model) for k in network.outputs] == [("o", "relay")]
    np.testing.assert_array_equal(between(network, "n", "o"), 2 * np.eye(2))
    both = graph(["i n", "i m", "n o", "m o"], **ends([2], [2]), n=lif(2), m=lif(2))
    network = read(both).network
    np.testing.assert_array_equal(between(network, "n", "o"), np.eye(2))
    np.testing.assert_array_equal(between(network, "m", "o"), np.eye(2))


def test_order_of_names_is_natural_not_alphabetical():
    tree = graph(["i n10", "i n9", "n10 o", "n9 o"], **ends([1], [1]), n10=lif(1), n9=lif(1))
    assert [p.name for p in read(tree).network.populations] == ["i", "n9", "n10", "o"]


def test_every_population_model_and_scale():
    two = np.full(2, 2.0)
    tree = graph(
        ["i s", "s a", "a b", "b c", "c d", "d e", "e f", "f o"],
        **ends([2], [2]),
        s=("Scale", {"scale": np.array([3.0, 5.0])}),
        a=("IF", {"r": two, "v_threshold": two}),
        b=("LI", {"tau": two, "r": two, "v_leak": two}),
        c=("CubaLI", {"tau_mem": two, "tau_syn": two, "r": two, "v_leak": two}),
        d=("Threshold", {"threshold": two}),
        e=("Delay", {"delay": two}),
        f=("CubaLIF", {"tau_mem": two, "tau_syn": two, "r": two, "v_leak": two, "v_threshold": two}),
    )
    imported = read(tree, strict=True)
    network = imported.network
    assert [p.model for p in network.populations] == ["input", "IF", "LI", "CubaLI", "Threshold", "Delay", "CubaLIF"]
    np.testing.assert_array_equal(between(network, "i", "a"), np.diag([3.0, 5.0]))
    np.testing.assert_array_equal(population(network, "a").parameters["v_reset"], [0.0, 0.0])
    np.testing.assert_array_equal(population(network, "c").parameters["w_in"], [1.0, 1.0])
    np.testing.assert_array_equal(population(network, "e").parameters["delay"], [2.0, 2.0])


def test_per_channel_parameters_are_repeated():
    neuron = ("IF", {"r": np.ones((2, 1, 1)), "v_threshold": np.array([3.0, 4.0])})
    tree = graph(
        ["i c", "c n", "n o"],
        **ends([1, 2, 3], [2, 2, 3]),
        c=conv(np.ones((2, 1, 1, 1)), input_shape=np.array([2, 3])),
        n=neuron,
    )
    imported = read(tree)
    np.testing.assert_array_equal(population(imported.network, "n").parameters["v_threshold"], [3.0] * 6 + [4.0] * 6)
    assert all("per channel" in repair for repair in imported.repairs)
    assert len(imported.repairs) == 2


def test_linear_layers_of_odd_shapes():
    last = graph(
        ["i m", "m w", "w n", "n o"],
        **ends([3, 2], [3, 4]),
        m=lif((3, 2)),
        w=linear(np.arange(8.0).reshape(4, 2)),
        n=lif((3, 4)),
    )
    imported = read(last)
    assert "last dimension" in imported.repairs[0]
    expected = np.kron(np.eye(3), np.arange(8.0).reshape(4, 2).T)
    np.testing.assert_array_equal(between(imported.network, "m", "n"), expected)
    timed = graph(["i w", "w n", "n o"], **ends([100, 1, 2], [4]), w=linear(np.ones((4, 2))), n=lif(4))
    assert population(read(timed).network, "i").shape == (2,)
    assert read(timed).repairs == ("node 'i' (Input): dropped batch or time dimensions (100, 1) of (100, 1, 2)",)
    stack = graph(
        ["i w", "w n", "n o"], **ends([2, 3], [2, 1]), w=linear(np.arange(1.0, 7).reshape(2, 1, 3)), n=lif((2, 1))
    )
    np.testing.assert_array_equal(
        between(read(stack).network, "i", "n"), [[1, 0], [2, 0], [3, 0], [0, 4], [0, 5], [0, 6]]
    )
    flat = graph(["i w", "w n", "n o"], **ends([2, 2], [1]), w=linear([[1.0, 2, 3, 4]]), n=lif(1))
    assert "flattened" in read(flat).repairs[0]


def test_nodes_that_lead_nowhere_are_reported():
    tree = graph(["i n", "n o", "n w"], **ends([2], [2]), n=lif(2), w=linear(np.eye(2)))
    assert "leads nowhere" in read(tree).repairs[0]


# --- refusals ------------------------------------------------------------------------------------------------------

GOOD = graph(["i w", "w n", "n o"], **ends([2], [2]), w=linear(np.eye(2)), n=lif(2))


def altered(**changes):
    nodes = {name: dict(values) for name, values in GOOD["nodes"].items()}
    for key, value in changes.items():
        node, _, field = key.partition("__")
        if field:
            nodes[node][field] = value
        else:
            nodes[node] = value
    return GOOD | {"nodes": nodes}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (altered(n__tau=np.zeros(2)), "tau must be positive"),
        (altered(n__tau=np.full(2, np.nan)), "not finite"),
        (altered(w__weight=np.array([[np.inf, 1], [1, 1]])), "not finite"),
        (altered(w__weight=np.array(["a", "b"], object)), "not numeric"),
        (altered(w__weight=np.ones(2)), r"\(outputs, inputs\)"),
        (altered(w__weight=np.ones((2, 3))), "takes 3 values"),
        (altered(w__type="MaxPool2d"), "MaxPool2d.*max pooling is not a crossbar operation"),
        (altered(w__type="Resonator"), "Resonator.*not supported"),
        (altered(w={"type": "Linear"}), "lacks 'weight'"),
        (altered(w={"weight": np.eye(2)}), "has no type"),
        (altered(n__r=np.ones(3)), "do not fit"),
        (altered(n={"type": "Delay", "delay": -np.ones(2)}), "not be negative"),
        (GOOD | {"edges": [("i", "w"), ("w", "x"), ("n", "o")]}, "'x', which is not among the nodes"),
        (GOOD | {"edges": []}, "nothing leads to"),
        (GOOD | {"edges": None}, "no list of edges"),
        (GOOD | {"edges": np.zeros((2, 2))}, "not pairs of node names"),
        (GOOD | {"edges": [*GOOD["edges"], ("o", "w")]}, "out of an Output"),
        (GOOD | {"edges": [*GOOD["edges"], ("n", "i")]}, "into an Input"),
        (GOOD | {"nodes": {}}, "empty"),
        (GOOD | {"nodes": np.zeros(2)}, "no group of nodes"),
        (altered(i__type="Output"), "no Input node"),
        (altered(o__type="Identity"), "no Output node"),
        (graph(["a a", "a o"], a=lif(2), o=("Output", {"shape": np.array([2])})), "no Input node"),
        (
            graph(
                ["i n", "n o", "a b", "b a", "b n"],
                **ends([2], [2]),
                n=lif(2),
                a=linear(np.eye(2)),
                b=linear(np.eye(2)),
            ),
            "passes no neuron",
        ),
        (graph(["i c", "c o"], **ends([1, 2, 2], [1]), c=conv(np.ones((1, 1, 3, 3)))), "does not fit"),
        (graph(["i c", "c o"], **ends([3, 4, 4], [1]), c=conv(np.ones((1, 1, 3, 3)))), "takes 1 channels"),
        (graph(["i c", "c o"], **ends([2, 4, 4], [1]), c=conv(np.ones((1, 1, 3, 3)), groups=2)), "2 groups"),
        (graph(["i c", "c o"], **ends([1, 4, 4], [1]), c=conv(np.ones((1, 1, 3, 3)), padding="full")), "neither"),
        (graph(["i c", "c o"], **ends([1, 4, 4], [1]), c=conv(np.ones((1, 1, 3, 3)), stride=0)), "at least 1"),
        (graph(["i c", "c o"], **ends([1, 4, 4], [1]), c=conv(np.ones((1, 1, 3, 3)), stride=1.5)), "whole numbers"),
        (graph(["i o"], **ends([2**20, 2**20], [1])), "at most"),
    ],
)
def test_what_is_wrong_is_named(tree, words):
    with pytest.raises(InputError, match=words):
        read(tree)


def test_options_out_of_range_are_refused():
    with pytest.raises(InputError, match="neither"):
        read(GOOD, pooling="max")


# --- folding against the definition --------------------------------------------------------------------------------


@st.composite
def chains(draw):
    """A random chain of linear layers on a small image, as (tree nodes, dense function, output shape)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 2)), draw(st.integers(3, 5)), draw(st.integers(3, 5)))
    start, nodes, steps = shape, {}, []
    for k in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["conv", "pool", "scale", "flatten", "affine"]))
        if kind in {"conv", "pool"} and len(shape) != 3:
            kind = "affine"
        if kind == "conv":
            kernel = tuple(draw(st.integers(1, min(3, n))) for n in shape[1:])
            stride, padding = draw(st.integers(1, 2)), draw(st.integers(0, 1))
            groups = shape[0] if draw(st.booleans()) else 1
            weight = rng.integers(1, 4, (2 * groups, shape[0] // groups, *kernel)).astype(np.float32)
            bias = rng.integers(-2, 3, 2 * groups).astype(np.float32)
            both = (stride, stride), (padding, padding)
            nodes[f"x{k}"] = conv(weight, stride=stride, padding=padding, groups=groups, bias=bias)

            def step(x, w=weight, b=bias, o=both, g=groups, c=1):
                return dense_conv.convolve(x, w, o[0], o[1], o[1], (1, 1), g) + c * b[:, None, None]

        elif kind == "pool":
            kernel = tuple(draw(st.integers(1, min(2, n))) for n in shape[1:])
            average = draw(st.booleans())
            values = {"kernel_size": np.array(kernel), "stride": np.array(kernel), "padding": np.array([0, 0])}
            nodes[f"x{k}"] = ("AvgPool2d" if average else "SumPool2d", values)

            def step(x, n=kernel, a=average, c=1):
                return dense_conv.pool(x, n, n, (0, 0), a)

        elif kind == "scale":
            factor = rng.integers(1, 4, shape).astype(np.float32)
            nodes[f"x{k}"] = ("Scale", {"scale": factor})

            def step(x, f=factor, c=1):
                return f * x

        elif kind == "flatten":
            nodes[f"x{k}"] = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array(shape)})

            def step(x, c=1):
                return x.reshape(-1)

        else:
            weight = rng.integers(1, 4, (draw(st.sampled_from([1, 3, 20])), int(np.prod(shape)))).astype(np.float32)
            bias = rng.integers(-2, 3, len(weight)).astype(np.float32)
            nodes[f"x{k}"] = affine(weight, bias)

            def step(x, w=weight, b=bias, c=1):
                return w.astype(float) @ x.ravel() + c * b

        steps.append(step)
        shape = steps[-1](np.zeros(shape)).shape
    return start, nodes, steps, shape


@settings(deadline=None, max_examples=80)
@given(chains(), st.sampled_from(["fold", "relay"]))
def test_folded_chains_compute_what_their_layers_compute(chain, pooling):
    start, nodes, steps, shape = chain
    names = ["i", *nodes, "n", "o"]
    tree = graph([f"{a} {b}" for a, b in itertools.pairwise(names)], **ends(start, shape), **nodes, n=lif(shape))
    network = read(tree, pooling=pooling).network
    x = np.random.default_rng(0).integers(-3, 4, start).astype(float)
    expected = x
    for step in steps:
        expected = step(expected)
    values = np.zeros(network.sources)
    values[: x.size] = x.ravel()
    values[network.is_bias()] = 1.0
    received = np.zeros(network.sources)
    for p in network.populations:  # in ascending level: every relay is complete before it is read
        if p.model == "relay":
            values[p.first : p.stop] = received[p.first : p.stop]
        for source in range(p.first, p.stop):
            span = slice(network.indptr[source], network.indptr[source + 1])
            received[network.post[span]] += values[source] * network.weight[span]
    target = population(network, "n")
    np.testing.assert_allclose(received[target.first : target.stop], expected.ravel(), rtol=1e-6, atol=1e-3)


# --- damage --------------------------------------------------------------------------------------------------------


def reads_or_refuses(path):
    try:
        read_nir(path)
    except InputError as error:
        message = str(error)
    else:
        return True
    assert message.startswith(f"{path}: ")
    return False


def test_foreign_files_are_named(tmp_path):
    for name, content in (("empty", b""), ("text", b"hello"), ("short", b"\x89HDF\r\n\x1a\n")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match="NIR file is needed"):
            read_nir(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_nir(tmp_path / "missing")
    with pytest.raises(InputError, match="cannot be read"):
        read_nir(tmp_path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = np.arange(3)
    with pytest.raises(InputError, match="no group 'node'"):
        read_nir(tmp_path / "other.h5")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["node"] = h5py.ExternalLink("other.h5", "/data")
    with pytest.raises(InputError, match="not followed"):
        read_nir(tmp_path / "link.h5")


def test_truncated_and_flipped_files_give_one_error_or_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "SECONDS", 2)
    data = (DATA / "single_lif_norse.nir").read_bytes()
    path = tmp_path / "damaged.nir"
    for size in (96, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        assert not reads_or_refuses(path)
    rng = np.random.default_rng(4)
    used = np.flatnonzero(np.frombuffer(data, np.uint8))
    verdicts = set()
    for _ in range(5):
        flipped = bytearray(data)
        for at in rng.choice(used, 3):
            flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        verdicts.add(reads_or_refuses(path))
    assert False in verdicts
    at = data.index(np.float32(0.1).tobytes())
    path.write_bytes(data[:at] + np.float32(0.2).tobytes() + data[at + 4 :])
    assert reads_or_refuses(path)


def test_a_reader_that_dies_or_hangs_is_an_error_like_any_other(tmp_path, monkeypatch):
    shutil.copyfile(DATA / "single_lif_norse.nir", tmp_path / "a.nir")
    script = tmp_path / "hdf5.py"
    child = tmp_path / "hdf5_child.py"
    monkeypatch.setattr(hdf5, "__file__", str(script))
    child.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    with pytest.raises(InputError, match="failed on it"):
        read_nir(tmp_path / "a.nir")
    child.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(hdf5, "SECONDS", 1)
    monkeypatch.setattr(hdf5, "PATIENCE", 1)
    with pytest.raises(InputError, match="takes more than"):
        read_nir(tmp_path / "a.nir")


ODD = st.sampled_from(
    [
        None,
        "x",
        np.array(0),
        np.array(-1),
        np.array(2.5),
        np.array(1e300),
        np.array(2**40),
        np.array(np.nan),
        np.zeros((0, 2)),
        np.ones((1, 2)),
        np.ones((2, 1, 3)),
        np.ones(7),
        np.array(["a", "b"], object),
        np.array([["i", "o"]], object),
        {},
        {"type": "Input"},
        np.array([True]),
        np.array([1j]),
    ]
)


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_trees_with_odd_values_give_one_error_or_a_network(data):
    pool = {"kernel_size": np.array([2, 2]), "stride": np.array([2, 2]), "padding": np.array([0, 0])}
    tree = graph(
        ["i c", "c n", "n p", "p f", "f w", "w m", "m r", "r m", "m s", "s o"],
        **ends([1, 4, 4], [2]),
        c=conv(np.ones((1, 1, 3, 3)), padding="same", input_shape=np.array([4, 4])),
        n=lif((1, 4, 4)),
        p=("SumPool2d", pool),
        f=("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array([1, 2, 2])}),
        w=affine(np.ones((2, 4)), [1, 1]),
        m=lif(2),
        r=linear(np.eye(2)),
        s=("Scale", {"scale": np.ones(2)}),
    )
    read(tree)
    places = [tree, tree["nodes"], *tree["nodes"].values()]
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places))
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(ODD)
    try:
        read(tree)
    except InputError:
        return
