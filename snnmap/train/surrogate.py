"""`surrogate`: spikes as they are, and a slope in the place of their derivative, which is 0 or infinite.

============================ ==========================================================================================
`fast-sigmoid`               1 / (1 + slope |u|)^2 (Zenke, Ganguli, Neural Comput. 30, 1514, 2018)
`arctan`                     (slope / 2) / (1 + (pi slope u / 2)^2) (Fang et al., ICCV 2021)
`straight-through`           1 (Bengio, Leonard, Courville, arXiv 1308.3432)
============================ ==========================================================================================

u is the membrane less its threshold.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

from snnmap.core.toml import Table
from snnmap.train.neurons import Spiking, read_spiking
from snnmap.train.usual import Numbers

GRADIENTS = {"fast-sigmoid": 25.0, "arctan": 2.0, "straight-through": None}
"""Name to the slope by default: those of snnTorch."""


@dataclass(frozen=True, slots=True)
class Gradient:
    """What stands for the derivative of a spike."""

    name: str
    slope: float = 1.0


def read_gradient(table: Table) -> Gradient:
    """`gradient` and `slope` of a recipe's `[method]`.

    Raises
    ------
    InputError
        If there is no such gradient, or a slope makes no sense.
    """
    name = table.text("gradient", "fast-sigmoid", tuple(GRADIENTS))
    usual = GRADIENTS[name]
    if usual is None:
        if "slope" in table:
            raise table.error("slope", f"{name} has none; leave it out")
        return Gradient(name)
    slope = table.number("slope", usual)
    if slope <= 0:
        raise table.error("slope", f"must be positive, not {slope:g}")
    return Gradient(name, slope)


def spike_function(gradient: Gradient) -> Any:
    """Function of u that is 1 where u > 0, else 0, with the slope of `gradient`; of tensors."""
    import torch

    slope = gradient.slope

    class Spike(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
        """The step."""

        @staticmethod
        def forward(context: Any, u: Any) -> Any:
            context.save_for_backward(u)
            return (u > 0).to(u.dtype)

        @staticmethod
        def backward(context: Any, arriving: Any) -> Any:
            (u,) = context.saved_tensors
            if gradient.name == "fast-sigmoid":
                return arriving / (1 + slope * u.abs()) ** 2
            if gradient.name == "arctan":
                return arriving * (slope / 2) / (1 + (pi / 2 * slope * u) ** 2)
            return arriving

    return Spike.apply


@dataclass(frozen=True, slots=True)
class Surrogate(Numbers):
    """Spikes with a slope, and no more."""

    gradient: Gradient

    def neurons(self, table: Table) -> Spiking:
        """Neurons of a recipe's `[neuron]`, which spike."""
        return read_spiking(table)


def read(table: Table, layers: int) -> Surrogate:  # noqa: ARG001  as every method's
    """The method of a recipe's `[method]`."""
    return Surrogate(read_gradient(table))
