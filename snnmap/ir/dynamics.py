"""How neurons are stepped. Knows no neuron model."""

import decimal
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnmap.core.arrays import F64

Integration = Literal["time", "step"]
Decay = Literal["euler", "exponential"]
Reset = Literal["value", "subtract", "zero", "subtract-next", "none"]
Comparison = Literal[">", ">="]


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How the neurons are stepped: what NIR leaves open. Recorded in every profile."""

    dt: float = 1e-3
    """Seconds per step."""
    integration: Integration = "time"
    """`time`: time constants and dt are in seconds; `step`: time constants are in steps, dt = 1 in the equations."""
    reset: Reset = "value"
    """After a spike: v = v_reset; v -= v_threshold; v = 0; `subtract-next`: v keeps its value and v_threshold is
    subtracted in the next step, after leak and input (snnTorch's `reset_delay`); `none`: v keeps its value."""
    comparison: Comparison = ">"
    """A neuron spikes if v > v_threshold, or >=."""
    clamp: float | None = None
    """Lower bound of v in multiples of -v_threshold (sinabs: 1), or none."""
    multispike: bool = False
    """Several spikes per step, floor(v / v_threshold) (sinabs); subtract reset only."""
    decay: Decay = "euler"
    """Share of a time constant tau that passes in a step: dt / tau (`euler`) or 1 - exp(-dt / tau), which is exact for
    an input that is constant within the step (`exponential`; sinabs)."""

    @property
    def step(self) -> float:
        """The step in the unit of the time constants: `dt`, or 1 where they count steps."""
        return self.dt if self.integration == "time" else 1.0


def share(tau: F64, step: float, decay: Decay) -> F64:
    """Share of every time constant that passes in a step (`Dynamics.decay`); `tau` (n,) and `step` in one unit.

    The exponential is computed in decimal arithmetic and rounded once, because the C libraries of two machines may
    differ in its last bit.
    """
    if decay == "euler":
        return step * (1.0 / tau)
    distinct, where = np.unique(tau, return_inverse=True)
    with decimal.localcontext(prec=40):
        exact = [float(1 - (-decimal.Decimal(step / value)).exp()) for value in distinct.tolist()]
    return np.array(exact, np.float64)[where.ravel()]
