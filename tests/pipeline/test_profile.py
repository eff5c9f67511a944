"""What is finished is not profiled again, and options that would change nothing are refused by name."""

from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError


@pytest.fixture(scope="module")
def saved(compiled: snnmap.Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "p.npz"
    snnmap.save_profile(compiled.graph, path)
    return path


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (snnmap.LoadOptions(steps=300, dialect="norse"), "--steps, --dialect"),
        (snnmap.LoadOptions(data="d.npz", pooling="relay", strict=True), "--data, --pooling, --strict"),
        (snnmap.LoadOptions(multispike=False, max_rate=0.5), "--multispike, --max-rate"),
        (snnmap.LoadOptions(data=np.zeros(3), labels=[1, 2, 3]), "--data, --labels"),
    ],
)
def test_options_beside_a_saved_profile_are_refused(saved: Path, options: snnmap.LoadOptions, named: str) -> None:
    for call in (
        lambda: snnmap.profile(saved, options),
        lambda: snnmap.compile(saved, load=options),
        lambda: snnmap.compare([str(saved)], load=options),
    ):
        with pytest.raises(InputError, match=f"p.npz: {named} would change nothing: it is a saved profile"):
            call()


def test_options_beside_what_is_in_memory_are_refused(compiled: snnmap.Compiled) -> None:
    for source in (compiled.graph, small_workload.workload()):
        with pytest.raises(InputError, match="--dt would change nothing: it has its input and its stepping already"):
            snnmap.profile(source, snnmap.LoadOptions(dt=1e-3))


def test_the_seed_is_for_other_things_too(saved: Path, compiled: snnmap.Compiled) -> None:
    assert snnmap.profile(saved, snnmap.LoadOptions(seed=5)).digest() == compiled.graph.digest()


def test_check_of_a_saved_profile_has_no_pooling(saved: Path) -> None:
    with pytest.raises(InputError, match="--pooling would change nothing"):
        snnmap.check(saved, pooling="relay")


def test_a_mapping_made_with_options_verifies_against_the_saved_profile(chip: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "net.toml"
    recipe.write_text(small_workload.recipe())
    options = snnmap.CompileOptions(hardware=str(chip))
    compiled = snnmap.compile(recipe, options, load=snnmap.LoadOptions(samples=2, reset="subtract"))
    snnmap.save_profile(compiled.graph, tmp_path / "p.npz")
    again = snnmap.compile(tmp_path / "p.npz", options)
    for made in (compiled, again):
        snnmap.save(made.mapping, tmp_path / "m.json")
        assert snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz")) == []
        assert snnmap.verify_file(tmp_path / "m.json") == []
