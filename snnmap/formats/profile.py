"""A saved profile: one `.npz` that holds a whole `SpikeGraph`, so that profiling is paid once.

Layout. The first member, `snnmap_profile`, is canonical JSON (as bytes) with format, version, digest and every fact
that is not an array; the other members are plain `.npy` arrays. numpy can open the file and nothing is pickled. The
digest is SHA-256 over the JSON without the digest and all arrays. Members carry a fixed date and are written in a fixed
order: one graph has one byte sequence. Parameters that are the same for a whole population are stored once.

Loading is strict: whatever is not exactly such a file is refused with one sentence, and never half loaded.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import digest
from snnmap.core.errors import InputError
from snnmap.core.files import ARRAYS, must_not_burst, write_atomically
from snnmap.core.npz import npz
from snnmap.formats.sense import must_make_sense
from snnmap.ir import (
    FILTERS,
    Dynamics,
    Kind,
    Network,
    Population,
    Provenance,
    Remarks,
    SpikeGraph,
    Spikes,
    declared,
)

FORMAT = "snnmap-profile"
VERSION = 2
HEADER = "snnmap_profile"
NETWORK = ("indptr", "post", "weight", "grid")
ACTIVITY = ("spikes", "worst_frame", "worst_step", "active_steps")
EVENTS = ("frame", "step", "source", "value")
CLASSES = ("labels", "predictions")
RECORDS = ("provenance", "dynamics", "remarks")

LARGEST = 2**31
"""Ids are 32 bits wide."""
REALS = {"weight", "grid", "event_value"}
"""Members of real numbers besides the parameters; the rest are integers."""

Array = npt.NDArray[Any]


class _Window(msgspec.Struct, forbid_unknown_fields=True):
    """What is not an array of the events."""

    steps: int
    dt: float


class _Described(msgspec.Struct, forbid_unknown_fields=True):
    """What is not an array of a population."""

    name: str
    kind: Kind
    model: str
    first: int
    shape: tuple[int, ...]
    level: int
    levels: int = 0
    step: float = 1.0


class _Facts(msgspec.Struct, forbid_unknown_fields=True):
    """What is not an array of a graph."""

    format: str
    version: int
    populations: tuple[_Described, ...]
    outputs: tuple[int, ...]
    frames: int
    steps: int
    dt: float
    events: _Window | None
    accuracy: float | None
    provenance: Provenance
    dynamics: Dynamics | None
    remarks: Remarks


def save_profile(graph: SpikeGraph, path: str | Path) -> None:
    """Write `graph` to `path` (`.npz`): to a temporary name first, then renamed.

    Raises
    ------
    InputError
        If the file cannot be written or is a device or pipe (which renaming would replace), or the provenance holds
        something JSON cannot express.
    """
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"cannot write {path}: it is a folder, device or pipe; give the name of a file")
    arrays = _arrays(graph)
    try:
        header = {"format": FORMAT, "version": VERSION, **_facts(graph)}
        text = _canonical(header)
    except (TypeError, ValueError) as error:
        raise InputError(f"the profile cannot be saved: its provenance is not plain data ({error})") from None
    header["digest"] = _digest(text, arrays)
    first = {HEADER: np.frombuffer(_canonical(header).encode(), np.uint8)}
    write_atomically(Path(path), npz(first | arrays))


def load_profile(path: str | Path) -> SpikeGraph:
    """Read a profile that `save_profile` wrote.

    Raises
    ------
    InputError
        If the file is missing, foreign, truncated, changed, or written by a newer version.
    """
    path = Path(path)
    header, arrays = _read(path)
    if header.get("format") != FORMAT:
        raise InputError(f"{path} is not a saved profile; make one with `snnmap profile SOURCE -o FILE`")
    if header.get("version") != VERSION:
        raise InputError(
            f"{path} is a profile of version {header.get('version')} and this snnmap reads version {VERSION}; "
            "profile again or install the snnmap that wrote it"
        )
    stored = header.pop("digest", None)
    try:
        own = _digest(_canonical(header), arrays)
    except ValueError:  # a number that is not finite, which no profile holds
        own = ""
    if stored != own:
        raise InputError(
            f"{path} was changed or damaged after it was written: its digest does not match; profile again"
        )
    try:
        graph = _graph(header, arrays)
        must_make_sense(graph)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, msgspec.ValidationError) as error:
        raise InputError(f"{path} is not a usable profile: {error}; profile again") from None
    return graph


def is_profile(path: str | Path) -> bool:
    """Whether a file begins like a saved profile; it may still be damaged or too new."""
    name = f"{HEADER}.npy".encode()
    try:
        with Path(path).open("rb") as file:
            head = file.read(30 + len(name))
    except OSError:
        return False
    return head[:4] == b"PK\x03\x04" and head[30:] == name


def _canonical(header: Mapping[str, Any]) -> str:
    return json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _digest(text: str, arrays: Mapping[str, Array]) -> str:
    parts: list[Array | str] = [text]
    for name, array in arrays.items():
        parts += [name, array]
    return digest(parts)


def _arrays(graph: SpikeGraph) -> dict[str, Array]:
    """Everything that is an array, by member name, in writing order."""
    network, events = graph.network, graph.events
    arrays: dict[str, Array] = {name: getattr(network, name) for name in NETWORK}
    for k, p in enumerate(network.populations):
        for key in declared(p.model, p.parameters):
            values = np.asarray(p.parameters[key], np.float64)
            arrays[f"parameter_{k}_{key}"] = values[:1] if len(values) and np.all(values == values[0]) else values
    arrays |= {name: getattr(graph, name) for name in ACTIVITY}
    arrays |= {name: getattr(graph, name) for name in CLASSES if getattr(graph, name) is not None}
    if events is not None:
        arrays |= {f"event_{name}": getattr(events, name) for name in EVENTS}
    return arrays


def _facts(graph: SpikeGraph) -> dict[str, Any]:
    """Everything that is not."""
    return {
        "populations": [
            {
                "name": p.name,
                "kind": p.kind,
                "model": p.model,
                "first": p.first,
                "shape": list(p.shape),
                "level": p.level,
                **({"levels": p.levels, "step": p.step} if p.levels else {}),
            }
            for p in graph.network.populations
        ],
        "outputs": list(graph.network.outputs),
        "frames": graph.frames,
        "steps": graph.steps,
        "dt": graph.dt,
        "events": None if graph.events is None else {"steps": graph.events.steps, "dt": graph.events.dt},
        "accuracy": graph.accuracy,
        **{name: msgspec.to_builtins(getattr(graph, name)) for name in RECORDS},
    }


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Header and arrays of the archive, unchecked but whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if names[:1] != [f"{HEADER}.npy"] or len(dict.fromkeys(names)) != len(names):
                raise InputError(f"{path} is not a saved profile; make one with `snnmap profile SOURCE -o FILE`")
            must_not_burst(path, path.stat().st_size, sum(info.file_size for info in archive.infolist()), ARRAYS)
            members = {name.removesuffix(".npy"): _member(archive, name) for name in names}
        header = json.loads(members.pop(HEADER).tobytes().decode())
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable profile: {error or 'it ends early'}; profile again") from None
    if not isinstance(header, dict):
        raise InputError(f"{path} is not a saved profile: its header is not a table")
    return header, members


def _member(archive: zipfile.ZipFile, name: str) -> Array:
    """One array; its checksum is verified because it is read to its end."""
    info = archive.getinfo(name)
    with archive.open(info) as file:
        data = file.read()
    stream = io.BytesIO(data)
    major, minor = np.lib.format.read_magic(stream)
    if (major, minor) != (1, 0):
        raise ValueError(f"member {name} has an unknown array format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject or fortran or int(np.prod(shape, dtype=object)) * dtype.itemsize != len(data) - stream.tell():
        raise ValueError(f"member {name} is not a plain array")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape)


def _graph(header: Mapping[str, Any], arrays: dict[str, Any]) -> SpikeGraph:
    facts = msgspec.convert(header, _Facts)
    for name, array in arrays.items():
        real = name in REALS or name.startswith("parameter_")
        if array.dtype.kind not in ("f" if real else "iu"):
            raise ValueError(f"{name} holds {array.dtype}, not {'reals' if real else 'integers'}")
        if name in REALS and array.size and not np.max(np.abs(array)) <= np.finfo(np.float32).max:
            raise ValueError(f"{name} holds values that are no 32-bit numbers")
    populations = tuple(_population(k, described, arrays) for k, described in enumerate(facts.populations))
    network = Network(populations, outputs=facts.outputs, **{name: arrays.pop(name) for name in NETWORK})
    activity = {name: arrays.pop(name) for name in ACTIVITY}
    events = None
    if facts.events is not None:
        window = facts.events
        events = Spikes(**{name: arrays.pop(f"event_{name}") for name in EVENTS}, steps=window.steps, dt=window.dt)
    classes = {name: arrays.pop(name, None) for name in CLASSES}
    if arrays:
        raise ValueError(f"it holds an unknown member {next(iter(arrays))}")
    plain = {name: getattr(facts, name) for name in ("frames", "steps", "dt", "accuracy", *RECORDS)}
    return SpikeGraph(network=network, events=events, **activity, **plain, **classes)


def _population(k: int, described: _Described, arrays: dict[str, Any]) -> Population:
    size = int(np.prod(described.shape, dtype=object))
    if not 0 < size < LARGEST:
        raise ValueError(f"population {described.name!r} has shape {described.shape}")
    parameters = {}
    there = [key for key in FILTERS if f"parameter_{k}_{key}" in arrays]
    for key in declared(described.model, there):
        values = arrays.pop(f"parameter_{k}_{key}")
        if values.shape not in {(1,), (size,)}:
            raise ValueError(f"{key} of {described.name!r} has {values.size} values for {size} sources")
        parameters[key] = np.broadcast_to(values, (size,))
    facts = (described.name, described.kind, described.model, described.first, described.shape, described.level)
    return Population(*facts, parameters, described.levels, described.step)
