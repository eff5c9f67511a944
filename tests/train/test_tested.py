"""A trained network on other data, in parts of bounded memory: as if at once. Without torch."""

import numpy as np
import pytest

import snnmap
from snnmap.core import library
from snnmap.core.errors import InputError
from snnmap.train import tested as module

NETWORK = "mnist-tha1"
IMAGES = library.folder("workloads") / "data" / "mnist-test-300-images-idx3-ubyte.gz"


@pytest.fixture(scope="module")
def read():
    return snnmap.load_network(NETWORK)


@pytest.fixture
def parts(monkeypatch):
    """How many samples each run had."""
    seen, run = [], module._run

    def watched(*given):
        graph = run(*given)
        seen.append(graph.frames)
        return graph

    monkeypatch.setattr(module, "_run", watched)
    return seen


def test_parts_are_right_as_often_as_all_at_once(read, parts, monkeypatch):
    sample = module.COPIES * module.EVENT * 6 * 784
    monkeypatch.setattr(module, "BUDGET", 128 * sample + sample // 2)
    found = module.tested(read, IMAGES, None, None, None)
    assert parts == [128, 128, 44]
    assert found == (snnmap.profile(NETWORK).accuracy, 300)


def test_a_part_is_at_least_a_sample_and_its_memory_bounded(read):
    assert module.samples_together(read.network, 6) == module.BUDGET // (3 * 12 * 6 * 784)
    assert module.samples_together(read.network, 100_000) == 1


def test_a_sample_that_does_not_fit_is_refused_by_numbers(read, monkeypatch):
    monkeypatch.setattr(module, "available", lambda: 1 << 20)
    with pytest.raises(InputError, match=r"784 inputs in 200 steps takes about 0\.0 GiB.*leave --test out"):
        module.samples_together(read.network, 200)


def test_data_that_mean_something_only_together_are_run_at_once(read, parts, monkeypatch, tmp_path):
    """Numbers are scaled by the largest of all."""
    monkeypatch.setattr(module, "BUDGET", 1)
    values = np.random.default_rng(1).random((5, 28, 28)).astype(np.float32)
    np.savez(tmp_path / "data.npz", data=values, labels=np.arange(5))
    found = module.tested(read, tmp_path / "data.npz", None, None, None)
    assert parts == [5]
    assert found.accuracy == snnmap.profile(NETWORK, data=tmp_path / "data.npz").accuracy


def test_labels_that_are_too_few_are_refused(read, tmp_path):
    np.save(tmp_path / "labels.npy", np.zeros(7, np.int64))
    with pytest.raises(InputError, match="labels"):
        module.tested(read, IMAGES, tmp_path / "labels.npy", None, None)
