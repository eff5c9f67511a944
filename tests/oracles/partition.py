"""Partitions counted and enumerated with sets: legality, messages, and the cheapest of all partitions of tiny networks.

Shares no snnmap code. A network is `synapses`: list of (source, neuron) pairs; clusters are (rows, columns) pairs of
sets; `home` maps a neuron to its cluster; sources without a home are external; `active` maps a source to its active
steps (0 for biases), `spikes` to its spikes (0 for biases).
"""

from itertools import product


def realisations(synapses, clusters):
    """How many clusters realise every synapse."""
    return [sum(i in rows and j in columns for rows, columns in clusters) for i, j in synapses]


def faults(synapses, clusters, home, limits):
    """What is wrong with a partition, in words; `limits` is (rows, columns, synapses)."""
    found = []
    for k, (rows, columns) in enumerate(clusters):
        inside = sum(i in rows and j in columns for i, j in synapses)
        for name, used, limit in zip(
            ("rows", "columns", "synapses"), (len(rows), len(columns), inside), limits, strict=True
        ):
            if used > limit:
                found.append(f"{name} of cluster {k}: {used} > {limit}")
        if not columns:
            found.append(f"cluster {k} is empty")
    found += [
        f"synapse {s} realised {n} times"
        for s, n in zip(synapses, realisations(synapses, clusters), strict=True)
        if n != 1
    ]
    found += [f"neuron {j} has no column at home" for j, k in home.items() if j not in clusters[k][1]]
    return found


def cost(synapses, clusters, home, spikes, active, window, unicast=False):
    """Messages: spikes to foreign clusters (or foreign synapses), and partial sums of columns away from home."""
    total = 0
    for k, (rows, columns) in enumerate(clusters):
        for i in rows:
            if home.get(i, -1) != k:
                copies = sum((i, j) in synapses for j in columns) if unicast else 1
                total += spikes[i] * copies
        for j in columns:
            if home[j] != k:
                total += min(window, sum(active[i] for i in rows if (i, j) in synapses))
    return total


def set_partitions(items):
    """All partitions of a list into blocks."""
    if not items:
        yield []
        return
    for rest in set_partitions(items[1:]):
        yield [[items[0]], *rest]
        for b in range(len(rest)):
            yield [*rest[:b], [items[0], *rest[b]], *rest[b + 1 :]]


def cheapest(synapses, spikes, active, window, limits, crossbar):
    """Least messages + crossbar x clusters over all legal partitions, every synapse placed freely, homes best.

    Every neuron must have an input.
    """
    best = None
    neurons = sorted({j for _, j in synapses})
    for blocks in set_partitions(list(synapses)):
        clusters = [({i for i, _ in b}, {j for _, j in b}) for b in blocks]
        homes = [[k for k, (_, columns) in enumerate(clusters) if j in columns] for j in neurons]
        first = dict(zip(neurons, (h[0] for h in homes), strict=True))
        if faults(synapses, clusters, first, limits):
            continue
        for chosen in product(*homes):
            home = dict(zip(neurons, chosen, strict=True))
            total = cost(synapses, clusters, home, spikes, active, window) + crossbar * len(clusters)
            best = total if best is None else min(best, total)
    return best


def cheapest_whole(synapses, spikes, active, window, limits, crossbar):
    """The same over partitions that split no neuron."""
    best = None
    neurons = sorted({j for _, j in synapses})
    for blocks in set_partitions(neurons):
        clusters = [({i for i, j in synapses if j in block}, set(block)) for block in blocks]
        home = {j: k for k, block in enumerate(blocks) for j in block}
        if not faults(synapses, clusters, home, limits):
            total = cost(synapses, clusters, home, spikes, active, window) + crossbar * len(clusters)
            best = total if best is None else min(best, total)
    return best
