"""Random small networks with activity, and random legal clusterings of them."""

import numpy as np

from snnmap.ir import Clustering, Network, Population, SpikeGraph, Spikes

INPUTS, BIASES, NEURONS = 4, 2, 9


FIRST = INPUTS + BIASES
FRAMES, STEPS = 2, 5


def random_network(rng, density=0.5):
    populations = (
        Population("in", "input", "input", 0, (INPUTS,), 0),
        Population("bias", "bias", "bias", INPUTS, (BIASES,), 0),
        Population("n", "neuron", "recorded", FIRST, (NEURONS,), 1),
    )
    synapses = {(s, FIRST + n) for s in range(FIRST + NEURONS) for n in range(NEURONS) if rng.random() < density}
    ordered = sorted(synapses)
    indptr = np.searchsorted([s for s, _ in ordered], np.arange(FIRST + NEURONS + 1))
    post = np.array([n for _, n in ordered], np.int32)
    return Network(populations, indptr, post, np.ones(len(post)), np.ones(3), (2,)), synapses


def random_graph(rng, *, keep_events=True):
    """A random spike graph, its synapses as a set, and {source: {(frame, step)}}."""
    network, synapses = random_network(rng)
    emits = {s: {divmod(int(t), STEPS) for t in np.flatnonzero(rng.random(FRAMES * STEPS) < 0.2)} for s in range(15)}
    for bias in range(INPUTS, FIRST):
        emits[bias] = {divmod(t, STEPS) for t in range(FRAMES * STEPS)}
    sent = sorted((f, t, s) for s in emits for f, t in emits[s] if not INPUTS <= s < FIRST)
    counts = [sum(1 for f, _, _ in sent if f < frame) for frame in range(FRAMES + 1)]
    events = Spikes(counts, [t for _, t, _ in sent], [s for _, _, s in sent], np.ones(len(sent)), steps=STEPS, dt=1e-3)
    active = np.array([len(emits[s]) for s in range(15)])
    spikes = active * rng.integers(1, 3)
    graph = SpikeGraph(
        network, spikes, spikes, spikes, active, FRAMES, STEPS, 1e-3, events if keep_events else None, None, {}
    )
    return graph, synapses, emits


def random_clustering(rng, synapses):
    """A legal clustering, neuron groups x blocks of sources; also as (rows, columns) sets, and the homes."""
    group = rng.integers(0, 3, NEURONS)
    clusters = []
    for g in range(3):
        neurons = {FIRST + int(n) for n in np.flatnonzero(group == g)}
        block = rng.integers(0, rng.integers(1, 4), FIRST + NEURONS)
        for b in range(int(block.max()) + 1):
            cells = {(s, n) for s, n in synapses if n in neurons and block[s] == b}
            columns = {n for _, n in cells} | (neurons if b == 0 else set())
            clusters.append(({s for s, _ in cells}, columns))
    clusters = [c for c in clusters if c[1]]
    home = {n: int(rng.choice([k for k, c in enumerate(clusters) if n in c[1]])) for n in range(FIRST, FIRST + NEURONS)}
    record = Clustering(
        np.cumsum([0] + [len(r) for r, _ in clusters]),
        [s for r, _ in clusters for s in sorted(r)],
        np.cumsum([0] + [len(c) for _, c in clusters]),
        [n for _, c in clusters for n in sorted(c)],
        [home[n] for n in sorted(home)],
    )
    return record, clusters, home
