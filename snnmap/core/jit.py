"""The one place that imports numba: a typed `njit` with the project's settings.

No fastmath and no parallel loops: results must be the same bytes on every machine and thread count. `nogil` lets
callers run independent samples on several threads. Compiled code is cached next to the source, or in the user's
cache folder.

numba takes a cached function for current while the file it stands in is unchanged, even if it calls kernels of other
files that did change: an upgrade or an edit would then run old code. So the cache is stamped with the content of the
function's own file and of all kernel files that it imports, directly or not. numba also runs whatever bytes lie in its
cache, and a flipped bit crashes the process: every cache file begins with the SHA-256 of the rest, and one that does
not fit is compiled again.

numba compiles a kernel once for a literal argument and again for a variable, and once for every width of an integer:
kernels give others `int(np.int64(0))`, which is no literal, and widen what they read from 32-bit arrays.
"""

import ast
import hashlib
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import event
from numba.core.caching import IndexDataCacheFile

P = ParamSpec("P")
T = TypeVar("T")

PACKAGE = Path(__file__).resolve().parents[1]
SUM_BYTES = hashlib.sha256().digest_size


def njit(function: Callable[P, T]) -> Callable[P, T]:
    """Compile `function` with numba (cached on disk, releases the GIL, IEEE arithmetic).

    Nobody calls kernels from C: the wrapper for that takes a fourteenth of the compilation.
    """
    compiled = numba.njit(cache=True, nogil=True, fastmath=False, no_cfunc_wrapper=True)(function)
    if hasattr(compiled, "_cache"):  # not with NUMBA_DISABLE_JIT
        cache = compiled._cache  # noqa: SLF001 numba has no public way to say what a cache depends on
        place = (cache.cache_path, cache._impl.filename_base)  # noqa: SLF001
        cache._cache_file = CheckedFile(*place, stamp(Path(function.__code__.co_filename)))  # noqa: SLF001
    return cast("Callable[P, T]", compiled)


class CheckedFile(IndexDataCacheFile):  # type: ignore[misc]  # numba has no types
    """Index and machine code of one kernel on disk; a damaged file counts as missing."""

    def _load_index(self) -> dict[Any, str]:
        content = self._checked(Path(self._index_path))
        version, source, overloads = (None, None, {}) if content is None else pickle.loads(content)
        current: bool = (version, source) == (self._version, self._source_stamp)
        return overloads if current else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        content = self._checked(Path(self._data_path(name)))
        if content is None:
            raise FileNotFoundError(name)
        return pickle.loads(content)

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _checked(self, path: Path) -> bytes | None:
        """Content of a file without its checksum; none if it is missing or damaged."""
        try:
            whole = path.read_bytes()
        except OSError:
            return None
        content = whole[SUM_BYTES:]
        return content if whole[:SUM_BYTES] == hashlib.sha256(content).digest() else None

    def _write(self, path: str, value: Any) -> None:
        content: bytes = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(content).digest() + content)


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
