"""The command line in this process, and a workload for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support import small_workload

from snnmap.cli import main, terminal

Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Exit code, stdout and stderr of a command; whether kernels are compiled already changes nothing."""
    monkeypatch.setattr(terminal, "kernels_are_compiled", lambda: True)

    def ran(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return ran


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of the small workload as a recipe."""
    path = tmp_path_factory.mktemp("recipe") / "net.toml"
    path.write_text(small_workload.recipe())
    return path
