"""The house: who may import whom, what may stand in the root, how large a thing may be. DESIGN's tables as data."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "snnmap"
STAGES = ("partition", "phase", "place", "wire", "schedule")
RECORDS = {"core", "ir", "hardware"}
FACTS = RECORDS | {"analysis", "physics"}
STAGE = FACTS | {"sdf", "stages.protocols"}
FIGURES = FACTS | {"sdf", "reliability", "simulate", "stages.registry", "stages.protocols"}
BELOW = FIGURES | {"frontend", "transform", "formats", "legality", "evaluation"}

ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "ir": {"core"},
    "hardware": {"core"},
    "physics": {"core"},
    "sdf": {"core", "ir"},
    "frontend": {"core", "ir"},
    "transform": {"core", "ir"},
    "formats": RECORDS,
    "legality": RECORDS,
    "render": {"core", "ir"},
    "analysis": RECORDS,
    "simulate": FACTS,
    "stages": set(),
    "stages.protocols": FACTS,
    "stages.registry": {"core", "ir"},
    **{f"stages.{stage}": STAGE for stage in STAGES},
    "reliability": FACTS,
    "evaluation": FIGURES,
    "pipeline": BELOW | {"stages.phase"},
    "query": BELOW | {"pipeline", "render"},
    "train": {"core", "ir", "frontend", "hardware", "physics", "pipeline", "simulate"},
    "study": RECORDS | {"formats", "pipeline", "evaluation", "render"},
    "notebook": RECORDS
    | {"analysis", "evaluation", "frontend", "legality", "pipeline", "query", "render", "simulate", "study"},
    "cli": {"core", "render", "__init__"},
    "__init__": {"*"},
    "__main__": {"cli"},
}
"""Unit to the units that it may import besides itself; `*` is anything, `__init__` the public names of snnmap."""

LINES, FUNCTION_LINES, PARAMETERS = 400, 50, 6
"""The largest file and function, and the most parameters of a function; kernels are excepted from the last two."""


def unit_of(module: str) -> str:
    """Unit of `ALLOWED` that a dotted name below snnmap belongs to: a package, or a part of `stages`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "stages" and len(parts) > 1 else parts[0]


def module_of(path: Path, package: Path) -> str:
    """Dotted name below snnmap; a package's is that of its folder."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(path: Path) -> Iterator[str]:
    """Dotted names below snnmap that a file imports, anywhere in it; `__init__` for names of the root."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            parts = node.module.split(".")
            if parts == ["snnmap"]:
                yield from (alias.name if (PACKAGE / alias.name).is_dir() else "__init__" for alias in node.names)
            elif parts[0] == "snnmap":
                base = ".".join(parts[1:])
                yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield f"relative import, level {node.level}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "snnmap":
                    yield ".".join(parts[1:]) or "__init__"


def is_kernel(module: str) -> bool:
    """Whether a module stands in a `kernels` folder."""
    return "kernels" in module.split(".")


def forbidden(path: Path, package: Path = PACKAGE) -> list[str]:
    """What a file imports and may not."""
    module = module_of(path, package)
    unit = unit_of(module)
    if unit not in ALLOWED:
        return [f"{unit} is not in the import table: decide where it belongs"]
    allowed = ALLOWED[unit] | {unit}
    if "*" in allowed:
        return []
    wrong = []
    for name in imports(path):
        other = unit_of(name)
        own_room_of_stages = unit == "stages" or (other == "stages" and unit.startswith("stages."))
        if other not in allowed and not own_room_of_stages:
            wrong.append(f"{module} may not import {name}")
        elif is_kernel(module) and other != "core" and not is_kernel(name):
            wrong.append(f"{module} is a kernel and may import kernels and core only, not {name}")
    return wrong


def oversized(path: Path, package: Path = PACKAGE) -> list[str]:
    """What is too large in a file."""
    text = path.read_text()
    module = module_of(path, package)
    wrong = [f"{module} has {text.count(chr(10))} lines"] if text.count("\n") > LINES else []
    if is_kernel(module):
        return wrong
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or 0) - node.lineno + 1
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if lines > FUNCTION_LINES:
            wrong.append(f"{module}.{node.name} has {lines} lines")
        if count > PARAMETERS:
            wrong.append(f"{module}.{node.name} has {count} parameters")
    return wrong


def loose(package: Path = PACKAGE) -> list[str]:
    """Modules in the root that belong into a room."""
    return sorted(path.name for path in package.glob("*.py") if path.name not in {"__init__.py", "__main__.py"})


def shadowed(package: Path, names: list[str]) -> list[str]:
    """Public names that are also submodules."""
    modules = {path.stem for path in package.glob("*.py")} | {path.name for path in package.iterdir() if path.is_dir()}
    return sorted(modules & set(names))


FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_follow_the_table(path: Path) -> None:
    assert forbidden(path) == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_nothing_is_too_large(path: Path) -> None:
    assert oversized(path) == []


def test_the_root_holds_rooms_only() -> None:
    assert loose() == []


def test_no_public_name_is_a_submodule() -> None:
    import snnmap

    assert shadowed(PACKAGE, snnmap.__all__) == []
    code = "import snnmap.legality, snnmap.simulate, snnmap.pipeline, types, snnmap as s\n"
    code += "assert all(isinstance(m, types.ModuleType) for m in (s.legality, s.simulate, s.pipeline))"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("file", "source", "said"),
    [
        (
            "legality/rules.py",
            "def f():\n    from snnmap.analysis.cells import Cells\n",
            "may not import analysis.cells",
        ),
        ("legality/rules.py", "from snnmap.sdf.kernels.cycles import execute\n", "may not import sdf.kernels"),
        ("ir/network.py", "import snnmap.hardware\n", "may not import hardware"),
        ("hardware/model.py", "from snnmap.ir import Network\n", "may not import ir.Network"),
        ("render/tables.py", "from snnmap import hardware\n", "may not import hardware"),
        ("stages/place/anneal.py", "from snnmap.stages.wire.sorting import Identity\n", "may not import stages.wire"),
        ("stages/place/anneal.py", "from snnmap.pipeline.plan import Plan\n", "may not import pipeline.plan"),
        ("cli/mapping.py", "from snnmap.pipeline.compile import compile\n", "may not import pipeline.compile"),
        ("sdf/kernels/cycles.py", "from snnmap.ir import Sdfg\n", "kernels and core only"),
        ("sdf/graph.py", "from ..ir import Sdfg\n", "relative import"),
        ("helpers/numbers.py", "x = 1\n", "is not in the import table"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, file: str, source: str, said: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert said in "\n".join(forbidden(path, tmp_path))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n" * 401, "has 401 lines"),
        ("def f():\n" + "    x = 1\n" * 50, "m.f has 51 lines"),
        ("def f(a, b, c, d, e, f, g):\n    pass\n", "m.f has 7 parameters"),
        ("class A:\n    def f(self, a, b, c, d, *, e, f, g):\n        pass\n", "m.f has 7 parameters"),
    ],
)
def test_an_oversized_thing_is_found(tmp_path: Path, source: str, said: str) -> None:
    path = tmp_path / "m.py"
    path.write_text(source)
    assert any(said in line for line in oversized(path, tmp_path))
    (tmp_path / "kernels").mkdir()
    kernel = tmp_path / "kernels" / "m.py"
    kernel.write_text(source)
    assert len(oversized(kernel, tmp_path)) == (source.count("\n") > LINES)


def test_a_loose_module_and_a_shadowed_name_are_found(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    (tmp_path / "stray.py").touch()
    (tmp_path / "report").mkdir()
    assert loose(tmp_path) == ["stray.py"]
    assert shadowed(tmp_path, ["report", "compile", "stray"]) == ["report", "stray"]


def packages(tree: ast.AST) -> set[str]:
    """Packages that are imported anywhere in a tree."""
    return {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }


COMPILE = {PACKAGE / "core" / name for name in ("jit.py", "lean_kernels.py", "checked_cache.py")}
"""Where kernels are compiled and cached."""


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_numba_is_imported_only_for_kernels(path: Path) -> None:
    assert "numba" not in packages(ast.parse(path.read_text())) or path in COMPILE


TORCH = {PACKAGE / "frontend" / "snntorch.py", *(PACKAGE / "train").glob("*.py")}
"""Who may import torch and snnTorch, and inside functions alone: the main job never needs them."""


def torch_misplaced(path: Path, allowed: set[Path] = TORCH) -> bool:
    """Whether a file imports torch or snnTorch where it may not."""
    tree = ast.parse(path.read_text())
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    everywhere = len([n for n in ast.walk(tree) if _is_torch(n)])
    return everywhere > (len({n for f in inside for n in ast.walk(f) if _is_torch(n)}) if path in allowed else 0)


def _is_torch(node: ast.AST) -> bool:
    imported = isinstance(node, ast.Import | ast.ImportFrom)
    return imported and bool(packages(node) & {"torch", "snntorch"})


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_torch_is_imported_in_one_place_when_asked(path: Path) -> None:
    assert not torch_misplaced(path)


@pytest.mark.parametrize(
    ("source", "may", "wrong"),
    [
        ("import torch\n", True, True),
        ("def f():\n    from torch import fx\n", True, False),
        ("def f():\n    def g():\n        import snntorch\n", True, False),
        ("def f():\n    import torch\n", False, True),
        ("class A:\n    from snntorch import Leaky\n", True, True),
    ],
)
def test_a_misplaced_torch_is_found(tmp_path: Path, source: str, may: bool, wrong: bool) -> None:
    path = tmp_path / "m.py"
    path.write_text(source)
    assert torch_misplaced(path, {path} if may else set()) == wrong


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
