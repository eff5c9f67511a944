"""Partitioners that others publish: legal, repeatable, and what each does; what is missing is said in one line."""

import sys
import time

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import partition as oracle
from support.partition_cases import convolution, dense, graph_of, listed, machine, random_graph, sets

from snnmap.analysis.traffic import traffic
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.stages.partition import ALGORITHMS, MtKahypar
from snnmap.stages.partition.kernels.pairwise import pairs_pass
from snnmap.stages.partition.legalise import legalised
from snnmap.stages.partition.vertices import clusters_for, edges_of, nets_of
from snnmap.stages.protocols import PartitionProblem, Run

NAMES = ["sequential", "overlap", "spinemap", "metis", "mtkahypar"]
ALL = pytest.mark.parametrize("name", NAMES)
FEW = settings(deadline=None, max_examples=15)


def run(name, graph, hardware, seed=0, *, may_split=True, deadline=None, **options):
    problem = PartitionProblem(graph, hardware, may_split)
    return ALGORITHMS[name](**options)(problem, Run(np.random.default_rng(seed), deadline=deadline))


def faults(graph, clustering, hardware):
    clusters, home = sets(graph, clustering)
    most = hardware.rows * hardware.columns if hardware.synapse_limit is None else hardware.synapse_limit
    return oracle.faults(listed(graph)[0], clusters, home, (hardware.rows, hardware.columns, most))


@ALL
@FEW
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 6), st.floats(0.1, 0.9), st.booleans())
def test_legal(name, seed, rows, columns, density, limited):
    graph = random_graph(seed, density=density)
    hardware = machine(rows, columns, synapse_limit=max(2, rows * columns // 2) if limited else None)
    assert faults(graph, run(name, graph, hardware, seed), hardware) == []


@ALL
def test_repeatable_for_a_seed(name):
    graph, hardware = random_graph(5, inputs=20, hidden=400, out=60, density=0.03), machine(32, 16)
    one, two = run(name, graph, hardware, 7), run(name, graph, hardware, 7)
    for field in ("row_ptr", "row_source", "column_ptr", "column_neuron", "home"):
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))


@ALL
def test_a_spent_budget_still_gives_a_legal_partition(name):
    graph, hardware = random_graph(1, hidden=30, density=0.3), machine(8, 8)
    assert faults(graph, run(name, graph, hardware, deadline=time.monotonic() - 1), hardware) == []


@ALL
def test_what_cannot_be_split_is_refused_with_a_remedy(name):
    with pytest.raises(InfeasibleError, match="crossbar rows: need 10, have 8") as caught:
        run(name, dense(10, 3), machine(8, 8), may_split=False)
    assert "partial_sum" in caught.value.remedy


def blocks(count, size, seed):
    """Groups that talk among themselves only, numbered at random."""
    group = np.random.default_rng(seed).permutation(np.repeat(np.arange(count), size))
    pairs = np.argwhere((group[:, None] == group) & ~np.eye(count * size, dtype=bool)) + 1
    return graph_of([1, count * size], pairs, spikes=np.full(count * size + 1, 5))


@pytest.mark.parametrize("name", ["overlap", "metis", "mtkahypar"])
def test_planted_blocks_are_found(name):
    graph = blocks(20, 8, 3)
    clustering = run(name, graph, machine(16, 8), **({"spare": 0.0} if name in {"metis", "mtkahypar"} else {}))
    assert clustering.clusters == 20
    assert traffic(graph, clustering).delivered == 0


@pytest.mark.parametrize(("package", "name", "extra"), [("pymetis", "metis", "metis"), ("mtkahypar",) * 3])
def test_a_missing_package_is_said_with_the_command(monkeypatch, package, name, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"'{name}' needs the package {package}: pip install 'snnmap\[{extra}\]'"):
        run(name, random_graph(0), machine(8, 8))


def test_a_preset_whose_answers_do_not_repeat_is_refused():
    with pytest.raises(InputError, match="repeats no preset 'default'; deterministic or deterministic_quality"):
        MtKahypar("default")(PartitionProblem(random_graph(0), machine(8, 8)), Run(np.random.default_rng(0)))


def test_edges_and_nets():
    pairs = [(0, 3), (0, 4), (1, 3), (1, 4), (2, 2), (2, 3), (2, 4), (3, 2)]
    graph = graph_of([1, 1, 3], pairs, kinds=["input", "bias", "neuron"], levels=[0, 0, 1], spikes=[7, 9, 2, 0, 5])
    edges = edges_of(graph)
    assert [a.tolist() for a in edges] == [[0, 2, 3, 4], [1, 2, 0, 0], [2, 2, 2, 2]]
    nets = nets_of(graph)
    assert [a.tolist() for a in nets] == [[0, 2, 5, 7], [1, 2, 0, 1, 2, 0, 1], [7, 2, 1]]
    assert [clusters_for(n, 128, 0.024) for n in (1, 128, 129, 2048, 20_133)] == [1, 1, 2, 16, 162]


def cut(edges, part):
    source = np.repeat(np.arange(len(part)), np.diff(edges.indptr))
    return int(edges.weight[part[source] != part[edges.neighbour]].sum()) // 2


@FEW
@given(st.integers(0, 10**6))
def test_exchanges_save_what_they_say(seed):
    graph = random_graph(seed, hidden=20, density=0.2)
    edges, neurons = edges_of(graph), graph.network.neurons
    part, slot = np.divmod(np.arange(neurons), 7)
    seat = np.full((-(-neurons // 7), 7), -1)
    seat.ravel()[:neurons] = np.arange(neurons)
    before = cut(edges, part)
    pairs = np.argwhere(np.triu(np.ones((len(seat), len(seat))), 1))
    saved = pairs_pass(*edges, seat, part, slot, pairs, 7)
    assert before - cut(edges, part) == saved >= 0
    assert np.array_equal(seat[part, slot], np.arange(neurons))


def test_exchanges_of_two_clusters_are_as_good_as_networkx():
    ours, theirs = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        pairs = np.argwhere(np.triu(rng.random((24, 24)) < 0.2, 1)) + 1
        graph = graph_of([1, 24], pairs, spikes=rng.integers(1, 30, 25))
        edges = edges_of(graph)
        part, slot = np.divmod(np.arange(24), 12)
        seat = np.arange(24).reshape(2, 12)
        while pairs_pass(*edges, seat, part, slot, np.array([[0, 1]]), 12):
            pass
        ours.append(cut(edges, part))
        undirected = nx.Graph()
        undirected.add_nodes_from(range(1, 25))
        undirected.add_weighted_edges_from((i, j, int(graph.spikes[i])) for i, j in pairs.tolist())
        halves = nx.community.kernighan_lin_bisection(undirected, seed=0)
        theirs.append(nx.cut_size(undirected, *halves, weight="weight"))
    assert sum(ours) <= 1.02 * sum(theirs)


def test_groups_that_fit_are_kept_and_others_broken_up_among_themselves():
    graph = graph_of([6, 6], [(i, 6 + i) for i in range(6)], spikes=np.ones(12))
    asked = PartitionProblem(graph, machine(2, 2))
    kept = legalised(asked, Run(np.random.default_rng(0)), np.array([0, 2, 1, 1, 2, 0]))
    assert sorted(sorted(c) for _, c in sets(graph, kept)[0]) == [[6, 11], [7, 10], [8, 9]]
    broken = legalised(asked, Run(np.random.default_rng(0)), np.array([0, 0, 1, 1, 0, 0]))
    assert sorted(c for _, c in sets(graph, broken)[0] if 8 in c) == [{8, 9}]
    assert broken.clusters == 3


def test_a_group_of_too_many_rows_is_filled_by_affinity():
    """Eight neurons of two kinds, mixed in one group: neurons that share inputs share a crossbar."""
    pairs = [(4 * (n % 2) + i, 8 + n) for n in range(8) for i in range(4)]
    graph = graph_of([8, 8], pairs, spikes=np.ones(16))
    clustering = legalised(PartitionProblem(graph, machine(4, 4)), Run(np.random.default_rng(0)), np.zeros(8, int))
    assert sorted(sorted(c) for _, c in sets(graph, clustering)[0]) == [[8, 10, 12, 14], [9, 11, 13, 15]]


def test_neurons_in_order_fill_one_crossbar_after_the_other():
    graph = graph_of([6, 6], [(i, 6 + i) for i in range(6)], spikes=np.ones(12))
    clustering = run("sequential", graph, machine(2, 4))
    assert [sorted(c) for _, c in sets(graph, clustering)[0]] == [[6, 7], [8, 9], [10, 11]]


def test_overlap_counts_inputs_and_no_spikes():
    pairs = [(0, 6), (1, 6), (2, 6), (3, 6), (0, 7), (1, 7), (2, 7), (3, 8), (4, 8), (5, 8), (4, 9), (5, 9)]
    graph = graph_of([6, 4], pairs, spikes=[1, 1, 1, 500, 1, 1, 1, 1, 1, 1])
    clustering = run("overlap", graph, machine(6, 2))
    assert [sorted(c) for _, c in sets(graph, clustering)[0]] == [[6, 7], [8, 9]]


def test_overlap_keeps_positions_of_a_convolution_together():
    graph, hardware = convolution(1, 8, 8, 3), machine(32, 32)
    overlap, order = run("overlap", graph, hardware), run("sequential", graph, hardware)
    assert len(overlap.row_source) < len(order.row_source)
    assert overlap.clusters <= order.clusters
