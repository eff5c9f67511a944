"""What disturbs neurons near their threshold, cell by cell, beside nodal analysis and the simulator's own arrays."""

from dataclasses import replace

import numpy as np
import pytest
from oracles import nodal

from snnmap.analysis.view import ClusteringView, View
from snnmap.evaluation.disturbance import FIGURE, Disturbance, disturbance_of, error_metric, error_share, stuck_cells
from snnmap.hardware.weights import ENCODINGS, Weights
from snnmap.ir.devices import ChipMap
from snnmap.physics.crossbar import Wires
from snnmap.simulate.imperfect.chips import places_of
from snnmap.simulate.imperfect.options import ImperfectOptions, parsed
from snnmap.simulate.imperfect.run import ImperfectNetwork
from snnmap.simulate.imperfect.wires import kept_currents

NEAR = 7


def near_of(graph):
    return np.random.default_rng(NEAR).integers(0, 9, graph.network.neurons).astype(float)


def seen(compiled, weights=None, ohm=200.0):
    """View of the small mapping on wires of `ohm`, with made-up nearness."""
    hardware = compiled.hardware.with_value("r_wordline", ohm).with_value("r_bitline", 1.5 * ohm)
    if weights is not None:
        words = hardware.rows * weights.lines_per_row
        bits = hardware.columns * weights.lines_per_column + weights.reference_lines
        hardware = replace(hardware, weights=weights, word_lines=words, bit_lines=bits)
    clusters = ClusteringView(compiled.graph, compiled.mapping.clustering, near_of(compiled.graph))
    return View(compiled.mapping, compiled.graph, hardware, of_clustering=clusters)


def synapses(graph):
    """(source, neuron, r) of every synapse, r over the largest weight into the neuron's population."""
    network, found = graph.network, []
    of = {j: p for p in network.populations for j in range(p.first, p.stop)}
    largest = {}
    for source in range(network.sources):
        for s in range(network.indptr[source], network.indptr[source + 1]):
            name = of[int(network.post[s])].name
            largest[name] = max(largest.get(name, 0.0), abs(float(network.weight[s])))
    for source in range(network.sources):
        for s in range(network.indptr[source], network.indptr[source + 1]):
            neuron = int(network.post[s])
            found.append((source, neuron, float(network.weight[s]) / largest[of[neuron].name]))
    return found


def drives(graph):
    """D_j by neuron id."""
    total = {}
    for source, neuron, r in synapses(graph):
        total[neuron] = total.get(neuron, 0.0) + int(graph.spikes[source]) * abs(r)
    return total


def share_by_hand(view, acts):
    """The figure from what every crossing acts as less what it holds: `acts` of a cluster is (rows, columns)."""
    graph, clustering = view.graph, view.mapping.clustering
    near, drive, first = near_of(graph), drives(graph), graph.network.externals
    total = 0.0
    for k in range(clustering.clusters):
        sources = clustering.row_source[clustering.rows_of(k)].tolist()
        neurons = clustering.column_neuron[clustering.columns_of(k)].tolist()
        off = acts(k)
        for i, source in enumerate(sources):
            for j, neuron in enumerate(neurons):
                total += int(graph.spikes[source]) * near[neuron - first] / drive[neuron] * abs(off[i, j])
    return total / sum(near[neuron - first] for neuron in drive)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("slices", [1, 2])
def test_the_figure_is_that_of_the_simulators_arrays(compiled, encoding, slices):
    view = seen(compiled, Weights(encoding, 4, slices))
    technology, air = view.hardware.technology, view.hardware["ambient_temperature"]
    warm = np.full(view.mapping.clustering.clusters, air)
    network = ImperfectNetwork(view, ImperfectOptions(parsed("ir,levels")), warm)
    low, high = technology["g_min"], technology["g_max"]

    def acts(k):
        share = network.cells.target(k).share
        kept = kept_currents(view, k, share, air)
        real = ((low + share * (high - low)) * kept - low) / (high - low)
        off = np.zeros(share.shape[2:])
        for s in range(slices):
            place = 1.0 if slices == 1 else (0.8, 0.2)[s]
            sides = [real[h, s] - share[h, s] for h in range(len(share))]
            off += place * (sides[0] - sides[1] if len(sides) == 2 else 2.0 * (sides[0] - sides[0][:, -1:]))
        return off

    assert error_share(view) == pytest.approx(share_by_hand(view, acts), rel=1e-9)


def test_the_figure_is_that_of_nodal_analysis(compiled):
    view = seen(compiled)
    hardware, mapping = view.hardware, view.mapping
    low, high = hardware.technology["g_min"], hardware.technology["g_max"]
    wires, volts = Wires.of(hardware.technology, hardware["ambient_temperature"]), hardware["read_voltage"]
    weight = {(source, neuron): r for source, neuron, r in synapses(view.graph)}

    def acts(k):
        own, across = mapping.clustering.rows_of(k), mapping.clustering.columns_of(k)
        sources, neurons = mapping.clustering.row_source[own], mapping.clustering.column_neuron[across]
        rows, columns = mapping.wiring.row[own], mapping.wiring.column[across]
        together = np.zeros(hardware.rows)
        together[rows] = view.clusters.row_company[own]
        off = np.zeros((len(rows), len(columns)))
        for sign in (1.0, -1.0):
            g = np.zeros((hardware.rows, hardware.columns))
            for i, source in enumerate(sources.tolist()):
                for j, neuron in enumerate(neurons.tolist()):
                    r = max(sign * weight.get((source, neuron), 0.0), 0.0)
                    g[rows[i], columns[j]] = low + r * (high - low)
            current = nodal.shared_currents(G=g, volts=volts, wires=wires, share=together, paired=False)
            off += sign * ((np.abs(current) / volts - g) / (high - low))[np.ix_(rows, columns)]
        return off

    assert error_share(view) == pytest.approx(share_by_hand(view, acts), rel=1e-6)


def test_sensitivities_of_rows_and_neurons_add_up(compiled):
    view = seen(compiled)
    graph, clustering = view.graph, view.mapping.clustering
    found, near, drive = disturbance_of(view), near_of(graph), drives(graph)
    first = graph.network.externals
    neurons = [near[j] if j + first in drive else 0.0 for j in range(graph.network.neurons)]
    assert found.of_neurons().tolist() == pytest.approx(neurons)
    rows = np.zeros(len(clustering.row_source))
    for source, neuron, r in synapses(graph):
        for k in range(clustering.clusters):
            own, across = clustering.rows_of(k), clustering.columns_of(k)
            at = np.flatnonzero(clustering.row_source[own] == source)
            if len(at) and neuron in clustering.column_neuron[across]:
                counted = int(graph.spikes[source]) * abs(r) * near[neuron - first]
                rows[own.start + at[0]] += counted / drive[neuron] if drive[neuron] else 0.0
    assert found.of_rows().tolist() == pytest.approx(rows.tolist())


def lines_of(view, k, rng):
    clustering = view.mapping.clustering
    sizes = [s.stop - s.start for s in (clustering.rows_of(k), clustering.columns_of(k))]
    shape = view.hardware.rows, view.hardware.columns
    return tuple(rng.permutation(total)[:size] for total, size in zip(shape, sizes, strict=True))


@pytest.mark.parametrize(("encoding", "slices"), [("pair_arrays", 1), ("pair_columns", 1), ("pair_arrays", 2)])
def test_the_model_is_the_error_where_wires_take_little(compiled, encoding, slices):
    view = seen(compiled, Weights(encoding, 16 if slices > 1 else 0, slices), ohm=1e-3)
    view = view.at(view.hardware.with_value("g_min", 1e-12))
    found, rng = disturbance_of(view), np.random.default_rng(3)
    rows = view.hardware.rows
    for k in range(view.mapping.clustering.clusters):
        model = found.model(k)
        for _ in range(3):
            row, column = lines_of(view, k, rng)
            told = (model.rows * (rows - np.maximum.outer(row, row))).sum()
            told += (model.columns * (1 + np.minimum.outer(column, column))).sum()
            exact = found.error(k, (row, column))
            assert told == pytest.approx(exact, rel=0.06 if slices == 1 and encoding == "pair_arrays" else 0.25)


def stuck_chip(hardware, stuck):
    lines = (hardware.tiles, hardware.columns)
    return ChipMap(hardware.name, (hardware.mesh_width, hardware.mesh_height), stuck, np.ones(lines), np.zeros(lines))


def test_a_stuck_cell_is_off_by_what_it_should_hold(compiled):
    view = seen(compiled, ohm=0.0)
    hardware, clustering = view.hardware, view.mapping.clustering
    k, i, j = 1, 2, 1
    row = int(view.mapping.wiring.row[clustering.rows_of(k)][i])
    column = int(view.mapping.wiring.column[clustering.columns_of(k)][j])
    source = int(clustering.row_source[clustering.rows_of(k)][i])
    neuron = int(clustering.column_neuron[clustering.columns_of(k)][j])
    r = next((r for s, n, r in synapses(view.graph) if (s, n) == (source, neuron)), 0.0)
    for half, how, off in ((0, 1, 1.0 - max(r, 0.0)), (0, -1, max(r, 0.0)), (1, 1, 1.0 - max(-r, 0.0))):
        stuck = np.zeros((hardware.tiles, *places_of(hardware)), np.int8)
        stuck[int(view.mapping.placement.tile[k]), half, 0, row, column] = how
        chip = stuck_chip(hardware, stuck)
        effect = int(view.graph.spikes[source]) * near_of(view.graph)[neuron - view.graph.network.externals]
        total = disturbance_of(view).of_neurons().sum()
        assert error_share(view, chip) == pytest.approx(effect / drives(view.graph)[neuron] * off / total)
        assert error_share(view) == pytest.approx(0.0, abs=1e-12)
        told = Disturbance(view.clusters, hardware, near_of(view.graph), stuck_cells(chip, view.mapping.placement.tile))
        pairs = told.model(k).pairs
        assert sum((c * p[np.ix_(*lines(view, k))]).sum() for c, p in pairs) / total == pytest.approx(
            error_share(view, chip)
        )


def lines(view, k):
    clustering, wiring = view.mapping.clustering, view.mapping.wiring
    return wiring.row[clustering.rows_of(k)], wiring.column[clustering.columns_of(k)]


def test_where_no_neuron_is_near_nothing_disturbs(compiled):
    clusters = ClusteringView(compiled.graph, compiled.mapping.clustering, np.zeros(compiled.graph.network.neurons))
    view = View(compiled.mapping, compiled.graph, compiled.hardware, of_clustering=clusters)
    assert error_share(view) == 0.0


def test_the_metric_says_what_it_rests_on(compiled):
    metric = error_metric(compiled.view)
    assert (metric.name, metric.unit) == (FIGURE, "1")
    assert "near threshold, by wires;" in metric.basis
    assert "`snnmap accuracy` measures" in metric.basis
    assert 0.0 < metric.value < 0.1
    bare = replace(compiled.graph, events=None)
    assert "as often as they spike" in error_metric(View(compiled.mapping, bare, compiled.hardware)).basis
