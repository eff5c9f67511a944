"""Sources, options and data become workloads: shipped ones, precedence of settings, provenance, clear refusals."""

import json
import re

import msgspec
import nir
import numpy as np
import pytest

from snnmap.core import library
from snnmap.core.errors import InputError
from snnmap.frontend import LoadOptions, load_network, load_workload, workload_table
from snnmap.frontend.networks.recipe import Recipe, read_workload_file
from snnmap.ir import Provenance, Workload

SMALL = [
    "braille-rsnn", "digitrecog-mlp", "digitrecog-stdp", "edgedet", "heartestm", "imgsmooth", "lenet", "mnist-bss2",
    "mnist-lenet", "mnist-mif", "mnist-mlp", "mnist-qsnn4", "mnist-softlif", "mnist-tha1", "mnist-tutorial",
    "motion-bss2", "nmnist-cnn", "visualpursuit",
]  # fmt: skip
LABELLED = [
    "mnist-bss2",
    "mnist-lenet",
    "mnist-mif",
    "mnist-mlp",
    "mnist-qsnn4",
    "mnist-softlif",
    "mnist-tha1",
    "mnist-tutorial",
    "nmnist-cnn",
]
LARGE = ["alexnet", "heartclass", "vgg16"]
GOLDEN = ["hunsberger-cifar10", "hunsberger-cifar100", "hunsberger-mnist", "hunsberger-svhn"]


def test_all_of_the_papers_and_trained_ones_are_shipped():
    rows = workload_table()
    assert [row["name"] for row in rows] == sorted(SMALL + LARGE + GOLDEN)
    assert [row["name"] for row in rows if row["kind"] == "trained"] == sorted(
        [*LABELLED, "braille-rsnn", "motion-bss2"]
    )
    assert all(row["licence"] and row["summary"] for row in rows)
    assert json.loads(json.dumps(rows)) == rows


def test_recipes_match_the_printed_synapses():
    rows = [row for row in workload_table() if row["paper_synapses"] and not row["paper_weights"]]
    close = {row["name"]: row["synapses"] / row["paper_synapses"] for row in rows}
    assert len(close) == 10
    assert close.pop("lenet") > 3  # no LeNet has the printed 3.9 synapses per neuron
    assert all(abs(ratio - 1) < 0.005 for ratio in close.values())
    exact = ("digitrecog-mlp", "imgsmooth", "heartestm", "visualpursuit")
    assert all(close[name] == 1 for name in exact)


def test_recipes_match_the_printed_neurons_with_or_without_inputs():
    for row in workload_table():
        if row["paper_neurons"] and row["name"] not in ("edgedet", "imgsmooth", *GOLDEN):
            ratios = [count / row["paper_neurons"] - 1 for count in (row["neurons"], row["neurons"] + row["inputs"])]
            assert min(map(abs, ratios)) < 0.012, row


def test_golden_sizes_come_out_by_counting():
    """Hunsberger and Eliasmith's table, and the same from the layers alone, written out."""
    found = {row["name"]: tuple(row["counted"].values()) for row in workload_table() if row["paper_weights"]}
    assert found == {
        "hunsberger-mnist": (27_088, 6_318_000, 11_623_200),
        "hunsberger-svhn": (27_088, 6_318_800, 12_250_400),
        "hunsberger-cifar10": (49_536, 2_109_376, 19_512_576),
        "hunsberger-cifar100": (49_536, 2_213_056, 19_616_256),
    }
    for name, channels in (("hunsberger-mnist", 1), ("hunsberger-svhn", 3)):
        kernels, dense = [25 * channels * 16, 25 * 16 * 64], 49 * 64 * 2000 + 2000 * 10
        synapses = kernels[0] * 28**2 + kernels[1] * 14**2 + dense
        assert found[name] == (16 * 28**2 + 64 * 14**2 + 2000, sum(kernels) + dense, synapses)
    for row in workload_table():
        if row["paper_weights"]:
            assert found[row["name"]] == tuple(row[f"paper_{key}"] for key in ("neurons", "weights", "synapses"))
            relays = row["neurons"] - found[row["name"]][0]
            assert row["synapses"] < found[row["name"]][2]  # padding is no synapse; averages have some
            assert relays > 0


@pytest.mark.parametrize("name", [*SMALL, "heartclass"])
def test_shipped_workloads_load_and_have_the_listed_sizes(name):
    options = LoadOptions(samples=1) if name == "heartclass" else LoadOptions()
    workload = load_workload(name, options)
    assert isinstance(workload, Workload)
    row = next(row for row in workload_table() if row["name"] == name)
    network = workload.network
    inputs = sum(p.size for p in network.populations if p.kind == "input")
    assert (inputs, network.neurons, network.synapses) == (row["inputs"], row["neurons"], row["synapses"])
    assert len(workload.stimulus.step) > 0
    assert workload.stimulus.source.max() < inputs
    assert msgspec.json.decode(msgspec.json.encode(workload.provenance), type=Provenance) == workload.provenance
    assert workload.provenance.name == workload.name == name
    assert (workload.labels is not None) == (name in LABELLED)


def test_recipes_say_how_they_are_stepped():
    for name, path in library.shipped("workloads").items():
        file = read_workload_file(path)
        assert {"dt", "reset", "integration"} <= set(file.dynamics), name
        if isinstance(file.network, Recipe):
            assert file.paper is not None
            assert "recalled" in file.paper.source


def test_what_ships_is_small():
    place = library.folder("workloads")
    sizes = [path.stat().st_size for path in place.rglob("*") if path.is_file()]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 4_000_000


def test_readme_lists_every_shipped_workload_and_its_sizes():
    text = (library.folder("workloads") / "README.md").read_text()
    for row in workload_table():
        assert f"`{row['name']}`" in text
        if row["kind"] == "recipe":
            line = next(line for line in text.splitlines() if line.startswith(f"| `{row['name']}` | ") and "(" in line)
            numbers = re.findall(r"[\d,]+", line.split("|", 3)[3])
            expected = (row["neurons"], row["neurons"] + row["inputs"], row["synapses"])
            assert [int(n.replace(",", "")) for n in numbers[:3]] == list(expected)


def test_the_seed_changes_the_stimulus_and_not_the_network():
    one, two = (load_workload("imgsmooth", LoadOptions(seed=seed)) for seed in (1, 2))
    again = load_workload("imgsmooth", LoadOptions(seed=1))
    assert one.network.digest() == two.network.digest()
    assert not np.array_equal(one.stimulus.source, two.stimulus.source)
    np.testing.assert_array_equal(one.stimulus.source, again.stimulus.source)
    fewer = load_workload("imgsmooth", LoadOptions(seed=1, samples=2)).stimulus
    np.testing.assert_array_equal(fewer.source, one.stimulus.source[: len(fewer.source)])


def test_unknown_names_are_answered_with_the_closest():
    with pytest.raises(InputError, match=r"neither a file nor a shipped workload; did you mean 'mnist-mlp'\?"):
        load_workload("mnist_mlp")


@pytest.fixture
def net(tmp_path):
    """A NIR network that says nothing about dt and reset."""
    nodes = {
        "input": nir.Input({"input": np.array([3])}),
        "w": nir.Linear(np.ones((2, 3))),
        "lif": nir.LIF(tau=np.full(2, 0.01), r=np.ones(2), v_leak=np.zeros(2), v_threshold=np.ones(2)),
        "output": nir.Output({"output": np.array([2])}),
    }
    path = tmp_path / "net.nir"
    nir.write(path, nir.NIRGraph(nodes, [("input", "w"), ("w", "lif"), ("lif", "output")]))
    return path


@pytest.fixture
def frames(tmp_path):
    path = tmp_path / "frames.npz"
    np.savez(path, data=np.linspace(0, 1, 12).reshape(4, 3), labels=[0, 1, 0, 1])
    return path


def test_nothing_is_assumed_silently(net, frames):
    workload = load_workload(net, LoadOptions(data=frames))
    assumed = " / ".join(workload.remarks.assumed)
    for part in ("dt = 0.001 s: the default", "reset = value", "encode = rate", "steps = 32"):
        assert part in assumed
    stated = LoadOptions(data=frames, dt=1e-4, reset="zero", encode="latency", steps=5)
    workload = load_workload(net, stated)
    assert workload.remarks.assumed == ()
    assert (workload.dynamics.dt, workload.dynamics.reset) == (1e-4, "zero")
    assert workload.labels.tolist() == [0, 1, 0, 1]


def test_the_options_in_the_provenance_make_the_same_workload(net, frames):
    options = LoadOptions(data=frames, dt=1e-4, encode="poisson", seed=7, samples=2, steps=9)
    first = load_workload(net, options)
    again = load_workload(first.provenance.source, LoadOptions(**first.provenance.options))
    np.testing.assert_array_equal(first.stimulus.source, again.stimulus.source)
    assert first.provenance == again.provenance


def test_explicit_options_go_before_the_workload_file_before_hints(tmp_path):
    braille = load_network("braille-rsnn")
    assert braille.hints["reset"] == "subtract-next"  # a guess, which the workload file overrides
    assert load_workload("braille-rsnn").dynamics.reset == "zero"
    assert load_workload("braille-rsnn", LoadOptions(reset="value")).dynamics.reset == "value"
    bare = library.folder("workloads") / "data" / "braille-rsnn.nir"
    spikes = tmp_path / "s.npz"
    np.savez(spikes, spikes=np.ones((1, 4, 12)))
    hinted = load_workload(bare, LoadOptions(data=spikes))
    assert hinted.dynamics.reset == "subtract-next"
    assert any("reset = subtract-next" in note and "a guess" in note for note in hinted.remarks.assumed)


def test_the_datas_own_step_goes_before_the_default(net, tmp_path):
    path = tmp_path / "s.npz"
    np.savez(path, spikes=np.ones((1, 4, 3)), dt=5e-4)
    workload = load_workload(net, LoadOptions(data=path))
    assert workload.dynamics.dt == 5e-4
    assert any("the data's own step" in note for note in workload.remarks.assumed)


def test_other_data_for_a_shipped_workload_keep_its_encoding(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, np.zeros((2, 784), np.uint8))
    workload = load_workload("digitrecog-mlp", LoadOptions(data=path))
    assert (workload.stimulus.frames, workload.stimulus.steps) == (2, 32)
    assert workload.provenance.stimulus["encode"] == "rate"


def test_missing_and_misplaced_data_are_refused(net, frames, tmp_path):
    with pytest.raises(InputError, match="brings no input data; give --data FILE"):
        load_workload(net)
    nir.write_data(tmp_path / "d.nir", nir.NIRGraphData({}))
    with pytest.raises(InputError, match="holds NIR data, not a network"):
        load_workload(tmp_path / "d.nir")
    (tmp_path / "x.bin").write_bytes(b"hello")
    with pytest.raises(InputError, match="not a kind of source"):
        load_workload(tmp_path / "x.bin")
    with pytest.raises(InputError, match=r"frames\.npz: 9 samples were asked for, but the data holds 4"):
        load_workload(net, LoadOptions(data=frames, samples=9))
    with pytest.raises(InputError, match=r"frames\.npz: a sample of the data has shape \(3,\).*\(784,\)"):
        load_workload("mnist-mlp", LoadOptions(data=frames))
    with pytest.raises(InputError, match="its input is synthetic, so encode does not apply"):
        load_workload("lenet", LoadOptions(encode="rate"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dt": 0.0}, "dt must be a positive number"),
        ({"dt": float("nan")}, "dt must be a positive number"),
        ({"steps": -1}, "steps must be a positive number"),
        ({"samples": 0}, "samples must be a positive number"),
        ({"encode": "rates"}, "encode 'rates' is not known; choose one of rate, poisson"),
        ({"reset": "soft"}, "reset 'soft' is not known"),
        ({"max_rate": 1.5}, "at most 1 spike per step"),
        ({"seed": -1}, "seed must not be negative"),
        ({"clamp": -1.0}, "clamp must be"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        LoadOptions(**options)


def test_a_folder_of_the_same_name_does_not_hide_a_shipped_workload(tmp_path, monkeypatch):
    (tmp_path / "imgsmooth").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_network("imgsmooth").format == "recipe"
    with pytest.raises(InputError, match=r"neither edges\.csv"):
        load_network("./imgsmooth")


def test_a_device_is_no_network():
    with pytest.raises(InputError, match="device or pipe"):
        load_network("/dev/zero")
