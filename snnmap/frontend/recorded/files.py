"""Files of recorded activity: synapses and spikes as other simulators and chips write them. Knows no network.

See `activity` for the accepted layouts.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, F64, I64
from snnmap.core.errors import InputError
from snnmap.frontend.data import nirdata
from snnmap.frontend.data.archive import Arrays, integers, read_arrays, read_bytes
from snnmap.frontend.data.samples import Dense, finite

EDGE_FILES = ("edges.csv", "connections.txt")
SPIKE_FILES = ("spikes.csv", "spikes.txt", "spikes.nir", "spikes.h5", "spikes.hdf5")
IDS = ("spike_ids", "neuron", "id", "i")
TIMES = {"spike_times": 1.0, "t": 1.0, "t_ms": 1e-3, "t_us": 1e-6}


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Synapses by the recorder's own neuron numbers."""

    pre: I64
    post: I64
    weight: F32 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Firing:
    """Recorded spikes by the recorder's own neuron numbers."""

    neuron: I64
    time: F64
    """Seconds from the start of the frame; or step numbers if `stepped`."""
    frame: I64 | None = None
    """Frame of every spike; one frame if `None`."""
    stepped: bool = False
    dt: float | None = None
    duration: float | None = None
    """Seconds (steps if `stepped`) of every frame, where the file says."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Synapses and spikes of one recording, with the SHA-256 of its files."""

    edges: Edges
    firing: Firing
    digests: tuple[tuple[str, str], ...]


def is_activity(path: Path) -> bool:
    """Whether a path looks like recorded activity: a folder, an npz, or a file of edges or connections."""
    return path.is_dir() or path.suffix == ".npz" or path.suffix in (".csv", ".txt")


def read_recorded(path: Path) -> Recorded:
    """Synapses and spikes from an npz, a folder, or the edge file of a pair.

    Raises
    ------
    InputError
        If a file is missing, damaged, or lacks a column.
    """
    if path.is_dir() or path.suffix in (".csv", ".txt"):
        edges, spikes = _pair(path)
        contents = [read_bytes(edges), read_bytes(spikes)]
        digests = [("edges", _sha(contents[0])), ("spikes", _sha(contents[1]))]
        return Recorded(_edges(edges, contents[0]), _firing(spikes, contents[1]), tuple(digests))
    content = read_bytes(path)
    arrays = read_arrays(path, content)
    missing = {"pre", "post"} - set(arrays)
    if missing:
        raise InputError(f"{path}: recorded activity needs arrays pre and post, but the file holds {sorted(arrays)}")
    return Recorded(_edge_columns(path, arrays), _spike_columns(path, arrays), (("data", _sha(content)),))


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pair(path: Path) -> tuple[Path, Path]:
    """Edge file and spike file."""
    folder = path if path.is_dir() else path.parent
    edges = [folder / name for name in EDGE_FILES if (folder / name).is_file()] if path.is_dir() else [path]
    if not edges:
        raise InputError(f"{path}: the folder holds neither {' nor '.join(EDGE_FILES)}")
    spikes = [folder / name for name in SPIKE_FILES if (folder / name).is_file()]
    if not spikes:
        raise InputError(f"{folder}: holds no spikes beside {edges[0].name}; give one of {', '.join(SPIKE_FILES)}")
    return edges[0], spikes[0]


def _edges(path: Path, content: bytes) -> Edges:
    if path.suffix == ".csv":
        return _edge_columns(path, _csv(path, content))
    pre, post = _ragged(path, content)
    return Edges(pre, integers(post, f"{path}: targets"))


def _firing(path: Path, content: bytes) -> Firing:
    if path.suffix == ".csv":
        return _spike_columns(path, _csv(path, content))
    if path.suffix == ".txt":
        neuron, time = _ragged(path, content)
        return Firing(neuron, time * 1e-3, notes=(f"the spike times in {path.name} are taken as milliseconds",))
    return _nir_firing(path)


def _ragged(path: Path, content: bytes) -> tuple[I64, F64]:
    """Lines `number value value ...` as (number, value) pairs (SpiNeMap's text formats)."""
    heads, tails = [], []
    for number, line in enumerate(content.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        try:
            row = np.array(fields).astype(np.float64)
        except (ValueError, UnicodeDecodeError):
            raise InputError(f"{path}: line {number} does not consist of numbers") from None
        if not np.all(np.isfinite(row)) or row[0] != np.rint(row[0]) or np.any(row < 0):
            raise InputError(f"{path}: line {number} must be a neuron number and numbers of 0 or more")
        heads.append(np.full(len(row) - 1, row[0], np.float64))
        tails.append(row[1:])
    if not heads:
        raise InputError(f"{path}: holds no lines")
    return integers(np.concatenate(heads), f"{path}: neuron numbers"), np.concatenate(tails)


def _csv(path: Path, content: bytes) -> Arrays:
    """Columns of a CSV file by the names in its first line."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
        names = [name.strip().lower() for name in lines[0].split(",")]
        rows = [line for line in lines[1:] if line.strip()]
        values = np.loadtxt(rows, delimiter=",", ndmin=2) if rows else np.zeros((0, len(names)))
    except (UnicodeDecodeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: not a table of numbers with a first line of names ({error})") from None
    if values.shape[1] != len(names) or len(set(names)) != len(names):
        raise InputError(f"{path}: {values.shape[1]} columns, but the first line names {len(names)}: {names}")
    return {name: values[:, k] for k, name in enumerate(names)}


def _edge_columns(path: Path, columns: Arrays) -> Edges:
    """Synapses from columns pre, post and optional weight."""
    try:
        pre, post = (_numbers(columns, (name,), "synapses") for name in ("pre", "post"))
        weight = None
        if "weight" in columns:
            weight = finite(columns["weight"].ravel(), "the weights").astype(np.float32)
        _same_length((pre, post, weight), "pre, post and weight")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Edges(pre, post, weight)


def _spike_columns(path: Path, columns: Arrays) -> Firing:
    """Spikes from columns of neuron numbers and times or steps."""
    try:
        neuron = _numbers(columns, IDS, "spikes")
        frame = _numbers(columns, ("frame",), "spikes") if "frame" in columns else None
        stepped = "step" in columns
        time = _numbers(columns, ("step",), "spikes").astype(np.float64) if stepped else _times(path, columns)
        _same_length((neuron, time, frame), "neuron numbers, times and frames of spikes")
        dt, duration = (_scalar(columns, key) for key in ("dt", "steps" if stepped else "duration"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Firing(neuron, time, frame, stepped, dt, duration)


def _numbers(columns: Arrays, names: Sequence[str], what: str) -> I64:
    """The first of the named columns, as whole numbers of 0 or more."""
    name = next((name for name in names if name in columns), None)
    if name is None:
        raise InputError(f"{what} need a column {' or '.join(names)}, but there are {sorted(columns)}")
    values = integers(columns[name].ravel(), f"the column {name!r}")
    if values.size and values.min() < 0:
        raise InputError(f"the column {name!r} holds negative numbers")
    return values


def _times(path: Path, columns: Arrays) -> F64:
    """Spike times in seconds."""
    name = next((name for name in TIMES if name in columns), None)
    if name is None:
        raise InputError(f"spikes need a column step or {' or '.join(TIMES)}, but there are {sorted(columns)}")
    raw = finite(columns[name].ravel(), f"the column {name!r}")
    if raw.dtype.kind in "iu" and TIMES[name] == 1.0 and path.suffix == ".npz":
        raise InputError(f"the whole numbers in {name!r} have no unit; call them t_ms, t_us or step")
    time: F64 = raw.astype(np.float64) * TIMES[name]
    if time.size and time.min() < 0:
        raise InputError(f"the column {name!r} holds negative times")
    return time


def _scalar(columns: Arrays, key: str) -> float | None:
    if key not in columns or columns[key].size != 1:
        return None
    value = float(finite(columns[key], f"the value {key!r}").ravel()[0])
    if not value > 0:
        raise InputError(f"{key} must be positive, not {value}")
    return value


def _same_length(columns: Sequence[npt.NDArray[Any] | None], what: str) -> None:
    lengths = {len(column) for column in columns if column is not None}
    if len(lengths) > 1:
        raise InputError(f"{what} differ in length: {sorted(lengths)}")


def _nir_firing(path: Path) -> Firing:
    """Spikes from NIR data of one node, whose indices are the neuron numbers."""
    recordings, _ = nirdata.read_nirdata(path)
    if len(recordings) != 1:
        raise InputError(f"{path}: beside an edge list, NIR data must hold one node, not {list(recordings)}")
    data = next(iter(recordings.values())).data
    if isinstance(data, Dense):
        frame, step, neuron = np.nonzero(data.values)
        dt = data.dt or 1.0
        return Firing(
            neuron, (step + 0.5).astype(np.float64) * dt, frame, dt=data.dt, duration=dt * data.values.shape[1]
        )
    frame = np.repeat(np.arange(data.samples), np.diff(data.frame))
    return Firing(data.coordinates[0], data.time, frame, duration=data.duration)
