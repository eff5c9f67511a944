"""The public names: what the docstring promises works, what is listed exists, importing is light."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from support import small_workload

import snnmap


def test_the_example_of_the_package(chip: Path, tmp_path: Path) -> None:
    compiled = snnmap.compile(small_workload.workload(), snnmap.CompileOptions(hardware=str(chip), seed=1))
    assert compiled.report["energy_J"] > 0
    path = tmp_path / "mapping.json"
    snnmap.save(compiled.mapping, path)
    assert snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    again = snnmap.load(path)
    assert again.figures == compiled.mapping.figures
    report = snnmap.evaluate(again, compiled.graph, compiled.hardware)
    assert report["hops"] == compiled.report["hops"]
    assert snnmap.where(again, "out[0]")["source"] == 39
    assert snnmap.where(again, tile=0)["tile"] == 0
    assert snnmap.diff(again, compiled.mapping)["moved_neurons"] == 0


def test_profile_by_parts(chip: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(small_workload.recipe())
    workload = snnmap.load_workload(path, snnmap.LoadOptions(samples=1))
    graph = snnmap.profile(workload)
    snnmap.save_profile(graph, tmp_path / "p.npz")
    assert snnmap.load_profile(tmp_path / "p.npz").digest() == graph.digest()
    assert snnmap.profile(tmp_path / "p.npz").digest() == graph.digest()
    assert snnmap.load_network(path).network.neurons == 15
    assert snnmap.load_hardware(str(chip)).rows == 16
    mapping = snnmap.compile(graph, snnmap.CompileOptions(hardware=str(chip))).mapping
    snnmap.save(mapping, tmp_path / "m.json")
    assert snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz")) == []


@pytest.mark.parametrize("name", snnmap.__all__)
def test_every_public_name_exists_and_is_explained(name: str) -> None:
    public = getattr(snnmap, name)
    assert not inspect.ismodule(public)
    assert isinstance(public, dict | tuple | str) or inspect.getdoc(public)


def test_type_checkers_see_the_names_where_they_are_at_run_time() -> None:
    tree = ast.parse(Path(snnmap.__file__).read_text())
    seen = {
        alias.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen.pop("__version__") == "snnmap.core.version"
    assert seen.pop("shown_by") == "snnmap.core.shown"
    assert seen.pop("HOMES") == "snnmap.core.public"
    assert seen == snnmap._HOME
    assert {*seen, "__version__"} == set(snnmap.__all__) == set(dir(snnmap))
    with pytest.raises(AttributeError, match="module 'snnmap' has no attribute 'Mappings'"):
        _ = snnmap.Mappings


def test_importing_the_package_is_light() -> None:
    heavy = [
        "numba",
        "scipy",
        "ortools",
        "pyswarms",
        "matplotlib",
        "networkx",
        "h5py",
        "nir",
        "rich",
        "click",
        "asyncio",
    ]
    code = f"import sys, snnmap; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_does_nothing_that_the_package_cannot() -> None:
    from snnmap.cli import cli

    functions = {
        "check-algorithm": "check_algorithm",
        "study": "run_study",
        "verify": "verify_file",
        "simulate": "simulate_file",
        "accuracy": "accuracy_file",
        "mac": "mac_accuracy",
        "chip": "draw_chip",
        "hardware": "list_hardware",
        "workloads": "list_workloads",
        "warm-up": "warm_up",
        "train": "train_network",
    }
    for name in cli.commands:
        assert callable(getattr(snnmap, functions.get(name, name), None)), name
