"""Tells the user that the first run compiles the kernels, so that a silent minute does not look like a hang."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def kernels_are_compiled() -> bool:
    """Whether numba has cached anything of this installation: next to the source, in NUMBA_CACHE_DIR, or in the user's.

    Reads folders only; numba itself is not imported.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return any(Path(chosen).rglob("*.nbi"))
    if any(PACKAGE.rglob("kernels/__pycache__/*.nbi")):
        return True
    if os.access(PACKAGE, os.W_OK):
        return False
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return any((caches / "numba").rglob("*.nbi"))
