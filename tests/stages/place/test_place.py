"""Every placer: legal, repeatable, exact in its bookkeeping, never better than the optimum, no worse than its start."""

import inspect
import logging
import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import placement as oracle
from support.machines import mesh

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.ir import Placement, Traffic
from snnmap.stages.place import ALGORITHMS, Anneal, HillClimb, Swarm
from snnmap.stages.place.board import board_of, slots_of, state_of
from snnmap.stages.place.kernels.swaps import anneal, keep, propose, recount, revert, swap
from snnmap.stages.place.search import start_search
from snnmap.stages.place.swarm import decoded, encoded
from snnmap.stages.protocols import Term, linear, pairwise

SEARCHES = ("hill_climb", "swarm", "anneal")
SEEDS = st.integers(0, 2**32 - 1)


def configured(name):
    """The algorithm, with a small budget."""
    return {"swarm": Swarm(particles=12, iterations=15), "anneal": Anneal(moves_per_cluster=400, min_moves=20_000)}.get(
        name, ALGORITHMS[name]()
    )


def random_traffic(rng, clusters, groups):
    plain = []
    for _ in range(groups if clusters > 1 else 0):
        sender = int(rng.integers(-1, clusters))
        others = [k for k in range(clusters) if k != sender]
        size = int(rng.integers(1, min(5, len(others)) + 1))
        targets = sorted(int(k) for k in rng.choice(others, size, replace=False))
        plain.append((sender, targets, int(rng.integers(0, 50))))
    ptr = np.cumsum([0] + [len(t) for _, t, _ in plain])
    flat = np.array([k for _, t, _ in plain for k in t], np.int32)
    moved = Traffic([s for s, _, _ in plain], ptr, flat, [m for *_, m in plain], [int(s < 0) for s, _, _ in plain])
    return moved, plain


def random_terms(rng, clusters, tiles):
    return (
        pairwise(rng.integers(-9, 10, (clusters, clusters)), rng.integers(0, 9, (tiles, tiles))),
        linear(rng.integers(0, 300, (clusters, tiles))),
        Term(
            rng.integers(0, 5, (clusters, clusters)),
            rng.integers(0, 5, (tiles, tiles)),
            rng.integers(0, 9, (clusters, tiles)),
        ),
    )


def plain_terms(terms):
    return [(t.flow.tolist(), t.distance.tolist(), t.preference.tolist()) for t in terms]


def problem(seed, *, most_clusters=12, shared=False):
    """Random (rng, traffic, plain groups, clusters, hardware, terms)."""
    rng = np.random.default_rng(seed)
    width, height = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    per_tile = int(rng.integers(1, 4)) if shared else 1
    clusters = int(rng.integers(1, min(most_clusters, width * height * per_tile) + 1))
    moved, plain = random_traffic(rng, clusters, 15)
    port = (int(rng.integers(width)), int(rng.integers(height)))
    terms = random_terms(rng, clusters, width * height) if rng.random() < 0.5 else ()
    machine = mesh(width, height, clusters_per_tile=per_tile, port=port)
    return rng, moved, plain, clusters, machine, terms


def judged(placement, plain, machine, terms):
    return oracle.cost(placement.tile.tolist(), plain, machine.mesh_width, machine.port, plain_terms(terms))


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, name=st.sampled_from(sorted(ALGORITHMS)))
def test_legal_repeatable_and_no_worse_than_its_start(seed, name):
    rng, moved, plain, clusters, machine, terms = problem(seed, shared=True)
    place = configured(name)
    slots = np.repeat(np.arange(machine.tiles), machine.clusters_per_tile)
    start = Placement(rng.permutation(slots)[:clusters])
    found = [
        place(moved, clusters, machine, rng=np.random.default_rng(seed), terms=terms, start=start) for _ in range(2)
    ]
    tile = found[0].tile
    assert tile.dtype == np.int32
    assert tile.shape == (clusters,)
    assert tile.min() >= 0
    assert tile.max() < machine.tiles
    assert np.bincount(tile).max() <= machine.clusters_per_tile
    assert np.array_equal(tile, found[1].tile)
    if name in SEARCHES:
        assert judged(found[0], plain, machine, terms) <= judged(start, plain, machine, terms)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_every_change_equals_a_recount_by_walking_paths(seed):
    rng, moved, plain, clusters, machine, terms = problem(seed, shared=True)
    board = board_of(moved, clusters, machine, terms)
    total = machine.tiles * board.per_tile
    state, cost = state_of(board, rng.permutation(total)[:clusters])
    for _ in range(20):
        p, q = int(rng.choice(state.slot)), int(rng.integers(total))
        before = (state.tile.copy(), state.hops.copy(), state.occupant.copy())
        change = swap(board, state, p, q)
        assert cost + change == judged(Placement(state.tile.copy()), plain, machine, terms)
        if rng.random() < 0.5:
            keep(board, state, p, q)
            cost += change
        else:
            revert(board, state, p, q)
            assert all(
                np.array_equal(a, b) for a, b in zip(before, (state.tile, state.hops, state.occupant), strict=True)
            )
    told = state.hops.copy()
    assert recount(board, state) == cost
    assert np.array_equal(told, state.hops)


@settings(deadline=None, max_examples=15)
@given(seed=SEEDS)
def test_annealing_keeps_its_books(seed):
    rng, moved, plain, clusters, machine, terms = problem(seed, shared=True)
    search = start_search((moved, clusters, machine), terms, None, None, None)
    assert search.cost == judged(search.placement(), plain, machine, terms)
    picks, draws = rng.integers(0, clusters, 200), rng.integers(0, 2**31, (200, 5))
    change, kept = anneal(search.board, search.state, picks, draws, rng.standard_exponential(200), 50.0, 3)
    assert search.cost + change == judged(Placement(search.state.tile.copy()), plain, machine, terms)
    assert 0 <= kept <= 200
    assert sorted(search.state.occupant[search.state.occupant >= 0].tolist()) == list(range(clusters))


TINY = 24


@cache
def tiny(seed):
    """Up to five clusters on up to eight slots, and the least cost of all placements."""
    rng = np.random.default_rng(seed)
    width, height, per_tile = [(2, 3, 1), (7, 1, 1), (2, 2, 2), (3, 2, 1)][seed % 4]
    clusters = min(width * height * per_tile, int(rng.integers(3, 6)))
    machine = mesh(width, height, clusters_per_tile=per_tile, port=(0, height - 1))
    moved, plain = random_traffic(rng, clusters, 10)
    terms = (linear(rng.integers(0, 200, (clusters, machine.tiles))),) if seed % 3 == 0 else ()
    shared = -(-clusters // machine.tiles)
    best = oracle.optimum(
        clusters,
        machine.tiles * shared,
        shared,
        lambda tiles: oracle.cost(tiles, plain, machine.mesh_width, machine.port, plain_terms(terms)),
    )
    return moved, plain, clusters, machine, terms, best


@pytest.mark.parametrize(("name", "share"), [("hill_climb", 0.7), ("anneal", 0.95), ("swarm", 0.4)])
def test_never_better_than_enumeration_and_usually_as_good(name, share):
    """`share` of the cases must be optimal, none better."""
    optimal = 0
    for seed in range(TINY):
        moved, plain, clusters, machine, terms, best = tiny(seed)
        rng = np.random.default_rng(seed)
        found = judged(configured(name)(moved, clusters, machine, rng=rng, terms=terms), plain, machine, terms)
        assert found >= best
        optimal += found == best
    assert optimal >= share * TINY


def test_hill_climb_ends_where_no_swap_helps():
    for seed in range(6):
        _, moved, plain, clusters, machine, terms = problem(seed)
        tile = HillClimb()(moved, clusters, machine, rng=np.random.default_rng(1), terms=terms).tile.tolist()
        here = oracle.cost(tile, plain, machine.mesh_width, machine.port, plain_terms(terms))
        for a in range(clusters):
            for goal in range(machine.tiles):
                other = [tile[a] if t == goal else t for t in tile]
                other[a] = goal
                assert oracle.cost(other, plain, machine.mesh_width, machine.port, plain_terms(terms)) >= here


def grid_traffic(side):
    """Clusters of a side x side grid, each sending 10 messages to its right and lower neighbours."""
    sender, targets = [], []
    for k in range(side * side):
        near = [k + 1] * (k % side < side - 1) + [k + side] * (k // side < side - 1)
        if near:
            sender.append(k)
            targets.append(near)
    ptr = np.cumsum([0] + [len(t) for t in targets])
    return Traffic(sender, ptr, [k for t in targets for k in t], np.full(len(sender), 10), np.zeros(len(sender)))


def as_plain(moved):
    ends = moved.target_ptr
    return [
        (int(s), moved.target[ends[g] : ends[g + 1]].tolist(), int(moved.messages[g]))
        for g, s in enumerate(moved.sender)
    ]


@pytest.mark.parametrize(("name", "gap"), [("anneal", 0.2), ("hill_climb", 0.7), ("swarm", 0.75)])
def test_a_shuffled_grid_is_put_back(name, gap):
    """The optimum is the grid itself: 60 (cluster, target) pairs at one hop each, 10 messages, so 600."""
    side = 6
    moved = grid_traffic(side)
    shuffle = np.random.default_rng(5).permutation(side * side)
    start = Placement(shuffle)
    found = ALGORITHMS[name]()(moved, 36, mesh(side, side), rng=np.random.default_rng(0), start=start)
    plain = as_plain(moved)
    cost = oracle.cost(found.tile.tolist(), plain, side, (0, 0))
    assert 600 <= cost <= 600 * (1 + gap)
    assert cost < 0.7 * oracle.cost(shuffle.tolist(), plain, side, (0, 0))


def test_network_inputs_pull_towards_the_port():
    moved = Traffic([-1], [0, 1], [0], [100], [1])
    for name in SEARCHES:
        found = configured(name)(moved, 1, mesh(4, 3, port=(3, 1)), rng=np.random.default_rng(0))
        assert found.tile.tolist() == [7]


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_more_clusters_than_tiles_is_infeasible(name):
    moved, _ = random_traffic(np.random.default_rng(0), 7, 5)
    with pytest.raises(InfeasibleError, match=r"tiles: need 7, have 6"):
        ALGORITHMS[name]()(moved, 7, mesh(3, 2), rng=np.random.default_rng(0))
    tile = configured(name)(moved, 7, mesh(3, 2, clusters_per_tile=2), rng=np.random.default_rng(0)).tile
    assert np.bincount(tile).max() == 2


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_tiles_are_shared_no_more_than_needed(name):
    moved, _ = random_traffic(np.random.default_rng(0), 6, 8)
    tile = configured(name)(moved, 6, mesh(3, 2, clusters_per_tile=4), rng=np.random.default_rng(0)).tile
    assert len(set(tile.tolist())) == 6


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_no_clusters_no_placement(name):
    moved, _ = random_traffic(np.random.default_rng(0), 0, 0)
    assert len(ALGORITHMS[name]()(moved, 0, mesh(2, 2), rng=np.random.default_rng(0)).tile) == 0


def test_silent_traffic_is_placed_too():
    moved = Traffic([0, 1], [0, 1, 2], [1, 0], [0, 0], [0, 0])
    for name in sorted(ALGORITHMS):
        tile = configured(name)(moved, 2, mesh(2, 2), rng=np.random.default_rng(0)).tile
        assert len(set(tile.tolist())) == 2


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ([0, 1], "places 2 clusters; there are 3"),
        ([0, 1, 9], "uses tiles 0 to 9"),
        ([0, 0, 1], "puts 2 clusters on one"),
    ],
)
def test_an_unusable_start_is_refused(start, message):
    moved, _ = random_traffic(np.random.default_rng(0), 3, 5)
    with pytest.raises(InputError, match=message):
        HillClimb()(moved, 3, mesh(2, 2), rng=np.random.default_rng(0), start=Placement(start))


def test_terms_and_traffic_of_another_size_are_refused():
    moved, _ = random_traffic(np.random.default_rng(0), 3, 5)
    wrong = (
        (pairwise(np.ones((4, 4)), np.ones((4, 4))), "4 clusters on 4 tiles"),
        (linear(np.ones((3, 5))), r"\(3, 5\)"),
    )
    for term, message in wrong:
        with pytest.raises(InputError, match=message):
            HillClimb()(moved, 3, mesh(2, 2), rng=np.random.default_rng(0), terms=(term,))
    with pytest.raises(InputError, match="scale"):
        HillClimb()(moved, 3, mesh(2, 2), rng=np.random.default_rng(0), terms=(linear(np.full((3, 4), 2**60)),) * 2)
    with pytest.raises(InputError, match="names cluster"):
        HillClimb()(moved, 1, mesh(2, 2), rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", SEARCHES)
def test_progress_is_told_and_the_deadline_kept(name):
    moved, _ = random_traffic(np.random.default_rng(0), 9, 20)
    heard = []
    ALGORITHMS[name]()(moved, 9, mesh(3, 3), rng=np.random.default_rng(0), progress=lambda *told: heard.append(told))
    assert heard[-1][0] == "place"
    bests = [told[3] for told in heard]
    assert bests == sorted(bests, reverse=True)
    late = time.monotonic() - 1.0
    start = Placement(np.arange(9)[::-1].copy())
    stopped = ALGORITHMS[name]()(moved, 9, mesh(3, 3), rng=np.random.default_rng(0), start=start, deadline=late)
    assert np.array_equal(stopped.tile, start.tile)


def test_swarm_leaves_no_trace(tmp_path, monkeypatch, capfd):
    """No report.log, no output, no change to numpy's global stream or to logging."""
    monkeypatch.chdir(tmp_path)
    moved, _ = random_traffic(np.random.default_rng(0), 5, 10)
    np.random.seed(7)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    configured("swarm")(moved, 5, mesh(3, 2), rng=np.random.default_rng(0))
    assert np.random.random() == expected  # noqa: NPY002
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == (handlers, level)


def test_swarm_without_the_descent_is_worse_than_with_it():
    moved = grid_traffic(6)
    start = Placement(np.random.default_rng(5).permutation(36))
    plain = as_plain(moved)
    cost = [
        oracle.cost(
            Swarm(finish=finish)(moved, 36, mesh(6, 6), rng=np.random.default_rng(0), start=start).tile.tolist(),
            plain,
            6,
            (0, 0),
        )
        for finish in (False, True)
    ]
    assert cost[1] < cost[0] <= oracle.cost(start.tile.tolist(), plain, 6, (0, 0))


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, clusters=st.integers(1, 9))
def test_keys_decode_to_distinct_slots_and_back(seed, clusters):
    rng = np.random.default_rng(seed)
    slots = rng.permutation(9)[:clusters]
    assert decoded(encoded(slots, 9)[None], clusters)[0].tolist() == slots.tolist()
    ties = rng.integers(0, 2, (4, 9)).astype(float)
    assert all(len(set(row)) == clusters for row in decoded(ties, clusters).tolist())


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS, radius=st.integers(1, 6))
def test_proposed_slots_exist(seed, radius):
    rng, moved, _, clusters, machine, terms = problem(seed, shared=True)
    search = start_search((moved, clusters, machine), terms, None, None, None)
    for _ in range(20):
        slot = propose(
            search.board,
            search.state,
            int(rng.integers(clusters)),
            radius,
            machine.mesh_width,
            rng.integers(0, 2**31, 5),
        )
        assert 0 <= slot < len(search.state.occupant)


def test_shared_slots_round_trip():
    start = Placement([2, 0, 2, 0, 1])
    moved, _ = random_traffic(np.random.default_rng(0), 5, 5)
    board = board_of(moved, 5, mesh(3, 1, clusters_per_tile=2), (), start)
    slots = slots_of(start, board)
    assert sorted(set(slots.tolist())) == sorted(slots.tolist())
    assert (slots // board.per_tile).tolist() == start.tile.tolist()


def test_bad_settings_are_refused():
    moved, _ = random_traffic(np.random.default_rng(0), 3, 5)
    with pytest.raises(InputError, match="particles"):
        Swarm(particles=0)
    with pytest.raises(InputError, match="window"):
        Anneal(window=0)(moved, 3, mesh(2, 2), rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="radius"):
        HillClimb(radius=-1)(moved, 3, mesh(2, 2), rng=np.random.default_rng(0))


def test_every_algorithm_takes_the_same_arguments():
    parameters = [list(inspect.signature(kind.__call__).parameters) for kind in ALGORITHMS.values()]
    assert all(names == parameters[0] for names in parameters)
    assert all(kind() == kind() for kind in ALGORITHMS.values())
