"""Compiled code is never older than the kernels that it calls, whatever room they stand in."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnmap.core import jit
from snnmap.physics.kernels import crossbar, crossbar_direct
from snnmap.simulate.kernels import executor, neurons

CALLEE = "from snnmap.core.jit import njit\n\n\n@njit\ndef answer() -> int:\n    return {}\n"
CALLER = (
    "from snnmap.core.jit import njit\n{}\n\n\n@njit\ndef asked() -> int:\n    return answer()\n\n\nprint(asked())\n"
)


def test_stamp_follows_imported_kernels_from_room_to_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "PACKAGE", tmp_path)
    a, b, c = (
        tmp_path / room / "kernels" / f"{name}.py" for name, room in zip("abc", ("one", "two", "two"), strict=True)
    )
    for file in (a, b, c):
        file.parent.mkdir(parents=True, exist_ok=True)
    a.write_text("import numpy as np\nfrom snnmap.two.kernels.b import f\n")
    b.write_text("from snnmap.two.kernels import c\n")
    c.write_text("x = 1\ndef late():\n    import snnmap.one.kernels.a\n")  # a circle must not hang

    def stamps() -> list[str]:
        jit.stamp.cache_clear()
        return [jit.stamp(path) for path in (a, b, c)]

    before = stamps()
    assert before == stamps()
    c.write_text("x = 2\n")
    after = stamps()
    assert all(x != y for x, y in zip(before, after, strict=True))
    a.write_text("import numpy as np\nfrom snnmap.two.kernels.b import k\n")
    assert stamps()[0] != after[0]
    assert stamps()[1:] == after[1:]
    jit.stamp.cache_clear()


def test_compiled_kernels_carry_the_stamp() -> None:
    jit.stamp.cache_clear()
    for function, module in ((executor.run_frame, executor), (neurons.update, neurons)):
        found = function._cache._cache_file._source_stamp  # type: ignore[attr-defined]
        assert found == jit.stamp(Path(module.__file__))
    assert jit.stamp(Path(executor.__file__)) != jit.stamp(Path(neurons.__file__))


@pytest.mark.parametrize(("caller", "callee"), [(executor, neurons), (crossbar_direct, crossbar)])
def test_the_shipped_kernels_depend_on_what_they_call(caller: object, callee: object) -> None:
    files = [Path(str(module.__file__)) for module in (caller, callee)]  # type: ignore[attr-defined]
    assert files[1] in jit.imported_kernels(files[0].read_text())


@pytest.mark.parametrize(
    "way",
    ["from snnmap.sdf.kernels.callee import answer", "from snnmap.sdf.kernels import callee\nanswer = callee.answer"],
)
def test_an_edited_callee_recompiles_its_caller(tmp_path: Path, way: str) -> None:
    shutil.copytree(jit.PACKAGE, tmp_path / "snnmap", ignore=shutil.ignore_patterns("__pycache__"))
    callee, caller = tmp_path / "snnmap/sdf/kernels/callee.py", tmp_path / "snnmap/stages/wire/kernels/caller.py"
    caller.write_text(CALLER.format(way))

    def run() -> str:
        code = "import snnmap.stages.wire.kernels.caller"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    callee.write_text(CALLEE.format(1))
    assert run() == "1"
    callee.write_text(CALLEE.format(2))
    assert run() == "2"


DAMAGE = {
    "flipped": lambda data: data[:-100] + bytes([data[-100] ^ 255]) + data[-99:],
    "flipped in the middle": lambda data: (
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
    ),
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "foreign": lambda data: b"\x80\x04.",
}


def cached_answer(folder: Path) -> tuple[str, str]:
    code = "from snnmap.core.arrays import I64\nfrom snnmap.sdf.kernels.callee import answer\nprint(answer())"
    own = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Path, bytes]]:
    """A package with a kernel that was compiled once, and the files of its cache."""
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(jit.PACKAGE, folder / "snnmap", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "snnmap/sdf/kernels/callee.py").write_text(CALLEE.format(7))
    assert cached_answer(folder) == ("7", "")
    cache = folder / "snnmap/sdf/kernels/__pycache__"
    return folder, {file: file.read_bytes() for file in cache.glob("callee.*.nb[ic]")}


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_compiled_again(undamaged: tuple[Path, dict[Path, bytes]], suffix: str, damage: str) -> None:
    folder, before = undamaged
    files = [file for file in before if file.suffix == f".{suffix}"]
    assert files
    for file, data in before.items():
        file.write_bytes(DAMAGE[damage](data) if file in files else data)
    assert cached_answer(folder) == ("7", "")
    rebuilt = [file.read_bytes() for file in (folder / "snnmap/sdf/kernels/__pycache__").glob(f"callee.*.{suffix}")]
    assert all(hashlib.sha256(data[32:]).digest() == data[:32] for data in rebuilt)


def fresh(function: Callable[..., Any]) -> Any:
    """A kernel that is compiled here and not read from the cache."""
    kernel: Any = jit.njit(function)
    for cache in (kernel._cache, kernel._bare[1]):
        cache.disable()
    return kernel


def test_what_kernels_call_has_one_specialisation_and_python_may_call_it_after_that() -> None:
    @fresh
    def part(a, k, up):  # type: ignore[no-untyped-def]
        return a[k] if up else -a[k]

    @fresh
    def whole(a, k):  # type: ignore[no-untyped-def]
        return part(a, k, True) + part(a, 0, True) + part(a, 1, False) + part(a, k=1, up=False)

    a = np.array([1.0, 10.0, 100.0])
    assert whole(a, 2) == 81.0
    (called,) = part.overloads.values()
    assert not called.library._emitted, "no machine code beside the caller's"
    assert part(a, 1, False) == -10.0
    (callable_,) = part.overloads.values()
    assert callable_ is not called
    assert part(a, 2, True) == 100.0
    assert [*part.overloads.values()] == [callable_], "compiled once for Python"

    @fresh
    def other(a):  # type: ignore[no-untyped-def]
        return part(a, 2, True)

    assert other(a) == 100.0
    assert [*part.overloads.values()] == [callable_], "what Python calls, kernels can call"


def test_what_only_kernels_call_is_cached_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))  # numba reads the variable when it next compiles

    def part(a):  # type: ignore[no-untyped-def]
        return a[0] + 1.0

    for hits in (0, 1):
        called: Any = jit.njit(part)

        @fresh
        def whole(a):  # type: ignore[no-untyped-def]
            return called(a)  # noqa: B023  compiled in this round

        assert whole(np.array([4.0])) == 5.0
        assert called._cache_hits.total() == hits


def total(a, b):  # type: ignore[no-untyped-def]
    """Views of rows and of a part, and no array of its own."""
    found = 0.0
    for row in range(a.shape[0]):
        line = a[row]
        found += line[1:][0] * b[row]
    return found


def itself(a, b):  # type: ignore[no-untyped-def]
    return a


def a_view(a, b):  # type: ignore[no-untyped-def]
    return a[1:, 0]


def one_of_both(a, b):  # type: ignore[no-untyped-def]
    return (a[0], b) if b[0] > 0 else (b, a[0])


def made(a, b):  # type: ignore[no-untyped-def]
    c = np.zeros(3)
    for _ in range(3):
        c = c + b
    return c.sum()


def picked(a, b):  # type: ignore[no-untyped-def]
    order = b > 1.0
    return a[order][0, 0]


def copied(a, b):  # type: ignore[no-untyped-def]
    b[1:] = b[:-1]
    return b[2] + b[1]


def put(a, b):  # type: ignore[no-untyped-def]
    a[0] = b
    a[1, :] = 2 * b
    return a[1, 2]


@pytest.mark.parametrize("function", [total, itself, a_view, one_of_both, made, picked, copied, put])
def test_arrays_live_as_long_as_they_are_held(function: Callable[..., Any]) -> None:
    """The answer of Python, for the kernel and for one that calls it, and no reference too many or too few."""
    inner = fresh(function)

    @fresh
    def outer(a, b):  # type: ignore[no-untyped-def]
        return inner(a, b)

    a, b = np.arange(9.0).reshape(3, 3), np.array([1.0, 2.0, 4.0])
    expected = function(a.copy(), b.copy())
    for kernel in (outer, inner):
        kernel(a.copy(), b.copy())  # numba's compiler keeps what it was first called with for a while
        given = a.copy(), b.copy()
        before = [sys.getrefcount(array) for array in given]
        for _ in range(3):
            given[0][:], given[1][:] = a, b
            answer = kernel(*given)
        for one, other in zip(np.atleast_1d(answer), np.atleast_1d(expected), strict=True):
            np.testing.assert_array_equal(one, other)
        del answer, one
        assert [sys.getrefcount(array) for array in given] == before
    counts = "NRT_decref" in outer.overloads[outer.signatures[0]].library.get_llvm_str()
    assert counts or function is total, "only a kernel that holds no array does without counting"


def test_other_versions_of_numba_compile_kernels_as_they_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(map(jit.is_tested, ("0.61.0", "0.61.2", "0.68.1")))
    assert not any(map(jit.is_tested, ("0.60.0", "0.69.0rc1", "1.0.0")))
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(jit.numba, "__version__", "0.69.0")

    def twice(a):  # type: ignore[no-untyped-def]
        return 2.0 * a.sum()

    kernel: Any = jit.njit(twice)
    assert kernel(np.array([1.0, 2.5])) == 7.0
    assert not hasattr(kernel, "_bare")
    assert type(kernel._cache._cache_file).__name__ == "CheckedFile"
