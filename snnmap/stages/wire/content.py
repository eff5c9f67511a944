"""What the cells of one crossbar draw, by row and column entry: where wirings for heat and for power start."""

import numpy as np

from snnmap.core.arrays import F64
from snnmap.stages.protocols import CellPower, WiringProblem


def content_of(problem: WiringProblem, power: CellPower, cluster: int) -> F64:
    """What a cluster's cells draw at unit places over the window, (R, C) by row and column entry, 0 where none are."""
    clustering, cells, hardware = problem.view.clustering, problem.view.cells, problem.hardware
    first, last = int(clustering.row_ptr[cluster]), int(clustering.row_ptr[cluster + 1])
    columns = slice(int(clustering.column_ptr[cluster]), int(clustering.column_ptr[cluster + 1]))
    content = np.zeros((hardware.rows, hardware.columns))
    content[: last - first, : columns.stop - columns.start] = power.background
    own = slice(int(cells.ptr[first]), int(cells.ptr[last]))
    at = np.repeat(np.arange(last - first), np.diff(cells.ptr[first : last + 1])), cells.column[own] - columns.start
    content[at] = 1.0 if power.share is None else power.share[cells.synapse[own]]
    spikes = problem.view.graph.spikes[clustering.row_source[first:last]]
    content[: last - first] *= spikes[:, None]
    return content
