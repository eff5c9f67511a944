"""Input data files of every accepted kind to one `Recording`. Knows formats, and neither networks nor time steps.

=========================== ============================================================================================
`.npz`, `.npy`              `spikes` (samples, steps, *features): spike counts, used as they are; `data` or `x`: values,
                            frames (samples, *features) or series (samples, steps, *features); optional `labels`, `dt`
`.npz` of events            `x`, `y`, optional `p` (polarity, the channel), or flat indices `i` or `idx`; times `t_us`,
                            `t_ms`, or `t` (floats: seconds; integers: microseconds); optional `offsets` (samples + 1,),
                            `labels`
`*-ubyte[.gz]`              MNIST idx images; labels from the canonical name beside them
`.hea` / `.dat`             MIT-BIH record in WFDB format 212, cut into windows; `.dat` also as scipy's npz
NIR data (HDF5)             `nir.write_data`: the node named as the network's input, else `input`, else the only one
=========================== ============================================================================================
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.frontend.data import idx, nirdata, wfdb
from snnmap.frontend.data.archive import NPY, ZIP, Arrays, integers, read_arrays, read_bytes
from snnmap.frontend.data.samples import Dense, Events, Recording, finite
from snnmap.frontend.hdf5.tree import SIGNATURE

ACCEPTED = "npz, npy, MNIST idx, WFDB .hea/.dat, or NIR data (HDF5)"
TIMES = {"t_us": 1e-6, "t_ms": 1e-3, "t": 1.0}


def read_recording(
    path: Path, *, labels: Path | None = None, window: float | None = None, nodes: Sequence[str] = ("input",)
) -> Recording:
    """Input data of one file.

    Parameters
    ----------
    path
        The data file.
    labels
        Its labels: npy, npz, idx, WFDB annotations (`.atr`), or text with one whole number per line.
    window
        Seconds per sample cut from a continuous record.
    nodes
        Names of the network's inputs, for files that hold several recordings.

    Raises
    ------
    InputError
        If a file is missing, empty, truncated, damaged or of a foreign kind.
    """
    recording = _read(path, read_bytes(path), window, nodes)
    if labels is None:
        return recording
    content = read_bytes(labels)
    digests = (*recording.digests, ("labels", hashlib.sha256(content).hexdigest()))
    return replace(recording, labels=_labels(labels, content, recording), digests=digests)


def _read(path: Path, content: bytes, window: float | None, nodes: Sequence[str]) -> Recording:
    """Dispatch on content first, then on the name."""
    digests = (("data", hashlib.sha256(content).hexdigest()),)
    head = content[:8]
    if head.startswith((ZIP, NPY)):
        arrays = read_arrays(path, content)
        if "ecg" in arrays and "t" not in arrays:
            return wfdb.read_scipy_ecg(path, content, arrays["ecg"], window)
        return replace(_from_arrays(path, arrays), digests=digests)
    if head == SIGNATURE:
        recordings, _ = nirdata.read_nirdata(path)
        return replace(_node(path, recordings, nodes), digests=digests)
    if path.suffix in (".hea", ".dat"):
        return wfdb.read_ecg(path, window)
    if idx.is_idx(head, path.name):
        images = Recording(Dense(idx.read_idx(path, content), timed=False, spiking=False), None, (), digests)
        beside = idx.labels_beside(path)
        return images if beside is None else replace(images, labels=_labels(beside, read_bytes(beside), images))
    raise InputError(f"{path}: not a kind of data that can be read; give {ACCEPTED}")


def _node(path: Path, recordings: Mapping[str, Recording], nodes: Sequence[str]) -> Recording:
    """The recording of the network's input."""
    names = list(recordings)
    candidates = [name for name in (*nodes, "input") if name in names] or (names if len(names) == 1 else [])
    if not candidates:
        raise InputError(f"{path}: holds data of {names}, but none for the network's input {' or '.join(nodes)!r}")
    return recordings[candidates[0]]


def _from_arrays(path: Path, arrays: Arrays) -> Recording:
    """Spikes, values or events of an npz or npy."""
    try:
        labels = integers(arrays["labels"].ravel(), "labels") if "labels" in arrays else None
        time = next((key for key in TIMES if key in arrays), None)
        if time is not None:
            events, notes = _events(arrays, time)
            return Recording(events, labels, notes)
        key, notes = _tensor(arrays)
        values = finite(arrays[key], f"the array {key!r}")
        spiking = key == "spikes"
        if values.ndim < 2 or (spiking and values.ndim < 3):
            wanted = "(samples, steps, features)" if spiking else "(samples, features) or (samples, steps, features)"
            raise InputError(f"the array {key!r} must have axes {wanted}, not {values.shape}")
        dt = float(arrays["dt"].ravel()[0]) if "dt" in arrays and arrays["dt"].size == 1 else None
        if dt is not None and not 0 < dt < float("inf"):
            raise InputError(f"dt must be positive, not {dt}")
        return Recording(Dense(values, timed=True if spiking or dt else None, spiking=spiking, dt=dt), labels, notes)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _tensor(arrays: Arrays) -> tuple[str, tuple[str, ...]]:
    """Name of the array of samples, and a note if it was told by being the only one besides labels and dt."""
    for key in ("spikes", "data", "x"):
        if key in arrays:
            return key, ()
    others = sorted(set(arrays) - {"labels", "dt"})
    if len(others) != 1:
        raise InputError(f"holds arrays {sorted(arrays)}, but none called spikes, data, x or t")
    return others[0], (f"the only array, {others[0]!r}, is taken as the data",)


def _events(arrays: Arrays, key: str) -> tuple[Events, tuple[str, ...]]:
    """Event list of an npz with times under `key`."""
    flat = next((name for name in ("i", "idx") if name in arrays), None)
    if flat is None and not {"x", "y"} <= set(arrays):
        raise InputError(f"has times {key!r}, but neither x and y nor flat indices i; it holds {sorted(arrays)}")
    names = [flat] if flat is not None else [name for name in ("p", "y", "x") if name in arrays]
    coordinates = tuple(integers(arrays[name].ravel(), f"the array {name!r}") for name in names if name)
    if any(axis.size and axis.min() < 0 for axis in coordinates):
        raise InputError(f"an event coordinate ({', '.join(map(str, names))}) is negative")
    time, notes = _seconds(arrays[key], key)
    value = finite(arrays["value"].ravel(), "the array 'value'").astype(np.float32) if "value" in arrays else None
    count = len(time)
    if any(len(axis) != count for axis in (*coordinates, *(() if value is None else (value,)))):
        raise InputError("the arrays of events differ in length")
    frame = integers(arrays["offsets"].ravel(), "offsets") if "offsets" in arrays else np.array([0, count])
    if len(frame) < 2 or frame[0] != 0 or frame[-1] != count or np.any(np.diff(frame) < 0):
        raise InputError(f"offsets must rise from 0 to the number of events, {count:,}")
    return Events(frame, time, coordinates, value), notes


def _seconds(values: npt.NDArray[Any], key: str) -> tuple[F64, tuple[str, ...]]:
    """Times in seconds, and what was assumed of their unit."""
    raw = finite(values.ravel(), f"the array {key!r}")
    whole = key == "t" and raw.dtype.kind in "iu"
    notes = ("the whole-number event times 't' are taken as microseconds",) if whole else ()
    time = raw.astype(np.float64) * (1e-6 if whole else TIMES[key])
    if time.size and time.min() < 0:
        raise InputError(f"an event time {key!r} is negative")
    return time, notes


def _labels(path: Path, content: bytes, recording: Recording) -> I64:
    """Labels of one file."""
    if path.suffix == ".atr":
        data = recording.data
        if not isinstance(data, Dense) or data.timed is not True:
            raise InputError(f"{path}: annotations label ECG records only")
        return wfdb.beat_classes(path, content, data.values.shape[1], data.samples)
    if content.startswith((ZIP, NPY)):
        arrays = read_arrays(path, content)
        labels = arrays.get("labels", arrays.get("data"))
        if labels is None or labels.ndim != 1:
            raise InputError(f"{path}: holds no array 'labels' with one axis")
    elif idx.is_idx(content[:8], path.name):
        labels = idx.read_idx(path, content)
        if labels.ndim != 1:
            raise InputError(f"{path}: labels must have one axis, not {labels.ndim}")
    else:
        try:
            labels = np.array([int(line) for line in content.decode("ascii").split()], np.int64)
        except (UnicodeDecodeError, ValueError, OverflowError):
            raise InputError(f"{path}: not labels; give npy, npz, idx, .atr or whole numbers as text") from None
    try:
        return integers(labels, "labels")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
