"""A training recipe and data that take a second."""

import numpy as np

RECIPE = """
summary = "small"

[network]
input = [1, 8, 8]
steps = 4
encode = "current"

[neuron]
model = "IF"
reset = "subtract"

[[layer]]
kind = "conv"
channels = 4
kernel = [3, 3]
stride = [2, 2]
batch_norm = true

[[layer]]
kind = "dense"
neurons = 3
batch_norm = true

[method]
name = "quantised"
bits = 4
gradient = "fast-sigmoid"
slope = 2.0

[training]
epochs = 3
batch = 20
learning_rate = 0.01
held_out = 40
"""

SOFT = """
summary = "small rates"

[network]
input = [1, 8, 8]
steps = 60
encode = "current"

[neuron]
model = "RefractoryLIF"
tau = 0.02
tau_ref = 0.002
tau_alpha = 0.005
threshold = 0.02

[[layer]]
kind = "conv"
channels = 4
kernel = [3, 3]
threshold = 0.4

[[layer]]
kind = "pool"
kernel = [2, 2]

[[layer]]
kind = "dense"
neurons = 3

[method]
name = "soft_lif"

[training]
epochs = 3
batch = 20
learning_rate = 0.01
loss = "membrane"
held_out = 40
"""


def recipe(folder, name="small", text=None, **changes):
    """Path of the recipe, or of another text, with texts replaced."""
    text = text or RECIPE
    for old, new in changes.items():
        found = {"method": METHOD, "epochs": "epochs = 3", "neuron": NEURON, "layers": LAYERS}.get(old, old)
        assert found in text
        text = text.replace(found, new)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


METHOD = RECIPE[RECIPE.index("[method]") : RECIPE.index("[training]")]
NEURON = RECIPE[RECIPE.index("[neuron]") : RECIPE.index("[[layer]]")]
LAYERS = RECIPE[RECIPE.index("[[layer]]") : RECIPE.index("[method]")]


def samples(count=240, seed=0):
    """Images (count, 8, 8) of bytes with a bright row, one per class, and their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    images = rng.integers(0, 90, (count, 8, 8))
    images[np.arange(count), 1 + 2 * labels] += 150
    return images.astype(np.uint8), labels


def saved(folder, count=240):
    """Path of an npz of such samples."""
    images, labels = samples(count)
    path = folder / "data.npz"
    np.savez(path, data=images, labels=labels)
    return path


MAC = """
summary = "small integers"

[network]
input = [1, 8, 8]
steps = 1
encode = "uint5"

[neuron]
model = "MacReLU"

[[layer]]
kind = "conv"
channels = 4
kernel = [3, 3]
stride = [2, 2]
bias = false
num_sends = 20

[[layer]]
kind = "dense"
neurons = 3
bias = false
num_sends = 6

[method]
name = "mac"

[training]
epochs = 3
batch = 20
learning_rate = 0.01
loss = "membrane"
shift = 1
held_out = 40
"""
