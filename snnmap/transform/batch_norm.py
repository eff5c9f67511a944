"""Batch normalisation behind a layer as a scale and a constant of every output; knows no network."""

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError

ROWS = ("gain", "offset", "mean", "variance")


def fold_batch_norm(
    scale: npt.ArrayLike, bias: npt.ArrayLike, statistics: npt.ArrayLike, epsilon: float = 1e-5
) -> tuple[F64, F64]:
    """Scale and bias, (outputs,) each, of a layer s k x + b with batch normalisation behind it.

    gain (s k x + b - mean) / sqrt(variance + epsilon) + offset = s' k x + b': the integers k stay, and only turn their
    sign where the gain is negative, which s' says.

    Parameters
    ----------
    scale, bias
        s and b, of every output or of all.
    statistics
        (4, outputs): gain (`weight` in torch), offset (`bias`), running mean, running variance.
    epsilon
        As in torch, whose default it has.

    Raises
    ------
    InputError
        If shapes do not fit, or something is not finite or divides by zero.
    """
    rows = np.asarray(statistics, np.float64)
    if rows.ndim != 2 or len(rows) != len(ROWS):
        raise InputError(f"statistics are rows of {', '.join(ROWS)}, not an array of shape {rows.shape}")
    outputs = rows.shape[1]
    each = [np.asarray(values, np.float64).ravel() for values in (scale, bias)]
    for name, values in zip(("scale", "bias"), each, strict=True):
        if values.size not in {1, outputs}:
            raise InputError(f"{name} has {values.size} values for {outputs} outputs")
    gain, offset, mean, variance = rows
    if not all(np.all(np.isfinite(values)) for values in (*each, rows)) or not np.all(variance + epsilon > 0):
        raise InputError("scale, bias and statistics must be finite, and variances above -epsilon")
    factor: F64 = gain / np.sqrt(variance + epsilon)
    return np.resize(each[0], outputs) * factor, (np.resize(each[1], outputs) - mean) * factor + offset
