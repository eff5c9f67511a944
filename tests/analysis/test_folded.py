"""Crossbars in themselves: cells once, reads of all uses; the same sums as use by use."""

from dataclasses import dataclass

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network

from snnmap.analysis.apart import apart
from snnmap.analysis.company import row_company
from snnmap.analysis.view import ClusteringView, View
from snnmap.core.run import stream
from snnmap.hardware import load_hardware
from snnmap.ir import Clustering, Placement, Wiring
from snnmap.stages.partition.dense import Dense
from snnmap.stages.protocols import PartitionProblem, Run

CHIP = load_hardware("pcm-mesh:rows=16,columns=12,tiles=8x8")


@pytest.fixture(scope="module", params=["dense", "packed"])
def view(request):
    graph = graph_of(kernel_network())
    clustering = Dense(mode=request.param, rest="first_fit")(PartitionProblem(graph, CHIP), Run(stream(0, "partition")))
    return ClusteringView(graph, clustering)


def cells_by_line(view):
    """{(cluster, row line, column line): weight} and reads of every (cluster, row line), use by use."""
    graph, clustering = view.graph, view.clustering
    network, uses = graph.network, clustering.uses
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    weight = dict(zip(zip(pre.tolist(), network.post.tolist(), strict=True), network.weight.tolist(), strict=True))
    held, reads = {}, {}
    for k in range(clustering.clusters):
        for use in range(uses.ptr[k], uses.ptr[k + 1]):
            rows = range(uses.row_ptr[use], uses.row_ptr[use + 1])
            columns = range(uses.column_ptr[use], uses.column_ptr[use + 1])
            for r in rows:
                key = k, int(uses.row_line[r])
                reads[key] = reads.get(key, 0) + int(graph.spikes[clustering.row_source[r]])
                for c in columns:
                    pair = int(clustering.row_source[r]), int(clustering.column_neuron[c])
                    if pair in weight:
                        assert held.setdefault((*key, int(uses.column_line[c])), weight[pair]) == weight[pair]
    return held, reads


def test_cells_stand_once_and_are_read_in_all_uses(view):
    folded = view.folded
    held, reads = cells_by_line(view)
    assert len(folded.cells.column) == len(held) == folded.graph.network.synapses
    assert len(held) < len(view.cells.column) == view.graph.network.synapses
    assert sorted(folded.graph.network.weight.tolist()) == sorted(held.values())
    assert np.array_equal(folded.clustering.row_ptr, np.concatenate([[0], np.cumsum(view.clustering.rows)]))
    assert np.array_equal(np.diff(folded.clustering.column_ptr), view.clustering.columns)
    for k in range(view.clustering.clusters):
        own = folded.graph.spikes[folded.clustering.row_source[folded.clustering.rows_of(k)]]
        assert sorted(own.tolist()) == sorted(n for (cluster, _), n in reads.items() if cluster == k)
    fired = folded.graph.spikes[folded.graph.network.externals :]
    by_home = np.bincount(folded.clustering.home, fired, view.clustering.clusters)
    neurons = view.graph.spikes[view.graph.network.externals :]
    assert np.array_equal(by_home, np.bincount(view.clustering.home, neurons, view.clustering.clusters))


def test_a_wiring_of_crossbars_is_one_of_all_uses_and_back(view):
    rng, folded = np.random.default_rng(0), view.folded
    rows = np.concatenate([rng.permutation(16)[:n] for n in view.clustering.rows])
    columns = np.concatenate([rng.permutation(12)[:n] for n in view.clustering.columns])
    whole = folded.expanded(Wiring(rows, columns))
    uses, cluster = (
        view.clustering.uses,
        np.repeat(np.arange(len(view.clustering.use_ptr) - 1), view.clustering.uses.count),
    )
    assert len(whole.row) == len(view.clustering.row_source)
    of_entry = np.repeat(cluster, np.diff(uses.row_ptr))
    lines = {}
    for k, line, row in zip(of_entry.tolist(), uses.row_line.tolist(), whole.row.tolist(), strict=True):
        assert lines.setdefault((k, line), row) == row
    back = folded.contracted(whole)
    assert np.array_equal(back.row, rows)
    assert np.array_equal(back.column, columns)


def test_company_is_that_of_the_reads_of_every_use(view):
    graph, clustering = view.graph, view.clustering
    bias, events = graph.network.is_bias(), graph.events
    at = events.frame_of_event() * events.steps + events.step
    share, row = row_company(graph, clustering), 0
    for k in range(clustering.clusters):
        on = {}
        for number, use in enumerate(range(clustering.use_ptr[k], clustering.use_ptr[k + 1])):
            for r in range(clustering.use_row_ptr[use], clustering.use_row_ptr[use + 1]):
                source, line = int(clustering.row_source[r]), int(clustering.uses.row_line[r])
                steps = range(graph.window) if bias[source] else at[events.source == source]
                on.setdefault((bool(bias[source]), line), set()).update((number, int(t)) for t in steps)
        reads = graph.window * int(clustering.uses.count[k])
        rate = np.array([len(on[key]) / reads for key in sorted(on)])
        together = {}
        for moments in on.values():
            for moment in moments:
                together[moment] = together.get(moment, 0) + 1
        pairs = sum(n * (n - 1) for n in together.values()) / reads
        chance = rate.sum() ** 2 - np.square(rate).sum()
        wanted = np.minimum(rate * (pairs / chance if chance > 0 else 1.0), 1.0)
        np.testing.assert_allclose(share[row : row + len(on)], wanted, rtol=1e-12)
        row += len(on)
    assert row == len(share)


@dataclass(frozen=True)
class Bare:
    """As much of a mapping as is looked at."""

    clustering: Clustering
    placement: Placement


def test_uses_apart_are_plain_clusters_with_the_same_synapses(view):

    clusters = view.clustering.clusters
    whole = View(Bare(view.clustering, Placement(np.arange(clusters))), view.graph, CHIP)
    single, cluster = apart(whole)
    plain = single.mapping.clustering
    assert plain.uses is None
    assert plain.clusters == len(view.clustering.use_row_ptr) - 1
    assert np.array_equal(single.mapping.placement.tile, cluster)
    assert np.array_equal(np.sort(single.cells.synapse), np.arange(view.graph.network.synapses))
    assert np.array_equal(cluster[plain.home], view.clustering.home)
