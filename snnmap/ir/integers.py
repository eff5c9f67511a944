"""Weights that are integers: which ones there are, and neurons that count in units of such a weight. Knows no cell.

Weights of an odd number of *levels* are the integers -(levels - 1)/2 .. (levels - 1)/2, those of an even number the odd
integers -(levels - 1) .. levels - 1, so that 2 levels are -1 and 1. Both are symmetric: cells hold a weight and its
negative alike.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, Bool
from snnmap.ir.models import MODELS

Quantiser = Literal["max", "percentile", "mse"]
QUANTISERS: tuple[Quantiser, ...] = get_args(Quantiser)
"""Ways to choose what the integer 1 stands for (`transform.quantise`)."""

BITS = (1, 8)
"""Fewest and most bits of an integer weight."""
LEVELS = (2, 256)
"""Fewest and most levels."""

GAINS: Mapping[str, str] = {"LI": "r", "CubaLI": "w_in", "relay": "gain", "SoftLIF": "r", "MIF": "gain"}
"""Parameter that multiplies the input, of models whose state is what they send and so must keep its unit."""
STATE = frozenset({"V", "A"})
"""Units of the parameters that are compared with sums of weights, or with what is integrated of them."""


def levels_of(bits: int) -> int:
    """Levels of weights of `bits` bits: -1 and 1 of one bit, else all integers of that width but the most negative."""
    return 2 if bits == 1 else 2**bits - 1


def largest(levels: int) -> int:
    """The largest weight of so many levels."""
    return levels - 1 if levels % 2 == 0 else levels // 2


def nearest(values: npt.ArrayLike, levels: int) -> F64:
    """The weight of so many levels that is nearest to each of `values`, float64 of their shape.

    Ties go to the even integer, or, where there are odd ones only, up.
    """
    exact = np.asarray(values, np.float64)
    whole = np.rint(exact) if levels % 2 else 2 * np.floor(exact / 2) + 1
    most = largest(levels)
    rounded: F64 = np.clip(whole, -most, most) + 0.0  # no -0, which is a 0 of other bytes
    return rounded


def foreign(values: npt.ArrayLike, levels: int) -> Bool:
    """Which of `values` are no weight of so many levels."""
    exact = np.asarray(values, np.float64)
    other: Bool = exact != nearest(exact, levels)
    return other


def in_units_of(unit: F64, model: str, parameters: Mapping[str, F64]) -> dict[str, F64] | None:
    """Parameters with which a neuron does the same, once the weights into it are divided by `unit`.

    Thresholds, resets and leak potentials are divided as well; a neuron that sends its state multiplies its input by
    `unit` instead. Biases are weights, and the caller's.

    Parameters
    ----------
    unit
        Per neuron, positive, (size,).
    model
        A key of `MODELS`.
    parameters
        Per parameter (size,).

    Returns
    -------
    dict or None
        float64 (size,) each; none if the model has nothing to take the unit: delays, Loihi's integers, recordings.
    """
    scaled = {key: np.asarray(values, np.float64) for key, values in parameters.items()}
    if model in GAINS:
        return scaled | {GAINS[model]: scaled[GAINS[model]] * unit}
    states = [key for key, parameter in MODELS[model].parameters.items() if parameter.unit in STATE]
    if MODELS[model].graded or not states:
        return None
    return scaled | {key: scaled[key] / unit for key in states}
