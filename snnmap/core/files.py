"""Files of any format: writing is refused before the work if it cannot succeed, and atomic; pointers are no content."""

import gzip
import io
import os
import stat
import zlib
from pathlib import Path
from uuid import uuid4

from snnmap.core.errors import InputError

FREE, RATIO = 1 << 26, 32
"""Bytes that any compressed file may unpack to, and how many times its own size beyond that. Mapping files shrink 5
times, images 5, event lists 10."""
ARRAYS = 300
"""The same for arrays: a raster of 32-bit numbers with a spike in one per cent of its steps shrinks 100 times."""

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that Git LFS put in the place of a large one."""


def must_be_content(path: Path, content: bytes) -> None:
    """Refuse what stands in the place of a file.

    Raises
    ------
    InputError
        If the bytes are a Git LFS pointer.
    """
    if content.startswith(LFS_POINTER):
        raise InputError(f"{path}: this is a Git LFS pointer, not the file; run `git lfs pull` in its repository")


def must_not_burst(where: object, packed: int, unpacked: int, ratio: int = RATIO) -> None:
    """Refuse a compressed file that holds far more than files of its size do, before it takes the memory.

    Parameters
    ----------
    where
        The file, for the message.
    packed, unpacked
        Bytes of the file, and of what it holds.
    ratio
        How many times its own size it may hold beyond `FREE` bytes.

    Raises
    ------
    InputError
        If it holds more.
    """
    if unpacked > FREE + ratio * packed:
        raise InputError(
            f"{where}: {packed:,} bytes that unpack to more than {FREE + ratio * packed:,}; "
            "if that is meant, unpack it first and give the plain file"
        )


def gunzipped(where: object, content: bytes) -> bytes:
    """Bytes of a gzip file, unpacked no further than `must_not_burst` allows.

    Raises
    ------
    InputError
        If they are damaged, or unpack to more.
    """
    limit = FREE + RATIO * len(content)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{where}: the gzip file is truncated or damaged ({error}); get it again") from None
    must_not_burst(where, len(content), len(unpacked))
    return unpacked


def must_be_writable(path: Path, endings: tuple[str, ...], *inputs: object) -> None:
    """Refuse a target that cannot be written, before hours go into its content.

    Parameters
    ----------
    path
        What will be written.
    endings
        What its name may end in.
    inputs
        What the user gave to read; whatever is not the path of a file does not count.

    Raises
    ------
    InputError
        If the name promises another format, the path is an input or a folder, or its folder does not exist or is
        read-only.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give the name of a file")
    if not path.name.lower().endswith(endings):
        raise InputError(f"cannot write {path}: the name must end in {' or '.join(endings)}")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"cannot write {path}: choose a folder that exists and is writable")
    for given in inputs:
        if isinstance(given, str | Path) and _is_same(path, Path(given)):
            raise InputError(f"cannot write {path}: it is what is read ({given}); give another name")


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def must_be_folder(path: Path) -> None:
    """Refuse a folder for results that cannot be made or written into, before hours go into them.

    Raises
    ------
    InputError
        If there is a file of that name, or the nearest folder above it that exists is read-only.
    """
    there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InputError(f"cannot write into {path}: {there} is no folder that is writable")


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name, then rename: an interrupted run leaves the old file or none.

    A link keeps pointing where it does, an old file keeps its mode, and a new one gets what the umask leaves.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise InputError(f"cannot write {path}: it is not a plain file; give the name of a file")
    temporary = target.with_name(f".{target.name[:200]}.{uuid4().hex[:12]}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; choose a folder that exists and is writable"
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {path}: {error.strerror}") from None
        raise
