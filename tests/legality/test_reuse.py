"""Crossbars that are used several times: a legal mapping passes, and every way of breaking its uses is named."""

from dataclasses import replace

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network

import snnmap
from snnmap.core.arrays import offsets
from snnmap.ir import Clustering, Uses
from snnmap.legality.recount import recount
from snnmap.legality.rules import clustering_violations, shared_violations, verify

CHIP = "pcm-mesh:rows=32,columns=16,tiles=8x8"


@pytest.fixture(scope="module", params=["dense", "packed"])
def compiled(request):
    options = snnmap.CompileOptions(hardware=CHIP, conv=request.param, settings=(("partition", "first_fit"),))
    return snnmap.compile(graph_of(kernel_network()), options)


def broken(compiled, **changed):
    """Rules that a mapping breaks whose clustering is changed."""
    mapping = compiled.mapping
    clustering = replace(mapping.clustering, **changed)
    return {v.rule for v in verify(replace(mapping, clustering=clustering), compiled.graph, compiled.hardware)}


def reused(compiled, graph, chip=None):
    """What the rule `reuse` says of a mapping, of another graph or chip."""
    return shared_violations(compiled.mapping, graph, chip or compiled.hardware)


def test_what_is_compiled_is_legal(compiled):
    assert compiled.mapping.clustering.uses is not None
    assert verify(compiled.mapping, compiled.graph, compiled.hardware) == []


def test_uses_must_make_up_their_clusters(compiled):
    uses = compiled.mapping.clustering.uses
    assert broken(compiled, uses=replace(uses, ptr=uses.ptr[:-1])) == {"cluster-shape"}
    assert broken(compiled, uses=replace(uses, ptr=np.append(uses.ptr[:-1], uses.ptr[-1] + 1))) == {"cluster-shape"}
    assert broken(compiled, uses=replace(uses, row_ptr=uses.row_ptr + (uses.row_ptr > 0))) == {"cluster-shape"}
    assert broken(compiled, uses=replace(uses, row_line=uses.row_line[:-1])) == {"cluster-shape"}
    assert broken(compiled, uses=replace(uses, column_ptr=uses.column_ptr[:-1])) == {"cluster-shape"}


def test_a_cell_holds_one_weight(compiled):
    """Two rows of one use change places: their cells would have to be others than in the other uses."""
    mapping, graph = compiled.mapping, compiled.graph
    clustering, row = mapping.clustering, mapping.wiring.row.copy()
    for use in range(len(clustering.use_row_ptr) - 1):
        first = int(clustering.use_row_ptr[use])
        a, b = clustering.row_source[first], clustering.row_source[first + 1]
        weights = [graph.network.weight[graph.network.indptr[s] : graph.network.indptr[s + 1]].tolist() for s in (a, b)]
        if weights[0] != weights[1]:
            break
    row[[first, first + 1]] = row[[first + 1, first]]
    other = replace(mapping, wiring=replace(mapping.wiring, row=row))
    found = verify(other, graph, compiled.hardware)
    assert {v.rule for v in found} == {"reuse"}
    assert "a cell holds one weight" in str(found[0])


def test_a_use_may_not_find_cells_that_it_has_no_synapses_for(compiled):
    """One weight of a kernel is another at one position alone."""
    graph, clustering = compiled.graph, compiled.mapping.clustering
    network = graph.network
    weight = network.weight.copy()
    own = clustering.row_source[clustering.row_ptr[0] : clustering.row_ptr[1]]
    weight[network.indptr[own[0]]] += 1.0
    other = replace(graph, network=replace(network, weight=weight))
    assert [v.rule for v in reused(compiled, other)] == ["reuse"]
    assert reused(compiled, graph) == []


def test_samples_and_states_must_fit_the_memory_of_their_tile(compiled):
    clustering, chip = compiled.mapping.clustering, compiled.hardware
    several = np.flatnonzero(np.diff(clustering.use_ptr) > 1)
    most = int(np.bincount(clustering.home)[several].max())
    room = most * 2 * int(chip["sum_bits"])
    assert reused(compiled, compiled.graph, chip.with_value("memory_bits", room)) == []
    (small,) = reused(compiled, compiled.graph, chip.with_value("memory_bits", room - 1))
    assert f"{room} bits" in str(small)


def test_a_neuron_is_in_one_use_of_a_cluster_alone(compiled):
    clustering = compiled.mapping.clustering
    uses = clustering.uses
    k = int(np.flatnonzero(uses.count > 1)[0])
    first, second = (slice(*uses.column_ptr[u : u + 2]) for u in range(uses.ptr[k], uses.ptr[k] + 2))
    neuron = clustering.column_neuron.copy()
    neuron[second.start] = neuron[first.start]
    order = np.argsort(neuron[second], kind="stable")
    neuron[second] = neuron[second][order]
    assert broken(compiled, column_neuron=neuron) & {"synapse-missing", "home", "cluster-shape", "reuse"}


def test_a_use_that_is_left_out_leaves_its_synapses_nowhere(compiled):
    clustering = compiled.mapping.clustering
    uses = clustering.uses
    rows = uses.row_ptr.copy()
    last = int(uses.ptr[1]) - 1  # the last use of the first cluster drives nothing
    kept = np.r_[0 : rows[last], rows[last + 1] : rows[-1]]
    rows[last + 1 :] -= rows[last + 1] - rows[last]
    wiring = replace(compiled.mapping.wiring, row=compiled.mapping.wiring.row[kept])
    less = replace(
        clustering,
        row_ptr=rows[uses.ptr],
        row_source=clustering.row_source[kept],
        uses=replace(uses, row_ptr=rows, row_line=uses.row_line[kept]),
    )
    mapping = replace(compiled.mapping, clustering=less, wiring=wiring)
    assert "synapse-missing" in {v.rule for v in verify(mapping, compiled.graph, compiled.hardware)}


def test_a_read_must_last_as_long_as_all_its_uses(compiled):
    """A tick less than the uses take is too short; the scheduler's own time is enough."""
    mapping, clustering = compiled.mapping, compiled.mapping.clustering
    flow = mapping.sdfg
    reads = [a for a, name in enumerate(flow.name) if name.endswith("/read")]
    wanted = np.diff(clustering.use_ptr)
    steady = compiled.hardware["read_time"] + compiled.hardware.turns * compiled.hardware["adc_time"]
    for actor in reads:
        cluster = int(flow.name[actor][1:].partition("/")[0])
        assert flow.time[actor] * flow.tick >= wanted[cluster] * steady * (1 - 1e-9)
        time = flow.time.copy()
        time[actor] -= 1000
        other = replace(mapping, sdfg=replace(flow, time=time))
        assert "schedule-time" in {v.rule for v in verify(other, compiled.graph, compiled.hardware)}


def test_the_recount_of_drives_is_that_of_every_use(compiled):
    graph, clustering = compiled.graph, compiled.mapping.clustering
    counted = recount(graph, clustering)
    assert np.all(counted.realised == 1)
    assert len(counted.driven_use) > len(counted.heard_cluster)
    pre = np.repeat(np.arange(graph.network.sources), np.diff(graph.network.indptr))
    pairs = set(zip(pre.tolist(), graph.network.post.tolist(), strict=True))
    cells = 0
    for k in range(clustering.clusters):
        held = set()
        for use in range(clustering.use_ptr[k], clustering.use_ptr[k + 1]):
            for r in range(clustering.use_row_ptr[use], clustering.use_row_ptr[use + 1]):
                for c in range(clustering.use_column_ptr[use], clustering.use_column_ptr[use + 1]):
                    if (int(clustering.row_source[r]), int(clustering.column_neuron[c])) in pairs:
                        held.add((int(compiled.mapping.wiring.row[r]), int(compiled.mapping.wiring.column[c])))
        assert counted.cells[k] == len(held)
        cells += len(held)
    size = compiled.hardware.rows * compiled.hardware.columns * clustering.clusters
    assert compiled.mapping.figures["cell_utilisation"] == pytest.approx(cells / size, rel=1e-8)


def test_uses_of_one_are_plain():
    one = Uses(np.arange(3), offsets([2, 1]), offsets([1, 1]), [0, 1, 0], [0, 0])
    clustering = Clustering(offsets([2, 1]), [0, 1, 2], offsets([1, 1]), [3, 4], [0, 1], one)
    assert clustering.rows.tolist() == [2, 1]
    assert clustering.columns.tolist() == [1, 1]


def with_synapses(graph, change):
    """The graph, with `change` done to the dictionary (source, neuron) -> weight of its synapses."""
    network = graph.network
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    synapses = dict(zip(zip(pre.tolist(), network.post.tolist(), strict=True), network.weight.tolist(), strict=True))
    change(synapses)
    ends = sorted(synapses)
    indptr = offsets(np.bincount([source for source, _ in ends], minlength=network.sources))
    post, weight = np.array([neuron for _, neuron in ends]), np.array([synapses[pair] for pair in ends], np.float32)
    return replace(graph, network=replace(network, indptr=indptr, post=post, weight=weight))


def middle(compiled):
    """A synapse of the first cluster, in the middle of its uses: source and neuron."""
    clustering, network = compiled.mapping.clustering, compiled.graph.network
    use = int(clustering.use_ptr[1]) // 2
    rows = clustering.row_source[clustering.use_row_ptr[use] : clustering.use_row_ptr[use + 1]].tolist()
    columns = clustering.column_neuron[clustering.use_column_ptr[use] : clustering.use_column_ptr[use + 1]].tolist()
    return next(
        (s, int(n)) for s in rows for n in network.post[network.indptr[s] : network.indptr[s + 1]] if n in columns
    )


def test_a_synapse_that_no_use_holds_is_missing(compiled):
    """From a source that its cluster has no row for, in any use of it that has the neuron."""
    clustering = compiled.mapping.clustering
    _, neuron = middle(compiled)
    use = np.repeat(np.arange(len(clustering.use_row_ptr) - 1), np.diff(clustering.use_column_ptr))
    with_it = use[clustering.column_neuron == neuron]
    heard = {
        s
        for u in with_it.tolist()
        for s in clustering.row_source[clustering.use_row_ptr[u] : clustering.use_row_ptr[u + 1]].tolist()
    }
    source = next(s for s in range(compiled.graph.network.populations[0].size) if s not in heard)
    more = with_synapses(compiled.graph, lambda synapses: synapses.update({(source, neuron): 1.0}))
    assert "synapse-missing" in {v.rule for v in clustering_violations(clustering, more, compiled.hardware)}
    assert clustering_violations(clustering, compiled.graph, compiled.hardware) == []


def test_a_synapse_that_is_not_there_leaves_a_cell_that_other_uses_need(compiled):
    less = with_synapses(compiled.graph, lambda synapses: synapses.pop(middle(compiled)))
    assert {v.rule for v in reused(compiled, less)} == {"reuse"}


def test_a_weight_of_its_own_in_one_use_is_named(compiled):
    pair = middle(compiled)
    other = with_synapses(compiled.graph, lambda synapses: synapses.update({pair: synapses[pair] + 1.0}))
    assert {v.rule for v in reused(compiled, other)} == {"reuse"}


def test_a_synapse_in_two_uses_is_realised_twice(compiled):
    """A cluster stands twice in the file, on a tile of its own: all its synapses are in two uses."""
    clustering = compiled.mapping.clustering
    uses = clustering.uses
    row, column = (slice(0, int(ptr[1])) for ptr in (clustering.row_ptr, clustering.column_ptr))
    count = int(uses.ptr[1])
    twice = Clustering(
        np.append(clustering.row_ptr, clustering.row_ptr[-1] + clustering.row_ptr[1]),
        np.concatenate([clustering.row_source, clustering.row_source[row]]),
        np.append(clustering.column_ptr, clustering.column_ptr[-1] + clustering.column_ptr[1]),
        np.concatenate([clustering.column_neuron, clustering.column_neuron[column]]),
        clustering.home,
        Uses(
            np.append(uses.ptr, uses.ptr[-1] + count),
            np.concatenate([uses.row_ptr, uses.row_ptr[-1] + uses.row_ptr[1 : count + 1]]),
            np.concatenate([uses.column_ptr, uses.column_ptr[-1] + uses.column_ptr[1 : count + 1]]),
            np.concatenate([uses.row_line, uses.row_line[row]]),
            np.concatenate([uses.column_line, uses.column_line[column]]),
        ),
    )
    counted = recount(compiled.graph, twice)
    assert "synapse-twice" in {v.rule for v in clustering_violations(twice, compiled.graph, compiled.hardware)}
    assert set(counted.realised.tolist()) == {1, 2}
    assert counted.cells[-1] == counted.cells[0]
