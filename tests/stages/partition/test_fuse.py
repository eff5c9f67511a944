"""Two layers in one crossbar: who is paired, that orders hold everybody, and what a convolution with its pool saves."""

import numpy as np
import pytest
from oracles import partition as oracle
from support.partition_cases import convolution, graph_of, listed, machine, sets

from snnmap.analysis.traffic import traffic
from snnmap.stages.partition import KernighanLin
from snnmap.stages.partition.assignment import Task, clustering_of
from snnmap.stages.partition.atoms import Activity, problem, twins
from snnmap.stages.partition.construct import by_windows, choose_cuts
from snnmap.stages.partition.fuse import orders, pairs
from snnmap.stages.partition.grids import grids
from snnmap.stages.partition.split import populations, whole
from snnmap.stages.protocols import PartitionProblem, Run


def pooled(channels=1, side=10, outputs=12, kernel=3, field=2):
    """A convolution of valid positions, and a pool over each of its maps."""
    first = convolution(channels, side, outputs, kernel).network
    out = side - kernel + 1
    half = out // field
    inputs = channels * side * side
    pre = np.repeat(np.arange(first.sources), np.diff(first.indptr))
    c, y, x, dy, dx = np.indices((outputs, half, half, field, field)).reshape(5, -1)
    heard = inputs + (c * out + y * field + dy) * out + x * field + dx
    pool = inputs + outputs * out * out + (c * half + y) * half + x
    edges = np.concatenate([np.stack([pre, first.post], 1), np.stack([heard, pool], 1)])
    return graph_of([(channels, side, side), (outputs, out, out), (outputs, half, half)], edges)


def found(graph):
    lists = twins(graph.network)
    groups = populations(lists)
    longest = {p: int(lists.fan_in[own].max()) for p, own in groups.items()}
    return lists, groups, {p: grids(graph.network, lists.only(own)) for p, own in groups.items()}, longest


def test_a_pool_is_paired_with_what_it_hears_if_neither_is_cut():
    graph = pooled()
    _, _, laid, longest = found(graph)
    assert pairs(graph.network, laid, longest, 9) == [(1, 2)]
    assert pairs(graph.network, laid, longest, 8) == []
    assert pairs(graph.network, {**laid, 1: []}, longest, 9) == []
    graph = convolution(2, 6, 3, 3)  # hears inputs, which take no column
    _, _, laid, longest = found(graph)
    assert pairs(graph.network, laid, longest, 99) == []


def test_orders_hold_every_atom_once_and_keep_both_layers_in_step():
    graph = pooled()
    lists, groups, laid, _ = found(graph)
    both = lists.only(groups[1]).beside(lists.only(groups[2]))
    np.testing.assert_array_equal(both.source, lists.source)
    np.testing.assert_array_equal(both.member, lists.member)
    task = Task(PartitionProblem(graph, machine(32, 32)), Run(np.random.default_rng(0)), False, 1.0, Activity(graph))
    atoms = problem(graph, both, whole(both), task.activity, 4, 1024)
    late = atoms.member[atoms.member_ptr[:-1]] >= graph.network.populations[2].first
    tried = list(orders(graph.network, (1, 2), (laid[1][0].at.shape, laid[2][0].at.shape), atoms))
    assert len(tried) > 10
    for order in tried:
        assert sorted(order.tolist()) == list(range(len(late)))
        ahead = np.cumsum(late[order]) / late.sum() - np.cumsum(~late[order]) / (~late).sum()
        assert np.abs(ahead).max() < 0.3  # a region at most
    assert len({tuple(order) for order in tried}) > 5


@pytest.mark.parametrize("columns", [64, 96])
def test_a_convolution_and_its_pool_share_crossbars(columns):
    """64 positions of 12 neurons need 8 to 12 crossbars for their columns, their 192 pools as many for their rows."""
    graph, hardware = pooled(), machine(columns, columns)
    task = Task(PartitionProblem(graph, hardware), Run(np.random.default_rng(0)), False, 1.0, Activity(graph))
    lists = twins(graph.network)
    cuts, worth = choose_cuts(task, lists)
    clustering = clustering_of(by_windows(task, lists, cuts, task.limits(worth)))
    clusters, home = sets(graph, clustering)
    assert oracle.faults(listed(graph)[0], clusters, home, (columns, columns, columns**2)) == []
    apart = 2 * 64 * 12 // columns
    assert clustering.clusters < 0.8 * apart
    heard = int(graph.spikes[100 : 100 + 64 * 12].sum())
    inputs = sum(int(graph.spikes[[r for r in rows if r < 100]].sum()) for rows, _ in clusters)
    assert traffic(graph, clustering).delivered - inputs < 0.5 * heard  # most of what the pool hears stays
    refined = KernighanLin()(PartitionProblem(graph, hardware), Run(np.random.default_rng(0)))
    assert refined.clusters <= clustering.clusters
