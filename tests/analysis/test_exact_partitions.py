"""Exact partitions of tiny networks: what is proved by hand, by enumeration, and that no bound and no search beats."""

import numpy as np
import pytest
from oracles import partition as sets_oracle
from support.partition_cases import dense, graph_of, listed, machine, sets
from support.tiny import proved, tiny_partition

from snnmap.analysis.bounds import lower_bounds, messages_at_least


def test_the_oracle_by_hand():
    graph = dense(4, 2, spikes=[3, 3, 3, 3, 0, 0], window=(1, 5))
    assert proved(graph, machine(4, 2), (1, 0), 3) == 1
    assert proved(graph, machine(4, 2), (0, 1), 3) == 4 * 3
    assert proved(graph, machine(2, 2), (1, 0), 3) == 2
    assert proved(graph, machine(2, 2), (0, 1), 3) == 4 * 3 + 2 * 5  # six active inputs' steps of five: two full sums
    assert proved(graph, machine(4, 1), (0, 1), 3) == 2 * 4 * 3
    assert proved(graph, machine(4, 2), (7, 1), 3) == 7 + 4 * 3
    assert proved(graph, machine(1, 1), (1, 0), 3) is None  # eight crossbars


@pytest.mark.parametrize("seed", range(3))
def test_the_oracle_is_the_enumeration(seed):
    rng = np.random.default_rng(seed)
    pairs = [(i, 2 + j) for i in range(4) for j in range(2) if i != 2 + j]
    chosen = [pairs[k] for k in sorted(rng.choice(len(pairs), 5, replace=False))]
    graph = graph_of([2, 2], [*chosen, (0, 2), (0, 3)], spikes=rng.integers(1, 20, 4), window=(1, 12))
    limits = (2, 1 + seed % 2, 4)
    everything = sets_oracle.cheapest(*listed(graph), graph.window, limits, 10)
    assert proved(graph, machine(*limits[:2]), (10, 1), 6) == everything


@pytest.mark.parametrize("seed", range(1, 12))
def test_no_bound_is_above_the_optimum_and_no_partition_below(seed):
    found, clustering, graph, hardware = tiny_partition(seed)
    clusters, home = sets(graph, clustering)
    limits = (hardware.rows, hardware.columns, hardware.rows * hardware.columns)
    assert sets_oracle.faults(listed(graph)[0], clusters, home, limits) == []
    crossbars = proved(graph, hardware, (1, 0), clustering.clusters)
    assert max(lower_bounds(graph.network, hardware).values()) <= crossbars
    best = proved(graph, hardware, (found.limits.crossbar, 1), clustering.clusters + 1)
    assert best <= found.cost <= 1.15 * best
    assert messages_at_least(graph, hardware) <= proved(graph, hardware, (0, 1), clustering.clusters + 1)
