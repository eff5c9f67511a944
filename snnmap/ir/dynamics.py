"""How neurons are stepped. Knows no neuron model."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How the neurons are stepped: what NIR leaves open. Recorded in every profile."""

    dt: float = 1e-3
    """Seconds per step."""
    integration: Literal["time", "step"] = "time"
    """`time`: forward Euler with dt in seconds; `step`: time constants are in steps, dt = 1 in the equations."""
    reset: Literal["value", "subtract", "zero"] = "value"
    """After a spike: v = v_reset; v -= v_threshold; v = 0."""
    comparison: Literal[">", ">="] = ">"
    """A neuron spikes if v > v_threshold, or >=."""
    clamp: float | None = None
    """Lower bound of v in multiples of -v_threshold (sinabs: 1), or none."""
    multispike: bool = False
    """Several spikes per step, floor(v / v_threshold) (sinabs); subtract reset only."""
