"""`check` of convolutions by their kernels: crossbars beside counts by hand, refusals, the same numbers in a sweep."""

from pathlib import Path

import pytest
from support.kernel_nets import graph_of, kernel_network

import snnmap
from snnmap.core.errors import InputError

RECIPE = """
summary = "a convolution and a dense layer"
origin = "here"
licence = "none"
[network]
seed = 1
[neuron]
model = "IF"
parameters = { r = 1.0, v_threshold = 1.0, v_reset = 0.0 }
[[population]]
name = "input"
shape = [2, 8, 8]
model = "input"
[[population]]
name = "a"
shape = [4, 6, 6]
[[population]]
name = "b"
shape = [10]
[[connection]]
from = "input"
to = "a"
topology = "conv"
kernel = [3, 3]
weights = { distribution = "uniform", low = 1.0, high = 2.0 }
[[connection]]
from = "a"
to = "b"
topology = "dense"
weights = { distribution = "uniform", low = 1.0, high = 2.0 }
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("kernels") / "net.toml"
    path.write_text(RECIPE)
    return str(path)


def test_kernels_and_the_rest_are_counted_apart(recipe: str) -> None:
    """18 x 4 of a kernel, 144 x 10 of the dense layer: 1 + 5 crossbars of 32 x 16, 2 + 9 of 16 x 16."""
    answer = snnmap.check(recipe, hardware="pcm-mesh:rows=32,columns=16", conv="dense", sweep=(16, 32))
    assert answer["bounds"] == {"kernels": 1, "other layers": 5, "together": 6}
    assert (answer["fits"], answer["crossbars_at_least"], answer["messages_at_least"]) == (True, 6, None)
    small, large = answer["trials"]
    assert (small["crossbars_at_least"], small["crossbars"]) == (11, 11)
    assert (large["crossbars_at_least"], large["crossbars"]) == (6, 6)
    assert large["cell_utilisation"] == pytest.approx((72 + 1440) / (6 * 32 * 32))
    assert answer["trials_by"] == "dense and first_fit"
    four = snnmap.check(recipe, hardware="pcm-mesh:rows=32,columns=16", conv="packed", copies=4)
    assert four["bounds"]["kernels"] == 4


def test_auto_weighs_crossbars_and_unrolled_is_as_before(recipe: str) -> None:
    auto = snnmap.check(recipe, hardware="pcm-mesh:rows=32,columns=16", conv="auto")
    plain = snnmap.check(recipe, hardware="pcm-mesh:rows=32,columns=16")
    assert auto["bounds"]["kernels"] == 1
    assert plain["bounds"]["columns"] == (144 + 10 * 5 + 15) // 16
    assert plain["messages_at_least"] is not None


def test_what_does_not_fit_is_told_with_its_numbers_and_what_is_none_is_refused(recipe: str) -> None:
    answer = snnmap.check(recipe, hardware="pcm-mesh:rows=32,columns=16,tiles=2x2", conv="dense")
    assert answer["fits"] is False
    assert any(note.startswith("tiles: need 6, have 4") for note in answer["notes"])
    answer = snnmap.check(recipe, hardware="pcm-mesh:rows=32,columns=16", conv="dense", copies=37, sweep=(32,))
    assert (answer["fits"], answer["trials"][0]["fits"]) == (False, False)
    assert answer["notes"][-1].startswith("uses of the blocks of 'a', one for each copy: need 37, have 36")
    assert answer["trials"][0]["why"] == answer["notes"][-1]
    with pytest.raises(InputError, match="no layer is a convolution"):
        snnmap.check("mnist-mlp", conv="packed")
    with pytest.raises(InputError, match="copies are of kernels"):
        snnmap.check(recipe, copies=2)


def test_a_sweep_takes_ways_as_an_axis(recipe: str, tmp_path: Path) -> None:
    grid = snnmap.Sweep(("pcm-mesh:rows=32,columns=16",), conv=("unrolled", "dense"), copies=2)
    assert [(point.conv, point.copies) for point in grid.checked()] == [("unrolled", 0), ("dense", 2)]
    with pytest.raises(InputError, match="conv 'dens' is unknown; did you mean 'dense'"):
        snnmap.Sweep(conv=("dens",))
    with pytest.raises(InputError, match="copies are of kernels"):
        snnmap.Sweep(copies=2)
    with pytest.raises(InputError, match="conv lists dense twice"):
        snnmap.Sweep(conv=("dense", "dense"))
    where = snnmap.SweepWhere(tmp_path / "t.csv", workers=1)
    swept = snnmap.sweep([graph_of(kernel_network())], grid, where)
    assert [row["conv"] for row in swept.rows] == ["unrolled", "dense"]
    assert [row["copies"] for row in swept.rows] == [0, 2]
    assert swept.rows[1]["uses"] > 0
    assert "uses" not in swept.rows[0]
    assert len({row["run"] for row in swept.rows}) == 2


def test_report_and_page_say_which_way_layers_are_held(tmp_path: Path) -> None:
    options = snnmap.CompileOptions("pcm-mesh:rows=32,columns=16", conv="packed")
    compiled = snnmap.compile(graph_of(kernel_network()), options)
    snnmap.save(compiled.mapping, tmp_path / "m.json")
    snnmap.save_profile(compiled.graph, tmp_path / "p.npz")
    told = snnmap.report(tmp_path / "m.json", workload=str(tmp_path / "p.npz"))
    assert told.notes[0].startswith(
        "held by their kernels: layer1 (packed, 1 crossbar, 21 uses a step), layer2 (packed,"
    )
    snnmap.html_report(told, tmp_path / "page.html")
    assert "layer1 (packed, 1 crossbar, 21 uses a step)" in (tmp_path / "page.html").read_text()
