"""What methods have in common (`methods.Method`, `methods.OnChip`): each says only in what it differs."""

from collections.abc import Mapping
from typing import Any, Self


class Usual:
    """Products are exact, nothing is written while training goes on, thresholds stay, and the recipe says it all."""

    __slots__ = ()

    @property
    def on_chip(self) -> Any:
        """Products are exact."""
        return None

    @property
    def counts_writes(self) -> bool:
        """None are."""
        return False

    @property
    def sources(self) -> Mapping[str, str]:
        """Nothing but the recipe."""
        return {}

    def threshold(self, layer: int, start: float, iteration: int) -> float:  # noqa: ARG002  of other methods
        """Threshold of a layer in an iteration."""
        return start


class Numbers(Usual):
    """Methods whose weights and constants are numbers."""

    __slots__ = ()

    @property
    def levels(self) -> int:
        """Any number."""
        return 0

    def weight(self, latent: Any) -> tuple[Any, Any]:
        """The weights of a layer and what 1 of them stands for, of its latent weights (outputs, ...)."""
        return latent, latent.new_ones(1)

    def constant(self, value: Any) -> Any:
        """A layer's constants, (outputs,), in units of its weights."""
        return value


class OnOneChip:
    """Methods whose products are those of one known chip, trained or not; its cells are written once, in the end."""

    __slots__ = ()

    @property
    def on_chip(self) -> Self:
        """Products are its own."""
        return self

    @property
    def everywhere(self) -> bool:
        """They are the chip's where nothing is trained, too."""
        return True

    def write(self, trained: dict[str, Any], cells: dict[str, Any], seed: int, iteration: int) -> None:
        """Nothing."""
