"""Starts where rows do not run short and no input list is cut: messages alone decide, and columns.

Small problems are bisected, larger ones grown in two ways, which takes less.
"""

from collections.abc import Iterator

import numpy as np

from snnmap.core.arrays import I64
from snnmap.stages.partition.assignment import Built, Task, assigned, grown, natural
from snnmap.stages.partition.atoms import Cuts, Twins, first_homes, most_rows, problem
from snnmap.stages.partition.bisect import bisected
from snnmap.stages.partition.kernels.hypergraph import Hypergraph, hypergraph_of
from snnmap.stages.partition.kernels.state import Limits, Problem
from snnmap.stages.partition.pairs import Effort, paired

SPARE = 1.02
"""Crossbars to bisect into, over the fewest that hold the columns: full ones cannot trade."""
FEW = 50
"""Crossbars below which the fewest are tried too, where one more weighs."""
BISECTED = 8_000_000
"""Pins x depth of a bisection at most; about a microsecond each."""
GRAINS = 64
"""Neurons with equal inputs that stay together are at most the columns of a crossbar over this."""
FINEST = 1_000_000
"""Row entries that pieces as small as that may take together."""
REHEARSAL = Effort(partners=3, rounds=1)


def roomy(task: Task, atoms: Problem, limits: Limits) -> bool:
    """Whether no choice of atoms that fits the columns of a crossbar needs more rows or cells than it has."""
    whole = len(atoms.piece) == len(atoms.atom_ptr) - 1
    return whole and task.hardware.synapse_limit is None and most_rows(atoms, limits.columns) <= limits.rows


def free_start(task: Task, lists: Twins, cuts: Cuts, limits: Limits, atoms: Problem) -> Built | None:
    """A start by messages alone; None where rows may run short, or every synapse is to be counted (`unicast`).

    atoms
        Of `lists` cut at `cuts`, as other constructions take them; here pieces are smaller if that is affordable.
    """
    if limits.unicast or not roomy(task, atoms, limits):
        return None
    grain = max(1, limits.columns // GRAINS)
    size = np.diff(lists.member_ptr)
    if int(np.sum(-(-size // grain) * lists.fan_in)) <= FINEST:
        atoms = problem(task.graph, lists, cuts, task.activity, grain, limits.synapses)
    graph = hypergraph_of(atoms, first_homes(atoms))
    fewest = graph.width.sum() / limits.columns
    parts = sorted({int(np.ceil(fewest)), int(np.ceil(SPARE * fewest))})
    if len(graph.pin) * np.log2(max(2, parts[-1])) <= BISECTED:
        few = parts if parts[-1] < FEW else parts[-1:]
        return _cheapest(task, atoms, limits, (_bisected(task, graph, count, limits)[atoms.piece] for count in few))
    tastes = (True, 0), (False, 1)
    order = natural(atoms)
    return _cheapest(task, atoms, limits, (grown(atoms, limits, order, follow=f, taste=t) for f, t in tastes))


def _bisected(task: Task, graph: Hypergraph, parts: int, limits: Limits) -> I64:
    """Cluster of every piece by bisection into that many."""
    return within(bisected(graph, parts, limits.columns, task.run.rng), graph.width, limits.columns)


def _cheapest(task: Task, atoms: Problem, limits: Limits, clusters: Iterator[I64]) -> Built:
    """The cheapest of some assignments, each after a round over pairs, for what they cost before says little."""
    best: Built | None = None
    for cluster in clusters:
        built = paired(task, assigned(atoms, limits, cluster, task.run), REHEARSAL, np.random.default_rng(0))
        best = built if best is None or built.cost < best.cost else best
        if task.run.late:
            break
    assert best is not None
    return best


def within(part: I64, width: I64, columns: int) -> I64:
    """`part` (V,) with the narrowest vertices of parts that are too full in the first others with room, or new ones."""
    part, load = part.copy(), np.bincount(part, width).astype(np.int64)
    for full in np.flatnonzero(load > columns):
        own = np.flatnonzero(part == full)
        for vertex in own[np.argsort(width[own], kind="stable")]:
            if load[full] <= columns:
                break
            open_ = np.flatnonzero(load + width[vertex] <= columns)
            if len(open_) == 0:
                load = np.append(load, 0)
            part[vertex] = open_[0] if len(open_) else len(load) - 1
            load[part[vertex]] += width[vertex]
            load[full] -= width[vertex]
    return part
