"""Random networks on random chips, scheduled, and data that is no busier than what they were scheduled for."""

from dataclasses import replace

import numpy as np
from support.executed import BITS, mapping_of
from support.schedule_cases import random_case
from support.several_chips import divided

from snnmap.hardware import Quantity
from snnmap.simulate.chip.execution import Settings, lateness, run
from snnmap.simulate.chip.machine import ARBITRATIONS, machine_of
from snnmap.simulate.chip.rates import worst_trace
from snnmap.simulate.chip.trace import in_blocks, thinned, trace_of
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule

STEPS = 24
KINDS = ("worst", "profiled", "thinned")


GRIDS = ((3, 1), (1, 3), (3, 3))
"""Ways to divide a mesh of 3 x 3 tiles among chips."""


def scheduled(rng, noc, *, several=False):
    """A random network, placed and scheduled, on a random chip, or on `several`: graph, machine.

    Recurrent networks, split neurons, shared tiles in blocks of steps and in rounds, buffers of 1, 2 and 8 messages, 1
    to 16 flits a message, with and without flits that end a step. Behind gates routers hold as many flits as the
    mapping asks for. Links between chips are slower or faster than those of a chip, and narrower or not.
    """
    shared, tokens = bool(rng.random() < 0.4), int(rng.choice([1, 2, 8]))
    forward = bool(rng.random() < 0.5)
    case = random_case(int(rng.integers(2**32)), shared=shared, forward=forward, buffer_tokens=tokens, noc=noc)
    bits = {**BITS, "spike_bits": 32 * int(rng.integers(1, 17)), "sum_bits": 32 * int(rng.integers(1, 17))}
    bits["router_buffer_flits"] = int(rng.choice([1, 2, 4]))
    times = {"hop_time": int(rng.integers(0, 12)), "flit_time": int(rng.integers(1, 9))}
    values = {key: Quantity(n, "1", "test") for key, n in bits.items()}
    values |= {key: Quantity(ns * 1e-9, "s", "test") for key, ns in times.items()}
    hardware = replace(case.hardware, values={**case.hardware.values, **values}, end_of_step=bool(rng.random() < 0.5))
    if several:
        times = {"hop_time": int(rng.integers(0, 30)), "flit_time": int(rng.integers(1, 20))}
        hardware = divided(hardware, *GRIDS[int(rng.integers(len(GRIDS)))], **times)
    sdfg, schedule = ListSchedule()(replace(case, hardware=hardware).problem, Run(np.random.default_rng(0)))
    if schedule.buffers is not None:
        hardware = hardware.with_value("router_buffer_flits", schedule.buffers)
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


def executed(rng, graph, machine, kind, *, shorter, gate=None, arbitration=None, steps=None):
    """What happens, and how late it is: times at their worst or `shorter` at random, an arbitration or any."""
    trace, row = data(rng, graph, machine, kind)
    row = row if steps is None else np.resize(row, steps)
    times = machine.times(trace)[row]
    if shorter:
        times = np.floor(times * rng.random(times.shape)).astype(np.int64)
    arbitration = arbitration or ARBITRATIONS[int(rng.integers(len(ARBITRATIONS)))]
    execution = run(machine, trace, row, Settings(arbitration, gate=gate), times=times)
    return execution, lateness(machine.mapping, execution)
