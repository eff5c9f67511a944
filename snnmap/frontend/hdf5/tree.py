"""An HDF5 file as a plain tree of names, arrays and strings, whatever state the file is in.

The HDF5 library itself crashes or loops on some damaged files (a flipped bit in 17 kB is enough), so the file is opened
in a process of its own (`child.py`), which costs about 0.3 s. A file that is missing, truncated, foreign or
damaged gives one `InputError`; links that lead out of the file are not followed. What the tree means is left to the
readers.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.errors import InputError
from snnmap.core.files import must_be_content

Tree = Mapping[str, Any]
"""Names to sub-trees, strings (scalar strings), arrays (strings inside are `str` objects) or `Ragged` lists."""


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """Lists of numbers of unequal length."""

    values: npt.NDArray[Any]
    """All of them, one list after the other."""
    offsets: npt.NDArray[np.int64]
    """(lists + 1,) first value of every list."""


SIGNATURE = b"\x89HDF\r\n\x1a\n"

SECONDS = 20
"""Processor seconds that reading may take, plus one for every `BYTES_PER_SECOND`."""

BYTES_PER_SECOND = 5_000_000

PATIENCE = 10
"""Elapsed time may be this many times the processor time, on a busy machine."""


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
        If it cannot be read from beginning to end, or h5py cannot be imported.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); a {kind} is needed") from None
    must_be_content(path, data)
    if not _is_hdf5(data):
        raise InputError(f"{path}: not an HDF5 file; a {kind} is needed")
    head, body = _read_apart(path, SECONDS + len(data) // BYTES_PER_SECOND)
    if "tree" not in head:
        reason = head.get("error", "the HDF5 library failed on it")
        raise InputError(f"{path}: truncated or damaged ({reason}); a {kind} is needed")
    return _unpacked(head["tree"], body), hashlib.sha256(data).hexdigest()


def _is_hdf5(data: bytes) -> bool:
    """Whether the signature stands where the format allows it: at 0, 512, 1024, 2048, ..."""
    at = 0
    while at < len(data):
        if data[at : at + len(SIGNATURE)] == SIGNATURE:
            return True
        at = max(2 * at, 512)
    return False


def _read_apart(path: Path, seconds: int) -> tuple[dict[str, Any], bytes]:
    """First line, as JSON, and the rest of what the child process writes; empty if it dies or takes too long."""
    script = str(Path(__file__).with_name("child.py"))
    command = [sys.executable, "-P", script, str(path.resolve()), str(seconds)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE * seconds)
    except subprocess.TimeoutExpired:
        return {"error": f"reading it takes more than {PATIENCE * seconds} s"}, b""
    if done.returncode != 0:
        _check_h5py(path)
        return {}, b""
    head, _, body = done.stdout.partition(b"\n")
    return json.loads(head), body


def _check_h5py(path: Path) -> None:
    """Tell a broken installation from a damaged file, once reading has failed."""
    command = [sys.executable, "-P", "-c", "import h5py"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == 0:
        return
    lines = done.stderr.decode(errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), f"exit code {done.returncode}")
    reason = "".join(c for c in said if c.isprintable())[:200]
    raise InputError(
        f"h5py cannot be imported ({reason}), so {path} cannot be read; install it again: "
        "pip install --force-reinstall h5py, or snnmap anew"
    )


def _unpacked(tree: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """Tree with its arrays, read-only views of `body`."""
    result: dict[str, Any] = {}
    for name, value in tree.items():
        if not isinstance(value, dict):
            result[name] = value
        elif isinstance(value.get("a"), list):
            dtype, shape, offset = value["a"]
            count = int(np.prod(shape, dtype=np.int64))
            result[name] = np.frombuffer(body, dtype, count, offset).reshape(shape)
        elif isinstance(value.get("r"), list):
            result[name] = Ragged(*_unpacked(dict(zip("vo", value["r"], strict=True)), body).values())
        elif isinstance(value.get("s"), list):
            result[name] = np.array(value["s"], object)
        else:
            result[name] = _unpacked(value, body)
    return result
