"""`soft_lif`: the rates of leaky neurons are trained, with a smooth threshold; what is written spikes.

A neuron that hears a steady x sends, per second, with j = x / threshold,

    r = 1 / (tau_ref + tau ln(1 + 1 / rho)),  rho = gamma ln(1 + exp((j - 1) / gamma)),

which for gamma towards 0 is the rate of a `RefractoryLIF`. In training all steps are one: r dt is sent, the spikes that
are expected in a step, which is what spikes through an alpha synapse of area 1 come to on average. While batches are
trained on, Gaussian noise is added to the rates of all layers but the last, as spikes seem noisy to whoever hears them
through a synapse: so the network still works when rates become `RefractoryLIF` neurons behind such synapses.

Sources: E. Hunsberger, C. Eliasmith, arXiv 1611.05141 (noise of 10 Hz, as recalled, not re-read); E. Hunsberger's
thesis, `doc/thesis-spike.tex` of hunse/phd at GitHub (the equations). There tau is 50 ms, tau_ref 1 ms, gamma 0.02, and
only rates with j > 1 are noisy: defaults here are ours, and all rates are.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.toml import Table
from snnmap.ir.integers import in_units_of
from snnmap.train.neurons import DT, read_threshold
from snnmap.train.tensors import normal
from snnmap.train.usual import Numbers

FAR = -15.0
"""ln(ln(1 + exp(z))) is z to single precision below it."""


@dataclass(frozen=True, slots=True)
class SoftLIF:
    """Rates in training, `RefractoryLIF` in the network."""

    threshold: float
    tau: float
    """Seconds, as all times."""
    tau_ref: float
    tau_alpha: float | None
    """Of the alpha synapse in front of each neuron; none: input goes in as it comes."""
    gamma: float
    noise: float
    """Standard deviation of what is added to rates in training, 1/s."""

    @property
    def model(self) -> str:
        """Nengo's LIF."""
        return "RefractoryLIF"

    @property
    def steady(self) -> bool:
        """A rate stands for all steps."""
        return True

    def of_layer(self, table: Table, *, last: bool) -> "SoftLIF":
        """With the `threshold` of a layer; nobody hears the last one through a synapse."""
        return replace(self, threshold=read_threshold(table, self.threshold), noise=0.0 if last else self.noise)

    def forward(
        self,
        arriving: Sequence[Any],
        threshold: float,
        spike: Any,  # noqa: ARG002  of neurons that spike in training
        rng: np.random.Generator | None,
    ) -> Iterator[tuple[Any, Any]]:
        """Spikes that are expected in a step, and j - 1."""
        for current in arriving:
            over = current / threshold - 1.0
            rates = DT / (self.tau_ref + self.tau * _log_ratio(over / self.gamma, self.gamma))
            if rng is not None and self.noise > 0:
                rates = rates + self.noise * DT * normal(rng, rates.shape)
            yield rates, over

    def parameters(self, threshold: float, factor: F64) -> dict[str, F64]:
        """The factor goes into the threshold."""
        own = {
            "tau": np.full(1, self.tau),
            "tau_ref": np.full(1, self.tau_ref),
            "r": np.ones(1),
            "v_threshold": np.full(1, threshold),
            "v_min": np.zeros(1),
        }
        if self.tau_alpha is not None:
            own["tau_alpha"] = np.full(1, self.tau_alpha)
        scaled = in_units_of(factor, self.model, own)
        assert scaled is not None
        return scaled

    def stepping(self) -> dict[str, object]:
        """Times are in seconds; RefractoryLIF resets as its equation says."""
        return {"dt": DT, "integration": "time"}


def _log_ratio(z: Any, gamma: float) -> Any:
    """ln(1 + 1 / rho) of rho = gamma ln(1 + exp(z)), for every z: rho itself would be 0 far below the threshold."""
    import torch

    soft = torch.nn.functional.softplus(z.clamp_min(FAR))
    return torch.log1p(gamma * soft) - math.log(gamma) - torch.where(z > FAR, soft.log(), z)


@dataclass(frozen=True, slots=True)
class SoftRates(Numbers):
    """Rates have a derivative: no slope stands for one."""

    gamma: float
    noise: float
    gradient: None = None

    def neurons(self, table: Table) -> SoftLIF:
        """Neurons of a recipe's `[neuron]`.

        Raises
        ------
        InputError
            If a key makes no sense.
        """
        table.text("model", choices=("RefractoryLIF",))
        times = {key: _positive(table, key, default) for key, default in (("tau", 0.02), ("tau_ref", 0.002))}
        tau_alpha = _positive(table, "tau_alpha", 0.0) if "tau_alpha" in table else None
        return SoftLIF(read_threshold(table, 1.0), times["tau"], times["tau_ref"], tau_alpha, self.gamma, self.noise)


def read(table: Table, layers: int) -> SoftRates:  # noqa: ARG001  as every method's
    """The method of a recipe's `[method]`.

    Raises
    ------
    InputError
        If a key makes no sense.
    """
    return SoftRates(_positive(table, "gamma", 0.03), table.number("noise", 10.0, low=0.0))


def _positive(table: Table, key: str, default: float) -> float:
    """A positive number."""
    value = table.number(key, default)
    if value <= 0:
        raise table.error(key, f"must be positive, not {value:g}")
    return value
