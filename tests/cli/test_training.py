"""What the command line says of trainings on the chip."""

import json

import numpy as np
import pytest

import snnmap
from snnmap.cli import main


@pytest.fixture(scope="module")
def made(recipe, chip):
    """Paths of a mapping and of a file of writes."""
    mapping, writes = recipe.parent / "worn.json", recipe.parent / "writes.npz"
    with pytest.raises(SystemExit) as stopped:
        main(["compile", str(recipe), "--hw", str(chip), "-o", str(mapping), "--quiet"])
    assert stopped.value.code == 0
    layers = {"conv1": np.array([[[1, 40, 3]], [[1, 1, 900]]]), "dense2": np.array([[[5, 0]], [[2, 901]]])}
    snnmap.save_writes(snnmap.Writes("ab" * 32, 1, 600, layers), writes)
    return mapping, writes


def test_the_report_says_what_a_training_took(run, made):
    code, out, _ = run("report", made[0], "--training-writes", made[1], "--quiet")
    assert code == 0
    assert "writes in training" in out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.split()[:1] in (["conv1"], ["all"])}
    assert rows["conv1"][:2] == ["6", "900"]
    assert rows["all"][:2] == ["10", "901"]
    assert "600 batches took " in out
    assert "trainings until the first cell fails" in out
    assert "writes in training" not in run("report", made[0], "--quiet")[1]
    code, out, _ = run("report", made[0], "--training-writes", made[1], "--json", "--quiet")
    found = json.loads(out)["training"]
    assert (code, found["largest"], found["batches"], found["layers"][1]["layer"]) == (0, 901, 600, "dense2")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--quick"], "the endurance of cells is looked up in the chip's file: leave --quick out"),
        (["--what-if", "flit_time=1ns"], "--what-if prints the timing alone: leave out --training-writes"),
    ],
)
def test_what_it_needs_is_said(run, made, more, said):
    code, _, error = run("report", made[0], "--training-writes", made[1], *more)
    assert code == 2
    assert said in error


def test_a_file_of_something_else_is_a_line(run, made):
    code, _, error = run("report", made[0], "--training-writes", made[0], "--quiet")
    assert (code, error.count("\n")) == (2, 1)
