"""Wiring for an even temperature: hill climbing over exchanges of rows and of columns inside each crossbar.

Cost of a crossbar: gradient (hottest minus coolest cell of the field of the array, with all neighbours, averaged over
time) + `mean_weight` x mean rise. Two descents alternate over rows and columns: on the field's deviation, whose change
is known in O(N), and on the exact cost, which is given up line by line (`physics.kernels.sheet`). Exchanges that raise
the power of the array are refused, so no tile gets hotter than with the lines as numbered.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.ir import Wiring
from snnmap.physics.fields import Exchanges, exchanges
from snnmap.physics.kernels.lines import Lines
from snnmap.stages.protocols import Run, WiringProblem
from snnmap.stages.wire.content import content_of
from snnmap.stages.wire.sorting import check_fits

SETTLED = 1e-2
"""Share of the cost that a round of the exact descent must gain for another to follow."""
ROUNDING = 1e-9
"""Share of the power that sums may differ by."""


class Spot(NamedTuple):
    """One crossbar's lines, entries beyond those in use being empty."""

    row: I64
    """(R,) row entry of every physical row."""
    column: I64
    """(C,) column entry of every physical column."""


@dataclass(frozen=True, slots=True)
class EvenHeat:
    """Even out the temperature inside every crossbar; never worse than the lines as numbered.

    Source of the objective: Titirsha and Das, Thermal-aware compilation, arXiv 2010.04773; the field is PHYSICS M4's.
    """

    mean_weight: float = 0.0
    """Weight of the mean rise beside the gradient."""
    rounds: int = 8
    """Most alternations of rows and columns in either descent."""
    small: int = 1600
    """Crossbars with fewer cells than this start anew from random lines, `small` // cells times."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.mean_weight < float("inf"):
            raise InputError(
                f"the weight of the mean beside the gradient (thermal:WEIGHT, wire.mean_weight) must be 0 or more, "
                f"not {self.mean_weight:g}"
            )

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Wiring of every crossbar; past the deadline, lines as numbered.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        InputError
            If the problem does not say what its cells draw.
        """
        clustering, hardware = problem.view.clustering, problem.hardware
        check_fits(clustering, hardware)
        if problem.power is None:
            raise InputError("wiring for an even temperature needs to know what heats the arrays; give `power`")
        power = problem.power()
        swaps = exchanges(power.sheet, power.place)
        row, column = np.empty(len(clustering.row_source), np.int32), np.empty(len(clustering.column_neuron), np.int32)
        seeds = run.rng.integers(0, 2**63, clustering.clusters)

        def searched(k: int) -> Spot:
            if run.late:
                return Spot(np.arange(hardware.rows), np.arange(hardware.columns))
            return self.search(content_of(problem, power, k), swaps, np.random.Generator(np.random.PCG64(seeds[k])))

        for k, spot in enumerate(_on_all_cores(searched, clustering.clusters)):
            rows = clustering.rows_of(k)
            columns = clustering.columns_of(k)
            row[rows] = np.argsort(spot.row)[: rows.stop - rows.start]
            column[columns] = np.argsort(spot.column)[: columns.stop - columns.start]
            run.tell("wire", k + 1, clustering.clusters)
        return Wiring(row, column)

    def search(self, content: F64, swaps: Exchanges, rng: np.random.Generator) -> Spot:
        """Best lines found for one crossbar that draws `content` (R, C), by row and column entry, at unit places."""
        rows, columns = content.shape
        numbered = Spot(np.arange(rows), np.arange(columns))
        crossbar = _Crossbar(content, swaps, self.mean_weight)
        best, least = numbered, crossbar.judged(numbered)[0]
        for attempt in range(1 + self.small // content.size):
            start = numbered if attempt == 0 else Spot(rng.permutation(rows), rng.permutation(columns))
            found = self._climbed(crossbar, start, rng)
            cost, _ = crossbar.judged(found)
            if cost < least:
                best, least = found, cost
        return best

    def _climbed(self, crossbar: "_Crossbar", start: Spot, rng: np.random.Generator) -> Spot:
        spot = Spot(start.row.copy(), start.column.copy())
        for _ in range(self.rounds):
            if crossbar.smoothed(spot, rng) == 0:
                break
        before = np.inf
        for _ in range(self.rounds):
            cost = crossbar.evened(spot, rng)
            if cost >= before * (1.0 - SETTLED):
                break
            before = cost
        return spot


def _on_all_cores(searched: Callable[[int], Spot], clusters: int) -> Iterator[Spot]:
    """Results for every cluster in order; the kernels release the interpreter, and each cluster has its own stream."""
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        yield from pool.map(searched, range(clusters))
    finally:
        pool.shutdown(cancel_futures=True)


class _Crossbar:
    """One crossbar and how its lines are judged. Temperatures are in units of 1 / vertical conductance."""

    def __init__(self, content: F64, swaps: Exchanges, weight: float) -> None:
        self.content = content
        self.swaps = swaps
        self.weight = weight
        self.limit = np.inf
        _, self.limit = self.judged(Spot(np.arange(content.shape[0]), np.arange(content.shape[1])))

    def judged(self, spot: Spot) -> tuple[float, float]:
        """Cost, and power of the array; an infinite cost above the power of the lines as numbered."""
        from snnmap.stages.wire.kernels.even import judge

        cost, drawn = judge(self._rows(spot), spot.row, self.weight)
        return (cost if drawn <= self.limit * (1.0 + ROUNDING) else float("inf")), drawn

    def smoothed(self, spot: Spot, rng: np.random.Generator) -> int:
        """Exchanges that lowered the deviation; changes `spot`."""
        from snnmap.stages.wire.kernels.even import smooth

        kept = smooth(self._rows(spot), spot.row, self.limit, self.weight, rng.permutation(len(spot.row)))
        kept += smooth(self._columns(spot), spot.column, self.limit, self.weight, rng.permutation(len(spot.column)))
        return int(kept)

    def evened(self, spot: Spot, rng: np.random.Generator) -> float:
        """Cost after a pass of exact exchanges over rows, then columns; changes `spot`."""
        from snnmap.stages.wire.kernels.even import even

        even(self._rows(spot), spot.row, self.limit, self.weight, rng.permutation(len(spot.row)))
        return even(self._columns(spot), spot.column, self.limit, self.weight, rng.permutation(len(spot.column)))

    def _rows(self, spot: Spot) -> Lines:
        return self.swaps.rows.lines(self.content[:, spot.column])

    def _columns(self, spot: Spot) -> Lines:
        return self.swaps.columns.lines(self.content[spot.row].T)
