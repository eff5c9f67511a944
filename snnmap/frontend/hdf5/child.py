"""Script that reads an HDF5 file in a process of its own, because the HDF5 library can crash or hang on damaged ones.

Usage: child.py FILE SECONDS. Standard output gets one line of JSON, {"error": reason} or {"tree": ...}, and then
the raw bytes of all arrays. In the tree a group is an object, a string a string, an array of strings {"s": nested
list}, lists of numbers of unequal length {"r": [all values, offsets]},
any other array {"a": [dtype, shape, offset]}; "@name" is an attribute of a group. Run and understood by
`tree`; imports nothing of snnmap.
"""

import json
import sys
from typing import Any, BinaryIO

import h5py
import numpy as np

DEPTH = 32
"""Groups within groups that are read at most."""

FREE, RATIO = 1 << 26, 300
"""All datasets may take so many bytes, and so many times those of the file beyond that; hard links count each time
(`core.files` has the same limits)."""

DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, IndexError, MemoryError, SystemError)
"""What h5py has been seen to raise on damaged files."""


class RefusedError(Exception):
    """A readable file with something in it that is not taken."""


def group_tree(group: Any, size: int, depth: int, arrays: list[Any]) -> dict[str, Any]:
    """All members and attributes of one group; arrays are appended to `arrays`."""
    if depth == 0:
        raise RefusedError(f"groups are nested more than {DEPTH} deep")
    tree: dict[str, Any] = {f"@{key}": packed(np.asarray(value), arrays) for key, value in group.attrs.items()}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise RefusedError(f"{group.name}/{name} is a link to somewhere else, which is not followed")
        member = group[name]
        if isinstance(member, h5py.Group):
            tree[name] = group_tree(member, size, depth - 1, arrays)
        elif isinstance(member, h5py.Dataset):
            held = sum(one.nbytes for one in arrays) + member.nbytes
            if held > FREE + RATIO * size:
                raise RefusedError(f"with {member.name} it claims {held:,} bytes in a file of {size:,}")
            tree[name] = packed(np.asarray(member[()]), arrays)
        else:
            raise RefusedError(f"{group.name}/{name} is neither a group nor a dataset")
    return tree


def packed(array: Any, arrays: list[Any]) -> Any:
    """JSON for one value."""
    if h5py.check_vlen_dtype(array.dtype) not in (None, str, bytes):
        return ragged(array, arrays)
    if array.dtype.kind in "OSU":
        texts = np.array([text(item) for item in array.ravel()], object).reshape(array.shape).tolist()
        return texts if array.ndim == 0 else {"s": texts}
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16:
        raise RefusedError(f"an array of type {array.dtype} is neither numbers nor strings")
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    offset = sum(one.nbytes for one in arrays)
    arrays.append(array)
    return {"a": [array.dtype.str, list(array.shape), offset]}


def ragged(array: Any, arrays: list[Any]) -> Any:
    """JSON for lists of numbers of unequal length."""
    if array.ndim != 1:
        raise RefusedError("lists of unequal length in more than one axis")
    values = np.concatenate(array.tolist()) if len(array) else np.zeros(0)
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in array])]).astype(np.int64)
    return {"r": [packed(values, arrays), packed(offsets, arrays)]}


def text(value: Any) -> str:
    """Stored string as `str`."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        return value
    raise RefusedError(f"an array of {type(value).__name__} is neither numbers nor strings")


def limit_time(seconds: int) -> None:
    """Let the system end this process after so much processor time, where it can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's own time limit must do
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str, seconds: int, out: BinaryIO) -> None:
    """Write the tree of `path` to `out`."""
    limit_time(seconds)
    arrays: list[Any] = []
    try:
        with open(path, "rb") as raw:  # noqa: PTH123 (this script stays free of what it does not need)
            size = raw.seek(0, 2)
        with h5py.File(path, "r") as file:
            head: dict[str, Any] = {"tree": group_tree(file, size, DEPTH, arrays)}
    except (RefusedError, *DAMAGE) as error:
        head = {"error": " ".join(str(error).split())[:160]}
    out.write(json.dumps(head).encode() + b"\n")
    if "tree" in head:
        for array in arrays:
            out.write(array.tobytes())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.stdout.buffer)
