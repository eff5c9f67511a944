"""`mac`: integer networks for machines that multiply and accumulate in place, with their noise in training.

A weight is an integer k of 6 bits and a sign, from -63 to 63: its latent number times `UNIT`, rounded. A layer's result
is, with x what it hears and noise drawn anew for every result of every batch,

    y = clamp(floor(num_sends gain (sum of k x) + noise), -128, 127),

of which the last layer sends y, all others min(max(y, 0) >> shift, most). Rounding and floors pass gradients as if they
were not there, bounds do not. What is written are `MacReLU` and `MacLinear` with the gain num_sends x gain; they have
no noise. A layer of several blocks of inputs is digitised in parts, and is as noisy as all are: its noise is stated.

Sources: hardware in the loop of BrainScaleS-2, Weis et al., arXiv 2006.13177, hxtorch, arXiv 2006.13138 (the mock's
gain and noise); straight-through estimator, Bengio, Leonard, Courville, arXiv 1308.3432. The fixed pattern of a chip is
not drawn in training: noise alone makes networks that keep their accuracy under it; `mac_chip` goes on with one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.toml import Table
from snnmap.ir.integers import largest, levels_of
from snnmap.train.neurons import DT
from snnmap.train.tensors import normal, straight
from snnmap.train.usual import Numbers

UNIT = 120.0
"""Integers per latent number: begun with a variance of 1 / fan-in, weights are about 12 of 100 inputs."""
LEAST, MOST = -128, 127
"""Of a converter of 8 bits."""
SOFTNESS = 10.0
"""Results of the last layer are divided by it before the loss `membrane`."""


@dataclass(frozen=True, slots=True)
class Units:
    """Integer units behind a noisy converter."""

    gain: float
    """Per send."""
    noise: float
    """Standard deviation of a result, steps of the converter."""
    shift: int
    most: int
    sends: int = 1
    last: bool = False

    @property
    def model(self) -> str:
        """Results of the last layer have a sign."""
        return "MacLinear" if self.last else "MacReLU"

    @property
    def threshold(self) -> float:
        """None."""
        return 1.0

    @property
    def steady(self) -> bool:
        """There is one step."""
        return False

    def of_layer(self, table: Table, *, last: bool) -> "Units":
        """With the `num_sends` and the `noise` of a layer.

        Raises
        ------
        InputError
            If the layer has a constant, for which there is no row.
        """
        if table.flag("batch_norm", False) or table.flag("bias", True):
            raise table.error("bias", "must be false, and batch_norm too: integer layers have no constants")
        sends = table.integer("num_sends", 1, low=1, high=1000)
        return replace(self, sends=sends, noise=table.number("noise", self.noise, low=0.0), last=last)

    def forward(
        self,
        arriving: Sequence[Any],
        threshold: float,  # noqa: ARG002  of neurons that have one
        spike: Any,  # noqa: ARG002  of neurons that spike in training
        rng: np.random.Generator | None,
    ) -> Iterator[tuple[Any, Any]]:
        """What is sent, and what the loss sees of it."""
        for sums in arriving:
            result = self.scaled(sums)
            if rng is not None and self.noise > 0:
                result = result + self.noise * normal(rng, result.shape)
            result = straight(result, result.floor()).clamp(LEAST, MOST)
            if not self.last:
                part = result.clamp_min(0) / 2**self.shift
                result = straight(part, part.floor()).clamp_max(self.most)
            yield result, result / SOFTNESS

    def scaled(self, sums: Any) -> Any:
        """Sums in steps of the converter."""
        return self.sends * sums / (1 / self.gain)  # so that whole results are whole in single precision

    def parameters(self, threshold: float, factor: F64) -> dict[str, F64]:  # noqa: ARG002  of neurons that have one
        """Weights are integers as they are; the factor is 1."""
        own = {"gain": np.full(1, self.sends * self.gain), "shift": np.full(1, float(0 if self.last else self.shift))}
        if self.last:
            return own | {"least": np.full(1, float(LEAST)), "most": np.full(1, float(MOST))}
        return own | {"most": np.full(1, float(self.most))}

    def stepping(self) -> dict[str, object]:
        """One step is one frame."""
        return {"dt": DT, "integration": "step"}


@dataclass(frozen=True, slots=True)
class Mac(Numbers):
    """Integer weights, trained straight through."""

    bits: int
    """Of a weight's magnitude."""
    gain: float
    noise: float
    gradient: None = None

    @property
    def levels(self) -> int:
        """Both signs, and 0."""
        return levels_of(self.bits + 1)

    def neurons(self, table: Table) -> Units:
        """Units of a recipe's `[neuron]`.

        Raises
        ------
        InputError
            If a key makes no sense.
        """
        table.text("model", choices=("MacReLU",))
        return Units(
            self.gain, self.noise, table.integer("shift", 2, high=7), table.integer("most", 31, low=1, high=MOST)
        )

    def weight(self, latent: Any) -> tuple[Any, Any]:
        """Integers, which are what they are: 1 stands for 1."""
        most = largest(self.levels)
        inside = (latent * UNIT).clamp(-most, most)
        return straight(inside, inside.round()), latent.new_ones(1)


def read(table: Table, layers: int) -> Mac:  # noqa: ARG001  as every method's
    """The method of a recipe's `[method]`.

    Raises
    ------
    InputError
        If a key makes no sense.
    """
    gain = table.number("gain", 0.002)
    if gain <= 0:
        raise table.error("gain", f"must be positive, not {gain:g}")
    return Mac(table.integer("bits", 6, low=1, high=7), gain, table.number("noise", 2.0, low=0.0))
