"""Parts of a clustering: who waits for whom, clusters cut by layers, homes that move, parts joined again."""

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network

import snnmap
from snnmap.analysis.phases import apart, chosen, homes_in, joined, part_of_phase, precedence
from snnmap.legality.rules import clustering_violations
from snnmap.pipeline.compile import compile as compiled_of


@pytest.fixture(scope="module")
def recurrent(compiled):
    """The small recurrent workload, whose clusters hold several levels."""
    return compiled.graph, compiled.mapping.clustering, compiled.hardware


@pytest.fixture(scope="module")
def dense():
    """A convolutional network, some of whose clusters are used several times."""
    asked = snnmap.CompileOptions(hardware="pcm-mesh:rows=8,columns=16", conv="dense")
    made = compiled_of(graph_of(kernel_network(0)), asked)
    return made.graph, made.mapping.clustering, made.hardware


def columns_of(clustering, k):
    return set(clustering.column_neuron[clustering.columns_of(k)].tolist())


def rows_of(clustering, k):
    return set(clustering.row_source[clustering.rows_of(k)].tolist())


@pytest.mark.parametrize("case", ["recurrent", "dense"])
def test_who_waits_for_whom(case, request):
    graph, clustering, _ = request.getfixturevalue(case)
    expected = {
        (a, b)
        for a in range(clustering.clusters)
        for b in range(clustering.clusters)
        if a != b and columns_of(clustering, a) & rows_of(clustering, b)
    }
    assert set(map(tuple, precedence(graph.network, clustering).T.tolist())) == expected


def test_clusters_are_cut_by_layers_that_need_not_run_together(recurrent):
    """One crossbar holds all: `first` and `second` hear each other and stay together, `out` is cut off."""
    graph = recurrent[0]
    made = compiled_of(graph, snnmap.CompileOptions(hardware="pcm-mesh:rows=64,columns=32"))
    clustering, net = made.mapping.clustering, graph.network
    assert clustering.clusters == 1
    found = apart(net, clustering)
    assert clustering_violations(found, graph, made.hardware) == []
    out = set(range(net.populations[-1].first, net.sources))
    cut = next(k for k in range(2) if columns_of(found, k) == out)
    assert columns_of(found, 1 - cut) == columns_of(clustering, 0) - out
    pre = np.repeat(np.arange(net.sources), np.diff(net.indptr))
    assert rows_of(found, cut) == set(pre[net.post >= min(out)].tolist())
    assert apart(net, found) is found
    assert apart(net, recurrent[1]) is recurrent[1]  # no crossbar holds both there


def test_homes_move_to_the_last_phase_that_has_columns(dense):
    graph, clustering, chip = dense
    externals = graph.network.externals
    phase = np.arange(clustering.clusters) // 3
    found = homes_in(clustering, phase, externals)
    assert clustering_violations(found, graph, chip) == []
    moved = 0
    for n in range(len(found.home)):
        having = [k for k in range(clustering.clusters) if n + externals in columns_of(clustering, k)]
        last = max(phase[k] for k in having)
        old, new = clustering.home[n], found.home[n]
        assert phase[new] == last
        assert new == (old if phase[old] == last else max(k for k in having if phase[k] == last))
        moved += new != old
    assert moved


@pytest.mark.parametrize("case", ["recurrent", "dense"])
def test_parts_joined_again_are_the_whole(case, request):
    graph, clustering, chip = request.getfixturevalue(case)
    halves = np.array_split(np.arange(clustering.clusters), 3)
    again = joined([chosen(clustering, half) for half in halves], graph.network)
    assert clustering_violations(again, graph, chip) == []
    for name in ("row_ptr", "row_source", "column_ptr", "column_neuron"):
        np.testing.assert_array_equal(getattr(again, name), getattr(clustering, name))


@pytest.mark.parametrize("case", ["recurrent", "dense"])
def test_a_part_has_the_synapses_of_its_clusters(case, request):
    graph, clustering, _ = request.getfixturevalue(case)
    net = graph.network
    weight = {}
    for pre in range(net.sources):
        for s in range(net.indptr[pre], net.indptr[pre + 1]):
            weight[pre, int(net.post[s])] = float(net.weight[s])
    seen = 0
    for own in np.array_split(np.arange(clustering.clusters), 3):
        part, inside, ids = part_of_phase(graph, clustering, own)
        here = {}
        for pre in range(part.network.sources):
            for s in range(part.network.indptr[pre], part.network.indptr[pre + 1]):
                here[int(ids[pre]), int(ids[part.network.post[s]])] = float(part.network.weight[s])
        expected = {}
        for k in own.tolist():
            for use in range(clustering.use_ptr[k], clustering.use_ptr[k + 1]):
                rows = clustering.row_source[slice(*clustering.use_row_ptr[use : use + 2])].tolist()
                columns = clustering.column_neuron[slice(*clustering.use_column_ptr[use : use + 2])].tolist()
                expected |= {(i, j): weight[i, j] for i in rows for j in columns if (i, j) in weight}
        assert here == expected
        seen += len(here)
        at_home = np.isin(clustering.home[ids[part.network.externals :] - net.externals], own)
        spikes = graph.spikes[ids[part.network.externals :]]
        np.testing.assert_array_equal(part.spikes[part.network.externals :], np.where(at_home, spikes, 0))
        assert inside.clusters == len(own)
    assert seen == net.synapses
