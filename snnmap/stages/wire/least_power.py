"""Wiring for the least power of the arrays: rows and columns assigned to lines, each exactly, in turn.

With the columns fixed, the power of a row on a line does not depend on the other rows: a linear assignment, solved
exactly in polynomial time; and the other way round. Together they are a quadratic assignment, so the turns end in a
wiring that no re-assignment of all rows, or of all columns, improves.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.ir import Wiring
from snnmap.stages.protocols import Run, WiringProblem
from snnmap.stages.wire.content import content_of
from snnmap.stages.wire.sorting import check_fits

FINE = 2**20
"""Steps that contents and places are counted in."""


@dataclass(frozen=True, slots=True)
class LeastPower:
    """Assign rows, then columns, to the lines where they draw least, until nothing is saved.

    Source: Kuhn, The Hungarian method for the assignment problem, 1955; by scipy's shortest augmenting paths.
    """

    turns: int = 20
    """Most turns."""

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Wiring that draws no more than the lines as numbered.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        InputError
            If the problem does not say what its cells draw.
        """
        clustering = problem.view.clustering
        check_fits(clustering, problem.hardware)
        if problem.power is None:
            raise InputError("wiring for the least power needs to know what cells draw; give `power`")
        power = problem.power()[0]
        row, column = np.empty(len(clustering.row_source), np.int32), np.empty(len(clustering.column_neuron), np.int32)
        for k in range(clustering.clusters):
            rows = clustering.rows_of(k)
            columns = clustering.columns_of(k)
            content = content_of(problem, power, k)[: rows.stop - rows.start, : columns.stop - columns.start]
            row[rows], column[columns] = self.search(content, power.place)
            run.tell("wire", k + 1, clustering.clusters)
        return Wiring(row, column)

    def search(self, content: F64, place: F64) -> tuple[I64, I64]:
        """Lines of the rows and of the columns of `content` (m, n), on an array whose places draw `place` (R, C)."""
        from scipy.optimize import linear_sum_assignment

        rows, columns = (np.arange(size) for size in content.shape)
        asked, given = _whole(content), _whole(place)
        drawn = int((asked * given[np.ix_(rows, columns)]).sum())
        for _ in range(self.turns):
            new_rows = linear_sum_assignment(asked @ given[:, columns].T)[1]
            new_columns = linear_sum_assignment(asked.T @ given[new_rows])[1]
            after = int((asked * given[np.ix_(new_rows, new_columns)]).sum())
            if after >= drawn:
                break
            rows, columns, drawn = new_rows, new_columns, after
        return rows, columns


def _whole(values: F64) -> I64:
    """`values`, largest `FINE`, in integers: sums and ties are then the same on every machine."""
    largest = float(values.max(initial=0.0)) or 1.0
    return np.rint(values * (FINE / largest)).astype(np.int64)
