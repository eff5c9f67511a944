"""NIR files and graphs in memory: real files, repairs, hints, damage."""

import functools
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.dense import between, population
from support.nir_trees import affine, conv, ends, graph, lif, linear, read

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.frontend.dialects import DIALECTS, NAMES
from snnmap.frontend.hdf5 import tree as hdf5
from snnmap.frontend.networks.nir.read import Wish, read_nir

DATA = Path(__file__).parents[3] / "data"


@functools.cache
def real(name, pooling="fold"):
    return read_nir(DATA / f"{name}.nir", Wish(pooling=pooling))


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
            read_nir(DATA / f"{name}.nir", Wish(strict=True))
        assert found[0] in str(caught.value)


@pytest.mark.parametrize(
    "name", ["nmnist_scnn_structure", "braille_rsnn_bias_zero", "single_lif_norse", "two_lif_neurons"]
)
def test_sound_files_need_no_repair(name):
    assert read_nir(DATA / f"{name}.nir", Wish(strict=True)).repairs == ()


def test_the_malformed_cnn_is_the_sound_one():
    a = real("nmnist_scnn_structure").network
    b = real("nmnist_scnn_no_input_shape").network
    assert [(p.name, p.shape, p.level) for p in a.populations] == [(p.name, p.shape, p.level) for p in b.populations]
    np.testing.assert_array_equal(a.indptr, b.indptr)
    np.testing.assert_array_equal(a.post, b.post)


def test_hints_follow_the_dialect():
    nmnist = real("nmnist_scnn_structure")
    assert nmnist.hints == DIALECTS["sinabs"].settings
    braille = real("braille_rsnn_bias_zero")
    assert braille.hints == DIALECTS["snntorch"].settings
    assert "guess" in braille.why["reset"]
    assert real("single_lif_norse").hints == {}
    assert set(nmnist.why) == set(nmnist.hints)
    strong = ("IF", {"r": np.array([1.0, 2.0]), "v_threshold": np.ones(2)})
    assert read(graph(["i a", "a o"], **ends([2], [2]), a=strong)).hints == {}
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
    stored, direct = read_nir(tmp_path / "made.nir"), read(made.to_dict())
    assert stored.network.digest() == direct.network.digest()
    assert stored.repairs == direct.repairs == ()
    assert stored.name == "made"


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
        np.array(np.inf),
        np.array([1.0, np.inf]),
        np.array(5e-324),
        [1, [2, 3]],
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
    if data.draw(st.booleans()):
        tree["metadata"] = {"dt": data.draw(ODD), "reset": data.draw(ODD)}
    try:
        read(tree, dialect=data.draw(st.sampled_from([None, *NAMES])))
    except (InputError, InfeasibleError):  # infeasible: no neuron is left
        return


@pytest.mark.parametrize(
    ("nodes", "error"), [({}, InfeasibleError), (None, InputError), ("x", InputError), (np.array(0), InputError)]
)
@pytest.mark.parametrize("dialect", [None, *NAMES])
def test_a_graph_without_nodes_is_refused(nodes, error, dialect):
    """Drawn once by the test above, and pinned."""
    tree = graph(["i o"], **ends([2], [2]))
    read(tree, dialect=dialect)
    tree["nodes"] = nodes
    with pytest.raises(error):
        read(tree, dialect=dialect)
