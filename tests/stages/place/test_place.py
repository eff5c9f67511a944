"""Every placer: legal, repeatable, exact in its bookkeeping, never better than the optimum, no worse than its start."""

import inspect
import time
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.machines import mesh
from support.placement_cases import (
    cost_of,
    grid_traffic,
    least_cost,
    on_several,
    random_problem,
    random_traffic,
    run_of,
)
from support.several_chips import divided

from snnmap.analysis.routes import tree_borders
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.ir import Placement, Traffic
from snnmap.stages.place import ALGORITHMS, Anneal, Exact, HillClimb, Swarm, hill_climb
from snnmap.stages.place import anneal as annealing
from snnmap.stages.place import search as searches
from snnmap.stages.place.board import board_of, slots_of, state_of
from snnmap.stages.place.kernels.swaps import anneal, descend, keep, propose, recount, revert, swap
from snnmap.stages.place.search import Search, reach_of, start_search, swap_descent
from snnmap.stages.protocols import PlacementProblem, linear, pairwise

SEARCHES = ("hill_climb", "swarm", "anneal", "exact")
SEEDS = st.integers(0, 2**32 - 1)


def configured(name):
    """The algorithm, with a small budget."""
    small = {
        "swarm": Swarm(particles=12, iterations=15),
        "anneal": Anneal(moves_per_cluster=400, min_moves=20_000),
        "exact": Exact(effort=0.1),
    }
    return small.get(name, ALGORITHMS[name]())


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, name=st.sampled_from(sorted(ALGORITHMS)))
def test_legal_repeatable_and_no_worse_than_its_start(seed, name):
    rng = np.random.default_rng(seed)
    problem = on_several(random_problem(rng, shared=True), rng)
    machine = problem.hardware
    slots = np.repeat(np.arange(machine.tiles), machine.clusters_per_tile)
    start = Placement(rng.permutation(slots)[: problem.clusters])
    placements = [configured(name)(replace(problem, start=start), run_of(seed)) for _ in range(2)]
    tile = placements[0].tile
    assert tile.dtype == np.int32
    assert tile.shape == (problem.clusters,)
    assert tile.min() >= 0
    assert tile.max() < machine.tiles
    assert np.bincount(tile).max() <= machine.clusters_per_tile
    assert np.array_equal(tile, placements[1].tile)
    if name in SEARCHES:
        assert cost_of(problem, placements[0]) <= cost_of(problem, start)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_every_change_equals_a_recount_by_walking_paths(seed):
    rng = np.random.default_rng(seed)
    problem = on_several(random_problem(rng, shared=True), rng)
    board = board_of(problem.traffic, problem.clusters, problem.hardware, problem.terms, None, problem.border)
    total = problem.hardware.tiles * board.per_tile
    state, cost = state_of(board, rng.permutation(total)[: problem.clusters])
    for _ in range(20):
        p, q = int(rng.choice(state.slot)), int(rng.integers(total))
        before = (state.tile.copy(), state.hops.copy(), state.occupant.copy())
        change = swap(board, state, p, q)
        assert cost + change == cost_of(problem, Placement(state.tile.copy()))
        if rng.random() < 0.5:
            keep(board, state, p, q)
            cost += change
        else:
            revert(board, state, p, q)
            assert all(
                np.array_equal(a, b) for a, b in zip(before, (state.tile, state.hops, state.occupant), strict=True)
            )
    kept_hops = state.hops.copy()
    assert recount(board, state) == cost
    assert np.array_equal(kept_hops, state.hops)


@settings(deadline=None, max_examples=15)
@given(seed=SEEDS)
def test_annealing_keeps_its_books(seed):
    rng = np.random.default_rng(seed)
    problem = on_several(random_problem(rng, shared=True), rng)
    search = start_search(problem, run_of())
    assert search.cost == cost_of(problem, search.placement())
    picks, draws = rng.integers(0, problem.clusters, 200), rng.integers(0, 2**31, (200, 5))
    change, kept = anneal(search.board, search.state, picks, draws, rng.standard_exponential(200), 50.0, 3)
    assert search.cost + change == cost_of(problem, Placement(search.state.tile.copy()))
    assert 0 <= kept <= 200
    assert sorted(search.state.occupant[search.state.occupant >= 0].tolist()) == list(range(problem.clusters))


TINY = 24


@cache
def tiny(seed):
    """Up to five clusters on up to eight slots, and the least cost of all placements."""
    rng = np.random.default_rng(seed)
    width, height, per_tile = [(2, 3, 1), (7, 1, 1), (2, 2, 2), (3, 2, 1)][seed % 4]
    clusters = min(width * height * per_tile, int(rng.integers(3, 6)))
    machine = mesh(width, height, clusters_per_tile=per_tile, port=(0, height - 1))
    traffic = random_traffic(rng, clusters, 10)
    terms = (linear(rng.integers(0, 200, (clusters, machine.tiles))),) if seed % 3 == 0 else ()
    problem = PlacementProblem(traffic, clusters, machine, terms)
    return problem, least_cost(problem)


@pytest.mark.parametrize(("name", "share"), [("hill_climb", 0.7), ("anneal", 0.95), ("swarm", 0.4), ("exact", 1.0)])
def test_never_better_than_enumeration_and_usually_as_good(name, share):
    """`share` of the cases must be optimal, none better."""
    optimal = 0
    for seed in range(TINY):
        problem, best = tiny(seed)
        cost = cost_of(problem, configured(name)(problem, run_of(seed)))
        assert cost >= best
        optimal += cost == best
    assert optimal >= share * TINY


@pytest.mark.parametrize("kind", [Anneal, HillClimb, Swarm, Exact])
def test_clusters_that_talk_are_put_on_one_chip(kind):
    """Two pairs with many messages and one between them with few: the border is crossed by the few, if it costs."""
    traffic = Traffic([0, 2, 1], [0, 1, 2, 3], [1, 3, 2], [100, 100, 60], [0, 0, 0])
    machine = divided(mesh(2, 2), 2, 1)
    dear = PlacementProblem(traffic, 4, machine, border=9)
    placement = kind()(dear, run_of())
    crossed = traffic.messages * tree_borders(traffic, placement, machine)
    assert crossed.tolist() == [0, 0, 60]
    assert cost_of(dear, placement) == 100 + 100 + 60 * 9


def test_hill_climb_ends_where_no_swap_helps():
    for seed in range(6):
        problem = on_several(random_problem(np.random.default_rng(seed)), np.random.default_rng(seed))
        tile = HillClimb()(problem, run_of(1)).tile.tolist()
        here = cost_of(problem, Placement(tile))
        for a in range(problem.clusters):
            for goal in range(problem.hardware.tiles):
                other = [tile[a] if t == goal else t for t in tile]
                other[a] = goal
                assert cost_of(problem, Placement(other)) >= here


@pytest.mark.parametrize(("name", "gap"), [("anneal", 0.2), ("hill_climb", 0.7), ("swarm", 0.75)])
def test_a_shuffled_grid_is_put_back(name, gap):
    """The optimum is the grid itself: 60 (cluster, target) pairs at one hop each, 10 messages, so 600."""
    start = Placement(np.random.default_rng(5).permutation(36))
    problem = PlacementProblem(grid_traffic(6), 36, mesh(6, 6), start=start)
    cost = cost_of(problem, ALGORITHMS[name]()(problem, run_of()))
    assert 600 <= cost <= 600 * (1 + gap)
    assert cost < 0.7 * cost_of(problem, start)


def test_network_inputs_pull_towards_the_port():
    problem = PlacementProblem(Traffic([-1], [0, 1], [0], [100], [1]), 1, mesh(4, 3, port=(3, 1)))
    for name in SEARCHES:
        assert configured(name)(problem, run_of()).tile.tolist() == [7]


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_more_clusters_than_tiles_is_infeasible(name):
    problem = PlacementProblem(random_traffic(np.random.default_rng(0), 7, 5), 7, mesh(3, 2))
    with pytest.raises(InfeasibleError, match=r"tiles: need 7, have 6"):
        ALGORITHMS[name]()(problem, run_of())
    tile = configured(name)(replace(problem, hardware=mesh(3, 2, clusters_per_tile=2)), run_of()).tile
    assert np.bincount(tile).max() == 2


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_tiles_are_shared_no_more_than_needed(name):
    traffic = random_traffic(np.random.default_rng(0), 6, 8)
    tile = configured(name)(PlacementProblem(traffic, 6, mesh(3, 2, clusters_per_tile=4)), run_of()).tile
    assert len(set(tile.tolist())) == 6


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_no_clusters_no_placement(name):
    traffic = random_traffic(np.random.default_rng(0), 0, 0)
    assert len(ALGORITHMS[name]()(PlacementProblem(traffic, 0, mesh(2, 2)), run_of()).tile) == 0


def test_silent_traffic_is_placed_too():
    problem = PlacementProblem(Traffic([0, 1], [0, 1, 2], [1, 0], [0, 0], [0, 0]), 2, mesh(2, 2))
    for name in sorted(ALGORITHMS):
        assert len(set(configured(name)(problem, run_of()).tile.tolist())) == 2


THREE = PlacementProblem(random_traffic(np.random.default_rng(0), 3, 5), 3, mesh(2, 2))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ([0, 1], "places 2 clusters; there are 3"),
        ([0, 1, 9], "uses tiles 0 to 9"),
        ([0, 0, 1], "puts 2 clusters on one"),
    ],
)
def test_an_unusable_start_is_refused(start, message):
    with pytest.raises(InputError, match=message):
        HillClimb()(replace(THREE, start=Placement(start)), run_of())


def test_terms_and_traffic_of_another_size_are_refused():
    wrong = (
        ((pairwise(np.ones((4, 4)), np.ones((4, 4))),), "4 clusters on 4 tiles"),
        ((linear(np.ones((3, 5))),), r"\(3, 5\)"),
        ((linear(np.full((3, 4), 2**60)),) * 2, "scale"),
    )
    for terms, message in wrong:
        with pytest.raises(InputError, match=message):
            HillClimb()(replace(THREE, terms=terms), run_of())
    with pytest.raises(InputError, match="names cluster"):
        HillClimb()(replace(THREE, clusters=1), run_of())


@pytest.mark.parametrize("name", SEARCHES)
def test_progress_is_told_and_the_deadline_kept(name):
    problem = PlacementProblem(random_traffic(np.random.default_rng(0), 9, 20), 9, mesh(3, 3))
    heard = []
    configured(name)(problem, run_of(progress=lambda *said: heard.append(said)))
    assert {said[0] for said in heard} == {"place"}
    bests = [said[3] for said in heard]
    assert bests == sorted(bests, reverse=True)
    start = Placement(np.arange(9)[::-1].copy())
    stopped = ALGORITHMS[name]()(replace(problem, start=start), run_of(deadline=time.monotonic() - 1.0))
    assert np.array_equal(stopped.tile, start.tile)


def test_a_descent_tells_the_sweeps_that_it_has_done():
    heard = []
    problem = PlacementProblem(random_traffic(np.random.default_rng(0), 9, 20), 9, mesh(3, 3))
    run = run_of(progress=lambda *said: heard.append(said[1:3]))
    swap_descent(start_search(problem, run), run.rng, 50, 0)
    assert heard == [(done, 50) for done in range(1, len(heard) + 1)]
    assert len(heard) > 1


def test_a_descent_leaves_alone_what_a_swap_does_not_lower():
    """A cluster that the port calls from the middle of a row costs as much on either side, two hops."""
    traffic = Traffic([-1], [0, 1], [0], [1], [0])
    problem = PlacementProblem(traffic, 2, mesh(5, 1, port=(2, 0)), start=Placement([0, 4]))
    search = start_search(problem, run_of())
    clusters, slots = np.arange(2), np.arange(5)
    assert descend(search.board, search.state, clusters[1:], slots, 9) == 0  # the port does not call cluster 1
    assert descend(search.board, search.state, clusters, slots[-1:], 9) == 0  # tile 4 is as far as tile 0
    assert search.state.tile.tolist() == [0, 4]
    assert descend(search.board, search.state, clusters, slots, 9) == -2
    assert search.state.tile.tolist() == [2, 4]


@pytest.mark.parametrize(("name", "most"), [("anneal", 100), ("swarm", 200)])
def test_a_search_ends_with_a_descent_that_tells_how_long_it_may_be(name, most):
    heard = []
    problem = PlacementProblem(random_traffic(np.random.default_rng(0), 9, 20), 9, mesh(3, 3))
    configured(name)(problem, run_of(progress=lambda *said: heard.append(said[1:3])))
    assert heard[-1][1] == most


def test_a_proposal_is_what_was_drawn_in_the_window():
    """Three slots a tile on 4 x 3 tiles; cluster 0 on tile 5, at (1, 1), and cluster 3 in the corner, tile 11."""
    traffic = Traffic([0], [0, 1], [3], [1], [0])
    start = Placement([5, 5, 5, 11])
    problem = PlacementProblem(traffic, 4, mesh(4, 3, clusters_per_tile=3), start=start)
    search = start_search(problem, run_of())
    for k in range(4):
        draws = np.array([[4, 0, 3 * 7 + 2, 3 * 5 + 1, 3 * 9 + k], [8, 0, 0, 0, 0]])
        # from (0, 0) on two to the right and one down, in windows of 3 x 3
        assert propose(search.board, search.state, 0, 1, draws[0]) == (1 * 4 + 2) * 3 + k % 3
        draws[0, 0] = 5  # follow the message, to (3, 2): a window of 2 x 2, from (2, 1) on
        draws[0, 2:4] = 2 * 7 + 1, 2 * 5
        assert propose(search.board, search.state, 0, 1, draws[0]) == (1 * 4 + 3) * 3 + k % 3


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS, radius=st.integers(1, 6))
def test_proposed_slots_exist(seed, radius):
    rng = np.random.default_rng(seed)
    problem = on_several(random_problem(rng, shared=True), rng)
    search = start_search(problem, run_of())
    for _ in range(20):
        cluster, draw = int(rng.integers(problem.clusters)), rng.integers(0, 2**31, 5)
        slot = propose(search.board, search.state, cluster, radius, draw)
        assert 0 <= slot < len(search.state.occupant)


def test_shared_slots_round_trip():
    start = Placement([2, 0, 2, 0, 1])
    traffic = random_traffic(np.random.default_rng(0), 5, 5)
    board = board_of(traffic, 5, mesh(3, 1, clusters_per_tile=2), (), start)
    slots = slots_of(start, board)
    assert sorted(set(slots.tolist())) == sorted(slots.tolist())
    assert (slots // board.per_tile).tolist() == start.tile.tolist()


def test_bad_settings_are_refused():
    with pytest.raises(InputError, match="particles"):
        Swarm(particles=0)
    with pytest.raises(InputError, match="window"):
        Anneal(window=0)(THREE, run_of())
    least = {"window": 1, "moves_per_cluster": 1, "max_moves": 1}
    assert len(set(Anneal(**least)(THREE, run_of()).tile.tolist())) == 3
    for name in least:
        with pytest.raises(InputError, match="at least 1"):
            Anneal(**{**least, name: 0})(THREE, run_of())
    with pytest.raises(InputError, match="radius"):
        HillClimb(radius=-1)(THREE, run_of())
    assert len(Swarm(particles=1, iterations=1)(THREE, run_of()).tile) == 3
    with pytest.raises(InputError, match="iterations"):
        Swarm(iterations=0)
    assert len(Exact(effort=0.0, most=3)(THREE, run_of()).tile) == 3


@pytest.mark.parametrize(("limit", "descents"), [(9, 1), (12, 5), (11, 1), (13, 5)])
def test_small_meshes_are_restarted(monkeypatch, limit, descents):
    """Three clusters on four slots are twelve pairs."""
    tried = []
    monkeypatch.setattr(hill_climb, "SMALL", limit)
    monkeypatch.setattr(hill_climb, "swap_descent", lambda search, *a: tried.append(search.state.slot.tolist()))
    HillClimb()(THREE, run_of())
    assert len(tried) == descents
    assert len({tuple(slots) for slots in tried}) > descents // 2


@pytest.mark.parametrize(("clusters", "slots", "descents"), [(100, 100, 5), (73, 137, 1)])
def test_meshes_of_up_to_ten_thousand_pairs_are_small(monkeypatch, clusters, slots, descents):
    tried = []
    monkeypatch.setattr(hill_climb, "swap_descent", lambda *a: tried.append(a))
    traffic = random_traffic(np.random.default_rng(0), clusters, 5)
    HillClimb()(PlacementProblem(traffic, clusters, mesh(slots, 1)), run_of())
    assert len(tried) == descents


@pytest.mark.parametrize(("radius", "whole", "reach"), [(0, 16, 4), (0, 15, 3), (2, 16, 2), (2, 15, 2), (9, 15, 9)])
def test_a_swap_reaches_the_whole_mesh_where_pairs_are_few(monkeypatch, radius, whole, reach):
    """Two clusters on 4 x 2 slots are sixteen pairs, at most four links apart."""
    monkeypatch.setattr(searches, "WHOLE", whole)
    problem = PlacementProblem(Traffic([0], [0, 1], [1], [5], [0]), 2, mesh(4, 2))
    assert reach_of(start_search(problem, run_of()), radius) == reach


@pytest.mark.parametrize(("batch", "calls"), [(200_000, 1), (8, 2), (4, 3), (1, 3)])
def test_the_clock_is_looked_at_between_batches(monkeypatch, batch, calls):
    looked = []
    monkeypatch.setattr(searches, "BATCH", batch)
    monkeypatch.setattr(Search, "out_of_time", property(lambda search: bool(looked.append(search))))
    swap_descent(start_search(THREE, run_of()), np.random.default_rng(0), 1, 0)
    assert len(looked) == calls


def test_every_algorithm_takes_the_same_arguments():
    parameters = [list(inspect.signature(kind.__call__).parameters) for kind in ALGORITHMS.values()]
    assert all(names == ["self", "problem", "run"] for names in parameters)
    assert all(kind() == kind() for kind in ALGORITHMS.values())


@pytest.mark.parametrize("radius", [1, 2, 4, 20])
@pytest.mark.parametrize("seed", range(4))
def test_a_descent_tries_the_pairs_in_reach_in_the_order_of_the_slots(seed, radius):
    """As a loop over all slots does, from wherever the cluster is by then."""
    rng = np.random.default_rng(seed)
    problem = PlacementProblem(random_traffic(rng, 30, 60), 30, mesh(6, 4, clusters_per_tile=2), ())
    fast, slow = (start_search(problem, run_of()) for _ in range(2))
    order, goals = rng.permutation(30), rng.permutation(len(fast.state.occupant))
    change = descend(fast.board, fast.state, order, goals, radius)
    board, state, total = slow.board, slow.state, 0
    for a in order:
        for q in goals:
            tile, p, b = q // board.per_tile, int(state.slot[a]), state.occupant[q]
            far = abs(board.x[tile] - state.x[a]) + abs(board.y[tile] - state.y[a]) > radius
            if tile == state.tile[a] or 0 <= b < a or far:
                continue
            if (step := swap(board, state, p, int(q))) < 0:
                keep(board, state, p, int(q))
                total += step
            else:
                revert(board, state, p, int(q))
    assert change == total < 0
    assert fast.state.slot.tolist() == state.slot.tolist()


def test_large_networks_get_fewer_moves(monkeypatch):
    search = start_search(PlacementProblem(random_traffic(np.random.default_rng(0), 9, 20), 9, mesh(3, 3)), run_of())
    pins = np.diff(search.board.target_ptr) + (search.board.sender >= 0)
    moves = Anneal(min_moves=10)._moves(search.board, 9)
    assert moves == 9 * 2500
    monkeypatch.setattr(annealing, "WORK", 100 * (2 * int((pins**2).sum()) // 9))
    assert Anneal(min_moves=10)._moves(search.board, 9) == 100
    assert Anneal(min_moves=500)._moves(search.board, 9) == 500
    assert Anneal(min_moves=500, max_moves=50)._moves(search.board, 9) == 50
