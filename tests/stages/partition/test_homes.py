"""Balanced homes: legal, never a busier cluster than before, and optimal on small cases nearly always."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support import small_workload

import snnmap
from snnmap.core.arrays import offsets
from snnmap.ir import Clustering, Network, Population, SpikeGraph
from snnmap.stages.partition.homes import balanced_homes


def case(columns, neurons, homes):
    """Graph and clustering with the given neurons as columns of each cluster."""
    populations = (
        Population("in", "input", "input", 0, (1,), 0),
        Population("n", "neuron", "recorded", 1, (neurons,), 1),
    )
    network = Network(populations, offsets([0] * (neurons + 1)), [], [], np.ones(2), (1,))
    none = np.zeros(neurons + 1, np.int64)
    graph = SpikeGraph(network, none, none, none, none, 1, 1, 1e-3, None, None)
    flat = [1 + n for cluster in columns for n in cluster]
    empty = np.zeros(len(columns) + 1, np.int64)
    return graph, Clustering(empty, [], offsets([len(c) for c in columns]), flat, homes)


def greatest_load(columns, neurons, homes):
    """Neurons to update plus partial sums to merge, in the busiest cluster."""
    load = [0] * len(columns)
    for n in range(neurons):
        load[homes[n]] += sum(n in cluster for cluster in columns)
    return max(load)


@st.composite
def splits(draw):
    clusters, neurons = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    where = [draw(st.sets(st.integers(0, clusters - 1), min_size=1)) for _ in range(neurons)]
    homes = [draw(st.sampled_from(sorted(own))) for own in where]
    return [[n for n in range(neurons) if k in where[n]] for k in range(clusters)], neurons, homes, where


@settings(deadline=None, max_examples=150)
@given(splits())
def test_legal_and_never_busier_than_before(drawn):
    columns, neurons, homes, where = drawn
    graph, clustering = case(columns, neurons, homes)
    found = balanced_homes(graph, clustering)
    assert found.dtype == np.int32
    assert all(int(found[n]) in where[n] for n in range(neurons))
    before, after = (greatest_load(columns, neurons, h) for h in (homes, found))
    best = min(greatest_load(columns, neurons, h) for h in product(*where))
    assert best <= after <= before
    assert after <= 2 * best


def test_work_is_shared_out():
    """Six neurons split over the same three clusters, all at home in the first: two each."""
    columns = [list(range(6))] * 3
    graph, clustering = case(columns, 6, [0] * 6)
    assert sorted(balanced_homes(graph, clustering).tolist()) == [0, 0, 1, 1, 2, 2]


def test_unsplit_neurons_count_and_stay():
    """The second cluster updates two neurons of its own, so the split one goes to the first."""
    graph, clustering = case([[0], [0, 1, 2]], 3, [1, 1, 1])
    assert balanced_homes(graph, clustering).tolist() == [0, 1, 1]


def test_homes_are_kept_where_the_rule_would_lose():
    """Largest first gives a load of 5; these homes have 4."""
    columns, homes = [[0, 1, 2, 4], [0, 2, 3, 4], [0, 1, 2]], [1, 0, 2, 1, 0]
    graph, clustering = case(columns, 5, homes)
    assert balanced_homes(graph, clustering).tolist() == homes
    graph, clustering = case(columns, 5, [0, 0, 0, 1, 0])
    assert greatest_load(columns, 5, balanced_homes(graph, clustering)) == 5


def test_throughput_objective_balances_and_stays_legal(chip):
    graph = snnmap.profile(small_workload.workload())
    found = {
        name: snnmap.compile(graph, snnmap.CompileOptions(hardware=str(chip), objective=name, seed=3)).mapping
        for name in ("default", "throughput")
    }
    merges = {}
    for name, mapping in found.items():
        c = mapping.clustering
        parts = np.bincount(c.column_neuron - graph.network.externals)
        merges[name] = np.bincount(c.home, weights=parts, minlength=c.clusters).max()
    assert merges["throughput"] <= merges["default"]
    same = replace(found["default"].clustering, home=found["throughput"].clustering.home)
    assert np.array_equal(same.column_neuron, found["throughput"].clustering.column_neuron)
    partial_columns = [mapping.figures["partial_columns"] for mapping in found.values()]
    assert partial_columns[0] == partial_columns[1]
