"""Who may import whom: DESIGN's table as data. Any other import inside the package fails here."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "snnmap"
STAGES = ("partition", "place", "wire", "schedule")
BASE = {"errors", "arrays"}
RECORDS = BASE | {"ir", "hardware", "library"}
MODELS = RECORDS | {"kernels", "physics", "cells", "traffic"}

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "arrays": {"errors"},
    "ir": BASE,
    "units": {"errors"},
    "library": {"errors"},
    "hardware": {"errors", "arrays", "library", "units", "hardware_keys", "hardware_file"},
    "hardware_file": {"errors", "arrays", "library", "units", "hardware_keys"},
    "hardware_keys": {"units"},
    "kernels": BASE,
    "physics": BASE | {"kernels"},
    "cells": BASE | {"ir", "kernels"},
    "traffic": BASE | {"ir", "hardware", "kernels", "cells"},
    "frontend": RECORDS | {"kernels", "mapfile"},
    "profile": RECORDS | {"kernels", "mapfile"},
    "objectives": MODELS,
    **{stage: MODELS | {"objectives"} for stage in STAGES},
    "verify": {"errors", "ir", "hardware"},
    "reliability": MODELS,
    "evaluate": MODELS | {"reliability"},
    "mapfile": BASE | {"ir"},
    "report": BASE | {"ir", "mapfile", "hardware"},
    "replay": MODELS | {"profile"},
    "unrolling": RECORDS | {"partition", "profile"},
    "plan": {"errors", "objectives", *STAGES},
    "survey": RECORDS | {"frontend", "partition"},
    "locate": BASE | {"ir"},
    "pipeline": MODELS
    | {
        "plan",
        "unrolling",
        "reliability",
        "frontend",
        "profile",
        "objectives",
        "verify",
        "evaluate",
        "mapfile",
        "replay",
        *STAGES,
    },
    "sensitivity": MODELS | {"plan", "reliability", "evaluate", "pipeline", "report"},
    "maps": MODELS | {"reliability", "report"},
    "account": RECORDS | {"mapfile", "reliability", "pipeline", "maps", "sensitivity", "report"},
    "study": MODELS
    | {"plan", "reliability", "frontend", "profile", "pipeline", "evaluate", "mapfile", "report", "objectives"},
    "published": MODELS | {"frontend", "pipeline", "reliability", "report", "sensitivity", "study"},
    "findings": BASE | {"mapfile", "pipeline", "published", "report", "study"},
    "cli": {"*"},
    "__init__": {"*"},
    "__main__": {"cli"},
}


def imports(path: Path) -> set[str]:
    """Top-level snnmap modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "snnmap":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("snnmap.")}
    return found


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_table(path: Path) -> None:
    unit = unit_of(path)
    assert unit in ALLOWED, f"{unit} is not in the import table: decide where it belongs"
    if "*" in ALLOWED[unit]:
        return
    extra = imports(path) - ALLOWED[unit] - {unit} - {"__version__"}
    assert not extra, f"{path.relative_to(PACKAGE)} may not import {sorted(extra)}"


def test_the_check_can_say_no(tmp_path: Path) -> None:
    bad = tmp_path / "verify.py"
    bad.write_text("def f():\n    from snnmap.kernels.cells import count_cells\n")
    assert imports(bad) == {"kernels"}
    assert imports(bad) - ALLOWED["verify"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_numba_is_imported_only_for_kernels(path: Path) -> None:
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "numba" not in names or path == PACKAGE / "kernels" / "jit.py"


@pytest.mark.parametrize("folder", ["hwmodels", "workloads"])
def test_data_folders_hold_no_python(folder: str) -> None:
    assert list((PACKAGE.parent / folder).rglob("*"))
    assert not list((PACKAGE.parent / folder).rglob("*.py"))


def test_help_needs_no_heavy_package() -> None:
    heavy = ["numba", "scipy", "ortools", "pyswarms", "matplotlib", "networkx", "h5py", "nir", "torch", "rich"]
    code = (
        "import sys\n"
        "from snnmap.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout, done.stdout
