"""Inputs that were once read wrong, each with its right value; every one stands for a kind."""

from pathlib import Path

import numpy as np
import pytest
from support.refusals import error_of

import snnmap
from snnmap.core.errors import InputError

CASES = Path(__file__).parents[1] / "data" / "cases"


def totals(network, data, **options):
    """Spikes of every population over all samples, inputs first, and the accuracy."""
    graph = snnmap.profile(CASES / network, snnmap.LoadOptions(data=data, **options))
    return [int(graph.spikes[p.first : p.stop].sum()) for p in graph.network.populations], graph


@pytest.mark.parametrize("data", ["frames_int16.npy", "frames_uint8.npy", "tonic_events.npy", "xytp_pm1.npz"])
def test_counts_are_counts_whatever_their_type_and_events_give_the_same(data):
    found, graph = totals("conv_if.nir", CASES / data, dt=1e-3, reset="value")
    assert found == [3000, 3843]
    noted = " / ".join(graph.remarks.assumed)
    assert ("polarities -1 and 1 are taken as 0 and 1" in noted) is (data == "xytp_pm1.npz")
    assert ("taken as microseconds" in noted) is ("frames" not in data)


@pytest.mark.parametrize("data", ["snntorch_leaky_f32.npz", "snntorch_leaky_uint8.npz"])
def test_snntorchs_default_leaky(data):
    found, graph = totals("snntorch_leaky.nir", CASES / data)
    assert found[-2:] == [9754, 1627]
    assert graph.accuracy == 0.9
    assert any("0 and 1 are taken as spikes" in line for line in graph.remarks.assumed)


@pytest.mark.parametrize(
    ("name", "dialect", "expected"),
    [
        ("j_if", "spikingjelly", [292]),
        ("j_lif", "spikingjelly", [167]),
        ("s_iaf", "sinabs", [40687, 10886, 1442]),
    ],
)
@pytest.mark.parametrize("stated", [False, True], ids=["guessed", "stated"])
def test_spikingjelly_and_sinabs(name, dialect, expected, stated):
    found, graph = totals(f"{name}.nir", CASES / f"{name}.npz", dialect=dialect if stated else None)
    assert found[-len(expected) :] == expected
    if name == "j_if":
        assert graph.dt == 1e-4


def test_a_leaky_neuron_of_beta_one_is_an_if(tmp_path):
    np.savez(tmp_path / "d.npz", data=np.ones((2, 5, 4), np.float32))
    _, graph = totals("snntorch_beta1.nir", tmp_path / "d.npz")
    assert [p.model for p in graph.network.populations if p.kind == "neuron"] == ["IF"]
    assert any("this is an IF" in line for line in graph.remarks.repairs)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("time_first.npz", "12 samples but 60 labels: time and batch look swapped: .* --layout TBCHW"),
        ("labels_more.npz", "10 samples but 20 labels: give one label per sample"),
    ],
)
def test_labels_that_do_not_match_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        totals("snntorch_leaky.nir", CASES / data)


def test_time_and_batch_look_swapped_without_labels_too(tmp_path):
    swapped = np.load(CASES / "time_first.npz")["data"]
    square = np.load(CASES / "snntorch_leaky_f32.npz")["data"][:12].swapaxes(0, 1)
    for name, arrays in (("none", {"data": swapped}), ("square", {"data": square, "labels": np.zeros(12, int)})):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        asked = (
            r"time and batch look swapped: .* say --layout TBCHW if the first axis is time, --layout BTCHW if it is not"
        )
        with pytest.raises(InputError, match=asked):
            totals("snntorch_leaky.nir", tmp_path / f"{name}.npz")
        found, _ = totals("snntorch_leaky.nir", tmp_path / f"{name}.npz", layout="TBCHW")
        assert found[0] == arrays["data"].sum()
    with pytest.raises(InputError, match="20 samples were asked for, but the data holds 12; lower --samples"):
        totals("snntorch_leaky.nir", tmp_path / "none.npz", samples=20)
    with pytest.raises(InputError, match=r"60 samples were asked for, .* look swapped: .* say --layout TBCHW"):
        totals("snntorch_leaky.nir", tmp_path / "none.npz", samples=60)


def test_a_declared_layout_gives_equal_results(tmp_path):
    own = np.load(CASES / "frames_BTCHW_bin_u8.npy")
    np.save(tmp_path / "TBCHW.npy", np.repeat(own, 3, axis=0).swapaxes(0, 1).astype(np.float32))
    np.save(tmp_path / "BCHWT.npy", own.transpose(0, 2, 3, 4, 1).astype(np.int64))
    np.save(tmp_path / "TWHC.npy", own[0].transpose(0, 3, 2, 1).astype(bool))
    expected, _ = totals("conv_if.nir", CASES / "frames_BTCHW_bin_u8.npy", layout="BTCHW")
    assert expected == [2825, 3664]
    for layout, samples in (("TBCHW", 3), ("BCHWT", 1), ("TWHC", 1)):
        found, graph = totals("conv_if.nir", tmp_path / f"{layout}.npy", layout=layout.lower())
        assert found == [samples * total for total in expected]
        assert not any("axes" in line for line in graph.remarks.assumed)
    right, _ = totals("snntorch_leaky.nir", CASES / "time_first.npz", layout="TBCHW", samples=10)
    assert right[0] == int(np.load(CASES / "time_first.npz")["data"][:, :10].sum())


def test_a_layout_is_refused_that_does_not_fit(tmp_path):
    for layout, message in (
        ("BTF", "layout BTF has 3 axes, but the data have 5"),
        ("BTXY", "layout 'BTXY' is not one letter per axis"),
        ("BTFC", "is not one letter per axis"),
        ("BB", "is not one letter per axis"),
        ("BT", "is not one letter per axis"),
    ):
        said = error_of(lambda layout=layout: totals("conv_if.nir", CASES / "frames_int16.npy", layout=layout))
        assert said is not None
        assert message in said
    with pytest.raises(InputError, match="the data are events"):
        totals("conv_if.nir", CASES / "tonic_events.npy", layout="BTF")
    np.save(tmp_path / "d.npy", np.load(CASES / "frames_int16.npy").transpose(0, 1, 3, 4, 2))
    with pytest.raises(InputError, match=r"\(16, 16, 2\), but .* \(2, 16, 16\): they look permuted"):
        totals("conv_if.nir", tmp_path / "d.npy")


def test_labels_outside_the_classes_are_refused(tmp_path):
    stored = dict(np.load(CASES / "snntorch_leaky_uint8.npz"))
    for label in (10, -1):
        stored["labels"][7] = label
        np.savez(tmp_path / "d.npz", **stored)
        with pytest.raises(InputError, match=f"sample 7 has label {label}, but the network has 10 outputs"):
            totals("snntorch_leaky.nir", tmp_path / "d.npz")


def test_a_git_lfs_pointer_is_told_wherever_a_file_is_read(tmp_path):
    pointer = (CASES / "lfs_pointer.net").read_bytes()
    for name, read in (
        ("net.net", snnmap.load_network),
        ("net.nir", snnmap.load_network),
        ("net.toml", snnmap.load_network),
        ("profile.npz", snnmap.profile),
        ("mapping.json", snnmap.load),
        ("chip.toml", lambda path: snnmap.load_hardware(str(path))),
    ):
        (tmp_path / name).write_bytes(pointer)
        said = error_of(lambda name=name, read=read: read(tmp_path / name))
        assert said is not None
        assert "this is a Git LFS pointer" in said
        assert "git lfs pull" in said
        assert name in said
    (tmp_path / "data.npz").write_bytes(pointer)
    with pytest.raises(InputError, match=r"data\.npz: this is a Git LFS pointer"):
        totals("conv_if.nir", tmp_path / "data.npz")


def test_a_half_written_network_names_the_node():
    with pytest.raises(InputError, match="is incomplete at node 'n2', where its writer stopped"):
        snnmap.load_network(CASES / "scalar107.nir")


def test_a_mapping_with_the_users_own_technology_verifies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("nowire.toml", "pcm-0.toml"):
        (tmp_path / name).write_bytes((CASES / name).read_bytes())
    load = snnmap.LoadOptions(data=CASES / "j_if.npz", samples=2)
    quick = (("place", "sequential"),)
    own = snnmap.CompileOptions(hardware="nowire.toml", settings=quick)
    named = snnmap.CompileOptions(hardware="pcm-mesh", technology="./pcm-0.toml", settings=quick)
    other = snnmap.CompileOptions(hardware="nowire.toml", technology="pcm-45", settings=quick)
    for name, options, technology in (("own", own, "pcm-0"), ("named", named, "pcm-0"), ("other", other, "pcm-45")):
        compiled = snnmap.compile(CASES / "j_if.nir", options, load=load)
        assert compiled.mapping.chip.technology == technology
        snnmap.save(compiled.mapping, f"{name}.json")
        assert snnmap.verify_file(Path(f"{name}.json")) == []
    assert b"technology_source" not in Path("own.json").read_bytes()
    assert snnmap.load("named.json").chip.technology_source == "./pcm-0.toml"
    Path("pcm-0.toml").write_text(Path("pcm-0.toml").read_text().replace("value = 0", "value = 9"))
    assert snnmap.verify_file(Path("own.json")) != []


def test_a_chip_in_the_place_of_a_workload_is_told():
    with pytest.raises(InputError, match=r"nowire\.toml: is a hardware file, not a workload; give it with --hw"):
        snnmap.load_network(CASES / "nowire.toml")
