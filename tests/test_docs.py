"""The documents say what is so: references resolve, names exist, tables equal their data, tutorials run."""

import contextlib
import importlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import nbclient
import nbformat
import pytest
from test_architecture import ALLOWED

ROOT = Path(__file__).parents[1]
DOCS, PHYSICS = ROOT / "docs", ROOT / "snnmap" / "physics"  # the latter as one of the packages that have kernels/
BESIDE = ("README.md", "CONTRIBUTING.md", "hwmodels/README.md", "workloads/README.md", "workloads/RECORDING.md")
PAGES = sorted([*DOCS.rglob("*.md"), *(ROOT / name for name in BESIDE)])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
RUN = [page for page in sorted(DOCS.rglob("*.md")) if re.search(r"^```(sh|python)\b", page.read_text(), re.MULTILINE)]
ENTRY_POINTS = {"partitioners", "placers", "wirers", "schedulers", "objectives", "hardware"}


# References to PHYSICS

KEY = r"M\d+|\d\.\d+|\d+"
CITED = re.compile(rf"PHYSICS (?:section )?((?:{KEY})(?:(?:, (?:and )?| to | and )(?:{KEY})\b)*)(?:, item (\d+))?")
MODEL = re.compile(r"\((M\d+)\b")


def cited(text: str) -> Iterator[tuple[str, str]]:
    """Sections and models of PHYSICS that a text refers to, each with the item of the section's list, or ''."""
    for keys, item in CITED.findall(text):
        yield from ((key, item) for key in re.findall(KEY, keys))
    yield from ((key, "") for key in MODEL.findall(text))


def unresolved(text: str, physics: str) -> list[str]:
    """References of a text that PHYSICS has no heading, or no item, for."""
    sections = dict(re.findall(rf"^##+ ({KEY})[. ].*\n((?:(?!^##).*\n?)*)", physics, re.MULTILINE))
    return [
        f"{key}{', item ' * bool(item)}{item}"
        for key, item in cited(text)
        if key not in sections or (item and not re.search(rf"^{item}\. ", sections[key], re.MULTILINE))
    ]


CITING = [
    path
    for folder in ("snnmap", "hwmodels", "benchmarks", "tests/physics")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".toml", ".md"}
]


def test_every_reference_to_physics_resolves() -> None:
    physics = (DOCS / "PHYSICS.md").read_text()
    found = {str(path.relative_to(ROOT)): unresolved(path.read_text(), physics) for path in CITING}
    assert {name: lost for name, lost in found.items() if lost} == {}
    assert sum(len(list(cited(path.read_text()))) for path in CITING) > 20


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("as in PHYSICS M3 to M5, (M9)", ["M9"]),
        ("PHYSICS M2, 3.2, 3.9", ["3.9"]),
        ("PHYSICS section 7, item 8", []),
        ("PHYSICS section 7, item 80", ["7, item 80"]),
        ("PHYSICS section 12; PHYSICS 2.5 has it", ["12"]),
    ],
)
def test_a_dangling_reference_is_found(text: str, lost: list[str]) -> None:
    assert unresolved(text, (DOCS / "PHYSICS.md").read_text()) == lost


# Names of modules and files

DOTTED = re.compile(r"(?<![\w/.\"'-])snnmap((?:\.[A-Za-z_]\w*)+)(?![\w-]*(?:=|\.toml))")
PATHLIKE = re.compile(r"(?:`|^ *-> .*? )([A-Za-z_.][\w.]*/(?:[\w.-]+/?)*)(?=`|[ ,])", re.MULTILINE)


def missing(text: str, beside: Path = ROOT) -> list[str]:
    """Modules, public names, folders and files that a document in the folder `beside` names and that do not exist."""
    dotted = {name for name in DOTTED.findall(text) if name[1:] not in ENTRY_POINTS}
    paths = {path for path in PATHLIKE.findall(text) if path.endswith(("/", ".py", ".md", ".toml"))}
    bases = (ROOT, ROOT / "snnmap", DOCS, PHYSICS, beside)
    return sorted(
        [f"snnmap{name}" for name in dotted if not _importable(name)]
        + [path for path in paths if not any((base / path).exists() for base in bases)]
    )


def _importable(name: str) -> bool:
    """Whether `.a.b.C` is a module, or a name in one, below snnmap."""
    value: Any = importlib.import_module("snnmap")
    for part in name[1:].split("."):
        if not hasattr(value, part):
            if not isinstance(value, ModuleType) or not importlib.util.find_spec(f"{value.__name__}.{part}"):
                return False
            importlib.import_module(f"{value.__name__}.{part}")
        value = getattr(value, part)
    return True


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_what_a_document_names_exists(page: Path) -> None:
    assert missing(page.read_text(), page.parent) == []


def test_new_names_in_the_changelog_exist() -> None:
    unreleased = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]
    new = [line.split("|")[-2] for line in unreleased.splitlines() if line.startswith("|")]
    assert len(new) > 40
    assert missing("\n".join(new)) == []


def test_a_name_that_is_not_there_is_found() -> None:
    text = (
        "see `snnmap.nowhere.at_all`, snnmap.compile, `snnmap.ir.Lost`, `stages/nowhere/`, `core/` and `snnmap.placers`"
    )
    assert missing(text) == ["snnmap.ir.Lost", "snnmap.nowhere.at_all", "stages/nowhere/"]
    assert missing("  -> Placement     stages/lost/     cluster\n  -> Wiring   stages/wire/   row") == ["stages/lost/"]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_documents_call_the_modes_by_their_names(page: Path) -> None:
    assert re.findall(r"\bpaper mode\b|\bphysics mode\b|\.\./shared", page.read_text()) == []


# Tables that repeat data


def import_table(allowed: Mapping[str, set[str]]) -> str:
    """The import table as DESIGN prints it."""
    lines = ["| package | may import, besides itself |", "|---|---|"]
    for unit, others in allowed.items():
        words = {"*": "anything", "__init__": "the public names of `snnmap`"}
        named = ", ".join(words.get(other, f"`{other}`") for other in sorted(others)) or "nothing"
        lines.append(f"| `{unit}` | {named} |")
    return "\n".join(lines)


def printed_table(design: str) -> str:
    """The import table that DESIGN holds."""
    return design.split("<!-- import table -->\n")[1].split("\n<!-- end of the import table -->")[0].strip()


def test_design_prints_the_import_table_of_the_architecture_test() -> None:
    assert printed_table((DOCS / "DESIGN.md").read_text()) == import_table(ALLOWED)


def test_a_changed_import_table_is_found() -> None:
    assert printed_table((DOCS / "DESIGN.md").read_text()) != import_table({**ALLOWED, "legality": {"analysis"}})


def test_physics_prints_the_defaults_of_the_hardware_files() -> None:
    values: dict[str, Any] = {}
    for name in ("packages/edge-passive", "technologies/pcm-65", "chips/pcm-mesh"):
        values |= tomllib.loads((ROOT / "hwmodels" / f"{name}.toml").read_text())["values"]
    rows = re.findall(
        r"^\|[^|]*\| `(\w+)` \| (\S+) (\S+) \| ([^|]+) \|", (DOCS / "PHYSICS.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 25
    for key, number, unit, band in rows:
        stated = values[key]
        assert (number, unit) == (f"{stated['value']:g}", stated["unit"]), key
        assert band == ("{:g} to {:g}".format(*stated["band"]) if "band" in stated else "-"), key


# Tutorials


class Tutorial:
    """A page whose blocks are run in one folder, one after the other: `sh` by bash, `python` in one namespace.

    A block with a title is written to the file of that name instead. A `text` block holds lines of what the blocks
    before it printed since the last `text` block's; spaces do not count.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "tutorial"}
        self.printed = ""

    def run(self, page: str) -> list[str]:
        """Run the blocks of a page; returns lines of `text` blocks that were not printed."""
        lost, fresh = [], True
        for kind, title, block in re.findall(
            r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', page, re.MULTILINE | re.DOTALL
        ):
            if title:
                (self.folder / title).write_text(block)
            elif kind in {"sh", "python"}:
                before = "" if fresh else self.printed
                self.printed = before + (self._sh(block) if kind == "sh" else self._python(block))
                fresh = False
            elif kind == "text":
                seen = [" ".join(line.split()) for line in self.printed.splitlines()]
                wanted = [" ".join(line.split()) for line in block.splitlines()]
                lost += [line for line in wanted if line and not any(line in other for other in seen)]
                fresh = True
        return lost

    def _sh(self, block: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout

    def _python(self, block: str) -> str:
        sys.path.insert(0, str(self.folder))
        try:
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block, "tutorial", "exec"), self.names)
        finally:
            sys.path.remove(str(self.folder))
        return out.getvalue()


@pytest.mark.parametrize("page", RUN, ids=[str(page.relative_to(ROOT)) for page in RUN])
def test_tutorials_run_and_print_what_they_say(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    if "import torch" in text:
        pytest.importorskip("snntorch", reason="the page needs snnmap[train]")
    assert Tutorial(tmp_path).run(text) == []


def test_a_tutorial_that_prints_something_else_is_found(tmp_path: Path) -> None:
    page = "```sh\necho one   two\n```\n```python\nprint(3)\n```\n```text\none two\n3\nfour\n```\n"
    assert Tutorial(tmp_path).run(page) == ["four"]
    with pytest.raises(AssertionError, match="false"):
        Tutorial(tmp_path).run("```sh\nfalse\n```\n")


# The site


def test_a_page_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    noxfile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(noxfile)
    (tmp_path / "a.html").write_text(
        '<script src="x.js"></script><a href="https://a.example">a</a><img alt="" src=https://b.example/b.png>'
        '<link rel="stylesheet" href="https://c.example/c.css">'
    )
    (tmp_path / "d.css").write_text("@font-face { src: url(https://d.example/d.woff) }")
    assert noxfile.requested(tmp_path) == [
        "a.html: https://b.example/b.png",
        "a.html: https://c.example/c.css",
        "d.css: https://d.example/d.woff",
    ]


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [page.name for page in DOCS.rglob("*.md") if f": {page.relative_to(DOCS)}" not in navigation] == []


# Notebooks

NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[str(path.relative_to(ROOT)) for path in NOTEBOOKS])
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    document = nbformat.read(path, as_version=4)
    codes = [cell for cell in document.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in codes] == [[]] * len(codes), "kept without outputs: the site makes them"
    nbclient.NotebookClient(document, timeout=1200, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    said = [output for cell in codes for output in cell.outputs]
    assert [output.name for output in said if output.output_type == "stream"].count("stderr") == 0
    shown = [set(output.data) & {"text/html", "image/png"} for output in said if output.output_type != "stream"]
    assert all(shown), "the last line of a cell is shown as a table or a picture"
    assert {"text/html", "image/png"} == set.union(*shown)
    assert list(tmp_path.iterdir()), "the mapping and the page were written where it ran"


def test_a_notebook_is_in_the_navigation_and_says_how_to_open_it() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        assert f": {path.relative_to(DOCS).with_suffix('.md')}" in navigation
        assert "snnmap[notebook]" in path.read_text()
        assert path.relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text()
