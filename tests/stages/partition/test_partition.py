"""Partitioners: legal, repeatable, exact costs, never below the optimum, and the crossbars that known networks need."""

import time
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import partition as oracle
from support.partition_cases import convolution, dense, graph_of, listed, machine, random_graph, sets

from snnmap.analysis.bounds import lower_bounds
from snnmap.analysis.traffic import traffic
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.stages.partition import ALGORITHMS, FirstFit, KernighanLin
from snnmap.stages.partition import atoms as atoms_module
from snnmap.stages.partition.assignment import Task
from snnmap.stages.partition.atoms import Activity, twins
from snnmap.stages.partition.construct import constructed
from snnmap.stages.protocols import PartitionProblem, Run

BOTH = pytest.mark.parametrize("name", ["first_fit", "kernighan_lin"])
FEW = settings(deadline=None, max_examples=15)


def run(name, graph, hardware, seed=0, **options):
    may_split = options.pop("may_split", True)
    problem = PartitionProblem(graph, hardware, may_split)
    return ALGORITHMS[name](**options)(problem, Run(np.random.default_rng(seed)))


def messages(graph, clustering):
    return traffic(graph, clustering).delivered


def faults(graph, clustering, hardware):
    clusters, home = sets(graph, clustering)
    most = hardware.rows * hardware.columns if hardware.synapse_limit is None else hardware.synapse_limit
    return oracle.faults(listed(graph)[0], clusters, home, (hardware.rows, hardware.columns, most))


def recount(graph, clustering, *, unicast=False):
    synapses, spikes, active = listed(graph)
    clusters, home = sets(graph, clustering)
    return oracle.cost(set(synapses), clusters, home, spikes, active, graph.window, unicast)


def task(graph, hardware, *, unicast=False, weight=1.0, may_split=True):
    run = Run(np.random.default_rng(0))
    return Task(PartitionProblem(graph, hardware, may_split), run, unicast, weight, Activity(graph))


@BOTH
@FEW
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 6), st.floats(0.1, 0.9), st.booleans(), st.booleans())
def test_legal_and_counted_right(name, seed, rows, columns, density, limited, unicast):
    graph = random_graph(seed, density=density)
    hardware = machine(rows, columns, synapse_limit=max(2, rows * columns // 2) if limited else None)
    clustering = run(name, graph, hardware, cost="unicast" if unicast else "multicast")
    assert faults(graph, clustering, hardware) == []
    assert messages(graph, clustering) == recount(graph, clustering)
    assert clustering.clusters >= max(lower_bounds(graph.network, hardware).values())


def test_the_oracle_objects():
    synapses = [(0, 2), (1, 2), (0, 3)]
    good = [({0, 1}, {2}), ({0}, {3})]
    assert oracle.faults(synapses, good, {2: 0, 3: 1}, (2, 1, 2)) == []
    assert len(oracle.faults(synapses, good, {2: 1, 3: 1}, (2, 1, 2))) == 1  # not at home
    assert len(oracle.faults(synapses, good, {2: 0, 3: 1}, (1, 1, 1))) == 2  # rows, synapses
    split = [({0}, {2, 3}), ({1}, {2})]
    assert oracle.faults(synapses, split, {2: 0, 3: 0}, (2, 2, 2)) == []
    twice = [({0}, {2, 3}), ({0, 1}, {2})]  # (0, 2) in both
    assert len(oracle.faults(synapses, twice, {2: 0, 3: 0}, (2, 2, 2))) == 1


@FEW
@given(st.integers(0, 10**6), st.integers(2, 8), st.integers(1, 5), st.booleans(), st.sampled_from([0.0, 1.0, 20.0]))
def test_search_cost_is_the_recount_and_never_rises(seed, rows, columns, unicast, weight):
    graph, hardware = random_graph(seed), machine(rows, columns)
    todo = task(graph, hardware, unicast=unicast, weight=weight)
    start = constructed(todo, orders=1)
    first = start.cost
    refined = KernighanLin().refined(todo, start, np.random.default_rng(seed))
    from snnmap.stages.partition.assignment import clustering_of

    clustering = clustering_of(refined)
    assert refined.cost <= first
    # parts of one neuron that meet are charged the sum of their sends, hence at most below
    exact = recount(graph, clustering, unicast=unicast) + refined.limits.crossbar * clustering.clusters
    assert refined.cost == exact


@pytest.mark.parametrize("option", ["orders", "mixing", "passes", "patience", "cycles", "partners", "crossbar_weight"])
def test_options_outside_their_range_are_refused_by_name(option):
    for value in (-1, 10**10):
        with pytest.raises(InputError, match=rf"partition\.{option} = {value} is outside"):
            KernighanLin(**{option: value})
    for algorithm in (KernighanLin, FirstFit):
        with pytest.raises(InputError, match="orders = 0 is outside 1 to 5"):
            algorithm(orders=0)


@BOTH
def test_repeatable_for_a_seed(name):
    graph, hardware = random_graph(5, inputs=20, hidden=40, out=10, density=0.2), machine(12, 10)
    one, two = run(name, graph, hardware, 7), run(name, graph, hardware, 7)
    for field in ("row_ptr", "row_source", "column_ptr", "column_neuron", "home"):
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))


def tiny(seed, neurons, synapses):
    """A few inputs and recurrent neurons, every neuron heard by something."""
    rng = np.random.default_rng(seed)
    pairs = [(i, 3 + j) for i in range(3 + neurons) for j in range(neurons) if i != 3 + j]
    chosen = [pairs[k] for k in sorted(rng.choice(len(pairs), synapses, replace=False))]
    chosen += [(0, 3 + j) for j in range(neurons) if not any(p[1] == 3 + j for p in chosen)]
    return graph_of([3, neurons], chosen, spikes=rng.integers(1, 20, 3 + neurons), window=(1, 12))


@pytest.mark.parametrize("seed", range(12))
def test_never_below_the_optimum(seed):
    """Every synapse placed freely, neurons split wherever that is cheapest."""
    graph, hardware = tiny(seed, 3, 7), machine(2 + seed % 2, 1 + seed % 3)
    todo = task(graph, hardware)
    best = KernighanLin().refined(todo, constructed(todo, orders=5), np.random.default_rng(seed))
    limits = (hardware.rows, hardware.columns, hardware.rows * hardware.columns)
    optimum = oracle.cheapest(*listed(graph), graph.window, limits, best.limits.crossbar)
    assert optimum <= best.cost <= 2 * optimum


def test_near_the_optimum_where_no_neuron_is_split():
    """Seven neurons, all 877 partitions: optimal in most cases, never far off."""
    excess = []
    for seed in range(20):
        graph, hardware = tiny(seed, 7, 14), machine(6 + seed % 2, 2 + seed % 3)
        todo = task(graph, hardware, may_split=False)
        best = KernighanLin().refined(todo, constructed(todo, orders=5), np.random.default_rng(seed))
        limits = (hardware.rows, hardware.columns, hardware.rows * hardware.columns)
        optimum = oracle.cheapest_whole(*listed(graph), graph.window, limits, best.limits.crossbar)
        assert optimum <= best.cost
        excess.append(best.cost / optimum - 1)
    assert max(excess) <= 0.1
    assert np.median(excess) == 0


def test_kernighan_lin_is_no_worse_than_networkx():
    ours, theirs = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        n, first = 24, 1
        pairs = np.argwhere(np.triu(rng.random((n, n)) < 0.2, 1)) + first
        graph = graph_of([1, n], pairs, spikes=rng.integers(1, 30, n + 1))
        undirected = nx.Graph()
        undirected.add_nodes_from(range(first, n + first))
        undirected.add_weighted_edges_from((i, j, int(graph.spikes[i])) for i, j in pairs.tolist())
        cuts = [
            nx.cut_size(undirected, *nx.community.kernighan_lin_bisection(undirected, seed=s), weight="weight")
            for s in range(3)
        ]
        found = [
            run("kernighan_lin", graph, machine(64, n // 2), s, cost="unicast", crossbar_weight=100.0) for s in range(3)
        ]
        assert all(clustering.clusters == 2 for clustering in found)
        ours.append(min(recount(graph, clustering, unicast=True) for clustering in found))
        theirs.append(min(cuts))
    assert all(a <= 1.02 * b for a, b in zip(ours, theirs, strict=True))


def test_refinement_saves_on_shuffled_blocks():
    """Four groups that talk among themselves, numbered at random: the cut is nothing, and must be found."""
    rng = np.random.default_rng(3)
    group = rng.permutation(np.repeat(np.arange(4), 8))
    pairs = np.argwhere((group[:, None] == group) & ~np.eye(32, dtype=bool)) + 1
    graph = graph_of([1, 32], pairs, spikes=np.full(33, 5))
    assert messages(graph, run("kernighan_lin", graph, machine(16, 8))) == 0


@BOTH
@pytest.mark.parametrize(
    ("layers", "size", "most"), [((784, 100, 10), 128, 8), ((784, 128, 64, 10), 128, 9), ((64, 64, 10), 64, 2)]
)
def test_crossbars_of_dense_networks(name, layers, size, most):
    graph, hardware = dense(*layers), machine(size, size)
    clustering = run(name, graph, hardware)
    assert max(lower_bounds(graph.network, hardware).values()) <= clustering.clusters <= most
    clusters, _ = sets(graph, clustering)
    assert sum(len(rows) for rows, _ in clusters) <= 128 * clustering.clusters


def test_convolution_over_many_channels_is_cut_between_channels():
    graph = convolution(16, 6, 8, 3)  # 144 inputs each, 16 positions x 8 channels = 128 neurons
    hardware = machine(128, 128)
    clustering = run("kernighan_lin", graph, hardware)
    assert faults(graph, clustering, hardware) == []
    # two parts of every neuron, eight channels of 36 sources in each: 5 crossbars are the area bound of 576 rows
    assert clustering.clusters <= 8
    assert len(clustering.column_neuron) <= 128 * 8


def test_twins_share_a_list_and_collisions_do_not_mix_them(monkeypatch):
    graph = convolution(2, 4, 5, 3)
    lists = twins(graph.network)
    assert len(lists) == 4
    assert np.diff(lists.member_ptr).tolist() == [5] * 4
    monkeypatch.setattr(atoms_module, "input_hashes", lambda *a: np.zeros(graph.network.neurons, np.int64))
    lists = twins(graph.network)
    assert len(lists) == graph.network.neurons  # equal counts, equal hashes, other inputs: nobody is trusted
    for n in range(len(lists)):
        neuron = lists.member[n]
        mine = np.repeat(np.arange(graph.network.sources), np.diff(graph.network.indptr))[graph.network.post == neuron]
        np.testing.assert_array_equal(lists.source[lists.ptr[n] : lists.ptr[n + 1]], mine)


@BOTH
def test_every_neuron_has_a_home_even_without_inputs(name):
    graph, hardware = graph_of([2, 5], [(0, 2), (1, 3)]), machine(4, 2)
    clustering = run(name, graph, hardware)
    assert faults(graph, clustering, hardware) == []
    assert clustering.clusters == 3


@BOTH
def test_a_bias_takes_a_row_wherever_it_is_needed_and_sends_nothing(name):
    pairs = [(1, n) for n in range(2, 10)] + [(0, n) for n in range(2, 10)]
    graph = graph_of([1, 1, 8], pairs, kinds=["input", "bias", "neuron"], levels=[0, 0, 1], spikes=[3] * 10)
    clustering = run(name, graph, machine(2, 4))
    clusters, _ = sets(graph, clustering)
    assert all(rows == {0, 1} for rows, _ in clusters)
    assert messages(graph, clustering) == 2 * 3


@BOTH
def test_what_cannot_be_split_is_refused_with_a_remedy(name):
    graph = dense(10, 3)
    with pytest.raises(InfeasibleError, match="crossbar rows: need 10, have 8") as caught:
        run(name, graph, machine(8, 8), may_split=False)
    assert "partial_sum" in caught.value.remedy
    with pytest.raises(InfeasibleError, match="cannot add partial sums"):
        run(name, graph, machine(8, 8, merge=False))
    assert run(name, graph, machine(10, 8), may_split=False).clusters == 1
    assert run(name, graph, machine(10, 8, merge=False)).clusters == 1


def test_without_merging_nothing_is_split_voluntarily():
    graph = convolution(4, 8, 4, 3)
    for hardware, options in ((machine(40, 64, merge=False), {}), (machine(40, 64), {"may_split": False})):
        clustering = run("kernighan_lin", graph, hardware, **options)
        assert len(clustering.column_neuron) == graph.network.neurons


def test_voluntary_cuts_save_crossbars_where_messages_allow():
    """A row-bound convolution: one output position fills the rows, parts over few channels share them."""
    graph = convolution(8, 8, 4, 4, spikes=np.ones(8 * 64 + 4 * 25), window=(1, 1))
    whole = run("first_fit", graph, machine(128, 64), may_split=False)
    cut = run("first_fit", graph, machine(128, 64), crossbar_weight=1e6)
    assert cut.clusters < 0.8 * whole.clusters


@BOTH
def test_a_spent_budget_still_gives_a_legal_partition(name):
    graph, hardware = random_graph(1, hidden=30, density=0.3), machine(8, 8)
    clustering = ALGORITHMS[name]()(
        PartitionProblem(graph, hardware), Run(np.random.default_rng(0), deadline=time.monotonic() - 1)
    )
    assert faults(graph, clustering, hardware) == []


def test_progress_is_told():
    told = []
    problem = PartitionProblem(random_graph(2), machine(8, 4))
    KernighanLin()(problem, Run(np.random.default_rng(0), lambda *a: told.append(a)))
    assert all(stage == "partition" and 0 <= done <= total for stage, done, total, _ in told)
    assert told[-1][3] > 0


def test_events_make_partial_sums_exact():
    """Inputs that always fire together send one sum per step, not one per input."""
    graph = dense(12, 4, spikes=np.full(16, 5), window=(1, 20))
    from snnmap.ir import Spikes

    step, source = np.repeat(np.arange(5), 12), np.tile(np.arange(12), 5)
    events = Spikes(np.array([0, 60]), step, source, np.ones(60), 20, 1e-3)
    assert messages(graph, run("first_fit", graph, machine(6, 4))) == 12 * 5 + 4 * 20
    assert messages(replace(graph, events=events), run("first_fit", graph, machine(6, 4))) == 12 * 5 + 4 * 5
    exact = Activity(replace(graph, events=events))
    assert exact(np.arange(12), np.array([0, 4]), np.array([4, 8])).tolist() == [5, 5]
    assert Activity(graph)(np.arange(12), np.array([0, 4]), np.array([4, 8])).tolist() == [20, 20]


def test_the_default_start_tries_more_than_one_construction():
    graph, hardware = random_graph(9, inputs=30, hidden=60, out=20, density=0.15), machine(16, 16)
    todo = task(graph, hardware)
    assert constructed(todo, orders=5).cost <= constructed(todo, orders=1).cost
    assert FirstFit(orders=1) != FirstFit()
