"""Two-way moves save what they say, sides hold what they can, and small cases end at the best."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hypergraphs import cut, drawn, forbidden, hypergraph, needs, with_rows

from snnmap.stages.partition.kernels.halves import grown_half
from snnmap.stages.partition.kernels.heap import pop, push, rise, sink
from snnmap.stages.partition.kernels.twoway import Room, Rows, no_rows, two_way

MANY = settings(deadline=None, max_examples=60)


def room(columns, rows=10**6, cells=10**6, more=0):
    return Room(np.array(columns), rows, cells, more, more)


@MANY
@given(st.integers(0, 10**6), st.integers(0, 4))
def test_saved_is_the_difference_of_the_cuts_and_columns_hold(seed, more):
    graph, rng = drawn(seed), np.random.default_rng(seed)
    side = rng.integers(0, 2, len(graph.width))
    most = [max(np.bincount(side, graph.width, minlength=2)[k], graph.width.sum() // 2 + 1) for k in (0, 1)]
    before = cut(graph, side)
    saved = two_way(graph, no_rows(), room(most, more=more), side, 50, 4)
    assert saved == before - cut(graph, side) >= 0
    assert all(np.bincount(side, graph.width, minlength=2) <= most)


@MANY
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_rows_cells_and_forbidden_rows_are_kept(seed, more):
    graph, rng = drawn(seed), np.random.default_rng(seed)
    rows, heard, bars = with_rows(graph, seed)
    sides = [s for s in rng.integers(0, 2, (60, len(graph.width))) if not forbidden(heard, bars, s)]
    if not sides:
        return
    side = sides[0].copy()
    most = np.array([needs(graph, rows, heard, side, which) for which in (0, 1)]).max(axis=0) + rng.integers(0, 3, 3)
    before = cut(graph, side)
    columns = (int(most[0]), int(most[0]))
    saved = two_way(graph, rows, room(columns, int(most[1]), int(most[2]), more), side, 50, 4)
    assert saved == before - cut(graph, side) >= 0
    assert not forbidden(heard, bars, side)
    for which in (0, 1):
        assert all(np.array(needs(graph, rows, heard, side, which)) <= most)


def test_most_small_cases_end_at_the_best():
    excess = []
    for seed in range(40):
        graph = drawn(seed, vertices=8, nets=10, widest=1)
        every = [np.array(s) for s in product((0, 1), repeat=8) if 3 <= sum(s) <= 5]
        best = min(cut(graph, s) for s in every)
        found = []
        for start in range(8):
            side = np.empty(8, np.int64)
            grown_half(graph, start, 4, side)
            assert np.bincount(side, minlength=2).tolist() == [4, 4]
            two_way(graph, no_rows(), room((5, 5)), side, 50, 4)
            found.append(cut(graph, side))
        assert min(found) >= best
        excess.append(min(found) - best)
    assert sum(e == 0 for e in excess) >= 38


def test_full_sides_trade_only_if_one_may_hold_more_on_the_way():
    """Two triangles, each with one vertex on the wrong side, and no column free."""
    graph = hypergraph([[0, 1], [1, 2], [0, 2], [3, 4], [4, 5], [3, 5]], [1] * 6, [1] * 6)
    wrong = np.array([0, 0, 1, 1, 1, 0])
    side = wrong.copy()
    assert two_way(graph, no_rows(), room((3, 3)), side, 50, 4) == 0
    assert two_way(graph, no_rows(), room((3, 3), more=1), side, 50, 4) == 4
    assert len(set(side[:3])) == len(set(side[3:])) == 1


def test_a_row_that_is_there_already_takes_no_other():
    """Both hear the one source, which is the one row that a side has."""
    graph, none = hypergraph([[0, 1]], [5], [1, 1]), np.zeros(2, np.int64)
    rows = Rows(np.ones(2, np.bool_), none, np.ones(2, np.int64), np.zeros(3, np.int64), np.zeros(0, np.int32))
    assert two_way(graph, rows, room((2, 2), rows=1), np.array([0, 1]), 50, 4) == 5


def test_a_side_that_is_too_full_is_relieved_first():
    graph = hypergraph([[0, 1], [1, 2], [2, 3]], [5, 5, 5], [1, 1, 1, 1])
    side = np.zeros(4, np.int64)
    assert two_way(graph, no_rows(), room((2, 2)), side, 50, 4) == -5
    assert np.bincount(side).tolist() == [2, 2]


@pytest.mark.parametrize("seed", range(10))
def test_heap_gives_the_largest_while_gains_change(seed):
    rng = np.random.default_rng(seed)
    gain, heap, place, size = rng.integers(0, 50, 30), np.empty(30, np.int64), np.full(30, -1), 0
    for entry in range(30):
        size = push(heap, place, gain, size, entry)
    left = set(range(30))
    while left:
        entry = int(rng.choice(sorted(left)))
        change = int(rng.integers(-20, 21))
        gain[entry] += change
        if change > 0:
            rise(heap, place, gain, place[entry])
        else:
            sink(heap, place, gain, place[entry], size)
        first = int(heap[0])
        assert gain[first] == max(gain[e] for e in left)
        assert all(heap[place[e]] == e for e in left)
        size = pop(heap, place, gain, size)
        assert place[first] == -1
        left.remove(first)
