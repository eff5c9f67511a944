"""numpy files (`.npz`, `.npy`) from their bytes, whatever state they are in. Pickled objects are never loaded."""

import io
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.errors import InputError
from snnmap.core.files import ARRAYS, must_be_content, must_not_burst

ZIP = b"PK"
NPY = b"\x93NUMPY"

DAMAGE = (
    OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError, SyntaxError,
    OverflowError, struct.error, zlib.error, zipfile.BadZipFile, tokenize.TokenError,
)  # fmt: skip
"""What numpy and zipfile have been seen to raise on damaged files."""

Arrays = Mapping[str, npt.NDArray[Any]]


def read_bytes(path: Path) -> bytes:
    """Bytes of a file.

    Raises
    ------
    InputError
        If it does not exist, is a folder or a device (which may never end), is empty or cannot be read.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a data file")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is a device or pipe, not a file; write it to a file first")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not content:
        raise InputError(f"{path}: the file is empty")
    must_be_content(path, content)
    return content


def marked_arrays(path: Path, mark: str, otherwise: str) -> Arrays:
    """Arrays of an `.npz` of ours by name, of which `format` holds the mark.

    Raises
    ------
    InputError
        As `read_bytes` and `read_arrays`; with `otherwise` if the mark is not there.
    """
    arrays = read_arrays(path, read_bytes(path))
    if "format" not in arrays or arrays["format"].size != 1 or str(arrays["format"].item()) != mark:
        raise InputError(f"{path}: {otherwise}")
    return arrays


def read_arrays(path: Path, content: bytes) -> Arrays:
    """Arrays of an `.npz` by name, or the array of an `.npy` as `data`.

    Raises
    ------
    InputError
        If the file is truncated, damaged, or holds Python objects.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of numpy about headers as Python 2 wrote them
            return _arrays(path, content)
    except DAMAGE as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: not a readable numpy file, truncated, damaged or pickled ({reason})") from None


def _arrays(path: Path, content: bytes) -> Arrays:
    """As `read_arrays`; damage raises whatever it does."""
    if content.startswith(NPY):
        _refuse_bomb(io.BytesIO(content), len(content))
        return {"data": np.load(io.BytesIO(content), allow_pickle=False)}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        must_not_burst(path, len(content), sum(info.file_size for info in archive.infolist()), ARRAYS)
        return {name.removesuffix(".npy"): _member(archive, name) for name in archive.namelist()}


def _member(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """One array of an archive; reading to its end checks its CRC."""
    member = archive.read(name)
    _refuse_bomb(io.BytesIO(member), len(member))
    return np.asarray(np.load(io.BytesIO(member), allow_pickle=False))


def _refuse_bomb(stream: io.BytesIO, size: int) -> None:
    """Refuse a header that claims more than the stream holds, before numpy allocates it."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    count = 1
    for axis in shape:
        count *= axis
    if count * dtype.itemsize > size:
        raise ValueError(f"the header claims {count} values of {dtype}")


def integers(values: npt.NDArray[Any], what: str) -> npt.NDArray[np.int64]:
    """`values` as int64; floats only if they are whole.

    Raises
    ------
    InputError
        If they are not whole numbers.
    """
    whole = values.dtype.kind in "biu" or (values.dtype.kind == "f" and bool(np.all(values == np.rint(values))))
    if not whole or (values.size and not np.all(np.abs(values.astype(np.float64)) < 2**53)):
        raise InputError(f"{what} must be whole numbers")
    return values.astype(np.int64)
