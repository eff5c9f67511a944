"""A network goes into a file and comes back the same; what is no network is refused by name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.networks.npz import HEADER, is_network, read_network
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.networks.save import save_network
from snnmap.ir import Dynamics, Network
from snnmap.simulate.profile import profile
from snnmap.transform.quantise import quantise
from snnmap.transform.unroll import unroll


def uneven(network: Network) -> Network:
    """The network with a threshold of its own for every neuron."""
    populations = tuple(
        replace(p, parameters={**p.parameters, "v_threshold": np.arange(p.size) + 1.5}) if p.kind == "neuron" else p
        for p in network.populations
    )
    return replace(network, populations=populations)


NETWORKS = {
    "uneven": uneven(small_workload.network()),
    "plain": small_workload.network(),
    "4 bits": quantise(small_workload.network(), "mse", 15).network,
    "1 bit": quantise(small_workload.network(), "mse", 2).network,
    "16 levels": quantise(small_workload.network(), "max", 16).network,
    "unrolled": unroll(small_workload.network(), 9),
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_network(NETWORKS["4 bits"], tmp_path / "n.npz")
    return tmp_path / "n.npz"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_the_same(name: str, tmp_path: Path) -> None:
    network, path = NETWORKS[name], tmp_path / "n.npz"
    save_network(network, path)
    read = snnmap.load_network(path)
    assert read.format == "network"
    assert read.network.digest() == network.digest()
    assert [(p.levels, p.step, p.level) for p in read.network.populations] == [
        (p.levels, p.step, p.level) for p in network.populations
    ]
    first = path.read_bytes()
    save_network(network, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["braille-rsnn", "mnist-mlp"])
def test_a_shipped_network_is_stepped_as_before(name: str, tmp_path: Path) -> None:
    read = snnmap.load_network(name)
    save_network(read, tmp_path / "n.npz")
    again = read_network(tmp_path / "n.npz")
    assert (again.name, dict(again.hints), dict(again.why)) == (read.name, dict(read.hints), dict(read.why))
    assert again.network.digest() == read.network.digest()


def test_every_command_takes_it(saved: Path, tmp_path: Path) -> None:
    spikes = np.random.default_rng(1).random((2, 10, 20)) < 0.4
    graph = snnmap.profile(saved, snnmap.LoadOptions(dt=1e-3), data=spikes.astype(np.uint8), layout="BTF")
    assert graph.network.digest() == NETWORKS["4 bits"].digest()
    assert graph.provenance.format == "network"
    assert snnmap.check(saved)["fits"]
    assert snnmap.inspect(saved)["neurons"] == 21
    np.savez(tmp_path / "data.npz", spikes=spikes.astype(np.uint8))
    load = snnmap.LoadOptions(data=tmp_path / "data.npz", dt=1e-3)
    snnmap.save(snnmap.compile(saved, load=load).mapping, tmp_path / "m.json")
    assert snnmap.verify_file(tmp_path / "m.json") == []


def test_convert_rounds_on_the_way(tmp_path: Path) -> None:
    made = snnmap.convert("braille-rsnn", tmp_path / "b.npz", snnmap.LoadOptions(quantise="max", bits=8))
    assert [row["levels"] for row in made.remarks.told()["quantised"]] == [255, 255]
    again = snnmap.load_network(tmp_path / "b.npz").network
    assert again.digest() == made.read.network.digest()
    assert [p.levels for p in again.populations if p.kind == "neuron"] == [255, 255]
    with pytest.raises(InputError, match="convert: --data, --dt would change nothing"):
        snnmap.convert("braille-rsnn", tmp_path / "b.npz", snnmap.LoadOptions(data="x.npz", dt=1e-3))


def test_by_hand_with_bits_of_any_type_of_integer(tmp_path: Path) -> None:
    """What the docstring says is enough to write one."""
    header = {
        "format": "snnmap-network",
        "version": 1,
        "name": "mine",
        "populations": [
            {"name": "in", "kind": "input", "model": "input", "shape": [2], "level": 0},
            {"name": "n", "kind": "neuron", "model": "IF", "shape": [2], "level": 1},
        ],
        "outputs": [1],
    }
    np.savez(
        tmp_path / "mine.npz",
        indptr=np.array([0, 2, 4, 4, 4]),
        post=np.array([2, 3, 2, 3]),
        weight_int=np.array([1, -1, -1, 1], np.int8),
        weight=np.zeros(0, np.float32),
        bits=np.array([0, 1], np.uint8),
        scale=np.array([1.0, 0.5]),
        grid=np.full(2, 2.0**-20),
        parameter_1_r=np.ones(1),
        parameter_1_v_threshold=np.array([1.0, 2.0]),
        parameter_1_v_reset=np.zeros(1),
        **{HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)},
    )
    network = snnmap.load_network(tmp_path / "mine.npz").network
    assert network.weight.tolist() == [0.5, -0.5, -0.5, 0.5]
    assert network.populations[1].levels == 2
    stimulus = replace(small_workload.stimulus(), frame=[0, 1], step=[0], source=[0], value=[1.0])
    workload = snnmap.Workload("mine", network, stimulus, None, Dynamics())
    assert profile(workload).frames == 1


def changed(path: Path, **change: object) -> Path:
    """The archive with members in the place of others; None leaves one out, a dict changes the header."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    for name, value in change.items():
        if name == HEADER:
            header = json.loads(arrays[HEADER].tobytes())
            header.update(value)  # type: ignore[call-overload]
            arrays[HEADER] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        elif value is None:
            del arrays[name]
        elif callable(value):
            arrays[name] = value(arrays[name].copy())
        else:
            arrays[name] = np.asarray(value)
    np.savez(path, **arrays)
    return path


def put(at: int, value: float):
    def changed_there(array: np.ndarray) -> np.ndarray:
        array = array.astype(np.result_type(array, type(value)))
        array[at] = value
        return array

    return changed_there


def populations(**change: object) -> list[dict]:
    described = [
        {"name": p.name, "kind": p.kind, "model": p.model, "shape": list(p.shape), "level": p.level}
        for p in NETWORKS["4 bits"].populations
    ]
    described[2] |= change
    return described


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight_int": put(3, 8)}, r"from 'input'\[0\] to 'first'\[\d+\] is 8 times the step .* 15 levels up to 7"),
        ({"weight_int": put(3, 1.5)}, "weight_int is an array of float64"),
        ({"weight_int": lambda a: a[:-1]}, "weight_int is an array of int16 of shape .*, not of .* integers"),
        ({"bits": [0, 0, 9, 4, 4]}, "bits are 1 to 8, or 0 for numbers, not 9"),
        ({"bits": [0, 0, -1, 4, 4]}, "bits are 1 to 8, or 0 for numbers, not -1"),
        ({"bits": [0, 0, 3, 4, 4]}, "none of its 7 levels up to 3"),
        ({"bits": None}, "it lacks 'levels'"),
        ({"bits": None, "levels": [0, 0, 257, 15, 15]}, "has 257 levels"),
        ({"scale": put(2, np.nan)}, "a step of nan"),
        ({"scale": put(2, 0.0)}, "a step of 0.0"),
        ({"scale": [1.0]}, "scale is an array"),
        ({"grid": put(2, np.nan)}, "a grid is no power of two"),
        ({"grid": put(2, 3.0)}, "a grid is no power of two"),
        ({"grid": put(2, 2.0**40)}, "a weight is not on its grid"),
        ({"post": put(0, 10**6)}, "post names a source beyond"),
        ({"post": put(0, -1)}, "post names a source beyond"),
        ({"post": put(0, 0)}, "weight_int is an array of int16 of shape .*, not of 394 integers"),
        ({"indptr": put(1, 10**6)}, "indptr does not lead through the synapses"),
        ({"indptr": put(0, 1)}, "indptr does not lead through the synapses"),
        ({"parameter_2_tau": None}, "it lacks 'parameter_2_tau'"),
        ({"parameter_2_tau": [0.0]}, "tau of 'first' must be positive"),
        ({"parameter_2_tau": [np.nan]}, "tau of 'first' is not finite"),
        ({"parameter_2_tau": np.ones(5)}, "tau of 'first' has 5 values for 12 sources"),
        ({"extra": [1]}, "it holds an unknown member extra"),
        ({HEADER: {"version": 2}}, "version 2; this snnmap reads snnmap-network, 1"),
        ({HEADER: {"format": "other"}}, "it is 'other'"),
        ({HEADER: {"outputs": [9]}}, "an output is no population of neurons"),
        ({HEADER: {"new": 1}}, "unknown field `new`"),
        ({HEADER: {"populations": []}}, "array|lead|lacks"),
        ({HEADER: {"populations": populations(model="LIFE")}}, "'first' is a 'LIFE'"),
        ({HEADER: {"populations": populations(shape=[-12])}}, r"of shape \(-12,\)"),
        ({HEADER: {"populations": populations(shape=[2**40])}}, "of shape"),
        ({HEADER: {"populations": populations(level=0)}}, "is at level 0"),
        ({HEADER: {"populations": populations(name="out")}}, "two populations have one name"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused(saved: Path, change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        snnmap.load_network(changed(saved, **change))
    assert str(refused.value).startswith(f"{saved}: not a usable network: ")
    assert "\n" not in str(refused.value)


def test_unchanged_it_is_read(saved: Path) -> None:
    assert snnmap.load_network(changed(saved)).network.digest() == NETWORKS["4 bits"].digest()


def test_a_number_weight_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    save_network(NETWORKS["plain"], tmp_path / "n.npz")
    for value in (np.nan, 1e39):
        with pytest.raises(InputError, match=r"not on its grid|no single-precision number"):
            snnmap.load_network(changed(tmp_path / "n.npz", weight=put(0, value)))


def test_pickles_and_other_archives_are_no_networks(tmp_path: Path, saved: Path) -> None:
    np.savez(tmp_path / "o.npz", **{HEADER: np.array([{}], object)}, allow_pickle=True)
    with pytest.raises(InputError, match="damaged or pickled"):
        snnmap.load_network(tmp_path / "o.npz")
    np.savez(tmp_path / "a.npz", pre=np.zeros(1, int), post=np.ones(1, int))
    assert not is_network(tmp_path / "a.npz")
    (tmp_path / "t.npz").write_bytes(saved.read_bytes()[:-40])
    assert not is_network(tmp_path / "t.npz")
    with pytest.raises(InputError, match=r"t\.npz"):
        snnmap.load_network(tmp_path / "t.npz")


def test_a_network_needs_a_name_of_a_known_ending(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in \.npz"):
        save_network(NETWORKS["plain"], tmp_path / "n.txt")
    assert isinstance(NETWORKS["plain"], Network)


def test_how_a_network_is_fed_is_kept_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    plain = Imported("n", "network", NETWORKS["plain"], "")
    save_network(replace(plain, stimulus={"steps": 7, "encode": "latency"}), path)
    assert snnmap.load_network(path).stimulus == {"steps": 7, "encode": "latency"}
    for wrong, said in (({"steps": 0}, "steps must be a positive number"), ({"encode": "loud"}, "encode 'loud'")):
        save_network(replace(plain, stimulus=wrong), path)
        with pytest.raises(InputError, match=f"not a usable network: {said}"):
            read_network(path)
    save_network(plain, path)
    assert snnmap.load_network(path).stimulus == {}
