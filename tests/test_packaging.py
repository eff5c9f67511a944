"""What the distributions hold: the declaration, and the files that it names. `nox -s build` builds and tries them."""

import hashlib
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
    assert PROJECT["project"]["dynamic"] == ["readme", "version"]
    assert (ROOT / PROJECT["tool"]["hatch"]["version"]["path"]).exists()
    assert f"version: {snnmap.__version__}" in (ROOT / "CITATION.cff").read_text().splitlines()
    assert f"## [{snnmap.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


PLOTLY = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"
"""Of `plotly.js-cartesian-dist-min` 4.1.1 as npm has it."""
LICENCES = {
    "Apache-2.0": ("LICENSE",),
    "BSD-3-Clause": ("workloads/licences/BSD-3-Clause-NIR.txt", "workloads/licences/BSD-3-Clause-lava-dl.txt"),
    "CC-BY-SA-3.0": ("workloads/licences/CC-BY-SA-3.0.txt",),
    "CC-BY-SA-4.0": ("workloads/licences/CC-BY-SA-4.0.txt",),
    "MIT": ("snnmap/render/page/assets/MIT-plotly.txt",),
}
"""Identifier, as the metadata name it, to its files."""
TITLES = {
    "LICENSE": "Apache License",
    "BSD": "BSD 3-Clause License",
    "MIT": "MIT License",
    "CC-BY-SA-3": "Creative Commons Attribution-ShareAlike 3.0 Unported",
    "CC-BY-SA-4": "Creative Commons Attribution-ShareAlike 4.0 International Public License",
}


def test_every_licence_of_what_ships_is_named_and_there_in_full():
    project = PROJECT["project"]
    assert project["license"].split(" AND ") == list(LICENCES)
    files = {str(file.relative_to(ROOT)) for pattern in project["license-files"] for file in ROOT.glob(pattern)}
    assert files == {file for listed in LICENCES.values() for file in listed}
    for file in files:
        text = (ROOT / file).read_text()
        title = next(words for start, words in TITLES.items() if Path(file).name.startswith(start))
        assert title in " ".join(text.split())
        assert len(text) > 1000


def test_the_charts_library_ships_with_its_licence_and_as_it_was_published():
    library = (ROOT / "snnmap" / "render" / "page" / "assets" / "plotly-cartesian.min.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() == PLOTLY
    assert re.match(rb"/\*\*\n\* plotly.js \(cartesian - minified\) v4\.1\.1\n\* Copyright .*, Plotly, Inc.", library)


@pytest.mark.parametrize("workload", sorted(path.name for path in (ROOT / "workloads").glob("*.toml")))
def test_a_workload_states_no_other_licence(workload: str):
    said = tomllib.loads((ROOT / "workloads" / workload).read_text())["licence"].replace("CC BY-SA ", "CC-BY-SA-")
    stated = re.findall(r"Apache-2\.0|BSD-3-Clause|CC-BY-SA-\d\.\d|[A-Z]+-[\w.-]+\d", said)
    assert stated
    assert set(stated) <= set(LICENCES)


def test_what_a_package_index_shows_has_no_link_that_it_cannot_follow():
    project, hook = PROJECT["project"], PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    assert "readme" in project["dynamic"]
    assert hook["fragments"] == [{"path": "README.md"}]
    page = (ROOT / "README.md").read_text()
    assert re.search(r"\]\((?!https?:)", page)
    for change in hook["substitutions"]:
        page = re.sub(change["pattern"], change["replacement"], page)
    assert re.findall(r"\]\((?!https?:)[^)]*\)", page) == []
    assert "`workloads/README.md`" in page
    assert "DESIGN (`docs/DESIGN.md`)" in page
    assert "```sh\npython3 -m venv" in page


def test_extras():
    project = PROJECT["project"]
    extras = {name: {re.split(r"[<>=\[]", each)[0] for each in needs} for name, needs in _extras().items()}
    assert set(extras) == {"docs", "metis", "mtkahypar", "nir", "notebook", "sweep", "test", "train"}
    assert extras["nir"] | extras["metis"] | extras["mtkahypar"] <= extras["test"]
    assert {"nox", "pytest", "ruff", "mypy"} <= extras["test"]
    others = [each for name, needs in _extras().items() for each in needs if name != "train"]
    assert not [each for each in (*project["dependencies"], *others) if "torch" in each]
    assert extras["train"] == {"torch", "snntorch"}


def _extras() -> dict[str, list[str]]:
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    return extras
