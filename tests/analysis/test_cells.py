"""Programmed cells against sets of synapses, and one crossbar's view of them."""

from dataclasses import replace

import numpy as np
import pytest

from snnmap.analysis import cells as module
from snnmap.analysis.cells import parts, programmed_cells, weight_share
from snnmap.analysis.kernels.cells import count_cells, fill_cells
from snnmap.analysis.wiring import crossbar_of, weakest
from snnmap.pipeline.compile import Compiled


def synapses(compiled: Compiled) -> list[tuple[int, int]]:
    network = compiled.graph.network
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    return list(zip(pre.tolist(), network.post.tolist(), strict=True))


def test_every_synapse_has_its_cell(compiled: Compiled) -> None:
    clustering, network = compiled.mapping.clustering, compiled.graph.network
    cells = programmed_cells(network, clustering)
    row, all_synapses = cells.row(), synapses(compiled)
    assert sorted(cells.synapse.tolist()) == list(range(network.synapses))
    cluster_of_row = np.searchsorted(clustering.row_ptr, row, side="right") - 1
    cluster_of_column = np.searchsorted(clustering.column_ptr, cells.column, side="right") - 1
    assert np.array_equal(cluster_of_row, cluster_of_column)
    ends = zip(clustering.row_source[row].tolist(), clustering.column_neuron[cells.column].tolist(), strict=True)
    assert list(ends) == [all_synapses[s] for s in cells.synapse.tolist()]
    assert np.all(np.diff(row) >= 0)


def test_what_rows_and_columns_realise_is_listed_even_if_illegal(compiled: Compiled) -> None:
    clustering = compiled.mapping.clustering
    first = slice(0, int(clustering.row_ptr[1]))
    only = replace(
        clustering,
        row_ptr=clustering.row_ptr[:2],
        row_source=clustering.row_source[first],
        column_ptr=clustering.column_ptr[:2],
        column_neuron=clustering.column_neuron[: clustering.column_ptr[1]],
    )
    cells = programmed_cells(compiled.graph.network, only)
    rows, columns = set(only.row_source.tolist()), set(only.column_neuron.tolist())
    assert len(cells.synapse) == sum(s in rows and n in columns for s, n in synapses(compiled))


def test_a_crossbar_from_both_sides(compiled: Compiled) -> None:
    clustering, graph = compiled.mapping.clustering, compiled.graph
    cells = programmed_cells(graph.network, clustering)
    for k in range(clustering.clusters):
        crossbar = crossbar_of(graph, clustering, cells, k)
        rows = clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]]
        columns = clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]]
        by_row = {
            (r, int(c))
            for r in range(len(rows))
            for c in crossbar.row_columns[crossbar.row_ptr[r] : crossbar.row_ptr[r + 1]]
        }
        by_column = {
            (int(r), c)
            for c in range(len(columns))
            for r in crossbar.column_rows[crossbar.column_ptr[c] : crossbar.column_ptr[c + 1]]
        }
        all_synapses = set(synapses(compiled))
        assert by_row == by_column
        assert by_row == {
            (r, c)
            for r in range(len(rows))
            for c in range(len(columns))
            if (int(rows[r]), int(columns[c])) in all_synapses
        }
        assert crossbar.activity.tolist() == graph.spikes[rows].tolist()


def test_the_weakest_cell(compiled: Compiled) -> None:
    clustering, wiring, graph = compiled.mapping.clustering, compiled.mapping.wiring, compiled.graph
    cells = programmed_cells(graph.network, clustering)
    quality = np.random.default_rng(0).random((16, 8)) + 0.1
    crossbar = crossbar_of(graph, clustering, cells, 0)
    rows, columns = (
        lines[: ptr[1]].astype(np.int64)
        for lines, ptr in ((wiring.row, clustering.row_ptr), (wiring.column, clustering.column_ptr))
    )
    lasts = [
        quality[rows[r], columns[c]] / crossbar.activity[r]
        for r in range(len(rows))
        for c in crossbar.row_columns[crossbar.row_ptr[r] : crossbar.row_ptr[r + 1]]
        if crossbar.activity[r] > 0
    ]
    assert weakest(crossbar, quality, rows, columns) == pytest.approx(min(lasts))
    silent = crossbar._replace(activity=np.zeros(len(rows)))
    assert weakest(silent, quality, rows, columns) == np.inf


def test_the_scratch_is_left_as_it_was_found(compiled: Compiled) -> None:
    clustering, network = compiled.mapping.clustering, compiled.graph.network
    cells, slot = programmed_cells(network, clustering), np.full(network.sources, -1, np.int32)
    rows, columns = (clustering.row_ptr, clustering.row_source), (clustering.column_ptr, clustering.column_neuron)
    pattern = (network.indptr, network.post, *rows, *columns, slot)
    assert np.array_equal(count_cells(*pattern), np.diff(cells.ptr))
    assert np.all(slot == -1)
    fill_cells(*pattern, cells.ptr, np.empty(cells.ptr[-1], np.int32), np.empty(cells.ptr[-1], np.int64))
    assert np.all(slot == -1)


def test_a_share_is_that_of_the_largest_weight_into_the_same_population(compiled: Compiled) -> None:
    network = compiled.graph.network
    ends = synapses(compiled)
    weights = [abs(float(w)) for w in network.weight]
    of = [next(p.name for p in network.populations if p.first <= n < p.first + p.size) for _, n in ends]
    largest = {name: max(w for w, other in zip(weights, of, strict=True) if other == name) for name in of}
    expected = [w / largest[name] for w, name in zip(weights, of, strict=True)]
    assert weight_share(network).tolist() == pytest.approx(expected)
    silent = replace(network, weight=np.zeros(network.synapses))
    assert not weight_share(silent).any()


@pytest.mark.parametrize("block", [1, 100, 10**6])
def test_cells_of_some_uses_at_a_time_are_all_of_them(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    clustering, network = compiled.mapping.clustering, compiled.graph.network
    whole = programmed_cells(network, clustering)
    monkeypatch.setattr(module, "BLOCK", block)
    some = list(parts(network, clustering, None))
    assert len(some) == {1: clustering.clusters, 10**6: 1}.get(block, len(some))
    assert [part.rows.start for part in some[1:]] == [part.rows.stop for part in some[:-1]]
    column = np.concatenate([part.columns.start + part.cells.column for part in some])
    row = np.concatenate([part.rows.start + part.cells.row() for part in some])
    assert np.array_equal(column, whole.column)
    assert np.array_equal(row, whole.row())
    assert np.array_equal(np.concatenate([part.cells.synapse for part in some]), whole.synapse)


def test_the_largest_weight_is_that_of_all_blocks(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    network = compiled.graph.network
    share = weight_share(network)
    some = np.arange(network.synapses)[::-3]
    monkeypatch.setattr(module, "BLOCK", 7)
    assert np.array_equal(weight_share(network), share)
    assert np.array_equal(weight_share(network, some), share[some])
