"""Cool placements: no hop more, never hotter, and temperatures against an independent count."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from oracles import hops as oracle
from support.machines import mesh
from support.placement_cases import random_traffic

from snnmap.analysis.routes import tree_hops
from snnmap.physics.thermal import ChipThermal
from snnmap.stages.place import Anneal, Cool, cool
from snnmap.stages.place.cool import cooler, temperatures
from snnmap.stages.protocols import PlacementProblem, Run, TileHeat

SMALL = {"min_moves": 2000, "moves_per_cluster": 50}


def case(seed, clusters=6, width=3, height=3, groups=8):
    rng = np.random.default_rng(seed)
    chip = ChipThermal(width, height, lateral=0.02, vertical=0.01, common=40.0, own=20.0)
    heat = TileHeat(rng.uniform(0, 1e-3, clusters), rng.uniform(0, 5e-4, clusters), 1e-6, 30.0, chip)
    traffic = random_traffic(rng, clusters, groups)
    return PlacementProblem(traffic, clusters, mesh(width, height), heat=lambda: heat)


def run(seed=0):
    return Run(np.random.default_rng(seed))


def hops(problem, placement):
    return int((tree_hops(problem.traffic, placement, problem.hardware) * problem.traffic.messages).sum())


def rises(problem, tile):
    """Of every cluster, link by link, from the resistance matrix."""
    heat, width, traffic = problem.heat(), problem.hardware.mesh_width, problem.traffic
    power = np.zeros(problem.hardware.tiles)
    for k, t in enumerate(tile):
        power[t] += heat.power[k]
    for g in range(len(traffic.sender)):
        sender = traffic.sender[g]
        at = problem.hardware.port_tile if sender < 0 else tile[sender]
        ends = [tile[k] for k in traffic.target[traffic.target_ptr[g] : traffic.target_ptr[g + 1]]]
        links = oracle.tree((at % width, at // width), [(t % width, t // width) for t in ends])
        for (x, y), _ in links:
            power[y * width + x] += heat.message * traffic.messages[g]
    return (heat.chip.matrix() @ power)[list(tile)] + heat.above * np.array(heat.array)


def test_temperatures_are_those_of_every_router_on_the_way():
    for seed in range(5):
        problem = case(seed)
        tile = np.random.default_rng(seed).permutation(9)[:6].astype(np.int32)
        found = temperatures(problem, problem.heat(), tile, problem.hardware)
        np.testing.assert_allclose(found, rises(problem, tile), rtol=1e-9)


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_no_hop_more_and_never_hotter(seed, few):
    problem = case(seed)
    if few:  # so that a message more costs next to nothing, and is refused all the same
        traffic = replace(problem.traffic, messages=np.minimum(problem.traffic.messages, 1))
        problem = replace(problem, traffic=traffic)
    before, after = Anneal(**SMALL)(problem, run(seed)), Cool(**SMALL)(problem, run(seed))
    assert hops(problem, after) <= hops(problem, before)
    assert len(set(after.tile.tolist())) == problem.clusters
    assert rises(problem, after.tile).max() <= rises(problem, before.tile).max() * (1 + 1e-9)
    assert Cool(**SMALL)(problem, run(seed)).tile.tolist() == after.tile.tolist()


def test_without_messages_it_is_near_the_coolest_of_all():
    best = 0
    for seed in range(6):
        problem = case(seed, clusters=4, width=3, height=2, groups=0)
        found = rises(problem, Cool(**SMALL)(problem, run()).tile).max()
        least = min(rises(problem, p).max() for p in permutations(range(6), 4))
        assert found <= 1.05 * least
        best += found <= least * (1 + 1e-6)
    assert best >= 4


def test_nobody_who_knows_the_heat_and_no_time_mean_anneal():
    problem = case(3)
    blind = PlacementProblem(problem.traffic, problem.clusters, problem.hardware)
    wanted = Anneal(**SMALL)(blind, run()).tile.tolist()
    assert Cool(**SMALL)(blind, run()).tile.tolist() == wanted
    nothing = PlacementProblem(random_traffic(np.random.default_rng(0), 0, 0), 0, problem.hardware, heat=problem.heat)
    assert len(Cool()(nothing, run()).tile) == 0


def test_the_hottest_counts_first_then_the_mean():
    assert cooler(np.array([1.0, 2.0]), np.array([0.0, 3.0]))
    assert not cooler(np.array([0.0, 3.0]), np.array([1.0, 2.0]))
    assert cooler(np.array([1.0, 3.0]), np.array([2.0, 3.0]))
    assert not cooler(np.array([1.0, 3.0]), np.array([1.0, 3.0]))


def test_differences_that_are_rounding_decide_nothing():
    """A billionth of the hottest is rounding: for the hottest crossbar, which then counts as equal, and the mean."""
    hot = np.array([1.0, 4.0])
    for by, better in ((-3e-9, False), (-5e-9, True)):
        assert cooler(hot + np.array([0.0, by]), hot) is better
    assert not cooler(hot + np.array([0.0, 3e-9]), hot)
    assert cooler(hot + np.array([-1.0, 3e-9]), hot)
    assert not cooler(hot + np.array([-1.0, 5e-9]), hot)
    for by, better in ((-7e-9, False), (-9e-9, True)):  # a mean of two
        assert cooler(hot + np.array([by, 0.0]), hot) is better


@pytest.mark.parametrize("tries", [1, 2, 5])
def test_no_more_temperatures_are_worked_out_than_allowed(monkeypatch, tries):
    asked = []
    monkeypatch.setattr(cool, "TRIES", tries)
    monkeypatch.setattr(cool, "temperatures", lambda *a: asked.append(a) or temperatures(*a))
    problem = case(1, groups=0)
    Cool(**SMALL)(problem, run())
    assert len(asked) == 1 + tries


@pytest.mark.parametrize(("pairs", "all_of_them"), [(54, True), (53, False)])
def test_pairs_are_all_of_them_or_drawn(monkeypatch, pairs, all_of_them):
    """Six clusters on nine slots: 54 pairs, each once, or as many as are looked at, drawn."""
    seen = []
    monkeypatch.setattr(cool, "PAIRS", pairs)
    drawn = cool._pairs
    monkeypatch.setattr(cool, "_pairs", lambda *a: seen.append(drawn(*a)) or seen[-1])
    problem = case(2, groups=0)
    Cool(**SMALL)(problem, run())
    assert all(len(each) == pairs for each in seen)
    assert all((len({tuple(pair) for pair in each.tolist()}) == 54) is all_of_them for each in seen)
    assert all(len(set(each[:, 0].tolist())) == 6 and each[:, 1].max() <= 8 for each in seen)


def test_the_only_exchange_on_offer_is_made_where_it_is_cooler(monkeypatch):
    """Two clusters that send nothing on four tiles, so a slot is a tile and no exchange changes the hops."""
    problem = case(5, clusters=2, width=2, height=2, groups=0)
    start = Anneal(**SMALL)(problem, run()).tile.tolist()
    made = []
    for cluster, slot in ((k, q) for k in range(2) for q in range(4) if q != start[k]):
        pair = np.array([[start[cluster], slot]])
        monkeypatch.setattr(cool, "_pairs", lambda *_, pair=pair: pair)
        other = [start[cluster] if t == slot else t for t in start]
        other[cluster] = slot
        made.append(cooler(rises(problem, other), rises(problem, start)))
        assert Cool(**SMALL)(problem, run()).tile.tolist() == (other if made[-1] else start)
    assert set(made) == {True, False}


def test_where_an_exchange_is_not_cooler_everything_is_back():
    """A placement that is coolest already stays as it is."""
    problem = case(4, clusters=4, width=2, height=2, groups=0)
    best = min(permutations(range(4)), key=lambda p: (round(rises(problem, p).max(), 9), rises(problem, p).mean()))
    start = replace(problem, start=cool.Placement(np.array(best, np.int32)))
    after = Cool(**SMALL)(start, run()).tile
    assert rises(problem, after).max() <= rises(problem, best).max() * (1 + 1e-9)
