"""What a mapping guarantees is kept, to the tick: random networks and chips, any times and data within the profile.

No firing may begin later than start + n x period. A network that guarantees nothing is run all the same: it must come
to its end. `benchmarks/promises.py` runs as many as you like.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.promises import KINDS, data, executed, scheduled

from snnmap.evaluation.judgement import is_guaranteed
from snnmap.simulate.chip.execution import Settings, lateness, run
from snnmap.simulate.chip.machine import ARBITRATIONS, machine_of
from snnmap.stages.schedule import gates

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=80, deadline=None)
@given(SEEDS, st.sampled_from(KINDS), st.booleans(), st.booleans())
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("noc", ["tdm", "best-effort", "gated"])
def test_no_firing_is_later_than_the_mapping_guarantees(noc, several, seed, kind, shorter, gated):
    rng = np.random.default_rng(seed)
    graph, machine = scheduled(rng, noc, several=several)
    schedule = machine.mapping.schedule
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    _, late = executed(rng, graph, machine, kind, shorter=shorter, gate=period if gated else None)
    assert is_guaranteed(machine.mapping, machine.hardware) or noc == "best-effort"
    if is_guaranteed(machine.mapping, machine.hardware):
        assert (late.late, late.largest <= 0) == (0, True), late


def test_a_promise_that_is_a_tick_too_short_is_refuted():
    rng = np.random.default_rng(3)
    graph, machine = scheduled(rng, "tdm")
    trace, _ = data(rng, graph, machine, "worst")
    execution = run(machine, trace, np.zeros(400, np.int64))
    assert lateness(machine.mapping, execution).late == 0
    schedule = machine.mapping.schedule
    faster = replace(machine.mapping, schedule=replace(schedule, period_numerator=schedule.period_numerator - 1))
    assert lateness(faster, execution).late > 0
    latest = int(np.argmax(execution.start[0]))
    name = list(machine.mapping.sdfg.name).index(execution.names[latest])
    start = schedule.start.copy()
    start[name] = execution.start[0, latest] - 1
    earlier = replace(machine.mapping, schedule=replace(schedule, start=start))
    assert lateness(earlier, execution).largest == 1


def late_runs(noc, seeds):
    """Of some random networks, runs at the worst with firings that are late."""
    late = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        graph, machine = scheduled(rng, noc)
        for arbitration in ARBITRATIONS:
            late += executed(rng, graph, machine, "worst", shorter=False, arbitration=arbitration)[1].late > 0
    return late


def test_a_bound_without_those_that_join_is_refuted(monkeypatch):
    seeds = range(6)
    assert late_runs("gated", seeds) == 0
    none = np.zeros(0, np.int64)
    monkeypatch.setattr(gates, "_joining", lambda turns, ptr, link, links: (np.zeros_like(ptr), none))
    assert late_runs("gated", seeds) > 0


def test_routers_with_fewer_buffers_than_the_bound_asks_for_can_be_late():
    late = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        graph, machine = scheduled(rng, "gated")
        if machine.mapping.schedule.buffers > 1:
            small = machine_of(machine.mapping, graph, machine.hardware.with_value("router_buffer_flits", 1))
            assert not is_guaranteed(small.mapping, small.hardware)
            runs = [executed(rng, graph, small, "worst", shorter=False, arbitration=a)[1] for a in ARBITRATIONS]
            late += sum(run.late > 0 for run in runs)
    assert late > 0


def test_gates_open_once_a_period_however_early_who_sends_is():
    rng = np.random.default_rng(1)
    graph, machine = scheduled(rng, "gated")
    trace, row = data(rng, graph, machine, "worst")
    execution = run(machine, trace, row, Settings(), times=np.zeros((len(row), len(machine.names)), np.int64))
    schedule = machine.mapping.schedule
    assert execution.period(10, 20) == schedule.period_numerator
    assert lateness(machine.mapping, execution).late == 0
