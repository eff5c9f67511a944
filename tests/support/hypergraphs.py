"""Small hypergraphs with rows, drawn, and what sides of them cost and need: counted with sets, for two-way tests."""

import numpy as np

from snnmap.stages.partition.kernels.hypergraph import Hypergraph
from snnmap.stages.partition.kernels.split import nets as transposed
from snnmap.stages.partition.kernels.twoway import Rows


def hypergraph(nets, weights, widths):
    """From lists of vertices."""
    ptr = np.cumsum([0, *(len(net) for net in nets)])
    pin = np.array([v for net in nets for v in net], np.int32)
    vertex_ptr, vertex_net = transposed(ptr, pin, len(widths))
    return Hypergraph(vertex_ptr, vertex_net, ptr, pin, np.array(weights, np.int64), np.array(widths, np.int64))


def drawn(seed, *, vertices=9, nets=12, widest=3):
    """Random nets of two to four vertices."""
    rng = np.random.default_rng(seed)
    found = [sorted(rng.choice(vertices, rng.integers(2, 5), replace=False).tolist()) for _ in range(nets)]
    return hypergraph(found, rng.integers(0, 20, nets), rng.integers(1, widest + 1, vertices))


def with_rows(graph, seed):
    """Who hears which net of `graph`, rows of vertices alone, and nets they forbid that they do not hear."""
    rng = np.random.default_rng(seed)
    count = len(graph.width)
    hears = rng.random(len(graph.vertex_net)) < 0.8
    heard = [set(graph.vertex_net[a:b][hears[a:b]]) for a, b in zip(graph.vertex_ptr, graph.vertex_ptr[1:])]  # noqa: B905
    bars = [
        sorted(set(rng.choice(len(graph.weight), 2).tolist()) - heard[v]) if rng.random() < 0.3 else []
        for v in range(count)
    ]
    bar_ptr = np.cumsum([0, *(len(b) for b in bars)])
    flat = np.array([net for b in bars for net in b], np.int32)
    return Rows(hears, rng.integers(0, 3, count), rng.integers(1, 9, count), bar_ptr, flat), heard, bars


def cut(graph, side):
    """Weight of the nets on both sides."""
    nets = [set(side[graph.pin[a:b]].tolist()) for a, b in zip(graph.net_ptr, graph.net_ptr[1:])]  # noqa: B905
    return sum(int(w) for w, net in zip(graph.weight, nets, strict=True) if len(net) > 1)


def needs(graph, rows, heard, side, which):
    """Columns, rows and cells that a side takes."""
    own = np.flatnonzero(side == which)
    return (
        graph.width[own].sum(),
        len(set().union(*(heard[v] for v in own))) + rows.own[own].sum(),
        rows.cells[own].sum(),
    )


def forbidden(heard, bars, side):
    """Whether a row stands where a vertex forbids it."""
    return any(heard[v] & set(bars[u]) for u in range(len(side)) for v in range(len(side)) if side[u] == side[v])
