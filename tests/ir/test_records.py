"""Records: read-only, checked where it would fail far away, named in words; the cluster graph of a mapping."""

from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import numpy as np
import pytest
from support import small_workload

from snnmap import ir
from snnmap.core.errors import InputError
from snnmap.ir import Network, Population, Report, Spikes, Traffic, Violation
from snnmap.pipeline.compile import Compiled

RECORDS = [r for r in vars(ir).values() if is_dataclass(r) and r.__module__.startswith("snnmap.ir.")]


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
def test_every_record_is_frozen_and_slotted(record: type) -> None:
    assert record.__dataclass_params__.frozen
    assert "__slots__" in vars(record)
    assert record.__doc__


def test_arrays_of_records_are_read_only(compiled: Compiled) -> None:
    mapping, graph = compiled.mapping, compiled.graph
    for record in (graph.network, graph, graph.events, mapping.clustering, mapping.placement, mapping.wiring):
        arrays = [getattr(record, f.name) for f in fields(record)]
        for array in (a for a in arrays if isinstance(a, np.ndarray)):
            with pytest.raises(ValueError, match="read-only"):
                array[:1] = 0
    with pytest.raises(FrozenInstanceError):
        mapping.figures = {}


def test_network_counts_its_parts() -> None:
    network = small_workload.network()
    assert (network.sources, network.externals, network.neurons) == (42, 21, 21)
    assert network.synapses == len(network.post) == network.indptr[-1]
    assert network.population_of().tolist() == np.repeat(range(5), [20, 1, 12, 6, 3]).tolist()
    assert network.level_of().tolist() == np.repeat([0, 0, 1, 2, 3], [20, 1, 12, 6, 3]).tolist()
    assert np.flatnonzero(network.is_bias()).tolist() == [20]


IF = {"r": np.ones(1), "v_threshold": np.ones(1), "v_reset": np.zeros(1)}
IN = Population("in", "input", "input", 0, (1,), 0)
OUT = Population("out", "neuron", "IF", 1, (1,), 1, IF)
GOOD = {
    "populations": (IN, OUT),
    "indptr": [0, 1, 1],
    "post": [1],
    "weight": [1.0],
    "grid": [1.0, 1.0],
    "outputs": (1,),
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"populations": (IN, replace(OUT, first=2))}, "'out' is out of order"),
        ({"populations": (replace(IN, level=2), OUT)}, "'out' is out of order"),
        ({"populations": (replace(OUT, first=0), replace(IN, first=1, level=1))}, "'in' comes after a neuron"),
        ({"populations": (IN, replace(OUT, parameters={"r": np.ones(1)}))}, "lacks v_threshold, v_reset"),
        ({"indptr": [0, 1]}, "do not match"),
        ({"indptr": [0, 1, 2]}, "do not match"),
        ({"weight": [1.0, 2.0]}, "do not match"),
        ({"grid": [1.0]}, "one weight grid per population"),
        ({"post": [0]}, "not a neuron"),
        ({"post": [2]}, "not a neuron"),
    ],
)
def test_networks_that_contradict_themselves_are_refused(change: dict, words: str) -> None:
    assert Network(**GOOD).synapses == 1
    with pytest.raises(InputError, match=words):
        Network(**{**GOOD, **change})


def test_network_digest_sees_everything() -> None:
    network = Network(**GOOD)
    others = (
        {"weight": [2.0]},
        {"grid": [1.0, 0.5]},
        {"outputs": (0,)},
        {"populations": (IN, replace(OUT, name="other"))},
        {"populations": (IN, replace(OUT, parameters={**IF, "r": np.full(1, 2.0)}))},
    )
    digests = {network.digest(), *(Network(**{**GOOD, **change}).digest() for change in others)}
    assert len(digests) == 1 + len(others)
    assert network.digest() == Network(**GOOD).digest()


EVENTS = {"frame": [0, 1, 2], "step": [0, 3], "source": [0, 0], "value": [1, 1], "steps": 4, "dt": 1e-3}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frame": [0, 1]}, "do not match"),
        ({"frame": []}, "do not match"),
        ({"source": [0]}, "do not match"),
        ({"value": [1]}, "do not match"),
        ({"step": [0, 4]}, "outside the 4 steps"),
        ({"step": [-1, 0]}, "outside the 4 steps"),
    ],
)
def test_events_that_do_not_match_are_refused(change: dict, words: str) -> None:
    assert Spikes(**EVENTS).frame_of_event().tolist() == [0, 1]
    with pytest.raises(InputError, match=words):
        Spikes(**{**EVENTS, **change})


def test_spike_graph_checks_its_lengths_and_names_its_content(compiled: Compiled) -> None:
    graph = compiled.graph
    assert graph.window == graph.frames * graph.steps
    for name in ("spikes", "worst_frame", "worst_step", "active_steps"):
        with pytest.raises(InputError, match=name):
            replace(graph, **{name: getattr(graph, name)[1:]})
        assert replace(graph, **{name: getattr(graph, name) + 1}).digest() != graph.digest()
    assert replace(graph, frames=graph.frames + 1).digest() != graph.digest()
    assert replace(graph, provenance={}, events=None).digest() == graph.digest()


def test_delivered_messages_count_every_target() -> None:
    traffic = Traffic([0, -1], [0, 2, 3], [1, 2, 0], [5, 7], [0, 1])
    assert traffic.delivered == 5 * 2 + 7


def test_words_of_a_violation_and_a_report() -> None:
    assert str(Violation("tile", "cluster 3", "tile 9", "the chip has 4")) == "tile: cluster 3: tile 9; the chip has 4"
    report = Report((ir.Metric("hops", 3, ""),), {})
    assert report["hops"] == 3
    with pytest.raises(KeyError):
        report["jumps"]


def test_cluster_graph(compiled: Compiled) -> None:
    mapping = compiled.mapping
    graph = mapping.to_networkx()
    clustering = mapping.clustering
    assert set(graph) == {*range(clustering.clusters), "input"}
    for k in range(clustering.clusters):
        rows, columns = (int(ptr[k + 1] - ptr[k]) for ptr in (clustering.row_ptr, clustering.column_ptr))
        assert graph.nodes[k] == {"tile": int(mapping.placement.tile[k]), "rows": rows, "columns": columns}
    total = {"spikes": 0, "inputs": 0, "partial_sums": 0}
    for sender, receiver, facts in graph.edges(data=True):
        assert sender != receiver
        assert (facts["kind"] == "inputs") == (sender == "input")
        total[facts["kind"]] += facts["messages"]
    assert total == {kind: mapping.figures[f"messages_{kind}"] for kind in total}
    assert graph.name == "small"
