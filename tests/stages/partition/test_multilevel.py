"""Levels keep assignments and their costs; pairs, V-cycles and bisection are exact, legal and find what was planted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import partition as oracle
from support.hypergraphs import cut, drawn
from support.partition_cases import graph_of, listed, machine, random_graph, sets

from snnmap.stages.partition import KernighanLin, kernighan_lin
from snnmap.stages.partition.assignment import Built, Task, assigned, atoms_for, clustering_of, filled, natural
from snnmap.stages.partition.atoms import Activity, problem, twins
from snnmap.stages.partition.bisect import bisected
from snnmap.stages.partition.bisect import cut as between_parts
from snnmap.stages.partition.kernels.between import refine_pairs
from snnmap.stages.partition.kernels.hypergraph import matched, merged, numbered, parted
from snnmap.stages.partition.kernels.state import cost
from snnmap.stages.partition.multilevel import cycled, levels_of, projected
from snnmap.stages.partition.pairs import Effort, paired, work_for
from snnmap.stages.partition.split import candidates, chunks
from snnmap.stages.partition.starts import free_start, within
from snnmap.stages.protocols import PartitionProblem, Run

FEW = settings(deadline=None, max_examples=25)
WIDE = {"inputs": 12, "hidden": 30, "out": 12, "density": 0.15}


def start_of(seed, rows=8, columns=6, *, unicast=False, grain=3):
    """A poor first assignment with cut input lists: next fit in a random order."""
    graph, hardware = random_graph(seed, **WIDE), machine(rows, columns)
    task = Task(PartitionProblem(graph, hardware), Run(np.random.default_rng(seed)), unicast, 1.0, Activity(graph))
    lists = twins(graph.network)
    cuts = chunks(lists, rows)
    limits = task.limits(7)
    atoms = problem(graph, lists, cuts, task.activity, grain, limits.synapses)
    order = np.random.default_rng(seed).permutation(natural(atoms))
    return task, assigned(atoms, limits, filled(atoms, limits, order))


def checked(task, built):
    """The assignment is legal and costs what the oracle counts."""
    clustering = clustering_of(built)
    clusters, home = sets(task.graph, clustering)
    synapses, spikes, active = listed(task.graph)
    hardware = task.hardware
    assert (
        oracle.faults(synapses, clusters, home, (hardware.rows, hardware.columns, hardware.rows * hardware.columns))
        == []
    )
    exact = oracle.cost(set(synapses), clusters, home, spikes, active, task.graph.window, task.unicast)
    assert built.cost == exact + built.limits.crossbar * clustering.clusters


@FEW
@given(st.integers(0, 10**6), st.integers(3, 9), st.integers(2, 7), st.booleans())
def test_pairs_are_legal_and_exact_and_never_dearer(seed, rows, columns, unicast):
    task, start = start_of(seed, rows, columns, unicast=unicast)
    before = start.cost
    built = paired(task, start, Effort(), np.random.default_rng(0))
    assert built.cost <= before
    checked(task, built)


@FEW
@given(st.integers(0, 10**6), st.integers(3, 9), st.integers(2, 7), st.booleans())
def test_what_pairs_say_they_save_is_saved(seed, rows, columns, unicast):
    _, start = start_of(seed, rows, columns, unicast=unicast)
    state, before = start.state, start.cost
    clusters = np.flatnonzero(state.head >= 0)
    search = Effort().search
    saved = refine_pairs(start.atoms, state, start.limits, start.scratch(), work_for(start), search, clusters)
    emptied = len(clusters) - np.count_nonzero(state.head >= 0)
    after = int(cost(start.atoms, state, start.limits))
    assert before - after == saved + start.limits.crossbar * emptied


def test_pairs_save_much_of_a_poor_start():
    saved = []
    for seed in range(20):
        task, start = start_of(seed, 40, 12)
        before = start.cost - start.limits.crossbar * np.count_nonzero(start.state.head >= 0)
        built = paired(task, start, Effort(), np.random.default_rng(0))
        saved.append(1 - (built.cost - built.limits.crossbar * np.count_nonzero(built.state.head >= 0)) / before)
    assert np.median(saved) > 0.05


@FEW
@given(st.integers(0, 10**6), st.integers(2, 7))
def test_levels_keep_clusters_and_costs(seed, widest):
    task, start = start_of(seed, 12, 7, grain=1)
    levels, coarse = levels_of(start, np.random.default_rng(seed), widest)
    assert coarse.cost == start.cost == int(cost(coarse.atoms, coarse.state, coarse.limits))
    assert np.diff(coarse.atoms.member_ptr).max() <= max(widest, np.diff(start.atoms.member_ptr).max())
    for level in levels[::-1]:
        coarse = projected(level, coarse)
        assert coarse.cost == start.cost
    np.testing.assert_array_equal(coarse.state.cluster, start.state.cluster)
    np.testing.assert_array_equal(coarse.state.home, start.state.home)
    checked(task, coarse)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_whole_lists_are_merged_beside_cut_ones(seed):
    _, start = start_of(seed, 13, 20, grain=1)
    levels, coarse = levels_of(start, np.random.default_rng(seed), 6)
    atoms = coarse.atoms
    assert levels
    assert np.any(np.diff(atoms.atom_ptr) > 1)
    assert coarse.cost == start.cost
    rows = [atoms.row[a:b].tolist() for a, b in zip(atoms.row_ptr, atoms.row_ptr[1:])]  # noqa: B905
    assert all(own == sorted(set(own)) for own in rows)


@FEW
@given(st.integers(0, 10**6), st.integers(5, 40), st.integers(4, 12), st.booleans())
def test_v_cycles_are_legal_and_never_dearer(seed, rows, columns, unicast):
    task, start = start_of(seed, rows, columns, unicast=unicast, grain=1)
    before = start.cost
    built = cycled(task, start, Effort(rounds=2), np.random.default_rng(seed))
    assert built.cost <= before
    checked(task, built)


@pytest.mark.parametrize("seed", range(8))
def test_nets_within_groups_and_merged_vertices(seed):
    graph, rng = drawn(seed, vertices=12, nets=15), np.random.default_rng(seed)
    group = rng.integers(0, 3, 12)
    nets = [(set(graph.pin[a:b].tolist()), int(w)) for a, b, w in zip(graph.net_ptr, graph.net_ptr[1:], graph.weight)]  # noqa: B905
    apart = parted(graph, group, 3)
    expected = [({v for v in net if group[v] == g}, w) for net, w in nets for g in range(3)]
    found = [(set(apart.pin[a:b].tolist()), int(w)) for a, b, w in zip(apart.net_ptr, apart.net_ptr[1:], apart.weight)]  # noqa: B905
    assert sorted((sorted(n), w) for n, w in found) == sorted((sorted(n), w) for n, w in expected if len(n) > 1)
    label = matched(apart, rng.permutation(12), 4)
    into, count = numbered(label)
    for vertex in np.unique(label):
        both = np.flatnonzero(label == vertex)
        assert len(both) <= 2
        assert len(set(group[both])) == 1
        assert len(both) == 1 or graph.width[both].sum() <= 4
    small = merged(graph, into, count)
    kept = [({int(into[v]) for v in net}, w) for net, w in nets]
    found = [(set(small.pin[a:b].tolist()), int(w)) for a, b, w in zip(small.net_ptr, small.net_ptr[1:], small.weight)]  # noqa: B905
    assert found == [(n, w) for n, w in kept if len(n) > 1]
    np.testing.assert_array_equal(small.width, np.bincount(into, graph.width))


@pytest.mark.parametrize("seed", range(5))
def test_bisection_fills_parts_and_counts_its_cuts(seed):
    graph = drawn(seed, vertices=400, nets=900, widest=2)
    columns = 20
    parts = int(np.ceil(1.05 * graph.width.sum() / columns))
    part = bisected(graph, parts, columns, np.random.default_rng(seed))
    np.testing.assert_array_equal(part, bisected(graph, parts, columns, np.random.default_rng(seed)))
    load = np.bincount(part, graph.width, minlength=parts)
    assert len(load) == parts
    assert load.max() <= columns + 2
    nets = [len(set(part[graph.pin[a:b]].tolist())) for a, b in zip(graph.net_ptr, graph.net_ptr[1:])]  # noqa: B905
    assert between_parts(graph, part) == sum((n - 1) * int(w) for n, w in zip(nets, graph.weight, strict=True))
    shuffled = np.random.default_rng(seed).permutation(part)
    assert between_parts(graph, part) < 0.8 * between_parts(graph, shuffled)
    assert np.bincount(within(part, graph.width, columns), graph.width).max() <= columns


def test_two_parts_cost_their_cut():
    graph = drawn(3)
    side = np.arange(len(graph.width)) % 2
    assert between_parts(graph, side) == cut(graph, side)


def test_parts_that_are_too_full_give_their_narrowest_to_the_first_with_room():
    width = np.array([4, 1, 2, 3, 3])
    assert within(np.array([0, 0, 0, 1, 2]), width, 6).tolist() == [0, 1, 0, 1, 2]
    assert np.bincount(within(np.zeros(5, np.int64), width, 5), width).max() <= 5


def planted(blocks, size, seed):
    """Recurrent blocks, each dense within, numbered at random."""
    rng = np.random.default_rng(seed)
    name = rng.permutation(blocks * size)
    pairs = [
        (1 + name[b * size + i], 1 + name[b * size + j])
        for b in range(blocks)
        for i in range(size)
        for j in range(size)
    ]
    return graph_of([1, blocks * size], pairs)


@pytest.mark.parametrize("blocks", [7, 40])
def test_planted_blocks_are_found_without_rows_to_mind(blocks):
    graph, hardware = planted(blocks, 8, 1), machine(10_000, 8)
    found = KernighanLin()(PartitionProblem(graph, hardware), Run(np.random.default_rng(0)))
    assert found.clusters == blocks
    clusters, home = sets(graph, found)
    synapses, spikes, active = listed(graph)
    assert oracle.cost(set(synapses), clusters, home, spikes, active, graph.window, False) == 0


def test_only_where_rows_cannot_run_short():
    graph = random_graph(1, **WIDE)
    for rows, unicast, free in ((1000, False, True), (12, False, False), (1000, True, False)):
        run = Run(np.random.default_rng(0))
        task = Task(PartitionProblem(graph, machine(rows, 6)), run, unicast, 1.0, Activity(graph))
        lists = twins(graph.network)
        _, cuts = next(candidates(lists, rows, graph.network.sources, may_split=True))
        assert isinstance(free_start(task, lists, cuts, task.limits(3), atoms_for(task, lists, cuts)), Built) == free


@pytest.mark.parametrize(("size", "done"), [(30, False), (6, True)])
def test_pairs_and_cycles_are_left_to_networks_of_more_than_a_few_clusters(size, done, monkeypatch):
    """Their kernels are much of what a first run waits for."""
    called = []
    for name in ("paired", "cycled"):
        own = getattr(kernighan_lin, name)
        monkeypatch.setattr(kernighan_lin, name, lambda *a, own=own, name=name: called.append(name) or own(*a))
    graph = random_graph(3, **WIDE)
    found = KernighanLin()(PartitionProblem(graph, machine(size, size)), Run(np.random.default_rng(0)))
    assert (found.clusters > kernighan_lin.FEW) == done
    assert set(called) == ({"paired", "cycled"} if done else set())
