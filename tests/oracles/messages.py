"""Which messages a clustered network sends, counted spike by spike with sets and dictionaries.

Shares no snnmap code. A network is `synapses`: set of (source, neuron); clusters are (rows, columns) pairs of sets;
`home` maps a neuron to its cluster; `emits` maps a source to its set of (frame, step).
"""

from collections import Counter


def spike_groups(clusters, home, spikes, biases):
    """Counter of (kind, sender, targets) over spikes of neurons (kind 0) and network inputs (kind 1)."""
    groups = Counter()
    for source in sorted(spikes):
        if source in biases:
            continue
        sender = home.get(source, -1)
        targets = tuple(k for k, (rows, _) in enumerate(clusters) if source in rows and k != sender)
        if targets:
            groups[0 if source in home else 1, sender, targets] += spikes[source]
    return groups


def own_inputs(synapses, rows, neuron, biases):
    return {source for source in rows if (source, neuron) in synapses and source not in biases}


def partial_sums(synapses, clusters, home, emits, biases):
    """{(cluster, neuron): messages} of every column away from its home."""
    sums = {}
    for k, (rows, columns) in enumerate(clusters):
        for neuron in columns:
            if home[neuron] != k:
                inputs = own_inputs(synapses, rows, neuron, biases)
                sums[k, neuron] = len(set().union(*(emits[source] for source in inputs)))
    return sums


def partial_groups(sums, home):
    groups = Counter()
    for (k, neuron), messages in sums.items():
        groups[2, k, (home[neuron],)] += messages
    return groups
