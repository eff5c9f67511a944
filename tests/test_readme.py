"""README promises: its commands are the ones CI runs, its links lead somewhere, its command table is complete."""

import re
from pathlib import Path

from snnmap.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_ci_runs_the_test_command_of_the_readme():
    lines = [line for line in README.splitlines() if "pytest -q" in line]
    assert len(lines) == 1
    for part in ('install -e ".[test]"', "ruff format --check .", "ruff check .", "mypy", "pytest"):
        assert part in lines[0]
    assert "grep -m1 'pytest -q' README.md" in (ROOT / ".ci" / "run").read_text()


def test_links_and_pictures_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_command_is_in_the_table_and_no_other():
    told = set(re.findall(r"`snnmap ([a-z]+)", README))
    assert told == set(cli.commands)


def test_benchmarks_named_there_exist():
    for name in re.findall(r"python (benchmarks/\w+\.py)", README):
        assert (ROOT / name).exists(), name
