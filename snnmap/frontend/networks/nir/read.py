"""Trained networks in NIR (Neuromorphic Intermediate Representation), from HDF5 files.

Reading is tolerant: real files differ from the specification in shapes, batch dimensions and missing fields
(9 of 16 distinct files found are refused by `nir.read` 1.0.8). Whatever had to be read in another way than it is
written becomes a repair, one sentence each; `strict` refuses the first. Time step and reset rule are not part of NIR:
what a file implies about them becomes a hint with its reason, never a decision.

Source: Pedersen et al., Nature Communications 15 (2024) 8122, neuroir.org.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.core.errors import InputError
from snnmap.frontend.hdf5.tree import Tree, read_tree
from snnmap.frontend.networks.assemble import build_network
from snnmap.frontend.networks.nir.fold import fold
from snnmap.frontend.networks.nir.layers import NEURONS
from snnmap.frontend.networks.nir.nodes import Graph, Node, graph_of
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.options import CHOICES, Pooling
from snnmap.ir import MODELS

SNNTORCH_DT = 1e-4
"""Step that snnTorch's exporter assumes; with it, r dt / tau is 1 in every file it wrote."""


def read_nir(path: Path, *, pooling: Pooling = "fold", strict: bool = False) -> Imported:
    """Network of a NIR file.

    Parameters
    ----------
    path
        HDF5 file as `nir.write` makes it, of any version.
    pooling
        "fold": multiply pooling into the neighbouring layers; "relay": keep pooled values as analog relays.
    strict
        Refuse what would need a repair.

    Raises
    ------
    InputError
        If the file is damaged or foreign, a node is not supported, or `strict` and something needs a repair.
    """
    tree, digest = read_tree(path, "NIR file")
    graph = tree.get("node")
    if not isinstance(graph, Mapping):
        raise InputError(f"{path}: an HDF5 file, but not a NIR file: it has no group 'node'")
    try:
        return _imported(graph, path.stem, digest, pooling, strict)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except MemoryError:
        raise InputError(f"{path}: the network needs more memory than there is") from None


def _imported(tree: Tree, name: str, digest: str, pooling: Pooling, strict: bool) -> Imported:
    """Network of NIR's tree of a graph."""
    if pooling not in {"fold", "relay"}:
        raise InputError(f'pooling {pooling!r} is neither "fold" nor "relay"')
    graph = graph_of(tree)
    folded = fold(graph, pooling)
    if strict and folded.repairs:
        raise InputError(f"{folded.repairs[0]} (--strict refuses what needs a repair)")
    network = build_network(folded.drafts, folded.blocks, folded.outputs)
    hints, why = dialect(graph)
    return Imported(name, "nir", network, digest, folded.repairs, hints, why)


def dialect(graph: Graph) -> tuple[dict[str, object], dict[str, str]]:
    """What the file says or implies about time step and reset, and the reason for each."""
    hints, why = _stated(graph.metadata)
    nodes = [node for node in graph.nodes.values() if node.type in NEURONS]
    neurons = [node for node in nodes if "r" in MODELS[node.type].parameters]
    leaky = [node for node in neurons if node.has("tau") or node.has("tau_mem")]
    if leaky and all(_gain_is_one(node) for node in leaky):
        reason = f"r dt / tau is 1 in every leaky neuron for dt = {SNNTORCH_DT:g} s, as snnTorch writes it"
        _suggest(hints, why, "dt", SNNTORCH_DT, reason)
        guess = "a guess to confirm: snnTorch trains with subtract by default and does not write its reset rule"
        _suggest(hints, why, "reset", "subtract", guess)
    if neurons and all(node.type == "IF" and np.all(node.array("r") == 1.0) for node in neurons):
        reason = "all neurons are IF with r = 1, as sinabs writes them: one unit of charge per step and input"
        _suggest(hints, why, "integration", "step", reason)
        _suggest(hints, why, "dt", 1e-3, "per-step network; 1 ms is the usual step of its data")
    return hints, why


def _gain_is_one(node: Node) -> bool:
    """Whether r dt / tau is 1 for snnTorch's dt."""
    tau = node.array("tau" if node.has("tau") else "tau_mem")
    r = node.array("r")
    return bool(np.allclose(r.ravel() * SNNTORCH_DT, tau.ravel(), rtol=1e-3)) if r.size == tau.size else False


def _stated(metadata: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Hints from the graph's own metadata."""
    hints: dict[str, object] = {}
    why: dict[str, str] = {}
    note = metadata.get("semantics")
    source = "stated in the file's metadata" + (f" ({note})" if isinstance(note, str) else "")
    dt = np.asarray(metadata.get("dt", np.nan))
    if dt.dtype.kind in "fiu" and dt.size == 1 and np.isfinite(dt).all() and dt.item() > 0:
        _suggest(hints, why, "dt", float(dt.item()), source)
    if metadata.get("reset") in CHOICES["reset"]:
        _suggest(hints, why, "reset", metadata["reset"], source)
    return hints, why


def _suggest(hints: dict[str, object], why: dict[str, str], key: str, value: object, reason: str) -> None:
    """Add a hint unless there is one already."""
    if key not in hints:
        hints[key] = value
        why[key] = reason
