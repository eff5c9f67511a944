"""A NIR graph as flat lists: named nodes with their values, and edges. Nothing is interpreted here.

A file comes as a tree, the same as `to_dict` of a graph in memory; nested graphs become nodes with dotted names, whose
own inputs and outputs turn into `Pass` nodes. Knows the layout of NIR, not what a node computes.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.frontend.networks.linear import LARGEST

PASS = "Pass"
"""Type of a node that hands on what it gets: the input or output of a nested graph."""

DEPTH = 32
"""Graphs within graphs that are read at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node as the file has it."""

    name: str
    type: str
    values: Mapping[str, Any]
    """Arrays, numbers and strings by name."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What NIR has no place for, likewise."""

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"node {self.name!r} ({'end of a nested graph' if self.type == PASS else self.type})"

    def has(self, key: str) -> bool:
        """Whether a value is given."""
        return self.values.get(key) is not None

    def array(self, key: str) -> F64 | npt.NDArray[np.float32]:
        """Finite numbers of any shape; float32 stays float32, all else becomes float64.

        Raises
        ------
        InputError
            If the value is missing, not numeric, empty or not finite.
        """
        if not self.has(key):
            raise InputError(f"{self.title} lacks {key!r}; it has {', '.join(sorted(self.values)) or 'nothing'}")
        try:
            array = np.asarray(self.values[key])
        except ValueError:  # nested lists of unequal length
            raise InputError(f"{key} of {self.title} is not a regular array") from None
        if array.dtype.kind not in "fiub":
            raise InputError(f"{key} of {self.title} is not numeric")
        if array.size == 0:
            raise InputError(f"{key} of {self.title} is empty")
        array = array.astype(np.float32 if array.dtype == np.float32 else np.float64, copy=False)
        if not np.all(np.isfinite(array)):
            raise InputError(f"{key} of {self.title} holds numbers that are not finite")
        return array

    def integers(self, key: str) -> tuple[int, ...]:
        """Whole numbers, flattened.

        Raises
        ------
        InputError
            If the value is missing or something else.
        """
        array = self.array(key).ravel()
        if np.any(array != np.rint(array)) or np.any(np.abs(array) >= 2**31):
            raise InputError(f"{key} of {self.title} must be whole numbers below 2^31, not {array[:4].tolist()}")
        return tuple(int(v) for v in array)

    def shape(self, key: str) -> tuple[int, ...] | None:
        """Sizes of at least 1 each, or none if they are missing, empty or zero (not yet inferred by the writer)."""
        if not self.has(key) or empty(self.values[key]):
            return None
        sizes = self.integers(key)
        if math.prod(sizes) > LARGEST:
            raise InputError(f"{key} of {self.title} is {sizes}; at most {LARGEST:,} values are supported")
        return sizes if min(sizes) >= 1 else None


def empty(values: Any) -> bool:
    """Whether an array or list has nothing in it."""
    return bool(values.size == 0) if isinstance(values, np.ndarray) else isinstance(values, list | tuple) and not values


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Flat graph; nodes and edges in natural order of their names."""

    nodes: Mapping[str, Node]
    edges: tuple[tuple[str, str], ...]
    """Distinct pairs (from, to)."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()

    def before(self, name: str) -> list[str]:
        """Nodes with an edge to `name`."""
        return [source for source, target in self.edges if target == name]

    def after(self, name: str) -> list[str]:
        """Nodes with an edge from `name`."""
        return [target for source, target in self.edges if source == name]


def graph_of(tree: Mapping[str, Any]) -> Graph:
    """Flat graph of NIR's `to_dict` tree.

    Raises
    ------
    InputError
        If there are no edges, or an edge names a node that is not there.
    InfeasibleError
        If there are no nodes.
    """
    if isinstance(tree.get("nodes"), Mapping) and not tree["nodes"]:
        raise InfeasibleError("neurons", 1, 0, "The network is empty: give one with at least one neuron.")
    nodes, edges = _flat(tree, "", DEPTH)
    repairs = [
        f"edge {source} -> {target} is written more than once; it counts once"
        for source, target in dict.fromkeys(edge for edge in edges if edges.count(edge) > 1)
    ]
    order = sorted(dict.fromkeys(edges), key=lambda edge: (natural(edge[0]), natural(edge[1])))
    ordered = {name: nodes[name] for name in sorted(nodes, key=natural)}
    metadata = tree.get("metadata")
    return Graph(ordered, tuple(order), metadata if isinstance(metadata, Mapping) else {}, tuple(repairs))


def natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sort key that puts `lif2` before `lif10`."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts if part)


def _flat(tree: Mapping[str, Any], prefix: str, depth: int) -> tuple[dict[str, Node], list[tuple[str, str]]]:
    """Nodes and edges of a graph and the graphs within it; names get `prefix`."""
    where = f"graph {prefix[:-1]!r}" if prefix else "the NIR graph"
    if depth == 0:
        raise InputError(f"graphs are nested more than {DEPTH} deep")
    members = tree.get("nodes")
    if not isinstance(members, Mapping):
        raise InputError(f"{where} has no group of nodes")
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    entry: dict[str, tuple[list[str], list[str]]] = {}
    for name, values in members.items():
        full = prefix + str(name)
        if not isinstance(values, Mapping) or not isinstance(values.get("type"), str):
            raise InputError(_untyped(full, cut_short=tree.get("edges") is None))
        if values["type"] == "NIRGraph":
            inner, inner_edges = _flat(values, full + ".", depth - 1)
            entry[full] = _ends(inner)
            inner = {k: _passing(node) for k, node in inner.items()}
            edges += inner_edges
        else:
            entry[full] = ([full], [full])
            own = {k: v for k, v in values.items() if k not in {"type", "metadata"}}
            told = values.get("metadata")
            inner = {full: Node(full, values["type"], own, told if isinstance(told, Mapping) else {})}
        clash = [k for k in inner if k in nodes]
        if clash:
            raise InputError(f"two nodes are called {clash[0]!r} once nested graphs are flattened")
        nodes |= inner
    for source, target in _pairs(tree.get("edges"), where):
        edges.append((_end(prefix + source, nodes, entry, 1), _end(prefix + target, nodes, entry, 0)))
    return nodes, edges


def _untyped(name: str, cut_short: bool) -> str:
    """What is wrong with a node that has no type: nobody wrote one, or the writer did not get so far."""
    if not cut_short:
        return f"node {name!r} has no type"
    return (
        f"the file is incomplete at node {name!r}, where its writer stopped: the node has no type and no edges follow; "
        "export it again (nir.write of nir 1.0.8 stops at scalar parameters: nir.write(..., compression=None) does not)"
    )


def _ends(inner: Mapping[str, Node]) -> tuple[list[str], list[str]]:
    """Names of the input and output nodes of a nested graph; those of graphs within it are `PASS` already."""
    return [n.name for n in inner.values() if n.type == "Input"], [n.name for n in inner.values() if n.type == "Output"]


def _passing(node: Node) -> Node:
    """The inputs and outputs of a nested graph hand on what they get."""
    return Node(node.name, PASS, node.values) if node.type in {"Input", "Output"} else node


def _end(name: str, nodes: Mapping[str, Node], entry: Mapping[str, tuple[list[str], list[str]]], side: int) -> str:
    """The flat node that an edge's end means; `side` 0 where it enters, 1 where it leaves."""
    if name not in entry:
        if name in nodes:
            return name  # a node inside a nested graph, by its dotted name
        raise InputError(f"an edge names {name!r}, which is not among the nodes")
    if len(entry[name][side]) != 1:
        word = "outputs" if side else "inputs"
        raise InputError(f"nested graph {name!r} has {len(entry[name][side])} {word}; name one of them in the edge")
    return entry[name][side][0]


def _pairs(edges: Any, where: str) -> Iterable[tuple[str, str]]:
    """Edges as pairs of strings."""
    if edges is None:
        raise InputError(f"{where} has no list of edges: the file is incomplete; export it again")
    if isinstance(edges, Mapping):
        raise InputError(f"{where} has no list of edges")
    array = np.array([] if isinstance(edges, str) else edges, object)
    if array.size and (array.ndim != 2 or array.shape[1] != 2):
        raise InputError(f"the edges of {where} are not pairs of node names")
    if not all(isinstance(name, str) for name in array.ravel()):
        raise InputError(f"the edges of {where} are not pairs of node names")
    return [(str(a), str(b)) for a, b in array.reshape(-1, 2)]
