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


def swapped_hint(shape: tuple[int, ...], labels: int) -> str:
    """What to say where the axes of steps and samples look exchanged; empty if they do not.

    Parameters
    ----------
    shape
        Shape of an array that was read as (samples, steps, ...) without being declared so.
    labels
        Number of labels.
    """
    if len(shape) < 3 or shape[1] != labels or shape[0] == labels:
        return ""
    rest = "F" if len(shape) == 3 else SPACE[-(len(shape) - 2) :]
    return f"time and batch look swapped: the axes are {shape}; say --layout TB{rest} if the first is time"


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
