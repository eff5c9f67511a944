"""Input data files of every accepted kind to one `Recording`. Knows formats, and neither networks nor time steps.

=========================== ============================================================================================
`.npz`, `.npy`              `spikes` (samples, steps, *features): spike counts, used as they are; `data` or `x`: values,
                            frames (samples, *features) or series (samples, steps, *features), or axes as `layout` says;
                            optional `labels`, `dt`; or events, as columns or a structured array (`data.events`)
`.csv`, `.tsv`, `.tab`      a header that names columns of events; else one sample per row, a column `label` apart
HDF5                        the same arrays; lists of unequal length (SHD, SSC: `spikes/times`, `spikes/units`): events
`.bin`, a folder of them    N-MNIST events (`data.nmnist`)
`*-ubyte[.gz]`              MNIST idx images; labels from the canonical name beside them
`.ts`                       time series of one length, of the UEA archive, with their classes (`data.series`)
`.hea` / `.dat`             MIT-BIH record in WFDB format 212, cut into windows; `.dat` also as scipy's npz
NIR data (HDF5)             `nir.write_data`: the node named as the network's input, else `input`, else the only one
=========================== ============================================================================================
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import I64, digest
from snnmap.core.errors import InputError
from snnmap.frontend.data import idx, nirdata, nmnist, series, table, wfdb
from snnmap.frontend.data.archive import NPY, ZIP, Arrays, integers, read_arrays, read_bytes
from snnmap.frontend.data.events import columns_of, events_of, has_places, time_column
from snnmap.frontend.data.hdf5 import read_hdf5
from snnmap.frontend.data.layout import arranged
from snnmap.frontend.data.meaning import BYTE
from snnmap.frontend.data.samples import Dense, Recording, finite
from snnmap.frontend.hdf5.tree import SIGNATURE

ACCEPTED = "npz, npy, csv, tsv, HDF5 (SHD, NIR data, arrays), N-MNIST .bin, MNIST idx, UEA .ts, or WFDB .hea/.dat"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a data file is to be read, where it leaves that open."""

    window: float | None = None
    """Seconds per sample cut from a continuous record."""
    nodes: Sequence[str] = ("input",)
    """Names of the network's inputs, for files that hold several recordings."""
    layout: str | None = None
    """Letters of the axes of arrays (`data.layout`)."""


def read_recording(path: Path, *, labels: Path | None = None, wanted: Wanted | None = None) -> Recording:
    """Input data of one file.

    Parameters
    ----------
    path
        The data file.
    labels
        Its labels: npy, npz, idx, WFDB annotations (`.atr`), or text with one whole number per line.
    wanted
        What the user says about it.

    Raises
    ------
    InputError
        If a file is missing, empty, truncated, damaged or of a foreign kind.
    """
    wanted = wanted or Wanted()
    recording = _read(path, wanted)
    if wanted.layout is not None and not (isinstance(recording.data, Dense) and recording.data.span is None):
        raise InputError(f"{path}: a layout is for arrays; these data have axes of their own")
    if labels is None:
        return recording
    content = read_bytes(labels)
    digests = (*recording.digests, ("labels", hashlib.sha256(content).hexdigest()))
    return replace(recording, labels=_labels(labels, content, recording), digests=digests)


def recording_in_memory(data: object, labels: object, layout: str | None) -> Recording:
    """Recording of arrays or tensors, or of a mapping of them by the names that an npz would have.

    Raises
    ------
    InputError
        If they cannot be read.
    """
    arrays = {str(k): array_of(v) for k, v in data.items()} if isinstance(data, Mapping) else {"data": array_of(data)}
    if labels is not None:
        arrays["labels"] = array_of(labels)
    recording = recording_of(arrays, layout)
    return replace(recording, digests=(("data", digest([part for k, v in arrays.items() for part in (k, v)])),))


def array_of(values: object) -> npt.NDArray[Any]:
    """Anything that has or makes a numpy array: lists, arrays, tensors of torch (which is not imported), jax, ...

    Raises
    ------
    InputError
        If it does not.
    """
    for step in ("detach", "cpu"):  # a tensor of torch that has a gradient or lies on another device
        values = getattr(values, step)() if callable(getattr(values, step, None)) else values
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"the data, a {type(values).__name__}, cannot be made an array: {error}") from None
    if array.dtype.kind == "O":
        raise InputError(f"the data, a {type(values).__name__}, are not numbers in a regular array")
    return array


def _read(path: Path, wanted: Wanted) -> Recording:
    """Dispatch on content first, then on the name."""
    if path.is_dir():
        return nmnist.read_recordings(path)
    content = read_bytes(path)
    digests = (("data", hashlib.sha256(content).hexdigest()),)
    head = content[:8]
    if head.startswith((ZIP, NPY)):
        arrays = read_arrays(path, content)
        if "ecg" in arrays and "t" not in arrays:
            return wfdb.read_scipy_ecg(path, content, arrays["ecg"], wanted.window)
        return replace(_from_arrays(path, arrays, wanted.layout), digests=digests)
    if head == SIGNATURE and nirdata.ROOT.encode() in content:
        recordings, _ = nirdata.read_nirdata(path)
        return replace(_node(path, recordings, wanted.nodes), digests=digests)
    if head == SIGNATURE:
        return replace(_from_arrays(path, read_hdf5(path), wanted.layout), digests=digests)
    if path.suffix in (".hea", ".dat"):
        return wfdb.read_ecg(path, wanted.window)
    if path.suffix == ".bin":
        return nmnist.read_recordings(path)
    if idx.is_idx(head, path.name):
        pixels = Dense(idx.read_idx(path, content), False, spiking=False, span=BYTE)
        images = Recording(pixels, None, ("the bytes of the images are divided by 255",), digests)
        beside = idx.labels_beside(path)
        return images if beside is None else replace(images, labels=_labels(beside, read_bytes(beside), images))
    if path.suffix in table.SUFFIXES:
        return replace(_from_arrays(path, table.read_table(path, content), wanted.layout), digests=digests)
    if path.suffix == series.SUFFIX:
        if wanted.layout is not None:
            raise InputError(f"{path}: a layout is for arrays; these data have axes of their own")
        values, classes = series.read_series(path, content)
        return Recording(Dense(values, timed=True, spiking=False, declared=True), classes, digests=digests)
    if head.startswith(idx.GZIP):
        raise InputError(f"{path}: is compressed; unpack it first (gunzip {path.name})")
    raise InputError(f"{path}: not a kind of data that can be read; give {ACCEPTED}")


def _node(path: Path, recordings: Mapping[str, Recording], nodes: Sequence[str]) -> Recording:
    """The recording of the network's input."""
    names = list(recordings)
    candidates = [name for name in (*nodes, "input") if name in names] or (names if len(names) == 1 else [])
    if not candidates:
        raise InputError(f"{path}: holds data of {names}, but none for the network's input {' or '.join(nodes)!r}")
    return recordings[candidates[0]]


def _from_arrays(path: Path, arrays: Arrays, layout: str | None) -> Recording:
    """As `recording_of`; the message names the file."""
    try:
        return recording_of(arrays, layout)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def recording_of(arrays: Arrays, layout: str | None = None) -> Recording:
    """Spikes, values or events of arrays by name.

    Raises
    ------
    InputError
        If there are no data among them, or their axes or values are impossible.
    """
    columns = columns_of(arrays)
    time = time_column(arrays) or (time_column(columns) if has_places(columns) else None)
    if time is not None or any(array.dtype.names for array in arrays.values()):
        if layout is not None:
            raise InputError(f"layout {layout} is for arrays of values; the data are events")
        if time is None:
            raise InputError(f"the structured array has fields {sorted(columns)}, but no times t and places x, y or i")
        return events_of(columns, time)
    labels = classes_of(arrays["labels"]) if "labels" in arrays else None
    key, notes = _tensor(arrays)
    values = finite(arrays[key], f"the array {key!r}")
    spiking = key == "spikes"
    if layout is not None:
        values = arranged(values, layout)
    elif values.ndim < 2 or (spiking and values.ndim < 3):
        wanted = "(samples, steps, features)" if spiking else "(samples, features) or (samples, steps, features)"
        raise InputError(f"the array {key!r} must have axes {wanted}, not {values.shape}; or say its --layout")
    dt = float(arrays["dt"].ravel()[0]) if "dt" in arrays and arrays["dt"].size == 1 else None
    if dt is not None and not 0 < dt < float("inf"):
        raise InputError(f"dt must be positive, not {dt}")
    timed = "T" in layout.upper() if layout is not None else (True if spiking or dt else None)
    declared = layout is not None
    return Recording(Dense(values, timed, spiking=spiking, dt=dt, declared=declared), labels, notes)


def classes_of(labels: npt.NDArray[Any]) -> I64:
    """Class of every sample; rows of one 1 among 0 (one-hot) are the place of the 1.

    Raises
    ------
    InputError
        If they are not whole numbers.
    """
    numbers = integers(labels, "labels")
    if numbers.ndim == 2 and numbers.shape[1] > 1 and np.all(numbers >= 0) and np.all(numbers.sum(axis=1) == 1):
        numbers = np.argmax(numbers, axis=1)
    return numbers.ravel()


def _tensor(arrays: Arrays) -> tuple[str, tuple[str, ...]]:
    """Name of the array of samples, and a note if it was told by being the only one besides labels and dt."""
    for key in ("spikes", "data", "x"):
        if key in arrays:
            return key, ()
    others = sorted(set(arrays) - {"labels", "dt"})
    if len(others) != 1:
        raise InputError(f"holds arrays {sorted(arrays)}, but none called spikes, data, x or t")
    return others[0], (f"the only array, {others[0]!r}, is taken as the data",)


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
        if labels is None or labels.ndim not in {1, 2}:
            raise InputError(f"{path}: holds no array 'labels' with one axis, or two if they are one-hot")
    elif idx.is_idx(content[:8], path.name):
        labels = idx.read_idx(path, content)
        if labels.ndim != 1:
            raise InputError(f"{path}: labels must have one axis, not {labels.ndim}")
    else:
        try:
            words = content.decode("utf-8-sig").replace(",", " ").replace(";", " ").split()
            words = words[1:] if words[:1] and words[0].strip("\"'").lower() in table.CLASSES else words
            labels = np.array([int(word) for word in words], np.int64)
        except (UnicodeDecodeError, ValueError, OverflowError):
            raise InputError(f"{path}: not labels; give npy, npz, idx, .atr or whole numbers as text") from None
    try:
        return classes_of(labels)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
