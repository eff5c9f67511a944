"""What a mapping guarantees is kept, to the tick: random networks and chips, any times and data within the profile.

Recurrent networks, split neurons, shared tiles in blocks of steps and in rounds, buffers of 1, 2 and 8 messages, 1 to
16 flits a message, with and without flits that end a step. No firing may begin later than start + n x period. A network
that guarantees nothing is run all the same: it must come to its end.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.executed import BITS, mapping_of
from support.schedule_cases import random_case

from snnmap.evaluation.judgement import is_guaranteed
from snnmap.hardware import Quantity
from snnmap.simulate.chip.execution import Settings, lateness, run
from snnmap.simulate.chip.machine import ARBITRATIONS, machine_of
from snnmap.simulate.chip.rates import worst_trace
from snnmap.simulate.chip.trace import in_blocks, thinned, trace_of
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule

SEEDS = st.integers(0, 2**32 - 1)
STEPS = 24


def scheduled(rng, noc):
    """A random network, placed and scheduled, on a random chip: graph, machine."""
    shared, tokens = bool(rng.random() < 0.4), int(rng.choice([1, 2, 8]))
    forward = bool(rng.random() < 0.5)
    case = random_case(int(rng.integers(2**32)), shared=shared, forward=forward, buffer_tokens=tokens, noc=noc)
    bits = {**BITS, "spike_bits": 32 * int(rng.integers(1, 17)), "sum_bits": 32 * int(rng.integers(1, 17))}
    bits["router_buffer_flits"] = int(rng.choice([1, 2, 4]))
    times = {"hop_time": int(rng.integers(0, 12)), "flit_time": int(rng.integers(1, 9))}
    values = {key: Quantity(n, "1", "test") for key, n in bits.items()}
    values |= {key: Quantity(ns * 1e-9, "s", "test") for key, ns in times.items()}
    hardware = replace(case.hardware, values={**case.hardware.values, **values}, end_of_step=bool(rng.random() < 0.5))
    sdfg, schedule = ListSchedule()(replace(case, hardware=hardware).problem, Run(np.random.default_rng(0)))
    mapping = mapping_of(case.graph.network, case.clustering, case.placement.tile, hardware)
    return case.graph, machine_of(replace(mapping, sdfg=sdfg, schedule=schedule), case.graph, hardware)


def data(rng, graph, machine, kind):
    """Steps of data and the order in which they come: at their worst, as profiled, or with fewer events."""
    if kind == "worst":
        return worst_trace(machine, graph.events), np.zeros(STEPS, np.int64)
    events = graph.events if kind == "profiled" else thinned(graph.events, rng, rng.random())
    frames, blocks = rng.integers(0, graph.frames, STEPS // graph.steps), graph.steps // machine.block
    row = (frames[:, None] * blocks + np.arange(blocks)).ravel()
    return in_blocks(trace_of(machine.workings, events, range(graph.frames)), machine.block), row


@settings(max_examples=80, deadline=None)
@given(SEEDS, st.sampled_from(("worst", "profiled", "thinned")), st.booleans(), st.booleans())
@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
def test_no_firing_is_later_than_the_mapping_guarantees(noc, seed, kind, shorter, gated):
    rng = np.random.default_rng(seed)
    graph, machine = scheduled(rng, noc)
    trace, row = data(rng, graph, machine, kind)
    times = machine.times(trace)[row]
    if shorter:
        times = np.floor(times * rng.random(times.shape)).astype(np.int64)
    schedule = machine.mapping.schedule
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    how = Settings(ARBITRATIONS[int(rng.integers(len(ARBITRATIONS)))], gate=period if gated else None)
    execution = run(machine, trace, row, how, times=times)
    if is_guaranteed(machine.mapping, machine.hardware):
        late = lateness(machine.mapping, execution)
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
