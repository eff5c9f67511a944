"""Arrays of an HDF5 file that is neither a network nor NIR data, by the last part of their names.

Lists of unequal length, one per sample (SHD and SSC: `spikes/times` in seconds, `spikes/units`; Cramer et al., IEEE
TNNLS 33, 2744, 2022), become one array and `offsets`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.errors import InputError
from snnmap.frontend.data.archive import Arrays
from snnmap.frontend.hdf5.tree import Ragged, Tree, read_tree


def read_hdf5(path: Path) -> Arrays:
    """Numeric arrays by name; of groups called `extra` or `meta_info` nothing is taken.

    Raises
    ------
    InputError
        If the file is damaged or a network, two arrays have one name, or lists differ in their lengths.
    """
    tree, _ = read_tree(path, "data file")
    if "node" in tree or "layer" in tree:
        raise InputError(f"{path}: is a network, not data; give it as the workload and its data with --data")
    arrays: dict[str, npt.NDArray[Any]] = {}
    ragged: dict[str, Ragged] = {}
    for name, value in _leaves(tree):
        if name in arrays or name in ragged:
            raise InputError(f"{path}: holds more than one array {name!r}; keep one")
        if isinstance(value, Ragged):
            ragged[name] = value
        elif value.dtype.kind in "biuf":
            arrays[name] = value
    if not ragged:
        return arrays
    first = next(iter(ragged.values())).offsets
    if any(not np.array_equal(one.offsets, first) for one in ragged.values()):
        raise InputError(f"{path}: the lists {', '.join(ragged)} differ in their lengths")
    return {**arrays, **{name: one.values for name, one in ragged.items()}, "offsets": first}


def _leaves(tree: Tree) -> list[tuple[str, Any]]:
    """Arrays and lists with the last part of their names."""
    leaves: list[tuple[str, Any]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            leaves += [] if name in {"extra", "meta_info"} else _leaves(value)
        elif isinstance(value, np.ndarray | Ragged) and not name.startswith("@"):
            leaves.append((name, value))
    return leaves
