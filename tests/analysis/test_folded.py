"""Crossbars in themselves: cells once, reads of all uses; the same sums as use by use."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network

from snnmap.analysis import cells
from snnmap.analysis import view as views
from snnmap.analysis.apart import apart
from snnmap.analysis.cells import programmed_cells as programmed
from snnmap.analysis.company import row_company
from snnmap.analysis.reads import columns_read
from snnmap.analysis.traffic import partial_messages
from snnmap.analysis.view import ClusteringView, View
from snnmap.core.run import stream
from snnmap.hardware import load_hardware
from snnmap.ir import Clustering, Placement, Wiring
from snnmap.pipeline.compile import compile  # noqa: A004  the word every user of a compiler expects
from snnmap.pipeline.options import CompileOptions
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


def test_nearness_is_shared_out_by_what_columns_drive(view):
    """Near the threshold, a neuron of which a column brings a third is a third that column's; walked use by use."""
    graph, clustering, network = view.graph, view.clustering, view.graph.network
    near = np.random.default_rng(3).uniform(0, 9, network.neurons)
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr)).tolist()
    drive = {pair: int(graph.spikes[pair[0]]) * share for pair, share in
             zip(zip(pre, network.post.tolist(), strict=True), view.share.tolist(), strict=True)}  # fmt: skip
    whole, brought, several = {}, {}, 0
    for (_, neuron), value in drive.items():
        whole[neuron] = whole.get(neuron, 0.0) + value
    uses = clustering.uses
    for k in range(clustering.clusters):
        for use in range(uses.ptr[k], uses.ptr[k + 1]):
            sources = clustering.row_source[uses.row_ptr[use] : uses.row_ptr[use + 1]].tolist()
            for c in range(uses.column_ptr[use], uses.column_ptr[use + 1]):
                neuron, line = int(clustering.column_neuron[c]), (k, int(uses.column_line[c]))
                part = sum(drive.get((source, neuron), 0.0) for source in sources) / (whole[neuron] or 1.0)
                several += 0.0 < part < 1.0 - 1e-9
                brought[line] = brought.get(line, 0.0) + part * near[neuron - network.externals]
    folded = ClusteringView(graph, clustering, near).folded
    np.testing.assert_allclose(sorted(folded.near), sorted(brought.values()), rtol=1e-9, atol=1e-9)
    assert several > 10, "neurons of several columns"


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


def test_a_cell_is_that_of_the_first_synapse_of_the_first_use(view):
    """The list of all cells, as programmed, is the oracle: of each (row, column) line its first entry."""
    cells, uses, clustering = view.cells, view.clustering.uses, view.clustering
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))[cells.row()]
    first = {}
    ends = zip(cluster, uses.row_line[cells.row()], uses.column_line[cells.column], cells.synapse, strict=True)
    for k, row, column, synapse in ends:
        first.setdefault((k, row, column), synapse)
    assert sorted(view.folded.synapse.tolist()) == sorted(first.values())
    assert np.array_equal(view.folded.share, view.share[view.folded.synapse])


def test_what_is_counted_use_by_use_is_what_all_cells_say(view, monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 40)
    few = ClusteringView(view.graph, view.clustering)
    assert few.partial_messages.any()
    assert np.array_equal(few.partial_messages, partial_messages(view.graph, view.clustering, view.cells))
    assert np.array_equal(few.columns_read, columns_read(view.graph, view.clustering, view.cells))
    silent = replace(view.graph, events=None)
    bound = ClusteringView(silent, view.clustering).partial_messages
    assert np.array_equal(bound, partial_messages(silent, view.clustering, view.cells))


@pytest.mark.parametrize("conv", ["dense", "packed", "auto"])
def test_a_compilation_by_kernels_never_lists_the_cells_of_all_uses(conv, monkeypatch):
    listed = []
    monkeypatch.setattr(views, "programmed_cells", lambda network, of: listed.append(of) or programmed(network, of))
    options = CompileOptions("pcm-mesh:rows=16,columns=12,tiles=8x8", conv=conv)
    compiled = compile(graph_of(kernel_network()), options)
    assert compiled.mapping.clustering.uses is not None
    assert all(of.uses is None for of in listed)
