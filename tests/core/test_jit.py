"""Compiled code is never older than the kernels that it calls, whatever room they stand in."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_compiled_again(tmp_path: Path, suffix: str, damage: str) -> None:
    code = "from snnmap.core.arrays import I64\nfrom snnmap.sdf.kernels.callee import answer\nprint(answer())"
    shutil.copytree(jit.PACKAGE, tmp_path / "snnmap", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "snnmap/sdf/kernels/callee.py").write_text(CALLEE.format(7))

    def run() -> tuple[str, str]:
        own = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr

    assert run() == ("7", "")
    files = list((tmp_path / "snnmap/sdf/kernels/__pycache__").glob(f"callee.*.{suffix}"))
    assert files
    before = [file.read_bytes() for file in files]
    for file, data in zip(files, before, strict=True):
        file.write_bytes(DAMAGE[damage](data))
    assert run() == ("7", "")
    rebuilt = [file.read_bytes() for file in (tmp_path / "snnmap/sdf/kernels/__pycache__").glob(f"callee.*.{suffix}")]
    assert all(hashlib.sha256(data[32:]).digest() == data[:32] for data in rebuilt)
