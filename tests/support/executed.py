"""Tiny mapped chips for the simulator: placed by hand, in whole nanoseconds, ticks of 1 ps."""

from dataclasses import replace

import numpy as np
from support.machines import mesh
from support.origins import CHIP, ORIGIN, WORKLOAD, replaced
from support.schedule_cases import NANO

from snnmap.hardware import Quantity
from snnmap.ir import Clustering, Mapping, Network, Placement, Population, Schedule, Sdfg, SpikeGraph, Spikes, Wiring
from snnmap.simulate.chip.execution import Settings, run
from snnmap.simulate.chip.machine import machine_of
from snnmap.simulate.chip.program import cast_of
from snnmap.simulate.chip.trace import trace_of

BITS = {
    "router_buffer_flits": 4,
    "flit_bits": 32,
    "spike_bits": 32,
    "sum_bits": 32,
    "memory_bits": 2**19,
    "adc_columns": 1,
}


def chip(width=4, height=1, *, noc="best-effort", end_of_step=False, buffer_tokens=2, port=(0, 0), **changed):
    """A mesh with the values above; `changed` in nanoseconds, or bits and flits."""
    values = {key: Quantity(changed.get(key, ns) * 1e-9, "s", "test") for key, ns in NANO.items()}
    values |= {key: Quantity(changed.get(key, n), "1", "test") for key, n in BITS.items()}
    bare = mesh(width, height, clusters_per_tile=9, port=port)
    return replace(bare, values=values, noc=noc, end_of_step=end_of_step, buffer_tokens=buffer_tokens)


def network_of(inputs, levels, synapses, biases=0):
    """Inputs, biases, then neurons of ascending `levels`, one population each."""
    kinds = [("in", "input", inputs, 0), ("bias", "bias", biases, 0)]
    kinds += [(f"n{k}", "neuron", 1, level) for k, level in enumerate(levels)]
    populations, first = [], 0
    for name, kind, size, level in kinds:
        populations.append(Population(name, kind, "recorded" if kind == "neuron" else kind, first, (size,), level))
        first += size
    ordered = sorted(synapses)
    indptr = np.searchsorted([s for s, _ in ordered], np.arange(first + 1))
    post = np.array([n for _, n in ordered], np.int32)
    ones = np.ones(len(populations))
    return Network(tuple(populations), indptr, post, np.ones(len(post)), ones, (len(populations) - 1,))


def graph_of(network, frames):
    """Activity `frames`: per frame, per step, {source: spikes}."""
    steps = len(frames[0])
    rows = [(t, s, n) for frame in frames for t, now in enumerate(frame) for s, n in sorted(now.items())]
    counts = np.cumsum([0] + [sum(len(now) for now in frame) for frame in frames])
    columns = [[r[k] for r in rows] for k in range(3)]
    events = Spikes(counts, *columns, steps=steps, dt=1e-3)
    table = np.array([[now.get(s, 0) for s in range(network.sources)] for frame in frames for now in frame])
    table[:, network.is_bias()] = 1
    per_frame = table.reshape(len(frames), steps, -1).sum(axis=1)
    totals = (table.sum(axis=0), per_frame.max(axis=0), table.max(axis=0), (table > 0).sum(axis=0))
    return SpikeGraph(network, *totals, len(frames), steps, 1e-3, events, None)


def clustering_of(network, clusters, home=None):
    """Clusters as (rows, columns); a neuron is at home in the first cluster that has it, or as `home` says."""
    home = home or {}
    homes = [
        home.get(n, next(k for k, c in enumerate(clusters) if n in c[1]))
        for n in range(network.externals, network.sources)
    ]
    return Clustering(
        np.cumsum([0] + [len(r) for r, _ in clusters]),
        [s for r, _ in clusters for s in sorted(r)],
        np.cumsum([0] + [len(c) for _, c in clusters]),
        [n for _, c in clusters for n in sorted(c)],
        homes,
    )


def mapping_of(network, clustering, tile, hardware, slots=None):
    """A mapping with orders by level, reads before fires; no times but those that the simulator finds itself."""
    cast = cast_of(network, clustering)
    names = cast.names()
    where = [tile[k] for k in cast.cluster[:-1].tolist()]
    turn = sorted(range(cast.port), key=lambda a: (cast.level[a], a >= cast.reads, cast.cluster[a]))
    tiles = sorted(set(where))
    order = tuple(tuple(a for a in turn if where[a] == t) for t in tiles)
    none, zeros = np.zeros(0, np.int64), np.zeros(len(names), np.int64)
    mesh_size = (hardware.mesh_width, hardware.mesh_height)
    return Mapping(
        clustering=clustering,
        placement=Placement(tile),
        wiring=Wiring(none, none),
        sdfg=Sdfg(names, zeros, zeros, none, none, none, none, none, 1e-12),
        schedule=Schedule(order, np.array(tiles, np.int32), zeros, 1, 1, (), 0, slots),
        spikes=np.zeros(network.sources, np.int64),
        active_steps=np.zeros(network.sources, np.int64),
        partial_messages=none,
        figures={},
        chip=replaced(CHIP, mesh=mesh_size),
        workload=WORKLOAD,
        origin=ORIGIN,
    )


def executed(network, frames, clusters, tile, hardware, *, home=None, slots=None, settings=None, steps=None):
    """Run the frames one after the other, or `steps` of them; and the machine."""
    clustering, graph = clustering_of(network, clusters, home), graph_of(network, frames)
    machine = machine_of(mapping_of(network, clustering, tile, hardware, slots), graph, hardware)
    trace = trace_of(machine.workings, graph.events, range(len(frames)))
    row = np.arange(steps or trace.steps) % trace.steps
    return run(machine, trace, row, settings or Settings()), machine, trace


def spans(execution):
    """{(actor, step): (start, end)} in nanoseconds."""
    start, end = execution.start // 1000, execution.end // 1000
    return {
        (name, n): (int(start[n, a]), int(end[n, a]))
        for a, name in enumerate(execution.names)
        for n in range(len(start))
    }
