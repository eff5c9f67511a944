"""`mac` on one chip: training sees what the emulator computes there, and makes up for that chip alone."""

import numpy as np
import pytest
from support import training

torch = pytest.importorskip("torch")

import snnmap  # noqa: E402
from snnmap.core.errors import InputError  # noqa: E402
from snnmap.frontend import load_network  # noqa: E402
from snnmap.hardware.targets.brainscales2 import load_target  # noqa: E402
from snnmap.simulate.mac.layers import layers_of  # noqa: E402
from snnmap.simulate.mac.run import Spreads, drawn_chip, run, sends_of  # noqa: E402
from snnmap.train import mac, net  # noqa: E402
from snnmap.train.recipe import read_recipe  # noqa: E402

CHIP = """
start = "net.npz"

[method.chip]
seed = 7
gain_spread = 0.2
offset_spread = 8.0
synapse_spread = 0.3

[training]"""
SPREADS = {"gain_spread": 0.2, "offset_spread": 8.0, "synapse_spread": 0.3}
WIDE = {  # 144 inputs and 300 outputs are four blocks, 300 inputs are three
    "input = [1, 8, 8]": "input = [1, 12, 12]",
    'kind = "conv"\nchannels = 4\nkernel = [3, 3]\nstride = [2, 2]': 'kind = "dense"\nneurons = 300',
    "num_sends = 20": "num_sends = 8",
    "num_sends = 6": "num_sends = 1",
}


def begun(folder, **changes):
    """A trained network, and the recipe that goes on with it on a chip."""
    data = training.samples() if "input = [1, 8, 8]" not in changes else wide_samples()
    images, labels = data
    path = training.recipe(folder, "plain", text=training.MAC, **changes)
    snnmap.train_network(path, folder / "net.npz", snnmap.TrainOptions(data=images, labels=labels, epochs=2))
    return training.recipe(folder, "chip", text=training.MAC, **changes, **{"[training]": CHIP}), images, labels


def wide_samples():
    rng = np.random.default_rng(5)
    return rng.random((240, 1, 12, 12)).astype(np.float32), rng.integers(0, 3, 240)


PADDED = {"stride = [2, 2]": "stride = [2, 2]\npadding = [1, 1]"}


@pytest.mark.parametrize("changes", [{}, PADDED, WIDE], ids=["convolution", "padded", "blocks"])
def test_training_sees_what_the_emulator_computes(tmp_path, changes):
    path, _, _ = begun(tmp_path, **changes)
    recipe = read_recipe(path)
    state = net.begun(recipe, 0)
    rng = np.random.default_rng(1)
    whole = []
    with torch.no_grad():
        for latent in state.trained.values():  # other weights than at the start
            latent.add_(torch.from_numpy(rng.normal(0, 0.2, latent.shape).astype(np.float32)))
            whole.append(recipe.method.weight(latent)[0].numpy())
    target, network = load_target("brainscales2"), load_network(tmp_path / "net.npz").network
    layers = layers_of(network, target.largest_weight)
    for k, layer in enumerate(layers):  # their places with the new weights
        layer.matrix[:] = whole[k].reshape(layer.matrix.shape[::-1]).T
    chip = drawn_chip(target, Spreads(**{k.removesuffix("_spread"): v for k, v in SPREADS.items()}, noise=0.0), 7)
    inputs = rng.integers(0, 32, (20, *recipe.input))
    sends = tuple(sends_of(layer, target) for layer in layers)
    wanted = run(layers, sends, inputs.reshape(20, -1).astype(np.float64), chip).results
    given = torch.tensor(inputs[None].astype(np.float32))
    found = net.run(recipe, state, given, (1.0, 1.0), None, None)
    np.testing.assert_array_equal(found.counts.detach().numpy(), wanted)
    assert len(np.unique(wanted)) > 10


def test_it_begins_with_the_network_and_gradients_are_those_of_the_chips_synapses(tmp_path):
    path, _, _ = begun(tmp_path)
    recipe = read_recipe(path)
    state = net.begun(recipe, 3)
    layers = layers_of(load_network(tmp_path / "net.npz").network, 63)
    for k, layer in enumerate(layers):
        whole = recipe.method.weight(state.trained[f"weight{k}"])[0]
        np.testing.assert_array_equal(whole.detach().numpy().reshape(layer.matrix.shape[::-1]).T, layer.matrix)
    sent = torch.ones((1, 36))
    latent = state.trained["weight1"]
    found = recipe.method.sums(recipe.layers[1], 1, sent, (latent, {}), None)
    found[0, 2].backward()
    pattern, weight = recipe.method.chip.pattern, layers[1].matrix[:, 2]
    synapse = np.where(weight < 0, pattern.synapse[0, 1, :36, 2], pattern.synapse[0, 0, :36, 2])
    wanted = mac.UNIT * 6 * 0.002 * (1 + pattern.gain[0, 2]) * (1 + synapse)
    np.testing.assert_allclose(latent.grad[2].numpy(), wanted, rtol=1e-5)
    assert not latent.grad[:2].any()


def test_noise_is_that_of_every_block(tmp_path):
    path, _, _ = begun(tmp_path, **WIDE)
    recipe = read_recipe(path)
    state = net.begun(recipe, 0)
    sent = torch.full((4000, 300), 1.0)
    sums = [
        recipe.method.sums(recipe.layers[1], 1, sent, (state.trained["weight1"], {}), rng).detach().numpy()
        for rng in (np.random.default_rng(2), None)
    ]
    inner = np.all(np.abs(sums[0]) < 120, axis=0)
    assert inner.any()
    assert sums[0][:, inner].std(axis=0) == pytest.approx(np.sqrt(3 * (2.0**2 + 1 / 12)), rel=0.05)
    assert not sums[1].std(axis=0).any()


def test_it_makes_up_for_one_chip_and_says_where_it_came_from(tmp_path):
    path, images, labels = begun(tmp_path, **{"shift = 1": "shift = 0"})

    def right(name, seed):
        options = snnmap.MacOptions(devices=1, seed=seed, **SPREADS)
        return snnmap.mac_accuracy(tmp_path / name, options=options, data=images, labels=labels).accuracy.mean

    made = snnmap.train_network(path, tmp_path / "tuned.npz", snnmap.TrainOptions(data=images, labels=labels, epochs=6))
    assert right("tuned.npz", 7) > right("net.npz", 7) + 0.05
    assert right("tuned.npz", 7) > right("tuned.npz", 8)
    assert made.read.training["start_digest"] == load_network(tmp_path / "net.npz").digest
    first = (tmp_path / "tuned.npz").read_bytes()
    snnmap.train_network(path, tmp_path / "again.npz", snnmap.TrainOptions(data=images, labels=labels, epochs=6))
    assert (tmp_path / "again.npz").read_bytes() == first


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({'start = "net.npz"\n': ""}, "start: and a .method.chip. belong together"),
        ({"[method.chip]\nseed = 7": "[nothing]\nseed = 7"}, "belong together"),
        ({"seed = 7\n": ""}, "method.chip.seed: this key is missing"),
        ({"seed = 7": "seed = 7\nnoise = 2.0"}, "method.chip.noise: this key is not known"),
        ({"gain_spread = 0.2": "gain_spread = -1.0"}, "method.chip.gain_spread: must be a finite number of at least 0"),
        ({"seed = 7": 'seed = 7\nmachine = "ipu-gc200"'}, "is no machine for integer networks"),
        ({"net.npz": "nett.npz"}, "nett.npz"),
        ({"num_sends = 6": "num_sends = 6\nnoise = 4.0"}, r"noise: every block has that of \[method\] on a chip"),
        ({'name = "mac"': 'name = "mac"\nbits = 5'}, "bits: 5 is not the 6 of"),
        ({'name = "mac"': 'name = "mac"\ngain = 0.004'}, "gain: 0.004 is not the 0.002 of"),
        ({"neurons = 3": "neurons = 4"}, None),
    ],
)
def test_what_does_not_fit_is_refused_by_key(tmp_path, changes, said):
    path, images, labels = begun(tmp_path)
    text = path.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    said = said or "of the network to start from has 36 inputs and 3 outputs, the recipe 36 and 4"
    with pytest.raises(InputError, match=said):
        snnmap.train_network(path, tmp_path / "x.npz", snnmap.TrainOptions(data=images, labels=labels))
    assert not (tmp_path / "x.npz").exists()
