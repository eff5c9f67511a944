"""A network as a NIR file: one dense layer for every pair of populations, integers in its metadata.

What NIR cannot say is refused, by reading back what would be written: synapses that are absent from a dense matrix, or
0 in one that is mostly 0; other delays, models that NIR does not have, a stepping that its reader would not find again.
Populations become flat, and biases are added up.
"""

import io
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from snnmap.core.arrays import F64, row_of_entry
from snnmap.core.errors import InputError
from snnmap.frontend.networks.nir.read import Wish, imported
from snnmap.frontend.networks.parsed import Imported
from snnmap.ir import FILTERS, MODELS, Network, Population

VERSION = "1.0"
DENSE = 1 << 26
"""Values of a matrix that is written at most."""
INSTEAD = "NIR cannot hold it: write .npz"


def nir_bytes(read: Imported) -> bytes:
    """Content of a NIR file.

    Raises
    ------
    InputError
        If NIR cannot hold the network, or not as it is.
    """
    tree = _tree(read)
    again = imported(tree, read.name, "", Wish())
    differs = _difference(read, again)
    if differs:
        raise InputError(f"{differs}; {INSTEAD}")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("version", data=VERSION, dtype=h5py.string_dtype())
        _write(file.create_group("node"), tree)
    return buffer.getvalue()


def _tree(read: Imported) -> dict[str, Any]:
    """The layout of `nir.NIRGraph.to_dict`."""
    network = read.network
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    matrices = _matrices(network)
    for k, p in enumerate(network.populations):
        if p.kind == "bias":
            continue
        nodes[p.name] = _node(p)
        feeding = [(a, m) for (a, b), m in matrices.items() if b == k and network.populations[a].kind != "bias"]
        constant = [m for (a, b), m in matrices.items() if b == k and network.populations[a].kind == "bias"]
        bias = sum((m.sum(axis=0) for m in constant), start=np.zeros(p.size))
        if not feeding and np.any(bias):
            raise InputError(f"{p.name!r} hears a bias alone; {INSTEAD}")
        for turn, (a, matrix) in enumerate(feeding):
            name = f"{network.populations[a].name} to {p.name}"
            values: dict[str, Any] = {"type": "Affine" if turn == 0 and np.any(bias) else "Linear"}
            values["weight"] = matrix.T.astype(np.float32)
            if values["type"] == "Affine":
                values["bias"] = bias
            if p.levels:
                whole = np.rint(matrix.T / p.step).astype(np.int16)
                values["metadata"] = {"weight_int": whole, "scale": np.full(1, p.step), "levels": np.array([p.levels])}
            nodes[name] = values
            edges += [(network.populations[a].name, name), (name, p.name)]
    for k in network.outputs:
        out = f"output {network.populations[k].name}"
        nodes[out] = {"type": "Output", "shape": np.array([network.populations[k].size])}
        edges.append((network.populations[k].name, out))
    told = {key: read.hints[key] for key in ("dt", "reset") if key in read.hints}
    return {"type": "NIRGraph", "nodes": nodes, "edges": edges} | ({"metadata": told} if told else {})


def _node(p: Population) -> dict[str, Any]:
    """An input, or neurons with their parameters at full shape."""
    if p.kind == "input":
        return {"type": "Input", "shape": np.array([p.size])}
    if MODELS[p.model].standard != "NIR":
        raise InputError(f"NIR has no {p.model} as in {p.name!r}; {INSTEAD}")
    if any(key in FILTERS for key in p.parameters):
        raise InputError(f"NIR has no alpha synapse as {p.name!r} has it; {INSTEAD}")
    return {"type": p.model} | {key: np.array(values) for key, values in p.parameters.items()}


def _matrices(network: Network) -> dict[tuple[int, int], F64]:
    """Weights between every two populations that have synapses, (pre size, post size)."""
    index, pre = network.population_of(), row_of_entry(network.indptr)
    first = np.array([p.first for p in network.populations])
    pair = index[pre].astype(np.int64) * len(first) + index[network.post]
    made: dict[tuple[int, int], F64] = {}
    for number in np.unique(pair).tolist():
        a, b = divmod(number, len(first))
        shape = network.populations[a].size, network.populations[b].size
        if shape[0] * shape[1] > DENSE:
            raise InputError(f"a dense matrix of {shape[0]:,} x {shape[1]:,} is too large for NIR: write .npz")
        own = pair == number
        made[a, b] = np.zeros(shape)
        made[a, b][pre[own] - first[a], network.post[own] - first[b]] = network.weight[own]
    return made


def _difference(read: Imported, again: Imported) -> str:
    """What would not come back from a NIR file; empty if all does."""
    before, after = read.network, again.network
    named = {p.name: k for k, p in enumerate(after.populations)}
    lost = [p.name for p in before.populations if p.kind != "bias" and p.name not in named]
    if lost or again.repairs:
        return (again.repairs or (f"population {lost[0]!r} would be lost",))[0]
    hints = {key: value for key, value in read.hints.items() if again.hints.get(key) != value}
    if hints:
        return "its reader would not find that " + ", ".join(f"{key} = {value}" for key, value in hints.items())
    old, new = _by_name(before), _by_name(after)
    for names in sorted({*old, *new}):
        there = [pair.get(names) for pair in (old, new)]
        if there[0] is None or there[1] is None or there[0][1:] != there[1][1:]:
            return f"synapses from {names[0] or 'biases'!r} to {names[1]!r} would be others"
        close = np.allclose(there[0][0], there[1][0], rtol=0.0, atol=1e-6 * float(np.abs(there[0][0]).max(initial=0.0)))
        if not close or (names[0] and not np.array_equal(there[0][0], there[1][0])):
            return f"weights from {names[0] or 'biases'!r} to {names[1]!r} would be others"
    for p in before.populations:
        q = after.populations[named.get(p.name, 0)]
        same = p.kind == "bias" or (p.levels, p.step, p.size) == (q.levels, q.step, q.size)
        if not same or any(not np.array_equal(v, q.parameters[key]) for key, v in p.parameters.items()):
            return f"population {p.name!r} would be another"
    return ""


def _by_name(network: Network) -> Mapping[tuple[str, str], tuple[F64, int, bool]]:
    """Of every pair of populations the weights, how many synapses, and whether delayed; biases added up, as one."""
    counts: dict[tuple[int, int], int] = {}
    index = network.population_of()
    pair = index[row_of_entry(network.indptr)].astype(np.int64) * len(network.populations) + index[network.post]
    for number, count in zip(*np.unique(pair, return_counts=True), strict=True):
        counts[divmod(int(number), len(network.populations))] = int(count)
    made: dict[tuple[str, str], tuple[F64, int, bool]] = {}
    for (a, b), matrix in _matrices(network).items():
        p, q = network.populations[a], network.populations[b]
        if p.kind == "bias":
            made["", q.name] = (made.get(("", q.name), (np.zeros(q.size),))[0] + matrix.sum(axis=0), 0, False)
        else:
            made[p.name, q.name] = (matrix, counts[a, b], q.level <= p.level)
    return made


def _write(group: Any, tree: Mapping[str, Any]) -> None:
    """A tree as groups and datasets."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            _write(group.create_group(key), value)
        elif isinstance(value, str):
            group.create_dataset(key, data=value, dtype=h5py.string_dtype())
        elif key == "edges":
            group.create_dataset(key, data=np.array(value, object), dtype=h5py.string_dtype())
        else:
            group.create_dataset(key, data=value)
