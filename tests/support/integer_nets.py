"""A small convolutional network of integer units, as BrainScaleS-2 takes it."""

import numpy as np

from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import convolution, dense, window
from snnmap.ir import Network

SHAPE = (1, 8, 8)


def weights(seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A kernel (6, 1, 4, 4), and a matrix (3, 54)."""
    rng = np.random.default_rng(seed)
    return rng.integers(-40, 41, (6, 1, 4, 4)), rng.integers(-30, 31, (3, 54))


def network(seed: int = 5) -> Network:
    """8 x 8 -> 6 kernels of 4 x 4, stride 2 -> 3 classes."""
    kernel, matrix = weights(seed)
    conv = convolution(kernel.astype(np.float32), SHAPE[1:], window((4, 4), (2, 2), (0, 0)))
    conv.eliminate_zeros()
    given = {"gain": 0.012, "shift": 2.0, "most": 31.0}, {"gain": 0.012, "shift": 0.0, "least": -128.0, "most": 127.0}
    first, last = ({key: np.full(1, value) for key, value in each.items()} for each in given)
    drafts = [
        Draft("input", "input", "input", SHAPE),
        Draft("conv", "neuron", "MacReLU", (6, 3, 3), first, 127),
        Draft("out", "neuron", "MacLinear", (3,), last, 127),
    ]
    return build_network(drafts, [Block(0, 1, conv), Block(1, 2, dense(matrix.astype(np.float32)))], [2])


def images(count: int = 40, seed: int = 2) -> np.ndarray:
    """(count, 1, 8, 8) bytes."""
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE)).astype(np.uint8)
