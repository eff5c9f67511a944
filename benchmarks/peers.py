"""Programs that partition graphs and are no choice of snnmap: presets that do not repeat, and networkx.

Each bounds the neurons of a cluster and nothing else, and says for every neuron its cluster.
"""

import numpy as np

from snnmap.stages.partition.vertices import clusters_for, edges_of, nets_of

SPARE = 0.024
"""Clusters beyond the fewest: what peers were measured with (162 of lenet, 799 of local100k)."""


def mtkahypar(preset):
    """Partitioner by Mt-KaHyPar with a preset; one thread."""

    def partition(graph, columns):
        import mtkahypar

        neurons, nets = graph.network.neurons, nets_of(graph)
        wanted = clusters_for(neurons, columns, SPARE)
        if wanted == 1:
            return np.zeros(neurons, np.int64)
        mtkahypar.set_seed(0)
        program = mtkahypar.initialize(1)
        context = program.context_from_preset(mtkahypar.PresetType.__members__[preset])
        context.set_partitioning_parameters(wanted, columns / -(-neurons // wanted) - 1, mtkahypar.Objective.KM1)
        context.logging = False
        pins = [pins.tolist() for pins in np.split(nets.pin, nets.indptr[1:-1])]
        hypergraph = program.create_hypergraph(context, neurons, len(pins), pins, [1] * neurons, nets.weight.tolist())
        return np.asarray(hypergraph.partition(context).get_partition(), np.int64)

    return partition


def networkx(graph, columns):
    """Recursive Kernighan-Lin bisection until every part has at most `columns` neurons."""
    import networkx as nx

    found = edges_of(graph)
    edges = nx.Graph()
    edges.add_nodes_from(range(graph.network.neurons))
    source = np.repeat(np.arange(graph.network.neurons), np.diff(found.indptr))
    edges.add_weighted_edges_from(zip(source.tolist(), found.neighbour.tolist(), found.weight.tolist(), strict=True))
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


PEERS = {
    "mtkahypar-default": mtkahypar("DEFAULT"),
    "mtkahypar-large-k": mtkahypar("LARGE_K"),
    "mtkahypar-highest": mtkahypar("HIGHEST_QUALITY"),
    "networkx": networkx,
}
"""Peer of every name."""
