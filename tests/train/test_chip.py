"""Training in the cells of one chip: its forward pass is the chip's, the network lands on just these cells."""

from dataclasses import replace

import numpy as np
import pytest
from support import training

torch = pytest.importorskip("torch")

import snnmap  # noqa: E402
from snnmap.analysis.view import View  # noqa: E402
from snnmap.core.errors import InputError  # noqa: E402
from snnmap.pipeline.drawn import DrawnChips  # noqa: E402
from snnmap.pipeline.reopen import reopen  # noqa: E402
from snnmap.train import chip as chip_method  # noqa: E402
from snnmap.train import loop, net  # noqa: E402
from snnmap.train.recipe import read_recipe  # noqa: E402
from snnmap.train.stimuli import read_stimuli  # noqa: E402
from snnmap.train.surrogate import spike_function  # noqa: E402

RECIPE = """
summary = "on one chip"

[method]
name = "chip"
mapping = "base.json"
chip = "chip.npz"
noise = 0.02
gradient = "fast-sigmoid"
slope = 2.0

[training]
epochs = 6
batch = 20
learning_rate = 0.2
held_out = 40
"""
METHODS = {
    "pairs of states": ('name = "quantised"\nbits = 4\n', "pcm-pair-columns"),
    "beside a reference": ('name = "quantised"\nbits = 1\n', "oxram-one-bit"),
    "numbers": ('name = "surrogate"\n', "pcm-mesh"),
}
SMALL = ":rows=16,columns=8"
HARM = {"stuck_on": 0.04, "stuck_off": 0.08, "gain_spread": 0.1}


def prepared(folder, kind="pairs of states", seed=1, **harm):
    """A trained network, its mapping and a chip, as files of `folder`, and the recipe."""
    method, hardware = METHODS[kind]
    images, labels = training.samples()
    data = snnmap.TrainOptions(data=images, labels=labels)
    path = training.recipe(folder, "plain", method=f"[method]\n{method}gradient = 'fast-sigmoid'\nslope = 2.0\n\n")
    snnmap.train_network(path, folder / "base.npz", data)
    np.savez(folder / "data.npz", data=images[:60], labels=labels[:60])
    options = snnmap.CompileOptions(hardware=hardware + SMALL)
    load = snnmap.LoadOptions(data=folder / "data.npz")
    snnmap.save(snnmap.compile(folder / "base.npz", options, load=load).mapping, folder / "base.json")
    drawn(folder, seed, **(harm or HARM))
    (folder / "recipe.toml").write_text(RECIPE)
    return folder / "recipe.toml"


def drawn(folder, seed, name="chip.npz", **harm):
    snnmap.save_chip(snnmap.draw_chip(str(folder / "base.json"), seed, **harm), folder / name)


@pytest.fixture(scope="module", params=METHODS)
def ready(request, tmp_path_factory):
    return request.param, prepared(tmp_path_factory.mktemp("ready"), request.param)


def moved(read, seed=3):
    """The state of a training, with weights that it could come to, and the network written of it."""
    state = net.begun(read, 0)
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, latent in state.trained.items():
            part = read.method.parts[int(name.removeprefix("weight"))]
            size = 3.0 if part.levels else 0.3 * part.full
            latent.add_(torch.from_numpy(rng.normal(0, size, latent.shape).astype(np.float32)))
    weights = [net.affine(read, state, k)[0].detach().numpy() for k in range(len(read.layers))]
    return state, read.method.network(weights, "moved", {})


def on_cells(folder, network):
    """File of the mapping of a network on the cells of the base."""
    snnmap.save_network(network, folder / "moved.npz")
    load = snnmap.LoadOptions(data=folder / "data.npz")
    compiled = snnmap.compile(folder / "moved.npz", like=folder / "base.json", load=load)
    assert snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    snnmap.save(compiled.mapping, folder / "moved.json")
    return folder / "moved.json"


def test_weights_of_the_forward_pass_are_those_that_the_mapped_network_has(ready):
    """Against `effective_weights` of the mapping of that very network, matrix by matrix, biases too."""
    _, path = ready
    read = read_recipe(path)
    state, network = moved(read)
    found = snnmap.effective_weights(
        on_cells(path.parent, network), path.parent / "chip.npz", effects="levels,stuck,off"
    )
    for k, (part, own) in enumerate(zip(read.method.parts, read.method.given.layers, strict=True)):
        weight, _ = read.method.written({}, k, state.trained[f"weight{k}"].detach())
        seen, full = chip_method.held(part, weight)
        names = own.heard.name, own.own.name
        expected = found[names].toarray().T
        assert np.abs(expected - weight.numpy()).max() > 0.3 * full  # the chip is no ideal one
        np.testing.assert_allclose(seen.numpy(), expected, atol=2e-6 * full)
        told = part.constant[0] + part.constant[1] * full
        biases = found.get(("bias", own.own.name))
        its = np.zeros(len(told)) if biases is None else biases.toarray().sum(axis=0)
        np.testing.assert_allclose(told, its, atol=2e-5 * full)


@pytest.mark.parametrize("offsets", [0.0, 0.8])
def test_classes_are_those_of_the_simulated_chip(tmp_path, offsets):
    """Stuck cells, gains and offsets of columns, sample by sample, as `accuracy` runs the mapped network."""
    path = prepared(tmp_path, **HARM, offset_spread=offsets)
    read = read_recipe(path)
    state, network = moved(read)
    stimuli = read_stimuli(read, tmp_path / "data.npz", None, None, None)
    spike = spike_function(read.method.gradient)
    mine = loop.predictions(read, state, stimuli, np.arange(60), 0, spike)
    mapping, graph, hardware = reopen(on_cells(tmp_path, network))
    options = snnmap.AccuracyOptions(effects="stuck,off", devices=1, ages=("1s",), chip=tmp_path / "chip.npz")
    outcome = DrawnChips.of(View(mapping, graph, hardware), graph, options).outcome(0, 1.0)
    assert np.mean(outcome.predictions == graph.predictions) < 0.9
    np.testing.assert_array_equal(mine, outcome.predictions)
    counts = net.run(
        read, state, torch.from_numpy(stimuli.batch(np.arange(60))), loop.thresholds_at(read, 0), spike, None
    ).counts.detach()
    np.testing.assert_array_equal(counts.numpy(), outcome.counts)


def test_gradients_are_those_of_the_programmed_weight(ready):
    """Straight through: of every synapse, stuck or not, and of nothing that is none."""
    _, path = ready
    read = read_recipe(path)
    state = net.begun(read, 0)
    for k, part in enumerate(read.method.parts):
        latent = state.trained[f"weight{k}"]
        heard = torch.from_numpy(np.random.default_rng(k).random((7, latent.shape[1]), np.float32))
        pull = torch.from_numpy(np.random.default_rng(9 + k).normal(size=(7, latent.shape[0])).astype(np.float32))
        (read.method.sums(read.layers[k], k, heard, (latent, {}), None) * pull).sum().backward()
        np.testing.assert_allclose(latent.grad.numpy(), (pull.T @ heard).numpy() * part.mask, rtol=1e-4, atol=1e-5)


def test_noise_is_drawn_anew_for_every_cell_and_no_other(ready):
    _, path = ready
    read = read_recipe(path)
    state, part = net.begun(read, 0), read.method.parts[1]
    latent = state.trained["weight1"].detach()
    heard = torch.eye(latent.shape[1])
    still = read.method.sums(read.layers[1], 1, heard, (latent, {}), None)
    each = [
        (read.method.sums(read.layers[1], 1, heard, (latent, {}), np.random.default_rng(seed)) - still).numpy().T
        for seed in range(200)
    ]
    _, full = chip_method.held(part, latent)
    there = np.array(each)[:, part.mask > 0] / full
    assert np.abs(np.array(each)[:, part.mask == 0]).max(initial=0.0) == 0.0
    assert there.std() == pytest.approx(0.02, rel=0.03)
    assert np.abs(there.mean(axis=0)).max() < 0.01
    same = read.method.sums(read.layers[1], 1, heard, (latent, {}), np.random.default_rng(5)) - still
    np.testing.assert_array_equal(same.numpy().T, each[5])


def test_a_network_learns_its_chip_and_no_other(tmp_path):
    """Accuracy on that chip rises to nearly that of ideal cells; on another it does not rise as much."""
    path = prepared(tmp_path, seed=4, stuck_on=0.1, stuck_off=0.2, gain_spread=0.2)
    drawn(tmp_path, 8, "other.npz", stuck_on=0.1, stuck_off=0.2, gain_spread=0.2)
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels)
    made = snnmap.train_network(path, tmp_path / "learnt.npz", wanted)
    assert made.read.training["chip_sha256"] == read_recipe(path).method.digests[1]
    load = snnmap.LoadOptions(data=tmp_path / "data.npz")
    compiled = snnmap.compile(tmp_path / "learnt.npz", like=tmp_path / "base.json", load=load)
    snnmap.save(compiled.mapping, tmp_path / "learnt.json")

    def right(mapping, chip):
        options = snnmap.AccuracyOptions(effects="stuck,off", devices=1, ages=("1s",), chip=tmp_path / chip)
        return snnmap.accuracy_file(tmp_path / mapping, options).ages[0].each[0]

    before, after = right("base.json", "chip.npz"), right("learnt.json", "chip.npz")
    assert before < 0.9
    assert after > before + 0.1
    assert right("learnt.json", "other.npz") - right("base.json", "other.npz") < (after - before) / 2


def test_what_is_written_is_the_mapped_network_with_other_weights(ready):
    kind, path = ready
    read = read_recipe(path)
    base = read.method.given.read.network
    _, same = moved(read, seed=3)
    weights = [part.start for part in read.method.parts]
    again = read.method.network(weights, "again", {}).network
    assert again.digest() == base.digest()
    biased = base.is_bias()[np.repeat(np.arange(base.sources), np.diff(base.indptr))]
    np.testing.assert_array_equal(same.network.weight[biased], base.weight[biased])
    assert np.mean(same.network.weight[~biased] != base.weight[~biased]) > (0.2 if kind != "numbers" else 0.9)


def test_resumed_trainings_give_the_same_bytes_and_refuse_another_chip(tmp_path):
    path = prepared(tmp_path)
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, checkpoint_every=0.0)
    snnmap.train_network(path, tmp_path / "whole.npz", wanted)
    seen = []

    def stop(*_):
        seen.append(1)
        if len(seen) == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snnmap.train_network(path, tmp_path / "net.npz", wanted, progress=stop)
    resumed = replace(wanted, resume=True)
    kept = (tmp_path / "chip.npz").read_bytes()
    drawn(tmp_path, 2, **HARM)
    with pytest.raises(InputError, match="is of another method: a file that the recipe names has changed"):
        snnmap.train_network(path, tmp_path / "net.npz", resumed)
    (tmp_path / "chip.npz").write_bytes(kept)
    path.write_text(RECIPE.replace("slope = 2.0", "slope = 3.0"))
    with pytest.raises(InputError, match=r"is of another recipe \(SHA-256"):
        snnmap.train_network(path, tmp_path / "net.npz", resumed)
    path.write_text(RECIPE)
    snnmap.train_network(path, tmp_path / "net.npz", resumed)
    assert (tmp_path / "net.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("one"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('chip = "chip.npz"', 'chip = "none.npz"', r"method\.chip: there is no file .*none\.npz"),
        ('mapping = "base.json"', 'mapping = "none.json"', r"method\.mapping: there is no file"),
        ("noise = 0.02", "noise = -1", r"method\.noise: is a share of the largest weight"),
        ("noise = 0.02", "nois = 0.1", r"nois.*noise"),
        (
            "[method]",
            "[network]\nsteps = 4\n\n[method]",
            "network: chip trains the network of its mapping; leave it out",
        ),
        ('chip = "chip.npz"', 'chip = "other.npz"', r"has \d+ x \d+ tiles and the mapping's chip"),
    ],
)
def test_bad_recipes_are_one_line(one, old, new, said):
    snnmap.save_chip(snnmap.draw_chip("pcm-mesh-shared", 1), one.parent / "other.npz")
    path = one.parent / "bad.toml"
    path.write_text(RECIPE.replace(old, new))
    with pytest.raises(InputError, match=said) as error:
        read_recipe(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [("braille-rsnn", "each hears the one before it"), ("mnist-mlp", "does not say how it is fed")],
)
def test_networks_that_cannot_be_trained_so_are_refused(tmp_path, source, said):
    compiled = snnmap.compile(
        source, snnmap.CompileOptions(settings=(("place", "sequential"),)), load=snnmap.LoadOptions(samples=1)
    )
    snnmap.save(compiled.mapping, tmp_path / "base.json")
    drawn(tmp_path, 1)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    with pytest.raises(InputError, match=said):
        read_recipe(tmp_path / "recipe.toml")


def test_memory_is_predicted_before_it_is_taken(one, monkeypatch):
    """64 x 36 and 36 x 3 pairs."""
    monkeypatch.setattr("snnmap.train.memory.available", lambda: 96 * (64 * 36 + 36 * 3) - 1)
    with pytest.raises(InputError, match=r"take about 0\.0 GiB of memory, 0\.0 are free; train a smaller network"):
        read_recipe(one)
    monkeypatch.setattr("snnmap.train.memory.available", lambda: 96 * (64 * 36 + 36 * 3))
    read_recipe(one)


def test_kernels_that_are_held_once_are_neither_trained_nor_given_other_weights(one):
    """Every synapse of such a crossbar shares its cell with others."""
    load = snnmap.LoadOptions(data=one.parent / "data.npz")
    packed = snnmap.compile(one.parent / "base.npz", snnmap.CompileOptions(conv="dense"), load=load)
    assert packed.mapping.clustering.uses is not None
    snnmap.save(packed.mapping, one.parent / "packed.json")
    path = one.parent / "packed.toml"
    path.write_text(RECIPE.replace('"base.json"', '"packed.json"'))
    with pytest.raises(InputError, match=r"hold kernels once .*compile with --conv unrolled"):
        read_recipe(path)
    _, network = moved(read_recipe(one))
    snnmap.save_network(network, one.parent / "apart.npz")
    with pytest.raises(InputError, match="holds weights once that differ in the network"):
        snnmap.compile(one.parent / "apart.npz", like=packed.mapping, load=load)


def test_a_column_adds_its_offset_where_a_row_of_its_crossbar_is_driven(tmp_path):
    """By loops over the mapping's crossbars and the chip file: rows of biases are always driven, others at times."""
    path = prepared(tmp_path, **HARM, offset_spread=0.8)
    read = read_recipe(path)
    mapping, chip = snnmap.load(tmp_path / "base.json"), snnmap.load_chip(tmp_path / "chip.npz")
    state, network = net.begun(read, 0), read.method.given.read.network
    clustering, bias = mapping.clustering, set(np.flatnonzero(network.is_bias()).tolist())
    asleep = 0
    for k, own in enumerate(read.method.given.layers):
        part, latent = read.method.parts[k], state.trained[f"weight{k}"].detach()
        for driven in (None, 0, 3):
            heard = torch.zeros(1, own.heard.size)
            if driven is not None:
                heard[0, driven] = 1.0
            expected = np.zeros(own.own.size)
            for cluster in range(clustering.clusters):
                rows = set(clustering.row_source[clustering.rows_of(cluster)].tolist())
                if not rows & (bias | ({own.heard.first + driven} if driven is not None else set())):
                    asleep += 1
                    continue
                for entry in range(clustering.column_ptr[cluster], clustering.column_ptr[cluster + 1]):
                    neuron = int(clustering.column_neuron[entry]) - own.own.first
                    if 0 <= neuron < own.own.size:
                        tile, column = mapping.placement.tile[cluster], mapping.wiring.column[entry]
                        expected[neuron] += chip.offset[tile, column] * part.full
            sums = read.method.sums(read.layers[k], k, heard, (latent, {}), None)[0].numpy()
            still = part.constant[0] + part.constant[1] * part.full
            still = still + (0 if driven is None else chip_method.held(part, latent)[0][:, driven].numpy())
            np.testing.assert_allclose(sums - still, expected, atol=1e-3)
    assert asleep > 0
