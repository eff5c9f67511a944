"""The command `accuracy`: its table, its JSON, and what it refuses in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snnmap

Ran = Callable[..., tuple[int, str, str]]
FEW = ("--devices", 2, "--age", "1s,30d", "--quiet")


@pytest.fixture(scope="module")
def mapping(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mapping file of the small workload, other data beside it, and labels that are too few."""
    folder = tmp_path_factory.mktemp("accuracy")
    (folder / "chip.toml").write_text('name = "small"\nextends = "pcm-mesh"\nrows = 16\ncolumns = 8\n')
    compiled = snnmap.compile(str(recipe), snnmap.CompileOptions(hardware=str(folder / "chip.toml"), seed=3))
    snnmap.save(compiled.mapping, folder / "mapping.json")
    np.savez(folder / "data.npz", data=np.ones((4, 20, 4, 5), np.float32))
    np.save(folder / "labels.npy", np.zeros(4, np.int64))
    np.save(folder / "short.npy", np.zeros(3, np.int64))
    return folder / "mapping.json"


def test_the_table_says_what_it_is_of(run: Ran, mapping: Path) -> None:
    code, out, _ = run("accuracy", mapping, *FEW, "--effects", "programming,drift")
    assert code == 0
    text = " ".join(out.split())
    for words in (
        "pcm-65 (device mode); pair_arrays, analog; chips: 2, frames: 2",
        "ideal devices 100.00 %",
        "30 days",
        "accuracy unknown: the workload has no labels; right is what ideal devices say",
        "counts of the outputs are off by",
        "effects: programming, drift; drift compensated; noise model pcm-like; seed 0",
    ):
        assert words in text


def test_without_effects_the_deviating_events_are_said(run: Ran, mapping: Path) -> None:
    code, out, _ = run("accuracy", mapping, *FEW, "--effects", "none")
    assert code == 0
    assert "deviating events: 0 of" in out
    assert "effects: none" in out


def test_labels_make_it_accuracy(run: Ran, mapping: Path) -> None:
    folder = mapping.parent
    code, out, _ = run("accuracy", mapping, *FEW, "--data", folder / "data.npz", "--labels", folder / "labels.npy")
    assert code == 0
    assert "frames: 4" in " ".join(out.split())
    assert "unknown" not in out


def test_json_is_what_python_says(run: Ran, mapping: Path) -> None:
    code, out, _ = run("accuracy", mapping, *FEW, "--json", "--seed", 5, "--compensation", "off")
    assert code == 0
    options = snnmap.AccuracyOptions(devices=2, ages=("1s", "30d"), seed=5, compensated=False)
    said = json.loads(json.dumps(snnmap.accuracy_file(mapping, options).document()))
    assert json.loads(out) == said
    assert (said["devices"], said["seed"], said["compensated"]) == (2, 5, False)
    assert [each["age_s"] for each in said["ages"]] == [1.0, 30 * 86400.0]


def test_both_rules_of_refresh_are_printed(run: Ran, mapping: Path) -> None:
    code, out, _ = run("accuracy", mapping, *FEW, "--refresh", "--keep", 30)
    assert code == 0
    text = " ".join(out.split())
    assert "with drift compensation, refresh when a weight has drifted:" in text
    assert "without drift compensation, refresh when a weight has drifted:" in text
    assert "when accuracy has, by 30 points:" in text
    assert "writes per cell and year" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--age", "0s"), "age '0s' is not after the first read; it must be above 0, like 1s, 1h"),
        (("--age", "-1h"), "age '-1h' is not after the first read"),
        (("--age", "10"), "age '10' has no unit"),
        (("--age", "1s,soon"), "age is 'soon'; write it like 1s"),
        (("--effects", "drfit"), "no effect is called 'drfit'; did you mean 'drift'?"),
        (("--devices", "0"), "0 devices cannot be drawn; give at least 1"),
        (("--devices", "1", "--refresh"), "at least 2 devices"),
        (("--keep", "0"), "keep is 0 points"),
        (("--ir", "none"), "'none' is not one of"),
        (("--stuck-on", "2"), "stuck_on is a share of cells"),
        (("--data", "missing.npz"), "missing.npz"),
        (("--labels", "labels.npy"), "its input is synthetic, so labels does not apply; give --data too"),
        (("--hw", "pcm-mesh-64"), "the mapping was made for another chip than this 'pcm-mesh-64'"),
        (("--workload", "braille-rsnn"), "the mapping was made for another profile"),
    ],
)
def test_bad_input_is_one_line(run: Ran, mapping: Path, options: tuple[str, ...], said: str) -> None:
    code, out, err = run("accuracy", mapping, *options, "--quiet")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_labels_of_another_length_are_refused_in_one_line(run: Ran, mapping: Path) -> None:
    folder = mapping.parent
    code, out, err = run(
        "accuracy", mapping, "--quiet", "--data", folder / "data.npz", "--labels", folder / "short.npy"
    )
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "3 labels" in err
