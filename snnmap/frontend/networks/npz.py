"""A network as one `.npz`: what `save_network` writes and every command takes as a source; no pickle, no activity.

=================== ================================================================================================
`snnmap_network`    JSON, as bytes: `format`, `version`, `name`, `populations` (each `name`, `kind`, `model`, `shape`,
                    `level`), `outputs`; in `hints` and `why` what the file that it came from says of the stepping, and
                    in `stimulus` how it is fed, `steps` and `encode`, where somebody said so; in `training` what
                    trained it, where `snnmap train` did
`indptr`, `post`    synapses, CSR by source, targets ascending
`grid`              power of two per population, of which weights are multiples
`bits` or `levels`  per population: width, or number, of the integers that the weights into it are; 0 for numbers
`scale`             per population: what the integer 1 stands for
`weight_int`        the integers, of all synapses into such populations but biases, in the order of the synapses
`weight`            the weights of all others, single precision
`parameter_<k>_<p>` parameter p of population k, one value or one per source; `tau_alpha` where it has such a filter
=================== ================================================================================================

Reading is strict: what does not fit is refused by name and place, and never half read.
"""

import hashlib
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import Bool, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.npz import npz
from snnmap.frontend.data.archive import read_arrays, read_bytes
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.options import LoadOptions
from snnmap.ir import FILTERS, MODELS, Kind, Network, Population, declared
from snnmap.ir.integers import BITS, levels_of
from snnmap.ir.sense import network_must_make_sense

FORMAT = "snnmap-network"
VERSION = 1
HEADER = "snnmap_network"
LEVEL = 6
"""Of compression: lists of targets repeat from source to source, which the lowest does not notice."""
SOURCES = 2**31
"""Ids are 32 bits wide."""

Array = npt.NDArray[Any]


class _Described(msgspec.Struct, forbid_unknown_fields=True):
    """What is not an array of a population."""

    name: str
    kind: Kind
    model: str
    shape: tuple[int, ...]
    level: int


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    """What is not an array of a network."""

    format: str
    version: int
    name: str
    populations: tuple[_Described, ...]
    outputs: tuple[int, ...]
    hints: dict[str, bool | int | float | str | None] = {}
    why: dict[str, str] = {}
    stimulus: dict[Literal["steps", "encode"], int | str] = {}
    training: dict[str, str | int] = {}


def npz_bytes(read: Imported) -> bytes:
    """Content of an `.npz` of a network, with what it says of the stepping."""
    made = read.network
    header = {
        "format": FORMAT,
        "version": VERSION,
        "name": read.name,
        "populations": [
            {"name": p.name, "kind": p.kind, "model": p.model, "shape": list(p.shape), "level": p.level}
            for p in made.populations
        ],
        "outputs": list(made.outputs),
        "hints": dict(read.hints),
        "why": dict(read.why),
    }
    if read.stimulus:
        header["stimulus"] = dict(read.stimulus)
    if read.training:
        header["training"] = dict(read.training)
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    first = {HEADER: np.frombuffer(text.encode(), np.uint8)}
    return npz(first | _members(made), LEVEL)


def _members(network: Network) -> dict[str, Array]:
    """Everything that is an array, by name, in writing order."""
    levels = np.array([p.levels for p in network.populations], np.int64)
    widths = {0: 0} | {levels_of(bits): bits for bits in range(BITS[0], BITS[1] + 1)}
    by_bits = all(count in widths for count in levels.tolist())
    members: dict[str, Array] = {name: getattr(network, name) for name in ("indptr", "post", "grid")}
    if by_bits:
        members["bits"] = np.array([widths[count] for count in levels.tolist()], np.int64)
    else:
        members["levels"] = levels
    members["scale"] = np.array([p.step for p in network.populations])
    whole = _whole(network.populations, network.indptr, network.post)
    members["weight_int"] = network.integers()[whole].astype(np.int16)
    members["weight"] = network.weight[~whole]
    for k, p in enumerate(network.populations):
        for key in declared(p.model, p.parameters):
            values = np.asarray(p.parameters[key], np.float64)
            members[f"parameter_{k}_{key}"] = values[:1] if len(values) and np.all(values == values[0]) else values
    return members


def _whole(populations: Sequence[Population], indptr: Array, post: Array) -> Bool:
    """Which synapses have an integer in the place of a weight, bool (S,)."""
    sizes = [p.size for p in populations]
    integer = np.repeat([p.levels > 0 for p in populations], sizes)
    bias = np.repeat([p.kind == "bias" for p in populations], sizes)
    whole: Bool = integer[post] & ~bias[row_of_entry(indptr)]
    return whole


def is_network(path: Path) -> bool:
    """Whether a file is an archive with a network's header; it may still be damaged."""
    if path.suffix != ".npz" or not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{HEADER}.npy" in archive.namelist()
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return False


def read_network(path: Path) -> Imported:
    """Network of an `.npz` that `save_network`, or anybody, wrote.

    Raises
    ------
    InputError
        If the file is damaged, or holds something that a network cannot have.
    """
    content = read_bytes(path)
    arrays = dict(read_arrays(path, content))
    try:
        header = msgspec.json.decode(np.asarray(arrays.pop(HEADER), np.uint8).tobytes(), type=_Header)
        if (header.format, header.version) != (FORMAT, VERSION):
            raise InputError(
                f"it is {header.format!r}, version {header.version}; this snnmap reads {FORMAT}, {VERSION}"
            )
        network = _network(header, arrays)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, msgspec.MsgspecError) as error:
        said = f"it lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise InputError(f"{path}: not a usable network: {said}") from None
    digest = hashlib.sha256(content).hexdigest()
    try:
        stimulus = LoadOptions(**header.stimulus).merged(header.stimulus)  # type: ignore[arg-type]  # which checks them
    except (InputError, TypeError) as error:
        raise InputError(f"{path}: not a usable network: {error}") from None
    return Imported(
        *(header.name, "network", network, digest),
        hints=header.hints,
        why=header.why,
        stimulus=stimulus,
        training=header.training,
    )


def _network(header: _Header, arrays: dict[str, Array]) -> Network:
    """The network, checked."""
    count = len(header.populations)
    levels, scale = _levels(arrays, count), _reals(arrays, "scale", count)
    populations: list[Population] = []
    for k, described in enumerate(header.populations):
        made = _population(k, described, populations[-1].stop if populations else 0, arrays)
        populations.append(replace(made, levels=levels[k], step=float(scale[k]) if levels[k] else 1.0))
    sources = populations[-1].stop if populations else 0
    indptr, post = _integers(arrays, "indptr", sources + 1), _integers(arrays, "post")
    if indptr[0] != 0 or np.any(np.diff(indptr) < 0) or indptr[-1] != len(post):
        raise InputError("indptr does not lead through the synapses")
    if len(post) and not 0 <= post.min() <= post.max() < sources:
        raise InputError(f"post names a source beyond the {sources:,} that there are")
    whole = _whole(populations, indptr, post)
    step = np.repeat([p.step for p in populations], [p.size for p in populations])[post]
    weight = np.empty(len(post))
    weight[whole] = _integers(arrays, "weight_int", int(np.count_nonzero(whole))) * step[whole]
    weight[~whole] = _reals(arrays, "weight", int(np.count_nonzero(~whole)))
    if np.any(np.abs(weight) > np.finfo(np.float32).max):
        raise InputError("a weight is no single-precision number")
    grid = _reals(arrays, "grid", count)
    if arrays:
        raise InputError(f"it holds an unknown member {next(iter(arrays))}")
    network = Network(tuple(populations), indptr, post, weight.astype(np.float32), grid, header.outputs)
    network_must_make_sense(network)
    return network


def _levels(arrays: dict[str, Array], count: int) -> list[int]:
    """Levels of the weights into every population, by `bits` or by `levels`."""
    key = "bits" if "bits" in arrays else "levels"
    given: list[int] = _integers(arrays, key, count).tolist()
    if key == "levels":
        return given
    wrong = [width for width in given if width and not BITS[0] <= width <= BITS[1]]
    if wrong:
        raise InputError(f"bits are {BITS[0]} to {BITS[1]}, or 0 for numbers, not {wrong[0]}")
    return [levels_of(width) if width else 0 for width in given]


def _population(k: int, described: _Described, first: int, arrays: dict[str, Array]) -> Population:
    """A population with its parameters, in range."""
    size = math.prod(described.shape)
    if described.model not in MODELS or not 0 < size < SOURCES:
        raise InputError(f"population {described.name!r} is a {described.model!r} of shape {described.shape}")
    parameters = {}
    there = [key for key in FILTERS if f"parameter_{k}_{key}" in arrays]
    for key, parameter in declared(described.model, there).items():
        values = _reals(arrays, f"parameter_{k}_{key}")
        if values.shape not in {(1,), (size,)}:
            raise InputError(f"{key} of {described.name!r} has {values.size} values for {size} sources")
        refusal = parameter.refusal(values)
        if refusal:
            raise InputError(f"{key} of {described.name!r} {refusal}")
        parameters[key] = np.broadcast_to(values, (size,))
    shape = described.shape
    return Population(described.name, described.kind, described.model, first, shape, described.level, parameters)


def _integers(arrays: dict[str, Array], name: str, count: int | None = None) -> Array:
    """An array of integers, taken out of `arrays`."""
    return _flat(arrays.pop(name), name, "iu", count).astype(np.int64)


def _reals(arrays: dict[str, Array], name: str, count: int | None = None) -> Array:
    """An array of numbers, taken out of `arrays`."""
    return _flat(arrays.pop(name), name, "fiu", count).astype(np.float64)


def _flat(array: Array, name: str, kinds: str, count: int | None) -> Array:
    if array.ndim != 1 or array.dtype.kind not in kinds or (count is not None and len(array) != count):
        asked = f"{'' if count is None else f'{count:,} '}{'numbers' if 'f' in kinds else 'integers'}"
        raise InputError(f"{name} is an array of {array.dtype} of shape {array.shape}, not of {asked}")
    return array
