"""Tells the user which kernels are being compiled, so that a silent minute does not look like a hang."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snnmap.core.run import Progress

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


@contextmanager
def compiling(progress: Progress) -> Iterator[None]:
    """Report every kernel that is compiled in the meantime as progress of its room, `partition kernels`."""
    from snnmap.core.jit import kernels_in, watched

    begun: Counter[str] = Counter()

    def tell(module: str) -> None:
        room = module.partition(".kernels")[0].rpartition(".")[2]
        begun[room] += 1
        progress(f"{room} kernels", min(begun[room], kernels_in(module)), kernels_in(module), 0.0)

    with watched(tell):
        yield
