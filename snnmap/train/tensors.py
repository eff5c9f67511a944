"""What methods do to tensors: noise from numpy's streams, and values that pass gradients on as if they were others."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def normal(rng: np.random.Generator, shape: Sequence[int]) -> Any:
    """Normal numbers of variance 1, a tensor float32 of the shape."""
    import torch

    return torch.from_numpy(rng.standard_normal(tuple(shape), np.float32))


def straight(value: Any, seen: Any) -> Any:
    """What is seen of a value, with the gradient of the value itself."""
    return value + (seen - value).detach()
