"""Tree hops and link loads against paths walked tile by tile."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import hops
from support.machines import mesh
from support.placement_cases import groups_of, random_traffic
from support.several_chips import divided

from snnmap.analysis.routes import link_loads, tree_borders, tree_hops
from snnmap.ir import Placement, Traffic


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 6), height=st.integers(1, 6), shared=st.booleans())
def test_tree_hops_and_link_loads_equal_walked_paths(seed, width, height, shared):
    rng = np.random.default_rng(seed)
    tiles = width * height
    clusters = int(rng.integers(2, tiles + 2)) if shared else max(2, int(rng.integers(1, tiles + 1)))
    tile = rng.integers(0, tiles, clusters) if shared or clusters > tiles else rng.permutation(tiles)[:clusters]
    port = (int(rng.integers(0, width)), int(rng.integers(0, height)))
    moved = random_traffic(rng, clusters, 12, most_targets=clusters)
    where = [(int(t) % width, int(t) // width) for t in tile]
    streams = [(port if s < 0 else where[s], [where[k] for k in t], m) for s, t, m in groups_of(moved)]
    placement, machine = Placement(tile), mesh(width, height, port=port)
    assert tree_hops(moved, placement, machine).tolist() == [len(hops.tree(s, e)) for s, e, _ in streams]
    loads = link_loads(moved, placement, machine)
    assert loads.shape == (tiles, 4)
    counted = {(t, d): int(loads[t, d]) for t in range(tiles) for d in range(4) if loads[t, d]}
    assert counted == +hops.loads(streams, width)


def test_a_single_target_is_as_far_as_breadth_first_search_says():
    machine = mesh(5, 4, port=(3, 1))
    distance = hops.shortest((3, 1), 5, 4)
    for tile in range(20):
        moved = Traffic([-1], [0, 1], [0], [1], [1])
        assert tree_hops(moved, Placement([tile]), machine).tolist() == [distance[tile % 5, tile // 5]]


@pytest.mark.parametrize(
    ("targets", "links"),
    [([(2, 2)], 0), ([(4, 2), (4, 4), (4, 0)], 6), ([(3, 3), (2, 3)], 3), ([(0, 1), (0, 2), (0, 4)], 5)],
)
def test_hand_counted_trees_from_the_centre_of_a_5x5_mesh(targets, links):
    tile = [2 * 5 + 2] + [y * 5 + x for x, y in targets]
    moved = Traffic([0], [0, len(targets)], np.arange(1, len(targets) + 1), [1], [0])
    assert tree_hops(moved, Placement(tile), mesh(5, 5)).tolist() == [links]


def test_link_loads_add_up_to_messages_times_hops():
    rng = np.random.default_rng(3)
    moved = random_traffic(rng, 30, 60, most_targets=29)
    placement, machine = Placement(rng.permutation(49)[:30]), mesh(7, 7, port=(6, 0))
    loads = link_loads(moved, placement, machine)
    assert loads.sum() == np.sum(tree_hops(moved, placement, machine) * moved.messages)
    assert not loads[6::7, 0].any(), "no link leaves the mesh to the east"


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), grid=st.tuples(st.integers(1, 3), st.integers(1, 3)), border=st.integers(1, 9))
def test_links_between_chips_on_trees_are_those_of_walked_paths(seed, grid, border):
    rng = np.random.default_rng(seed)
    wide, high = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    width, height = grid[0] * wide, grid[1] * high
    clusters = max(2, int(rng.integers(1, width * height + 1)))
    tile = rng.integers(0, width * height, clusters)
    port = (int(rng.integers(0, width)), int(rng.integers(0, height)))
    moved = random_traffic(rng, clusters, 12, most_targets=clusters)
    where = [(int(t) % width, int(t) // width) for t in tile]
    trees = [hops.tree(port if s < 0 else where[s], [where[k] for k in t]) for s, t, _ in groups_of(moved)]
    crossed = [sum((a // wide, b // high) != (c // wide, d // high) for (a, b), (c, d) in tree) for tree in trees]
    placement, machine = Placement(tile), divided(mesh(width, height, port=port), *grid)
    assert tree_borders(moved, placement, machine).tolist() == crossed
    weighed = [len(tree) + (border - 1) * n for tree, n in zip(trees, crossed, strict=True)]
    assert tree_hops(moved, placement, machine, border).tolist() == weighed
    assert tree_hops(moved, placement, machine).tolist() == [len(tree) for tree in trees]
