"""What an array of samples is to a network: frames or a series, bytes, counts or values.

Whole numbers, none negative, of any type in a series are spike counts, unless an encoding is stated: 8-bit integers are
no different from 16-bit ones, and an array of 0 and 1 is spikes, not currents. Whole numbers in frames are the bytes of
images, 0..255, and are divided by 255; if none is above 1 they are used as they are, and if they are neither stored as
bytes nor any of them bright they are no image, and the encoder asks for a scale. All of it is said.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.data.layout import permuted, whole
from snnmap.frontend.data.samples import Dense

DIM = 128
"""An image that is not stored as bytes has a value of this at least, half of the range; else it is counts."""

BYTE = (0.0, 255.0)
"""What the pixels of images span that are stored as bytes."""


def is_series(data: Dense, shape: tuple[int, ...], factor: int) -> bool:
    """Whether axis 1 is time; `factor` inputs listen to one feature.

    Raises
    ------
    InputError
        If the features do not match the network's inputs either way.
    """
    per_sample = data.values.shape[1:]
    size = int(np.prod(shape))
    as_frame, as_series = int(np.prod(per_sample)) * factor, int(np.prod(per_sample[1:])) * factor
    if data.timed is not True and factor == 1 and as_frame == size:
        _check_axes(per_sample, shape, data.declared)
        return False
    if data.timed is not False and len(per_sample) > 1 and as_series == size:
        if factor == 1:
            _check_axes(per_sample[1:], shape, data.declared)
        return True
    each = "" if factor == 1 else f", {factor} inputs for every value (on and off)"
    what = {True: "steps, features", False: "features", None: "features or steps, features"}[data.timed]
    raise InputError(
        f"a sample of the data has shape {per_sample} ({what}), but the network's inputs have shape {shape}{each}; "
        "reshape, crop or rescale the data so that its features match"
    )


def _check_axes(features: tuple[int, ...], inputs: tuple[int, ...], declared: bool) -> None:
    """Refuse features whose axes are the inputs' in another order."""
    if not declared and permuted(features, inputs):
        raise InputError(
            f"the features of the data have axes {features}, but the network's inputs have axes {inputs}: they look "
            "permuted; say --layout, for example BTHWC"
        )


def read_as(data: Dense, timed: bool) -> list[str]:
    """How the axes of an array were taken that nobody declared, where they could be others."""
    if data.declared or data.timed is not None or data.values.ndim < 3:
        return []
    count, per_sample = data.samples, data.values.shape[1:]
    what = f"samples ({count:,}), steps ({per_sample[0]:,}), features" if timed else f"frames ({count:,}), features"
    return [f"the axes of the data {data.values.shape} are {what}; say --layout if they are others"]


def numbers(data: Dense, timed: bool, encode: str | None) -> tuple[Dense, list[str]]:
    """The data with the meaning of whole numbers (module docstring) written in, and what is to be said of it."""
    if data.spiking or data.span is not None or not whole(data.values):
        return data, []
    high = float(data.values.max(initial=0))
    if timed and encode is None:
        of = "0 and 1 are taken as spikes" if high <= 1 else "whole numbers are taken as spike counts"
        return replace(data, spiking=True), [f"the {of}, as no encoding is stated"]
    dim = data.values.dtype != np.uint8 and high < DIM
    if timed or data.values.dtype.kind not in "iu" or not 1 < high <= BYTE[1] or dim:
        return data, []
    return replace(data, span=BYTE), [f"the values 0 to {high:g} of the images are divided by 255"]


def unit_scaled(data: Dense) -> Callable[[npt.NDArray[Any]], F64]:
    """Function that scales values to 0..1.

    Raises
    ------
    InputError
        If their range is not known and they leave 0..1.
    """
    if data.span == BYTE:
        return lambda values: values / BYTE[1]
    if data.span is not None:
        low, high = data.span
        width = high - low or 1.0
        return lambda values: np.clip((values.astype(np.float64) - low) / width, 0.0, 1.0)
    low, high = float(data.values.min(initial=0)), float(data.values.max(initial=0))
    if low < 0 or high > 1:
        raise InputError(f"the values span {low:g} to {high:g}; scale them to 0..1, or use --encode current")
    return lambda values: values.astype(np.float64)


def five_bits(values: F64) -> npt.NDArray[np.uint8]:
    """The integers min(floor(32 x), 31) of values x in 0..1."""
    return np.minimum(values * 32 // 1, 31).astype(np.uint8)
