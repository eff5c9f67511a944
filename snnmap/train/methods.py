"""The methods by name. A new one is a file with a `read` and one line here."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from snnmap.core.toml import Table
from snnmap.train import quantised, soft_lif, surrogate
from snnmap.train.neurons import Neurons
from snnmap.train.surrogate import Gradient


class Method(Protocol):
    """What the loop asks of a method; tensors are torch's."""

    @property
    def gradient(self) -> Gradient | None:
        """Slope of a spike in the backward pass; none where neurons have a derivative."""

    @property
    def levels(self) -> int:
        """Values of a weight; 0: any number."""

    def neurons(self, table: Table) -> Neurons:
        """What a recipe's `[neuron]` says: what neurons do in training, and what is written."""

    def weight(self, latent: Any) -> tuple[Any, Any]:
        """Weights in the forward pass, and what 1 of them stands for, (1,) or (outputs,), of latent (outputs, ...)."""

    def constant(self, value: Any) -> Any:
        """Constants (outputs,) in the forward pass, in units of the weights."""

    def threshold(self, layer: int, start: float, iteration: int) -> float:
        """Threshold of a layer in an iteration."""


METHODS: Mapping[str, Callable[[Table, int], Method]] = {
    "surrogate": surrogate.read,
    "quantised": quantised.read,
    "soft_lif": soft_lif.read,
}
"""Name to the function that reads it from a recipe's `[method]`, for so many layers."""
