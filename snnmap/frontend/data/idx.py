"""MNIST idx files (unsigned bytes; gzip or plain). Format: magic 0, 0, 8, axes; sizes as big-endian int32; the bytes.

Source: LeCun, Cortes, Burges, "The MNIST database", section "File formats for the MNIST database".
"""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnmap.core.errors import InputError
from snnmap.core.files import gunzipped

GZIP = b"\x1f\x8b"
MAGIC = b"\x00\x00\x08"


def is_idx(head: bytes, name: str) -> bool:
    """Whether the first bytes or the name of a file say that it is idx."""
    return head.startswith(MAGIC) or "ubyte" in name or name.endswith((".idx", ".idx.gz"))


def read_idx(path: Path, content: bytes) -> npt.NDArray[np.uint8]:
    """Array of an idx file from its bytes.

    Raises
    ------
    InputError
        If the file is empty, truncated, damaged, or not idx of unsigned bytes.
    """
    if content.startswith(GZIP):
        content = gunzipped(path, content)
    if len(content) < 4 or not content.startswith(MAGIC):
        raise InputError(f"{path}: not an MNIST idx file of unsigned bytes")
    axes = content[3]
    start = 4 + 4 * axes
    if axes == 0 or len(content) < start:
        raise InputError(f"{path}: the idx header is incomplete")
    shape = struct.unpack(f">{axes}I", content[4:start])
    expected = 1
    for size in shape:
        expected *= size
    if len(content) - start != expected:
        raise InputError(
            f"{path}: the header says {' x '.join(map(str, shape))} bytes, but {len(content) - start:,} are there; "
            "the file is truncated or damaged"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def labels_beside(path: Path) -> Path | None:
    """File of labels that canonically lies beside `*-images-idx3-ubyte[.gz]`, if it does."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    for candidate in (name, name.removesuffix(".gz"), f"{name}.gz"):
        beside = path.with_name(candidate)
        if candidate != path.name and beside.is_file():
            return beside
    return None
