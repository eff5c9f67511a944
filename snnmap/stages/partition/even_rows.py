"""Crossbars whose rows are alike: sources trade rows, so that every crossbar is heated evenly, none above the top."""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.core.arrays import offsets
from snnmap.ir import Clustering
from snnmap.stages.partition.kernels.trade import trade
from snnmap.stages.partition.kernighan_lin import MIXING, KernighanLin
from snnmap.stages.partition.seats import Table, table_of
from snnmap.stages.protocols import PartitionProblem, Run

ROUNDS = 12
"""Rounds of trades at most."""
SETTLED = 1e-3
"""Share of the seats that a round must move for another to follow."""


@dataclass(frozen=True)
class EvenRows(KernighanLin):
    """`KernighanLin`, then sources trade rows between crossbars where their cells would be the same neurons'.

    The temperature inside a crossbar is uneven where rows of unlike activity meet, and where part of it is empty: what
    is lowered is the standard deviation of the heat of its lines, spikes x cells, summed over the crossbars. No trade
    makes a crossbar hotter than the hottest one was, by its cells or by their conductances, nor adds a message that
    earlier trades have not saved: partial sums are counted exactly, which takes the events of the profile; without
    them nothing is traded.
    """

    mixing: float = MIXING

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Legal clustering with rows traded; errors as `KernighanLin`."""
        return evened(problem, KernighanLin.__call__(self, problem, run), run)


def evened(problem: PartitionProblem, clustering: Clustering, run: Run) -> Clustering:
    """`clustering` with rows traded while that evens them out."""
    table = table_of(problem.graph, clustering, problem.hardware)
    if table is None:
        return clustering
    seats, seated = table.seats, table.seated
    hottest, spare = np.array([seated.total.max(), seated.power.max()]), 0
    for turn in range(ROUNDS):
        groups = zip(seats.group_ptr[:-1], seats.group_ptr[1:], strict=True)
        order = np.concatenate([first + run.rng.permutation(last - first) for first, last in groups])
        made, spare = trade(seats, seated, order, hottest, spare)
        run.tell("partition", turn + 1, ROUNDS, float(made))
        if made <= SETTLED * len(order) or run.late:
            break
    return _seated(clustering, table)


def _seated(clustering: Clustering, table: Table) -> Clustering:
    """`clustering` with its sources where they sit now."""
    stays = np.ones(len(clustering.row_source), np.bool_)
    stays[table.entry[table.entry >= 0]] = False
    taken = table.seated.source >= 0
    cluster = np.concatenate([table.cluster[stays], table.seats.cluster[taken]])
    source = np.concatenate([clustering.row_source[stays], table.seated.source[taken]])
    order = np.lexsort((source, cluster))
    ptr = offsets(np.bincount(cluster, minlength=clustering.clusters))
    return replace(clustering, row_ptr=ptr, row_source=source[order].astype(np.int32))
