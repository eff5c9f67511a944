"""Who shares messages with whom, without crossbars: vertices are pieces, a net is a source with all who hear it.

A source costs its weight for every further cluster that its net reaches, so a cut that separates a net costs its
weight: that is what `two_way` lowers and what vertices are matched by. Matching by shared nets is heavy-edge matching;
source: Karypis, Kumar, A fast and high quality multilevel scheme for partitioning irregular graphs, SIAM J. Sci.
Comput. 20(1), 1998; nets rated by weight over size as in Catalyurek, Aykanat, IEEE TPDS 10(7), 1999.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.split import nets
from snnmap.stages.partition.kernels.state import Problem, wide

CROWD = 1000
"""Nets of more vertices bring nobody together."""


class Hypergraph(NamedTuple):
    """V vertices, E nets of two vertices or more, Q pins."""

    vertex_ptr: I64
    """(V + 1,)"""
    vertex_net: I32
    """(Q,) nets of every vertex, ascending."""
    net_ptr: I64
    """(E + 1,)"""
    pin: I32
    """(Q,) vertices of every net."""
    weight: I64
    """(E,) messages for every further side that a net reaches."""
    width: I64
    """(V,) columns."""


@njit
def hypergraph_of(problem: Problem, home: I64) -> Hypergraph:
    """All pieces of `problem`; a net is a source that travels: its home and its listeners."""
    sources, pieces = len(problem.weight), len(problem.atom_ptr) - 1
    net_ptr, weight = np.zeros(sources + 1, np.int64), np.empty(sources, np.int64)
    pin = np.empty(len(problem.net_atom) + sources, np.int32)
    stamp = np.full(pieces, -1, np.int64)
    net, at = 0, 0
    for source in range(sources):
        if problem.weight[source] == 0:
            continue
        first = at
        if home[source] >= 0:
            pin[at] = problem.piece[home[source]]
            stamp[pin[at]] = source
            at += 1
        for n in range(problem.net_ptr[source], problem.net_ptr[source + 1]):
            piece = problem.piece[problem.net_atom[n]]
            if stamp[piece] != source:
                stamp[piece] = source
                pin[at] = piece
                at += 1
        if at - first < 2:
            at = first
            continue
        weight[net] = problem.weight[source]
        net += 1
        net_ptr[net] = at
    width = problem.member_ptr[1:] - problem.member_ptr[:-1]
    vertex_ptr, vertex_net = nets(net_ptr[: net + 1], pin[:at], pieces)
    return Hypergraph(vertex_ptr, vertex_net, net_ptr[: net + 1].copy(), pin[:at].copy(), weight[:net].copy(), width)


@njit
def parted(graph: Hypergraph, group: I64, groups: int) -> Hypergraph:
    """`graph` with every net in as many as it has groups (V,) of two vertices or more: nothing joins groups."""
    nets_at_most = len(graph.pin) // 2
    net_ptr, weight = np.zeros(nets_at_most + 1, np.int64), np.empty(nets_at_most, np.int64)
    pin, stamp, size = np.empty(len(graph.pin), np.int32), np.full(groups, -1, np.int64), np.zeros(groups, np.int64)
    own, kept, at = np.empty(len(graph.width), np.int64), 0, 0
    for net in range(len(graph.weight)):
        found = 0
        for i in range(graph.net_ptr[net], graph.net_ptr[net + 1]):
            g = group[graph.pin[i]]
            if stamp[g] != net:
                stamp[g], size[g] = net, 0
                own[found] = g
                found += 1
            size[g] += 1
        for f in range(found):
            g = own[f]
            if size[g] < 2:
                size[g] = -1
                continue
            weight[kept] = graph.weight[net]
            kept += 1
            net_ptr[kept] = at + size[g]
            size[g], at = at, at + size[g]
        for i in range(graph.net_ptr[net], graph.net_ptr[net + 1]):
            g = group[graph.pin[i]]
            if size[g] >= 0:
                pin[size[g]] = graph.pin[i]
                size[g] += 1
    vertex_ptr, vertex_net = nets(net_ptr[: kept + 1], pin[:at], len(graph.width))
    return Hypergraph(
        vertex_ptr, vertex_net, net_ptr[: kept + 1].copy(), pin[:at].copy(), weight[:kept].copy(), graph.width
    )


@njit
def matched(graph: Hypergraph, order: I64, widest: int) -> I64:
    """Pairs of vertices that share most, at most `widest` columns together: (V,) one of each pair.

    Visited in `order`; a vertex nobody wants is alone. Wide partners count less, so that sizes stay alike.
    """
    count = len(graph.width)
    label = np.full(count, -1, np.int64)
    score, touched = np.zeros(count, np.float64), np.empty(count, np.int64)
    for vertex in order:
        if label[vertex] >= 0:
            continue
        label[vertex] = vertex
        found = 0
        for k in range(graph.vertex_ptr[vertex], graph.vertex_ptr[vertex + 1]):
            net = graph.vertex_net[k]
            first, last = graph.net_ptr[net], graph.net_ptr[net + 1]
            if last - first > CROWD:
                continue
            share = graph.weight[net] / float(last - first - 1)
            for i in range(first, last):
                other = wide(graph.pin[i])
                if label[other] >= 0 or graph.width[vertex] + graph.width[other] > widest:
                    continue
                if score[other] == 0.0:
                    touched[found] = other
                    found += 1
                score[other] += share
        best, most = wide(-1), 0.0
        for t in range(found):
            other = touched[t]
            worth = score[other] / graph.width[other]
            score[other] = 0.0
            if worth > most or (worth == most and other < best):
                best, most = other, worth
        if best >= 0:
            label[best] = vertex
    return label


@njit
def numbered(label: I64) -> tuple[I64, int]:
    """Merged vertex of every vertex, in order of the vertices that the pairs are named after, and how many."""
    number, count = np.full(len(label), -1, np.int64), 0
    for vertex in range(len(label)):
        if label[vertex] == vertex:
            number[vertex] = count
            count += 1
    return number[label], count


@njit
def merged(graph: Hypergraph, into: I64, count: int) -> Hypergraph:
    """`graph` with its vertices merged into `count` others, vertex `into[v]` (-1: left out)."""
    width = np.zeros(count, np.int64)
    for vertex in range(len(into)):
        if into[vertex] >= 0:
            width[into[vertex]] += graph.width[vertex]
    net_ptr, weight = np.zeros(len(graph.weight) + 1, np.int64), np.empty(len(graph.weight), np.int64)
    pin, stamp = np.empty(len(graph.pin), np.int32), np.full(count, -1, np.int64)
    kept, at = 0, 0
    for net in range(len(graph.weight)):
        first = at
        for i in range(graph.net_ptr[net], graph.net_ptr[net + 1]):
            vertex = into[graph.pin[i]]
            if vertex >= 0 and stamp[vertex] != net:
                stamp[vertex] = net
                pin[at] = vertex
                at += 1
        if at - first < 2:
            at = first
            continue
        weight[kept] = graph.weight[net]
        kept += 1
        net_ptr[kept] = at
    vertex_ptr, vertex_net = nets(net_ptr[: kept + 1], pin[:at], count)
    return Hypergraph(vertex_ptr, vertex_net, net_ptr[: kept + 1].copy(), pin[:at].copy(), weight[:kept].copy(), width)
