"""What the neurons of a layer do in training, and what they are in the network that is written.

A method brings its neurons (`Method.neurons`), which read their own keys, run forward step by step in torch, and say
how they are written: a model of `ir.MODELS`, its parameters, and the stepping. Here are those of whoever trains spikes:
`IF` and `Leaky`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, cast

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.toml import Table
from snnmap.ir.models import SUBTRACT_NEXT, ZERO_NEXT

DT = 1e-3
"""Seconds of a step where no neuron says another."""


class Neurons(Protocol):
    """Neurons of one layer; tensors are torch's, (samples, *shape)."""

    @property
    def model(self) -> str:
        """What is written, a key of `ir.MODELS`."""

    @property
    def threshold(self) -> float:
        """Threshold before training, which `Method.threshold` moves; 1 where there is none."""

    @property
    def steady(self) -> bool:
        """Whether training takes one step that stands for all of them: rates, of input that is the same in each."""

    def of_layer(self, table: Table, *, last: bool) -> "Neurons":
        """The neurons of one `[[layer]]`, which may have keys of its own for them, and be the last."""

    def forward(
        self, arriving: Sequence[Any], threshold: float, spike: Any, rng: np.random.Generator | None
    ) -> Iterator[tuple[Any, Any]]:
        """What is sent and the membrane, step by step.

        Parameters
        ----------
        arriving
            Of every step.
        threshold
            Of this iteration.
        spike
            As `surrogate.spike_function` makes it; none where the method has no gradient for spikes.
        rng
            Of the noise of this batch; none where nothing is trained, and so nothing noisy.
        """

    def parameters(self, threshold: float, factor: F64) -> dict[str, F64]:
        """Parameters of `model` for input that is not yet multiplied by `factor` (neurons,), above 0."""

    def stepping(self) -> dict[str, object]:
        """Hints of `Imported`: dt, integration, reset, comparison, where they matter."""


@dataclass(frozen=True, slots=True)
class Spiking:
    """Neurons that spike, trained as they are."""

    model: Literal["IF", "Leaky"]
    threshold: float
    reset: Literal["subtract", "zero"]
    """IF: at once; Leaky: in the step after the spike, as snnTorch's Leaky by default."""
    beta: float = 1.0
    """Share of the membrane that is left after a step."""

    @property
    def steady(self) -> bool:
        """Steps differ."""
        return False

    def of_layer(self, table: Table, *, last: bool) -> "Spiking":  # noqa: ARG002  of other neurons
        """With the `threshold` of a layer."""
        return replace(self, threshold=read_threshold(table, self.threshold))

    def forward(
        self,
        arriving: Sequence[Any],
        threshold: float,
        spike: Any,
        rng: np.random.Generator | None,  # noqa: ARG002  of other neurons
    ) -> Iterator[tuple[Any, Any]]:
        """Spikes and membrane, as compared with the threshold, step by step."""
        membrane: Any = 0.0
        before: Any = 0.0
        for current in arriving:
            if self.model == "IF":
                membrane = membrane + current
            elif self.reset == "subtract":
                membrane = self.beta * membrane + current - before * threshold
            else:
                membrane = (self.beta * membrane + current) * (1.0 - before)
            spikes = spike(membrane - threshold)
            yield spikes, membrane
            before = spikes.detach()
            if self.model == "IF":
                membrane = membrane - spikes * threshold if self.reset == "subtract" else membrane * (1.0 - before)

    def parameters(self, threshold: float, factor: F64) -> dict[str, F64]:
        """The factor goes into the threshold."""
        own: F64 = threshold / factor
        if self.model == "IF":
            return {"r": np.ones(1), "v_threshold": own, "v_reset": np.zeros(1)}
        reset = float(SUBTRACT_NEXT if self.reset == "subtract" else ZERO_NEXT)
        beta = np.full(1, self.beta)
        return {"beta": beta, "gain": np.ones(1), "v_threshold": own, "reset": np.full(1, reset)}

    def stepping(self) -> dict[str, object]:
        """Leaky resets as its parameter says."""
        hints: dict[str, object] = {"dt": DT, "integration": "step"}
        return hints | {"reset": self.reset, "comparison": ">"} if self.model == "IF" else hints


def read_spiking(table: Table) -> Spiking:
    """`IF` or `Leaky` of a recipe's `[neuron]`.

    Raises
    ------
    InputError
        If a key makes no sense.
    """
    model = cast("Literal['IF', 'Leaky']", table.text("model", choices=("IF", "Leaky")))
    reset = cast("Literal['subtract', 'zero']", table.text("reset", "subtract", ("subtract", "zero")))
    beta = 1.0
    if model == "Leaky":
        beta = table.number("beta")
        if not 0 <= beta <= 1:
            raise table.error("beta", f"must lie in 0..1, not be {beta:g}")
    return Spiking(model, read_threshold(table, 1.0), reset, beta)


def read_threshold(table: Table, default: float) -> float:
    """`threshold` of a `[neuron]` or `[[layer]]`.

    Raises
    ------
    InputError
        If it is not positive.
    """
    threshold = table.number("threshold", default)
    if threshold <= 0:
        raise table.error("threshold", f"must be positive, not {threshold:g}: such a neuron would spike without input")
    return threshold
