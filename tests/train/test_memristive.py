"""Training through the circuit of MIF neurons: forward as the executor runs it, back as finite differences say.

Run by `nox -s train`; skipped without torch.
"""

import numpy as np
import pytest
from support import training

torch = pytest.importorskip("torch")

import snnmap  # noqa: E402
from snnmap.core.errors import InputError  # noqa: E402
from snnmap.train import memory, memristive, net, run  # noqa: E402
from snnmap.train.folded import Affine  # noqa: E402
from snnmap.train.kernels.memristive import back, there  # noqa: E402
from snnmap.train.recipe import read_recipe  # noqa: E402
from snnmap.train.stimuli import read_stimuli  # noqa: E402

CONSTANTS = {
    "c": 1e-7, "gain": 1e-5, "e_1": 0.05, "e_2": -0.05, "r_on": 1e3, "r_off": 1e5, "v_on": 0.11, "v_off": 5e-3,
    "v_t": 5e-3, "tau_x": 1e-4, "substeps": 5,
}  # fmt: skip
METHOD = '[method]\nname = "memristive"\n'


def neuron(dt=1e-4, **changed):
    """`[neuron]` of a recipe."""
    lines = [f"{key} = {value}" for key, value in (CONSTANTS | changed).items()]
    return "\n".join(['[neuron]\nmodel = "MIF"', f"dt = {dt}", *lines]) + "\n"


def recipe(folder, name="small", dt=1e-4, **changed):
    """The small recipe of the other tests, with circuits."""
    path = training.recipe(folder, name, method=METHOD, neuron=neuron(dt, **changed))
    text = path.read_text().replace("batch_norm = true", "")
    path.write_text(text.replace("neurons = 3", "neurons = 3\ngain = 5e-4") + "temperature = 0.1\n")
    return path


def circuits(dt=1e-4, **changed):
    """Neurons of a recipe, as they are read."""
    return memristive.Circuits(dt, tuple((CONSTANTS | changed).values()))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("changed", [{}, {"dt": 1e-3, "substeps": 2}, {"v_t": 0.01, "tau_x": 3e-5}])
def test_potentials_are_those_of_the_executor(tmp_path, monkeypatch, seed, changed):
    """Every potential of random networks in double precision against the network that is written."""
    read, rng, seen = read_recipe(recipe(tmp_path, **changed)), np.random.default_rng(seed), []
    forward = memristive.Circuits.forward

    def watched(*given):
        sent = list(forward(*given))
        seen.append(torch.stack([potential.flatten(1) for potential, _ in sent]))
        return sent

    monkeypatch.setattr(memristive.Circuits, "forward", watched)
    images = (training.samples(20, seed)[0] / 256).astype(np.float32)
    state = net.begun(read, seed)
    for name, tensor in state.trained.items():
        state.trained[name] = torch.tensor(rng.integers(-192, 193, tensor.shape) / 64.0)
    with torch.no_grad():
        answer = net.run(read, state, torch.from_numpy(images).double()[None, :, None], [1.0, 1.0], None, None)
        parts = [[part.numpy() for part in net.affine(read, state, k)] for k in range(2)]
    np.testing.assert_array_equal(answer.membranes, seen[1])
    graph = snnmap.profile(run.network_of(read, [Affine(*each, 1.0) for each in parts], {}), data=images)
    events, network = graph.events, graph.network
    mine = np.zeros((graph.steps, 20, network.sources))
    mine[events.step, events.frame_of_event(), events.source] = events.value
    first = next(p.first for p in network.populations if p.name == "conv1")
    apart = np.abs(mine[:, :, first:] - torch.cat(seen, 2).numpy())
    assert apart[:, :, :36].max() == 0.0  # sums of integers over 2^14 are exact on both sides
    assert apart.max() < 2.4e-7 * np.abs(mine).max()  # sums of potentials are not; these are sent in single precision
    assert np.median(apart[:, :, 36:]) < 1e-9
    assert graph.dynamics.dt == changed.get("dt", 1e-4)
    assert np.abs(mine[:, :, first:]).max() > 0.05


def potentials(c, x, steps):
    """Before every step but the first, in double precision, and all that `back` needs."""
    sent, begun = np.empty((steps, *x.shape[1:])), np.empty((steps, 3, *x.shape[1:]))
    there(c, x, sent, begun)
    return begun[1:, 0], begun


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize(
    "changed",
    [
        {}, {"dt": 1e-3}, {"substeps": 1}, {"substeps": 2, "dt": 3e-4}, {"v_t": 0.02, "v_on": 0.07, "r_on": 3e3},
        {"e_1": 0.08, "e_2": -0.03, "tau_x": 1e-3}, {"gain": 2e-4},
    ],
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(held, changed):
    """Of any weighted sum of all potentials, in every input, by central differences."""
    rng, steps = np.random.default_rng(3), 8
    c = memristive.coefficients(circuits(**changed), 5)
    x = rng.normal(0, 1.0, (1 if held else steps, 3, 5))
    asked = rng.normal(size=(steps, 3, 5))
    asked[-1] = 0.0
    wanted = np.empty_like(x)
    back(c, x, potentials(c, x, steps)[1], asked, wanted)
    expected, h = np.zeros_like(x), 1e-6
    for place in np.ndindex(x.shape):
        sums = []
        for change in (h, -h):
            moved = x.copy()
            moved[place] += change
            sums.append(float(np.sum(asked[:-1] * potentials(c, moved, steps)[0])))
        expected[place] = (sums[0] - sums[1]) / (2 * h)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(wanted, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


def test_a_loss_on_the_last_step_counts_too():
    """What is sent last, rounded as it is, by a difference that is large beside the rounding."""
    c = memristive.coefficients(circuits(), 1)
    x = torch.linspace(-1.0, 1.0, 9, dtype=torch.float64).view(1, 9, 1).requires_grad_()
    circuit = memristive.circuit_function()
    (found,) = torch.autograd.grad(circuit(x, c, 6)[-1].sum(), x)
    with torch.no_grad():
        expected = (circuit(x + 1e-3, c, 6)[-1] - circuit(x - 1e-3, c, 6)[-1]) / 2e-3
    torch.testing.assert_close(found[0], expected, rtol=2e-3, atol=1e-5)
    assert found.abs().min() > 0


def test_no_current_overflows_on_the_way_back():
    """1 nA to 50 mA both ways, in steps of any length."""
    sizes = np.geomspace(1e-9, 50e-3, 40)
    x = np.concatenate([sizes, -sizes]).reshape(1, 1, -1)
    for dt in (1e-9, 1e-4, 1.0):
        c = memristive.coefficients(circuits(dt=dt, gain=1.0), 80)
        wanted = np.empty_like(x)
        back(c, x, potentials(c, x, 20)[1], np.ones((20, 1, 80)), wanted)
        assert np.all(np.isfinite(wanted))


def test_a_network_learns_and_is_what_was_seen(tmp_path):
    """The executor answers, sample by sample, as torch did after the last epoch."""
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, epochs=10)
    made = snnmap.train_network(recipe(tmp_path), tmp_path / "net.npz", wanted)
    assert made.epochs[-1].loss < 0.5 * made.epochs[0].loss
    assert made.epochs[-1].held_out > 0.9
    assert made.epochs[-1].spikes == 4 * 39
    graph = snnmap.profile(tmp_path / "net.npz", data=images[200:], labels=labels[200:])
    assert graph.accuracy == made.epochs[-1].held_out
    assert {p.model for p in graph.network.populations} == {"input", "bias", "MIF"}


def test_a_stopped_training_goes_on_to_the_same_bytes(tmp_path):
    images, labels = training.samples()
    path = recipe(tmp_path)

    def train(name, progress=None, **options):
        wanted = snnmap.TrainOptions(data=images, labels=labels, **options)
        snnmap.train_network(path, tmp_path / name, wanted, progress=progress)
        return (tmp_path / name).read_bytes()

    whole, calls = train("whole.npz"), []

    def stop(*_):
        calls.append(1)
        if len(calls) in {3, 7, 20}:
            raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            train("again.npz", stop, resume=True, checkpoint_every=0.0)
    assert train("again.npz", resume=True) == whole
    assert train("other.npz", seed=1) != whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({'model = "MIF"': 'model = "IF"'}, r"neuron\.model: 'IF' is not one of MIF"),
        ({"dt = 0.0001": ""}, r"neuron\.dt: this key is missing"),
        ({"dt = 0.0001": "dt = 0"}, r"neuron\.dt: must be positive, not 0"),
        ({"r_on = 1000.0": ""}, r"neuron\.r_on: this key is missing"),
        ({"r_on = 1000.0": "r_on = -1"}, r"neuron\.r_on: must be positive, not -1"),
        ({"substeps = 5": "substeps = 2.5"}, r"neuron\.substeps: must be integers, not 2\.5"),
        ({"substeps = 5": "substeps = 5\nv_of = 1"}, r"v_of: this key is not known here; did you mean 'v_o"),
        ({"gain = 1e-05": "gain = 0"}, r"neuron\.gain: must be positive, not 0"),
        ({"gain = 5e-4": "gain = -1e-5"}, r"layer\[1\]\.gain: must be positive, not -1e-05"),
        ({"gain = 5e-4": "threshold = 1"}, r"threshold: this key is not known here"),
        ({'"memristive"': '"memristive"\ngradient = "arctan"'}, r"gradient: this key is not known here"),
        ({"temperature = 0.1": "temperature = 0"}, r"temperature: must be positive, not 0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, said):
    path = recipe(tmp_path)
    text = path.read_text()
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_recipe(path)


def test_memory_counts_what_circuits_keep(tmp_path):
    images, labels = training.samples()
    path = recipe(tmp_path)
    stimuli = read_stimuli(read_recipe(path), images, labels, None, None)
    need = memory.needed(read_recipe(path), stimuli)
    plain = memory.needed(read_recipe(training.recipe(tmp_path, "plain")), stimuli)
    assert need - plain == 4 * 8 * 4 * 20 * 39  # bytes, more tensors, steps, batch, neurons
