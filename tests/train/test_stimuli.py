"""Training hears what `profile` would hear; data that cannot be trained on are refused."""

import numpy as np
import pytest
from support import training

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import EncodeRules, encode_recording
from snnmap.frontend.data.read import recording_in_memory
from snnmap.train import memory
from snnmap.train.recipe import read_recipe
from snnmap.train.stimuli import read_stimuli


def heard(values, shape, encode, steps):
    """Dense input (steps, samples, *shape) of the encoder that `profile` uses."""
    spikes = encode_recording(recording_in_memory(values, None, None), shape, EncodeRules(1e-3, steps, encode)).spikes
    given = np.zeros((steps, len(values), int(np.prod(shape))), np.float32)
    given[spikes.step, spikes.frame_of_event(), spikes.source] = spikes.value
    return given.reshape(steps, len(values), *shape)


@pytest.mark.parametrize("encode", ["current", "uint5", "rate", "poisson", "latency"])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_batches_are_what_profile_hears(tmp_path, encode, kind):
    images, labels = training.samples(200)
    values = images if kind == np.uint8 else (images / 255).astype(np.float32)
    read = read_recipe(training.recipe(tmp_path, **{'encode = "current"': f'encode = "{encode}"'}))
    stimuli = read_stimuli(read, values, labels, None, None)
    which = np.array([150, 3, 77])
    given = stimuli.batch(which)
    assert given.shape == ((1 if encode in ("current", "uint5") else 4), 3, 1, 8, 8)
    expected = heard(values, (1, 8, 8), encode, 4)[:, which]
    np.testing.assert_array_equal(np.broadcast_to(given, expected.shape), expected)
    assert stimuli.samples == 200


def test_series_differ_from_step_to_step(tmp_path):
    rng = np.random.default_rng(1)
    series = rng.normal(size=(80, 4, 8, 8)).astype(np.float32)
    read = read_recipe(training.recipe(tmp_path))
    stimuli = read_stimuli(read, series, rng.integers(0, 3, 80), "BTHW", None)
    np.testing.assert_array_equal(stimuli.batch(np.array([9]))[:, 0, 0], series[9])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": None}, "without labels nothing can be trained; give --labels FILE"),
        ({"labels": np.full(240, 3)}, "sample 0 has label 3, but the recipe's last layer has 3 neurons"),
        ({"labels": np.full(240, -1)}, "sample 0 has label -1"),
        ({"samples": 59}, "59 samples are fewer than a batch of 20 and the 40 held out"),
        ({"data": np.zeros((240, 9, 9)), "labels": np.zeros(240, int)}, "a sample of the data has shape"),
        ({"data": None}, "a recipe brings no data; give --data FILE"),
        ({"labels": np.zeros(7, int)}, "240 samples but 7 labels"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(tmp_path, change, said):
    images, labels = training.samples()
    given = {"data": images, "labels": labels, "layout": None, "samples": None} | change
    with pytest.raises(InputError, match=said):
        read_stimuli(read_recipe(training.recipe(tmp_path)), **given)


def test_other_data_have_another_digest(tmp_path):
    images, labels = training.samples()
    read = read_recipe(training.recipe(tmp_path))
    digests = [
        read_stimuli(read, *each).digest
        for each in (
            (images, labels, None, None),
            (images, (labels + 1) % 3, None, None),
            (images + np.uint8(1), labels, None, None),
            (images, labels, None, 100),
            (images.copy(), labels.copy(), None, None),
        )
    ]
    assert len(set(digests)) == 4
    assert digests[0] == digests[4]


def test_too_little_memory_is_said_before_training(tmp_path, monkeypatch):
    images, labels = training.samples()
    read = read_recipe(training.recipe(tmp_path))
    stimuli = read_stimuli(read, images, labels, None, None)
    need = memory.needed(read, stimuli)
    assert memory.TORCH < need < memory.TORCH + (8 << 20)
    assert memory.available() > 1 << 20
    memory.must_fit(read, stimuli)
    monkeypatch.setattr(memory, "available", lambda: need - 1)
    with pytest.raises(InputError, match=r"training takes about 0\.4 GiB of memory, 0\.4 are free; lower the batch"):
        memory.must_fit(read, stimuli)


def test_torch_missing_is_one_line_that_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(InputError, match=r"which is not installed: pip install 'snnmap\[train\]'"):
        snnmap.train_network(training.recipe(tmp_path), tmp_path / "net.npz", snnmap.TrainOptions(data=[[0.0]]))
    assert list(tmp_path.glob("net*")) == []


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"samples": 0}, {"threads": 0}, {"seed": -1}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(InputError):
        snnmap.TrainOptions(**wrong)
