"""Coordinates, distances, link numbers and multicast trees of a mesh against walked paths and breadth-first search."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import hops

from snnmap.hardware import Mesh, load_hardware
from snnmap.hardware.kernels.mesh import hops_of

SIDES = st.integers(1, 6)
SEEDS = st.integers(0, 2**32 - 1)


def test_tiles_are_numbered_row_by_row():
    mesh = load_hardware("pcm-mesh-shared").topology
    assert (mesh.width, mesh.height, mesh.tiles) == (4, 4, 16)
    assert [mesh.xy(t) for t in (0, 3, 4, 15)] == [(0, 0), (3, 0), (0, 1), (3, 3)]
    x, y = mesh.xy(np.arange(16))
    assert (x.tolist(), y.tolist()) == ([0, 1, 2, 3] * 4, [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4)
    assert mesh.tile(x, y).tolist() == list(range(16))
    assert mesh.tile(1, 2) == 9


@given(SIDES, SIDES)
def test_hops_are_those_of_breadth_first_search(width, height):
    mesh = Mesh(width, height)
    tiles = np.arange(mesh.tiles)
    for start in tiles:
        shortest = hops.shortest((start % width, start // width), width, height)
        assert mesh.hops(start, tiles).tolist() == [shortest[t % width, t // width] for t in tiles]


@given(SIDES, SIDES, SEEDS)
def test_links_of_a_tree_lead_on_from_each_other(width, height, seed):
    mesh = Mesh(width, height)
    origin, from_port, goals = random_trees(seed, width, height)
    port_tile = int(np.random.default_rng(seed).integers(mesh.tiles))
    origin = np.where(from_port, port_tile, origin)
    ptr = np.cumsum([0, *map(len, goals)])
    tree_ptr, link = mesh.trees(origin, mesh.entries(origin, from_port), ptr, np.concatenate(goals))
    begin, end = mesh.ends(link, port_tile)
    for g, goal in enumerate(goals):
        own = slice(tree_ptr[g], tree_ptr[g + 1])
        reached = [t for t in end[own].tolist() if t >= 0]
        assert sorted(reached) == sorted(set(reached))
        assert {t for t in begin[own].tolist() if t >= 0} == (set(reached) if len(goal) else set())
        assert sorted(link[own][end[own] < 0].tolist()) == sorted({mesh.exit(int(t)) for t in goal})
        assert sorted(begin[own][end[own] < 0].tolist()) == sorted({int(t) for t in goal})


def random_trees(seed, width, height):
    """Origins, whether they are the port's, and goals: sometimes none, the origin itself, or a tile twice."""
    rng = np.random.default_rng(seed)
    tiles, trees = width * height, 8
    goals = [rng.integers(0, tiles, rng.integers(0, tiles + 2)) for _ in range(trees)]
    return rng.integers(0, tiles, trees), rng.random(trees) < 0.3, goals


def pointers(goals):
    return np.cumsum([0] + [len(g) for g in goals]), np.concatenate(goals).astype(np.int64)


@settings(deadline=None, max_examples=80)
@given(SEEDS, SIDES, SIDES)
def test_trees_are_the_union_of_walked_paths_with_the_links_in_and_out(seed, width, height):
    mesh = Mesh(width, height)
    origin, from_port, goals = random_trees(seed, width, height)
    entry = np.where(from_port, mesh.port_entry, mesh.entry(origin))
    ptr, link = mesh.trees(origin, entry, *pointers(goals))
    assert len(link) == ptr[-1]
    for g, reached in enumerate(goals):
        found = link[ptr[g] : ptr[g + 1]].tolist()
        assert len(set(found)) == len(found)
        start = (origin[g] % width, origin[g] // width)
        between = hops.loads([(start, [(t % width, t // width) for t in reached], 1)], width)
        expected = {4 * t + d for t, d in between} | {5 * mesh.tiles + int(t) for t in reached}
        if len(reached):
            expected.add(6 * mesh.tiles if from_port[g] else 4 * mesh.tiles + int(origin[g]))
        assert set(found) == expected
        assert max(found, default=0) < mesh.links


@settings(deadline=None, max_examples=80)
@given(SEEDS, SIDES, SIDES)
def test_counted_trees_have_as_many_links_as_walked_ones(seed, width, height):
    mesh = Mesh(width, height)
    origin, _, goals = random_trees(seed, width, height)
    ptr, goal = pointers(goals)
    out, link = mesh.trees(origin, mesh.entry(origin), ptr, goal)
    x, y = mesh.xy(np.arange(mesh.tiles, dtype=np.int32))
    reach = np.zeros((2, width), np.int64)
    for g, start in enumerate(origin.tolist()):
        walked = link[out[g] : out[g + 1]]
        counted = hops_of(mesh.xy(start), ptr[g], ptr[g + 1], goal.astype(np.int32), x, y, reach)
        assert counted == np.sum(walked < 4 * mesh.tiles)
        assert not reach.any()
