"""Placement terms of heat, leakage and endurance follow the physics they stand for, and weights mean what they say."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from support.crossbars import crossbars

from snnmap.analysis.routes import tree_hops
from snnmap.analysis.traffic import PARTIAL
from snnmap.analysis.view import ClusteringView
from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware
from snnmap.ir import Placement
from snnmap.physics.leakage import Leakage
from snnmap.pipeline.compile import placement_terms
from snnmap.pipeline.plan import plan_for
from snnmap.pipeline.terms import TERMS, Chip, cluster_power, leakage, lifetime, resistances, thermal
from snnmap.stages.place import HillClimb
from snnmap.stages.protocols import PlacementProblem, Run

SIZES = [(3, 4), (5, 2), (4, 4), (2, 2), (4, 3)]


def chip_of(mesh=(3, 3), per_tile=1, seed=0, spikes=None, sizes=SIZES):
    """Five crossbars of their own inputs on a mesh of tiles."""
    graph, clustering, _ = crossbars(np.random.default_rng(seed), sizes, 1.0)
    if spikes is not None:
        counts = np.concatenate([np.repeat(spikes, [r for r, _ in sizes]), np.repeat(spikes, [c for _, c in sizes])])
        graph = replace(graph, spikes=counts)
    hardware = replace(load_hardware("pcm-mesh").resized(8, 8), mesh_width=mesh[0], mesh_height=mesh[1])
    hardware = replace(hardware, clusters_per_tile=per_tile)
    factors = np.linspace(0.8, 1.3, hardware.tiles)[np.random.default_rng(1).permutation(hardware.tiles)]
    return Chip(ClusteringView(graph, clustering), hardware, factors)


def cost(term, tile):
    """Definition of `Term`, pair by pair."""
    total = 0
    for i, a in enumerate(tile):
        total += int(term.preference[i, a]) if term.preference.size else 0
        for j, b in enumerate(tile):
            total += int(term.flow[i, j]) * int(term.distance[a, b]) if term.flow.size else 0
    return total


def placements(chip, count, seed):
    rng = np.random.default_rng(seed)
    slots = np.repeat(np.arange(chip.hardware.tiles), chip.hardware.clusters_per_tile)
    return [rng.permutation(slots)[: chip.view.clustering.clusters] for _ in range(count)]


def rises(chip, tile):
    power = np.bincount(tile, weights=cluster_power(chip), minlength=chip.hardware.tiles)
    return resistances(chip.hardware) @ power


def straight(x, y):
    """Share of the variance of y that a straight line over x leaves."""
    return 1.0 - np.corrcoef(x, y)[0, 1] ** 2


def periphery(chip, rows, columns):
    """Drivers of both arrays, converters and buffers of a crossbar of its own inputs, whose events were not kept."""
    graph, h = chip.view.graph, chip.hardware
    assert graph.events is None
    spikes, reads = int(graph.spikes[rows].sum()), min(graph.window, int(graph.active_steps[rows].sum()))
    converting = reads * columns * (h["adc_energy"] + h["sample_hold_energy"])
    return converting + spikes * (2 * h["dac_energy"] + h["spike_bits"] * h["buffer_energy"])


def test_power_is_that_of_reads_firing_neurons_and_periphery():
    chip = chip_of()
    graph, h, network = chip.view.graph, chip.hardware, chip.view.graph.network
    largest, power = np.abs(network.weight).max(), []
    row, column = 0, network.externals
    for rows, columns in SIZES:
        joules = 0.0
        for source in range(row, row + rows):
            for synapse in range(network.indptr[source], network.indptr[source + 1]):
                share = abs(network.weight[synapse]) / largest
                t = h.technology
                siemens = 2 * t["g_min"] + share * (t["g_max"] - t["g_min"])  # with the cell of the other sign
                joules += graph.spikes[source] * h["read_voltage"] ** 2 * siemens * h["read_time"]
        joules += h["neuron_energy"] * int(graph.spikes[column : column + columns].sum())
        joules += periphery(chip, slice(row, row + rows), columns)
        power.append(joules / (graph.window * graph.dt))
        row, column = row + rows, column + columns
    assert cluster_power(chip) == pytest.approx(power, rel=1e-9, abs=0)


def test_power_has_routers_links_and_merging(compiled):
    chip = Chip(ClusteringView(compiled.graph, compiled.mapping.clustering), compiled.hardware, np.ones(1))
    quiet = compiled.hardware.with_value("hop_energy", 0.0).with_value("merge_energy", 0.0)
    extra = cluster_power(chip) - cluster_power(replace(chip, hardware=quiet))
    moved, h = chip.view.traffic, compiled.hardware
    joules = np.zeros(chip.view.clustering.clusters)
    for g, (sender, messages, kind) in enumerate(zip(moved.sender, moved.messages, moved.kind, strict=True)):
        if sender >= 0:
            joules[sender] += messages * h["hop_energy"]
        for target in moved.target[moved.target_ptr[g] : moved.target_ptr[g + 1]]:
            joules[target] += (kind == PARTIAL) * messages * h["merge_energy"]
    assert (moved.kind == PARTIAL).any()
    assert np.count_nonzero(joules) >= len(joules) - 1  # one cluster of outputs alone sends and merges nothing
    assert extra == pytest.approx(joules / (chip.view.graph.window * chip.view.graph.dt), rel=1e-9, abs=0)


def test_unprogrammed_cells_of_a_column_in_use_are_read_too():
    rng = np.random.default_rng(3)
    graph, clustering, full = crossbars(rng, [(6, 6)], 0.4)
    graph = replace(graph, spikes=np.r_[graph.spikes[:6], np.zeros(6, np.int64)])
    chip = replace(chip_of(), view=ClusteringView(graph, clustering))
    t, h = chip.hardware.technology, chip.hardware
    siemens = (np.where(full, t["g_max"], t["g_min"]) + t["g_min"]).sum(axis=1)
    joules = float(graph.spikes[:6] @ siemens) * h["read_voltage"] ** 2 * h["read_time"]
    joules += periphery(chip, slice(0, 6), 6)
    assert cluster_power(chip) == pytest.approx([joules / (graph.window * graph.dt)], rel=1e-9, abs=0)


@pytest.mark.parametrize("per_tile", [1, 2])
def test_thermal_follows_the_power_weighted_temperature(per_tile):
    chip = chip_of(per_tile=per_tile, spikes=np.array([40_000, 3_000, 25_000, 9_000, 14_000]))
    term, tiles = thermal(chip, 50.0), placements(chip, 60, 4)
    truth = [float(cluster_power(chip) @ rises(chip, tile)[tile]) for tile in tiles]
    assert straight([cost(term, tile) for tile in tiles], truth) < 1e-3
    for values in (term.flow, term.distance, term.preference):
        assert values.dtype == np.int64
    assert np.array_equal(term.flow, term.flow.T)
    assert np.array_equal(term.distance, term.distance.T)


def test_the_first_order_of_leakage_is_the_same_everywhere():
    chip = chip_of(mesh=(5, 3))
    sums = [rises(chip, tile).sum() for tile in placements(chip, 10, 2)]
    assert sums == pytest.approx([sums[0]] * 10, rel=1e-12, abs=0)


@pytest.mark.parametrize("per_tile", [1, 2])
def test_leakage_follows_the_leakage_of_all_tiles(per_tile):
    chip = chip_of(mesh=(4, 3), per_tile=per_tile, spikes=np.array([40, 3, 25, 9, 14]) * 10**9)
    law = Leakage.of(chip.hardware.technology, chip.hardware.leaking_width)
    term, tiles = leakage(chip, 1000.0), placements(chip, 60, 5)
    kelvin = [318.15 + rises(chip, tile) * 5e-3 for tile in tiles]
    assert 0.1 < np.ptp(kelvin[0]) < 20
    assert straight([cost(term, tile) for tile in tiles], [law.power(k).sum() for k in kelvin]) < 0.02


def test_lifetime_puts_the_busiest_cluster_on_the_most_enduring_tile():
    chip = chip_of(mesh=(3, 2), spikes=np.array([30, 500, 200, 40, 350]))
    term = lifetime(chip, 1.0)
    best = min(permutations(range(6), 5), key=lambda tile: cost(term, tile))
    assert np.argsort(chip.factors)[::-1][:5].tolist() == [best[k] for k in (1, 4, 2, 3, 0)]
    assert np.all(lifetime(replace(chip, factors=np.ones(6)), 1.0).preference == 0)


def test_lifetime_reads_the_busiest_row_not_the_sum():
    chip = chip_of(mesh=(3, 2), spikes=np.array([100, 60, 10, 20, 1]))
    spikes = chip.view.graph.spikes.copy()
    spikes[chip.view.clustering.row_source[chip.view.clustering.row_ptr[4]]] = 150
    other = ClusteringView(replace(chip.view.graph, spikes=spikes), chip.view.clustering)
    term = lifetime(replace(chip, view=other), 1.0)
    best = min(permutations(range(6), 5), key=lambda tile: cost(term, tile))
    assert best[4] == chip.factors.argmax()


@pytest.mark.parametrize("name", sorted(TERMS))
@pytest.mark.parametrize("per_tile", [1, 3])
def test_weight_one_varies_as_much_as_the_traffic(name, per_tile):
    chip = chip_of(per_tile=per_tile, spikes=np.array([40_000, 3_000, 25_000, 9_000, 14_000]))
    tiles = placements(chip, 300, 6)
    hops = [int(tree_hops(chip.view.traffic, Placement(t), chip.hardware) @ chip.view.traffic.messages) for t in tiles]
    terms = [TERMS[name](chip, weight) for weight in (1.0, 3.0)]
    spread = [np.std([cost(term, t) for t in tiles]) for term in terms]
    assert 0.6 < spread[0] / np.std(hops) < 1.6
    assert spread[1] == pytest.approx(3 * spread[0], rel=0.01, abs=0)


@pytest.mark.parametrize("name", sorted(TERMS))
def test_weight_zero_costs_nothing(name):
    chip = chip_of()
    term = TERMS[name](chip, 0.0)
    assert not term.flow.any()
    assert not term.preference.any()
    assert all(cost(term, tile) == 0 for tile in placements(chip, 5, 0))


@pytest.mark.parametrize("name", sorted(TERMS))
def test_one_tile_leaves_nothing_to_choose(name):
    chip = chip_of(mesh=(1, 1), per_tile=5)
    term = TERMS[name](replace(chip, factors=np.ones(1)), 1.0)
    assert len({cost(term, t) for t in placements(chip, 5, 0)}) == 1


@pytest.mark.parametrize("name", ["thermal", "leakage"])
def test_hot_clusters_are_kept_apart_at_a_price_in_hops(name):
    """Inputs draw every cluster to the port; heat drives the two hot ones from each other."""
    chip = chip_of(mesh=(4, 4), spikes=np.array([50_000, 100, 40_000, 100, 100]))
    found = {}
    for weight in (0.0, 20.0):
        problem = PlacementProblem(chip.view.traffic, 5, chip.hardware, (TERMS[name](chip, weight),))
        found[weight] = HillClimb()(problem, Run(np.random.default_rng(0))).tile
    hops = [
        int(tree_hops(chip.view.traffic, Placement(t), chip.hardware) @ chip.view.traffic.messages)
        for t in found.values()
    ]
    heat = [float(cluster_power(chip) @ rises(chip, t)[t]) for t in found.values()]
    squares = [float((rises(chip, t) ** 2).sum()) for t in found.values()]
    assert hops[1] > hops[0]
    assert heat[1] < heat[0]
    assert squares[1] < squares[0]


def test_large_meshes_are_refused_by_name():
    chip = chip_of(mesh=(64, 33))
    for term in (thermal, leakage):
        with pytest.raises(InputError, match="2048 tiles; the chip has 2112"):
            term(chip, 1.0)
    assert resistances(chip_of(mesh=(2, 2)).hardware).shape == (4, 4)


def test_pipeline_weighs_only_what_has_a_weight():
    chip = chip_of()
    parts = (chip.view, chip.hardware)
    assert placement_terms(*parts, plan_for("default"), None) == ()
    assert placement_terms(*parts, plan_for("lifetime", terms=(("lifetime", 0.0),)), None) == ()
    both = placement_terms(*parts, plan_for("lifetime", terms=(("thermal", 2.0),)), 7)
    assert [bool(t.flow.any()) for t in both] == [False, True]
