"""Trained networks in NIR (Neuromorphic Intermediate Representation), from HDF5 files.

Reading is tolerant: real files differ from the specification in shapes, batch dimensions and missing fields
(9 of 16 distinct files found are refused by `nir.read` 1.0.8). Whatever had to be read in another way than it is
written becomes a repair, one sentence each; `strict` refuses the first. Time step and reset rule are not part of NIR:
what a file implies about them becomes a hint with its reason, never a decision.

Source: Pedersen et al., Nature Communications 15 (2024) 8122, neuroir.org.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from snnmap.core.errors import InputError
from snnmap.frontend.dialects import DialectName
from snnmap.frontend.hdf5.tree import Tree, read_tree
from snnmap.frontend.networks.assemble import build_network
from snnmap.frontend.networks.nir.dialects import read_dialect
from snnmap.frontend.networks.nir.fold import fold
from snnmap.frontend.networks.nir.nodes import graph_of
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.options import Pooling


@dataclass(frozen=True, slots=True)
class Wish:
    """How a graph is to be read."""

    pooling: Pooling = "fold"
    """`fold`: multiply pooling into the neighbouring layers; `relay`: keep pooled values as analog relays."""
    strict: bool = False
    """Refuse what would need a repair."""
    dialect: DialectName | None = None
    """Program whose reading is taken; guessed from the file's marks if `None`."""


def read_nir(path: Path, wish: Wish = Wish()) -> Imported:
    """Network of a NIR file, HDF5 as `nir.write` makes it, of any version.

    Raises
    ------
    InputError
        If the file is damaged or foreign, a node is not supported, or something needs a repair and shall not.
    """
    tree, digest = read_tree(path, "NIR file")
    graph = tree.get("node")
    if not isinstance(graph, Mapping):
        raise InputError(f"{path}: an HDF5 file, but not a NIR file: it has no group 'node'")
    try:
        return imported(graph, path.stem, digest, wish)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except MemoryError:
        raise InputError(f"{path}: the network needs more memory than there is") from None


def imported(tree: Tree, name: str, digest: str, wish: Wish) -> Imported:
    """Network of NIR's tree of a graph.

    Raises
    ------
    InputError
        As `read_nir`.
    """
    if wish.pooling not in {"fold", "relay"}:
        raise InputError(f'pooling {wish.pooling!r} is neither "fold" nor "relay"')
    reading = read_dialect(graph_of(tree), wish.dialect)
    folded = fold(reading.graph, wish.pooling)
    repairs = (*reading.repairs, *folded.repairs)
    if wish.strict and repairs:
        raise InputError(f"{repairs[0]} (--strict refuses what needs a repair)")
    network = build_network(folded.drafts, folded.blocks, folded.outputs)
    return Imported(name, "nir", network, digest, repairs, reading.hints, reading.why, wish.dialect)
