"""Convolutions held by their kernels, from a network to its mapping: what it computes, in time, on chips, in a file."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network
from support.small_workload import workload

import snnmap
from snnmap.analysis.view import ClusteringView, View
from snnmap.formats.mapping import decode, encode
from snnmap.physics import pcm
from snnmap.physics.encoding import rest
from snnmap.reliability.crossbars import array_of
from snnmap.simulate.chip.rates import ExecuteOptions, rates
from snnmap.simulate.imperfect.chips import numbers_of
from snnmap.simulate.imperfect.options import ImperfectOptions, parsed
from snnmap.simulate.imperfect.run import ImperfectNetwork
from snnmap.simulate.mapped import deviation, replay

CHIPS = {
    "pair_arrays": "pcm-mesh:rows=32,columns=16",
    "pair_columns": "pcm-pair-columns:rows=32,columns=32",
    "pair_rows": "pcm-pair-rows:rows=64,columns=16",
    "offset_column": "pcm-offset-column:rows=32,columns=17",
}


def mapped(conv="dense", seed=0, chip=CHIPS["pair_arrays"], **options):
    asked = snnmap.CompileOptions(hardware=chip, conv=conv, settings=(("partition", "first_fit"),), **options)
    return snnmap.compile(graph_of(kernel_network(seed)), asked)


@pytest.fixture(scope="module", params=["dense", "packed"])
def compiled(request):
    return mapped(request.param)


@pytest.mark.parametrize("conv", ["dense", "packed", "auto"])
@pytest.mark.parametrize("seed", range(3))
def test_the_mapped_network_spikes_as_the_network_does(conv, seed):
    compiled = mapped(conv, seed)
    assert compiled.mapping.clustering.uses is not None
    assert int(compiled.graph.spikes[compiled.graph.network.externals :].sum()) > 0
    assert deviation(compiled.graph, replay(compiled.mapping, compiled.graph)) == 0


def test_replay_takes_what_stands_in_the_cells(compiled):
    """A weight that is another at one position alone is not what its cell holds for all: replay goes by the cell."""
    graph, view = compiled.graph, ClusteringView(compiled.graph, compiled.mapping.clustering)
    of_first_layer = np.flatnonzero(graph.network.population_of()[graph.network.post] == 3)
    another = int(np.setdiff1d(of_first_layer, view.folded.synapse)[0])
    weight = graph.network.weight.copy()
    weight[another] += 50.0
    other = replace(graph, network=replace(graph.network, weight=weight))
    assert deviation(graph, replay(compiled.mapping, other)) == 0
    first = int(view.folded.synapse[0])
    weight = graph.network.weight.copy()
    weight[first] += 50.0
    other = replace(graph, network=replace(graph.network, weight=weight))
    assert deviation(graph, replay(compiled.mapping, other)) > 0


@pytest.mark.parametrize("conv", ["dense", "packed"])
@pytest.mark.parametrize("chip", ["pcm-mesh", "pcm-mesh-shared"])
def test_an_execution_keeps_the_guarantee(chip, conv):
    compiled = mapped(conv, chip=f"{chip}:rows=32,columns=16")
    found = rates(compiled.mapping, compiled.graph, compiled.hardware, ExecuteOptions())
    for measured in (found.worst, found.frame, found.mean):
        assert measured.period <= found.promised
        assert measured.late.late == 0


@pytest.mark.parametrize("encoding", CHIPS)
def test_chips_without_effects_spike_as_the_network_does(encoding):
    compiled = mapped("packed", chip=CHIPS[encoding])
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    warm = np.full(compiled.mapping.clustering.clusters, 300.0)
    network = ImperfectNetwork(view, ImperfectOptions(parsed("none")), warm)
    outcome = network.run(network.chip(0), 1.0, keep_events=True)
    assert deviation(compiled.graph, outcome.events) == 0


def test_all_uses_of_a_crossbar_meet_the_same_cells(compiled):
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    warm = np.full(compiled.mapping.clustering.clusters, 300.0)
    network = ImperfectNetwork(view, ImperfectOptions(parsed("programming,drift,off")), warm)
    weights = network.weights(network.chip(3), 3600.0)
    single, crossbar = network.uses
    clustering, wiring, lines = single.mapping.clustering, compiled.mapping.wiring, network.layout
    met, several = {}, 0
    for k in range(clustering.clusters):
        columns = wiring.column[clustering.columns_of(k)]
        for r in range(*clustering.row_ptr[k : k + 2]):
            for c, value in zip(columns.tolist(), weights[lines.first[r] : lines.first[r + 1]].tolist(), strict=True):
                key = int(crossbar[k]), int(wiring.row[r]), c
                met.setdefault(key, []).append(value)
    for values in met.values():
        several += len(values) > 1
        np.testing.assert_allclose(values, values[0], rtol=1e-4, atol=1e-6)
    assert several > 100
    other = network.weights(network.chip(4), 3600.0)
    assert not np.allclose(weights, other, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("encoding", CHIPS)
def test_drift_is_compensated_by_crossbar_whatever_a_use_drives(encoding):
    """Every use is scaled alike: by all cells of its crossbar, found here by walking the synapses of all uses."""
    compiled = mapped(chip=CHIPS[encoding])
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    network = ImperfectNetwork(
        view, ImperfectOptions(parsed("drift")), np.full(view.mapping.clustering.clusters, 318.0)
    )
    cells, (uses, crossbar), chip = network.cells, network.uses, network.chip(3)
    kinds, technology = compiled.hardware.weights, compiled.hardware.technology
    low, high = technology["g_min"], technology["g_max"]
    model = pcm.written(technology.noise, technology, compiled.hardware["program_pulses"])
    partial = 0
    for k in range(view.mapping.clustering.clusters):
        users = np.flatnonzero(crossbar == k)
        held, lines, drawn = {}, set(), numbers_of(compiled.hardware, 3, "drift", int(view.mapping.placement.tile[k]))
        for user in users.tolist():
            target, clustering, wiring = cells.target(user), uses.mapping.clustering, uses.mapping.wiring
            rows = wiring.row[clustering.rows_of(user)].tolist()
            columns = wiring.column[clustering.columns_of(user)].tolist()
            columns += [compiled.hardware.columns] * kinds.reference_lines
            lines |= {(r, c) for r in rows for c in columns}
            for (i, r), (j, c) in product(enumerate(rows), enumerate(columns)):
                if target.used[i, j]:
                    held[r, c] = target.share[:, :, i, j]
        made, now = 0.0, dict.fromkeys((1e7, 1e3), 0.0)
        for r, c in product(sorted({r for r, _ in lines}), sorted({c for _, c in lines})):
            goal = low + held.get((r, c), np.full(target.share.shape[:2], rest(kinds.encoding))) * (high - low)
            mean, sd = pcm.drift_exponent(model, goal, high)
            made += goal.sum()
            for age in now:
                now[age] += pcm.drifted(goal, np.abs(mean + sd * drawn[:, :, r, c]), age, model.t_0).sum()
        for age, left in now.items():
            (found,) = {cells.state(u, cells.target(u).share, chip, age).gain for u in users.tolist()}
            assert found == pytest.approx(made / left, rel=1e-12)
        partial += len(users) > 1 and len({cells.target(u).share.shape for u in users.tolist()}) > 1
    assert partial > 0, "uses at an edge drive fewer rows"


def test_arrays_hold_each_cell_once_and_are_read_in_every_use(compiled):
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    clustering, graph = compiled.mapping.clustering, compiled.graph
    for k in range(clustering.clusters):
        array = array_of(view.folded, k)
        rows = slice(*clustering.row_ptr[k : k + 2])
        spikes = np.zeros(len(array.spikes))
        np.add.at(spikes, compiled.mapping.wiring.row[rows], graph.spikes[clustering.row_source[rows]])
        np.testing.assert_array_equal(array.spikes, spikes)
        assert array.used.sum() == len(set(cells_of(view, k)))


def cells_of(view, cluster):
    """Row and column of every cell of a cluster, as often as uses have a synapse there."""
    clustering, wiring = view.mapping.clustering, view.mapping.wiring
    rows = slice(*clustering.row_ptr[cluster : cluster + 2])
    ptr = view.cells.ptr[rows.start : rows.stop + 1]
    row = np.repeat(wiring.row[rows], np.diff(ptr))
    return list(zip(row.tolist(), wiring.column[view.cells.column[ptr[0] : ptr[-1]]].tolist(), strict=True))


def test_the_file_says_which_entries_are_of_which_use(compiled):
    data = encode(compiled.mapping)
    document = json.loads(data)
    assert document["schema"] == 4
    assert any("use_rows" in cluster for cluster in document["clusters"])
    again = decode(data)
    assert encode(again) == data
    assert snnmap.verify(again, compiled.graph, compiled.hardware) == []
    k = next(k for k, cluster in enumerate(document["clusters"]) if "use_rows" in cluster)
    for change, message in (
        ({"use_rows": [1]}, "differ in length"),
        ({"use_rows": [1, 2], "use_columns": [1, 2]}, "do not make up"),
    ):
        clusters = [c | (change if i == k else {}) for i, c in enumerate(document["clusters"])]
        with pytest.raises(snnmap.InputError, match=message):
            decode(json.dumps(document | {"clusters": clusters}).encode())
    with pytest.raises(snnmap.InputError, match="must be 4"):
        decode(json.dumps(document | {"schema": 2}).encode())


def test_plain_mappings_keep_their_schema():
    assert json.loads(encode(mapped("unrolled").mapping))["schema"] == 2


def test_copies_divide_the_uses_and_the_period():
    one, four = mapped(), mapped(copies=4)
    assert one.mapping.figures["uses"] == four.mapping.figures["uses"]
    assert four.mapping.figures["crossbars"] > one.mapping.figures["crossbars"]
    assert four.mapping.figures["period_s"] < one.mapping.figures["period_s"]


def test_it_takes_fewer_crossbars_and_says_which_layers_it_holds():
    plain, dense = mapped("unrolled"), mapped("dense")
    assert dense.mapping.figures["crossbars"] < plain.mapping.figures["crossbars"]
    assert dense.mapping.figures["period_s"] > plain.mapping.figures["period_s"]
    (note,) = [line for line in dense.remarks() if "kernels" in line]
    assert "layer1 (dense, 1 crossbar, 56 uses a step)" in note
    assert note.endswith("by their synapses: layer3")


def test_rows_that_drive_no_column_of_a_block_are_left_out():
    """Weights of 0 have no cell: blocks of 3 of 4 channels need not hear what only the fourth does; once illegal."""
    graph = graph_of(kernel_network(1))
    clustering = snnmap.compile(
        graph, snnmap.CompileOptions("pcm-mesh:rows=8,columns=3", conv="dense")
    ).mapping.clustering
    network = graph.network
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    pairs = set(zip(pre.tolist(), network.post.tolist(), strict=True))
    for use in range(len(clustering.use_row_ptr) - 1):
        columns = clustering.column_neuron[clustering.use_column_ptr[use] : clustering.use_column_ptr[use + 1]].tolist()
        for source in clustering.row_source[clustering.use_row_ptr[use] : clustering.use_row_ptr[use + 1]].tolist():
            assert any((source, neuron) in pairs for neuron in columns)


def test_what_cannot_be_held_is_refused_in_one_line():
    with pytest.raises(snnmap.InputError, match="copies are of kernels"):
        snnmap.CompileOptions(copies=2)
    with pytest.raises(snnmap.InputError, match="'dens' is unknown"):
        snnmap.CompileOptions(conv="dens")
    with pytest.raises(snnmap.InputError, match="'first' is recurrent"):
        snnmap.compile(workload(), snnmap.CompileOptions(conv="dense"))
    with pytest.raises(snnmap.InputError, match="no layer is a convolution"):
        snnmap.compile("mnist-mlp", snnmap.CompileOptions(conv="packed"))
    with pytest.raises(
        snnmap.InfeasibleError, match="uses of the blocks of 'layer2', one for each copy: need 10, have 9"
    ):
        mapped(copies=10)


def test_a_chip_too_small_for_every_synapse_holds_the_kernels():
    chip = "pcm-mesh:rows=32,columns=16,tiles=2x2"
    assert mapped("dense", chip=chip).mapping.figures["crossbars"] <= 4
    with pytest.raises(snnmap.InfeasibleError, match=r"Convolutions take fewer by their kernels \(--conv dense\)"):
        mapped("unrolled", chip=chip)
    with pytest.raises(snnmap.InfeasibleError) as refused:
        snnmap.compile(workload(), snnmap.CompileOptions(f"{CHIPS['pair_arrays']},tiles=1x1"))
    assert "--conv" not in str(refused.value)


def test_where_names_every_use_of_a_line(compiled):
    mapping, clustering = compiled.mapping, compiled.mapping.clustering
    k = int(np.argmax(clustering.uses.count))
    (held,) = snnmap.where(mapping, tile=int(mapping.placement.tile[k]))["clusters"]
    assert held["uses"] == clustering.uses.count[k]
    assert len(held["rows"]) == clustering.rows[k]
    assert len(held["columns"]) == clustering.columns[k]
    on = [each for line in held["columns"].values() for each in (line if isinstance(line, list) else [line])]
    assert sorted(on) == sorted(clustering.column_neuron[clustering.columns_of(k)].tolist())
    network = compiled.graph.network
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    for s in range(0, network.synapses, 997):
        found = snnmap.where(mapping, str(network.post[s]), source=str(pre[s]))
        cells = {
            (int(r), int(c)) for r, c in cells_of(View(mapping, compiled.graph, compiled.hardware), found["cluster"])
        }
        assert (found["row"], found["column"]) in cells


def test_pictures_name_what_stands_on_a_line(compiled):
    from snnmap.evaluation.maps import states
    from snnmap.evaluation.scenes import opened

    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    k = int(np.argmax(compiled.mapping.clustering.uses.count))
    shown = next(opened(view, states(view), k, asked=True, fits=lambda _: True))
    spikes = array_of(view.folded, k).spikes / compiled.graph.frames
    np.testing.assert_allclose(shown.spikes, spikes, rtol=1e-12)
    assert any(name.endswith(" more") for name in shown.columns)
