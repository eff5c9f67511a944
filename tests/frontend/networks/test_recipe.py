"""Workload files: strictly parsed, counted without building, built as stated, equal for equal seeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.dense import dense_of
from support.refusals import error_of

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.networks.recipe import Recipe, build_recipe, read_workload_file

HEAD = 'summary = "s"\norigin = "o"\nlicence = "l"\n'
NEURON = '[neuron]\nmodel = "IF"\nparameters = { r = 1.0, v_threshold = 1.0, v_reset = 0.0 }\n'
DENSE = f"""
[network]
seed = 3
{NEURON}
[[population]]
name = "in"
shape = [4]
model = "input"
[[population]]
name = "out"
shape = [3]
[[connection]]
from = "in"
to = "out"
topology = "dense"
weights = {{ distribution = "constant", value = 0.5 }}
"""


def written(tmp_path, text, head=HEAD):
    path = tmp_path / "net.toml"
    path.write_text(head + text)
    return path


def build(tmp_path, text):
    return build_recipe(read_workload_file(written(tmp_path, text)))


def test_a_dense_recipe_becomes_a_network(tmp_path):
    read = build(tmp_path, DENSE)
    assert (read.name, read.format) == ("net", "recipe")
    assert [(p.name, p.kind, p.model, p.shape) for p in read.network.populations] == [
        ("in", "input", "input", (4,)),
        ("out", "neuron", "IF", (3,)),
    ]
    expected = np.zeros((7, 7))
    expected[:4, 4:] = 0.5
    np.testing.assert_array_equal(dense_of(read.network), expected)


def test_weights_depend_on_seed_and_connection_alone(tmp_path):
    drawn = DENSE.replace('"constant", value = 0.5', '"normal", mean = 0.0, std = 1.0')
    one, same = build(tmp_path, drawn).network, build(tmp_path, drawn).network
    other = build(tmp_path, drawn.replace("seed = 3", "seed = 4")).network
    assert one.digest() == same.digest() != other.digest()
    twin = '[[population]]\nname = "twin"\nshape = [3]\n[[connection]]\nfrom = "in"\nto = "twin"\ntopology = "dense"\n'
    weights = dense_of(
        build(tmp_path, drawn + twin + 'weights = { distribution = "normal", mean = 0, std = 1.0 }').network
    )
    assert not np.any(weights[:4, 4:7] == weights[:4, 7:])
    longer = drawn + (
        '[[population]]\nname = "late"\nshape = [2]\n[[connection]]\nfrom = "out"\nto = "late"\ntopology = "dense"\n'
        'weights = { distribution = "uniform", low = 0.0, high = 1.0 }\n'
    )
    np.testing.assert_array_equal(dense_of(build(tmp_path, longer).network)[:4, 4:7], dense_of(one)[:4, 4:7])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 3", "", "network.seed: this key is missing"),
        ("seed = 3", "seed = 3\nsede = 4", "network.sede: this key is not known"),
        ("seed = 3", "seed = -3", "network.seed: must be an integer of at least 0"),
        ("seed = 3", 'seed = 3\noutputs = ["nobody"]', "network.outputs: must be names of populations"),
        ("shape = [3]", "shape = [0]", r"population\[1\].shape: must be a list of integers"),
        ("shape = [4]", "shape = [65536, 32768]", r"population\[0\].shape: makes 2,147,483,648 sources in all"),
        ("shape = [4]", "shape = [2147483645]", r"population\[1\].shape: makes 2,147,483,648 sources in all; at most"),
        ("shape = [3]", "", r"population\[1\].shape: this key is missing"),
        ('name = "out"', 'name = "in"', "the name 'in' is used more than once"),
        ('model = "input"', 'model = "LIFF"', r"population\[0\].model: 'LIFF' is not one of"),
        ('to = "out"', 'to = "nowhere"', r"connection\[0\].to: 'nowhere' is not one of in, out"),
        ('to = "out"', 'to = "in"', r"connection\[0\].to: synapses cannot lead to an input"),
        ('topology = "dense"', 'topology = "full"', "'full' is not one of dense, conv"),
        ('topology = "dense"', 'topology = "one-to-one"', "one-to-one needs equal sizes"),
        ('topology = "dense"', 'topology = "random"\nsynapses = 13', "only 12 pairs"),
        ('topology = "dense"', 'topology = "conv"\nkernel = [1, 9]', "does not fit into"),
        ('topology = "dense"', 'topology = "conv"\nkernel = [1, 3]', "gives 1 x 2 outputs"),
        ("value = 0.5", "value = inf", "weights.value: must be a finite number"),
        ("value = 0.5", 'value = "a"', "weights.value: must be a finite number"),
        ("value = 0.5", "value = 1e31", r"weights.value: weights are numbers up to 1e\+30"),
        (
            "[network]",
            "[stimulus]\nrate_hz = 1\nspread = 11\nsteps = 3\nsamples = 1\n[network]",
            "spread: is the sigma",
        ),
        ("value = 0.5", "low = 0.5", "weights.value: this key is missing"),
        ("v_reset = 0.0", "v_rest = 0.0", "neuron.parameters.v_reset: this key is missing"),
        ("v_reset = 0.0", "v_reset = 0.0, tau = 1.0", "neuron.parameters.tau: this key is not known"),
        ("[network]", "[dynamics]\nreset = 'both'\n[network]", "dynamics.reset: 'both' is not one of value"),
        ("[network]", "[stimulus]\nsteps = 3\n[network]", "stimulus.rate_hz: this key is missing"),
        ("[network]", "[paper]\nneurons = 3\n[network]", "paper.synapses: this key is missing"),
        ("[network]", "extra = 1\n[network]", "extra: this key is not known here"),
        ("[[population]]", "[[population]", "not a TOML file"),
    ],
)
def test_wrong_keys_are_refused_with_file_key_and_reason(tmp_path, old, new, message):
    path = written(tmp_path, DENSE.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        build_recipe(read_workload_file(path))
    assert "net.toml" in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_files_give_one_error_or_parse(data, tmp_path_factory):
    content = bytearray((HEAD + DENSE).encode())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("toml") / "net.toml"
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), at]))])
    message = error_of(lambda: build_recipe(read_workload_file(path)))
    assert message is None or str(path) in message


def test_missing_file_is_one_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_workload_file(tmp_path / "none.toml")


def test_sizes_are_counted_without_building(tmp_path):
    recipe = read_workload_file(written(tmp_path, DENSE)).network
    assert isinstance(recipe, Recipe)
    assert (recipe.inputs, recipe.neurons, recipe.synapses) == (4, 3, 12)


def test_outputs_default_to_populations_that_send_nowhere(tmp_path):
    loop = '[[connection]]\nfrom = "out"\nto = "out"\ntopology = "random"\nsynapses = 6\n'
    weights = 'weights = { distribution = "constant", value = 1.0 }\n'
    assert build(tmp_path, DENSE + loop + weights).network.outputs == (1,)
    circle = DENSE + (
        '[[population]]\nname = "b"\nshape = [3]\n'
        + "".join(
            f'[[connection]]\nfrom = "{a}"\nto = "{b}"\ntopology = "one-to-one"\n{weights}'
            for a, b in (("out", "b"), ("b", "out"))
        )
    )
    with pytest.raises(InputError, match=r"network\.outputs: this key is missing"):
        build(tmp_path, circle)


def test_neurons_with_a_reset_of_their_own_are_built_and_run(tmp_path):
    own = 'model = "Leaky"\nparameters = { beta = 1.0, gain = 1.0, v_threshold = 1.0, reset = 2 }'
    text = DENSE.replace(NEURON, f"[stimulus]\nrate_hz = 900\nsamples = 1\nsteps = 20\n[neuron]\n{own}\n")
    graph = snnmap.profile(written(tmp_path, text))
    assert graph.network.populations[1].parameters["reset"].tolist() == [2.0] * 3
    assert graph.spikes[4:].sum() > 20
    with pytest.raises(InputError, match=r"parameter reset of a Leaky population must lie in 0\.\.4"):
        snnmap.profile(written(tmp_path, text.replace("reset = 2", "reset = 7")))
