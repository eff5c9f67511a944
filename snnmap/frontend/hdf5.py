"""An HDF5 file as a plain tree of names, arrays and strings, whatever state the file is in.

The only place that opens HDF5 files of networks. A file that is missing, truncated, foreign or damaged gives one
`InputError`; links that lead out of the file are not followed. What the tree means is left to the readers.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.errors import InputError

Tree = Mapping[str, Any]
"""Names to sub-trees, strings (scalar strings) or arrays (strings inside are `str` objects)."""

DEPTH = 32
"""Groups within groups that are read at most."""

EXPANSION = 4096
"""A dataset may be at most this many times as large as its file (deflate reaches 1032)."""

DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, IndexError, MemoryError, SystemError)
"""What h5py has been seen to raise on damaged files."""


def read_tree(path: Path, kind: str) -> tuple[Tree, str]:
    """Everything in the HDF5 file at `path`, and the SHA-256 of its bytes.

    Parameters
    ----------
    path
        The file.
    kind
        What it should be, in the user's words, for the message.

    Raises
    ------
    InputError
        If it cannot be read from beginning to end.
    """
    import h5py

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); a {kind} is needed") from None
    if not data:
        raise InputError(f"{path}: the file is empty; a {kind} is needed")
    try:
        with h5py.File(path, "r") as file:
            return _group(file, len(data), DEPTH), hashlib.sha256(data).hexdigest()
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"{path}: not a readable HDF5 file, truncated or damaged ({reason}); a {kind} is needed"
        ) from None


def _group(group: Any, size: int, depth: int) -> dict[str, Any]:
    """All members of one group."""
    import h5py

    if depth == 0:
        raise InputError(f"groups are nested more than {DEPTH} deep")
    tree: dict[str, Any] = {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise InputError(f"{group.name}/{name} is a link to somewhere else, which is not followed")
        member = group[name]
        tree[name] = _group(member, size, depth - 1) if isinstance(member, h5py.Group) else _dataset(member, size)
    return tree


def _dataset(dataset: Any, size: int) -> Any:
    """Value of one dataset: a string, or an array."""
    if not hasattr(dataset, "nbytes"):
        raise InputError(f"{dataset.name} is neither a group nor a dataset")
    if dataset.nbytes > EXPANSION * size:
        raise InputError(f"{dataset.name} claims {dataset.nbytes:,} bytes in a file of {size:,}")
    value = dataset[()]
    if isinstance(value, bytes | str):
        return _text(value)
    array = np.asarray(value)
    if array.dtype.kind in "OS":
        array = np.array([_text(item) for item in array.ravel()], object).reshape(array.shape)
        return array.item() if array.ndim == 0 else array
    return array


def _text(value: Any) -> str:
    """Stored string as `str`."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
