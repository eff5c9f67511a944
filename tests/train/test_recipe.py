"""Recipes are read strictly: what is wrong is named with file, key, reason and the nearest name."""

import hashlib

import pytest
from support import training

from snnmap.core.errors import InputError
from snnmap.train.quantised import Annealing, Quantised
from snnmap.train.recipe import located_recipe, read_recipe
from snnmap.train.surrogate import Gradient, Surrogate


def test_a_recipe_says_shapes_neurons_and_pace(tmp_path):
    path = training.recipe(tmp_path)
    read = read_recipe(path)
    assert [layer.shape for layer in read.layers] == [(4, 3, 3), (3,)]
    assert [layer.weights for layer in read.layers] == [(4, 1, 3, 3), (3, 36)]
    assert [layer.neurons for layer in read.layers] == [36, 3]
    assert read.layers[0].neuron.threshold == 1.0
    assert (read.steps, read.encode, read.classes) == (4, "current", 3)
    assert read.method == Quantised(Gradient("fast-sigmoid", 2.0), 15)
    assert (read.training.epochs, read.training.schedule, read.training.loss) == (3, "cosine", "count")
    assert read.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.text == path.read_text()


@pytest.mark.parametrize(
    ("said", "method"),
    [
        ('name = "surrogate"', Surrogate(Gradient("fast-sigmoid", 25.0))),
        ('name = "surrogate"\ngradient = "arctan"', Surrogate(Gradient("arctan", 2.0))),
        ('name = "surrogate"\ngradient = "straight-through"', Surrogate(Gradient("straight-through"))),
        ('name = "quantised"\nbits = 1', Quantised(Gradient("fast-sigmoid", 25.0), 2)),
        ('name = "quantised"\nlevels = 5\nscale = "channel"', Quantised(Gradient("fast-sigmoid", 25.0), 5, True)),
        (
            'name = "quantised"\nbits = 8\nthreshold_annealing = { alpha = 0.5, final = 3 }',
            Quantised(Gradient("fast-sigmoid", 25.0), 255, False, Annealing(0.5, (3.0, 3.0))),
        ),
        (
            'name = "quantised"\nbits = 8\nthreshold_annealing = { alpha = 0.5, final = [3.0, 2.5] }',
            Quantised(Gradient("fast-sigmoid", 25.0), 255, False, Annealing(0.5, (3.0, 2.5))),
        ),
    ],
)
def test_methods_are_read(tmp_path, said, method):
    assert read_recipe(training.recipe(tmp_path, method=f"[method]\n{said}\n")).method == method


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({'name = "quantised"': 'name = "quantized"'}, r"method.name: 'quantized' is no method; did you mean 'quant"),
        ({"batch = 20": "bach = 20"}, r"training\.batch: this key is missing"),
        ({"batch = 20": "batch = 20\nlearning_rte = 1"}, r"learning_rte: this key is not known here; did you mean 'l"),
        ({"bits = 4": "bits = 9"}, r"method\.bits: must be at most 8"),
        ({"bits = 4": ""}, r"method\.bits: say either bits, 1 to 8, or levels"),
        ({"bits = 4": "bits = 4\nlevels = 3"}, r"say either bits"),
        ({"slope = 2.0": "slope = 0"}, r"slope: must be positive"),
        ({'gradient = "fast-sigmoid"': 'gradient = "straight-through"'}, r"slope: straight-through has none"),
        ({'model = "IF"': 'model = "IF"\nthreshold = 0'}, r"neuron\.threshold: must be positive, not 0"),
        ({"channels = 4": "channels = 4\nthreshold = -1"}, r"layer\[0\]\.threshold: must be positive"),
        ({'model = "IF"': 'model = "Leaky"\nbeta = 1.5'}, r"beta: must lie in 0\.\.1"),
        ({"neurons = 3\nbatch_norm = true": "neurons = 3\nbatch_norm = true\nbias = true"}, r"layer\[1\]\.bias"),
        ({"kernel = [3, 3]": "kernel = [9, 9]"}, r"layer\[0\]\.kernel: a window"),
        ({"input = [1, 8, 8]": "input = [64]"}, r"layer\[0\]\.kind: a convolution hears"),
        ({"input = [1, 8, 8]": "input = [8, 8]"}, r"network\.input: must be \[features\]"),
        ({"learning_rate = 0.01": "learning_rate = 0"}, r"learning_rate: must be positive"),
        ({"held_out = 40": 'schedule = "constant"\nrestart_every = 2'}, r"restart_every: is a positive number"),
        ({"held_out = 40": "restart_every = 0"}, r"restart_every"),
        ({"bits = 4": "bits = 4\nthreshold_annealing = { alpha = 1.0, final = 2 }"}, r"alpha: must lie between"),
        ({"bits = 4": "bits = 4\nthreshold_annealing = { alpha = 0.1, final = 0 }"}, r"final: must be a positive"),
        ({"bits = 4": "bits = 4\nthreshold_annealing = { alpha = 0.1, final = [2] }"}, r"each of the 2 layers"),
        ({"bits = 4": "bits = 4\nthreshold_annealing = { alpha = 0.1, increment = 2 }"}, r"final: this key is missing"),
        ({"batch = 20": "batch = 1"}, r"batch: must be an integer of at least 2"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        read_recipe(training.recipe(tmp_path, **change))


def test_the_last_layer_must_be_dense(tmp_path):
    only = training.LAYERS[: training.LAYERS.rindex("[[layer]]")]
    with pytest.raises(InputError, match="the last one must be dense"):
        read_recipe(training.recipe(tmp_path, layers=only))


def test_names_are_shipped_recipes_or_files(tmp_path):
    assert located_recipe("mnist-qsnn4").name == "mnist-qsnn4.toml"
    assert located_recipe(training.recipe(tmp_path)) == tmp_path / "small.toml"
    with pytest.raises(InputError, match="neither a file nor a shipped recipe; did you mean 'mnist-qsnn4'"):
        located_recipe("mnist-qsn4")


def test_thresholds_move_by_alpha_times_what_is_left():
    method = Quantised(Gradient("arctan"), 2, False, Annealing(0.25, (5.0,)))
    expected = 1.0
    for n in range(6):
        assert method.threshold(0, 1.0, n) == pytest.approx(expected, rel=1e-12)
        expected += 0.25 * (5.0 - expected)
    assert Quantised(Gradient("arctan"), 2).threshold(0, 1.5, 9) == 1.5
