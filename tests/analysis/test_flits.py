"""Flits of messages in their busiest step, counted one event at a time."""

from dataclasses import replace

import numpy as np
import pytest
from support.schedule_cases import random_case, view_of

from snnmap.analysis.flits import Ends, own_flits


def counted(case, sender, level, goal, partial):
    """The same from sets."""
    rows, _ = case.clusters[goal]
    if partial:
        there = case.clusters[sender][1]
        return sum(case.home[n] == goal and case.level[n] == level for n in there)
    inputs = range(case.externals)
    sources = {s for s in rows if s not in case.biases} & (
        set(inputs) if sender < 0 else {n for n, k in case.home.items() if k == sender and case.level[n] == level}
    )
    return max(sum(now.get(s, 0) for s in sources) for now in case.emitted.values())


@pytest.mark.parametrize("end_of_step", [False, True])
def test_every_pair_of_clusters(end_of_step):
    some = set()
    for seed in range(20):
        case = random_case(seed)
        view = view_of(case, None, None)
        view = view.at(replace(view.hardware.with_value("sum_bits", 64.0), end_of_step=end_of_step))
        last, far = max(case.level) + 1, len(case.clusters)
        asked = [
            (s, n, g, p)
            for s in range(-1, far)
            for n in range(last)
            for g in range(far)
            for p in (False, True)
            if (s != g or not p) and (s >= 0 or not p)
        ]
        ends = Ends(*np.array(asked, np.int64)[:, :3].T, np.array([p for *_, p in asked]))
        found = own_flits(view, ends)
        for (s, n, g, p), flits in zip(asked, found.tolist(), strict=True):
            columns = counted(case, s, n, g, p)
            most = columns * (2 if p else 1) + end_of_step
            assert flits == most or (p and flits < most), (seed, s, n, g, p)
            some.add((p, columns > 0, flits == most))
    assert {(False, True, True), (True, True, True)} <= some
