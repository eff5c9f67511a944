"""Event lists from arrays of coordinates and times, whatever the program that wrote them calls its columns.

=============== =====================================================================================================
times           `t_us`, `t_ms`, or `t` (also `ts`, `time`, `times`, `timestamp`, `timestamps`; floats: seconds; whole
                numbers: microseconds)
where           `x`, `y` (`xs`, `ys`), optional `p` (`ps`, `pol`, `polarity`, `on`; 0 / 1 or -1 / 1), or flat indices
                `i` (`idx`, `unit`, `units`, `addr`, `address`)
samples         `offsets` (samples + 1,), or `sample` (`recording`, `trial`) per event; one sample if there are none
=============== =====================================================================================================

A structured array (tonic, `x, y, t, p`) is the same, its fields being the columns.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, I64, offsets
from snnmap.core.errors import InputError
from snnmap.frontend.data.archive import Arrays, integers
from snnmap.frontend.data.samples import Events, Recording, finite

TIMES = {"t_us": 1e-6, "t_ms": 1e-3, "t": 1.0}
"""Seconds per unit of a column of times."""

ALIASES = {
    "xs": "x",
    "ys": "y",
    **dict.fromkeys(("ts", "time", "times", "timestamp", "timestamps"), "t"),
    **dict.fromkeys(("ps", "pol", "polarity", "polarities", "on"), "p"),
    **dict.fromkeys(("idx", "unit", "units", "addr", "address"), "i"),
    **dict.fromkeys(("recording", "trial"), "sample"),
    "label": "labels",
}


def columns_of(arrays: Arrays) -> Arrays:
    """Fields of structured arrays as arrays of their own; aliases by the names used here, where these are free.

    Raises
    ------
    InputError
        If a field is no column.
    """
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.dtype.names is None:
            columns[name] = array
        else:
            columns |= {field: array[field].ravel() for field in array.dtype.names}
    for name in list(columns):
        plain = ALIASES.get(name.lower(), name.lower())
        if plain != name and plain not in columns:
            columns[plain] = columns.pop(name)
    return columns


def time_column(arrays: Arrays) -> str | None:
    """Name of the column of times, if `arrays` are events."""
    return next((key for key in TIMES if key in arrays), None)


def has_places(arrays: Mapping[str, object]) -> bool:
    """Whether there are coordinates or flat indices."""
    return "i" in arrays or {"x", "y"} <= set(arrays)


def events_of(arrays: Arrays, key: str) -> Recording:
    """Recording of events with times under `key`; `arrays` as `columns_of` gives them.

    Raises
    ------
    InputError
        If columns are missing, differ in length or hold impossible values.
    """
    if not has_places(arrays):
        raise InputError(f"has times {key!r}, but neither x and y nor flat indices i; it holds {sorted(arrays)}")
    names = ["i"] if "i" in arrays else [name for name in ("p", "y", "x") if name in arrays]
    time, notes = _seconds(arrays[key], key)
    columns = {name: integers(arrays[name].ravel(), f"the array {name!r}") for name in names}
    if "p" in columns:
        columns["p"], more = _polarity(columns["p"])
        notes += more
    if any(axis.size and axis.min() < 0 for axis in columns.values()):
        raise InputError(f"an event coordinate ({', '.join(names)}) is negative")
    value = finite(arrays["value"].ravel(), "the array 'value'").astype(np.float32) if "value" in arrays else None
    count = len(time)
    if any(len(axis) != count for axis in (*columns.values(), *(() if value is None else (value,)))):
        raise InputError("the arrays of events differ in length")
    labels = integers(arrays["labels"].ravel(), "labels") if "labels" in arrays else None
    coordinates = tuple(columns[name] for name in names)
    if "sample" in arrays and "offsets" not in arrays:
        order, frame = _grouped(integers(arrays["sample"].ravel(), "the array 'sample'"), count)
        coordinates = tuple(axis[order] for axis in coordinates)
        time, value = time[order], None if value is None else value[order]
        labels = labels[order][frame[:-1]] if labels is not None and len(labels) == count else labels
    else:
        frame = integers(arrays["offsets"].ravel(), "offsets") if "offsets" in arrays else np.array([0, count])
    if len(frame) < 2 or frame[0] != 0 or frame[-1] != count or np.any(np.diff(frame) < 0):
        raise InputError(f"offsets must rise from 0 to the number of events, {count:,}")
    return Recording(Events(frame, time, coordinates, value), labels, notes)


def _grouped(sample: I64, count: int) -> tuple[I64, I64]:
    """Order of events by sample, and offsets; sample numbers that nobody uses are left out."""
    if len(sample) != count or count == 0:
        raise InputError("the array 'sample' must hold one number per event")
    _, of_event = np.unique(sample, return_inverse=True)
    return np.argsort(of_event, kind="stable"), offsets(np.bincount(of_event))


def _polarity(values: I64) -> tuple[I64, tuple[str, ...]]:
    """Polarities from 0; -1 / 1 become 0 / 1."""
    if not values.size or values.min() >= 0:
        return values, ()
    if np.any(np.abs(values) != 1):
        raise InputError(f"the array 'p' holds {values.min()} to {values.max()}; polarities are 0 and 1, or -1 and 1")
    return (values + 1) // 2, ("polarities -1 and 1 are taken as 0 and 1",)


def _seconds(values: npt.NDArray[Any], key: str) -> tuple[F64, tuple[str, ...]]:
    """Times in seconds, and what was assumed of their unit."""
    raw = finite(values.ravel(), f"the array {key!r}")
    whole = key == "t" and raw.dtype.kind in "iu"
    notes = ("the whole-number event times 't' are taken as microseconds",) if whole else ()
    time = raw.astype(np.float64) * (1e-6 if whole else TIMES[key])
    if time.size and time.min() < 0:
        raise InputError(f"an event time {key!r} is negative")
    return time, notes
