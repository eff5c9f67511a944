"""The note about compiling kernels appears on a fresh cache and not on a filled one."""

import os
import subprocess
import sys

from snnmap.cli import terminal
from snnmap.cli.terminal import compiling, kernels_are_compiled
from snnmap.core.jit import kernels_in


def test_a_fresh_cache_is_told_apart_from_a_filled_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not kernels_are_compiled()
    with terminal.progress(quiet=False):
        pass
    assert "compiling the kernels" in capsys.readouterr().err
    (tmp_path / "kernels_1").mkdir()
    (tmp_path / "kernels_1" / "cells.count.nbi").touch()
    assert kernels_are_compiled()
    with terminal.progress(quiet=False):
        pass
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    with terminal.progress(quiet=True):
        pass
    assert capsys.readouterr().err == ""


def test_a_kernel_that_is_compiled_is_told_with_its_room(tmp_path):
    code = (
        "import numpy as np\n"
        "from snnmap.cli.terminal import compiling\n"
        "from snnmap.sdf.kernels.cycles import firing_order\n"
        "from snnmap.core.arrays import frozen\n"
        "with compiling(lambda *told: print(*told)):\n"
        "    for _ in range(2):\n"
        "        firing_order(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64))\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    for expected in ([f"sdf kernels 1 {kernels_in('snnmap.sdf.kernels.cycles')} 0.0"], []):  # then from the cache
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == expected


def test_work_that_compiles_nothing_tells_nothing():
    told = []
    with compiling(lambda *arguments: told.append(arguments)):
        pass
    assert told == []
