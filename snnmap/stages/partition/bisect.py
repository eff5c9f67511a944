"""Recursive bisection, multilevel: halves of halves until each is one crossbar, by messages alone.

For crossbars whose rows do not run short. A net that is cut goes on in both halves, so that what the cuts cost adds up
to the messages of the whole. Each bisection merges vertices that share nets, divides the few that are left several
times by greedy growth, and improves the best division by `two_way` on the way back.

Source: Catalyurek, Aykanat, Hypergraph-partitioning-based decomposition for parallel sparse-matrix vector
multiplication, IEEE TPDS 10(7), 1999 (recursive bisection with net splitting).
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.stages.partition.kernels.halves import grown_half
from snnmap.stages.partition.kernels.hypergraph import Hypergraph, matched, merged, numbered
from snnmap.stages.partition.kernels.twoway import Room, no_rows, two_way

FEWEST = 300
"""Vertices below which nothing is merged any more."""
TRIES = 6
"""Divisions of the coarsest level."""
PATIENCE = 200
PASSES = 1
"""Of `two_way` on every level."""
SHRINKS = 1.08
"""A level has at least so many times the vertices of the next, or it is the last."""


def bisected(graph: Hypergraph, parts: int, columns: int, rng: np.random.Generator) -> I64:
    """Part (V,) of every vertex, 0 to `parts` - 1, of at most `columns` columns each where widths allow."""
    part = np.zeros(len(graph.width), np.int64)
    whole = np.arange(len(graph.width))
    open_ = [(graph, whole, 0, parts)]
    while open_:
        piece, ids, first, count = open_.pop()
        part[ids] = first
        if count == 1 or len(ids) == 0:
            continue
        side = _halved(piece, count, columns, rng)
        low = count // 2
        for which, start, share in ((1, first + low, count - low), (0, first, low)):
            chosen = side == which
            into = np.where(chosen, np.cumsum(chosen) - 1, -1)
            open_.append((merged(piece, into, int(chosen.sum())), ids[chosen], start, share))
    return part


def _halved(graph: Hypergraph, parts: int, columns: int, rng: np.random.Generator) -> I64:
    """Side (V,) of every vertex; side 0 is for half of the parts, rounded down."""
    total, low = int(graph.width.sum()), parts // 2
    slack = max(1.0, parts * columns / max(1, total)) ** (1 / np.ceil(np.log2(parts)))
    most = [min(share * columns, int(np.ceil(slack * total * share / parts))) for share in (low, parts - low)]
    room = Room(np.array(most, np.int64), 0, 0, 0, 0)
    levels = [(graph, np.empty(0, np.int64))]
    widest = max(int(graph.width.max()), 2 * total // FEWEST)
    while len(levels[-1][0].width) > FEWEST:
        last = levels[-1][0]
        count = len(last.width)
        label = matched(last, rng.permutation(count), widest)
        into, fewer = numbered(label)
        if count < SHRINKS * fewer:
            break
        levels.append((merged(last, into, fewer), into))
    side = _divided(levels[-1][0], room, total * low // parts, rng)
    for (finer, _), (_, into) in zip(levels[-2::-1], levels[:0:-1], strict=True):
        side = side[into]
        two_way(finer, no_rows(), room, side, PATIENCE, PASSES)
    return side


def _divided(graph: Hypergraph, room: Room, most: int, rng: np.random.Generator) -> I64:
    """The best of `TRIES` divisions of a small graph: least too full, then fewest messages cut."""
    best, least = np.zeros(len(graph.width), np.int64), None
    for start in rng.integers(len(graph.width), size=TRIES):
        side = np.empty(len(graph.width), np.int64)
        grown_half(graph, int(start), most, side)
        two_way(graph, no_rows(), room, side, PATIENCE, PASSES)
        load = np.bincount(side, graph.width, minlength=2)
        found = float(np.maximum(0, load - room.columns).sum()), cut(graph, side)
        if least is None or found < least:
            best, least = side, found
    return best


def cut(graph: Hypergraph, part: I64) -> int:
    """Messages between parts (V,): every net's weight for each part beyond the first that it reaches."""
    net = np.repeat(np.arange(len(graph.weight)), np.diff(graph.net_ptr))
    reached = np.unique(net * np.int64(part.max(initial=0) + 1) + part[graph.pin]) // (part.max(initial=0) + 1)
    return int(np.sum((np.bincount(reached, minlength=len(graph.weight)) - 1) * graph.weight))
