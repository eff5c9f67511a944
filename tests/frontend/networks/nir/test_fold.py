"""NIR graphs become populations and synapses: hand-checked structure, refusals, folding against a dense oracle."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dense_conv
from support.dense import between, population
from support.nir_trees import affine, conv, ends, graph, lif, linear, read

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.frontend.networks.linear import dense
from snnmap.frontend.networks.nir import fold as nir_fold


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


def test_a_graph_without_nodes_cannot_be_mapped():
    with pytest.raises(InfeasibleError, match="neurons: need 1, have 0"):
        read(GOOD | {"nodes": {}})


def test_options_out_of_range_are_refused():
    with pytest.raises(InputError, match="neither"):
        read(GOOD, pooling="max")


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


def test_flatten_that_counts_the_batch_keeps_the_channels():
    flat = ("Flatten", {"start_dim": 2, "end_dim": 3, "input_type": np.array([1, 2, 3, 4])})
    kernel = conv(np.ones((1, 2, 5)), input_shape=np.array(12))
    tree = graph(
        ["i m", "m f", "f c", "c n", "n o"],
        **ends([2, 3, 4], [1, 8]),
        m=lif((2, 3, 4)),
        f=flat,
        c=kernel,
        n=lif((1, 8)),
    )
    imported = read(tree)
    assert len(imported.repairs) == 1
    assert np.all(between(imported.network, "m", "n").sum(axis=0) == 10)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 22])
def test_growth_is_counted_the_same_in_slices(monkeypatch, chunk):
    monkeypatch.setattr(nir_fold, "CHUNK", chunk)
    rng = np.random.default_rng(7)
    verdicts = []
    for rank in range(1, 12):
        left, right = rng.integers(1, 3, (14, rank)), rng.integers(1, 3, (rank, 16))
        verdicts.append(nir_fold.grows(dense(left.T), dense(right.T)))
        assert verdicts[-1] == (2 * rank * 30 < 14 * 16)
    assert verdicts == [True] * 3 + [False] * 8
