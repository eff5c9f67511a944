"""Recorded activity: layouts, renumbering into levels, counts, and what is refused."""

from itertools import permutations

import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.refusals import error_of

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.frontend import LoadOptions, load_network, load_workload
from snnmap.frontend.recorded.activity import read_activity, recorded_levels
from snnmap.ir import SpikeGraph

EDGES = "pre,post,weight\n0,10,1.5\n1,10,2\n10,11,0.5\n11,10,-1\n11,20,3\n"
SPIKES = "neuron,t_ms\n0,0.2\n0,0.7\n1,3\n10,1.5\n11,2\n20,4.9\n99,1\n"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "rec"
    place.mkdir()
    (place / "edges.csv").write_text(EDGES)
    (place / "spikes.csv").write_text(SPIKES)
    return place


def test_a_folder_becomes_a_graph(folder):
    graph = read_activity(folder, LoadOptions(dt=1e-3))
    assert [(p.name, p.kind, p.model, p.size, p.level) for p in graph.network.populations] == [
        ("inputs", "input", "input", 2, 0),
        ("level1", "neuron", "recorded", 2, 1),
        ("level2", "neuron", "recorded", 1, 2),
    ]
    assert graph.spikes.tolist() == [2, 1, 1, 1, 1]
    assert graph.worst_step.tolist() == [2, 1, 1, 1, 1]
    assert graph.active_steps.tolist() == [1, 1, 1, 1, 1]
    assert (graph.frames, graph.steps, graph.dt) == (1, 5, 1e-3)
    assert graph.network.post.tolist() == [2, 2, 3, 2, 4]
    assert graph.network.weight.tolist() == [1.5, 2, 0.5, -1, 3]
    assert graph.network.outputs == (2,)
    assert graph.provenance.recorded_ids == ((0, 2), (10, 2), (20, 1))
    assert any("1 spikes come from neurons without synapses" in note for note in graph.remarks.assumed)


def test_every_layout_gives_the_same_graph(folder, tmp_path):
    expected = read_activity(folder, LoadOptions(dt=1e-3, steps=6)).digest()
    pair = load_workload(folder / "edges.csv", LoadOptions(dt=1e-3, steps=6))
    npz = tmp_path / "rec.npz"
    np.savez(
        npz,
        pre=[0, 1, 10, 11, 11],
        post=[10, 10, 11, 10, 20],
        weight=[1.5, 2, 0.5, -1, 3],
        spike_ids=[0, 0, 1, 10, 11, 20],
        spike_times=np.array([0.2, 0.7, 3, 1.5, 2, 4.9]) * 1e-3,
        dt=1e-3,
        duration=6e-3,
    )
    assert isinstance(pair, SpikeGraph)
    assert pair.digest() == expected
    assert load_workload(npz).digest() == expected
    assert load_workload(npz).remarks.assumed == ()


def test_spinemap_text(tmp_path):
    (tmp_path / "connections.txt").write_text("0 2 3\n1 2\n\n2 3\n")
    (tmp_path / "spikes.txt").write_text("0 0 5\n1\n2 1 1 9\n3 2\n")
    graph = read_activity(tmp_path, LoadOptions(dt=1e-3))
    assert graph.spikes.tolist() == [2, 0, 3, 1]
    assert graph.worst_step.tolist() == [1, 0, 2, 1]
    assert graph.steps == 10
    assert any("milliseconds" in note for note in graph.remarks.assumed)


def test_frames_and_steps(tmp_path):
    np.savez(
        tmp_path / "r.npz", pre=[0, 0], post=[1, 2], id=[0, 0, 1, 0], step=[3, 4, 0, 0], frame=[0, 0, 1, 1], steps=8
    )
    graph = read_activity(tmp_path / "r.npz", LoadOptions(dt=1e-3))
    assert (graph.frames, graph.steps) == (2, 8)
    assert graph.spikes.tolist() == [3, 1, 0]
    assert graph.worst_frame.tolist() == [2, 1, 0]
    cut = read_activity(tmp_path / "r.npz", LoadOptions(dt=1e-3, steps=4))
    assert cut.spikes.tolist() == [2, 1, 0]
    assert any("1 spikes come after the last step" in note for note in cut.remarks.assumed)


def test_nir_data_beside_an_edge_list(folder):
    (folder / "spikes.csv").unlink()
    events = nir.EventData(np.array([[0, 20, -1]]), np.array([[1e-3, 2e-3, np.inf]]), 21, 0.005)
    nir.write_data(folder / "spikes.nir", nir.NIRGraphData({"all": nir.NIRNodeData({"spikes": events})}))
    graph = read_activity(folder, LoadOptions(dt=1e-3))
    assert graph.spikes.tolist() == [1, 0, 0, 0, 1]
    assert graph.steps == 5


def test_doubled_synapses_add_and_are_noted(folder):
    (folder / "edges.csv").write_text("pre,post,weight\n0,1,1\n0,1,2\n")
    (folder / "spikes.csv").write_text("neuron,step\n0,1\n")
    graph = read_activity(folder, LoadOptions(dt=1e-3))
    assert graph.network.weight.tolist() == [3.0]
    assert any("more than once" in note for note in graph.remarks.assumed)


def longest_paths(n, edges):
    """Levels by brute force: contract mutually reachable neurons, then relax n times."""
    reach = np.eye(n, dtype=bool)
    for _ in range(n):
        for a, b in edges:
            reach[a] |= reach[b]
    same = reach & reach.T
    level = [int(any(b == k for _, b in edges)) for k in range(n)]
    level = [max(level[j] for j in np.flatnonzero(same[k])) for k in range(n)]
    for _ in range(n + 1):
        for a, b in edges:
            if not same[a, b]:
                for j in np.flatnonzero(same[b]):
                    level[j] = max(level[j], level[a] + 1)
    return level


@pytest.mark.parametrize("ids", list(permutations(range(3))))
def test_a_level_is_the_longest_path_whatever_the_order(ids):
    own, free, last = ids  # one fires by itself, one is an input
    pre, post = np.array([own, own, free]), np.array([own, last, last])
    level = recorded_levels(pre, post, 3)
    assert (level[own], level[free], level[last]) == (1, 0, 2)


@settings(deadline=None, max_examples=80)
@given(n=st.integers(1, 7), data=st.data())
def test_levels_are_longest_paths_between_strong_components(n, data):
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges = data.draw(st.lists(pair, min_size=1, max_size=14))
    pre, post = (np.array(side, np.int64) for side in zip(*edges, strict=True))
    assert recorded_levels(pre, post, n).tolist() == longest_paths(n, edges)


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_any_recording_keeps_every_synapse_and_spike(data, tmp_path_factory):
    ids = data.draw(st.lists(st.integers(0, 1000), min_size=2, max_size=8, unique=True))
    member = st.sampled_from(ids)
    edges = data.draw(st.lists(st.tuples(member, member), min_size=1, max_size=12, unique=True))
    fired = data.draw(st.lists(st.tuples(member, st.integers(0, 9)), max_size=20))
    path = tmp_path_factory.mktemp("a") / "r.npz"
    pre, post = (np.array(side) for side in zip(*edges, strict=True))
    who, when = (np.array([s[k] for s in fired], np.int64) for k in (0, 1))
    weight = np.arange(1, len(edges) + 1)
    np.savez(path, pre=pre, post=post, weight=weight, id=who, step=when)
    graph = read_activity(path, LoadOptions(dt=1e-3, steps=10))
    recorded = np.concatenate([np.arange(start, start + n) for start, n in graph.provenance.recorded_ids])
    network = graph.network
    rows = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    found = {(recorded[a], recorded[b]): w for a, b, w in zip(rows, network.post, network.weight, strict=True)}
    assert found == {edge: float(w) for edge, w in zip(edges, weight, strict=True)}
    assert sorted(recorded) == sorted(set(pre) | set(post))
    assert dict(zip(recorded, graph.spikes, strict=True)) == {k: int((who == k).sum()) for k in recorded}


@pytest.mark.parametrize(
    ("edges", "spikes", "message"),
    [
        ("pre,pst\n0,1\n", SPIKES, "need a column post"),
        ("pre,post\n0,x\n", SPIKES, "not a table of numbers"),
        ("pre,post\n0,1,2\n", SPIKES, "3 columns, but the first line names 2"),
        ("pre,post\n-1,1\n", SPIKES, "negative numbers"),
        ("pre,post\n0.5,1\n", SPIKES, "whole numbers"),
        ("", SPIKES, "the file is empty"),
        (EDGES, "neuron\n1\n", "need a column step or"),
        (EDGES, "t\n1\n", "need a column spike_ids or neuron"),
        (EDGES, "neuron,t\n1,-2\n", "negative times"),
        (EDGES, "neuron,t\n1,1e9\n", "check the unit"),
        (EDGES, "neuron,t\n1,1e20\n", "check the unit"),
        (EDGES, "neuron,t,frame\n1,1,4000000\n", "number the frames"),
    ],
)
def test_bad_tables_are_refused(folder, edges, spikes, message):
    (folder / "edges.csv").write_text(edges)
    (folder / "spikes.csv").write_text(spikes)
    with pytest.raises(InputError, match=message) as caught:
        load_workload(folder)
    assert "rec" in str(caught.value)


def test_an_empty_edge_list_cannot_be_mapped(folder):
    (folder / "edges.csv").write_text("pre,post\n")
    (folder / "spikes.csv").write_text(SPIKES)
    with pytest.raises(InfeasibleError, match="synapses: need 1, have 0"):
        load_workload(folder)


def test_missing_files_are_refused(tmp_path, folder):
    with pytest.raises(InputError, match=r"neither edges\.csv"):
        load_workload(tmp_path)
    (folder / "spikes.csv").unlink()
    with pytest.raises(InputError, match=r"no spikes beside edges\.csv"):
        load_workload(folder)
    np.savez(tmp_path / "x.npz", a=[1])
    with pytest.raises(InputError, match="needs arrays pre and post"):
        load_workload(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", pre=[1], post=[2], i=[1], t=[5])
    with pytest.raises(InputError, match="have no unit"):
        load_workload(tmp_path / "x.npz")


@pytest.mark.parametrize("text", ["a b\n", "1.5 2\n", "1 -2\n", "\n", "1 nan\n"])
def test_bad_text_is_refused(tmp_path, text):
    (tmp_path / "connections.txt").write_text(text)
    (tmp_path / "spikes.txt").write_text("1 2\n")
    with pytest.raises(InputError, match=r"connections\.txt"):
        load_workload(tmp_path)


@settings(deadline=None, max_examples=80)
@given(name=st.sampled_from(["edges.csv", "spikes.csv"]), at=st.integers(0, 80), value=st.integers(0, 255))
def test_damaged_tables_give_one_error_or_a_graph(name, at, value, tmp_path_factory):
    place = tmp_path_factory.mktemp("rec")
    for file, text in (("edges.csv", EDGES), ("spikes.csv", SPIKES)):
        content = bytearray(text.encode())
        if file == name:
            content[min(at, len(content) - 1)] = value
        (place / file).write_bytes(content)
    message = error_of(lambda: read_activity(place, LoadOptions(dt=1e-3)))
    assert message is None or str(place) in message


@settings(deadline=None, max_examples=80)
@given(edges=st.binary(max_size=30), spikes=st.text("0123456789. -e\nx", max_size=30))
def test_any_text_gives_one_error_or_a_graph(edges, spikes, tmp_path_factory):
    place = tmp_path_factory.mktemp("rec")
    (place / "connections.txt").write_bytes(edges if len(edges) % 2 else b"0 1 2\n1 2\n")
    (place / "spikes.txt").write_text(spikes)
    message = error_of(lambda: read_activity(place, LoadOptions(dt=1e-3)))
    assert message is None or str(place) in message or "edge list is empty" in message


def test_a_weight_that_no_32_bit_number_holds_is_refused(folder):
    (folder / "edges.csv").write_text("pre,post,weight\n0,1,1\n0,2,1e308\n")
    with pytest.raises(InputError, match=r"edges.csv: values beyond 1e\+30 in the weights; rescale them"):
        load_workload(folder)


def test_the_network_of_a_recording_can_be_inspected(folder):
    read = load_network(folder)
    assert (read.name, read.format, read.network.synapses) == ("rec", "activity", 5)
    with pytest.raises(InputError, match="leave out --data"):
        load_workload(folder, LoadOptions(data=folder / "spikes.csv"))
    with pytest.raises(InputError, match="--reset, --samples would change nothing: recorded activity is not simulated"):
        load_workload(folder, LoadOptions(dt=1e-3, steps=20, samples=3, reset="zero"))


def if_layer(n):
    return nir.IF(r=np.ones(n), v_threshold=np.ones(n), v_reset=np.zeros(n))


def test_nir_data_of_every_population_need_no_simulation(tmp_path):
    nodes = {
        "input": nir.Input({"input": np.array([2])}),
        "w": nir.Affine(np.ones((3, 2)), np.ones(3)),
        "lif": if_layer(3),
        "output": nir.Output({"output": np.array([3])}),
    }
    net = tmp_path / "net.nir"
    nir.write(net, nir.NIRGraph(nodes, [("input", "w"), ("w", "lif"), ("lif", "output")]))
    rng = np.random.default_rng(0)
    spikes = {"input": rng.random((2, 7, 2)) < 0.5, "lif": rng.random((2, 7, 3)) < 0.3}

    def data(**named):
        path = tmp_path / "data.nir"
        recorded = {k: nir.NIRNodeData({"spikes": nir.TimeGriddedData(v, 1e-3)}) for k, v in named.items()}
        nir.write_data(path, nir.NIRGraphData(recorded))
        return path

    graph = load_workload(net, LoadOptions(data=data(**spikes)))
    assert isinstance(graph, SpikeGraph)
    assert [p.model for p in graph.network.populations] == ["input", "bias", "recorded"]
    expected = [*spikes["input"].sum((0, 1)), 14, *spikes["lif"].sum((0, 1))]
    assert graph.spikes.tolist() == expected
    assert (graph.frames, graph.steps, graph.dt) == (2, 7, 1e-3)
    assert "nothing is simulated" in graph.remarks.assumed[0]
    only = load_workload(net, LoadOptions(data=data(input=spikes["input"])))
    assert not isinstance(only, SpikeGraph)
    assert only.stimulus.steps == 7
    with pytest.raises(InputError, match="data of 'lif'"):
        load_workload(net, LoadOptions(data=data(input=spikes["input"], lif=spikes["lif"][:, :, :2])))
