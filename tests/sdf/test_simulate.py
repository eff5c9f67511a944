"""Self-timed execution against tokens, and against the guarantee that it has to keep."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dataflow import simulate
from support.dataflow_graphs import graphs, live, sdfg

from snnmap.core.errors import InputError
from snnmap.sdf.ratio import periodic
from snnmap.sdf.simulate import self_timed


@settings(max_examples=60, deadline=None)
@given(graphs(loops=True).filter(live), st.integers(0, 2**32 - 1))
def test_execution_equals_tokens_and_never_falls_below_the_guarantee(case, seed):
    time, channels = case
    steps = 12
    graph, rng = sdfg(time, channels), np.random.default_rng(seed)
    times = rng.integers(0, np.array(time) + 1, (steps, len(time)))
    start = self_timed(graph, steps, times)
    ran = simulate(len(time), channels, lambda a, k: int(times[k, a]), [steps] * len(time))
    assert start.T.tolist() == ran
    schedule = periodic(graph)
    for n in range(steps):
        for a in range(len(time)):
            assert start[n, a] <= Fraction(int(schedule.start[a]), schedule.scale) + n * schedule.period


@settings(max_examples=60, deadline=None)
@given(graphs(loops=True).filter(live))
def test_execution_at_worst_case_times_reaches_exactly_the_ratio(case):
    time, channels = case
    schedule = periodic(sdfg(time, channels))
    ran = simulate(len(time), channels, lambda a, _: time[a], [40] * len(time))
    assert self_timed(sdfg(time, channels), 40).T.tolist() == ran
    for a in schedule.critical:
        for n in range(40):
            assert ran[a][n] <= Fraction(int(schedule.start[a]), schedule.scale) + n * schedule.period
    if schedule.critical:
        a = schedule.critical[0]
        turns = sum(
            min(c[4] for c in channels if c[:2] == pair)
            for pair in pairwise([*schedule.critical, schedule.critical[0]])
        )
        for n in range(0, 40 - turns, turns):
            assert ran[a][n + turns] - ran[a][n] >= turns * schedule.period


def test_a_longer_execution_time_would_break_the_guarantee():
    graph = sdfg([3, 4], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1), (0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])
    schedule = periodic(graph)
    assert schedule.period == 7
    start = self_timed(graph, 10, np.array([3, 5]))
    assert start[9, 0] > schedule.start[0] + 9 * schedule.period


def test_times_of_another_shape_are_refused():
    with pytest.raises(InputError, match="shape"):
        self_timed(sdfg([1, 2], [(0, 1, 1, 1, 0)]), 3, np.ones((2, 2), np.int64))
