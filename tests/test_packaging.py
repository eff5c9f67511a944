"""What the distributions hold: the declaration, and the files that it names. `nox -s build` builds and tries them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import snnmap

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD: dict[str, Any] = PROJECT["tool"]["hatch"]["build"]["targets"]


def test_the_wheel_holds_the_data_beside_the_code():
    assert BUILD["wheel"]["packages"] == ["snnmap"]
    assert BUILD["wheel"]["force-include"] == {"hwmodels": "snnmap/hwmodels", "workloads": "snnmap/workloads"}
    assert (ROOT / "snnmap" / "py.typed").read_bytes() == b""


@pytest.mark.parametrize("name", BUILD["sdist"]["include"])
def test_the_source_distribution_names_what_exists(name: str):
    assert (ROOT / name).exists()


def test_the_source_distribution_holds_what_its_own_tests_read():
    assert {"tests", "docs", "reports", "benchmarks", "hwmodels", "workloads", "noxfile.py", "mkdocs.yml"} <= set(
        BUILD["sdist"]["include"]
    )


def test_nothing_that_ships_is_ignored_by_git():
    ignored = (ROOT / ".gitignore").read_text().split()
    shipped = [path for folder in ("snnmap", "hwmodels", "workloads") for path in (ROOT / folder).rglob("*")]
    assert [path for path in shipped if path.suffix not in {".pyc", ".nbi", ".nbc"} and path.name in ignored] == []


def test_versions_agree():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert (ROOT / PROJECT["tool"]["hatch"]["version"]["path"]).exists()
    assert f"version: {snnmap.__version__}" in (ROOT / "CITATION.cff").read_text().splitlines()
    assert f"## [{snnmap.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_licence_and_extras():
    project = PROJECT["project"]
    assert all((ROOT / file).exists() for file in project["license-files"])
    extras = {name: {re.split(r"[<>=\[]", each)[0] for each in needs} for name, needs in _extras().items()}
    assert set(extras) == {"docs", "nir", "test"}
    assert extras["nir"] <= extras["test"]
    assert {"nox", "pytest", "ruff", "mypy"} <= extras["test"]
    everything = [*project["dependencies"], *(each for needs in _extras().values() for each in needs)]
    assert not [each for each in everything if "torch" in each]


def _extras() -> dict[str, list[str]]:
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    return extras
