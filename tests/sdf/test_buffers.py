"""Buffer sizes against throughput: every size by brute force on small graphs, and published Pareto points."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from support.dataflow_graphs import multirate
from support.phased_graphs import cyclostatic, phased_graph
from support.published_graphs import EXAMPLE, MODEM, SAMPLE_RATE, SATELLITE, h263

from snnmap.core.errors import InputError
from snnmap.sdf.buffers import bounded, bounds_of, fastest, greedy, pareto, shrunk, sufficient
from snnmap.sdf.throughput import analyse

WIDE = 5
"""Steps above the least that brute force tries."""


def brute_force(graph, bounds, auto_concurrency=False):
    """{total: least period} over all sizes, from one token up; deadlocks left out."""
    found = {}
    tops = [least + WIDE * step for least, step in zip(bounds.least, bounds.step, strict=True)]
    tokens = graph.tokens[bounds.channel].tolist()
    for sizes in product(*(range(low, top + 1) for low, top in zip(tokens, tops, strict=True))):
        answer = analyse(bounded(graph, bounds.channel, sizes), auto_concurrency=auto_concurrency)
        if answer.live:
            total = bounds.total(sizes)
            found[total] = min(answer.period, found.get(total, answer.period))
    return found


def front_of(found, target):
    """Totals below which the period is longer, up to the one of `target`."""
    points = []
    for total in sorted(found):
        if not points or found[total] < points[-1][1]:
            points.append((total, found[total]))
    ends = [k for k, (_, period) in enumerate(points) if period <= target]
    return points[: ends[0] + 1] if ends else None


def small(graph):
    bounds = bounds_of(graph)
    space = np.prod([least + WIDE * step for least, step in zip(bounds.least, bounds.step, strict=True)])
    assume(0 < len(bounds.channel) <= 3 and space <= 3000)
    return bounds


@settings(max_examples=25, deadline=None)
@given(multirate())
def test_all_sizes_of_small_graphs(case):
    time, channels = case
    graph = phased_graph([[t] for t in time], [(s, t, [p], [c], n) for s, t, p, c, n in channels if s != t])
    compared(graph, small(graph))


@settings(max_examples=15, deadline=None)
@given(cyclostatic())
def test_all_sizes_of_small_graphs_with_phases(case):
    time, channels = case
    graph = phased_graph(time, [c for c in channels if c[0] != c[1]])
    compared(graph, small(graph))


def compared(graph, bounds):
    target = fastest(bounds)
    assume(target is not None)
    expected = front_of(brute_force(graph, bounds), target)
    found = pareto(bounds, target, 5000)
    assert found is not None
    assert found[-1].period == target
    if expected is not None:
        assert [(point.total, point.period) for point in found] == expected
    path = greedy(bounds, target)
    assert path[-1].period == target
    assert path[-1].total >= found[-1].total
    assert path[0].total >= found[0].total
    totals = [point.total for point in path]
    assert totals == sorted(set(totals))
    for point in (path[-1], shrunk(bounds, sufficient(bounds, target), target)):
        assert point.period == bounds.judged(point.sizes)[0] == target
        for buffer, size in enumerate(point.sizes):
            less = bounds.larger(point.sizes, buffer, -1)
            period = bounds.judged(less)[0] if size > bounds.least[buffer] else None
            assert period is None or period > target


@pytest.mark.parametrize(
    ("graph", "points"),
    [
        (EXAMPLE, [(6, 7), (8, 6), (9, 5), (10, 4)]),
        (SAMPLE_RATE, [(32, 1088), (33, 1029), (34, 960)]),
        (MODEM, [(38, 32), (39, 18), (40, 16)]),
        (SATELLITE, [(1542, 1320), (1544, 1056)]),
    ],
    ids=["example", "sample rate", "modem", "satellite"],
)
def test_published_trade_offs(graph, points):
    """The first and last total are those of the table of Stuijk, Geilen & Basten, DAC 2006 (recalled); all are ours."""
    bounds = bounds_of(graph)
    target = fastest(bounds)
    assert [(point.total, point.period) for point in pareto(bounds, target, 2000)] == points
    path = greedy(bounds, target)
    assert [(path[k].total, path[k].period) for k in (0, -1)] == [points[0], points[-1]]


def test_the_decoder_of_the_paper_needs_4753_tokens_to_run():
    """Recalled, for frames of 2,376 blocks; how many keep it fastest depends on times that we do not know."""
    bounds = bounds_of(h263(2376))
    assert sum(bounds.least) == 4753
    assert bounds.judged(bounds.least)[0] is not None
    for buffer in range(3):
        assert bounds.judged(bounds.larger(bounds.least, buffer, -1))[0] is None
    few = bounds_of(h263(594))
    target = fastest(few)
    assert target == 594 * 559
    best = shrunk(few, sufficient(few, target), target)
    assert best.period == target
    assert best.total == pareto(few, target, 2000)[-1].total


@pytest.mark.parametrize(
    ("graph", "firings"),
    [(SAMPLE_RATE, 612), (MODEM, 48), (SATELLITE, 4515)],
    ids=["sample rate", "modem", "satellite"],
)
def test_published_repetition_vectors(graph, firings):
    answer = analyse(graph)
    assert answer.live
    assert sum(answer.repetition) == firings
    assert answer.period == fastest(bounds_of(graph))


def test_weights_choose_the_cheaper_buffer():
    """Two ways around one cycle: either buffer breaks it."""
    channels = [(0, 1, [1], [1], 0), (0, 2, [1], [1], 0), (2, 1, [1], [1], 0)]
    graph = phased_graph([[3], [3], [3]], channels)
    for weight in ((1, 10, 10), (10, 1, 1)):
        bounds = bounds_of(graph, weight=weight)
        target = fastest(bounds)
        found = pareto(bounds, target, 1000)[-1]
        assert found.total == bounds.total(found.sizes)
        assert found.total == front_of(brute_force(graph, bounds), target)[-1][0]


def test_a_search_that_is_too_long_gives_none_and_a_shrink_stops():
    bounds = bounds_of(h263(50))
    target = fastest(bounds)
    assert pareto(bounds, target, 2) is None
    wide = sufficient(bounds, target)
    assert shrunk(bounds, wide, target, most=0).sizes == wide


def test_inconsistent_graphs_have_no_buffers():
    with pytest.raises(InputError, match="rates are inconsistent on channel c1"):
        bounds_of(phased_graph([[1], [1]], [(0, 1, [1], [1], 0), (0, 1, [2], [1], 0)]))


def test_a_channel_to_itself_has_no_buffer_and_chosen_ones_have():
    graph = phased_graph([[1], [2]], [(0, 0, [1], [1], 1), (0, 1, [1], [1], 0), (0, 1, [1], [1], 2)])
    assert bounds_of(graph).channel.tolist() == [1, 2]
    assert bounds_of(graph).least == (1, 2)
    assert bounds_of(graph, channel=[2]).channel.tolist() == [2]
