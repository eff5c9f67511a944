"""`memristive`: backpropagation through time through the circuit of `MIF` neurons; nothing stands for a derivative.

What such a neuron sends is a smooth function of all it ever heard. The way there is the executor's own kernel, the way
back its chain rule, sub-step by sub-step (`kernels.memristive`): what is trained is what `profile` runs, but for the
sums of weights, which torch rounds. Weights and constants stay numbers; a layer's factor goes into the `gain` of its
neurons. The answer is the class whose potential is highest over the steps.

Sources: MEMprop (P. Zhou et al., arXiv 2206.12992) for the idea; the neuron as `ir.models` tells it; backpropagation
through time, P. J. Werbos, Proc. IEEE 78, 1550, 1990. Constants are the recipe's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.toml import Table
from snnmap.ir.models import MODELS
from snnmap.train.usual import Numbers

MODEL = "MIF"


@dataclass(frozen=True, slots=True)
class Circuits:
    """MIF neurons of one layer."""

    dt: float
    """Seconds of a step."""
    constants: tuple[float, ...]
    """Of the model's parameters, in its order."""

    @property
    def model(self) -> str:
        """They are written as they are trained."""
        return MODEL

    @property
    def threshold(self) -> float:
        """They have none."""
        return 1.0

    @property
    def steady(self) -> bool:
        """Steps differ."""
        return False

    @property
    def named(self) -> dict[str, float]:
        """Constants by name."""
        return dict(zip(MODELS[MODEL].parameters, self.constants, strict=True))

    def of_layer(self, table: Table, *, last: bool) -> "Circuits":  # noqa: ARG002  of other neurons
        """With the `gain` of a layer: the current that an input of 1 is."""
        if "gain" not in table:
            return self
        return replace(self, constants=tuple((self.named | {"gain": _constant(table, "gain")}).values()))

    def forward(
        self,
        arriving: Sequence[Any],
        threshold: float,  # noqa: ARG002  of other neurons
        spike: Any,  # noqa: ARG002
        rng: np.random.Generator | None,  # noqa: ARG002
    ) -> Iterator[tuple[Any, Any]]:
        """Potentials, which are what is sent, step by step."""
        import torch

        held = all(current is arriving[0] for current in arriving)
        x = torch.stack([arriving[0]] if held else list(arriving))
        shape = x.shape[1:]
        sent = circuit_function()(x.flatten(2), coefficients(self, int(np.prod(shape[1:]))), len(arriving))
        for potential in sent.view(len(arriving), *shape).unbind(0):
            yield potential, potential

    def parameters(self, threshold: float, factor: F64) -> dict[str, F64]:  # noqa: ARG002  of other neurons
        """The factor goes into the gain."""
        return {key: np.full(1, value) for key, value in self.named.items()} | {"gain": self.named["gain"] * factor}

    def stepping(self) -> dict[str, object]:
        """Nothing but dt matters to them."""
        return {"dt": self.dt, "integration": "time"}


@cache
def coefficients(layer: Circuits, neurons: int) -> F64:
    """What the executor's kernel reads of a layer, (rows, neurons)."""
    from snnmap.simulate.neurons import neuron_state

    given = {key: np.full(neurons, value) for key, value in layer.named.items()}
    return neuron_state([MODEL], [neurons], [given], layer.dt).circuit


@cache
def circuit_function() -> Any:
    """Function of input, coefficients and number of steps, with its derivative; of tensors.

    The input is (steps, samples, neurons), or (1, samples, neurons) if every step is the same; what is sent is (steps,
    samples, neurons) of the same type.
    """
    import torch

    from snnmap.train.kernels.memristive import back, there

    class Circuit(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
        """Neurons from rest to the last step."""

        @staticmethod
        def forward(context: Any, x: Any, c: F64, steps: int) -> Any:
            heard = x.detach().double().contiguous().numpy()
            samples, neurons = heard.shape[1:]
            sent, begun = np.empty((steps, samples, neurons)), np.empty((steps, 3, samples, neurons))
            there(c, heard, sent, begun)
            context.kept = (c, heard, begun)
            return torch.from_numpy(sent).to(x.dtype)

        @staticmethod
        def backward(context: Any, arriving: Any) -> Any:
            c, heard, begun = context.kept
            wanted = np.empty_like(heard)
            back(c, heard, begun, arriving.double().contiguous().numpy(), wanted)
            return torch.from_numpy(wanted).to(arriving.dtype), None, None

    return Circuit.apply


@dataclass(frozen=True, slots=True)
class Memristive(Numbers):
    """Neurons with a derivative of their own."""

    @property
    def gradient(self) -> None:
        """None stands for it."""
        return

    def neurons(self, table: Table) -> Circuits:
        """`[neuron]`: `dt` and the constants of the circuit.

        Raises
        ------
        InputError
            If a constant is missing or out of its range.
        """
        table.text("model", choices=(MODEL,))
        dt = table.number("dt")
        if dt <= 0:
            raise table.error("dt", f"must be positive, not {dt:g}")
        return Circuits(dt, tuple(_constant(table, key) for key in MODELS[MODEL].parameters))


def _constant(table: Table, key: str) -> float:
    """A constant of the circuit, in its range; a gain of 0 or less would teach nothing, or the opposite."""
    value = table.number(key)
    refusal = MODELS[MODEL].parameters[key].refusal(np.array([value]))
    if not refusal and key == "gain" and value <= 0:
        refusal = "must be positive"
    if refusal:
        raise table.error(key, f"{refusal}, not {value:g}")
    return value


def read(table: Table, layers: int) -> Memristive:  # noqa: ARG001  as every method's
    """The method of a recipe's `[method]`, which has no keys of its own."""
    return Memristive()
