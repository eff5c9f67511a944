"""Warming up does the work of a first run, and says how much there was to do."""

import json

import pytest

import snnmap
from snnmap.cli import main
from snnmap.pipeline import warm_up as module


def test_a_second_warm_up_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORK", module.WORK[-1:])
    told: list[tuple[str, int, int, float]] = []
    first = snnmap.warm_up(progress=lambda *arguments: told.append(arguments))
    assert first.kernels >= 0
    assert told == [("warm-up", 1, 1, 0.0)]
    assert snnmap.warm_up().kernels == 0


def test_the_command_prints_what_was_compiled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "WORK", module.WORK[-1:])
    for arguments in (["warm-up", "-q"], ["warm-up", "-q", "--json"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 0
    text, document = capsys.readouterr().out.split("\n", 1)
    assert text.startswith("compiled ")
    assert set(json.loads(document)) == {"kernels", "seconds"}
