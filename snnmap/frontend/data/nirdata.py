"""Recorded data in NIR's exchange format (`nir.write_data`): HDF5 groups of `EventData` and `TimeGriddedData`.

Read without `nir`, which opens the file in this process (damaged files can crash it) and validates by `assert`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import offsets
from snnmap.core.errors import InputError
from snnmap.frontend.data.archive import read_bytes
from snnmap.frontend.data.samples import Dense, Events, Recording, finite
from snnmap.frontend.hdf5.tree import SIGNATURE, Tree, read_tree

ROOT = "NIRGraphData"
"""Type that the root group of such a file states."""


def is_nirdata(path: Path) -> bool:
    """Whether a file is HDF5 and names the type of NIR data."""
    content = read_bytes(path)
    return SIGNATURE in content and ROOT.encode() in content


def read_nirdata(path: Path) -> tuple[Mapping[str, Recording], str]:
    """Recording of every node (nested nodes by dotted names), and the SHA-256 of the file.

    Of a node's observables `spikes` is taken, else `input`, else the only one.

    Raises
    ------
    InputError
        If the file is damaged, of another kind, or a node has no usable observable.
    """
    tree, digest = read_tree(path, "NIR data file")
    try:
        if tree.get("@__type__") != ROOT:
            raise InputError("it does not say that it is NIR data")
        return _graph(tree, ""), digest
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _graph(tree: Tree, prefix: str) -> dict[str, Recording]:
    recordings: dict[str, Recording] = {}
    for name, node in _group(tree, "nodes").items():
        if not isinstance(node, dict):
            raise InputError(f"node {name!r} is not a group")
        if node.get("@__type__") == ROOT:
            recordings |= _graph(node, f"{prefix}{name}.")
        else:
            recordings[prefix + name] = _node(prefix + name, _group(node, "observables"))
    return recordings


def _group(tree: Tree, key: str) -> dict[str, Any]:
    """Members of a group that must be there, without its attributes."""
    if not isinstance(tree.get(key), dict):
        raise InputError(f"it has no group {key!r}")
    return {name: member for name, member in tree[key].items() if not name.startswith("@")}


def _node(name: str, observables: Tree) -> Recording:
    """The one observable that stands for the node's output."""
    names = list(observables)
    chosen = next((key for key in ("spikes", "input") if key in names), names[0] if len(names) == 1 else None)
    if chosen is None:
        raise InputError(f"node {name!r} has observables {names}, but none is called 'spikes' or 'input'")
    item = observables[chosen]
    if not isinstance(item, dict):
        raise InputError(f"observable {chosen!r} of node {name!r} is not a group")
    if item.get("@__type__") == "TimeGriddedData":
        values = finite(_array(item, "data", name), f"the data of node {name!r}")
        if values.ndim != 3:
            raise InputError(f"the data of node {name!r} must be (samples, steps, neurons), not {values.shape}")
        spiking = values.dtype.kind in "biu"
        dt = _positive(item, "@dt", name)
        return Recording(Dense(values, timed=True, spiking=spiking, dt=dt, declared=True))
    return Recording(_events(name, item))


def _events(name: str, item: Tree) -> Events:
    """EventData: (samples, slots), empty slots have index -1 or an infinite time."""
    index, time = _array(item, "idx", name), _array(item, "time", name)
    value = _array(item, "value", name) if "value" in item else None
    shapes = {array.shape for array in (index, time, value) if array is not None}
    if len(shapes) != 1 or index.ndim != 2 or index.dtype.kind not in "iu" or time.dtype.kind not in "iuf":
        raise InputError(f"the events of node {name!r} must be arrays (samples, events) of one shape")
    neurons, duration = int(_positive(item, "@n_neurons", name)), _positive(item, "@t_max", name)
    used = (index >= 0) & np.isfinite(time)
    if np.any(index[used] >= neurons) or np.any(time[used] < 0):
        raise InputError(f"an event of node {name!r} lies outside its {neurons} neurons or before time 0")
    return Events(
        frame=offsets(used.sum(axis=1)),
        time=time[used].astype(np.float64),
        coordinates=(index[used].astype(np.int64),),
        value=None if value is None else finite(value[used], f"the values of {name!r}").astype(np.float32),
        features=neurons,
        duration=duration,
    )


def _array(item: Tree, key: str, name: str) -> npt.NDArray[Any]:
    array = item.get(key)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise InputError(f"node {name!r} has no numbers {key!r}")
    return array


def _positive(item: Tree, key: str, name: str) -> float:
    array = _array(item, key, name)
    if array.size != 1 or not 0 < float(array.ravel()[0]) < float("inf"):
        raise InputError(f"{key[1:]} of node {name!r} must be one positive number")
    return float(array.ravel()[0])
