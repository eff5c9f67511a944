"""Signed weights as conductances of cells: what is programmed for a weight, and what a column reads back.

A weight is given as r, its value over the largest of its population, -1 to 1. A cell has `levels` states of equidistant
conductance, state 0 at g_min and the last at g_max, or any conductance in between (`levels` 0, analog). With s cells
(*slices*) a magnitude is a number of s digits to the base `levels`, most significant first, N = levels^s in all.

`pair_arrays`, `pair_columns`, `pair_rows`
    Two *halves*, one for each sign, subtracted: |r| = k / (N - 1) in the half of its sign, 0 in the other. They differ
    in where the halves stand (`hardware.weights`), which is not known here.
`offset_column`
    One half: state k stands for r = 2 k / (N - 1) - 1. A reference column half-way between g_min and g_max is
    subtracted; that is also where an absent synapse stands. An even N has no state for r = 0.

What cells hold is written as their *share*, (g - g_min) / (g_max - g_min). Slices of an analog weight hold one share
each, alike. Sources: differential pairs and offset columns as in CrossSim and NeuroSim; bit slicing as in ISAAC
(Shafiee et al., ISCA 2016).
"""

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics.checks import numbers

ENCODINGS = ("pair_arrays", "pair_columns", "pair_rows", "offset_column")
"""Every way to hold a sign."""


def halves(encoding: str) -> int:
    """Cells of a slice: one for each sign, or a single one beside a reference.

    Raises
    ------
    InputError
        If there is no such encoding.
    """
    if encoding not in ENCODINGS:
        raise InputError(f"no encoding of weights is called {encoding!r}; there are {', '.join(ENCODINGS)}")
    return 1 if encoding == "offset_column" else 2


def rest(encoding: str) -> float:
    """Share of a cell that stands for no synapse: 0, or half-way where a reference is subtracted."""
    return 0.5 if halves(encoding) == 1 else 0.0


def significance(levels: int, slices: int) -> F64:
    """What a full cell of each slice adds to |r|, most significant first, float64 (slices,); they add up to 1."""
    if levels == 0:
        return np.full(slices, 1.0 / slices)
    place: F64 = np.power(float(levels), np.arange(slices - 1, -1, -1), dtype=np.float64)
    return place / float(place.sum())


def shares(relative: npt.ArrayLike, encoding: str, levels: int, slices: int) -> F64:
    """Shares of the cells that hold weights, float64 (halves, slices, *shape of relative), to the nearest state.

    Parameters
    ----------
    relative
        r, -1 to 1, of any shape.
    levels
        States of a cell, 2 and up, or 0: analog.
    slices
        Cells that a magnitude is spread over.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    r = numbers("relative", relative)
    if r.size and np.abs(r).max() > 1.0:
        raise InputError(f"a weight must lie in -1 to 1 of the largest, not at {np.abs(r).max():g}")
    if levels == 1 or levels < 0 or slices < 1:
        raise InputError(f"cells need 2 levels or more (0: analog) and 1 slice or more, not {levels} and {slices}")
    if halves(encoding) == 1:
        return _digits((1.0 + r) / 2.0, levels, slices)[np.newaxis]
    return np.stack([_digits(np.maximum(r, 0.0), levels, slices), _digits(np.maximum(-r, 0.0), levels, slices)])


def weights(held: npt.ArrayLike, encoding: str, levels: int) -> F64:
    """Values r that cells of shares `held` (halves, slices, ...) stand for, float64 of the remaining shape.

    Linear in `held`, any real numbers: shares of drawn, drifted or attenuated conductances give what they act as.
    """
    cells = numbers("held", held)
    if cells.ndim < 2 or len(cells) != halves(encoding):
        raise InputError(f"{encoding} has {halves(encoding)} halves of slices, not an array of shape {cells.shape}")
    each = halves_of(cells, levels)
    signed: F64 = 2.0 * each[0] - 1.0 if len(each) == 1 else each[0] - each[1]
    return signed


def halves_of(held: F64, levels: int) -> F64:
    """What the halves (halves, ...) of cells of shares `held` (halves, slices, ...) come to, slices added up.

    One slice after the other: threads of BLAS cost more than so few products.
    """
    each = np.zeros((len(held), *held.shape[2:]))
    for s, digit in enumerate(significance(levels, held.shape[1]).tolist()):
        each += digit * held[:, s]
    return each


def _digits(magnitude: F64, levels: int, slices: int) -> F64:
    """Shares (slices, ...) that add up to `magnitude`, 0 to 1, or to the nearest k / (N - 1)."""
    if levels == 0:
        return np.broadcast_to(magnitude, (slices, *magnitude.shape)).copy()
    left = np.rint(magnitude * (float(levels) ** slices - 1.0))
    held = np.empty((slices, *magnitude.shape))
    for s in range(slices - 1, -1, -1):
        left, digit = np.divmod(left, levels)
        held[s] = digit / (levels - 1)
    return held
