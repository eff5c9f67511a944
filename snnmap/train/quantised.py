"""`quantised`: weights of few levels in the forward pass, latent numbers trained straight through; annealed thresholds.

A weight is an integer k times a scale, of its layer or of its output (channel). The scale is what has the least squared
error for normal weights of the same root mean square (Max, IRE Trans. Inf. Theory 6, 7, 1960). In the backward pass k
moves as its latent number does as long as that is in range. Constants are integers too, as cells hold them.

`threshold_annealing`: thr += alpha (thr_final - thr) per iteration, so that thr = thr_final + (thr_start - thr_final)
(1 - alpha)^n after n of them. The final value is given, and not the increment.

Sources: straight-through, Bengio, Leonard, Courville, arXiv 1308.3432; weights of 4 bits (QSNN) and of 2 states with
annealed thresholds (SNN-THA) as their papers describe them; the equations here are ours where those leave a choice.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from snnmap.core.toml import Table
from snnmap.ir.integers import BITS, LEVELS, largest, levels_of, nearest
from snnmap.train.neurons import Spiking, read_spiking
from snnmap.train.surrogate import Gradient, read_gradient
from snnmap.train.tensors import straight
from snnmap.train.usual import Usual

MOST_ROWS = 64
"""Rows of its cells that a constant may take."""


@dataclass(frozen=True, slots=True)
class Annealing:
    """How thresholds move."""

    alpha: float
    final: tuple[float, ...]
    """Per layer."""


@dataclass(frozen=True, slots=True)
class Quantised(Usual):
    """Weights of so many levels."""

    gradient: Gradient
    levels: int
    per_channel: bool = False
    annealing: Annealing | None = None

    def neurons(self, table: Table) -> Spiking:
        """Neurons of a recipe's `[neuron]`, which spike."""
        return read_spiking(table)

    def weight(self, latent: Any) -> tuple[Any, Any]:
        """Integers, and what 1 stands for, (1,) or (outputs,), of latent weights (outputs, ...)."""
        import torch

        step = best_step(self.levels)
        with torch.no_grad():
            power = (latent**2).flatten(1).mean(1) if self.per_channel else (latent**2).mean().view(1)
            scale = power.sqrt().clamp_min(1e-12) * step
        return rounded(latent / scale.view(-1, *(1,) * (latent.dim() - 1)), self.levels), scale

    def constant(self, value: Any) -> Any:
        """Constants (outputs,) as integers of at most `MOST_ROWS` rows."""
        return whole_constant(value, self.levels)

    def threshold(self, layer: int, start: float, iteration: int) -> float:
        """Threshold of a layer in an iteration."""
        if self.annealing is None:
            return start
        final = self.annealing.final[layer]
        return final + (start - final) * (1.0 - self.annealing.alpha) ** iteration


def rounded(ratio: Any, levels: int) -> Any:
    """The nearest of so many levels, straight through as long as the number is in their range."""
    import torch

    most, odd_only = largest(levels), levels % 2 == 0
    whole = 2 * torch.floor(ratio / 2) + 1 if odd_only else torch.round(ratio)
    whole = whole.clamp(-most, most)
    reach = 1.5 * most + 1 if odd_only else most + 0.5
    return straight(ratio.clamp(-reach, reach), whole)


def whole_constant(value: Any, levels: int) -> Any:
    """Constants (outputs,) as integers of at most `MOST_ROWS` rows of weights of so many levels, straight through."""
    most = float(MOST_ROWS * largest(levels))
    inside = value.clamp(-most, most)
    return straight(inside, inside.round())


@cache
def best_step(levels: int) -> float:
    """Scale of least squared error for weights of so many levels that are normal with variance 1."""
    x = np.linspace(-6.0, 6.0, 4801)
    density = np.exp(-(x**2) / 2)
    steps = np.linspace(0.01, 2.0, 400)
    errors = [float(np.sum(density * (x - step * nearest(x / step, levels)) ** 2)) for step in steps]
    return float(steps[int(np.argmin(errors))])


def read(table: Table, layers: int) -> Quantised:
    """The method of a recipe's `[method]`.

    Raises
    ------
    InputError
        If a key makes no sense.
    """
    if ("bits" in table) == ("levels" in table):
        raise table.error("bits", "say either bits, 1 to 8, or levels, 2 to 256, of a weight")
    if "bits" in table:
        levels = levels_of(table.integer("bits", low=BITS[0], high=BITS[1]))
    else:
        levels = table.integer("levels", low=LEVELS[0], high=LEVELS[1])
    per_channel = table.text("scale", "layer", ("layer", "channel")) == "channel"
    return Quantised(read_gradient(table), levels, per_channel, _annealing(table, layers))


def _annealing(table: Table, layers: int) -> Annealing | None:
    """`threshold_annealing`, if there is one."""
    given = table.table("threshold_annealing", None)
    if given is None:
        return None
    alpha = given.number("alpha", low=0.0)
    if not 0 < alpha < 1:
        raise given.error("alpha", f"must lie between 0 and 1, not be {alpha:g}")
    final = given.numbers("final") if isinstance(given.value("final"), list) else (given.number("final"),) * layers
    given.end()
    if len(final) != layers or min(final) <= 0:
        raise given.error("final", f"must be a positive threshold, or one for each of the {layers} layers")
    return Annealing(alpha, final)
