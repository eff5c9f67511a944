"""Partition: ours against networkx Kernighan-Lin and METIS, in one run.

    python benchmarks/partition.py [WORKLOAD ...] [--networkx-limit NEURONS]

The peers bound the neurons of a cluster and nothing else: `over rows` counts their clusters that no crossbar can hold.
Messages are spikes x destination clusters, network inputs included; ours add the partial sums of split neurons.
"""

import argparse
import time

import networkx as nx
import numpy as np

from snnmap.analysis.bounds import lower_bounds
from snnmap.analysis.traffic import traffic
from snnmap.frontend import LoadOptions
from snnmap.hardware import load_hardware
from snnmap.pipeline.profile import profile
from snnmap.stages.partition import ALGORITHMS


def peer_figures(graph, part, rows):
    """Clusters, messages and clusters over the row limit of a partition of the neurons (no column is split)."""
    network = graph.network
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    clusters = int(part.max()) + 1
    pairs = np.unique(pre * clusters + part[network.post - network.externals])
    source, cluster = pairs // clusters, pairs % clusters
    home = np.full(network.sources, -1)
    home[network.externals :] = part
    sent = (home[source] != cluster) & ~network.is_bias()[source]
    listened = np.bincount(cluster, minlength=clusters)
    return clusters, int(graph.spikes[source[sent]].sum()), int(np.count_nonzero(listened > rows))


def neuron_graph(graph):
    network = graph.network
    edges = nx.Graph()
    edges.add_nodes_from(range(network.neurons))
    for n in range(network.externals, network.sources):
        for target in network.post[network.indptr[n] : network.indptr[n + 1]]:
            edges.add_edge(n - network.externals, int(target) - network.externals, weight=int(graph.spikes[n]) + 1)
    return edges


def networkx_partition(graph, columns):
    """Recursive Kernighan-Lin bisection until every part has at most `columns` neurons."""
    edges = neuron_graph(graph)
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


def metis_partition(graph, columns):
    import pymetis

    edges = neuron_graph(graph)
    wanted = -(-graph.network.neurons // columns)
    _, part = pymetis.part_graph(wanted, adjacency=[list(edges[n]) for n in range(graph.network.neurons)])
    return np.array(part)


def show(program, crossbars, messages, over, seconds):
    print(f"  {program:24s} {crossbars:9,} {messages:14,} {over:>10} {seconds:9.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", default=["digitrecog-mlp", "mnist-mlp", "nmnist-cnn", "lenet"])
    parser.add_argument("--networkx-limit", type=int, default=1000, help="neurons up to which networkx is run")
    parser.add_argument("--hw", default="pcm-mesh")
    options = parser.parse_args()
    chip = load_hardware(options.hw)
    small = profile("digitrecog-mlp", LoadOptions(samples=1))
    for algorithm in ALGORITHMS.values():  # compile the kernels outside the measured time
        algorithm()(small, chip, rng=np.random.default_rng(0))
    for name in options.workloads:
        graph = profile(name)
        network = graph.network
        print(f"{name}: {network.neurons:,} neurons, {network.synapses:,} synapses, {chip.rows} x {chip.columns}")
        print(f"  crossbars at least {max(lower_bounds(graph.network, chip).values())}")
        print(f"  {'program':24s} {'clusters':>9s} {'messages':>14s} {'over rows':>10s} {'CPU s':>9s}")
        for key, algorithm in ALGORITHMS.items():
            start = time.process_time()
            clustering = algorithm()(graph, chip, rng=np.random.default_rng(0))
            seconds = time.process_time() - start
            show(f"snnmap {key}", clustering.clusters, traffic(graph, clustering).delivered, 0, seconds)
        peers = {"networkx KL": networkx_partition, "METIS": metis_partition}
        for peer, partition in peers.items():
            if peer == "networkx KL" and graph.network.neurons > options.networkx_limit:
                print(f"  {peer:24s} not run above {options.networkx_limit} neurons (--networkx-limit)")
                continue
            try:
                start = time.process_time()
                part = partition(graph, chip.columns)
                seconds = time.process_time() - start
            except ImportError:
                print(f"  {peer:24s} not installed (pip install pymetis)")
                continue
            show(peer, *peer_figures(graph, part, chip.rows), seconds)


if __name__ == "__main__":
    main()
