"""Rows traded between crossbars: legal, evener, no hotter, no message more, and nobody goes where it may not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.partition_cases import dense, graph_of, machine, random_graph, recorded

from snnmap.analysis.traffic import traffic
from snnmap.core.arrays import offsets
from snnmap.ir import Clustering
from snnmap.legality.rules import clustering_violations
from snnmap.stages.partition import EvenRows, KernighanLin
from snnmap.stages.partition.even_rows import evened
from snnmap.stages.partition.kernels.trade import trade
from snnmap.stages.partition.seats import table_of
from snnmap.stages.protocols import PartitionProblem, Run


def heats(graph, clustering, lines):
    """Heat of every line of every crossbar, spikes x cells, counted synapse by synapse (K, R)."""
    found = np.zeros((clustering.clusters, lines))
    network = graph.network
    for k in range(clustering.clusters):
        columns = set(clustering.column_neuron[clustering.columns_of(k)].tolist())
        for at, source in enumerate(clustering.row_source[clustering.rows_of(k)].tolist()):
            targets = network.post[network.indptr[source] : network.indptr[source + 1]].tolist()
            found[k, at] = graph.spikes[source] * sum(t in columns for t in targets)
    return found


def both(graph, hardware, seed=0):
    problem, run = PartitionProblem(graph, hardware), Run(np.random.default_rng(seed))
    before = KernighanLin(orders=1)(problem, run)  # grown: inputs are not sorted by activity yet
    return before, evened(problem, before, run)


def checked(graph, hardware, before, after):
    """Unevenness of both, after all that must hold was looked at."""
    assert clustering_violations(after, graph, hardware) == []
    assert traffic(graph, after).delivered <= traffic(graph, before).delivered
    one, two = (heats(graph, c, hardware.rows) for c in (before, after))
    assert two.sum(axis=1).max() <= one.sum(axis=1).max()
    assert two.sum() == one.sum()
    return one.std(axis=1).sum(), two.std(axis=1).sum()


def test_a_dense_layer_is_cut_by_activity():
    rng = np.random.default_rng(1)
    rate = np.concatenate([np.full(16, 0.2), np.tile([0.19, 0.0], 16), np.full(5, 0.2)])
    graph, hardware = recorded(dense(48, 5, window=(4, 30)), rate), machine(16, 8)
    before, after = both(graph, hardware)
    was, now = checked(graph, hardware, before, after)
    assert now < 0.5 * was
    assert traffic(graph, after).delivered < traffic(graph, before).delivered
    again = evened(PartitionProblem(graph, hardware), before, Run(np.random.default_rng(0)))
    twice = evened(PartitionProblem(graph, hardware), before, Run(np.random.default_rng(0)))
    assert again.row_source.tolist() == twice.row_source.tolist()
    assert EvenRows()(PartitionProblem(graph, hardware), Run(rng)).clusters == before.clusters


@pytest.mark.parametrize("by_conductance", [True, False])
def test_no_crossbar_gets_hotter_than_the_hottest_was(by_conductance):
    rate = np.concatenate([np.tile([0.3, 0.02], 24), np.full(5, 0.2)])
    graph, hardware = recorded(dense(48, 5, window=(4, 30)), rate), machine(16, 8)
    strength = np.where(rate > 0.1, 1.0, 0.1) if by_conductance else np.where(rate > 0.1, 0.05, 1.0)
    pre = np.repeat(np.arange(graph.network.sources), np.diff(graph.network.indptr))
    network = replace(graph.network, weight=strength[pre].astype(np.float32))
    graph = replace(graph, network=network)
    before, after = both(graph, hardware)
    checked(graph, hardware, before, after)
    drawn = [(heats(graph, c, 16).sum(axis=1), np.zeros(c.clusters)) for c in (before, after)]
    for (_, power), c in zip(drawn, (before, after), strict=True):
        for k in range(c.clusters):
            source = c.row_source[c.rows_of(k)]
            power[k] = (graph.spikes[source] * strength[source]).sum()
    assert drawn[1][1].max() <= drawn[0][1].max() * (1 + 1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(4, 9), st.integers(2, 6))
def test_any_network_stays_legal_and_gets_evener(seed, rows, columns):
    graph = random_graph(seed, inputs=10, hidden=8, density=0.7)
    graph = recorded(graph, np.random.default_rng(seed).random(graph.network.sources) ** 3, seed)
    hardware = machine(rows, columns)
    before, after = both(graph, hardware, seed)
    was, now = checked(graph, hardware, before, after)
    assert now <= was * (1 + 1e-9)


def cut(graph, rows, columns, home):
    """Clustering with these rows and columns per cluster."""
    return Clustering(
        offsets([len(r) for r in rows]),
        [s for r in rows for s in r],
        offsets([len(c) for c in columns]),
        [n for c in columns for n in c],
        home,
    )


def test_nobody_goes_where_a_third_crossbar_has_its_synapses():
    # inputs 0..3, neurons 4, 5, 6; input 0 and 2 also reach neuron 6, whose columns are in the clusters 1 and 2
    edges = [(i, n) for i in range(4) for n in (4, 5)] + [(0, 6), (2, 6)]
    graph = recorded(graph_of([4, 3], edges, window=(2, 20)), np.array([0.9, 0.1, 0.8, 0.05, 0, 0, 0]))
    rows, columns = [[0, 1], [2, 3], [0]], [[4, 5], [4, 5, 6], [6]]
    clustering, hardware = cut(graph, rows, columns, [0, 0, 1]), machine(2, 4)
    assert clustering_violations(clustering, graph, hardware) == []
    table = table_of(graph, clustering, hardware)
    sits = dict(zip(table.seated.source.tolist(), table.seated.allowed.tolist(), strict=True))
    assert sits == {0: [True, False], 1: [True, True], 3: [True, True]}
    after = evened(PartitionProblem(graph, hardware), clustering, Run(np.random.default_rng(0)))
    assert clustering_violations(after, graph, hardware) == []


@pytest.mark.parametrize("limit", [None, 14])
def test_free_lines_are_taken_as_far_as_synapses_fit(limit):
    graph = recorded(dense(8, 2, window=(2, 40)), np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.01, 0, 0]))
    rows, columns = [[0, 1, 2, 3, 4, 5, 6], [7]], [[8, 9], [8, 9]]
    clustering = cut(graph, rows, columns, [1, 1])
    hardware = machine(8, 4, synapse_limit=limit)
    after = evened(PartitionProblem(graph, hardware), clustering, Run(np.random.default_rng(0)))
    was, now = checked(graph, hardware, clustering, after)
    assert now <= was


def test_without_events_or_shared_columns_nothing_is_traded():
    graph, hardware = dense(48, 5, window=(4, 30)), machine(16, 8)
    before, after = both(graph, hardware)
    assert after is before
    whole = recorded(dense(6, 4, window=(2, 10)), 0.5)
    before, after = both(whole, machine(16, 8))
    assert after is before


def contents(seats, seated, clusters, window):
    """Rows, cells, heat, its square, power of every cluster, and active rows of every class, from the seats alone."""
    taken = np.flatnonzero(seated.source >= 0)
    source, cluster = seated.source[taken], seats.cluster[taken]
    heat = (seats.heat[source] * seats.width[taken]).astype(float)
    sums = (np.ones(len(taken)), seats.width[taken], heat, heat**2, seated.drawn[taken])
    active = np.zeros((len(seats.senders), window))
    for seat, s in zip(taken, source, strict=True):
        steps = np.bincount(seats.step[seats.step_ptr[s] : seats.step_ptr[s + 1]], minlength=window)
        for k in seats.classes[seats.class_ptr[seat] : seats.class_ptr[seat + 1]]:
            active[k] += steps
    return [np.bincount(cluster, weights=w, minlength=clusters) for w in sums], active


def books(seated):
    names = ("taken", "programmed", "total", "square", "power")
    return [getattr(seated, name).astype(float) for name in names], seated.active.astype(float)


@pytest.mark.parametrize("seed", range(12))
def test_trades_keep_their_books_and_count_every_message(seed):
    """Every table that trades write differs from its start by what the sources in the seats say; nobody is lost."""
    rng = np.random.default_rng(seed)
    graph = random_graph(seed, inputs=14, hidden=8, density=0.8) if seed % 2 else dense(24, 6, 5, window=(3, 12))
    graph = recorded(graph, rng.random(graph.network.sources) ** 2, seed)
    rows, columns = int(rng.integers(5, 10)), int(rng.integers(3, 8))
    hardware = machine(rows, columns, synapse_limit=None if seed % 3 else rows * columns // 2)
    before = KernighanLin(orders=1)(PartitionProblem(graph, hardware), Run(rng))
    table = table_of(graph, before, hardware)
    if table is None:
        return
    seats, seated = table.seats, table.seated
    start, kept = contents(seats, seated, before.clusters, graph.window), books(seated)
    kept = ([b.copy() for b in kept[0]], kept[1].copy())
    sat, limit = np.sort(seated.source), np.array([seated.total.max(), seated.power.max()])
    spare, made = 5, 0
    for turn in range(6):
        groups = zip(seats.group_ptr[:-1], seats.group_ptr[1:], strict=True)
        order = np.concatenate([first + rng.permutation(last - first) for first, last in groups])
        was = traffic(graph, seated_as(before, table)).delivered + spare
        trades, spare = trade(seats, seated, order, limit, spare)
        made += trades
        assert traffic(graph, seated_as(before, table)).delivered + spare == was
        assert spare >= 0
        end, now = contents(seats, seated, before.clusters, graph.window), books(seated)
        for a, b, c, d in zip(start[0], end[0], kept[0], now[0], strict=True):
            np.testing.assert_allclose(d - c, b - a, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(now[1] - kept[1], end[1] - start[1])
        assert np.sort(seated.source).tolist() == sat.tolist()
        assert seated.taken.max() <= rows
        assert seated.total.max() <= limit[0] * (1 + 1e-9)
        assert seated.power.max() <= limit[1] * (1 + 1e-9)
        assert clustering_violations(seated_as(before, table), graph, hardware) == []
        assert turn > 0 or trades > 0 or seed % 2


def seated_as(clustering, table):
    """`clustering` with its sources where they sit now."""
    rows = [set(clustering.row_source[clustering.rows_of(k)].tolist()) for k in range(clustering.clusters)]
    for entry in table.entry[table.entry >= 0]:
        rows[table.cluster[entry]].discard(int(clustering.row_source[entry]))
    for source, k in zip(table.seated.source.tolist(), table.seats.cluster.tolist(), strict=True):
        if source >= 0:
            rows[k].add(source)
    return replace(
        clustering, row_ptr=offsets([len(r) for r in rows]), row_source=np.concatenate([sorted(r) for r in rows])
    )
