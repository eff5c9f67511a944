"""Small placed networks for the schedule tests, as records and as plain sets."""

from dataclasses import dataclass, replace

import numpy as np
from support.machines import mesh
from support.origins import CHIP, ORIGIN, WORKLOAD

from snnmap.analysis.traffic import partial_messages, traffic
from snnmap.analysis.view import ClusteringView, View
from snnmap.hardware import Hardware, Quantity
from snnmap.ir import Clustering, Mapping, Network, Placement, Population, SpikeGraph, Spikes, Wiring
from snnmap.stages.protocols import ScheduleProblem

NANO = {
    "row_time": 1,
    "read_time": 20,
    "column_time": 2,
    "merge_time": 3,
    "hop_time": 5,
    "flit_time": 4,
    "program_time": 50,
    "adc_time": 0,
}


def chip(width=3, height=3, *, buffer_tokens=2, clusters_per_tile=1, port=(0, 1), noc="tdm", **nano) -> Hardware:
    values = {key: Quantity(ns * 1e-9, "s", "test") for key, ns in {**NANO, **nano}.items()}
    machine = mesh(width, height, clusters_per_tile=clusters_per_tile, port=port)
    return replace(machine, buffer_tokens=buffer_tokens, values={**machine.values, **values}, noc=noc)


@dataclass(frozen=True)
class Case:
    graph: SpikeGraph
    clustering: Clustering
    placement: Placement
    hardware: Hardware
    synapses: set
    level: list
    biases: set
    externals: int
    clusters: list
    home: dict
    emitted: dict

    @property
    def traffic(self):
        return traffic(self.graph, self.clustering)

    @property
    def problem(self):
        """What a scheduler is asked."""
        return ScheduleProblem(ClusteringView(self.graph, self.clustering), self.placement, self.hardware)

    @property
    def stage(self):
        """What `build_sdfg` and `frame_level` take."""
        return self.graph, self.hardware, self.clustering, self.placement, self.traffic


def mapping_of(case, sdfg, schedule):
    """A mapping of the case with that schedule, all lines wired to 0."""
    clustering = case.clustering
    wiring = Wiring(np.zeros(len(clustering.row_source)), np.zeros(len(clustering.column_neuron)))
    sums = partial_messages(case.graph, clustering)
    activity = case.graph.spikes, case.graph.active_steps, sums
    return Mapping(clustering, case.placement, wiring, sdfg, schedule, *activity, {}, CHIP, WORKLOAD, ORIGIN)


def view_of(case, sdfg, schedule):
    """View of `mapping_of`."""
    return View(mapping_of(case, sdfg, schedule), case.graph, case.hardware)


def random_case(seed, *, keep_events=True, shared=False, forward=False, buffer_tokens=2, noc="tdm", **nano) -> Case:
    """Inputs, biases and two or three levels of neurons, mixed-level clusters, partial columns.

    With any recurrence, or where `forward` with none.
    """
    rng = np.random.default_rng(seed)
    sizes = [4, 2, *(int(n) for n in rng.integers(1, 5, rng.integers(2, 4)))]
    first = np.concatenate([[0], np.cumsum(sizes)])
    populations = [
        Population("in", "input", "input", 0, (sizes[0],), 0),
        Population("bias", "bias", "bias", sizes[0], (sizes[1],), 0),
    ]
    for p, size in enumerate(sizes[2:], start=2):
        populations.append(Population(f"n{p}", "neuron", "recorded", int(first[p]), (size,), p - 1))
    level = [p.level for p in populations for _ in range(p.size)]
    externals, sources = sizes[0] + sizes[1], int(first[-1])
    synapses = sorted((s, n) for s in range(sources) for n in range(externals, sources) if rng.random() < 0.4)
    if forward:
        synapses = [(s, n) for s, n in synapses if level[s] < level[n]]
    network = Network(
        tuple(populations),
        np.searchsorted([s for s, _ in synapses], np.arange(sources + 1)),
        [n for _, n in synapses],
        np.ones(len(synapses)),
        np.ones(len(populations)),
        (len(populations) - 1,),
    )
    graph, emitted = _activity(rng, network, set(range(sizes[0], externals)), keep_events=keep_events)
    clusters, home = _clusters(rng, set(synapses), externals, sources)
    clustering = Clustering(
        np.cumsum([0] + [len(r) for r, _ in clusters]),
        [s for r, _ in clusters for s in sorted(r)],
        np.cumsum([0] + [len(c) for _, c in clusters]),
        [n for _, c in clusters for n in sorted(c)],
        [home[n] for n in sorted(home)],
    )
    tile = rng.integers(0, 9, len(clusters)) if shared else rng.permutation(9)[: len(clusters)]
    hardware = chip(buffer_tokens=buffer_tokens, clusters_per_tile=9 if shared else 1, noc=noc, **nano)
    return Case(
        graph,
        clustering,
        Placement(tile),
        hardware,
        set(synapses),
        level,
        set(range(sizes[0], externals)),
        externals,
        clusters,
        home,
        emitted,
    )


def _activity(rng, network, biases, *, keep_events):
    """A spike graph of 2 frames x 4 steps, and {(frame, step): {source: number of events}}."""
    several = rng.random(network.sources) < 0.3
    emitted = {
        (f, t): {
            s: int(rng.integers(1, 4)) if several[s] else 1
            for s in range(network.sources)
            if s not in biases and rng.random() < 0.4
        }
        for f in range(2)
        for t in range(4)
    }
    rows = [(f, t, s, n) for (f, t), now in emitted.items() for s, n in sorted(now.items())]
    frame = [sum(r[0] < f for r in rows) for f in range(3)]
    events = Spikes(frame, [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows], steps=4, dt=1e-3)
    per_step = np.array([[now.get(s, 0) for s in range(network.sources)] for now in emitted.values()])
    per_step[:, sorted(biases)] = 1
    graph = SpikeGraph(
        network,
        per_step.sum(axis=0),
        per_step.reshape(2, 4, -1).sum(axis=1).max(axis=0),
        per_step.max(axis=0),
        (per_step > 0).sum(axis=0),
        frames=2,
        steps=4,
        dt=1e-3,
        events=events if keep_events else None,
        accuracy=None,
    )
    return graph, emitted


def _clusters(rng, synapses, externals, sources):
    """Neuron groups x blocks of sources, as (rows, columns) sets; and the home of every neuron."""
    group = dict(zip(range(externals, sources), rng.integers(0, 3, sources - externals).tolist(), strict=True))
    clusters = []
    for g in range(3):
        neurons = {n for n in group if group[n] == g}
        block = rng.integers(0, rng.integers(1, 4), sources)
        for b in range(int(block.max()) + 1):
            cells = {(s, n) for s, n in synapses if n in neurons and block[s] == b}
            columns = {n for _, n in cells} | (neurons if b == 0 else set())
            clusters.append(({s for s, _ in cells}, columns))
    clusters = [c for c in clusters if c[1]]
    home = {n: int(rng.choice([k for k, c in enumerate(clusters) if n in c[1]])) for n in group}
    return clusters, home


def counted_reads(case):
    """Per cluster, (reads over the window, columns) of every level, counted step by step."""
    counted = []
    for rows, columns in case.clusters:
        counted.append([])
        for own in sorted({case.level[n] for n in columns}):
            mine = [n for n in columns if case.level[n] == own]
            heard = {s for s in rows if any((s, n) in case.synapses for n in mine)}
            reads = 0
            for frame, step in case.emitted:
                now, before = case.emitted[frame, step], case.emitted.get((frame, step - 1), {})
                late = {s for s in heard if s >= case.externals and case.level[s] >= own}
                reads += any(s in case.biases or s in (before if s in late else now) for s in heard)
            counted[-1].append((reads, len(mine)))
    return counted
