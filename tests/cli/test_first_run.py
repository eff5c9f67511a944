"""The note about compiling kernels appears on a fresh cache and not on a filled one."""

from snnmap.cli import show
from snnmap.cli.first_run import kernels_are_compiled


def test_a_fresh_cache_is_told_apart_from_a_filled_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not kernels_are_compiled()
    with show.progress(quiet=False):
        pass
    assert "compiling the kernels" in capsys.readouterr().err
    (tmp_path / "kernels_1").mkdir()
    (tmp_path / "kernels_1" / "cells.count.nbi").touch()
    assert kernels_are_compiled()
    with show.progress(quiet=False):
        pass
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    with show.progress(quiet=True):
        pass
    assert capsys.readouterr().err == ""
