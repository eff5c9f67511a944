"""Placement terms of heat, leakage and endurance follow the physics they stand for, and weights mean what they say."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from support.crossbars import crossbars

from snnmap.analysis.routes import tree_hops
from snnmap.analysis.traffic import traffic
from snnmap.core.errors import InputError
from snnmap.hardware import load_hardware
from snnmap.ir import Placement
from snnmap.physics.leakage import Leakage
from snnmap.pipeline.compile import placement_terms
from snnmap.pipeline.plan import plan_for
from snnmap.pipeline.terms import TERMS, ChipView, cluster_power, leakage, lifetime, resistances, thermal
from snnmap.stages.place import HillClimb

SIZES = [(3, 4), (5, 2), (4, 4), (2, 2), (4, 3)]


def view_of(mesh=(3, 3), per_tile=1, seed=0, spikes=None, sizes=SIZES):
    """Five crossbars of their own inputs on a mesh of tiles."""
    graph, clustering, _ = crossbars(np.random.default_rng(seed), sizes, 1.0)
    if spikes is not None:
        counts = np.concatenate([np.repeat(spikes, [r for r, _ in sizes]), np.repeat(spikes, [c for _, c in sizes])])
        graph = replace(graph, spikes=counts)
    hardware = replace(load_hardware("pcm-mesh").resized(8, 8), mesh_width=mesh[0], mesh_height=mesh[1])
    hardware = replace(hardware, clusters_per_tile=per_tile)
    factors = np.linspace(0.8, 1.3, hardware.tiles)[np.random.default_rng(1).permutation(hardware.tiles)]
    return ChipView(graph, clustering, hardware, traffic(graph, clustering), factors)


def cost(term, tile):
    """Definition of `Term`, pair by pair."""
    total = 0
    for i, a in enumerate(tile):
        total += int(term.preference[i, a]) if term.preference.size else 0
        for j, b in enumerate(tile):
            total += int(term.flow[i, j]) * int(term.distance[a, b]) if term.flow.size else 0
    return total


def placements(view, count, seed):
    rng = np.random.default_rng(seed)
    slots = np.repeat(np.arange(view.hardware.tiles), view.hardware.clusters_per_tile)
    return [rng.permutation(slots)[: view.clustering.clusters] for _ in range(count)]


def rises(view, tile):
    power = np.bincount(tile, weights=cluster_power(view), minlength=view.hardware.tiles)
    return resistances(view.hardware) @ power


def straight(x, y):
    """Share of the variance of y that a straight line over x leaves."""
    return 1.0 - np.corrcoef(x, y)[0, 1] ** 2


def test_power_is_that_of_reads_and_firing_neurons():
    view = view_of()
    graph, h, network = view.graph, view.hardware, view.graph.network
    largest, power = np.abs(network.weight).max(), []
    row, column = 0, network.externals
    for rows, columns in SIZES:
        joules = 0.0
        for source in range(row, row + rows):
            for synapse in range(network.indptr[source], network.indptr[source + 1]):
                share = abs(network.weight[synapse]) / largest
                t = h.technology
                siemens = t["g_min"] + share * (t["g_max"] - t["g_min"])
                joules += graph.spikes[source] * h["read_voltage"] ** 2 * siemens * h["read_time"]
        joules += h["neuron_energy"] * int(graph.spikes[column : column + columns].sum())
        power.append(joules / (graph.window * graph.dt))
        row, column = row + rows, column + columns
    assert cluster_power(view) == pytest.approx(power, rel=1e-12)


def test_unprogrammed_cells_of_a_column_in_use_are_read_too():
    rng = np.random.default_rng(3)
    graph, clustering, full = crossbars(rng, [(6, 6)], 0.4)
    graph = replace(graph, spikes=np.r_[graph.spikes[:6], np.zeros(6, np.int64)])
    view = replace(view_of(), graph=graph, clustering=clustering, traffic=traffic(graph, clustering))
    t, h = view.hardware.technology, view.hardware
    siemens = np.where(full, t["g_max"], t["g_min"]).sum(axis=1)
    joules = float(graph.spikes[:6] @ siemens) * h["read_voltage"] ** 2 * h["read_time"]
    assert cluster_power(view) == pytest.approx([joules / (graph.window * graph.dt)], rel=1e-12)


@pytest.mark.parametrize("per_tile", [1, 2])
def test_thermal_follows_the_power_weighted_temperature(per_tile):
    view = view_of(per_tile=per_tile, spikes=np.array([40_000, 3_000, 25_000, 9_000, 14_000]))
    term, tiles = thermal(view, 50.0), placements(view, 60, 4)
    truth = [float(cluster_power(view) @ rises(view, tile)[tile]) for tile in tiles]
    assert straight([cost(term, tile) for tile in tiles], truth) < 1e-3
    for values in (term.flow, term.distance, term.preference):
        assert values.dtype == np.int64
    assert np.array_equal(term.flow, term.flow.T)
    assert np.array_equal(term.distance, term.distance.T)


def test_the_first_order_of_leakage_is_the_same_everywhere():
    view = view_of(mesh=(5, 3))
    sums = [rises(view, tile).sum() for tile in placements(view, 10, 2)]
    assert sums == pytest.approx([sums[0]] * 10, rel=1e-12)


@pytest.mark.parametrize("per_tile", [1, 2])
def test_leakage_follows_the_leakage_of_all_tiles(per_tile):
    view = view_of(mesh=(4, 3), per_tile=per_tile, spikes=np.array([40, 3, 25, 9, 14]) * 10**9)
    law = Leakage.of(view.hardware, view.hardware.technology, view.hardware.leaking_width)
    term, tiles = leakage(view, 1000.0), placements(view, 60, 5)
    kelvin = [318.15 + rises(view, tile) * 5e-5 for tile in tiles]
    assert 0.1 < np.ptp(kelvin[0]) < 20
    assert straight([cost(term, tile) for tile in tiles], [law.power(k).sum() for k in kelvin]) < 0.02


def test_lifetime_puts_the_busiest_cluster_on_the_most_enduring_tile():
    view = view_of(mesh=(3, 2), spikes=np.array([30, 500, 200, 40, 350]))
    term = lifetime(view, 1.0)
    best = min(permutations(range(6), 5), key=lambda tile: cost(term, tile))
    assert np.argsort(view.factors)[::-1][:5].tolist() == [best[k] for k in (1, 4, 2, 3, 0)]
    assert np.all(lifetime(replace(view, factors=np.ones(6)), 1.0).preference == 0)


def test_lifetime_reads_the_busiest_row_not_the_sum():
    view = view_of(mesh=(3, 2), spikes=np.array([100, 60, 10, 20, 1]))
    spikes = view.graph.spikes.copy()
    spikes[view.clustering.row_source[view.clustering.row_ptr[4]]] = 150
    term = lifetime(replace(view, graph=replace(view.graph, spikes=spikes)), 1.0)
    best = min(permutations(range(6), 5), key=lambda tile: cost(term, tile))
    assert best[4] == view.factors.argmax()


@pytest.mark.parametrize("name", sorted(TERMS))
@pytest.mark.parametrize("per_tile", [1, 3])
def test_weight_one_varies_as_much_as_the_traffic(name, per_tile):
    view = view_of(per_tile=per_tile, spikes=np.array([40_000, 3_000, 25_000, 9_000, 14_000]))
    tiles = placements(view, 300, 6)
    hops = [int(tree_hops(view.traffic, Placement(t), view.hardware) @ view.traffic.messages) for t in tiles]
    terms = [TERMS[name](view, weight) for weight in (1.0, 3.0)]
    spread = [np.std([cost(term, t) for t in tiles]) for term in terms]
    assert 0.6 < spread[0] / np.std(hops) < 1.6
    assert spread[1] == pytest.approx(3 * spread[0], rel=0.01)


@pytest.mark.parametrize("name", sorted(TERMS))
def test_weight_zero_costs_nothing(name):
    view = view_of()
    term = TERMS[name](view, 0.0)
    assert not term.flow.any()
    assert not term.preference.any()
    assert all(cost(term, tile) == 0 for tile in placements(view, 5, 0))


@pytest.mark.parametrize("name", sorted(TERMS))
def test_one_tile_leaves_nothing_to_choose(name):
    view = view_of(mesh=(1, 1), per_tile=5)
    term = TERMS[name](replace(view, factors=np.ones(1)), 1.0)
    assert len({cost(term, t) for t in placements(view, 5, 0)}) == 1


@pytest.mark.parametrize("name", ["thermal", "leakage"])
def test_hot_clusters_are_kept_apart_at_a_price_in_hops(name):
    """Inputs draw every cluster to the port; heat drives the two hot ones from each other."""
    view = view_of(mesh=(4, 4), spikes=np.array([50_000, 100, 40_000, 100, 100]))
    found = {}
    for weight in (0.0, 20.0):
        place = HillClimb()
        chosen = place(view.traffic, 5, view.hardware, rng=np.random.default_rng(0), terms=(TERMS[name](view, weight),))
        found[weight] = chosen.tile
    hops = [int(tree_hops(view.traffic, Placement(t), view.hardware) @ view.traffic.messages) for t in found.values()]
    heat = [float(cluster_power(view) @ rises(view, t)[t]) for t in found.values()]
    squares = [float((rises(view, t) ** 2).sum()) for t in found.values()]
    assert hops[1] > hops[0]
    assert heat[1] < heat[0]
    assert squares[1] < squares[0]


def test_large_meshes_are_refused_by_name():
    view = view_of(mesh=(64, 33))
    for term in (thermal, leakage):
        with pytest.raises(InputError, match="2048 tiles; the chip has 2112"):
            term(view, 1.0)
    assert resistances(view_of(mesh=(2, 2)).hardware).shape == (4, 4)


def test_pipeline_weighs_only_what_has_a_weight():
    view = view_of()
    parts = (view.graph, view.clustering, view.hardware, view.traffic)
    assert placement_terms(*parts, plan_for("default"), None) == ()
    assert placement_terms(*parts, plan_for("thermal", terms=(("thermal", 0.0),)), None) == ()
    both = placement_terms(*parts, plan_for("thermal", terms=(("lifetime", 2.0),)), 7)
    assert [bool(t.flow.any()) for t in both] == [False, True]
