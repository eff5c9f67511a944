"""README promises: its commands are the ones CI runs, its links lead somewhere, its output is what a run prints."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from snnmap.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SESSIONS = ("format", "lint", "types", "docs", "test", "train", "minimum")


def commands(page: str) -> list[str]:
    """The two commands that a page begins with."""
    return re.findall(r"^python3 -m venv .*$", page, re.MULTILINE)


def test_ci_runs_the_test_command_of_the_readme():
    _, checks = commands(README)
    assert checks.endswith('install -e ".[test,docs]" && .venv/bin/nox')
    assert "command=$(grep -m1 '/nox$' README.md)" in (ROOT / ".ci" / "run").read_text()


def test_nox_runs_every_check_and_the_tests_on_two_cores():
    sessions = (ROOT / "noxfile.py").read_text()
    assert "nox.options.sessions = [" + ", ".join(f'"{name}"' for name in SESSIONS) + "]" in sessions
    assert '["-q", "-n", "2", "--dist", "worksteal"]' in sessions
    for tool in ('"ruff", "format", "--check", "."', '"ruff", "check", "."', '"mypy"', '"pytest"', '"--strict"'):
        assert tool in sessions


def test_the_site_begins_with_the_same_commands():
    assert commands((ROOT / "docs" / "index.md").read_text()) == commands(README)


def test_links_and_pictures_exist():
    for page in (README, (ROOT / "CONTRIBUTING.md").read_text()):
        for target in re.findall(r"\]\(([^)#]+)\)", page):
            if not target.startswith("http"):
                assert (ROOT / target).exists(), target


def test_every_command_is_in_the_table_and_no_other():
    told = set(re.findall(r"`snnmap ([a-z]+(?:-[a-z]+)*)", README))
    assert told == set(cli.commands)


def test_benchmarks_named_there_exist():
    for name in re.findall(r"python (benchmarks/\w+\.py)", README):
        assert (ROOT / name).exists(), name


def test_the_output_shown_is_what_a_run_prints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    shown = re.search(r"```text\n\$ snnmap ([^\n]*)\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, [*shown[1].split(), "--quiet"])
    assert done.exit_code == 0, done.output
    assert _lines(done.output) == _lines(shown[2])


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]
