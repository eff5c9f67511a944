"""The command `mac`: its table, its JSON, and what it refuses in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import integer_nets

import snnmap

Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mac")
    snnmap.save_network(integer_nets.network(), made / "net.npz")
    np.save(made / "images.npy", integer_nets.images())
    np.save(made / "labels.npy", np.zeros(40, np.int64))
    return made


def test_the_table_says_blocks_accuracy_and_costs(run: Ran, folder: Path) -> None:
    code, out, _ = run("mac", folder / "net.npz", "--data", folder / "images.npy", "--labels", folder / "labels.npy")
    assert code == 0
    text = " ".join(out.split())
    for words in (
        "conv, inputs x outputs on hemispheres 0 | 1: 0-15 x 0-5 ",
        "executions: 2 by hxtorch's rule, 1 with blocks side by side whatever their layers (at least 1)",
        "network on brainscales2, blocks by hxtorch's rule",
        "conv 16 x 6 1 1 9 6",
        "out 54 x 3 1 1 1 6",
        "chips: 5, frames: 40",
        "noise 2 steps; columns: gain 5 %, offset 2 steps; synapses 10 %; inputs scaled as encoded",
        "not counted: loading weights",
        "recalled or estimated, not read in a source: gain_spread,",
    ):
        assert words in text


def test_json_has_what_python_has(run: Ran, folder: Path) -> None:
    code, out, _ = run("mac", folder / "net.npz", "--data", folder / "images.npy", "--devices", 2, "--json", "-q")
    assert code == 0
    found = snnmap.mac_accuracy(folder / "net.npz", options=snnmap.MacOptions(devices=2), data=folder / "images.npy")
    assert json.loads(out) == json.loads(json.dumps(found.document()))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--num-sends", "6,x"), "--num-sends '6,x' is no list of whole numbers"),
        (("--noise", "-1"), "noise must not be negative"),
        (("--encode", "current"), "inputs are integers from 0 to 31"),
        (("--hw", "brainscales3"), "no machine without crossbars is called 'brainscales3'"),
    ],
)
def test_bad_input_is_one_line(run: Ran, folder: Path, options: tuple[str, ...], said: str) -> None:
    code, out, err = run("mac", folder / "net.npz", "--data", folder / "images.npy", "-q", *options)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert out == ""


def test_sends_are_advised_as_python_advises_them(run: Ran, folder: Path) -> None:
    data = ("--data", folder / "images.npy", "--devices", 1, "--advise-sends", "--scaling", "sample", "-q")
    code, out, _ = run("mac", folder / "net.npz", *data)
    text = " ".join(out.split())
    assert code == 0
    for words in ("how often inputs are sent", "recommended: --num-sends ", "(!)", "inputs scaled frame by frame"):
        assert words in text
    code, out, _ = run("mac", folder / "net.npz", *data, "--json")
    options = snnmap.MacOptions(devices=1, scaling="sample")
    found = snnmap.mac_sends(folder / "net.npz", options=options, data=folder / "images.npy")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(found.document()))
