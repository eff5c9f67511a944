"""The command `advise`: its tables, its JSON, and what it refuses in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.kernel_nets import network_of

import snnmap
from snnmap.formats.profile import save_profile
from snnmap.frontend.networks.parsed import Imported

Ran = Callable[..., tuple[int, str, str]]


def test_tables_say_layers_ways_sums_and_what_figures_rest_on(run: Ran) -> None:
    code, out, _ = run("advise", "lenet", "--sweep", "crossbar=64,128", "--pooling", "digital")
    assert code == 0
    text = " ".join(out.split())
    for words in (
        "lenet: 243,992 synapses, read off the recipe, not built",
        "conv1 input conv 9 x 14 1 1,024 123,704",
        "lenet on pcm-mesh, arrays of 64x64: 64 rows, 64 columns (pair_arrays); every figure here is closed form",
        "lenet on pcm-mesh, arrays of 128x128",
        "recommended mix",
        "recommended: arrays of",
        "averages are taken outside crossbars, and not counted",
        "10.0 % of the rows on in a use (--activity)",
    ):
        assert words in text, words
    assert "accuracy on cells" not in text


def test_noise_is_a_table_of_its_own(run: Ran) -> None:
    code, out, _ = run("advise", "mnist-bss2", "--noise", "0.2", "--devices", 2, "--samples", 20, "-q")
    assert code == 0
    text = " ".join(out.split())
    assert "accuracy on cells that miss their targets" in text
    assert "128x128 20 % none" in text
    assert "128x128 20 % noisy" in text
    assert "simulated: 2 chips, 20 frames" in text


def test_json_has_what_python_has(run: Ran) -> None:
    code, out, _ = run("advise", "nmnist-cnn", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(snnmap.advise("nmnist-cnn")))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sweep", "crossbar=0"), "rows must be 2 to 4096, not 0"),
        (("--sweep", "rows=64"), "sweep 'rows=64' is not crossbar= and sizes"),
        (("--sweep", "crossbar=64,64"), "sweep has a size twice"),
        (("--noise", "a"), "--noise 'a' is no list of shares like 0.2,0.3"),
        (("--noise", "-0.1"), "noise is a share of g_max"),
        (("--activity", "2"), "activity is the share of rows that is on"),
        (("--samples", "3"), "data are for --noise and --compile"),
        (("--hw", "pcm-mush"), "pcm-mush"),
    ],
)
def test_bad_input_is_one_line(run: Ran, options: tuple[str, ...], said: str) -> None:
    code, out, err = run("advise", "lenet", *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_what_has_no_layers_is_refused(run: Ran, tmp_path: Path) -> None:
    empty = Imported("still", "here", network_of([{}], [(3,), (2,)]), "")
    snnmap.save_network(empty, tmp_path / "still.npz")
    code, _, err = run("advise", tmp_path / "still.npz")
    assert code == 2
    assert "has no layer whose weights crossbars could hold" in err
    save_profile(snnmap.profile("braille-rsnn", snnmap.LoadOptions(samples=1)), tmp_path / "p.npz")
    code, _, err = run("advise", tmp_path / "p.npz")
    assert code == 2
    assert "is a saved profile; give the network that was profiled" in err


def test_an_array_too_small_for_a_weight_is_infeasible(run: Ran, tmp_path: Path) -> None:
    chip = tmp_path / "sliced.toml"
    chip.write_text('name = "s"\nextends = "pcm-mesh"\n[weights]\nencoding = "pair_columns"\nlevels = 2\nslices = 4\n')
    code, _, err = run("advise", "lenet", "--hw", chip, "--sweep", "crossbar=4")
    assert code == 3
    assert "does not fit: " in err
