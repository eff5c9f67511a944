"""Time and batch are told apart where it is clear, and no valid data are refused."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from snnmap.frontend.data.layout import looks_swapped

DATA = Path(__file__).parents[3] / "workloads" / "data"
RNG = np.random.default_rng(5)
PIXELS = np.frombuffer(gzip.decompress((DATA / "mnist-test-300-images-idx3-ubyte.gz").read_bytes())[16:], np.uint8)
IMAGES = PIXELS.reshape(300, 784) / 255
LABELS = np.frombuffer(gzip.decompress((DATA / "mnist-test-300-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8)
SORTED = IMAGES[np.argsort(LABELS, kind="stable")]


def poisson(images, steps):
    return RNG.random((len(images), steps, 784)) < images[:, None]


def latency(images, steps):
    return np.floor((1 - images) * (steps - 1))[:, None] == np.arange(steps)[None, :, None]


def recordings(steps):
    """N-MNIST in so many bins, sorted by class."""
    with np.load(DATA / "nmnist-test-30.npz") as events:
        binned = np.zeros((30, steps, 2 * 34 * 34))
        sample = np.repeat(np.arange(30), np.diff(events["offsets"]))
        step = np.minimum(events["t_us"] * steps // 300_000, steps - 1)
        place = (events["p"].astype(int) * 34 + events["y"]) * 34 + events["x"]
        np.add.at(binned, (sample, step, place), 1)
        return binned[np.argsort(events["labels"], kind="stable")]


CODED = {
    "Poisson": poisson(IMAGES[:60], 12),
    "Poisson, long": poisson(IMAGES[:12], 100),
    "held": np.repeat(IMAGES[:50, None], 20, axis=1),
    "held, sorted": np.repeat(SORTED[::6][:, None], 8, axis=1),
}
OTHER = {
    "Poisson, sorted": poisson(SORTED[:100], 60),
    "latency": latency(IMAGES[:50], 20),
    "latency, sorted": latency(SORTED[:50], 20),
    "rows as steps": SORTED[:50].reshape(50, 28, 28),
    "events": recordings(300),
    "events, coarse": recordings(30),
    "events, very coarse": recordings(10),
    "patterns, sorted": np.repeat(RNG.random((5, 40, 50)) < 0.1, 12, axis=0),
    "rates alone": RNG.random((60, 40, 50)) < RNG.random(50) / 5,
    "one profile for all": (RNG.random((60, 40, 50)) < 0.2) & (np.sin(np.arange(40)) > 0)[None, :, None],
    "one value": np.ones((20, 30, 40)),
    "nothing": np.zeros((20, 30, 40)),
    "few": RNG.random((3, 20, 100)),
    "few features": RNG.random((10, 20, 3)),
}


@pytest.mark.parametrize("name", [*CODED, *OTHER])
def test_valid_data_are_not_refused(name):
    assert not looks_swapped({**CODED, **OTHER}[name])


@pytest.mark.parametrize("name", CODED)
def test_coded_images_the_wrong_way_round_are_noticed(name):
    values = CODED[name]
    assert looks_swapped(values.swapaxes(0, 1))
    assert looks_swapped(values.reshape(*values.shape[:2], 1, 28, 28).swapaxes(0, 1))
