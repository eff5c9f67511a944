"""Traffic and partial sums against spike-by-spike and step-by-step counts."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import messages
from support.random_graphs import FIRST, FRAMES, INPUTS, STEPS, random_clustering, random_graph

from snnmap.analysis import traffic as traffics
from snnmap.analysis.traffic import partial_messages, traffic
from snnmap.ir import Clustering, Network, Population, SpikeGraph, Spikes, Traffic


def as_groups(t: Traffic):
    """Counter of (kind, sender, targets); fails if a group occurs twice."""
    ends = t.target_ptr
    keys = [
        (int(t.kind[g]), int(t.sender[g]), tuple(int(k) for k in t.target[ends[g] : ends[g + 1]]))
        for g in range(len(t.sender))
    ]
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys, key=lambda key: (key[0], key[1], len(key[2]), key[2]))
    return Counter(dict(zip(keys, t.messages.tolist(), strict=True)))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_traffic_equals_spike_by_spike_count(seed):
    rng = np.random.default_rng(seed)
    graph, synapses, emits = random_graph(rng)
    record, clusters, home = random_clustering(rng, synapses)
    biases = set(range(INPUTS, FIRST))
    sums = messages.partial_sums(synapses, clusters, home, emits, biases)
    spikes = dict(enumerate(graph.spikes.tolist()))
    expected = messages.spike_groups(clusters, home, spikes, biases) + messages.partial_groups(sums, home)
    found = as_groups(traffic(graph, record))
    assert +found == expected
    assert all(sender not in targets for _, sender, targets in found)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_partial_messages_are_exact_with_events_and_a_bound_without(seed):
    rng = np.random.default_rng(seed)
    graph, synapses, emits = random_graph(rng)
    record, clusters, home = random_clustering(rng, synapses)
    biases = set(range(INPUTS, FIRST))
    sums = messages.partial_sums(synapses, clusters, home, emits, biases)
    cluster = np.repeat(np.arange(record.clusters), np.diff(record.column_ptr))
    sent = partial_messages(graph, record)
    counted = [sums.get((k, n), 0) for k, n in zip(cluster.tolist(), record.column_neuron.tolist(), strict=True)]
    assert sent.tolist() == counted
    silent = SpikeGraph(**{f: getattr(graph, f) for f in SpikeGraph.__dataclass_fields__ if f != "events"}, events=None)
    bound = partial_messages(silent, record)
    for entry, (k, n) in enumerate(zip(cluster.tolist(), record.column_neuron.tolist(), strict=True)):
        inputs = messages.own_inputs(synapses, clusters[k][0], n, biases) if home[n] != k else set()
        assert bound[entry] == min(FRAMES * STEPS, sum(len(emits[s]) for s in inputs))
    assert np.all(bound >= sent)


def test_twin_columns_share_a_count_and_different_ones_do_not():
    """Columns with inputs {0, 3} and {1, 2} have equal length and sum; {0, 3} twice are twins."""
    populations = (
        Population("in", "input", "input", 0, (4,), 0),
        Population("n", "neuron", "recorded", 4, (3,), 1),
    )
    post = [4, 6, 5, 5, 4, 6]
    network = Network(populations, [0, 2, 3, 4, 6, 6, 6, 6], post, np.ones(6), np.ones(2), (1,))
    events = Spikes([0, 4], [0, 1, 1, 3], [0, 1, 2, 3], np.ones(4), steps=4, dt=1e-3)
    active = [1, 1, 1, 1, 0, 0, 0]
    graph = SpikeGraph(network, active, active, active, active, 1, 4, 1e-3, events, None)
    clustering = Clustering([0, 4, 4], [0, 1, 2, 3], [0, 3, 6], [4, 5, 6, 4, 5, 6], [1, 1, 1])
    assert partial_messages(graph, clustering).tolist() == [2, 1, 2, 0, 0, 0]
    found = as_groups(traffic(graph, clustering))
    assert found == Counter({(1, -1, (0,)): 4, (2, 0, (1,)): 5})


def test_traffic_of_one_cluster_without_inputs_is_empty():
    populations = (Population("n", "neuron", "recorded", 0, (2,), 1),)
    network = Network(populations, [0, 1, 2], [1, 0], np.ones(2), np.ones(1), (0,))
    graph = SpikeGraph(network, [3, 4], [3, 4], [1, 1], [3, 4], 1, 9, 1e-3, None, None)
    moved = traffic(graph, Clustering([0, 2], [0, 1], [0, 2], [0, 1], [0, 0]))
    assert len(moved.sender) == 0
    assert moved.delivered == 0


def test_twins_stand_together_however_few_inputs_are_added_up_at_a_time(monkeypatch):
    rng = np.random.default_rng(4)
    lists = [np.sort(rng.choice(50, size, replace=False)) for size in (3, 0, 7, 1, 12, 3, 0, 2)] * 2
    indptr = np.concatenate([[0], np.cumsum([len(part) for part in lists])])
    source = np.concatenate(lists).astype(np.int32)
    order = traffics._twins_together(indptr, source)
    sizes = [(len(part), int(part.sum()), int((part.astype(np.int64) ** 2).sum())) for part in lists]
    assert order.tolist() == sorted(range(len(lists)), key=lambda column: sizes[column])
    for block in (1, 5, 29):
        monkeypatch.setattr(traffics, "BLOCK", block)
        assert traffics._twins_together(indptr, source).tolist() == order.tolist()
