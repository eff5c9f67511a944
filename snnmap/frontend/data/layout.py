"""Axes of an array of samples, as declared by letters or as they must be guessed. Knows arrays, no file and no network.

`B` samples, `T` steps, `C` channels, `H` rows, `W` columns, `F` features without a shape of their own. `BTCHW` is what
snnmap takes where nothing is declared; tonic and SpikingJelly write `TBCHW`, SLAYER `BCHWT`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.errors import InputError

LETTERS = "BTCHWF"
"""In the order in which readers see the axes."""

SPACE = "CHW"


def checked_layout(layout: str) -> str:
    """Letters of a layout in upper case.

    Raises
    ------
    InputError
        If a letter is unknown or repeated, or features stand beside channels, rows or columns.
    """
    letters = layout.upper()
    wrong = [letter for letter in letters if letter not in LETTERS or letters.count(letter) > 1]
    if wrong or not letters.strip("BT") or ("F" in letters and any(letter in SPACE for letter in letters)):
        raise InputError(
            f"layout {layout!r} is not one letter per axis of B (samples), T (steps), and either F (features) or C, H, "
            "W (channels, rows, columns); for example BTF, TBF, BTCHW, TBCHW, BCHW"
        )
    return letters


def arranged(values: npt.NDArray[Any], layout: str) -> npt.NDArray[Any]:
    """`values` with axes in the order B, T, C, H, W, F; a missing B becomes one sample.

    Raises
    ------
    InputError
        If there is not one letter per axis.
    """
    letters = checked_layout(layout)
    if len(letters) != values.ndim:
        raise InputError(f"layout {letters} has {len(letters)} axes, but the data have {values.ndim}: {values.shape}")
    ordered = values.transpose([letters.index(letter) for letter in LETTERS if letter in letters])
    return ordered if "B" in letters else ordered[None]


def swapped_hint(shape: tuple[int, ...], count: int) -> str:
    """What to say where the axes of steps and samples look exchanged; empty if they do not.

    Parameters
    ----------
    shape
        Shape of an array that was read as (samples, steps, ...) without being declared so.
    count
        Number of labels, or of samples that were asked for.
    """
    if len(shape) < 3 or shape[1] != count or shape[0] == count:
        return ""
    return f"time and batch look swapped: the axes are {shape}; say --layout TB{_rest(shape)} if the first is time"


def _rest(shape: tuple[int, ...]) -> str:
    """Letters of the axes after the first two."""
    return "F" if len(shape) == 3 else SPACE[-(len(shape) - 2) :]


def must_not_be_swapped(values: npt.NDArray[Any]) -> None:
    """Refuse an array read as (samples, steps, ...) that is more likely (steps, samples, ...).

    Raises
    ------
    InputError
        If it looks swapped (`looks_swapped`); it names both layouts.
    """
    if looks_swapped(values):
        rest = _rest(values.shape)
        raise InputError(
            f"time and batch look swapped: in the array {values.shape}, read as samples, steps and features, all "
            f"samples are alike and no two steps are; say --layout TB{rest} if the first axis is time, --layout "
            f"BT{rest} if it is not"
        )


LOOKED_AT = 48, 48, 256
"""Samples, steps and features that the axes are told by, at most."""
ALIKE, UNLIKE, DIFFERENT = 0.2, 0.05, 0.2
"""Correlations: of steps of one sample that holds still, at least; of different samples, at most; and the same where
the steps are equal. Poisson-coded MNIST has 0.03 to 0.8 and 0.02, N-MNIST in bins of 30 ms 0.02 and 0.1."""
FEWEST = 4, 8
"""Steps and samples that a judgement takes."""
SIZE = 2000
"""Values that a judgement takes: chance correlations are then below 0.05."""


def looks_swapped(values: npt.NDArray[Any]) -> bool:
    """Whether an array read as (samples, steps, ...) is more likely (steps, samples, ...).

    Only where it is clear: a sample seems to hold still over all its steps (any two entries along the first axis are
    alike) and no two samples are alike (along the second), which is how a coded image looks the wrong way round. Data
    in which no feature is active twice in a sample are never it: the time of a spike may be all that they tell.
    """
    corner = values[: LOOKED_AT[0], : LOOKED_AT[1]]
    if any(size < least for size, least in zip(corner.shape, FEWEST, strict=False)):
        return False
    flat = corner.reshape(*corner.shape[:2], -1)
    flat = flat[:, :, :: -(-flat.shape[2] // LOOKED_AT[2])].astype(np.float64)
    flat = flat[:, :, np.any(flat != flat[:1, :1], axis=(0, 1))]
    if flat.size < SIZE or np.count_nonzero(flat, axis=1).max() <= 1:
        return False
    most = DIFFERENT if np.all(flat == flat[:1]) else UNLIKE
    flat -= flat.mean(axis=(0, 1))
    return bool(_correlations(flat).min() >= ALIKE and _correlations(flat.swapaxes(0, 1)).max() <= most)


def _correlations(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of entries along the first axis that are 1, 2, ... apart, up to half of its length."""
    power = np.mean(values * values)
    return np.array([np.mean(values[:-lag] * values[lag:]) / power for lag in range(1, len(values) // 2 + 1)])


def permuted(features: tuple[int, ...], inputs: tuple[int, ...]) -> bool:
    """Whether the axes of one step are those of the network's inputs in another order, axes of 1 left out."""
    a, b = ([size for size in shape if size > 1] for shape in (features, inputs))
    return a != b and sorted(a) == sorted(b)


def whole(values: npt.NDArray[Any]) -> bool:
    """Whether all values are whole numbers and none is negative."""
    if values.dtype.kind in "bu":
        return True
    if values.dtype.kind not in "if" or (values.size and values.min() < 0):
        return False
    return values.dtype.kind == "i" or bool(np.all(values == np.rint(values)))
