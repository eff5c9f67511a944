"""`soft_lif`: rates are those of the equation, the network that is written spikes as its neurons do, averages too."""

import numpy as np
import pytest
from oracles import soft_lif as oracle
from support import training

import snnmap
from snnmap.core.errors import InputError
from snnmap.train.folded import Affine, network_of
from snnmap.train.memory import needed
from snnmap.train.recipe import Pool, read_recipe
from snnmap.train.soft_lif import SoftLIF, SoftRates
from snnmap.train.stimuli import read_stimuli

DT, TAU, TAU_REF, TAU_ALPHA, GAMMA = 1e-3, 0.02, 0.002, 0.005, 0.03


def soft(folder, **changes):
    """The small recipe of rates."""
    return read_recipe(training.recipe(folder, text=training.SOFT, **changes))


def drawn(recipe, seed=0):
    """Layers as training could leave them, for the oracle; the first one's factor is not 1, some are negative."""
    rng = np.random.default_rng(seed)
    made = []
    for layer in recipe.layers:
        pool = (1, 1) if layer.pool is None else (layer.pool.kernel[0], layer.pool.stride[0])
        weight = (rng.normal(0.1, 1.5, layer.weights) / np.sqrt(np.prod(layer.weights[1:]))).astype(np.float32)
        bias = rng.normal(0.0, layer.neuron.threshold, layer.shape[0]).astype(np.float32)
        made.append(oracle.Layer(weight.astype(float), bias.astype(float), layer.neuron.threshold, pool))
    return made


def written(recipe, layers):
    """The network of such layers; every other output counts in a negative unit, as batch normalisation may leave it."""
    given = []
    for layer in layers:
        factor = np.where(np.arange(len(layer.bias)) % 2, -0.5, 2.0)
        weight = layer.weight / factor.reshape(-1, *(1,) * (layer.weight.ndim - 1))
        given.append(Affine(weight.astype(np.float32), factor, layer.bias / factor, layer.threshold))
    return network_of(recipe, given, {})


def sent(graph):
    """What every neuron sends, (samples, steps, sources)."""
    events = graph.events
    made = np.zeros((graph.frames, graph.steps, graph.network.sources))
    made[events.frame_of_event(), events.step, events.source] = events.value
    return made


def images(count, seed=0):
    return (training.samples(count, seed)[0] / 255).astype(np.float32)


POOLS = {
    "2": ("kernel = [2, 2]", Pool((4, 6, 6), (2, 2), (2, 2))),
    "3 every 2": ("kernel = [3, 3]\nstride = [2, 2]", Pool((4, 6, 6), (3, 3), (2, 2))),
    "3 every 3": ("kernel = [3, 3]", Pool((4, 6, 6), (3, 3), (3, 3))),
}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("tau_alpha", [TAU_ALPHA, None])
def test_the_network_spikes_as_its_neurons_do(tmp_path, pool, tau_alpha):
    said, expected_pool = POOLS[pool]
    changes = {"kernel = [2, 2]": said} | ({} if tau_alpha else {"tau_alpha = 0.005\n": ""})
    recipe = soft(tmp_path, **changes)
    assert [layer.pool for layer in recipe.layers] == [None, expected_pool]
    layers = drawn(recipe)
    graph = snnmap.profile(written(recipe, layers), data=images(6))
    assert (graph.steps, graph.dynamics.integration, graph.dynamics.dt) == (60, "time", DT)
    mine = sent(graph)
    fired = 0
    for k, name in enumerate(("conv1", "dense2")):
        p = next(p for p in graph.network.populations if p.name == name)
        assert p.model == "RefractoryLIF"
        for i, image in enumerate(images(6)):
            spikes, margin = oracle.spikes(layers, image[None], 60, DT, TAU, TAU_REF, tau_alpha)
            differs = mine[i, :, p.first : p.stop] != spikes[k].reshape(60, -1)
            assert margin[k].reshape(60, -1)[differs].max(initial=0.0) < 1e-5
            fired += spikes[k].sum()
    assert fired > 500


@pytest.mark.parametrize("pool", POOLS)
def test_rates_in_training_are_those_of_the_network(tmp_path, pool):
    torch = pytest.importorskip("torch")
    from snnmap.train import net

    recipe = soft(tmp_path, **{"kernel = [2, 2]": POOLS[pool][0]})
    layers = drawn(recipe, 1)
    state = net.begun(recipe, 0)
    with torch.no_grad():
        for k, layer in enumerate(layers):
            state.trained[f"weight{k}"].copy_(torch.from_numpy(layer.weight))
            state.trained[f"bias{k}"].copy_(torch.from_numpy(layer.bias))
    given = images(20, 1)
    thresholds = [layer.threshold for layer in layers]
    answer = net.run(recipe, state, torch.from_numpy(given[None, :, None]), thresholds, None, None)
    expected = [oracle.rates(layers, image[None], DT, TAU, TAU_REF, GAMMA) for image in given]
    last = np.stack([each[-1] for each in expected])
    assert last.min() < 2e-3 < 0.05 < last.max()
    np.testing.assert_allclose(answer.counts.detach().numpy(), 60 * last, rtol=2e-4)
    total = 60 * sum(part.sum() for each in expected for part in each)
    assert float(answer.spikes) == pytest.approx(total, rel=1e-4)
    x = np.stack([oracle.arriving(layers[-1], each[-2]) for each in expected])
    np.testing.assert_allclose(answer.membranes[0].detach().numpy(), x / layers[-1].threshold - 1, rtol=1e-3, atol=1e-4)


def test_rates_and_their_slopes_are_those_of_the_equation():
    torch = pytest.importorskip("torch")
    neuron = SoftLIF(0.5, TAU, TAU_REF, TAU_ALPHA, GAMMA, 10.0)
    x = np.linspace(-8.0, 40.0, 4001)  # z down to -567: exp is still above 0 in the oracle
    current = torch.tensor(x, requires_grad=True)
    ((rates, over),) = neuron.forward([current], 0.5, None, None)
    expected = DT * oracle.rate(x, 0.5, TAU, TAU_REF, GAMMA)
    np.testing.assert_allclose(rates.detach().numpy(), expected, rtol=1e-7)
    np.testing.assert_allclose(over.detach().numpy(), x / 0.5 - 1, rtol=1e-12)
    rates.sum().backward()
    h = 1e-6
    slope = (oracle.rate(x + h, 0.5, TAU, TAU_REF, GAMMA) - oracle.rate(x - h, 0.5, TAU, TAU_REF, GAMMA)) * DT / (2 * h)
    np.testing.assert_allclose(current.grad.numpy(), slope, rtol=1e-4, atol=1e-8)
    far = torch.tensor([-1e6], dtype=torch.float32, requires_grad=True)
    ((rates, _),) = neuron.forward([far], 0.5, None, None)
    rates.sum().backward()
    assert 0 < float(rates.detach()) < 1e-6
    assert np.isfinite(far.grad.numpy()).all()


def test_noise_is_on_all_rates_but_the_last_and_only_in_training(tmp_path):
    torch = pytest.importorskip("torch")
    recipe = soft(tmp_path, **{'name = "soft_lif"': 'name = "soft_lif"\nnoise = 40.0'})
    assert [layer.neuron.noise for layer in recipe.layers] == [40.0, 0.0]
    neuron = recipe.layers[0].neuron
    x = torch.full((200, 100), 0.8)
    ((still, _),) = neuron.forward([x], 0.4, None, None)
    ((noisy, _),) = neuron.forward([x], 0.4, None, np.random.default_rng(1))
    ((again, _),) = neuron.forward([x], 0.4, None, np.random.default_rng(1))
    assert torch.equal(noisy, again)
    added = (noisy - still).numpy()
    assert np.std(added) == pytest.approx(0.04, rel=0.02)  # 20,000 draws: 0.5 % of standard error
    assert abs(np.mean(added)) < 4 * 0.04 / np.sqrt(added.size)
    ((last, _),) = recipe.layers[1].neuron.forward([x], 0.4, None, np.random.default_rng(1))
    assert torch.equal(last, still)


def test_memory_does_not_grow_with_steps_that_are_one(tmp_path):
    data = training.samples(240)
    few, many = soft(tmp_path), soft(tmp_path, **{"steps = 60": "steps = 6000"})
    assert needed(few, read_stimuli(few, *data, None, None)) == needed(many, read_stimuli(many, *data, None, None))
    assert (few.unrolled, many.unrolled) == (1, 1)


def test_what_it_learns_is_what_spikes(tmp_path):
    pytest.importorskip("torch")
    data, labels = training.samples(240)
    path = training.recipe(tmp_path, text=training.SOFT, epochs="epochs = 20")
    made = snnmap.train_network(path, tmp_path / "net.npz", snnmap.TrainOptions(data=data, labels=labels))
    assert made.epochs[-1].held_out > 0.9
    graph = snnmap.profile(tmp_path / "net.npz", data=data[200:], labels=labels[200:])
    assert graph.steps == 60
    assert graph.accuracy >= made.epochs[-1].held_out - 0.1
    assert graph.accuracy > 0.8


def test_it_is_read(tmp_path):
    recipe = soft(tmp_path)
    assert recipe.method == SoftRates(0.03, 10.0)
    assert recipe.layers[0].neuron == SoftLIF(0.4, TAU, TAU_REF, TAU_ALPHA, 0.03, 10.0)
    other = soft(tmp_path, **{'"soft_lif"': '"soft_lif"\ngamma = 0.1\nnoise = 0', "tau = 0.02": "tau = 0.01"})
    assert other.layers[0].neuron == SoftLIF(0.4, 0.01, TAU_REF, TAU_ALPHA, 0.1, 0.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({'encode = "current"': 'encode = "rate"'}, r"network\.encode: soft_lif trains rates of input that is the "),
        ({'model = "RefractoryLIF"': 'model = "IF"'}, r"neuron\.model: 'IF' is not one of RefractoryLIF"),
        ({"tau = 0.02": "tau = 0"}, r"neuron\.tau: must be positive, not 0"),
        ({"tau_ref = 0.002": "tau_rf = 0.002"}, r"neuron\.tau_rf: this key is not known here; did you mean 'tau_ref'"),
        ({"tau_alpha = 0.005": "tau_alpha = -1"}, r"tau_alpha: must be positive"),
        ({'"soft_lif"': '"soft_lif"\ngamma = 0'}, r"method\.gamma: must be positive, not 0"),
        ({'"soft_lif"': '"soft_lif"\nnoise = -1'}, r"method\.noise: must be a finite number of at least 0"),
        ({'"soft_lif"': '"soft_lif"\ngradient = "arctan"'}, r"method\.gradient: this key is not known here"),
        ({"kernel = [2, 2]": "kernel = [9, 9]"}, r"layer\[1\]\.kernel: a window of \(9, 9\) does not fit"),
        ({"kernel = [2, 2]": "kernel = [2, 2]\nneurons = 3"}, r"layer\[1\]\.neurons: this key is not known here"),
        ({'kind = "pool"\n': 'kind = "pool"\nkernel = [1, 1]\n[[layer]]\nkind = "pool"\n'}, r"one pool follows an"),
        ({'kind = "pool"': 'kind = "maxpool"'}, r"layer\[1\]\.kind: 'maxpool' is not one of conv, dense, pool"),
        ({'kind = "pool"\nkernel = [2, 2]': 'kind = "dense"\nneurons = 5\n[[layer]]\nkind = "pool"\nkernel = [2, 2]'},
         r"layer\[2\]\.kind: a pool hears \(channels, height, width\), but \(5,\) arrives"),
        ({'kind = "dense"\nneurons = 3': 'kind = "pool"\nkernel = [1, 1]'}, r"the last one must be dense"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        soft(tmp_path, **change)


def test_averages_of_integers_must_not_overlap(tmp_path):
    pool = '[[layer]]\nkind = "pool"\nkernel = [2, 2]\nstride = [1, 1]\n\n'
    dense = training.LAYERS.index('[[layer]]\nkind = "dense"')
    pooled = training.LAYERS[:dense] + pool + training.LAYERS[dense:]
    with pytest.raises(InputError, match=r"layer\[1\]\.stride: windows overlap"):
        read_recipe(training.recipe(tmp_path, layers=pooled))


def test_samples_that_change_from_step_to_step_are_refused(tmp_path):
    recipe = soft(tmp_path)
    series = np.random.default_rng(1).normal(size=(80, 60, 8, 8)).astype(np.float32)
    with pytest.raises(InputError, match="soft_lif trains rates, of samples that are the same in every step"):
        read_stimuli(recipe, series, np.zeros(80, int), "BTHW", None)
