"""Programs that partition graphs, beside ours: each bounds the neurons of a cluster and nothing else.

A vertex is a neuron. `metis` and `networkx` see an edge per synapse, weighed by the spikes of its source; `mtkahypar` a
net per source over its listeners and the source itself, whose cost is the messages.
"""

import numpy as np

from snnmap.core.arrays import offsets
from snnmap.ir import Clustering

TOTAL = 2**30
"""Most weight of all edges that METIS is given: it counts in 32 bits, and crashes beyond."""
SLACK = 1.024
"""Clusters over the fewest possible: what peers were measured with (162 of lenet, 799 of local100k)."""


def clusters_for(neurons, columns):
    fewest = -(-neurons // columns)
    return fewest if fewest <= 16 else int(np.ceil(SLACK * fewest))


def synapses_of(network):
    """Source and target of every synapse whose source is a neuron, numbered from the first neuron."""
    source = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    inner = source >= network.externals
    return source[inner] - network.externals, network.post[inner].astype(np.int64) - network.externals


def undirected(graph):
    """Adjacency of the neurons both ways, CSR, and the spikes over every edge."""
    source, target = synapses_of(graph.network)
    n, weight = graph.network.neurons, graph.spikes[graph.network.externals :][source]
    loop = source != target
    source, target, weight = source[loop], target[loop], weight[loop]
    key = np.concatenate([source * n + target, target * n + source])
    key, position = np.unique(key, return_inverse=True)
    total = np.bincount(position.ravel(), np.concatenate([weight, weight])).astype(np.int64)
    return offsets(np.bincount(key // n, minlength=n)), key % n, total


def metis(graph, columns):
    """Recursive bisection by METIS."""
    import pymetis

    ptr, neighbour, weight = undirected(graph)
    weight = np.maximum(1, weight // -(-int(weight.sum()) // TOTAL))  # an edge of weight 0 crashes it, too
    wanted = clusters_for(graph.network.neurons, columns)
    adjacency = pymetis.CSRAdjacency(ptr, neighbour)
    found = pymetis.part_graph(wanted, adjacency, eweights=weight.tolist(), recursive=True)
    return np.asarray(found.vertex_part)


def mtkahypar(preset):
    """Partitioner by Mt-KaHyPar with a preset: DEFAULT, LARGE_K, HIGHEST_QUALITY, ... ; one thread."""

    def partition(graph, columns):
        import mtkahypar

        network, n = graph.network, graph.network.neurons
        nets, weights = [], []
        for s in range(network.sources):
            net = (network.post[network.indptr[s] : network.indptr[s + 1]] - network.externals).tolist()
            if s >= network.externals:
                net = sorted({*net, s - network.externals})
            if len(net) > 1:
                nets.append(net)
                weights.append(int(graph.spikes[s]))
        wanted = clusters_for(n, columns)
        mtkahypar.set_seed(0)
        program = mtkahypar.initialize(1)
        context = program.context_from_preset(mtkahypar.PresetType.__members__[preset])
        context.set_partitioning_parameters(wanted, columns * wanted / n - 1, mtkahypar.Objective.KM1)
        context.logging = False
        hypergraph = program.create_hypergraph(context, n, len(nets), nets, [1] * n, weights)
        return np.asarray(hypergraph.partition(context).get_partition())

    return partition


def networkx(graph, columns):
    """Recursive Kernighan-Lin bisection until every part has at most `columns` neurons."""
    import networkx as nx

    source, target = synapses_of(graph.network)
    edges = nx.Graph()
    edges.add_nodes_from(range(graph.network.neurons))
    for n, to in zip(source.tolist(), target.tolist(), strict=True):
        edges.add_edge(n, to, weight=int(graph.spikes[graph.network.externals + n]))
    pending, parts = [list(edges)], []
    while pending:
        nodes = pending.pop()
        if len(nodes) <= columns:
            parts.append(nodes)
            continue
        halves = nx.algorithms.community.kernighan_lin_bisection(edges.subgraph(nodes), seed=0)
        pending += [sorted(half) for half in halves]
    part = np.empty(graph.network.neurons, np.int64)
    for k, nodes in enumerate(parts):
        part[nodes] = k
    return part


def clustering_of(network, part):
    """Clusters of whole neurons by their part; empty ones are left out."""
    _, part = np.unique(part, return_inverse=True)
    part = part.ravel()
    clusters, first = int(part.max()) + 1, network.externals
    source = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    row = np.unique(part[network.post - first] * network.sources + source)
    column = np.argsort(part, kind="stable")
    return Clustering(
        offsets(np.bincount(row // network.sources, minlength=clusters)),
        (row % network.sources).astype(np.int32),
        offsets(np.bincount(part, minlength=clusters)),
        (column + first).astype(np.int32),
        part.astype(np.int32),
    )


PEERS = {
    "metis": metis,
    "mtkahypar": mtkahypar("DEFAULT"),
    "mtkahypar-large-k": mtkahypar("LARGE_K"),
    "mtkahypar-highest": mtkahypar("HIGHEST_QUALITY"),
    "networkx": networkx,
}
"""Peer of every name: called with a graph and the columns of a crossbar, it says the part of every neuron."""
