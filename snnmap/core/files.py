"""Files of any format: writing is refused before the work if it cannot succeed, and atomic; pointers are no content."""

import os
import tempfile
from pathlib import Path

from snnmap.core.errors import InputError

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


def must_be_writable(path: Path) -> None:
    """Refuse a target that cannot be written, before hours go into its content.

    Raises
    ------
    InputError
        If its folder does not exist or is read-only, or the path is a folder.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give the name of a file")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"cannot write {path}: choose a folder that exists and is writable")


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name beside `path`, then rename: an interrupted run leaves the old file or none.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is not a plain file; give the name of a file")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; choose a folder that exists and is writable"
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {path}: {error.strerror}") from None
        raise
