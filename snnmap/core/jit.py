"""The one place that asks numba to compile: a typed `njit` with the project's settings.

No fastmath and no parallel loops: results must be the same bytes on every machine and thread count. `nogil` lets
callers run independent samples on several threads. Compiled code is cached next to the source, or in the user's
cache folder, in files with a checksum (`checked_cache`).

numba takes a cached function for current while the file it stands in is unchanged, even if it calls kernels of other
files that did change: an upgrade or an edit would then run old code. So the cache is stamped with the content of the
function's own file and of all kernel files that it imports, directly or not.

With versions of numba that it was tested with, kernels are compiled as `lean_kernels` does it, in less time; with any
other as numba does it. Results are the same.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import config, event

from snnmap.core.checked_cache import CheckedFile

P = ParamSpec("P")
T = TypeVar("T")

PACKAGE = Path(__file__).resolve().parents[1]
TESTED = ((0, 61), (0, 68))
"""First and last minor version of numba that `lean_kernels` was tested with."""


def njit(function: Callable[P, T]) -> Callable[P, T]:
    """Compile `function` with numba (cached on disk, releases the GIL, IEEE arithmetic)."""
    if config.DISABLE_JIT:
        return function
    source = stamp(Path(function.__code__.co_filename))
    if is_tested(numba.__version__):
        from snnmap.core.lean_kernels import Kernel

        return cast("Callable[P, T]", Kernel(function, source))
    return cast("Callable[P, T]", plain(function, source))


def is_tested(version: str) -> bool:
    """Whether a version of numba is one that `lean_kernels` was tested with."""
    major, minor = version.split(".")[:2]
    return TESTED[0] <= (int(major), int(minor)) <= TESTED[1]


def plain(function: Callable[P, T], source: str) -> Any:
    """A kernel as numba compiles it, but for its cache, whose stamp is `source`."""
    compiled = numba.njit(cache=True, nogil=True, fastmath=False, no_cfunc_wrapper=True)(function)
    found = compiled._cache  # noqa: SLF001 numba has no public way to say what a cache depends on
    place = (found.cache_path, found._impl.filename_base)  # noqa: SLF001
    found._cache_file = CheckedFile(*place, source)  # noqa: SLF001
    return compiled


class _Compilations(event.Listener):  # type: ignore[misc]  # numba has no types
    """Passes on that numba begins to compile a kernel of snnmap; what it finds in its cache is not compiled."""

    def __init__(self, begun: Callable[[str], None]) -> None:
        self._begun = begun

    def on_start(self, event: Any) -> None:
        module = event.data["dispatcher"].py_func.__module__
        if module.startswith("snnmap."):
            self._begun(module)

    def on_end(self, event: Any) -> None:
        """Nothing: the next kernel says that this one is done."""


@contextmanager
def watched(begun: Callable[[str], None]) -> Iterator[None]:
    """Call `begun` with the module of every kernel of snnmap that is about to be compiled in the meantime."""
    with event.install_listener("numba:compile", _Compilations(begun)):
        yield


def kernels_in(module: str) -> int:
    """How many kernels stand in the `kernels` folder that holds `module`."""
    folder = PACKAGE.joinpath(*module.split(".")[1:]).parent
    return sum(file.read_text(encoding="utf-8").count("\n@njit\n") for file in folder.glob("*.py"))


@cache
def stamp(path: Path) -> str:
    """SHA-256 of a kernel file and of all kernel files it imports, directly or not."""
    sources: dict[Path, str] = {}
    pending = [path]
    while pending:
        file = pending.pop()
        if file not in sources:
            sources[file] = file.read_text(encoding="utf-8")
            pending += imported_kernels(sources[file])
    return hashlib.sha256("\0".join(sources[file] for file in sorted(sources)).encode()).hexdigest()


def imported_kernels(source: str) -> list[Path]:
    """Files of the modules `snnmap. ... .kernels. ...` that a module's source imports anywhere, in order."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    parts = [name.split(".") for name in dict.fromkeys(names)]
    files = [PACKAGE.joinpath(*p[1:]).with_suffix(".py") for p in parts if p[0] == "snnmap" and "kernels" in p[1:-1]]
    return [file for file in files if file.is_file()]
