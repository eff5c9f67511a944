"""`mac`: results are integers, noise is as stated, images move, and the network that is written is the one trained."""

import numpy as np
import pytest
from support import training

import snnmap
from snnmap.core.errors import InputError
from snnmap.train.loop import moved
from snnmap.train.mac import Mac, Units
from snnmap.train.recipe import read_recipe


def small(folder, **changes):
    return read_recipe(training.recipe(folder, text=training.MAC, **changes))


def test_a_recipe_says_sends_noise_and_units(tmp_path):
    read = small(tmp_path, **{"neurons = 3\n": "neurons = 3\nnoise = 4.0\n"})
    first, last = (layer.neuron for layer in read.layers)
    assert read.method == Mac(6, 0.002, 2.0)
    assert read.method.levels == 127
    assert first == Units(0.002, 2.0, 2, 31, 20, False)
    assert last == Units(0.002, 4.0, 2, 31, 6, True)
    assert (first.model, last.model) == ("MacReLU", "MacLinear")
    assert read.training.shift == 1
    given = {key: float(value[0]) for key, value in first.parameters(1.0, np.ones(36)).items()}
    assert given == {"gain": 20 * 0.002, "shift": 2, "most": 31}
    given = {key: float(value[0]) for key, value in last.parameters(1.0, np.ones(3)).items()}
    assert given == {"gain": 6 * 0.002, "shift": 0, "least": -128, "most": 127}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bias = false\n": ""}, "bias: must be false, and batch_norm too"),
        ({"bias = false": "bias = false\nbatch_norm = true"}, "bias: must be false, and batch_norm too"),
        ({'"mac"': '"mac"\ngain = 0.0'}, "gain: must be positive, not 0"),
        ({'"mac"': '"mac"\nbits = 8'}, "bits: must be at most 7"),
        ({"num_sends = 20": "num_sends = 0"}, "num_sends: must be an integer of at least 1"),
        ({'"MacReLU"': '"IF"'}, "'IF' is not one of MacReLU"),
        ({"input = [1, 8, 8]": "input = [64]", 'kind = "conv"\nchannels = 4\nkernel = [3, 3]\nstride = [2, 2]':
          'kind = "dense"\nneurons = 4'}, "shift: moves images"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_key(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        small(tmp_path, **changes)


def test_images_of_a_batch_move_alike_and_what_moves_in_is_nothing():
    given = np.arange(1, 33, dtype=np.float32).reshape(1, 2, 1, 4, 4)
    seen = set()
    for iteration in range(60):
        made = moved(given, 1, seed=3, iteration=iteration)
        padded = np.pad(given, ((0, 0), (0, 0), (0, 0), (1, 1), (1, 1)))
        places = [(y, x) for y in range(3) for x in range(3) if np.array_equal(padded[..., y : y + 4, x : x + 4], made)]
        assert len(places) == 1
        seen |= set(places)
    assert len(seen) == 9
    assert np.array_equal(moved(given, 1, seed=3, iteration=7), moved(given, 1, seed=3, iteration=7))
    assert moved(given, 0, seed=3, iteration=7) is given


torch = pytest.importorskip("torch")


def expected(units, sums):
    """In Python's integers, for a gain of sends / 500."""
    made = [max(-128, min(127, (units.sends * int(s)) // 500)) for s in sums]
    return made if units.last else [min(max(y, 0) >> units.shift, units.most) for y in made]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("sends", [1, 6, 7, 12, 50])
def test_results_are_integer_arithmetic_without_noise(sends, last):
    units, sums = Units(0.002, 2.0, 2, 31, sends, last), np.arange(-60_000, 60_000, 7)
    given = torch.tensor(sums.astype(np.float32))
    (sent, _), = units.forward((given,), 1.0, None, None)  # fmt: skip
    np.testing.assert_array_equal(sent.numpy(), expected(units, sums))


def test_noise_is_as_stated_and_gradients_pass_floors_but_no_bounds():
    units = Units(0.002, 2.0, 2, 31, 1, True)
    given = torch.full((20_000,), 10_000.0, requires_grad=True)
    (sent, _), = units.forward((given,), 1.0, None, np.random.default_rng(1))  # fmt: skip
    assert sent.std().item() == pytest.approx(2.0, rel=0.05)
    assert sent.mean().item() == pytest.approx(19.5, abs=0.1)
    inner = torch.tensor([4000.0, 30_000.0, 80_000.0, -4000.0], requires_grad=True)
    (sent, _), = Units(0.002, 0.0, 2, 31, 1, False).forward((inner,), 1.0, None, None)  # fmt: skip
    sent.sum().backward()
    np.testing.assert_allclose(inner.grad.numpy(), [0.0005, 0.0005, 0.0, 0.0])


def test_weights_are_integers_of_six_bits_and_a_sign():
    whole, unit = Mac(6, 0.002, 2.0).weight(torch.tensor([[0.0, 0.1, -0.1, 3.0, -3.0, 0.004]]))
    assert whole.tolist() == [[0, 12, -12, 63, -63, 0]]
    assert unit.tolist() == [1.0]


def trained(folder, name="net", shift=1, **options):
    images, labels = training.samples()
    path = training.recipe(folder, text=training.MAC, **{"shift = 1": f"shift = {shift}"})
    wanted = snnmap.TrainOptions(data=images, labels=labels, **options)
    return snnmap.train_network(path, folder / f"{name}.npz", wanted)


def test_a_network_learns_and_is_what_was_seen_and_chips_run_it(tmp_path):
    made = trained(tmp_path, epochs=8, shift=0)  # a row further down is another class
    assert made.epochs[-1].held_out > 0.8
    images, labels = training.samples()
    graph = snnmap.profile(tmp_path / "net.npz", data=images[200:], labels=labels[200:])
    assert graph.accuracy == made.epochs[-1].held_out
    assert [p.levels for p in graph.network.populations] == [0, 127, 127]
    chips = snnmap.mac_accuracy(tmp_path / "net.npz", data=images[200:], labels=labels[200:])
    assert chips.accuracy.ideal == graph.accuracy  # one block a layer: a chip without noise is the network
    assert [layer.sends for layer in chips.layers] == [20, 6]
    assert chips.layers[0].uses == 9


def test_windows_of_a_pool_are_added_up_in_training_as_on_the_chip(tmp_path):
    images, labels = training.samples()
    pooled = 'kind = "pool"\nkernel = [3, 3]\n\n[[layer]]\nkind = "dense"'
    changes = {'kind = "dense"': pooled, "num_sends = 6": "num_sends = 2", "shift = 1": "shift = 0"}
    path = training.recipe(tmp_path, text=training.MAC, **changes)
    made = snnmap.train_network(path, tmp_path / "net.npz", snnmap.TrainOptions(data=images, labels=labels, epochs=3))
    graph = snnmap.profile(tmp_path / "net.npz", data=images[200:], labels=labels[200:])
    assert graph.accuracy == made.epochs[-1].held_out


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        trained(tmp_path, name, seed=seed, epochs=1)
    first, second, other = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert first == second != other
