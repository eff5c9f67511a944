"""The checks, one session each. `nox` runs all that CI runs; `nox -s test -- tests/physics` one part of one.

Sessions run in the environment that nox is installed in, because numba and OR-tools are large: `pip install -e
".[test,docs]"` first. `nox --force-venv-backend venv` gives each an environment of its own instead.
"""

import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["format", "lint", "types", "docs", "test", "train", "minimum"]
nox.options.stop_on_first_error = True

ROOT = Path(__file__).parent


def tool(session: nox.Session, extra: str, *command: str, env: dict[str, str] | None = None) -> None:
    """Run `python -m COMMAND`, in an environment of its own with the extra installed where nox made one."""
    own = session.virtualenv.is_sandboxed
    if own:
        session.install("-e", f".[{extra}]")
    session.run("python" if own else sys.executable, "-m", *command, external=not own, env=env or {})


@nox.session
def format(session: nox.Session) -> None:  # noqa: A001  the session's name
    """Layout of the code."""
    tool(session, "test", "ruff", "format", "--check", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Rules of style."""
    tool(session, "test", "ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types."""
    tool(session, "test", "mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """The site, into site/; a broken link fails it."""
    tool(session, "docs", "mkdocs", "build", "--strict", "--quiet", env={"NO_MKDOCS_2_WARNING": "1"})
    foreign = requested(ROOT / "site")
    if foreign:
        session.error("the site would load from elsewhere:\n" + "\n".join(foreign))


def requested(site: Path) -> list[str]:
    """Addresses of other hosts that a page of the site would load by itself: scripts, styles, pictures, fonts."""
    patterns = {
        "*.html": r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?(https?:[^"' >]+)""",
        "*.htm*": r"""<link[^>]*rel=["']?(?:stylesheet|pre|icon)[^>]*href=["']?(https?:[^"' >]+)""",
        "*.css": r"""url\(["']?(https?:[^"')]+)""",
    }
    return [
        f"{page.relative_to(site)}: {address}"
        for files, pattern in patterns.items()
        for page in sorted(site.rglob(files))
        for address in re.findall(pattern, page.read_text(errors="replace"))
    ]


@nox.session
def test(session: nox.Session) -> None:
    """The tests; arguments after -- replace the default ones. Those of the HTML report in a browser need Chromium.

    It comes from the system (`apt-get install chromium`); without one they are skipped. CI installs it: `.ci/run`.
    A worker takes one half of the files, so that few compile the same kernels or build the same fixtures as the other.
    """
    tool(session, "test", "pytest", *(session.posargs or ["-q", "-n", "2", "--dist", "worksteal"]))


@nox.session
def train(session: nox.Session) -> None:
    """The tests that need torch, which this session installs: the main job, and all other tests, do without."""
    own = session.virtualenv.is_sandboxed
    needs = ("torch==2.13.0", "snntorch==1.0.0")
    session.run("python" if own else sys.executable, "-m", "pip", "install", "--quiet", *needs, external=not own)
    tool(session, "test", "pytest", "-q", "-n", "2", "tests/frontend/test_snntorch.py", "tests/train")
    tool(session, "test", "pytest", "-q", "tests/test_docs.py", "-k", "snntorch")


@nox.session(venv_backend="venv")
def minimum(session: nox.Session) -> None:
    """The main job with the lowest version of every dependency that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    session.install(*(f"{named.replace('>=', '==')}.*" for named in project["dependencies"]))
    session.install("--no-deps", str(ROOT))
    session.chdir(tempfile.mkdtemp())
    session.run("snnmap", "compile", "mnist-mlp", "--samples", "20", "-o", "mapping.json", "--quiet")
    session.run("snnmap", "verify", "mapping.json", "--replay")
    session.run("snnmap", "report", "mapping.json", "--quiet", "--plot", "pictures", "--html", "report.html")


@nox.session(venv_backend="venv")
def build(session: nox.Session) -> None:
    """Sdist and wheel, and the wheel alone compiles a shipped network, in an environment and a folder of their own."""
    session.install("build", "twine", "readme_renderer[md]")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(ROOT / "dist"), silent=True)
    files = sorted((ROOT / "dist").iterdir())
    session.run("python", "-m", "twine", "check", "--strict", *map(str, files))
    wheel = next(file for file in files if file.suffix == ".whl")
    session.run("python", "-c", SHIPPED, *map(str, files))
    session.install(str(wheel))
    session.chdir(tempfile.mkdtemp())
    session.run("snnmap", "compile", "mnist-mlp", "-o", "mapping.json", "--quiet")
    session.run("snnmap", "verify", "mapping.json", "--replay")
    session.run("snnmap", "report", "mapping.json", "--quiet", "--html", "report.html")


SHIPPED = """
import email, re, sys, tarfile, zipfile
from readme_renderer.markdown import render
for path in sys.argv[1:]:
    opened = zipfile.ZipFile(path) if path.endswith(".whl") else tarfile.open(path)
    names = opened.namelist() if path.endswith(".whl") else opened.getnames()
    held = next(name for name in names if name.endswith(("dist-info/METADATA", "/PKG-INFO")))
    text = opened.read(held) if path.endswith(".whl") else opened.extractfile(held).read()
    said = email.message_from_bytes(text)
    named = said.get_all("License-File")
    assert len(named) == 6 and all(any(name.endswith(file) for name in names) for file in named), named
    page = render(said.get_payload(decode=True).decode())
    assert page and not re.findall('(?:href|src)="(?!https?:|#)', page), "the description has links into the tree"
"""
"""Licences are inside each distribution that names them, and its description is what a package index can show."""


@nox.session
def mutation(session: nox.Session) -> None:
    """Random one-line faults, and how many of them the tests notice; not part of CI."""
    own = session.virtualenv.is_sandboxed
    if own:
        session.install("-e", ".[test]")
    session.run("python" if own else sys.executable, "benchmarks/mutation.py", *session.posargs, external=not own)
