"""Traffic, partial sums, tree hops and link loads against spike-by-spike and step-by-step counts."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import hops, messages
from support.machines import mesh
from support.random_graphs import FIRST, FRAMES, INPUTS, STEPS, random_clustering, random_graph

from snnmap.analysis.routes import link_loads, tree_hops
from snnmap.analysis.traffic import partial_messages, traffic
from snnmap.ir import Clustering, Network, Placement, Population, SpikeGraph, Spikes, Traffic


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
    told = partial_messages(graph, record)
    counted = [sums.get((k, n), 0) for k, n in zip(cluster.tolist(), record.column_neuron.tolist(), strict=True)]
    assert told.tolist() == counted
    silent = SpikeGraph(**{f: getattr(graph, f) for f in SpikeGraph.__dataclass_fields__ if f != "events"}, events=None)
    bound = partial_messages(silent, record)
    for entry, (k, n) in enumerate(zip(cluster.tolist(), record.column_neuron.tolist(), strict=True)):
        inputs = messages.own_inputs(synapses, clusters[k][0], n, biases) if home[n] != k else set()
        assert bound[entry] == min(FRAMES * STEPS, sum(len(emits[s]) for s in inputs))
    assert np.all(bound >= told)


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


def random_traffic(rng, clusters, groups):
    """Random groups as a `Traffic` and as (sender, targets, messages)."""
    plain = []
    for _ in range(groups):
        sender = int(rng.integers(-1, clusters))
        others = [k for k in range(clusters) if k != sender]
        size = int(rng.integers(1, len(others) + 1))
        targets = sorted(int(k) for k in rng.choice(others, size, replace=False))
        plain.append((sender, targets, int(rng.integers(0, 50))))
    ptr = np.cumsum([0] + [len(t) for _, t, _ in plain])
    flat = [k for _, t, _ in plain for k in t]
    kind = [1 if s < 0 else 0 for s, _, _ in plain]
    return Traffic([s for s, _, _ in plain], ptr, flat, [m for *_, m in plain], kind), plain


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 6), height=st.integers(1, 6), shared=st.booleans())
def test_tree_hops_and_link_loads_equal_walked_paths(seed, width, height, shared):
    rng = np.random.default_rng(seed)
    tiles = width * height
    clusters = int(rng.integers(2, tiles + 2)) if shared else max(2, int(rng.integers(1, tiles + 1)))
    tile = rng.integers(0, tiles, clusters) if shared or clusters > tiles else rng.permutation(tiles)[:clusters]
    port = (int(rng.integers(0, width)), int(rng.integers(0, height)))
    moved, plain = random_traffic(rng, clusters, 12)
    where = [(int(t) % width, int(t) // width) for t in tile]
    streams = [(port if s < 0 else where[s], [where[k] for k in t], m) for s, t, m in plain]
    placement, machine = Placement(tile), mesh(width, height, port=port)
    assert tree_hops(moved, placement, machine).tolist() == [len(hops.tree(s, e)) for s, e, _ in streams]
    for multicast in (True, False):
        found = link_loads(moved, placement, machine, multicast=multicast)
        expected = hops.loads(streams, width, multicast=multicast)
        counted = {(t, d): int(found[t, d]) for t in range(tiles) for d in range(4) if found[t, d]}
        assert counted == +expected


def test_a_single_target_is_as_far_as_breadth_first_search_says():
    machine = mesh(5, 4, port=(3, 1))
    distance = hops.shortest((3, 1), 5, 4)
    for tile in range(20):
        moved = Traffic([-1], [0, 1], [0], [1], [1])
        assert tree_hops(moved, Placement([tile]), machine).tolist() == [distance[tile % 5, tile // 5]]


@pytest.mark.parametrize(
    ("targets", "links"),
    [([(2, 2)], 0), ([(4, 2), (4, 4), (4, 0)], 6), ([(3, 3), (2, 3)], 3), ([(0, 1), (0, 2), (0, 4)], 5)],
)
def test_hand_counted_trees_from_the_centre_of_a_5x5_mesh(targets, links):
    tile = [2 * 5 + 2] + [y * 5 + x for x, y in targets]
    moved = Traffic([0], [0, len(targets)], np.arange(1, len(targets) + 1), [1], [0])
    assert tree_hops(moved, Placement(tile), mesh(5, 5)).tolist() == [links]


def test_link_loads_add_up_to_messages_times_hops():
    rng = np.random.default_rng(3)
    moved, _ = random_traffic(rng, 30, 60)
    placement, machine = Placement(rng.permutation(49)[:30]), mesh(7, 7, port=(6, 0))
    total = int(np.sum(tree_hops(moved, placement, machine) * moved.messages))
    assert int(link_loads(moved, placement, machine).sum()) == total
    by_tile = defaultdict(int)
    for tile, row in enumerate(link_loads(moved, placement, machine)):
        by_tile[tile % 7 == 6] += int(row[0])
    assert by_tile[True] == 0, "no link leaves the mesh to the east"
