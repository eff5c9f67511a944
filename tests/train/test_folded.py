"""What was trained is folded exactly: against a convolutional network in single precision that shares no code."""

import msgspec
import numpy as np
import pytest
from oracles import float_conv
from support import training

import snnmap
from snnmap.core.errors import InputError
from snnmap.ir.integers import foreign
from snnmap.train.checkpoint import Checkpoint, Identity, read_checkpoint, save_checkpoint
from snnmap.train.folded import Affine, network_of
from snnmap.train.recipe import read_recipe

STEPS = 4


def affine(layer):
    """What training would hand over for a layer of the oracle."""
    gain, offset, mean, variance = layer.statistics
    factor = gain / np.sqrt(variance + float_conv.EPSILON)
    return Affine(layer.whole, factor, offset / factor - mean, layer.threshold)


def layers(levels, seed):
    """Two layers with negative gains, some of whose constants take several rows."""
    rng = np.random.default_rng(seed)
    most = levels // 2 if levels % 2 else levels - 1
    made = []
    for shape in ((4, 1, 3, 3), (3, 36)):
        whole = rng.integers(-most, most + 1, shape)
        whole = 2 * (whole // 2) + 1 if levels % 2 == 0 else whole
        size = shape[0]
        statistics = np.stack([
            rng.uniform(0.5, 1.5, size) * rng.choice([-1, 1], size), rng.uniform(0.0, 0.8, size),
            rng.normal(0, 0.3 * most, size), rng.uniform(0.5, 2.0, size) * most**2,
        ])  # fmt: skip
        made.append(
            float_conv.Layer(whole, np.ones(size), np.zeros(size), statistics, 2, 0, 1.0, rng.uniform(0.5, 1.5))
        )
    return made


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("seed", range(3))
def test_spikes_are_those_of_the_original(tmp_path, bits, seed):
    read = read_recipe(training.recipe(tmp_path, **{"bits = 4": f"bits = {bits}"}))
    made = layers(read.method.levels, seed)
    folded = network_of(read, [affine(layer) for layer in made], {})
    images = (training.samples(50, seed)[0] / 255).astype(np.float32)
    graph = snnmap.profile(folded, data=images)
    held = np.broadcast_to(images[:, None, None], (50, STEPS, 1, 8, 8))
    expected, _ = float_conv.run(made, held)
    events, network = graph.events, graph.network
    mine = np.zeros((50, STEPS, network.sources), bool)
    mine[events.frame_of_event(), events.step, events.source] = True
    for name, theirs in zip(("conv1", "dense2"), expected, strict=True):
        p = next(p for p in network.populations if p.name == name)
        assert p.levels == read.method.levels
        assert 20 < theirs.sum() < 0.9 * theirs.size
        assert np.count_nonzero(mine[:, :, p.first : p.stop] != theirs) == 0
    heard = ~network.is_bias()[np.repeat(np.arange(network.sources), np.diff(network.indptr))]
    assert not np.any(foreign(network.integers()[heard], read.method.levels))
    assert (graph.dynamics.reset, graph.dynamics.comparison, graph.steps) == ("subtract", ">", STEPS)


@pytest.mark.parametrize(("reset", "code"), [("subtract", 1.0), ("zero", 4.0)])
def test_leaky_neurons_are_those_of_snntorch(tmp_path, reset, code):
    neuron = f'[neuron]\nmodel = "Leaky"\nbeta = 0.9\nreset = "{reset}"\nthreshold = 1.5\n'
    read = read_recipe(training.recipe(tmp_path, neuron=neuron))
    given = [
        Affine(np.ones(layer.weights), np.full(layer.shape[0], -2.0), np.zeros(layer.shape[0]), 1.5)
        for layer in read.layers
    ]
    network = network_of(read, given, {}).network
    p = next(p for p in network.populations if p.name == "dense2")
    assert p.model == "Leaky"
    assert {key: values[0] for key, values in p.parameters.items()} == {
        "beta": 0.9, "gain": 1.0, "v_threshold": 0.75, "reset": code,
    }  # fmt: skip
    assert set(network.weight.tolist()) == {-1.0}


def test_a_network_remembers_what_trained_it(tmp_path):
    read = read_recipe(training.recipe(tmp_path))
    training_of = {"recipe": read.text, "recipe_sha256": read.digest, "seed": 3, "epochs": 2, "samples": 60}
    made = network_of(read, [affine(layer) for layer in layers(15, 0)], training_of)
    path = tmp_path / "net.npz"
    snnmap.save_network(made, path)
    again = snnmap.load_network(path)
    assert dict(again.training) == training_of
    assert again.network.digest() == made.network.digest()
    graph = snnmap.profile(path, data=training.samples(10)[0])
    sentence = f"trained by the recipe of SHA-256 {read.digest}, seed 3, 2 epochs of 60 samples"
    assert graph.provenance.origin == again.trained_by == sentence
    assert snnmap.load_network("mnist-mlp").trained_by == ""


IDENTITY = Identity("a" * 64, "b" * 64, 1, 2)


def test_a_checkpoint_is_read_back(tmp_path):
    path = tmp_path / "net.checkpoint.npz"
    save_checkpoint(Checkpoint(IDENTITY, "2.13", 7, arrays={"weight0": np.ones((2, 3), np.float32)}), path)
    again = read_checkpoint(path, IDENTITY)
    assert (again.iteration, again.torch, again.identity) == (7, "2.13", IDENTITY)
    np.testing.assert_array_equal(again.arrays["weight0"], np.ones((2, 3)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recipe": "c" * 64}, r"another recipe \(SHA-256 aaaaaaaaaaaa\.\.\., this one has cccccccccccc\.\.\.\)"),
        ({"data": "c" * 64}, "other data"),
        ({"seed": 5}, "the seed 1, not 5"),
        ({"epochs": 9}, "2 epochs, not 9"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, change, said):
    path = tmp_path / "net.checkpoint.npz"
    save_checkpoint(Checkpoint(IDENTITY, "2.13"), path)
    with pytest.raises(InputError, match=said):
        read_checkpoint(path, msgspec.structs.replace(IDENTITY, **change))


@pytest.mark.parametrize("cut", [0, 40, -30])
def test_a_damaged_checkpoint_is_one_line(tmp_path, cut):
    path = tmp_path / "net.checkpoint.npz"
    save_checkpoint(Checkpoint(IDENTITY, "2.13"), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match="to start anew"):
        read_checkpoint(path, IDENTITY)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(InputError, match=r"not a usable checkpoint.*remove it to start anew"):
        read_checkpoint(path, IDENTITY)
