"""The methods by name. A new one is a file with a `read` and one line here."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from snnmap.core.toml import Table
from snnmap.train import chip, cim, mac_chip, memristive, quantised, soft_lif, surrogate
from snnmap.train.neurons import Neurons
from snnmap.train.surrogate import Gradient

if TYPE_CHECKING:
    from snnmap.train.recipe import Layer

Tensors = dict[str, Any]


class OnChip(Protocol):
    """What the loop asks of a method whose products are those of a chip; tensors are torch's, float32 or int32."""

    def cells(self, trained: Tensors, seed: int) -> Tensors:
        """What is known of the cells at the beginning, by name; a checkpoint holds it. May move `trained`."""

    def written(self, cells: Tensors, k: int, latent: Any) -> tuple[Any, Any]:
        """Weights of layer k that the network would be written with, and what 1 stands for, of its latent weights."""

    @property
    def everywhere(self) -> bool:
        """Whether sums are the chip's where nothing is trained, too."""

    def sums(
        self, layer: "Layer", k: int, sent: Any, tensors: tuple[Any, Tensors], rng: np.random.Generator | None
    ) -> Any:
        """Sums of layer k for (rows, *taken), in units of weights, while it is trained; if `everywhere`, always.

        `tensors` are its latent weights and all cells, `rng` is that of the batch's noise; none: nothing is trained.
        """

    def write(self, trained: Tensors, cells: Tensors, seed: int, iteration: int) -> None:
        """Once the optimiser has moved `trained` in an iteration: change the cells."""


class Method(Protocol):
    """What the loop asks of a method; tensors are torch's."""

    @property
    def gradient(self) -> Gradient | None:
        """Slope of a spike in the backward pass; none where neurons have a derivative."""

    @property
    def levels(self) -> int:
        """Values of a weight; 0: any number."""

    @property
    def on_chip(self) -> OnChip | None:
        """What makes its products while it is trained; none: they are exact."""

    @property
    def counts_writes(self) -> bool:
        """Whether `cells` has `writes` of every layer: how often each of its cells was written."""

    @property
    def sources(self) -> Mapping[str, str]:
        """Digests of what it was given beside the recipe, by the names under which the network keeps them."""

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
    "cim": cim.read,
    "chip": chip.read,
    "memristive": memristive.read,
    "mac": mac_chip.read,
}
"""Name to the function that reads it from a recipe's `[method]`, for so many layers."""
