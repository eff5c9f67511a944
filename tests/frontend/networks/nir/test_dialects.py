"""Exports of snnTorch, sinabs, SpikingJelly and Norse spike as in the program, with the guess and with its name."""

from dataclasses import replace

import numpy as np
import pytest
from support.dialect_nets import names, written
from support.nir_trees import affine, ends, graph, lif, linear, read

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.dialects import DIALECTS
from snnmap.frontend.networks.nir.dialects import FOREVER

CHAIN = ["i a", "a n", "n o"]


def one_layer(kind, size=3, **parameters):
    """Two inputs, single-precision weights, one layer of neurons."""
    weight = np.full((size, 2), 0.7, np.float32)
    return graph(CHAIN, **ends([2], [size]), a=linear(weight), n=(kind, parameters))


def full(value, size=3, dtype=np.float64):
    return np.full(size, value, dtype)


@pytest.mark.parametrize("stated", [False, True], ids=["guessed", "stated"])
@pytest.mark.parametrize("name", names())
def test_every_neuron_spikes_as_in_the_program(name, stated, tmp_path):
    network, data, expected = written(name, tmp_path)
    dialect = name.partition(".")[0]
    wish = snnmap.LoadOptions(data=data, dialect=dialect if stated else None)
    graph = snnmap.profile(network, wish)
    layers = [p for p in graph.network.populations if p.kind == "neuron" and p.model != "relay"]
    assert len(layers) == len(expected)
    for p, counts in zip(layers, expected, strict=True):
        np.testing.assert_array_equal(graph.spikes[p.first : p.stop], counts)
    note = next(line for line in graph.remarks.assumed if "the dialect of" in line)
    assert f"the dialect of {DIALECTS[dialect].title}" in note
    assert ("a guess to confirm" in note) is not stated


def test_another_dialect_gives_other_spikes(tmp_path):
    network, data, expected = written("snntorch.leaky", tmp_path)
    for dialect in ("sinabs", "spikingjelly"):
        graph = snnmap.profile(network, snnmap.LoadOptions(data=data, dialect=dialect))
        p = next(p for p in graph.network.populations if p.kind == "neuron")
        assert not np.array_equal(graph.spikes[p.first : p.stop], expected[0])


def test_a_file_that_fits_two_dialects_names_both():
    """A decay of 0 in snnTorch (tau = dt = 1e-4, r = 1) looks like 0.1 s in Norse; one IF of r = 1 like sinabs' too."""
    scalar = {"tau": 1e-4, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    why = read(one_layer("LIF", **{k: np.float32(v) for k, v in scalar.items()})).why["reset"]
    assert "snnTorch (the file fits Norse as well), a guess to confirm with --dialect snntorch" in why
    one = {"r": full(1.0, 1, np.float32), "v_threshold": full(1.0, 1, np.float32)}
    assert "sinabs (the file fits Norse as well)" in read(one_layer("IF", 1, **one)).why["reset"]
    vector = {k: full(v, 3, np.float32) for k, v in {**scalar, "tau": 1e-3, "r": 10.0}.items()}
    assert "snnTorch (the file fits SpikingJelly as well)" in read(one_layer("LIF", **vector)).why["reset"]


def test_what_fits_no_dialect_tells_its_step_at_most():
    double = {"v_threshold": full(1.0), "v_reset": full(0.0)}
    weight = np.full((3, 2), 0.7)
    tree = graph(CHAIN, **ends([2], [3]), a=("Linear", {"weight": weight}), n=("IF", {"r": full(1000.0), **double}))
    assert read(tree).hints == {"dt": 1e-3}
    assert "IF: r dt) is 1" in read(tree).why["dt"]
    tree["nodes"]["n"] |= {"r": full(1.0)}
    assert read(tree).hints == {"integration": "step", "dt": 1e-3}
    tree["nodes"]["n"] |= {"r": full(3.0)}
    assert read(tree).hints == {}
    assert read(graph(CHAIN, **ends([2], [3]), a=("Linear", {"weight": weight}), n=lif(3))).hints == {}
    neither = {"tau": full(0.02), "r": full(20.0), "v_leak": full(0.0), **double}
    tree["nodes"]["n"] = {"type": "LIF", **neither}
    assert read(tree).hints == {"dt": 1e-3}


@pytest.mark.parametrize(
    ("dialect", "tau", "expected"),
    [
        ("sinabs", 20.0, {"integration": "step", "dt": 1e-3, "decay": "exponential"}),
        ("sinabs", 0.02, {"integration": "time", "dt": 1e-3}),
        ("lava", 20.0, {"integration": "step", "reset": "zero"}),
        ("lava", 0.02, {"integration": "time", "reset": "zero"}),
        ("snntorch", 0.02, {"dt": 1e-4, "reset": "subtract-next"}),
        ("norse", 0.02, {"dt": 1e-3, "reset": "value", "comparison": ">"}),
        ("nir", 0.02, {"reset": "value", "integration": "time"}),
    ],
)
def test_a_stated_dialect_sets_everything_together(dialect, tau, expected):
    parameters = {"tau": full(tau), "r": full(1.0), "v_leak": full(0.0), "v_threshold": full(1.0)}
    imported = read(one_layer("LIF", **parameters), dialect=dialect)
    assert expected.items() <= imported.hints.items()
    assert set(imported.why.values()) == {f"the dialect of {DIALECTS[dialect].title}, as stated"}
    assert imported.network.populations[-1].parameters["tau"].tolist() == [tau] * 3


def test_spikingjelly_tells_its_step_by_its_gains():
    neuron = {"v_threshold": full(1.0), "v_reset": full(0.0)}
    assert read(one_layer("IF", r=full(500.0), **neuron)).hints["dt"] == 2e-3
    leaky = {"tau": full(3e-3), "v_leak": full(0.0), **neuron}
    assert read(one_layer("LIF", r=full(3.0), **leaky)).hints["dt"] == 1e-3
    assert read(one_layer("LIF", r=full(1.0), **leaky)).hints["dt"] == 1e-4  # its exporter's default


def test_an_endless_time_constant_is_an_if():
    parameters = {"tau": np.float32(np.inf), "r": np.float32(np.inf), "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    parameters = {key: np.float32(value) for key, value in parameters.items()}
    imported = read(one_layer("LIF", **parameters))
    assert imported.network.populations[-1].model == "IF"
    assert imported.network.populations[-1].parameters["r"].tolist() == [1e4] * 3
    assert any("this is an IF, read with r = 1 / dt = 10000" in line for line in imported.repairs)
    assert imported.hints == DIALECTS["snntorch"].settings
    mixed = {"tau": np.array([1e-3, np.inf, 1e-3], np.float32), "r": np.array([10, np.inf, 10], np.float32)}
    others = {"v_leak": full(0.0), "v_threshold": full(1.0), "v_reset": full(0.0)}
    imported = read(one_layer("LIF", **mixed, **others))
    p = imported.network.populations[-1]
    assert (p.model, p.parameters["tau"][1], p.parameters["r"][1]) == ("LIF", FOREVER * 1e-4, FOREVER)
    assert any("read as no leak" in line for line in imported.repairs)
    with pytest.raises(InputError, match=r"tau of node 'n' .* is infinite, so the neuron never leaks: this is an IF"):
        read(one_layer("LIF", **{**parameters, "r": np.float32(1.0)}))


def test_norses_numbers_are_converted_where_they_cannot_be_seconds():
    current = {
        "tau_syn": 5e-6,
        "tau_mem": 1e-5,
        "r": 1.0,
        "v_leak": 0.0,
        "v_threshold": 1.0,
        "v_reset": 0.0,
        "w_in": 1.0,
    }
    imported = read(one_layer("CubaLIF", **{key: np.float32(value) for key, value in current.items()}))
    p = imported.network.populations[-1].parameters
    np.testing.assert_allclose([p[key][0] for key in ("tau_syn", "tau_mem", "w_in")], [5e-3, 1e-2, 5.0], rtol=1e-6)
    assert any("by which Norse's exporter multiplies" in line for line in imported.repairs)
    seconds = read(one_layer("CubaLIF", **{**current, "tau_syn": 5e-3, "tau_mem": 1e-2}), dialect="norse")
    assert seconds.network.populations[-1].parameters["w_in"][0] == 1.0


def test_metadata_goes_before_a_guess_and_a_stated_dialect_before_its_reset():
    neuron = {"r": full(1e4), "v_threshold": full(1.0), "v_reset": full(0.0)}
    tree = one_layer("IF", **neuron) | {"metadata": {"dt": np.array(2e-3), "reset": "zero"}}
    assert read(tree).hints == {"dt": 2e-3, "reset": "zero", "integration": "time"}
    stated = read(tree, dialect="spikingjelly").hints
    assert stated == {**DIALECTS["spikingjelly"].settings, "dt": 2e-3}


def test_long_time_constants_and_odd_values_are_no_marks():
    tree = graph(CHAIN, **ends([2], [3]), a=affine(np.ones((3, 2)), np.ones(3)), n=lif(3))  # tau = 10 ms
    assert read(tree).hints == {}
    tree["nodes"]["n"]["tau"] = full(2e-3)
    assert "SpikingJelly" in read(tree).why["dt"]
    tree["nodes"]["n"]["r"] = np.array(["a"], object)
    with pytest.raises(InputError, match="is not numeric"):
        read(tree)


def test_a_stated_reset_keeps_only_the_units_of_a_guess(tmp_path):
    network, data, _ = written("sinabs.iaf", tmp_path)
    wish = snnmap.LoadOptions(data=data, reset="value")
    dynamics = snnmap.load_workload(network, wish).dynamics
    assert dynamics == snnmap.Dynamics(dt=1e-3, integration="step", reset="value")
    same = snnmap.load_workload(network, replace(wish, reset="subtract")).dynamics
    assert (same.multispike, same.comparison) == (True, ">=")
    stated = snnmap.load_workload(network, replace(wish, dialect="sinabs")).dynamics
    assert (stated.reset, stated.comparison, stated.multispike) == ("value", ">=", False)


def test_a_stated_dialect_goes_before_the_workload_file_and_an_option_before_it():
    assert snnmap.load_workload("nmnist-cnn").dynamics == snnmap.Dynamics(integration="step")
    loud = snnmap.load_workload("nmnist-cnn", snnmap.LoadOptions(dialect="sinabs")).dynamics
    assert (loud.reset, loud.multispike) == ("subtract", True)
    mine = snnmap.load_workload("nmnist-cnn", snnmap.LoadOptions(dialect="sinabs", dt=2e-3, comparison=">")).dynamics
    assert (mine.dt, mine.comparison, mine.reset) == (2e-3, ">", "subtract")
    recipe = snnmap.load_workload("imgsmooth", snnmap.LoadOptions(dialect="norse", samples=1)).dynamics
    assert (recipe.reset, recipe.comparison) == ("value", ">")
    with pytest.raises(InputError, match="a Lava file is in the dialect lava, not norse"):
        snnmap.load_workload("mnist-mlp", snnmap.LoadOptions(dialect="norse"))


def test_a_step_longer_than_a_time_constant_is_told_and_twice_that_refused(tmp_path):
    network, data, _ = written("spikingjelly.lif", tmp_path)  # 2 and 3 steps of 1e-4 s
    told = snnmap.profile(network, snnmap.LoadOptions(data=data, dt=3e-4)).remarks.assumed
    assert any("although tau of '_1' is 0.0002 s: the leak overshoots" in line for line in told)
    assert not any(
        "although" in line for line in snnmap.profile(network, snnmap.LoadOptions(data=data)).remarks.assumed
    )
    with pytest.raises(InputError, match=r"is 2\.5 times tau of '_1'"):
        snnmap.profile(network, snnmap.LoadOptions(data=data, dt=5e-4))
    exact = snnmap.profile(network, snnmap.LoadOptions(data=data, dt=5e-4, decay="exponential"))
    assert not any("although" in line for line in exact.remarks.assumed)


def test_a_recurrent_layer_of_snntorch_alone_is_told_by_its_nesting():
    """`RLeaky` is written at full shape in double precision, as SpikingJelly writes everything, but as a graph."""
    neuron = {"tau": full(1e-3), "r": full(10.0), "v_leak": full(0.0), "v_threshold": full(1.0), "v_reset": full(0.0)}
    inner = {"type": "NIRGraph", "edges": [("input", "lif"), ("lif", "w"), ("w", "lif"), ("lif", "output")]}
    inner["nodes"] = {
        "input": {"type": "Input", "shape": np.array([3])},
        "lif": {"type": "LIF", **neuron},
        "w": {"type": "Linear", "weight": np.eye(3, dtype=np.float32)},
        "output": {"type": "Output", "shape": np.array([3])},
    }
    tree = one_layer("LIF", **neuron)
    assert "SpikingJelly" in read(tree).why["reset"]
    tree["nodes"]["n"] = inner
    assert "the dialect of snnTorch, a guess" in read(tree).why["reset"]


def test_scalars_with_time_constants_in_seconds_are_not_norses_own():
    scalar = {"tau": 0.02, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    imported = read(one_layer("LIF", **{key: np.float32(value) for key, value in scalar.items()}))
    assert imported.hints == {}
    assert imported.network.populations[-1].parameters["tau"][0] == np.float32(0.02)


@pytest.mark.parametrize(("dialect", "spikes"), [("spikingjelly", 1), ("sinabs", 1), ("snntorch", 0), ("norse", 0)])
def test_v_just_at_the_threshold(dialect, spikes):
    """An input that lifts v to the threshold exactly."""
    neuron = {"r": np.ones(1), "v_threshold": np.ones(1), "v_reset": np.zeros(1)}
    tree = graph(CHAIN, **ends([1], [1]), a=linear([[1.0]]), n=("IF", neuron))
    dt = DIALECTS[dialect].settings["dt"] if DIALECTS[dialect].settings["integration"] == "time" else 1.0
    tree["nodes"]["n"]["r"] = np.ones(1) / (1.0 if dialect == "norse" else dt)
    wish = snnmap.LoadOptions(dialect=dialect, layout="BTF")
    profiled = snnmap.profile(read(tree, dialect=dialect), wish, data=np.ones((1, 1, 1)))
    assert profiled.spikes[-1] == spikes
