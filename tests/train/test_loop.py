"""Training itself, with torch: the same bytes after any stop, slopes as stated, and the network that was seen.

Run by `nox -s train`; skipped without torch.
"""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from support import training

torch = pytest.importorskip("torch")

import snnmap  # noqa: E402
from snnmap.core.errors import InputError  # noqa: E402
from snnmap.ir.integers import foreign  # noqa: E402
from snnmap.train import loop, net, run  # noqa: E402
from snnmap.train.quantised import Quantised, best_step  # noqa: E402
from snnmap.train.recipe import Pace, read_recipe  # noqa: E402
from snnmap.train.stimuli import read_stimuli  # noqa: E402
from snnmap.train.surrogate import Gradient, spike_function  # noqa: E402


def trained(folder, name="net", path=None, **options):
    """What training the small recipe comes to."""
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, **options)
    return snnmap.train_network(path or training.recipe(folder), folder / f"{name}.npz", wanted)


def test_a_network_learns_and_is_what_was_seen(tmp_path):
    """The executor answers, sample by sample, as torch did after the last epoch."""
    told = []
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, epochs=6)
    path = training.recipe(tmp_path)
    made = snnmap.train_network(path, tmp_path / "net.npz", wanted, tell=lambda n, e: told.append((n, e)))
    assert [n for n, _ in told] == list(range(1, 7))
    assert tuple(e for _, e in told) == made.epochs
    assert made.epochs[-1].loss < made.epochs[0].loss
    assert made.epochs[-1].held_out > 0.9
    network = made.read.network
    heard = ~network.is_bias()[np.repeat(np.arange(network.sources), np.diff(network.indptr))]
    assert not np.any(foreign(network.integers()[heard], 15))
    graph = snnmap.profile(tmp_path / "net.npz", data=images[200:], labels=labels[200:])
    assert graph.accuracy == made.epochs[-1].held_out
    assert snnmap.load_network(tmp_path / "net.npz").training["recipe"] == path.read_text()
    assert list(tmp_path.glob("*.checkpoint.npz")) == []


NEURONS = {
    "IF, subtract": '[neuron]\nmodel = "IF"\n',
    "IF, zero": '[neuron]\nmodel = "IF"\nreset = "zero"\n',
    "Leaky, subtract": '[neuron]\nmodel = "Leaky"\nbeta = 0.9\n',
    "Leaky, zero": '[neuron]\nmodel = "Leaky"\nbeta = 0.5\nreset = "zero"\n',
}
DENSE = '[[layer]]\nkind = "dense"'
METHODS = {
    "4 bits": '[method]\nname = "quantised"\nbits = 4\n',
    "1 bit per channel": '[method]\nname = "quantised"\nbits = 1\nscale = "channel"\n',
    "annealed": '[method]\nname = "quantised"\nbits = 2\nthreshold_annealing = { alpha = 0.1, final = [1.2, 0.5] }\n',
    "numbers": '[method]\nname = "surrogate"\ngradient = "arctan"\n',
}


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("between", ["normalised", "plain", "averaged"])
def test_every_neuron_spikes_as_in_training(tmp_path, neuron, method, between):
    """All spikes of the folded network against torch's forward pass; what differs at all must be a tie."""
    path = training.recipe(tmp_path, neuron=NEURONS[neuron], method=METHODS[method])
    if between == "plain":
        path.write_text(path.read_text().replace("batch_norm = true", ""))
    if between == "averaged":  # and normalised
        path.write_text(path.read_text().replace(DENSE, '[[layer]]\nkind = "pool"\nkernel = [1, 3]\n\n' + DENSE))
    read = read_recipe(path)
    images, labels = training.samples(60)
    stimuli = read_stimuli(read, images, labels, None, None)
    work = loop.Work(read, stimuli, identity(read, stimuli), tmp_path / "c.npz", 1e9, None, None, None)
    state = scattered(read)
    seen = []
    step = spike_function(Gradient("straight-through"))

    def watched(u):
        spikes = step(u)
        seen.append((spikes.numpy().reshape(len(u), -1), np.abs(u.numpy()).reshape(len(u), -1)))
        return spikes

    thresholds = loop.thresholds_at(read, work.batches * 3)
    with torch.no_grad():
        net.run(read, state, torch.from_numpy(stimuli.batch(np.arange(60))), thresholds, watched, None)
    graph = snnmap.profile(run.network_of(read, run._layers(read, state, work), {}), data=images)
    events, network = graph.events, graph.network
    mine = np.zeros((graph.steps, 60, network.sources))
    mine[events.step, events.frame_of_event(), events.source] = events.value
    theirs = np.stack([np.concatenate([seen[t][0], seen[4 + t][0]], 1) for t in range(4)])
    margin = np.stack([np.concatenate([seen[t][1], seen[4 + t][1]], 1) for t in range(4)])
    first = network.populations[1 if network.populations[1].kind == "neuron" else 2].first
    differs = mine[:, :, first:] != theirs
    assert 300 < theirs.sum() < 0.9 * theirs.size
    assert margin[differs].max(initial=0.0) < 1e-5


def scattered(read):
    """A state as training could leave it, a third of the gains negative."""
    rng = np.random.default_rng(4)
    state = net.begun(read, 4)
    drawn = {"weight": (0.3, 1.0), "gain": (0.6, 0.6), "offset": (0.6, 0.3), "bias": (0.6, 0.3), "mean": (0.0, 3.0)}
    with torch.no_grad():
        for name, tensor in (*state.trained.items(), *state.running.items()):
            if name[:-1] == "variance":
                tensor.copy_(torch.tensor(rng.uniform(0.5, 20.0, tensor.shape)))
            else:
                tensor.copy_(torch.tensor(rng.normal(*drawn[name[:-1]], tensor.shape)))
    return state


def identity(read, stimuli, epochs=3):
    return loop.Identity(read.digest, stimuli.digest, 0, epochs)


@pytest.mark.parametrize("text", [training.RECIPE, training.SOFT], ids=["quantised", "soft_lif"])
def test_seeds_and_resumes_give_the_same_bytes(tmp_path, text):
    """Stopped after every few batches, again and again, against one run; another seed gives another network."""
    whole = tmp_path / "net.npz"
    path = training.recipe(tmp_path, text=text)
    trained(tmp_path, path=path)
    expected = whole.read_bytes()
    trained(tmp_path, "other", path=path, seed=1)
    assert (tmp_path / "other.npz").read_bytes() != expected

    class Stopped(Exception):
        """As a kill would."""

    def after(count):
        done = []

        def progress(*_):
            done.append(1)
            if len(done) == count:
                raise Stopped

        return progress

    images, labels = training.samples()
    stops = 0
    for count in (1, 4, 7, 9, 13, 99):
        wanted = snnmap.TrainOptions(data=images, labels=labels, resume=True, checkpoint_every=0.0)
        try:
            snnmap.train_network(tmp_path / "small.toml", tmp_path / "again.npz", wanted, progress=after(count))
        except Stopped:
            stops += 1
    assert stops == 5
    assert (tmp_path / "again.npz").read_bytes() == expected


def test_a_killed_command_goes_on_to_the_same_bytes(tmp_path):
    """SIGKILL at random moments once a checkpoint is there; then SIGINT, which says one line and keeps it."""
    data = training.saved(tmp_path)
    path = training.recipe(tmp_path, epochs="epochs = 40")
    command = [sys.executable, "-m", "snnmap", "train", str(path), "--data", str(data), "--quiet", "-o"]
    subprocess.run([*command, "whole.npz"], cwd=tmp_path, check=True)
    place = tmp_path / "net.checkpoint.npz"
    again = [*command, "net.npz", "--resume", "--checkpoint-every", "1ms"]
    ends = []
    for stop in (signal.SIGKILL, signal.SIGINT):
        before = place.stat().st_mtime_ns if place.exists() else 0
        with subprocess.Popen(again, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and (not place.exists() or place.stat().st_mtime_ns == before):
                time.sleep(0.005)
            time.sleep(0.03)
            process.send_signal(stop)
            said = process.communicate()[1]
            ends.append((process.returncode, said.strip()))
    assert ends == [(-9, ""), (130, "snnmap: stopped; no file is half-written")]
    assert place.exists()
    assert not (tmp_path / "net.npz").exists()
    subprocess.run(again, cwd=tmp_path, check=True)
    assert (tmp_path / "net.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert not place.exists()


def test_an_unfinished_training_is_neither_lost_nor_mixed_up(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, checkpoint_every=0.0)
    path, output = training.recipe(tmp_path), tmp_path / "net.npz"
    with pytest.raises(KeyboardInterrupt):
        snnmap.train_network(path, output, wanted, tell=stop)
    with pytest.raises(InputError, match="was begun already; go on with --resume, or remove the file"):
        snnmap.train_network(path, output, wanted)
    other = training.recipe(tmp_path, "other", **{"slope = 2.0": "slope = 3.0"})
    resumed = snnmap.TrainOptions(data=images, labels=labels, resume=True)
    with pytest.raises(InputError, match=r"net\.checkpoint\.npz: is of another recipe \(SHA-256"):
        snnmap.train_network(other, output, resumed)
    with pytest.raises(InputError, match="other data"):
        snnmap.train_network(path, output, snnmap.TrainOptions(data=images, labels=1 * (labels > 1), resume=True))
    snnmap.train_network(path, output, resumed)
    assert output.exists()


@pytest.mark.parametrize(
    ("gradient", "slope"),
    [
        (Gradient("fast-sigmoid", 25.0), lambda u: 1 / (1 + 25 * abs(u)) ** 2),
        (Gradient("arctan", 2.0), lambda u: 1 / (1 + (np.pi * u) ** 2)),
        (Gradient("straight-through"), lambda u: 1.0 + 0 * u),
    ],
)
def test_spikes_have_the_slope_that_is_stated(gradient, slope):
    u = torch.linspace(-1.5, 1.5, 31, dtype=torch.float64, requires_grad=True)
    spikes = spike_function(gradient)(u)
    np.testing.assert_array_equal(spikes.detach().numpy(), u.detach().numpy() > 0)
    (2 * spikes).sum().backward()
    np.testing.assert_allclose(u.grad.numpy(), 2 * slope(u.detach().numpy()), rtol=1e-12)


@pytest.mark.parametrize("levels", [2, 3, 15, 255])
@pytest.mark.parametrize("per_channel", [True, False])
def test_weights_are_levels_that_move_as_their_latent_numbers(levels, per_channel):
    rng = np.random.default_rng(levels)
    latent = torch.tensor(rng.normal(size=(6, 500)) * np.arange(1, 7)[:, None], requires_grad=True)
    weight, scale = Quantised(Gradient("arctan"), levels, per_channel).weight(latent)
    whole = weight.detach().numpy()
    assert not np.any(foreign(whole, levels))
    power = np.mean(latent.detach().numpy() ** 2, axis=1 if per_channel else None)
    np.testing.assert_allclose(scale.numpy(), np.sqrt(power) * best_step(levels), rtol=1e-12)
    scales = np.broadcast_to(scale.numpy()[:, None], (6 if per_channel else 1, 1))
    ratio = latent.detach().numpy() / scales
    most = levels - 1 if levels % 2 == 0 else levels // 2
    inside = np.abs(ratio) < most
    assert np.abs(whole - ratio)[inside].max() <= (1.0 if levels == 2 else 0.5) + 1e-9
    weight.sum().backward()
    gradient = latent.grad.numpy() * scales
    np.testing.assert_allclose(gradient[inside], 1.0)
    assert np.all(gradient[np.abs(ratio) > 2.5 * most + 1] == 0.0)


def test_the_best_step_is_that_of_the_tables():
    """Max 1960, table I: 1.596 between two levels, 1.224 between three; and one bit is the mean magnitude."""
    assert 2 * best_step(2) == pytest.approx(1.596, abs=0.01)
    assert best_step(3) == pytest.approx(1.224, abs=0.01)


@pytest.mark.parametrize(
    ("schedule", "restart", "expected"),
    [
        ("constant", None, [1, 1, 1, 1, 1, 1, 1, 1]),
        ("cosine", None, [1, 0.9619, 0.8536, 0.6913, 0.5, 0.3087, 0.1464, 0.0381]),
        ("cosine", 1.0, [1, 0.8536, 0.5, 0.1464, 1, 0.8536, 0.5, 0.1464]),
        ("cosine", 0.5, [1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5]),
    ],
)
def test_rates_fall_along_a_cosine_and_are_boosted(schedule, restart, expected):
    pace = Pace(2, 20, 0.5, schedule, restart, "count", 1.0, 0)
    rates = [loop.rate_at(pace, n, 4, 2) / 0.5 for n in range(8)]
    np.testing.assert_allclose(rates, expected, atol=5e-5)


def test_a_loss_that_is_no_number_stops_with_the_remedy(tmp_path):
    path = training.recipe(
        tmp_path, method='[method]\nname = "surrogate"\n', **{"learning_rate = 0.01": "learning_rate = 1e37"}
    )
    path.write_text(
        path.read_text().replace("batch_norm = true", "").replace("held_out", 'loss = "membrane"\nheld_out')
    )
    with pytest.raises(InputError, match=r"the loss is (nan|inf) after \d+ batches; lower learning_rate"):
        trained(tmp_path, path=path)
