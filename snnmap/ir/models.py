"""Neuron models: the parameters each needs, and what it sends. Knows no equation solver."""

from typing import Literal

Kind = Literal["input", "bias", "neuron"]


MODELS: dict[str, tuple[str, ...]] = {
    "input": (),
    "bias": (),
    "recorded": (),
    "IF": ("r", "v_threshold", "v_reset"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "Threshold": ("threshold",),
    "Delay": ("delay",),
    "relay": ("gain",),
    "LavaCuba": ("i_decay", "v_decay", "v_threshold", "ref_delay", "bias"),
}
"""Neuron models and the parameters each needs (names of NIR; LavaCuba: integers, Loihi's CUBA neuron)."""


ANALOG = frozenset({"LI", "CubaLI", "relay", "Delay"})
"""Models whose output is a graded value rather than spikes; each non-zero output in a step is one message."""
