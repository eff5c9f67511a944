"""The chip commands."""

import json
from pathlib import Path

import pytest

from snnmap.cli import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def test_draw_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "chip.npz"
    assert run("chip", "draw", "pcm-mesh-shared", "--seed", 4, "--stuck-on", 0.01, "-o", path) == 0
    assert run("chip", "show", path) == 0
    said = capsys.readouterr().out
    assert "stuck at g_max" in said
    assert run("chip", "show", path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["stuck_on_share"] == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("draw", "pcm-mesh", "-o", "chip.npz"), "has no tiles yet"),
        (("draw", "pcm-mesh-shared", "-o", "chip.txt"), "must end in .npz"),
        (("draw", "pcm-mesh-shared", "--stuck-on", "2", "-o", "chip.npz"), "add up to 1"),
        (("show", "missing.npz"), "missing.npz"),
    ],
)
def test_bad_input_is_one_line(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("chip", *arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
