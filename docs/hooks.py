"""What MkDocs builds beside the pages of this folder: the reference, and documents that live elsewhere in the tree.

One page of the reference per package, from the docstrings; one of the commands, from click. Files that are read where
they are (CHANGELOG, guides beside the data) become pages with their links turned. References to PHYSICS in docstrings
become links. Notebooks, which are kept without outputs, are run from top to bottom in a fresh kernel and become pages.
"""

import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import nbclient
import nbconvert
import nbformat
from markdown.extensions.toc import slugify
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from snnmap.cli import cli

ROOT = Path(__file__).parents[1]
COPIES = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "recording-activity.md": "workloads/RECORDING.md",
    "workloads.md": "workloads/README.md",
}
"""Page to the file that it shows."""
PICTURES = {f"pictures/{name}": f"reports/pictures/{name}" for name in ("tiles.png", "page.webp", "sweep.webp")}
ROOT_PAGE = """# Python

Everything that the command line can do, Python can: the names below, all importable from `snnmap`. The packages behind
them have pages of their own; what is not listed here may change between versions.

## Names

::: snnmap
    options:
      heading_level: 3
      members_order: __all__
      show_root_heading: false
      show_root_toc_entry: false
      summary: {modules: false, attributes: true, classes: true, functions: true}
"""
PACKAGE_PAGE = """# {name}

::: {name}
    options:
      show_root_heading: false
      show_root_toc_entry: false
      show_submodules: true
"""
REFERENCE = re.compile(r"PHYSICS (?:section )?(M\d|\d\.\d|\d)\b|\((M\d)\b")


def packages() -> list[str]:
    """Dotted names of the packages, each a page."""
    folders = sorted(path.parent for path in (ROOT / "snnmap").glob("*/__init__.py"))
    return [".".join(folder.relative_to(ROOT).parts) for folder in folders]


def commands(group: click.Group, context: click.Context) -> Iterator[str]:
    """Page of the commands: the help of each, under a heading of its name."""
    yield f"# Commands\n\n```text\n{group.get_help(context)}\n```\n"
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = click.Context(command, context, info_name=name)
        yield f"## {name}\n\n```text\n{command.get_help(inner)}\n```\n"
        if isinstance(command, click.Group):
            for part, last in command.commands.items():
                text = last.get_help(click.Context(last, inner, info_name=part))
                yield f"### {name} {part}\n\n```text\n{text}\n```\n"


@cache
def page_of(notebook: Path, text: str) -> dict[str, str | bytes]:
    """A notebook as a page with what its cells show, and the page's pictures, by name; it fails if a cell does."""
    document = nbformat.reads(text, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        nbclient.NotebookClient(document, timeout=1200, resources={"metadata": {"path": folder}}).execute()
    stem = notebook.stem
    asked = {"output_files_dir": stem, "unique_key": stem}
    body, resources = nbconvert.MarkdownExporter().from_notebook_node(document, resources=asked)
    opened = f"[The notebook itself]({notebook.name}){{ download }}: save it and open it in Jupyter or VS Code.\n"
    heading, _, rest = body.lstrip().partition("\n")
    pictures = {str(name): bytes(content) for name, content in resources["outputs"].items()}
    return {f"{stem}.md": f"{heading}\n\n{opened}{rest}".replace("![png](", "![what the cell draws]("), **pictures}


def anchors() -> dict[str, str]:
    """Section or model of PHYSICS to the anchor of its heading."""
    headings = re.findall(r"^##+ ((M\d|\d\.\d|\d).*)$", (ROOT / "docs" / "PHYSICS.md").read_text(), re.MULTILINE)
    return {key: slugify(title, "-") for title, key in headings}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append the packages to the navigation's reference."""
    for entry in config.nav or []:
        if "Reference" in entry:
            entry["Reference"].append({"Packages": [{name: f"reference/{name}.md"} for name in packages()]})
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {
        "reference/cli.md": "\n".join(
            commands(cli, click.Context(cli, info_name="snnmap", terminal_width=84, help_option_names=["-h", "--help"]))
        ),
        "reference/snnmap.md": ROOT_PAGE,
    }
    pages |= {f"reference/{name}.md": PACKAGE_PAGE.format(name=name) for name in packages()}
    for page, source in COPIES.items():
        text = (ROOT / source).read_text()
        pages[page] = text.replace("](docs/", "](").replace("](RECORDING.md)", "](recording-activity.md)")
    for page, text in pages.items():
        files.append(File.generated(config, page, content=text))
    for notebook in sorted((ROOT / "docs").rglob("*.ipynb")):
        folder = notebook.parent.relative_to(ROOT / "docs").as_posix()
        for name, content in page_of(notebook, notebook.read_text(encoding="utf-8")).items():
            files.append(File.generated(config, f"{folder}/{name}", content=content))
    for picture, source in PICTURES.items():
        files.append(File.generated(config, picture, abs_src_path=str(ROOT / source)))
    return files


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn references to PHYSICS on pages of the reference into links."""
    if not page.file.src_uri.startswith("reference/snnmap"):
        return html
    known = anchors()

    def link(found: re.Match[str]) -> str:
        anchor = known.get(found[1] or found[2])
        return found[0] if anchor is None else f'<a href="../PHYSICS.html#{anchor}">{found[0]}</a>'

    return REFERENCE.sub(link, html)
