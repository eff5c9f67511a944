"""Checks of what the public functions of this package are given: finite numbers in range, shapes that fit."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError

BOLTZMANN = 1.380649e-23
"""J/K, exact by definition of the kelvin."""


class Values(Protocol):
    """Anything that gives a number in SI by key, e.g. a chip or technology record, or a dict."""

    def __getitem__(self, key: str, /) -> float: ...


def scalar(name: str, value: float, *, above: float | None = None, least: float | None = None) -> float:
    """`value` as float.

    Raises
    ------
    InputError
        If it is not one finite number, not `above` or not at `least` the bound.
    """
    number = np.asarray(value)
    if number.ndim or number.dtype.kind not in "iuf" or not np.isfinite(number):
        raise InputError(f"{name} must be one finite number, not {value!r}")
    if above is not None and not number > above:
        raise InputError(f"{name} must be more than {above:g}, not {value:g}")
    if least is not None and not number >= least:
        raise InputError(f"{name} must be at least {least:g}, not {value:g}")
    return float(number)


def positive(**values: float) -> None:
    """Refuse any of `values` that is not a finite number above 0."""
    for name, value in values.items():
        scalar(name, value, above=0.0)


def not_negative(**values: float) -> None:
    """Refuse any of `values` that is not a finite number of at least 0."""
    for name, value in values.items():
        scalar(name, value, least=0.0)


def numbers(name: str, values: npt.ArrayLike, *, least: float | None = None, ndim: int | None = None) -> F64:
    """`values` as float64 array.

    Raises
    ------
    InputError
        If they are not finite numbers, below `least`, or not of `ndim` dimensions.
    """
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be an array of numbers") from None
    if ndim is not None and array.ndim != ndim:
        raise InputError(f"{name} must have {ndim} dimensions, has {array.ndim}")
    if not np.all(np.isfinite(array)):
        raise InputError(f"{name} holds a value that is not finite")
    if least is not None and array.size and array.min() < least:
        raise InputError(f"{name} must be at least {least:g}, holds {array.min():g}")
    return array


def same_shape(**arrays: F64) -> None:
    """Refuse `arrays` of different shapes."""
    shapes: Mapping[str, tuple[int, ...]] = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise InputError("shapes differ: " + ", ".join(f"{name} {shape}" for name, shape in shapes.items()))
