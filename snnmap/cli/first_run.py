"""Tells the user that the first run compiles the kernels, so that a silent minute does not look like a hang."""

import os
from pathlib import Path

import snnmap.kernels


def kernels_are_compiled() -> bool:
    """Whether numba has cached anything of this installation: next to the source, in NUMBA_CACHE_DIR, or in the user's.

    Reads folders only; numba itself is not imported.
    """
    folder = Path(snnmap.kernels.__file__).parent
    told = os.environ.get("NUMBA_CACHE_DIR")
    if told:
        return any(Path(told).rglob("*.nbi"))
    if any((folder / "__pycache__").glob("*.nbi")):
        return True
    if os.access(folder, os.W_OK):
        return False
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return any((caches / "numba").rglob("*.nbi"))
